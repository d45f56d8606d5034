//! `kill -9` of a real agent at every request of an upload: it goes on where it was, and the file is brought once.
#![allow(clippy::unwrap_used)]

mod support;

use std::env;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use support::{Act, Dock, Fault, Server};

const SERVER: &str = "ONRECORD_DOCK_TEST_SERVER";
const WATCH: &str = "ONRECORD_DOCK_TEST_WATCH";
const STATE: &str = "ONRECORD_DOCK_TEST_STATE";

#[tokio::test]
#[ignore = "the test below runs it as a process of its own"]
async fn agent() {
    let server = Server::start().await;
    let mut dock = Dock::new(&server, "marker = true");
    dock.server = env::var(SERVER).unwrap();
    dock.watch = PathBuf::from(env::var_os(WATCH).unwrap());
    dock.state = PathBuf::from(env::var_os(STATE).unwrap());
    assert_eq!(dock.run().await.left, 0);
}

fn start(dock: &Dock) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["agent", "--exact", "--ignored"])
        .env(SERVER, &dock.server)
        .env(WATCH, &dock.watch)
        .env(STATE, &dock.state)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_killed_at_any_request_brings_the_file_once() {
    let bytes: Vec<u8> = (0..3_500_u32).map(|at| (at % 251) as u8).collect();
    // Key, POST, HEAD, four pieces, receipt: eight requests.
    for at in 0..8 {
        let server = Server::start().await;
        let dock = Dock::new(&server, "marker = true");
        let file = dock.put("cam/a.mp4", &bytes);
        let agent: Arc<Mutex<Option<Child>>> = Arc::default();
        let killed = Arc::clone(&agent);
        server.on_act(move |_| {
            let _ = killed.lock().unwrap().as_mut().map(Child::kill);
        });
        server.script(vec![Fault::Nothing; at]);
        server.script([Fault::Act(Act::Kill)]);
        let mut runs = 0;
        loop {
            runs += 1;
            assert!(runs < 5, "at {at}");
            *agent.lock().unwrap() = Some(start(&dock));
            let ended = loop {
                if let Some(status) = agent.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
                    break status;
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            };
            dock.assert_nothing_wrongly_safe(&server);
            if ended.success() {
                break;
            }
        }
        assert_eq!((runs, server.holds(&bytes), dock.safe().len()), (2, 1, 1), "at {at}");
        assert!(file.with_file_name("a.mp4.onrecord-safe").exists(), "at {at}");
    }
}
