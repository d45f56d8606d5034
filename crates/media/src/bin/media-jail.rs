//! The jailer as a program of its own, for the tests of this crate; the real one is a hidden command of `onrecord`.

use std::process::ExitCode;

fn main() -> ExitCode {
    onrecord_media::jail_main(std::env::args_os().skip(1))
}
