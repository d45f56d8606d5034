use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::testing::Stand;

fn names(shelf: &Shelf, prefix: &str) -> Vec<String> {
    shelf.list(prefix).unwrap().into_iter().map(|object| object.name).collect()
}

#[test]
fn what_is_put_can_be_read_listed_and_removed() {
    for Stand { shelf, .. } in &Stand::both() {
        shelf.put("tile/0/001", vec!["ab".into(), "cde".into()]).unwrap();
        shelf.put("tile/1/000", vec![]).unwrap();
        shelf.put("tiles", vec!["x".into()]).unwrap();
        assert_eq!(shelf.get("tile/0/001").unwrap(), "abcde");
        assert_eq!(shelf.get_range("tile/0/001", 1..4).unwrap(), "bcd");
        assert_eq!(shelf.get_range("tile/0/001", 5..5).unwrap(), "");
        assert_eq!(shelf.size("tile/0/001").unwrap(), 5);
        assert_eq!(names(shelf, ""), ["tile/0/001", "tile/1/000", "tiles"]);
        assert_eq!(names(shelf, "tile/"), ["tile/0/001", "tile/1/000"]);
        assert_eq!(names(shelf, "tile/1"), ["tile/1/000"]);
        assert_eq!(names(shelf, "nothing/here"), [""; 0]);
        shelf.put("tile/0/001", vec!["new".into()]).unwrap();
        assert_eq!(shelf.get("tile/0/001").unwrap(), "new");
        shelf.delete("tile/0/001").unwrap();
        shelf.delete("tile/0/001").unwrap();
        assert!(!shelf.exists("tile/0/001").unwrap());
        assert!(shelf.exists("tiles").unwrap());
    }
}

#[test]
fn a_missing_object_and_a_range_behind_the_end_are_told_apart() {
    for Stand { shelf, .. } in &Stand::both() {
        shelf.put("a", vec!["abc".into()]).unwrap();
        for range in [0..4, 2..9, 7..9] {
            let error = shelf.get_range("a", range.clone()).unwrap_err();
            let found_end = matches!(error, ShelfError::Short { expected, .. } if expected == range.end);
            assert!(found_end, "{error}");
        }
        assert!(matches!(shelf.get_range("b", 0..1), Err(ShelfError::Missing { .. })));
        assert!(matches!(shelf.get("b"), Err(ShelfError::Missing { .. })));
        assert!(matches!(shelf.size("b"), Err(ShelfError::Missing { .. })));
    }
}

#[test]
fn an_object_that_must_not_change_does_not() {
    for Stand { shelf, .. } in &Stand::both() {
        shelf.put_if_same("tile/0", "one".into()).unwrap();
        shelf.put_if_same("tile/0", "one".into()).unwrap();
        let error = shelf.put_if_same("tile/0", "two".into()).unwrap_err();
        assert!(matches!(error, ShelfError::Differs { .. }), "{error}");
        assert_eq!(shelf.get("tile/0").unwrap(), "one");
    }
}

#[test]
fn a_segment_never_takes_the_place_of_another_file() {
    let Stand { shelf, folder, .. } = &Stand::folder();
    shelf.put("clips/a", vec!["there".into()]).unwrap();
    let mut upload = shelf.begin("clips/a").unwrap();
    upload.write(&mut b"other".to_vec()).unwrap();
    assert!(matches!(upload.land().wait(), Err(ShelfError::Differs { .. })));
    assert_eq!(shelf.get("clips/a").unwrap(), "there");
    let clips = folder.as_ref().unwrap().path().join("evidence/clips");
    assert_eq!(std::fs::read_dir(clips).unwrap().count(), 1, "and nothing is left of the attempt");
}

#[test]
fn names_that_leave_the_shelf_are_refused() {
    for Stand { shelf, .. } in &Stand::both() {
        let long = "a/".repeat(300) + "a";
        for name in
            ["", "/", "a/", "/a", "..", "../a", "a/../b", "a//b", ".a", "a/.b", ".a/b", "ä", "a b", &long]
        {
            assert!(matches!(shelf.put(name, vec![]), Err(ShelfError::Name { .. })), "{name}");
            assert!(matches!(shelf.get(name), Err(ShelfError::Name { .. })), "{name}");
            assert!(matches!(shelf.size(name), Err(ShelfError::Name { .. })), "{name}");
        }
        for name in ["", "..", "../a", ".a/b", "a/.", "a/.."] {
            assert!(matches!(shelf.delete(name), Err(ShelfError::Name { .. })), "{name}");
        }
        assert!(matches!(shelf.list("../"), Err(ShelfError::Name { .. })));
    }
}

