//! Where a camera was: the GNSS trails that came with a recording.

use std::sync::Arc;

use jiff::Timestamp;
use onrecord_store::clips;
use serde::Deserialize;

use crate::{Action, Principal, Program, ProgramError};

/// The largest trail that is read: 16 MiB, a day at ten points a second.
const LARGEST: u64 = 16 << 20;

/// A place at an instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// When.
    pub at: i64,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Trail {
    #[serde(default)]
    coordinate_entries: Vec<Coordinate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Coordinate {
    #[serde(rename = "LocationWKT")]
    location: String,
    seconds_from_start: Option<f64>,
    timestamp: Option<String>,
}

/// The points of a trail's text; those that cannot be read are left out. `start` is the recording's first frame.
pub(crate) fn points(text: &[u8], start: Option<i64>) -> Vec<Point> {
    let Ok(trail) = serde_json::from_slice::<Trail>(text) else { return Vec::new() };
    trail.coordinate_entries.iter().filter_map(|entry| point(entry, start)).collect()
}

fn point(entry: &Coordinate, start: Option<i64>) -> Option<Point> {
    let place = entry.location.trim().strip_prefix("POINT")?.trim();
    let (lon, lat) = place.strip_prefix('(')?.strip_suffix(')')?.trim().split_once(char::is_whitespace)?;
    let (lon, lat): (f64, f64) = (lon.trim().parse().ok()?, lat.trim().parse().ok()?);
    if !((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat)) {
        return None;
    }
    let said = entry.timestamp.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
    let counted = || {
        let seconds = entry.seconds_from_start.filter(|seconds| (0.0..1e6).contains(seconds))?;
        Some(start? + (seconds * 1e6) as i64)
    };
    Some(Point { at: said.map(Timestamp::as_microsecond).or_else(counted)?, lat, lon })
}

impl Program {
    /// Where the camera was, in order of time.
    ///
    /// # Errors
    /// Where there is no recording that the caller may see, or where a trail cannot be read.
    pub async fn trail(self: &Arc<Self>, who: &Principal, id: &str) -> Result<Vec<Point>, ProgramError> {
        let recording = self.recording_for(who, Action::Play, id).await?;
        let mut all = Vec::new();
        for clip in clips::of_recordings(&self.store, &[id.to_owned()]).await? {
            let is_trail = clip.kind == "trail" && clip.sealed_at.is_some() && clip.same_as.is_none();
            if is_trail && clip.state != "disposed" && clip.size.is_some_and(|size| size <= LARGEST) {
                let text = self.read_small(&clip).await?;
                all.extend(points(&text, recording.started_at));
            }
        }
        all.sort_by_key(|point| point.at);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_is_read_as_axis_writes_it() {
        let text = br#"{"CoordinateEntries":[
            {"LocationWKT":"POINT(-87.6298 41.8781)","SecondsFromStart":2.5},
            {"LocationWKT":"POINT (13.19 55.7)","Timestamp":"2017-12-10T16:00:01Z"},
            {"LocationWKT":"POINT(-87.6 141.9)","SecondsFromStart":3},
            {"LocationWKT":"nowhere","SecondsFromStart":3}]}"#;
        let found = points(text, Some(1_000_000));
        let first = Point { at: 3_500_000, lat: 41.8781, lon: -87.6298 };
        assert_eq!(found, [first, Point { at: 1_512_921_601_000_000, lat: 55.7, lon: 13.19 }]);
        assert!(points(b"no trail", None).is_empty() && points(b"{}", None).is_empty());
    }
}
