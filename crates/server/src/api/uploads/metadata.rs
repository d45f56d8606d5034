//! `Upload-Metadata`: what a tus client says of the recording. Keys and values stand in pairs, the values in base64.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::civil::DateTime;
use onrecord_program::intake::{NewClip, NewRecording};

use crate::Problem;

/// How many bytes of metadata are read.
const LONGEST: usize = 16 * 1024;

/// What a client says of a recording and its clip.
pub(crate) fn read(text: &str, length: Option<u64>) -> Result<(NewRecording, NewClip), Problem> {
    if text.len() > LONGEST {
        return Err(Problem::bad_request(format!("Upload-Metadata has more than {LONGEST} bytes.")));
    }
    let said = pairs(text)?;
    let value =
        |key: &str| said.get(key).map(String::as_str).map(str::trim).filter(|value| !value.is_empty());
    let zone = value("timezone");
    let time = |key: &str| value(key).map(|text| instant(key, text, zone)).transpose();
    let (started_at, activated_at, stopped_at) =
        (time("started_at")?, time("activated_at")?, time("stopped_at")?);
    let camera = value("camera_serial").map(str::to_owned);
    let offset = value("clock_offset_us")
        .map(|text| {
            text.parse::<i64>()
                .map_err(|_| Problem::bad_request("clock_offset_us must be a whole number of microseconds."))
        })
        .transpose()?;
    let metadata = serde_json::to_string(&said).unwrap_or_default();
    // The same camera, officer and times: the same recording. Without camera or start, each clip is its own.
    let key = camera.as_ref().zip(started_at).map(|(camera, _)| {
        let parts = [
            camera.as_str(),
            value("officer_id").unwrap_or_default(),
            value("started_at").unwrap_or_default(),
            value("activated_at").unwrap_or_default(),
            value("stopped_at").unwrap_or_default(),
        ];
        format!("tus:{}", serde_json::to_string(&parts).unwrap_or_default())
    });
    let recording = NewRecording {
        source: "tus",
        key,
        camera_serial: camera,
        officer_id: value("officer_id").map(str::to_owned),
        started_at,
        activated_at,
        stopped_at,
        timezone: zone.map(str::to_owned),
        clock_offset: offset,
        transfer_complete: true,
        metadata: metadata.clone(),
    };
    let clip = NewClip {
        kind: "clip",
        name: value("filename").or_else(|| value("name")).unwrap_or("unnamed").to_owned(),
        content_type: value("filetype").map(str::to_owned),
        metadata,
        length,
    };
    Ok((recording, clip))
}

fn pairs(text: &str) -> Result<BTreeMap<String, String>, Problem> {
    let mut said = BTreeMap::new();
    for pair in text.split(',').map(str::trim) {
        if pair.is_empty() && text.trim().is_empty() {
            continue;
        }
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Problem::bad_request("Upload-Metadata holds a pair without a key."));
        }
        let value = STANDARD
            .decode(value.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| {
                Problem::bad_request(format!("The value of {key} in Upload-Metadata is not UTF-8 in base64."))
            })?;
        if said.insert(key.to_owned(), value).is_some() {
            return Err(Problem::bad_request(format!("Upload-Metadata names {key} twice.")));
        }
    }
    Ok(said)
}

/// RFC 3339 with an offset; or a local time, where the zone is said beside it.
fn instant(key: &str, text: &str, zone: Option<&str>) -> Result<i64, Problem> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at.as_microsecond());
    }
    let local = zone
        .zip(text.parse::<DateTime>().ok())
        .and_then(|(zone, local)| Some(local.in_tz(zone).ok()?.timestamp().as_microsecond()));
    local.ok_or_else(|| {
        Problem::bad_request(format!(
            "{key} is neither an RFC 3339 time with an offset (2026-11-23T08:00:00Z) nor a local time beside a timezone \
             (an IANA name)."
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(pairs: &[(&str, &str)]) -> String {
        let pairs: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{key} {}", STANDARD.encode(value))).collect();
        pairs.join(",")
    }

    #[test]
    fn a_local_time_is_read_in_the_zone_beside_it() {
        let text = encode(&[("started_at", "2026-07-01T12:00:00"), ("timezone", "America/Chicago")]);
        let (recording, _) = read(&text, None).unwrap();
        assert_eq!(recording.started_at, Some(1_782_925_200_000_000));
    }

    #[test]
    fn a_local_time_without_a_zone_is_refused() {
        assert!(read(&encode(&[("started_at", "2026-07-01T12:00:00")]), None).is_err());
    }

    #[test]
    fn a_key_that_stands_twice_is_refused() {
        assert!(read("filename YQ==,filename Yg==", None).is_err());
    }

    #[test]
    fn no_metadata_at_all_make_a_recording_of_its_own() {
        let (recording, clip) = read("", Some(3)).unwrap();
        assert_eq!((recording.key, clip.name.as_str()), (None, "unnamed"));
    }

    #[test]
    fn a_key_without_a_value_is_empty() {
        assert!(read("is_confidential", None).is_ok());
    }
}
