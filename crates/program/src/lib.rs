//! The use cases of custody: take recordings in, keep them, play them, prove them. What is here knows neither HTTP nor
//! SQL; it joins the database, the vault, the media tools and the ledger, and keeps the invariants between them:
//!
//! - A change of custody state and its ledger entry are one transaction ([`custody`]).
//! - Bytes are acknowledged only when they are durable and match their digest ([`intake`]).
//! - Every look at evidence is an entry, written before the first byte goes out ([`playback`]).
//!
//! Time and randomness come in through [`World`]. Instants are UTC microseconds, sizes bytes.

pub mod access;
pub mod accounts;
pub mod axis;
pub mod backup;
pub mod calls;
pub mod cases;
pub mod comparison;
pub mod custody;
pub mod desk;
mod error;
pub mod evidence;
pub mod figures;
#[doc(hidden)]
pub mod fuzzing;
pub mod imports;
pub mod intake;
pub mod jobs;
pub mod keeping;
pub mod mail;
pub mod media;
pub mod origins;
pub mod outcomes;
pub mod people;
pub mod playback;
pub mod receipts;
pub mod recordings;
pub mod records;
pub mod search;
pub mod seats;
pub mod sequencer;
pub mod text;
pub mod world;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use onrecord_ledger::LedgerKey;
use onrecord_media::Media;
use onrecord_store::Store;
use onrecord_vault::{KeyRing, Shelf};

pub use access::{Action, PersonRights, PersonRole, Principal, Refusal, Resource, Rights, Role};
pub use error::ProgramError;
pub use world::World;

/// Everything that the use cases work with. One per process, shared by all requests.
pub struct Program {
    /// The database.
    pub store: Store,
    /// Where ciphertext and tiles lie.
    pub shelf: Arc<Shelf>,
    /// A second place for ciphertext, if there is one.
    pub mirror: Option<Arc<Shelf>>,
    /// The key folder.
    pub keys: Arc<KeyRing>,
    /// The media tools; none where they are not installed.
    pub media: Option<Media>,
    /// What sends mail; none where it is not configured.
    pub mail: Option<mail::Mail>,
    /// The ledger's signing key.
    pub ledger_key: LedgerKey,
    /// Where files lie while they are read: a folder of this node's own.
    pub scratch: PathBuf,
    /// The time and chance of this process.
    pub world: World,
    /// What goes on in this process only.
    pub live: Live,
}

/// What goes on in this process only: nothing that a restart could lose.
#[derive(Default)]
pub struct Live {
    pub(crate) attempts: intake::Attempts,
    pub(crate) sessions: playback::Sessions,
    pub(crate) seats: seats::Seats,
    pub(crate) tree: sequencer::Tree,
    pub(crate) audit: outcomes::Audit,
    pub(crate) hashing: people::Hashing,
    pub(crate) addresses: people::slow::Addresses,
    /// Whether this is a copy that has not proved itself.
    pub(crate) is_restored: AtomicBool,
    /// Rung when there is a job or a ledger entry.
    pub bell: tokio::sync::Notify,
}

/// The names of the policies that are shipped.
pub fn policy_packs() -> Vec<&'static str> {
    onrecord_policy::Policy::PACKS.to_vec()
}
