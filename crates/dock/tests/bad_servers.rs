//! A server that fails, loses or lies: nothing is ever called safe that it does not provably hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod support;

use std::fs;

use onrecord_dock::{DockError, Event};
use support::{Act, Dock, Fault, LIES, Lie, Server, ledger_key, write_keeping_time};

const MARK: &str = "marker = true";
const DELETE: &str = "delete = 'after-verified'";

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 % 251) as u8).collect()
}

#[tokio::test]
async fn a_file_that_the_server_provably_holds_is_safe_and_marked_and_stays_on_the_camera() {
    let server = Server::start().await;
    let dock = Dock::new(&server, MARK);
    let file = dock.put("cam/DCIM/a.mp4", &bytes(5_000));
    let other = dock.put("b.mp4", b"directly in the folder");
    let summary = dock.run().await;
    assert_eq!((summary.safe, summary.left, summary.unseen), (2, 0, 0));
    assert_eq!((server.holds(&bytes(5_000)), server.holds(b"directly in the folder")), (1, 1));
    assert!(file.exists() && other.exists());
    assert!(file.with_file_name("a.mp4.onrecord-safe").exists());
    // And once again after a restart: nothing is brought twice.
    assert_eq!(dock.run().await.safe, 2);
    assert_eq!(server.holds(&bytes(5_000)), 1);
}

#[tokio::test]
async fn an_empty_file_is_evidence_too() {
    let server = Server::start().await;
    let dock = Dock::new(&server, "");
    dock.put("cam/a.mp4", b"");
    assert_eq!(dock.run().await.safe, 1);
    assert_eq!(server.holds(b""), 1);
}

#[tokio::test]
async fn no_lie_about_a_receipt_makes_a_file_safe() {
    for lie in LIES {
        let server = Server::start().await;
        let dock = Dock::new(&server, DELETE);
        let file = dock.put("cam/a.mp4", &bytes(3_000));
        server.lie(Some(lie));
        let summary = dock.run().await;
        assert_eq!((summary.safe, summary.left), (0, 1), "{lie:?}");
        assert!(dock.safe().is_empty() && dock.markers().is_empty(), "{lie:?}");
        assert!(file.exists(), "{lie:?}");
        assert_eq!(dock.whys().len(), 1, "{lie:?}");
        // The same file becomes safe, and is deleted, once the server tells the truth.
        server.lie(None);
        assert_eq!(dock.run().await.safe, 1, "{lie:?}: {:?}", dock.whys());
        assert!(!file.exists(), "{lie:?}");
        dock.assert_nothing_wrongly_safe(&server);
    }
}

#[tokio::test]
async fn a_receipt_for_other_bytes_brings_the_file_again_and_a_receipt_that_proves_nothing_does_not() {
    for (lie, times) in
        [(Lie::OtherClip, 2), (Lie::OtherSize, 2), (Lie::BrokenProof, 1), (Lie::OtherSigner, 1)]
    {
        let server = Server::start().await;
        let dock = Dock::new(&server, "");
        dock.put("cam/a.mp4", &bytes(3_000));
        server.lie(Some(lie));
        dock.run().await;
        server.lie(None);
        dock.run().await;
        assert_eq!(server.holds(&bytes(3_000)), times, "{lie:?}");
    }
}

#[tokio::test]
async fn a_bit_that_turns_on_the_way_is_found_and_the_file_is_brought_again() {
    let server = Server::start().await;
    let dock = Dock::new(&server, MARK);
    dock.put("cam/a.mp4", &bytes(900));
    // Key, POST, HEAD, PATCH.
    server.script([Fault::Nothing, Fault::Nothing, Fault::Nothing, Fault::Corrupt]);
    assert_eq!(dock.run().await.safe, 0);
    assert!(dock.whys()[0].contains("brought again"), "{:?}", dock.whys());
    assert!(dock.markers().is_empty());
    assert_eq!(dock.run().await.safe, 1);
    assert_eq!(server.holds(&bytes(900)), 1);
    assert_eq!(dock.markers().len(), 1);
}

