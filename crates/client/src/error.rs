//! What keeps a client from doing what it was asked.

use std::io;

use thiserror::Error;

/// Why a request came to nothing. `Display` says what happened and what to do.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The server's address cannot be used.
    #[error("the server's address {url:?} cannot be used: {why}; give one like https://records.example.org")]
    Address {
        /// As given.
        url: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Evidence and the token would travel unencrypted.
    #[error(
        "{url} is not encrypted and not on this machine: evidence and the token would travel in the open. Use https://, \
         or allow plain HTTP if something else encrypts this way"
    )]
    Unencrypted {
        /// As given.
        url: String,
    },
    /// The token holds characters that cannot be sent.
    #[error(
        "the token cannot be sent: it must be one line of printable ASCII, as `onrecord admin token create` prints it"
    )]
    Token,
    /// The extra root certificate is none.
    #[error(
        "the root certificate cannot be used: {why}; give PEM text that begins with -----BEGIN CERTIFICATE-----"
    )]
    Certificate {
        /// What is wrong with it.
        why: String,
    },
    /// TLS cannot be set up on this machine.
    #[error("cannot set up HTTPS on this machine: {why}")]
    Setup {
        /// What the library says.
        why: String,
    },
    /// The server was not reached, or failed, as often as patience goes.
    #[error("cannot {doing}: {why} ({tries} tries); nothing is lost, try again later")]
    Away {
        /// What was tried.
        doing: &'static str,
        /// The last reason.
        why: String,
        /// How many tries without any progress.
        tries: u32,
    },
    /// The server answered, and the answer is no.
    #[error("the server refuses to {doing} ({status}): {detail}")]
    Refused {
        /// What was tried.
        doing: &'static str,
        /// The HTTP status.
        status: u16,
        /// The server's own words.
        detail: String,
    },
    /// The server no longer knows the upload.
    #[error("the server does not know this upload (any more): {detail}; begin a new one")]
    Gone {
        /// The server's own words.
        detail: String,
    },
    /// The kept address of an upload is one of another server.
    #[error("the upload {url:?} does not belong to this server; begin a new one")]
    Foreign {
        /// As kept.
        url: String,
    },
    /// The upload is one of another file.
    #[error("the upload is not one of this file: {why}; begin a new one")]
    OtherFile {
        /// How that shows.
        why: String,
    },
    /// The server's answer makes no sense.
    #[error(
        "cannot {doing}: the server's answer makes no sense: {why}; is this an Onrecord server of this version?"
    )]
    Nonsense {
        /// What was tried.
        doing: &'static str,
        /// What is wrong with the answer.
        why: String,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Source(#[source] io::Error),
    /// The file is shorter than it was.
    #[error("the file ended at byte {at} of {size}: it has become shorter since it was opened")]
    SourceShrank {
        /// Where it ended.
        at: u64,
        /// How long it was.
        size: u64,
    },
    /// The clip has no place in the ledger yet.
    #[error("the clip {clip_id} has no proof in the ledger after {seconds} s; ask again later")]
    NotSequenced {
        /// Which clip.
        clip_id: String,
        /// How long we asked.
        seconds: u64,
    },
}
