//! What is said of a file when its upload begins: tus' `Upload-Metadata`.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What is known of a file. Every value but the name may be missing: nothing is guessed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Its name at its source.
    pub filename: String,
    /// Its media type.
    pub filetype: Option<String>,
    /// The camera.
    pub camera_serial: Option<String>,
    /// Whose camera it was.
    pub officer_id: Option<String>,
    /// The first frame: RFC 3339 with an offset, or a local time where `timezone` is said.
    pub started_at: Option<String>,
    /// When the officer switched on; written like `started_at`.
    pub activated_at: Option<String>,
    /// The end; written like `started_at`.
    pub stopped_at: Option<String>,
    /// The zone of local times: an IANA name.
    pub timezone: Option<String>,
    /// The camera's clock minus ours, in microseconds.
    pub clock_offset_us: Option<i64>,
    /// Whatever else the source says; the server keeps it beside the recording and does not read it.
    pub more: BTreeMap<&'static str, String>,
}

impl Metadata {
    /// The text of the header: keys and values in base64. Every value may hold any text.
    pub(crate) fn header(&self) -> String {
        let offset = self.clock_offset_us.map(|offset| offset.to_string());
        let known = [
            ("filename", Some(&self.filename)),
            ("filetype", self.filetype.as_ref()),
            ("camera_serial", self.camera_serial.as_ref()),
            ("officer_id", self.officer_id.as_ref()),
            ("started_at", self.started_at.as_ref()),
            ("activated_at", self.activated_at.as_ref()),
            ("stopped_at", self.stopped_at.as_ref()),
            ("timezone", self.timezone.as_ref()),
            ("clock_offset_us", offset.as_ref()),
        ];
        let known = known.into_iter().filter_map(|(key, value)| value.map(|value| (key, value)));
        let more = self.more.iter().map(|(key, value)| (*key, value));
        let pairs: Vec<String> =
            known.chain(more).map(|(key, value)| format!("{key} {}", STANDARD.encode(value))).collect();
        pairs.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_said() {
        let metadata = Metadata { filename: "a.mp4".into(), ..Metadata::default() };
        assert_eq!(metadata.header(), "filename YS5tcDQ=");
    }

    #[test]
    fn any_text_is_carried_in_ascii() {
        let mut metadata =
            Metadata { filename: "Ä, b\r\n.mp4".into(), clock_offset_us: Some(-5), ..Metadata::default() };
        metadata.more.insert("sidecar", "{\n}".into());
        let header = metadata.header();
        assert!(header.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
        let values: Vec<Vec<u8>> =
            header.split(',').map(|pair| STANDARD.decode(pair.split_once(' ').unwrap().1).unwrap()).collect();
        assert_eq!(values, ["Ä, b\r\n.mp4".as_bytes(), b"-5", b"{\n}"]);
    }
}
