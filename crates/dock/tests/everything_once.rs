//! Whatever happens, in whatever order: nothing is called safe whose bytes the server does not hold, and in the end
//! everything has been brought, once.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use support::{Act, Dock, Fault, LIES, Server, hex, write_keeping_time};
use tokio::sync::Notify;

/// A camera that can be pulled out: while it is out, its folder is elsewhere and what was open of it ends early.
struct Camera {
    here: PathBuf,
    elsewhere: PathBuf,
    /// What its files hold, by name.
    files: BTreeMap<String, Vec<u8>>,
    is_out: bool,
}

impl Camera {
    fn unplug(&mut self) {
        if !self.is_out {
            self.set(|_, path| {
                if path.exists() {
                    write_keeping_time(path, b"");
                }
            });
            fs::rename(&self.here, &self.elsewhere).unwrap();
            self.is_out = true;
        }
    }

    fn plug(&mut self) {
        if self.is_out {
            fs::rename(&self.elsewhere, &self.here).unwrap();
            self.is_out = false;
            self.set(|bytes, path| {
                if path.exists() {
                    write_keeping_time(path, bytes);
                }
            });
        }
    }

    fn set(&self, work: impl Fn(&[u8], &PathBuf)) {
        for (name, bytes) in &self.files {
            work(bytes, &self.here.join(name));
        }
    }

    /// Turns a bit of every file, and puts the time of change back.
    fn rewrite(&mut self) {
        if self.is_out {
            return;
        }
        for (name, bytes) in &mut self.files {
            let path = self.here.join(name);
            if path.exists() && !bytes.is_empty() {
                bytes[0] ^= 1;
                write_keeping_time(&path, bytes);
            }
        }
    }
}

async fn story(sizes: &[usize], faults: Vec<Fault>, profile: &str) -> (Server, BTreeMap<String, Vec<u8>>) {
    let server = Server::start().await;
    let mut dock = Dock::new(&server, profile);
    dock.piece = 300_000;
    let mut files = BTreeMap::new();
    for (number, size) in sizes.iter().enumerate() {
        let bytes: Vec<u8> = (0..*size).map(|at| (at % 251 + number) as u8).collect();
        let name = format!("{number}.mp4");
        dock.put(&format!("cam/{name}"), &bytes);
        files.insert(name, bytes);
    }
    let here = dock.watch.join("cam");
    let elsewhere = dock.watch.with_file_name("elsewhere");
    let camera = Arc::new(Mutex::new(Camera { here, elsewhere, files, is_out: false }));
    let kill = Arc::new(Notify::new());
    let (acting, killing) = (Arc::clone(&camera), Arc::clone(&kill));
    server.on_act(move |act| match act {
        Act::Kill => killing.notify_one(),
        Act::Unplug => acting.lock().unwrap().unplug(),
        Act::Rewrite => acting.lock().unwrap().rewrite(),
    });
    server.script(faults);
    for _ in 0..150 {
        let summary = tokio::select! {
            summary = dock.run() => Some(summary),
            () = kill.notified() => None,
        };
        dock.assert_nothing_wrongly_safe(&server);
        let was_out = camera.lock().unwrap().is_out;
        camera.lock().unwrap().plug();
        if summary.is_some_and(|summary| summary.left == 0 && summary.unseen == 0) && !was_out {
            let files = camera.lock().unwrap().files.clone();
            let safe = dock.safe();
            for (name, bytes) in &files {
                assert!(safe.contains(&hex(bytes)), "{name} is not safe at the end");
                assert!(server.holds(bytes) > 0, "{name} is not held at the end");
            }
            return (server, files);
        }
    }
    panic!("it does not come to an end: {:?}", dock.whys());
}

fn honest() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::Nothing),
        1 => prop::sample::select(vec![400, 403, 409, 423, 429, 500, 503, 507]).prop_map(Fault::Status),
        1 => Just(Fault::Cut),
        1 => (1_usize..4_000).prop_map(Fault::CutAfter),
        1 => Just(Fault::LoseAnswer),
        1 => Just(Fault::Act(Act::Kill)),
        1 => Just(Fault::Act(Act::Unplug)),
    ]
}

fn dishonest() -> impl Strategy<Value = Fault> {
    prop_oneof![
        3 => honest(),
        1 => Just(Fault::Corrupt),
        1 => Just(Fault::Forget),
        1 => Just(Fault::Status(404)),
        1 => prop::sample::select(LIES.to_vec()).prop_map(Fault::Lie),
        1 => Just(Fault::Act(Act::Rewrite)),
    ]
}

fn sizes() -> impl Strategy<Value = Vec<usize>> {
    let size = prop_oneof![1 => Just(0_usize), 3 => 1_usize..5_000, 1 => Just((1 << 20) + 5_000)];
    prop::collection::vec(size, 1..4)
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_server_that_fails_gets_everything_once(sizes in sizes(), faults in prop::collection::vec(honest(), 0..40)) {
        let (server, files) = block_on(story(&sizes, faults, "marker = true"));
        // An upload without bytes is whole once it is begun, so it may be begun twice.
        let brought = files.values().filter(|bytes| !bytes.is_empty());
        for (bytes, times) in brought.map(|bytes| (bytes, server.holds(bytes))) {
            let same = files.values().filter(|other| *other == bytes).count();
            prop_assert_eq!(times, same);
        }
    }

    #[test]
    fn a_server_that_lies_and_a_camera_that_rewrites_make_nothing_safe_that_is_not_held(
        sizes in sizes(),
        faults in prop::collection::vec(dishonest(), 0..40),
        delete: bool,
    ) {
        let profile = if delete { "delete = 'after-verified'" } else { "marker = true" };
        block_on(story(&sizes, faults, profile));
    }
}
