//! The configuration file, NUL, and what the environment overrides: lines of `NAME=value`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_fuzz::{file, parts, text};
use onrecord_server::Config;

fuzz_target!(|input: &[u8]| {
    let [config, environment] = parts(input);
    let pairs = text(environment).lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.map(|(name, value)| (format!("ONRECORD__{name}"), value.to_owned()));
    if let Ok(config) = Config::read(&file("onrecord.toml", config), pairs) {
        let _ = config.key_folder();
    }
});
