//! The kinds of exchange files and their columns, by name: for whoever keeps rows and not files.

use crate::people::{ASSIGNMENTS, DEVICE_EVENTS, EXCEPTIONS, OFFICERS};
use crate::recordings::RECORDINGS;
use crate::table::Column;

/// A kind of exchange file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// One row for each officer and assignment.
    Calls,
    /// One row for each recording.
    Recordings,
    /// Who the officers are.
    Officers,
    /// Who had which camera.
    CameraAssignments,
    /// Why cameras were off.
    Exceptions,
    /// What cameras and docks reported.
    DeviceEvents,
}

const CALLS: [&str; 13] = [
    "call_id",
    "officer_id",
    "unit_id",
    "call_type",
    "priority",
    "district",
    "disposition",
    "received_at",
    "dispatched_at",
    "en_route_at",
    "on_scene_at",
    "left_scene_at",
    "cleared_at",
];

impl FileKind {
    /// Every kind, in the order of the contract.
    pub const ALL: [Self; 6] = [
        Self::Calls,
        Self::Recordings,
        Self::Officers,
        Self::CameraAssignments,
        Self::Exceptions,
        Self::DeviceEvents,
    ];

    /// Its name, as in `summary.json`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Recordings => "recordings",
            Self::Officers => "officers",
            Self::CameraAssignments => "camera_assignments",
            Self::Exceptions => "exceptions",
            Self::DeviceEvents => "device_events",
        }
    }

    /// The kind with a name; words may be joined by `-` or by `_`.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name.replace('-', "_"))
    }

    /// The names of its columns, in the order of the contract.
    pub fn columns(self) -> Vec<&'static str> {
        fn names(columns: &[Column]) -> Vec<&'static str> {
            columns.iter().map(|column| column.name).collect()
        }
        match self {
            Self::Calls => CALLS.to_vec(),
            Self::Recordings => names(&RECORDINGS),
            Self::Officers => names(&OFFICERS),
            Self::CameraAssignments => names(&ASSIGNMENTS),
            Self::Exceptions => names(&EXCEPTIONS),
            Self::DeviceEvents => names(&DEVICE_EVENTS),
        }
    }

    /// Where it stands in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}
