//! What is known of a file before it is brought: from its path, from what lies beside it and from what its camera says of
//! itself, in the order of their trust. Nothing is guessed: a time that cannot be read, or a local one whose zone nobody
//! says, goes along as text only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::strtime::BrokenDownTime;
use onrecord_client::Metadata;
use serde_json::Value;

use crate::folder::{Folder, Found, Place};
use crate::profile::{Field, Format, Profile, check_zone};

/// How large a description may be, in bytes.
const LARGEST_DESCRIPTION: u64 = 256 * 1024;
/// Up to how many bytes a description goes along word for word; the server takes 16 KiB of metadata in base64.
const LARGEST_QUOTED: usize = 6_000;
/// How many characters of a value count.
const LONGEST_VALUE: usize = 200;
/// How many characters of a path go along.
const LONGEST_PATH: usize = 800;

/// What is known of a file.
pub(crate) type Facts = BTreeMap<Field, String>;

/// What is said of a file when its upload begins. Reads descriptions; those that cannot be read say nothing.
pub(crate) fn metadata(
    folder: &Folder,
    found: &Found,
    profile: &Profile,
    zone: Option<&str>,
    clock_offset_us: Option<i64>,
) -> Metadata {
    let place = &found.place;
    let mut facts = profile.about().and_then(|about| {
        let bytes =
            folder.read_small(&Place::in_camera(place.camera(), &about.file)?, LARGEST_DESCRIPTION).ok()?;
        Some(read(&text(&bytes), about.format, &about.fields))
    });
    let facts = facts.get_or_insert_default();
    facts.extend(profile.path_says(&place.text()));
    let sidecar = sidecar(folder, place, profile);
    if let (Some(text), Some(about)) = (&sidecar, profile.sidecar()) {
        facts.extend(read(text, about.format, &about.fields));
    }
    let mut metadata = said(facts, profile, zone);
    metadata.filename = place.name().to_string_lossy().into_owned();
    metadata.filetype = media_type(&metadata.filename).map(str::to_owned);
    metadata.clock_offset_us = clock_offset_us;
    metadata.more.insert("path", place.text().chars().take(LONGEST_PATH).collect());
    let modified =
        i64::try_from(found.shape.modified / 1_000).ok().and_then(|at| Timestamp::from_microsecond(at).ok());
    metadata.more.extend(modified.map(|at| ("modified_at", at.to_string())));
    metadata.more.extend(sidecar.filter(|text| text.len() <= LARGEST_QUOTED).map(|text| ("sidecar", text)));
    metadata
}

/// Which camera it is, as its own description says; its folder where there is none.
pub(crate) fn camera(folder: &Folder, place: &Place, profile: &Profile) -> Vec<u8> {
    let serial = profile.about().and_then(|about| {
        let bytes =
            folder.read_small(&Place::in_camera(place.camera(), &about.file)?, LARGEST_DESCRIPTION).ok()?;
        read(&text(&bytes), about.format, &about.fields).remove(&Field::CameraSerial)
    });
    let named = place.camera().unwrap_or_default().as_encoded_bytes();
    serial.map_or_else(|| [b"folder:", named].concat(), |serial| format!("serial:{serial}").into_bytes())
}

fn sidecar(folder: &Folder, place: &Place, profile: &Profile) -> Option<String> {
    let name = place.name().to_string_lossy();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    profile.sidecar()?.names.iter().find_map(|pattern| {
        let beside = place.beside(pattern.replace("{stem}", stem).replace("{name}", &name).as_ref())?;
        Some(text(&folder.read_small(&beside, LARGEST_DESCRIPTION).ok()?))
    })
}

/// Text as cameras write it: what is no UTF-8 is replaced, a byte order mark is let go.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}').to_owned()
}

/// Finds the value under a key.
type Lookup = Box<dyn Fn(&str) -> Option<String>>;

/// The fields of a description.
pub(crate) fn read(text: &str, format: Format, fields: &BTreeMap<Field, String>) -> Facts {
    let value: Lookup = match format {
        Format::Json => {
            let Ok(json) = serde_json::from_str::<Value>(text) else { return Facts::new() };
            Box::new(move |path| member(&json, path))
        }
        Format::KeyValue => {
            let pairs = pairs(text);
            Box::new(move |key| pairs.get(&key.to_lowercase()).cloned())
        }
    };
    fields.iter().filter_map(|(field, key)| Some((*field, clean(&value(key)?)?))).collect()
}

