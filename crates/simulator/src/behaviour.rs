//! What really happened in an assignment: the name of the plan, and the account of what camera, officer and clerk did.
//!
//! A plan writes its own verdict. It knows that the officer began five minutes late because it made the officer begin
//! five minutes late, not because it compared intervals afterwards.

use crate::chance::Chance;
use crate::clock::Second;
use crate::rules;
use crate::truth::{Defect, DefectKind, Outcome};

macro_rules! behaviours {
    ($($(#[$doc:meta])* $name:ident = $word:literal,)*) => {
        /// The plan of an assignment.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Behaviour { $($(#[$doc])* $name,)* }

        impl Behaviour {
            /// As written in truth.csv.
            pub fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }
        }

        /// Every plan, as written in truth.csv.
        pub const BEHAVIOURS: &[&str] = &[$($word,)*];
    };
}

behaviours! {
    /// From about the arrival to about the end.
    #[default]
    RecordedNormally = "recorded_normally",
    /// With a break of a few seconds.
    RecordedWithBlink = "recorded_with_blink",
    LateActivation = "late_activation",
    EarlyStop = "early_stop",
    Gap = "gap",
    SeveralLapses = "several_lapses",
    ManySmallLapses = "many_small_lapses",
    NeverActivated = "never_activated",
    /// An exception covers all of the assignment, and nothing is recorded.
    ExceptionWhole = "exception_whole",
    ExceptionStart = "exception_start",
    ExceptionEnd = "exception_end",
    ExceptionMiddle = "exception_middle",
    ExceptionUnapproved = "exception_unapproved",
    /// Nothing is recorded, an exception covers the lesser part.
    ExceptionLesserPart = "exception_lesser_part",
    /// Nothing is recorded, an exception covers the greater part.
    ExceptionGreaterPart = "exception_greater_part",
    /// Nothing is recorded, an exception covers something in the middle.
    ExceptionMidway = "exception_midway",
    /// Late, and an exception covers the beginning of the delay.
    ExceptionTooShort = "exception_too_short",
    ExceptionOtherCall = "exception_other_call",
    ExceptionMisspelt = "exception_misspelt",
    BatteryDied = "battery_died",
    BatteryChanged = "battery_changed",
    FaultAtStart = "fault_at_start",
    FaultThroughout = "fault_throughout",
    /// From here to the dock the camera is of no use.
    CameraFailed = "camera_failed",
    /// The camera failed in an earlier assignment of the shift.
    CameraDead = "camera_dead",
    /// The officer stops; the battery dies a while later.
    OutageAfterStop = "outage_after_stop",
    CameraHandedIn = "camera_handed_in",
    UsedUnderOtherId = "used_under_other_id",
    UsedUnderOtherIdAtEnd = "used_under_other_id_at_end",
    /// The camera says 1970.
    ClockReset = "clock_reset",
    LeftRunning = "left_running",
    LeftRunningLate = "left_running_late",
    NotUploadedYet = "not_uploaded_yet",
    /// The dispatch export lacks the end.
    NoEndTime = "no_end_time",
    NoBeginTime = "no_begin_time",
    UnreadableTime = "unreadable_time",
    EndBeforeBegin = "end_before_begin",
    AmbiguousTime = "ambiguous_time",
    ExemptType = "exempt_type",
    NoArrival = "no_arrival",
    TooShort = "too_short",
    /// Exactly one minute, not recorded.
    OneMinute = "one_minute",
    NoCameraYet = "no_camera_yet",
    CameraInRepair = "camera_in_repair",
    BeforeRecordings = "before_recordings",
}

/// An assignment as the officer lives it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub begin: Second,
    pub end: Second,
    /// The previous assignment was over.
    pub free_since: Second,
    /// Between two readings of the same hour: one recording, no other times.
    pub over_the_change: bool,
}

impl Scene {
    pub fn length(&self) -> i64 {
        self.end - self.begin
    }
}

/// What a plan says the data must show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    #[default]
    Recorded,
    Excused,
    /// Excused, if the exception is approved.
    ApprovalPending,
    Partial,
    Missing,
}

/// Why a lapse might be none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Doubts {
    /// The camera has been read out since.
    pub uploaded: bool,
    /// A damaged row might concern the lapse.
    pub damaged_row: bool,
}

/// What a reviewer wrote about notice on one recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reviewed {
    #[default]
    Nothing,
    Given(Option<Second>),
    NotGiven,
}