#[tokio::test]
async fn whatever_is_cut_or_lost_the_upload_goes_on_and_is_whole_once() {
    let faults = [
        Fault::Cut,
        Fault::CutAfter(1),
        Fault::CutAfter(700),
        Fault::LoseAnswer,
        Fault::Status(500),
        Fault::Status(503),
        Fault::Status(409),
        Fault::Status(423),
        Fault::Status(507),
    ];
    for fault in faults {
        for at in 0..9 {
            let server = Server::start().await;
            let dock = Dock::new(&server, "");
            dock.put("cam/a.mp4", &bytes(3_500));
            server.script(vec![Fault::Nothing; at]);
            server.script([fault]);
            let summary = dock.run().await;
            assert_eq!((summary.safe, summary.left), (1, 0), "{fault:?} at {at}: {:?}", dock.whys());
            assert_eq!(server.holds(&bytes(3_500)), 1, "{fault:?} at {at}");
        }
    }
}

#[tokio::test]
async fn an_upload_that_the_server_forgot_is_begun_anew() {
    let server = Server::start().await;
    let dock = Dock::new(&server, "");
    dock.put("cam/a.mp4", &bytes(3_500));
    server.script([Fault::Nothing, Fault::Nothing, Fault::Nothing, Fault::Nothing, Fault::Forget]);
    dock.run().await;
    assert_eq!(dock.run().await.safe, 1);
    assert_eq!(server.holds(&bytes(3_500)), 1);
}

#[tokio::test]
async fn a_server_that_refuses_is_quoted() {
    let server = Server::start().await;
    let dock = Dock::new(&server, "");
    dock.put("cam/a.mp4", b"a");
    server.script([Fault::Nothing, Fault::Status(403)]);
    dock.run().await;
    assert_eq!(dock.whys(), ["the server refuses to begin an upload (403): On purpose."]);
}

#[tokio::test]
async fn the_ledger_key_of_the_first_use_is_held_on_to() {
    let server = Server::start().await;
    let dock = Dock::new(&server, "");
    dock.put("cam/a.mp4", b"a");
    dock.run().await;
    assert_eq!(dock.heard(|event| matches!(event, Event::KeyPinned { .. })), 1);
    server.change_key(2);
    dock.put("cam/b.mp4", b"b");
    let summary = dock.run().await;
    assert_eq!((summary.safe, summary.left), (1, 1));
    assert_eq!(dock.heard(|event| matches!(event, Event::KeyPinned { .. })), 1);
}

#[tokio::test]
async fn what_was_safe_by_another_ledgers_key_is_not_safe_by_this_one() {
    let server = Server::start().await;
    let mut dock = Dock::new(&server, "");
    dock.put("cam/a.mp4", b"a");
    dock.key = Some(ledger_key(1).verifier_key());
    assert_eq!(dock.run().await.safe, 1);
    dock.key = Some(ledger_key(7).verifier_key());
    assert_eq!(dock.run().await.safe, 0);
    dock.key = Some("no key".into());
    assert!(matches!(dock.try_run().await, Err(DockError::Key { .. })));
}

