//! A server's answer: a status of two bytes, then headers as lines of `name: value`, NUL, and a body.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use onrecord_client::fuzzing::{answer, ours};
use onrecord_client::{Client, Options};
use onrecord_fuzz::{parts, text};
use tokio::runtime::{Builder, Runtime};

fuzz_target!(|input: &[u8]| {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(1).build().unwrap());
    static CLIENT: LazyLock<Client> =
        LazyLock::new(|| Client::new("https://records.example.org", "token", Options::default()).unwrap());
    let Some((status, rest)) = input.split_first_chunk::<2>() else { return };
    let [headers, body] = parts(rest);
    let mut response = http::Response::builder().status(100 + u16::from_be_bytes(*status) % 900);
    for (name, value) in text(headers).lines().filter_map(|line| line.split_once(": ")) {
        response = response.header(name, value);
    }
    for location in text(headers).lines().filter_map(|line| line.strip_prefix("location: ")) {
        if let Some(url) = ours(&CLIENT, location) {
            assert!(url.starts_with("https://records.example.org/"), "the token is sent to no other server");
        }
    }
    if let Ok(response) = response.body(body.to_vec()) {
        let _ = RUNTIME.block_on(answer(response.into()));
    }
});