fn member(json: &Value, path: &str) -> Option<String> {
    match path.split('.').try_fold(json, |value, name| value.get(name))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `key = value` or `key: value`, `#` and `;` before comments; `[section]` goes before the keys below it, with a dot.
/// Upper and lower case of keys are the same.
fn pairs(text: &str) -> BTreeMap<String, String> {
    let (mut pairs, mut section) = (BTreeMap::new(), String::new());
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = format!("{}.", name.trim().to_lowercase());
        } else if let Some((key, value)) = line.split_once(['=', ':']) {
            let value = value.trim().trim_matches('"').to_owned();
            pairs.entry(format!("{section}{}", key.trim().to_lowercase())).or_insert(value);
        }
    }
    pairs
}

/// A value fit to be kept: one line, bounded; none where nothing is left.
fn clean(value: &str) -> Option<String> {
    let value: String = value.chars().filter(|one| !one.is_control()).take(LONGEST_VALUE).collect();
    let value = value.trim();
    if value.is_empty() { None } else { Some(value.to_owned()) }
}

pub(crate) fn said(facts: &Facts, profile: &Profile, zone: Option<&str>) -> Metadata {
    let get = |field| facts.get(&field).and_then(|value| clean(value));
    let own_zone = get(Field::Timezone).filter(|zone| check_zone(Some(zone)).is_ok());
    let zone = own_zone.or_else(|| zone.or(profile.timezone()).map(str::to_owned));
    let mut more = BTreeMap::new();
    let mut time = |field, key| {
        let text = get(field)?;
        let written = Written::read(&text, profile.times());
        // The source's own text is kept beside what is derived from it.
        more.insert(key, text);
        written?.said(zone.is_some())
    };
    let started_at = time(Field::StartedAt, "camera_started_at");
    let activated_at = time(Field::ActivatedAt, "camera_activated_at");
    let stopped_at = time(Field::StoppedAt, "camera_stopped_at");
    Metadata {
        camera_serial: get(Field::CameraSerial),
        officer_id: get(Field::OfficerId),
        started_at,
        activated_at,
        stopped_at,
        timezone: zone,
        more,
        ..Metadata::default()
    }
}

/// A time as a camera wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written {
    Instant(Timestamp),
    Local(jiff::civil::DateTime),
}

impl Written {
    /// Reads RFC 3339 with an offset, or one of the formats (those of strptime).
    pub fn read(text: &str, formats: &[String]) -> Option<Self> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Timestamp>() {
            return Some(Self::Instant(at));
        }
        formats.iter().find_map(|format| {
            let read = BrokenDownTime::parse(format, text).ok()?;
            read.to_timestamp().map(Self::Instant).or_else(|_| read.to_datetime().map(Self::Local)).ok()
        })
    }

    /// As the server reads it; a local time only where the zone is said beside it.
    fn said(self, is_zone_said: bool) -> Option<String> {
        match self {
            Self::Instant(at) => Some(at.to_string()),
            Self::Local(local) => is_zone_said.then(|| local.to_string()),
        }
    }

    /// The instant, where the zone tells.
    pub fn instant(self, zone: Option<&str>) -> Option<Timestamp> {
        match self {
            Self::Instant(at) => Some(at),
            Self::Local(local) => Some(local.in_tz(zone?).ok()?.timestamp()),
        }
    }
}

