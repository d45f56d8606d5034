//! The six times of an assignment that computer-aided dispatch records.

use std::fmt;

/// One of the times of an officer's assignment to a call, as columns of the calls file.
///
/// The order is the order of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallTime {
    /// The call reached the dispatcher.
    Received,
    /// The officer was sent.
    Dispatched,
    /// The officer set out.
    EnRoute,
    /// The officer arrived.
    OnScene,
    /// The officer left the scene.
    LeftScene,
    /// The officer was free again.
    Cleared,
}

impl CallTime {
    /// All six, in the order of a call.
    pub const ALL: [Self; 6] =
        [Self::Received, Self::Dispatched, Self::EnRoute, Self::OnScene, Self::LeftScene, Self::Cleared];

    /// The name in a policy file, such as `on_scene`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Dispatched => "dispatched",
            Self::EnRoute => "en_route",
            Self::OnScene => "on_scene",
            Self::LeftScene => "left_scene",
            Self::Cleared => "cleared",
        }
    }

    /// The column of the calls file, such as `on_scene_at`.
    pub fn column(self) -> &'static str {
        match self {
            Self::Received => "received_at",
            Self::Dispatched => "dispatched_at",
            Self::EnRoute => "en_route_at",
            Self::OnScene => "on_scene_at",
            Self::LeftScene => "left_scene_at",
            Self::Cleared => "cleared_at",
        }
    }

    /// The place in [`CallTime::ALL`], from 0.
    pub fn index(self) -> usize {
        self as usize
    }

    /// The time with this [`name`](CallTime::name), if there is one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|time| time.name() == name)
    }
}

/// The name in a policy file.
impl fmt::Display for CallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_columns_and_places_agree() {
        for (place, time) in CallTime::ALL.into_iter().enumerate() {
            assert_eq!(time.index(), place);
            assert_eq!(time.column(), format!("{}_at", time.name()));
            assert_eq!(CallTime::from_name(time.name()), Some(time));
        }
        assert!(CallTime::ALL.is_sorted());
        assert_eq!(CallTime::from_name("on_scene_at"), None);
    }
}