/// One recording.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clip {
    /// Seconds before the activation that are kept.
    pub buffer: i64,
    pub activated: Second,
    /// Absent while it is still running.
    pub stopped: Option<Second>,
    pub notice: Reviewed,
}

/// An exception as filed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filed {
    pub from: Second,
    pub to: Second,
    /// Which of the department's codes.
    pub code: usize,
    pub approved: bool,
    pub about: About,
}

/// How an exception names its call and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum About {
    ThisCall,
    AnyCall,
    OtherCall,
    /// This call, but the code is misspelt.
    Misspelt,
}

/// What a camera reports of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    PowerOn,
    BatteryDepleted,
    StorageFull,
    Fault,
    FaultCleared,
    Docked,
    Uploaded,
}

impl Event {
    pub fn word(self) -> &'static str {
        match self {
            Self::PowerOn => "power_on",
            Self::BatteryDepleted => "battery_depleted",
            Self::StorageFull => "storage_full",
            Self::Fault => "fault",
            Self::FaultCleared => "fault_cleared",
            Self::Docked => "docked",
            Self::Uploaded => "uploaded",
        }
    }
}

/// What happened in one assignment, and what the data must show of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub behaviour: Behaviour,
    pub verdict: Verdict,
    pub defects: Vec<Defect>,
    /// In order of time.
    pub clips: Vec<Clip>,
    pub filed: Vec<Filed>,
    pub events: Vec<(Second, Event)>,
    /// The technician recorded with the officer's camera.
    pub technician: Option<Clip>,
    /// The camera's clock said 1970 in the only recording.
    pub clock_reset: bool,
    /// The camera is of no use for the rest of the shift.
    pub camera_failed: bool,
    /// The camera was handed in.
    pub handed_in: Option<Second>,
}

impl Account {
    /// Forgets everything but keeps the room.
    pub fn clear(&mut self) {
        let Self { mut defects, mut clips, mut filed, mut events, .. } = std::mem::take(self);
        defects.clear();
        clips.clear();
        filed.clear();
        events.clear();
        *self = Self { defects, clips, filed, events, ..Self::default() };
    }

    /// The camera records.
    pub fn record(&mut self, activated: Second, stopped: Second) {
        self.clips.push(Clip {
            buffer: rules::PRE_EVENT_BUFFER,
            activated,
            stopped: Some(stopped),
            notice: Reviewed::Nothing,
        });
    }

    /// Something that should be recorded is not.
    pub fn lapse(&mut self, kind: DefectKind, from: Second, to: Second) {
        self.defects.push(Defect { kind, from, to });
    }

    /// Nothing is recorded.
    pub fn nothing(&mut self, scene: &Scene) {
        self.clips.clear();
        self.verdict = Verdict::Missing;
        self.defects.clear();
        self.lapse(DefectKind::NeverActivated, scene.begin, scene.end);
    }

    /// The outcome, and its reason or nothing, in view of what else could explain a lapse.
    pub fn outcome(&self, doubts: Doubts) -> (Outcome, &'static str) {
        let lapse = match self.verdict {
            Verdict::Recorded => return (Outcome::Recorded, ""),
            Verdict::Excused => return (Outcome::Excused, ""),
            Verdict::ApprovalPending => return (Outcome::Excused, "approval_pending"),
            Verdict::Partial => Outcome::Partial,
            Verdict::Missing => Outcome::Missing,
        };
        if !doubts.uploaded {
            (Outcome::AwaitingUpload, "")
        } else if self.technician.is_some() {
            (Outcome::Unverifiable, "camera_used_under_other_id")
        } else if doubts.damaged_row {
            (Outcome::Unverifiable, "rejected_evidence")
        } else {
            (lapse, "")
        }
    }
}

/// When an officer who does it right activates the camera: mostly on the way, sometimes some seconds after arriving.
pub(crate) fn usual_start(scene: &Scene, chance: &mut Chance) -> Second {
    if chance.happens(0.7) {
        scene.begin - chance.between(0, 90)
    } else {
        scene.begin + chance.between(1, 40)
    }
}

/// When an officer who does it right stops: mostly after leaving, sometimes some seconds before.
pub(crate) fn usual_stop(scene: &Scene, chance: &mut Chance) -> Second {
    if chance.happens(0.75) { scene.end + chance.between(0, 50) } else { scene.end - chance.between(1, 40) }
}