fn media_type(name: &str) -> Option<&'static str> {
    let kind = name.rsplit_once('.')?.1.to_ascii_lowercase();
    Some(match kind.as_str() {
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "mkv" => "video/x-matroska",
        "avi" => "video/x-msvideo",
        "ts" | "mts" | "m2ts" => "video/mp2t",
        "mpg" | "mpeg" => "video/mpeg",
        "3gp" => "video/3gpp",
        "asf" | "wmv" => "video/x-ms-asf",
        "wav" => "audio/wav",
        "m4a" => "audio/mp4",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use proptest::prelude::*;

    fn read_file(profile: &str, files: &[(&str, &str)], zone: Option<&str>) -> Metadata {
        let watch = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = watch.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let profile = Profile::load(profile).unwrap();
        let folder = Folder::open(watch.path()).unwrap();
        let look = folder.look(&|path| profile.is_media(path));
        metadata(&folder, &look.files[0], &profile, zone, Some(-7))
    }

    #[test]
    fn a_sidecar_says_what_the_name_does_not() {
        let json = r#"{"camera":{"serial":"X7"},"officer":{"id":4711},
            "recording":{"start":"2026-03-01T12:00:00","activated":"2026-03-01T12:00:30Z","timezone":"America/Denver"}}"#;
        let said = read_file("json-sidecar", &[("cam/a.mp4", ""), ("cam/a.json", json)], None);
        assert_eq!((said.camera_serial.as_deref(), said.officer_id.as_deref()), (Some("X7"), Some("4711")));
        assert_eq!(said.started_at.as_deref(), Some("2026-03-01T12:00:00"));
        assert_eq!(said.activated_at.as_deref(), Some("2026-03-01T12:00:30Z"));
        assert_eq!(said.timezone.as_deref(), Some("America/Denver"));
        assert_eq!(said.more["sidecar"], json);
        assert_eq!(said.clock_offset_us, Some(-7));
    }

    #[test]
    fn the_cameras_own_file_says_who_it_is() {
        let ini = "\u{feff}; made by a camera\r\n[Device]\r\nSerial = \"C-9\"\r\nOfficer: 12\r\n";
        let files = [("cam/DEVICE.INI", ini), ("cam/DCIM/2026_0301_120000_001.MP4", "")];
        let said = read_file("stamp-sequence", &files, Some("America/Chicago"));
        assert_eq!((said.camera_serial.as_deref(), said.officer_id.as_deref()), (Some("C-9"), Some("12")));
        assert_eq!(said.started_at.as_deref(), Some("2026-03-01T12:00:00"));
        assert_eq!(said.timezone.as_deref(), Some("America/Chicago"));
        assert_eq!(said.filetype.as_deref(), Some("video/mp4"));
    }

    #[test]
    fn a_local_time_without_a_zone_goes_along_as_text_only() {
        let said = read_file("serial-officer-stamp", &[("cam/X1_2_20260301120000.mp4", "")], None);
        assert_eq!(said.started_at, None);
        assert_eq!(said.more["camera_started_at"], "20260301120000");
    }

    #[test]
    fn a_stamp_that_is_no_time_does_not_keep_the_file_from_being_brought() {
        let said = read_file("serial-officer-stamp", &[("cam/X1_2_20261399996199.mp4", "")], Some("UTC"));
        assert_eq!(said.started_at, None);
        assert_eq!(said.more["camera_started_at"], "20261399996199");
    }

    #[test]
    fn times_are_read_with_an_offset_in_seconds_or_by_format() {
        let formats = ["%s".to_owned(), "%d.%m.%Y %H:%M:%S".to_owned()];
        let at = Timestamp::from_second(1_772_366_400).unwrap();
        assert_eq!(Written::read(" 2026-03-01T13:00:00+01:00\n", &formats), Some(Written::Instant(at)));
        assert_eq!(Written::read("1772366400", &formats), Some(Written::Instant(at)));
        let local = Written::read("01.03.2026 12:00:00", &formats).unwrap();
        assert_eq!((local.instant(Some("UTC")), local.instant(None)), (Some(at), None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_description_breaks_the_reading(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let fields = BTreeMap::from([(Field::CameraSerial, "a.b".to_owned())]);
            for format in [Format::Json, Format::KeyValue] {
                let _ = read(&text, format, &fields);
                let _ = read(&super::text(&bytes), format, &fields);
            }
            let _ = Written::read(&text, &["%Y%m%d%H%M%S".to_owned(), "%s".to_owned()]);
        }

        #[test]
        fn a_value_is_found_whatever_it_holds(value in "[ -~]{1,100}") {
            let fields = BTreeMap::from([(Field::CameraSerial, "a.b".to_owned())]);
            let json = serde_json::json!({"a": {"b": value}}).to_string();
            let found = read(&json, Format::Json, &fields).remove(&Field::CameraSerial);
            prop_assert_eq!(found.unwrap_or_default(), value.trim());
        }
    }
}
