//! A witness of ledgers, C2SP tlog-witness: a small service that a newspaper, a court or an accountability
//! office can run. It cosigns a checkpoint only where it extends the last that it saw, so that a department
//! cannot show one ledger to one reader and another to the next.
//!
//! What it decides is in `onrecord_ledger::witness`. Here is what must not fail around it: what was seen is
//! on the disk before a cosignature leaves ([`Witness`]), and HTTP. It keeps no copy of any ledger and reads
//! no entries.
//!
//! The data folder is trusted. Who can change it can make the witness forget; who can read it can sign as the
//! witness.

mod error;
mod files;
mod http;
mod keeper;

pub use error::WitnessError;
pub use http::{router, run, serve};
pub use keeper::{Answer, Clock, Witness, WitnessConfig};
