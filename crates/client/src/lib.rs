//! Talks to an Onrecord server: brings files by resumable upload (tus 1.0), fetches receipts, and checks a file against
//! its receipt. It keeps nothing between runs: whoever wants an upload to survive a restart keeps its [`UploadUrl`]. It
//! knows nothing of cameras or folders; that is the dock's.
//!
//! ```no_run
//! use onrecord_client::{Client, Metadata, Options, Source, check};
//!
//! # async fn bring() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("https://records.example.org", "the token", Options::default())?;
//! let source = Source::open("clip.mp4".as_ref())?;
//! let metadata = Metadata { filename: "clip.mp4".into(), ..Metadata::default() };
//! let uploaded = client.upload(&source, &metadata, &|durable| println!("{durable} bytes are durable")).await?;
//! let receipt = client.receipt(&uploaded.clip_id).await?;
//! println!("{:?}", check(&source.digest()?, &receipt, Some(&client.ledger_key().await?)));
//! # Ok(())
//! # }
//! ```

mod answer;
mod client;
mod error;
#[doc(hidden)]
pub mod fuzzing;
mod metadata;
mod patience;
mod receipt;
mod source;
mod tus;

pub use client::{Client, Options};
pub use error::ClientError;
pub use metadata::Metadata;
pub use onrecord_ledger::{Receipt, Verdict, origin_of};
pub use receipt::{check, verify};
pub use source::{Digest, Source};
pub use tus::{UploadUrl, Uploaded};
