//! The names of Axis's containers and objects, and what they say.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::ProgramError;
use crate::text::{WORD, keepable};

/// What a container is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContainerKind {
    /// `System`: the delivering systems, and what we can do.
    System,
    /// `Users`: the officers.
    Users,
    /// `Devices`: the cameras.
    Devices,
    /// `RejectedContent_…`: what could not be stored elsewhere.
    Rejected,
    /// `<UserID>_<BWCSerialNumber>_<YYYYMMDDTHHMMSSZ>`: a recording.
    Recording {
        /// Whose.
        user: String,
        /// By which camera.
        device: String,
        /// When the officer switched on, UTC microseconds.
        trigger_on: i64,
    },
}

impl ContainerKind {
    /// What a name says.
    ///
    /// # Errors
    /// Where it is none of Axis's names.
    pub fn of(name: &str) -> Result<Self, ProgramError> {
        keepable("The name of the container", name, WORD)?;
        match name {
            "System" => Ok(Self::System),
            "Users" => Ok(Self::Users),
            "Devices" => Ok(Self::Devices),
            _ if name.starts_with("RejectedContent_") => Ok(Self::Rejected),
            _ => recording(name).ok_or_else(|| {
                ProgramError::Refused(format!(
                    "The container {} is neither System, Users, Devices, RejectedContent_…, nor named \
                     <UserID>_<BWCSerialNumber>_<YYYYMMDDTHHMMSSZ> after a recording.",
                    name.chars().take(120).collect::<String>()
                ))
            }),
        }
    }

    /// When the recording was switched on, if it is one.
    pub fn trigger_on(&self) -> Option<i64> {
        match self {
            Self::Recording { trigger_on, .. } => Some(*trigger_on),
            _ => None,
        }
    }
}

fn recording(name: &str) -> Option<ContainerKind> {
    // A user's id may hold underscores; serials and times do not.
    let (rest, time) = name.rsplit_once('_')?;
    let (user, device) = rest.rsplit_once('_')?;
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", time).ok()?;
    let at = TimeZone::UTC.to_timestamp(time).ok()?;
    if user.is_empty() || device.is_empty() {
        return None;
    }
    Some(ContainerKind::Recording {
        user: user.to_owned(),
        device: device.to_owned(),
        trigger_on: at.as_microsecond(),
    })
}

/// What an object of a recording is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// `….mkv`, `….mp4`: sound and picture.
    Clip,
    /// `….key`: the wrapped key of an encrypted clip.
    Key,
    /// `bookmark_…`: what an officer noted.
    Bookmark,
    /// `…_gpstrail.json`: where the camera was.
    Trail,
    /// Anything else; kept like the rest.
    Other,
}

impl ObjectKind {
    /// What a name says.
    pub fn of(name: &str) -> Self {
        let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        match ending.as_deref() {
            _ if name.starts_with("bookmark_") => Self::Bookmark,
            _ if name.ends_with("_gpstrail.json") => Self::Trail,
            Some("mkv" | "mp4") => Self::Clip,
            Some("key") => Self::Key,
            _ => Self::Other,
        }
    }

    /// Its word in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Clip => "clip",
            Self::Key => "key",
            Self::Bookmark => "bookmark",
            Self::Trail => "trail",
            Self::Other => "other",
        }
    }
}
