//! The rules of a body-worn camera program as data: read, checked, explained, cited.
//!
//! A [`Policy`] is read from a small TOML file: when an officer's camera must record, how much lateness is
//! tolerated, which exceptions law or department recognise, and where each of these rules comes from.
//! Three policies are shipped as *packs*, see [`Policy::pack`].
//!
//! This crate is pure: it opens no file, reads no clock and knows no calls or recordings. What a policy means
//! for them is decided by `onrecord-audit`. A policy is a reading of the law, never the law itself.
//!
//! ```
//! use onrecord_policy::{CallTime, Policy, SECOND};
//!
//! let text = Policy::pack("us-il-chicago").ok_or("no such pack")?;
//! let policy = Policy::parse("us-il-chicago.toml", text)?;
//! assert_eq!(policy.activation.begins.first(), Some(&CallTime::OnScene));
//! assert_eq!(policy.activation.start_tolerance, 60 * SECOND);
//!
//! let typo = "[policy]\nid = 'x'\nversion = '1'\ntitle = 'X'\n[camera]\npre_event_bufer = '30s'\n";
//! let error = Policy::parse("x.toml", typo).unwrap_err();
//! assert_eq!(error.line, 6);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod call_time;
mod call_type;
mod duration;
mod entry;
mod error;
mod explain;
mod packs;
mod parse;
mod policy;
pub mod time;

pub use call_time::CallTime;
pub use call_type::CallTypePattern;
pub use error::PolicyError;
pub use policy::{Activation, Camera, Citations, ExceptionRule, Grace, Notice, Policy};
pub use time::{DAY, HOUR, Micros, Moment, SECOND};
