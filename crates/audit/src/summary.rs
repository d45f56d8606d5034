//! `summary.json`: the figures of an audit, none without what it is a share of.

use onrecord_policy::Policy;
use serde::Serialize;

use crate::calls::CallCounts;
use crate::interval::Interval;
use crate::outcome::Defect;
use crate::statistics::Shares;

/// The figures of one audit.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The version of the program.
    pub onrecord: &'static str,
    /// What the figures are not: a finding.
    pub status: &'static str,
    /// The policy that decided.
    pub policy: PolicyName,
    /// The clock of months, weekdays and hours: an IANA zone.
    pub timezone: String,
    /// Rows of each file, in the order of the contract.
    pub files: Vec<FileCounts>,
    /// From when to when the recordings reach (RFC 3339); none without recordings.
    pub recordings_window: Option<Period>,
    /// From the first begin to the last end of an obligation; none without obligations.
    pub obligations_period: Option<Period>,
    /// All obligations.
    pub obligations: u64,
    /// By outcome and reason.
    pub outcomes: Vec<OutcomeCount>,
    /// By kind of defect.
    pub defects: Vec<DefectCount>,
    /// By status of notice.
    pub notice: Vec<NoticeCount>,
    /// Over everything.
    pub shares: Shares,
    /// Over everything outside grace.
    pub shares_without_grace: Shares,
    /// How the intervals came about.
    pub intervals: &'static str,
    /// Every cut.
    pub by: Cuts,
    /// By call.
    pub calls: CallCounts,
    /// Officers with obligations or in the officers file who appear in no recording.
    pub officers_in_no_recording: Vec<OfficerCount>,
    /// Recordings whose pre-event buffer is too short, by camera.
    pub short_buffer: Vec<ShortBuffer>,
    /// Everything a reader must know.
    pub notes: Vec<String>,
}

/// A policy's name.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyName {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: String,
    /// Its title.
    pub title: String,
}

impl From<&Policy> for PolicyName {
    fn from(policy: &Policy) -> Self {
        Self { id: policy.id.clone(), version: policy.version.clone(), title: policy.title.clone() }
    }
}

/// What became of the rows of a file: `read = accepted + rejected + duplicate`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FileCounts {
    /// Which of the exchange files.
    pub kind: &'static str,
    /// The name of the file.
    pub file: String,
    /// Rows read.
    pub read: u64,
    /// Rows used, perhaps without a damaged value.
    pub accepted: u64,
    /// Rows not used, listed in rejects.csv.
    pub rejected: u64,
    /// Exact duplicates dropped.
    pub duplicate: u64,
    /// Damaged values, listed in rejects.csv.
    pub bad_values: u64,
}

/// From when to when, RFC 3339.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// The first instant.
    pub from: String,
    /// The first instant after.
    pub to: String,
}

impl From<Interval> for Period {
    fn from(interval: Interval) -> Self {
        Self { from: interval.from.to_string(), to: interval.to.to_string() }
    }
}

/// Obligations with one outcome and reason.
#[derive(Clone, Debug, Serialize)]
pub struct OutcomeCount {
    /// The outcome.
    pub outcome: &'static str,
    /// The reason, empty where there is none.
    pub reason: &'static str,
    /// How many.
    pub count: u64,
    /// How many of them in grace.
    pub in_grace: u64,
}

/// Defects of one kind.
#[derive(Clone, Debug, Serialize)]
pub struct DefectCount {
    /// The kind.
    pub kind: &'static str,
    /// How many, in obligations that are partial or missing.
    pub count: u64,
    /// Their seconds.
    pub seconds: f64,
    /// How many of these in grace.
    pub in_grace: u64,
    /// Further ones, listed as provisional because the outcome is in doubt.
    pub provisional: u64,
    /// The seconds of the provisional ones.
    pub provisional_seconds: f64,
}

/// Obligations with one status of notice.
#[derive(Clone, Debug, Serialize)]
pub struct NoticeCount {
    /// The status.
    pub status: &'static str,
    /// How many.
    pub count: u64,
    /// How many of them in grace.
    pub in_grace: u64,
}

/// The groups of each cut.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cuts {
    /// By district.
    pub district: Vec<Group>,
    /// By officer.
    pub officer: Vec<Group>,
    /// By unit.
    pub unit: Vec<Group>,
    /// By type of call.
    pub call_type: Vec<Group>,
    /// By month, as 2017-11.
    pub month: Vec<Group>,
    /// By week, as the date of its Monday.
    pub week: Vec<Group>,
    /// By day of the week, from Monday.
    pub weekday: Vec<Group>,
    /// By hour of the day, as 00 to 23.
    pub hour: Vec<Group>,
}

/// One group of a cut.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Its name; empty where the rows name none.
    pub name: String,
    /// How many officers it has.
    pub officers: usize,
    /// Over all its obligations.
    pub all: Shares,
    /// Over those outside grace.
    pub without_grace: Shares,
}

/// An officer with a number of obligations.
#[derive(Clone, Debug, Serialize)]
pub struct OfficerCount {
    /// The officer's id.
    pub officer_id: String,
    /// How many obligations the officer has.
    pub obligations: u64,
}

/// Short pre-event buffers of one camera.
#[derive(Clone, Debug, Serialize)]
pub struct ShortBuffer {
    /// The serial; empty for recordings that name none.
    pub camera_serial: String,
    /// Recordings with a buffer that is too short.
    pub short: u64,
    /// All recordings of the camera.
    pub recordings: u64,
}

/// One of the longest unrecorded encounters, with what its drawing needs. Not in `summary.json`.
#[derive(Clone, Debug)]
pub struct Encounter {
    /// The line of calls.
    pub line: u64,
    /// The call.
    pub call_id: String,
    /// The officer.
    pub officer_id: String,
    /// The officer's name, where the officers file gives one.
    pub officer_name: String,
    /// The district, empty where unknown.
    pub district: String,
    /// The unit, empty where unknown.
    pub unit: String,
    /// The type of call, empty where unknown.
    pub call_type: String,
    /// The outcome: `partial` or `missing`.
    pub outcome: &'static str,
    /// Whether in grace.
    pub in_grace: bool,
    /// From when to when the duty lasted.
    pub window: Interval,
    /// When the officer arrived, where known.
    pub arrived: Option<onrecord_policy::Moment>,
    /// What of it is on record.
    pub covered: Vec<Interval>,
    /// What of it is explained.
    pub excused: Vec<Interval>,
    /// What is neither.
    pub defects: Vec<Defect>,
    /// Microseconds in defects.
    pub uncovered: onrecord_policy::Micros,
}