#[test]
fn files_and_folders_are_the_owners_alone() {
    let Stand { shelf, folder, .. } = &Stand::folder();
    shelf.put("clips/ab/one", vec!["x".into()]).unwrap();
    let root = folder.as_ref().unwrap().path().join("evidence");
    let mode = |path: &str| std::fs::metadata(root.join(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!(["", "clips", "clips/ab", "clips/ab/one"].map(mode), [0o700, 0o700, 0o700, 0o600]);
}

#[test]
fn folders_that_became_empty_go_and_come_again() {
    let Stand { shelf, folder, .. } = &Stand::folder();
    let root = folder.as_ref().unwrap().path().join("evidence");
    for _ in 0..2 {
        shelf.put("clips/ab/one", vec!["x".into()]).unwrap();
        shelf.put("clips/two", vec!["x".into()]).unwrap();
        shelf.delete("clips/ab/one").unwrap();
        assert!(!root.join("clips/ab").exists() && root.join("clips").exists());
        shelf.delete("clips/two").unwrap();
        assert!(!root.join("clips").exists() && root.exists());
    }
    // Somebody else, behind the back of this one, which still remembers the folder.
    shelf.put("clips/ab/one", vec!["x".into()]).unwrap();
    std::fs::remove_dir_all(root.join("clips")).unwrap();
    shelf.put("clips/ab/one", vec!["y".into()]).unwrap();
    assert_eq!(shelf.get("clips/ab/one").unwrap(), "y");
}

#[test]
fn writers_and_removers_of_one_folder_do_not_hinder_each_other() {
    let Stand { shelf, .. } = &Stand::folder();
    std::thread::scope(|scope| {
        for number in 0..3 {
            scope.spawn(move || {
                for _ in 0..15 {
                    let name = format!("clips/ab/{number}");
                    shelf.put(&name, vec!["x".into()]).unwrap();
                    assert_eq!(shelf.get(&name).unwrap(), "x");
                    shelf.delete(&name).unwrap();
                }
            });
        }
    });
    assert_eq!(shelf.list("").unwrap(), []);
}

#[test]
fn a_full_disk_says_so() {
    let full = |error| ShelfError::of_file("clips/x", "write", error);
    let error = full(std::io::Error::from(rustix::io::Errno::NOSPC));
    assert!(
        matches!(error, ShelfError::Full { .. }) && error.to_string().contains("no room left"),
        "{error}"
    );
    assert!(matches!(full(std::io::Error::from(rustix::io::Errno::DQUOT)), ShelfError::Full { .. }));
    let error = full(std::io::Error::from(rustix::io::Errno::ACCESS));
    assert!(matches!(error, ShelfError::Failed { .. }), "{error}");
    let error = ShelfError::of_file("clips/x", "read", std::io::Error::from(rustix::io::Errno::IO));
    assert!(matches!(error, ShelfError::Unreadable { .. }), "{error}");
}

/// A bucket behind an address where a thread answers every request with one status.
fn answering(status: &'static str) -> (tokio::runtime::Runtime, Shelf) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        use std::io::{Read as _, Write as _};
        while let Ok((mut stream, _)) = listener.accept() {
            let _ = stream.read(&mut [0; 4096]);
            let answer =
                format!("HTTP/1.1 {status}\r\netag: \"x\"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = BucketConfig { endpoint: Some(format!("http://{address}")), ..config() };
    let bucket =
        Bucket::open(&config, runtime.handle().clone(), std::time::Duration::from_millis(1)).unwrap();
    (runtime, Shelf(Kind::Bucket(bucket)))
}

fn config() -> BucketConfig {
    BucketConfig {
        endpoint: None,
        region: "garage".to_owned(),
        bucket: "evidence".to_owned(),
        access_key: "id".to_owned(),
        secret_key: "very secret".to_owned(),
        allow_http: true,
        prefix: "agency/one".to_owned(),
    }
}

#[test]
fn what_an_object_store_answers_is_told_apart() {
    let (_runtime, shelf) = answering("404 Not Found");
    assert!(matches!(shelf.get("a"), Err(ShelfError::Missing { .. })));
    let error = shelf.put("a", vec!["x".into()]).unwrap_err();
    assert!(matches!(error, ShelfError::Failed { .. }), "no such bucket: {error}");
    for status in ["403 Forbidden", "401 Unauthorized", "400 Bad Request"] {
        let (_runtime, shelf) = answering(status);
        let error = shelf.put("a", vec!["x".into()]).unwrap_err();
        assert!(matches!(error, ShelfError::Failed { .. }), "{error}");
    }
    for status in ["503 Slow Down", "500 Internal Server Error", "429 Too Many Requests"] {
        let (_runtime, shelf) = answering(status);
        let error = shelf.put("a", vec!["x".into()]).unwrap_err();
        assert!(matches!(error, ShelfError::Away { .. }), "{error}");
        assert!(matches!(shelf.get("a"), Err(ShelfError::Away { .. })));
    }
    let (_runtime, shelf) = answering("507 Insufficient Storage");
    assert!(matches!(shelf.put("a", vec!["x".into()]), Err(ShelfError::Full { .. })));
    let (_runtime, shelf) = answering("200 OK");
    shelf.put("a", vec!["x".into()]).unwrap();
}

#[test]
fn an_object_store_that_is_not_there_is_away() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = BucketConfig { endpoint: Some(format!("http://{nobody}")), ..config() };
    let bucket =
        Bucket::open(&config, runtime.handle().clone(), std::time::Duration::from_millis(1)).unwrap();
    let shelf = Shelf(Kind::Bucket(bucket));
    let error = shelf.put("a", vec!["x".into()]).unwrap_err();
    assert!(matches!(error, ShelfError::Away { .. }), "{error:?}");
    assert!(matches!(shelf.list(""), Err(ShelfError::Away { .. })));
}

#[test]
fn a_secret_does_not_show_in_logs() {
    assert!(!format!("{:?}", config()).contains("very secret"));
    let (_runtime, shelf) = answering("403 Forbidden");
    let error = format!("{:?} {shelf:?}", shelf.put("a", vec![]).unwrap_err());
    assert!(!error.contains("very secret") && error.contains("evidence"), "{error}");
}

#[test]
fn work_from_async_code_runs_in_the_background() {
    let stand = Stand::bucket();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let found = runtime.block_on(async {
        stand.shelf.in_background(|shelf| shelf.put("a", vec!["x".into()])).await?;
        stand.shelf.in_background(|shelf| shelf.size("a")).await
    });
    assert_eq!(found.unwrap(), 1);
}
