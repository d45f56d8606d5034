//! The kinds of calls for service: their words in the dispatch export, how urgent they are and how long they last.

/// A kind of call.
#[derive(Debug)]
pub(crate) struct CallType {
    pub word: &'static str,
    pub priority: u32,
    /// How often, relative to the others.
    pub weight: f64,
    pub length: Length,
}

/// How long an officer stays on the scene.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Length {
    Short,
    Medium,
    Long,
}

impl Length {
    /// Quantiles of the stay in seconds, from the least to the greatest.
    pub fn quantiles(self) -> &'static [i64] {
        match self {
            Self::Short => &[300, 480, 660, 900, 1_260, 2_400],
            Self::Medium => &[300, 900, 1_380, 1_920, 2_700, 4_800],
            Self::Long => &[480, 1_500, 2_400, 3_300, 4_200, 6_000],
        }
    }
}

const fn kind(word: &'static str, priority: u32, weight: f64, length: Length) -> CallType {
    CallType { word, priority, weight, length }
}

/// Calls that somebody makes.
pub(crate) const DISPATCHED: [CallType; 24] = [
    kind("DOMESTIC DISTURBANCE", 1, 9.0, Length::Long),
    kind("DISTURBANCE", 2, 11.0, Length::Medium),
    kind("ASSAULT IN PROGRESS", 1, 3.0, Length::Long),
    kind("BATTERY JO", 2, 3.0, Length::Medium),
    kind("BURGLARY", 2, 3.0, Length::Long),
    kind("ALARM BURGLAR", 3, 7.0, Length::Short),
    kind("ROBBERY", 1, 2.5, Length::Long),
    kind("THEFT", 3, 6.0, Length::Medium),
    kind("AUTO THEFT", 3, 3.0, Length::Medium),
    kind("CRIMINAL DAMAGE", 3, 4.0, Length::Medium),
    kind("SHOTS FIRED", 1, 3.5, Length::Medium),
    kind("PERSON WITH GUN", 1, 2.5, Length::Medium),
    kind("PERSON SHOT", 1, 0.8, Length::Long),
    kind("MENTAL HEALTH", 2, 3.0, Length::Long),
    kind("WELL-BEING CHECK", 3, 5.0, Length::Medium),
    kind("MISSING PERSON", 3, 2.0, Length::Long),
    kind("SUSPICIOUS PERSON", 2, 6.0, Length::Short),
    kind("TRESPASS", 3, 3.0, Length::Short),
    kind("NARCOTICS", 3, 4.0, Length::Short),
    kind("CRASH PROPERTY", 3, 6.0, Length::Medium),
    kind("CRASH INJURY", 1, 2.0, Length::Long),
    kind("PARKING", 5, 3.0, Length::Short),
    kind("NOISE", 4, 5.0, Length::Short),
    kind("ASSIST EMS", 2, 3.0, Length::Medium),
];

/// Encounters that officers begin themselves.
pub(crate) const ON_VIEW: [CallType; 6] = [
    kind("TRAFFIC STOP", 3, 50.0, Length::Short),
    kind("STREET STOP", 3, 18.0, Length::Short),
    kind("FOOT PATROL", 4, 6.0, Length::Medium),
    kind("PREMISE CHECK", 4, 12.0, Length::Short),
    kind("WARRANT SERVICE", 2, 3.0, Length::Long),
    kind("ASSIST CITIZEN", 4, 11.0, Length::Short),
];

/// Work that the department's rules exempt, as the dispatchers write it.
pub(crate) const EXEMPT: [CallType; 5] = [
    kind("ADMIN", 5, 40.0, Length::Medium),
    kind("LUNCH", 5, 45.0, Length::Medium),
    kind("Lunch break", 5, 5.0, Length::Medium),
    kind("LUNCH 10-7", 5, 8.0, Length::Medium),
    kind("admin", 5, 2.0, Length::Short),
];

/// How calls end, as the dispatchers write it.
pub(crate) const DISPOSITIONS: [&str; 8] = ["19P", "RPT", "5B", "ARR", "ADV", "GOA", "UNF", "CIT"];
