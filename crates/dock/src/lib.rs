//! The agent beside a dock. It watches a folder under which cameras are mounted, brings what they recorded to a server,
//! and calls a file safe to delete only after it has read it again from the camera and checked it against a receipt
//! whose proof leads to a checkpoint signed by the ledger's key. It speaks to the server through `onrecord-client` and
//! knows nothing of its inside; it plays nothing, converts nothing and never writes into a recording.
//!
//! What survives what:
//!
//! | event | what happens |
//! |---|---|
//! | camera unplugged at any byte | the upload is kept; it goes on when the same file comes back |
//! | another file under the same name | another upload: a file is camera, path, size, time and first mebibyte |
//! | `kill -9`, power cut | the journal, fsynced line by line, knows every upload and every safe file; a torn line is cut off |
//! | server away, restarted | asked how far it has come, then on from there |
//! | own disk full | nothing is called safe that is not written down; the next look tries again |

mod agent;
mod camera;
mod config;
mod error;
mod event;
mod fact;
mod folder;
#[doc(hidden)]
pub mod fuzzing;
mod job;
mod journal;
mod mark;
mod profile;
mod watchlist;

pub use agent::{Summary, run};
pub use config::{DockConfig, Until, read_token};
pub use error::DockError;
pub use event::{Event, Name};
pub use profile::Profile;
