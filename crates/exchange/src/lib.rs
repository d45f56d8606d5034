//! Files in and out: the exchange files of the audit's contract, the layouts that cities publish, and the
//! audit over files from one end to the other.

mod audit;
mod call_book;
mod calls;
mod clock;
mod compare;
mod csv;
mod decide_calls;
mod error;
mod export;
#[doc(hidden)]
pub mod fuzzing;
mod gather;
mod intake;
mod kind;
mod mapping;
mod names;
mod outcomes;
mod people;
mod plain;
mod recordings;
mod roster;
mod source;
mod summary;
mod table;

pub use audit::{Audited, Extras, audit};
pub use clock::{NO_ZONE, Zone, Zones};
pub use compare::{Compared, ComparedPolicy, DefectChange, DistrictChange, OutcomeChange, compare};
pub use error::ExchangeError;
pub use export::{Export, Lapse, Measured, RowOutcome, Standing, Whole};
pub use gather::{Inputs, Progress, ReadOptions};
pub use intake::{Checked, KeptRow, Rejected, RowReader, check};
pub use kind::FileKind;
pub use mapping::{CallsLayout, Mapping, PROFILES};
pub use plain::{PlainRow, rows_by_column};
