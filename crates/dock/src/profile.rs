//! Camera profiles: how a maker's cameras name and describe what they record, as TOML. A profile says where something
//! stands; [`crate::fact`] reads it. docs/dock.md documents every key; an unknown one is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

use crate::DockError;
use crate::folder::MARKER;

/// The profiles that are built in.
const BUILT_IN: [(&str, &str); 4] = [
    ("generic", include_str!("../profiles/generic.toml")),
    ("json-sidecar", include_str!("../profiles/json-sidecar.toml")),
    ("serial-officer-stamp", include_str!("../profiles/serial-officer-stamp.toml")),
    ("stamp-sequence", include_str!("../profiles/stamp-sequence.toml")),
];

/// The largest pattern, compiled, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

/// Something that can be known of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    CameraSerial,
    OfficerId,
    StartedAt,
    ActivatedAt,
    StoppedAt,
    Timezone,
}

impl Field {
    const ALL: [(Self, &'static str); 6] = [
        (Self::CameraSerial, "camera_serial"),
        (Self::OfficerId, "officer_id"),
        (Self::StartedAt, "started_at"),
        (Self::ActivatedAt, "activated_at"),
        (Self::StoppedAt, "stopped_at"),
        (Self::Timezone, "timezone"),
    ];
}

/// What becomes of a file on the camera once it is safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Delete {
    #[default]
    Never,
    AfterVerified,
}

/// How a description is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Format {
    Json,
    KeyValue,
}

/// A description: a file beside each clip, or one for the camera.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sidecar {
    /// Names beside the clip; `{stem}` is its name without its type, `{name}` all of it.
    pub names: Vec<String>,
    pub format: Format,
    pub fields: BTreeMap<Field, String>,
}

/// The camera's description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// Under the camera's folder.
    pub file: String,
    pub format: Format,
    pub fields: BTreeMap<Field, String>,
}

/// When a camera writes its present time into its clock file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Written {
    /// Whenever the file is read, it holds the present time.
    Continuously,
    /// Once, when the camera is docked.
    AtDocking,
}

/// Where a camera shows what its clock says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClockFile {
    /// Under the camera's folder.
    pub file: String,
    pub written: Written,
    /// How the time is written, besides RFC 3339 with an offset.
    #[serde(default)]
    pub times: Vec<String>,
}

/// A profile as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    extensions: Vec<String>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    path: Vec<String>,
    #[serde(default)]
    times: Vec<String>,
    timezone: Option<String>,
    #[serde(default = "ten")]
    quiet_seconds: u64,
    #[serde(default)]
    marker: bool,
    #[serde(default)]
    delete: Delete,
    sidecar: Option<Sidecar>,
    camera: Option<About>,
    clock: Option<ClockFile>,
}

fn ten() -> u64 {
    10
}

/// How a maker's cameras name and describe what they record.
#[derive(Debug, Clone)]
pub struct Profile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    extensions: Vec<String>,
    ignore: Vec<Regex>,
    path: Vec<Regex>,
    text: Text,
}