#[tokio::test]
async fn a_file_that_changes_before_it_is_checked_is_neither_safe_nor_deleted() {
    for at in 1..7 {
        let server = Server::start().await;
        let dock = Dock::new(&server, DELETE);
        // Longer than the part that tells files apart, changed behind it, time of change put back.
        let mut changed = bytes((1 << 20) + 100);
        let file = dock.put("cam/a.mp4", &changed);
        changed[(1 << 20) + 50] ^= 1;
        let (path, new) = (file.clone(), changed.clone());
        server.on_act(move |_| write_keeping_time(&path, &new));
        let mut dock = dock;
        dock.piece = 400_000;
        server.script(vec![Fault::Nothing; at]);
        server.script([Fault::Act(Act::Rewrite)]);
        for _ in 0..10 {
            if dock.run().await.left == 0 && !file.exists() {
                break;
            }
        }
        assert!(!file.exists(), "at {at}: {:?}", dock.whys());
        // It was deleted only once the server held what it had become.
        assert!(server.holds(&changed) > 0, "at {at}");
        dock.assert_nothing_wrongly_safe(&server);
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_it_was_when_the_camera_comes_back() {
    let server = Server::start().await;
    let dock = Dock::new(&server, "");
    let all = bytes(10_000);
    let file = dock.put("cam/a.mp4", &all);
    let gone = file.clone();
    server.on_act(move |_| write_keeping_time(&gone, b""));
    // Five pieces, then the camera is pulled out: what is read of it ends.
    server.script(vec![Fault::Nothing; 8]);
    server.script([Fault::Act(Act::Unplug), Fault::Cut]);
    assert_eq!(dock.run().await.safe, 0);
    server.unscript();
    write_keeping_time(&file, &all);
    assert_eq!(dock.run().await.safe, 1);
    assert_eq!(server.holds(&all), 1);
    assert!(server.received() < 12_500, "{} bytes were brought", server.received());
}

#[tokio::test]
async fn a_marker_does_not_outlive_its_file() {
    let server = Server::start().await;
    let dock = Dock::new(&server, MARK);
    let file = dock.put("cam/a.mp4", b"first");
    dock.run().await;
    let marker = file.with_file_name("a.mp4.onrecord-safe");
    let first = fs::read(&marker).unwrap();
    dock.put("cam/a.mp4", b"second recording");
    server.lie(Some(Lie::NoProof));
    dock.run().await;
    assert!(!marker.exists());
    assert_eq!(dock.heard(|event| matches!(event, Event::StaleMarker { .. })), 1);
    server.lie(None);
    dock.run().await;
    assert_ne!(fs::read(&marker).unwrap(), first);
    assert_eq!((server.holds(b"first"), server.holds(b"second recording")), (1, 1));
    dock.assert_nothing_wrongly_safe(&server);
}

#[tokio::test]
async fn a_marker_that_somebody_else_laid_proves_nothing() {
    let server = Server::start().await;
    let dock = Dock::new(&server, MARK);
    let file = dock.put("cam/a.mp4", b"a");
    let marker = dock.put("cam/a.mp4.onrecord-safe", b"{}");
    server.lie(Some(Lie::OtherSigner));
    dock.run().await;
    assert!(file.exists() && !marker.exists());
}

#[tokio::test]
async fn what_a_link_leads_to_is_not_brought() {
    let server = Server::start().await;
    let dock = Dock::new(&server, "");
    let secret = tempfile::tempdir().unwrap();
    fs::write(secret.path().join("a.mp4"), "secret").unwrap();
    std::os::unix::fs::symlink(secret.path(), dock.watch.join("cam/link")).unwrap();
    std::os::unix::fs::symlink(secret.path().join("a.mp4"), dock.watch.join("cam/a.mp4")).unwrap();
    let summary = dock.run().await;
    assert_eq!((summary.safe, summary.left, server.holds(b"secret")), (0, 0, 0));
}

#[tokio::test]
async fn what_the_name_says_goes_along() {
    let server = Server::start().await;
    let dock = Dock::new(
        &server,
        "path = ['^(?P<camera_serial>[A-Z0-9]+)/(?P<officer_id>\\d+)-(?P<started_at>\\d{14})']\n\
         times = ['%Y%m%d%H%M%S']\ntimezone = 'America/Denver'",
    );
    dock.put("X7/4711-20260301120000.mp4", b"a");
    dock.run().await;
    let said = server.said();
    let get = |key: &str| said.get(key).map(String::as_str);
    assert_eq!((get("camera_serial"), get("officer_id")), (Some("X7"), Some("4711")));
    assert_eq!((get("started_at"), get("timezone")), (Some("2026-03-01T12:00:00"), Some("America/Denver")));
    assert_eq!((get("filename"), get("filetype")), (Some("4711-20260301120000.mp4"), Some("video/mp4")));
}

#[tokio::test]
async fn two_agents_do_not_share_a_state_folder_and_it_does_not_lie_on_a_camera() {
    let server = Server::start().await;
    let mut dock = Dock::new(&server, "");
    dock.state = dock.watch.join("cam/state");
    assert!(matches!(dock.try_run().await, Err(DockError::StateInside { .. })));
    assert!(!dock.state.exists());
    // Stands still at the first look until it is dropped.
    dock.state = dock.watch.with_file_name("state");
    dock.put("cam/a.mp4", b"a");
    server.script([Fault::Status(503), Fault::Status(503)]);
    let first = dock.try_run();
    let second = async {
        loop {
            tokio::task::yield_now().await;
            if dock.state.join("lock").exists() {
                return dock.try_run().await;
            }
        }
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() && matches!(second, Err(DockError::InUse { .. })));
}
