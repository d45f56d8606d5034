//! Which cameras are docked, and how their clocks stand against ours. An offset is said only where the file it was read
//! from must have been fresh; a wrong offset would move evidence in time, so in doubt there is none.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};

use jiff::Timestamp;

use crate::event::{Event, Name};
use crate::profile::Written;

/// Two readings of a clock that runs agree this far, in microseconds: cameras write whole seconds.
const AGREE: i64 = 2_000_000;
/// How far apart two readings must be for their agreement to show that the clock runs, in microseconds.
const APART: i64 = 4_000_000;

#[derive(Debug, Default)]
struct Docked {
    /// It came while we watched: at the first look of all, nobody knows since when it has been there.
    came: bool,
    /// The first reading: our time, and camera minus ours, both in microseconds.
    first: Option<(i64, i64)>,
    offset: Option<i64>,
}

/// The cameras that the last look found.
#[derive(Debug, Default)]
pub(crate) struct Cameras {
    docked: BTreeMap<OsString, Docked>,
    looked: bool,
}

impl Cameras {
    /// Takes in a look.
    pub fn look(&mut self, there: &BTreeSet<OsString>, events: &mut Vec<Event>) {
        let name = |camera: &OsString| Name::of(&camera.to_string_lossy());
        self.docked.retain(|camera, _| {
            if !there.contains(camera) {
                events.push(Event::CameraWent { camera: name(camera) });
            }
            there.contains(camera)
        });
        for camera in there {
            if !self.docked.contains_key(camera) {
                events.push(Event::CameraCame { camera: name(camera) });
                let docked = Docked { came: self.looked, ..Docked::default() };
                self.docked.insert(camera.clone(), docked);
            }
        }
        self.looked = true;
    }

    /// Cameras whose clocks are to be read now.
    pub fn unread(&self, written: Written) -> Vec<OsString> {
        let is_unread = |docked: &Docked| match written {
            Written::Continuously => docked.offset.is_none(),
            Written::AtDocking => docked.came && docked.first.is_none(),
        };
        self.docked.iter().filter(|(_, docked)| is_unread(docked)).map(|(camera, _)| camera.clone()).collect()
    }

    /// Takes in what a camera's clock file said when our clock showed `now`.
    pub fn read(
        &mut self,
        camera: &OsStr,
        written: Written,
        said: Timestamp,
        now: Timestamp,
    ) -> Option<Event> {
        let docked = self.docked.get_mut(camera)?;
        let now = now.as_microsecond();
        let offset = said.as_microsecond().saturating_sub(now);
        let is_fresh = match (written, docked.first) {
            (Written::AtDocking, _) => docked.came,
            (Written::Continuously, None) => false,
            (Written::Continuously, Some((at, earlier))) => {
                if now.saturating_sub(at) < APART {
                    return None;
                }
                offset.abs_diff(earlier) <= AGREE.unsigned_abs()
            }
        };
        docked.first = Some((now, offset));
        docked.offset = is_fresh.then_some(offset);
        docked.offset.map(|microseconds| Event::ClockOffset {
            camera: Name::of(&camera.to_string_lossy()),
            microseconds,
        })
    }

    /// Camera minus ours, in microseconds, where that is known.
    pub fn offset(&self, camera: Option<&OsStr>) -> Option<i64> {
        self.docked.get(camera?)?.offset
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn there(names: &[&str]) -> BTreeSet<OsString> {
        names.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_clock_that_runs_gives_its_offset_and_a_file_that_stands_still_none() {
        let mut cameras = Cameras::default();
        cameras.look(&there(&["runs", "stands"]), &mut Vec::new());
        let mut read = |camera: &str, said, now| {
            cameras.read(camera.as_ref(), Written::Continuously, at(said), at(now));
            cameras.offset(Some(camera.as_ref()))
        };
        assert_eq!(read("runs", 90, 0), None);
        assert_eq!(read("runs", 92, 2), None);
        assert_eq!(read("runs", 95, 5), Some(90_000_000));
        assert_eq!([read("stands", 90, 0), read("stands", 90, 5), read("stands", 90, 10)], [None; 3]);
    }

    #[test]
    fn a_file_written_at_docking_counts_only_where_the_docking_was_seen() {
        let mut cameras = Cameras::default();
        cameras.look(&there(&["old"]), &mut Vec::new());
        assert!(cameras.unread(Written::AtDocking).is_empty());
        cameras.look(&there(&["old", "new"]), &mut Vec::new());
        assert_eq!(cameras.unread(Written::AtDocking), ["new"]);
        cameras.read("new".as_ref(), Written::AtDocking, at(-30), at(0));
        assert_eq!(cameras.offset(Some("new".as_ref())), Some(-30_000_000));
        assert_eq!(cameras.read("old".as_ref(), Written::AtDocking, at(0), at(0)), None);
        cameras.look(&there(&["old"]), &mut Vec::new());
        cameras.look(&there(&["old", "new"]), &mut Vec::new());
        assert_eq!(cameras.offset(Some("new".as_ref())), None);
    }

    #[test]
    fn coming_and_going_is_said_once() {
        let (mut cameras, mut events) = (Cameras::default(), Vec::new());
        for names in [&["a"][..], &["a"], &[], &[]] {
            cameras.look(&there(names), &mut events);
        }
        let a = || Name::of("a");
        assert_eq!(events, [Event::CameraCame { camera: a() }, Event::CameraWent { camera: a() }]);
    }
}
