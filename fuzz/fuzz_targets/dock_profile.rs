//! A camera's profile, or the name of a built-in one; a path on the camera; what the camera wrote beside it. Parts with
//! NUL between them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use onrecord_dock::{Profile, fuzzing::describe};
use onrecord_fuzz::{parts, text};

fuzz_target!(|input: &[u8]| {
    let [profile, path, description] = parts(input);
    let profile = text(profile);
    let profile = match Profile::names().find(|name| *name == profile) {
        Some(name) => Profile::load(name),
        None => Profile::parse("profile.toml", profile),
    };
    if let Ok(profile) = profile {
        let _ = describe(&profile, text(path), description, None);
        let _ = describe(&profile, text(path), description, Some("America/Chicago"));
    }
});