impl Profile {
    /// A built-in profile by its name, or one of your own by its file, which ends in `.toml`.
    ///
    /// # Errors
    /// There is none, or it cannot be used; the error says where and why.
    pub fn load(name_or_file: &str) -> Result<Self, DockError> {
        if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_file) {
            return Self::parse(name, text);
        }
        let path = Path::new(name_or_file);
        if path.extension().is_none_or(|kind| kind != "toml") {
            let known: Vec<&str> = Self::names().collect();
            return Err(DockError::NoProfile { name: name_or_file.to_owned(), known: known.join(", ") });
        }
        let text = fs::read_to_string(path).map_err(|source| DockError::File {
            path: path.to_owned(),
            action: "read the camera profile",
            source,
        })?;
        Self::parse(name_or_file, &text)
    }

    /// The names of the built-in profiles.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A profile from its text; `name` stands in errors.
    ///
    /// # Errors
    /// It cannot be used; the error says where and why.
    pub fn parse(name: &str, text: &str) -> Result<Self, DockError> {
        let fail = |why: String| DockError::Profile { name: name.to_owned(), why };
        let text: Text = toml::from_str(text).map_err(|error| fail(error.to_string()))?;
        let extensions: Vec<String> =
            text.extensions.iter().map(|kind| kind.trim_start_matches('.').to_ascii_lowercase()).collect();
        if extensions.is_empty()
            || extensions.iter().any(|kind| kind.is_empty() || MARKER.ends_with(kind.as_str()))
        {
            return Err(fail(
                "extensions must name at least one type of file, and not that of markers".to_owned(),
            ));
        }
        let ignore = patterns(&text.ignore).map_err(&fail)?;
        let path = patterns(&text.path).map_err(&fail)?;
        for group in path.iter().flat_map(Regex::capture_names).flatten() {
            if !Field::ALL.iter().any(|(_, field)| *field == group) {
                let known: Vec<&str> = Field::ALL.iter().map(|(_, field)| *field).collect();
                return Err(fail(format!(
                    "the group {group:?} in path is unknown; there are {}",
                    known.join(", ")
                )));
            }
        }
        check_zone(text.timezone.as_deref()).map_err(|zone| fail(format!("{zone:?} is not a time zone")))?;
        Ok(Self(Arc::new(Inner { extensions, ignore, path, text })))
    }

    /// Whether a path under the watched folder is one of a recording.
    pub(crate) fn is_media(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        let Some((_, kind)) = name.rsplit_once('.') else { return false };
        let kind = kind.to_ascii_lowercase();
        self.0.extensions.contains(&kind) && !self.0.ignore.iter().any(|pattern| pattern.is_match(path))
    }

    /// What a path says, by the first pattern that fits.
    pub(crate) fn path_says(&self, path: &str) -> BTreeMap<Field, String> {
        let found = self.0.path.iter().find_map(|pattern| pattern.captures(path));
        let Some(found) = found else { return BTreeMap::new() };
        let value = |(field, group): (Field, &str)| Some((field, found.name(group)?.as_str().to_owned()));
        Field::ALL.into_iter().filter_map(value).collect()
    }

    pub(crate) fn times(&self) -> &[String] {
        &self.0.text.times
    }

    pub(crate) fn timezone(&self) -> Option<&str> {
        self.0.text.timezone.as_deref()
    }

    pub(crate) fn quiet_seconds(&self) -> u64 {
        self.0.text.quiet_seconds
    }

    pub(crate) fn lays_markers(&self) -> bool {
        self.0.text.marker
    }

    pub(crate) fn delete(&self) -> Delete {
        self.0.text.delete
    }

    pub(crate) fn sidecar(&self) -> Option<&Sidecar> {
        self.0.text.sidecar.as_ref()
    }

    pub(crate) fn about(&self) -> Option<&About> {
        self.0.text.camera.as_ref()
    }

    pub(crate) fn clock(&self) -> Option<&ClockFile> {
        self.0.text.clock.as_ref()
    }
}

/// Whether a zone is one, where one is given.
pub(crate) fn check_zone(zone: Option<&str>) -> Result<(), String> {
    match zone {
        Some(zone) if TimeZone::get(zone).is_err() => Err(zone.to_owned()),
        _ => Ok(()),
    }
}

fn patterns(texts: &[String]) -> Result<Vec<Regex>, String> {
    let compile = |text: &String| RegexBuilder::new(text).size_limit(LARGEST_PATTERN).build();
    texts.iter().map(|text| compile(text).map_err(|error| format!("the pattern {text:?}: {error}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_profile_can_be_used() {
        for name in Profile::names() {
            let profile = Profile::load(name).unwrap();
            assert!(profile.is_media("cam/DCIM/A.MP4"), "{name}");
            assert!(!profile.is_media("cam/DCIM/A.MP4.onrecord-safe"), "{name}");
            assert!(!profile.is_media("cam/._A.MP4"), "{name}");
            assert_eq!(profile.delete(), Delete::Never, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_the_reason() {
        let refused = |text: &str| Profile::parse("mine.toml", text).unwrap_err().to_string();
        assert!(refused("extensions = []").contains("at least one type"));
        assert!(refused("extensions = ['onrecord-safe']").contains("not that of markers"));
        assert!(refused("extensions = ['mp4']\npath = ['(?P<badge>x)']").contains("\"badge\""));
        assert!(refused("extensions = ['mp4']\npath = ['(']").contains("the pattern \"(\""));
        assert!(refused("extensions = ['mp4']\ntimezone = 'Mars/Olympus'").contains("not a time zone"));
        assert!(refused("extensions = ['mp4']\nspeed = 1").contains("speed"));
        assert!(Profile::load("acme").unwrap_err().to_string().contains("generic"));
    }

    #[test]
    fn a_serial_that_was_never_set_is_no_serial() {
        let profile = Profile::load("serial-officer-stamp").unwrap();
        let fields = |path: &str| profile.path_says(path).into_keys().collect::<Vec<_>>();
        let all = [Field::CameraSerial, Field::OfficerId, Field::StartedAt];
        assert_eq!(fields("cam/DCIM/X7A0042_4711_20260301121500_0001.MP4"), all);
        assert_eq!(fields("cam/0000000_000000_20260301121500_0001.MP4"), [Field::StartedAt]);
        assert_eq!(fields("cam/0000000_4711_20260301121500.MP4"), [Field::OfficerId, Field::StartedAt]);
        assert_eq!(fields("cam/MOVI0001.MP4"), []);
    }
}
