//! Accounts for every call: decides, from data alone, whether each officer's part in each dispatched call is
//! on record, and says how sure that is.
//!
//! This crate is pure: it reads no file and no clock. `evidence` indexes what the files show, `decide` applies
//! the policy to one obligation, `statistics` adds up, `report` draws. It states *outcomes*; only people make
//! *findings*.

mod calls;
mod decide;
mod evidence;
mod interval;
mod notice;
mod obligation;
mod outcome;
mod recordings;
mod report;
mod statistics;
mod summary;

pub use calls::{CallCounts, CallParts, Standing};
pub use decide::{Decision, Measures, Workspace, decide};
pub use evidence::{
    AssignmentRow, DeviceEvent, DeviceEventRow, Evidence, EvidenceParts, ExceptionRow, SpoiltRow, SpoiltSpan,
};
pub use interval::{Interval, Intervals};
pub use obligation::{CallTimes, Obligation, TimeOfCall};
pub use outcome::{Defect, DefectKind, NoticeStatus, Outcome, WhyNotRequired, WhyUnverifiable};
pub use recordings::{
    CameraId, NoticeMark, OfficerId, Readings, Recording, RecordingColumns, RecordingRow, Recordings,
};
pub use report::{public_report, report};
pub use statistics::{
    Counts, Cut, FEWEST_OFFICERS, Fact, GroupKey, GroupShares, LocalMinute, RESAMPLES, Share, Shares,
    UNKNOWN_TIME, shares_by_group,
};
pub use summary::{
    Cuts, DefectCount, Encounter, FileCounts, Group, NoticeCount, OfficerCount, OutcomeCount, Period,
    PolicyName, ShortBuffer, Summary,
};
