//! Saying things on standard output, which may be a full disk or a reader that has seen enough.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use crate::CANNOT;

/// Writes to standard output. Where the reader has gone the program ends well; where nothing can be written it
/// says so and ends with the code for "cannot be done".
pub fn say(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.flush()) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "onrecord: standard output cannot be written: {error}.");
            std::process::exit(CANNOT.into());
        }
    }
}

/// Says one line.
macro_rules! say {
    ($($text:tt)*) => { $crate::say::say(format_args!("{}\n", format_args!($($text)*))) };
}

/// Says a text that has its line ends.
macro_rules! say_all {
    ($text:expr) => {
        $crate::say::say(format_args!("{}", $text))
    };
}
