//! ffprobe and ffmpeg at arm's length: facts, posters, waveforms and playable copies of evidence that nobody trusts.
//!
//! A recording comes from outside, and media parsers are where programs get broken into. So a tool never meets the
//! server: [`Media`] starts this very binary again as a jailer ([`jail_main`]), which gives up everything (user,
//! capabilities, descriptors, files, sockets, other processes) and only then becomes the tool. The tool is handed
//! three descriptors that we opened: the evidence in a sealed memory file, a pipe for its output, a pipe for its
//! complaints. It sees no name of a file, no key, no other evidence and no network.
//!
//! Not here: what is kept of the results and where (`program`), and the bytes of the evidence themselves (`vault`;
//! they come in through [`Source`]). Nothing in this crate writes to a disk.

mod boxes;
mod derive;
mod error;
mod facts;
#[doc(hidden)]
pub mod fuzzing;
mod jail;
mod media;
mod source;
mod tool;

pub use derive::{ProxyKind, Waveform};
pub use error::MediaError;
pub use facts::{Audio, Facts, Video};
pub use jail::{Protection, jail_main};
pub use media::{Media, MediaConfig};
pub use source::Source;
