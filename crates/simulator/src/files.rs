//! The files: exports as CSV, the truth beside them, and the scenario that made them.
//!
//! Rows are put together as bytes by hand; a year has thirty million of them.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::SimulateError;
use crate::behaviour::{About, Reviewed};
use crate::calendar::Calendar;
use crate::clock::{DAY, Second, TimeStyle, TimeWriter, date_of, day_of, push_padded};
use crate::department::{Department, Officer};
use crate::exports::{CallNumber, CallRow, EventRow, ExceptionRow, Exports, Owner, RecordingRow};
use crate::names;
use crate::rules::EXCEPTION_CODES;
use crate::scenario::Scenario;
use crate::truth::{Defect, Truth};

/// Bytes gathered before they are written.
const ENOUGH: usize = 1 << 18;

/// A CSV file that is being written.
#[derive(Debug)]
struct Sheet {
    path: PathBuf,
    file: File,
    gathered: Vec<u8>,
    times: TimeWriter,
    rows: u64,
}

impl Sheet {
    fn create(folder: &Path, name: &str, style: TimeStyle, header: &str) -> Result<Self, SimulateError> {
        let path = folder.join(name);
        let file =
            File::create(&path).map_err(|source| SimulateError::Write { path: path.clone(), source })?;
        let mut gathered = Vec::with_capacity(ENOUGH + 4_096);
        gathered.extend_from_slice(header.as_bytes());
        gathered.push(b'\n');
        Ok(Self { path, file, gathered, times: TimeWriter::new(style), rows: 0 })
    }

    /// A field of text without commas and quotes.
    fn text(&mut self, text: &str) {
        self.gathered.extend_from_slice(text.as_bytes());
        self.gathered.push(b',');
    }

    fn number(&mut self, number: u64) {
        self.padded(number, 1);
        self.gathered.push(b',');
    }

    fn padded(&mut self, number: u64, width: usize) {
        push_padded(&mut self.gathered, number, width);
    }

    fn time(&mut self, calendar: &Calendar, at: Second) {
        self.times.push(&mut self.gathered, &calendar.clock, at);
        self.gathered.push(b',');
    }

    fn optional_time(&mut self, calendar: &Calendar, at: Option<Second>) {
        match at {
            Some(at) => self.time(calendar, at),
            None => self.gathered.push(b','),
        }
    }

    fn call_id(&mut self, calendar: &Calendar, call: CallNumber) {
        let day = calendar.first_day + i64::from(call.day);
        let (year, _, _) = date_of(day);
        self.padded((year % 100) as u64, 2);
        self.gathered.push(b'-');
        self.padded((day - day_of(year, 1, 1) + 1) as u64, 3);
        self.gathered.push(b'-');
        self.padded(u64::from(call.number), 5);
        self.gathered.push(b',');
    }

    fn camera(&mut self, serial: u32) {
        self.gathered.extend_from_slice(b"X81");
        self.padded(u64::from(serial), 6);
        self.gathered.push(b',');
    }

    /// Ends the row, whose last field has left a comma behind.
    fn end_row(&mut self) -> Result<(), SimulateError> {
        if let Some(last) = self.gathered.last_mut() {
            *last = b'\n';
        }
        self.rows += 1;
        if self.gathered.len() >= ENOUGH { self.write_out() } else { Ok(()) }
    }

    fn write_out(&mut self) -> Result<(), SimulateError> {
        let written = self.file.write_all(&self.gathered);
        self.gathered.clear();
        written.map_err(|source| SimulateError::Write { path: self.path.clone(), source })
    }
}

/// The files that grow day by day.
#[derive(Debug)]
pub(crate) struct Files {
    calls: Sheet,
    truth: Sheet,
    recordings: Sheet,
    exceptions: Sheet,
    events: Sheet,
}

impl Files {
    /// Creates the folder and the files in it.
    pub fn create(folder: &Path, scenario: &Scenario) -> Result<Self, SimulateError> {
        std::fs::create_dir_all(folder)
            .map_err(|source| SimulateError::Write { path: folder.to_owned(), source })?;
        let times = &scenario.times;
        let sheet = |name, style, header| Sheet::create(folder, name, scenario.style(style), header);
        Ok(Self {
            calls: sheet(
                "calls.csv",
                times.calls,
                "call_id,officer_id,unit_id,call_type,priority,district,disposition,\
                 received_at,dispatched_at,en_route_at,on_scene_at,left_scene_at,cleared_at",
            )?,
            recordings: sheet(
                "recordings.csv",
                times.recordings,
                "recording_id,officer_id,camera_serial,started_at,activated_at,stopped_at,notice,notice_at",
            )?,
            exceptions: sheet(
                "exceptions.csv",
                times.exceptions,
                "officer_id,call_id,from,to,code,approved_by,note",
            )?,
            events: sheet("device_events.csv", times.device_events, "camera_serial,at,event")?,
            truth: Sheet::create(
                folder,
                "truth.csv",
                TimeStyle::Utc,
                "line,call_id,officer_id,behaviour,outcome,reason,defects,in_grace,notice",
            )?,
        })
    }

    /// Writes all rows before this time, in seconds.
    pub fn write_before(
        &mut self,
        time: Second,
        exports: &mut Exports,
        department: &Department,
        calendar: &Calendar,
    ) -> Result<(), SimulateError> {
        for row in exports.calls.before(time) {
            self.call(&row, department, calendar)?;
            self.truth(&row, calendar)?;
        }
        for row in exports.recordings.before(time) {
            self.recording(&row, department, calendar)?;
        }
        for row in exports.exceptions.before(time) {
            self.exception(&row, calendar)?;
        }
        for row in exports.events.before(time.saturating_mul(1_000)) {
            self.event(&row, calendar)?;
        }
        Ok(())
    }

    /// Writes what is left; says how many obligations and recordings there are.
    pub fn finish(mut self) -> Result<(u64, u64), SimulateError> {
        let Self { calls, truth, recordings, exceptions, events } = &mut self;
        for sheet in [&mut *calls, truth, &mut *recordings, exceptions, events] {
            sheet.write_out()?;
        }
        Ok((calls.rows, recordings.rows))
    }

    fn call(
        &mut self,
        row: &CallRow,
        department: &Department,
        calendar: &Calendar,
    ) -> Result<(), SimulateError> {
        let sheet = &mut self.calls;
        sheet.call_id(calendar, row.call);
        sheet.number(u64::from(row.officer_id));
        sheet.text(&department.cars[row.car as usize].unit);
        sheet.text(row.call_type);
        sheet.number(u64::from(row.priority));
        sheet.number(u64::from(row.district));
        sheet.text(row.disposition);
        for (column, at) in row.times.iter().enumerate() {
            match row.unreadable {
                Some((unreadable, text)) if unreadable == column => sheet.text(text),
                _ => sheet.optional_time(calendar, *at),
            }
        }
        sheet.end_row()
    }

    fn truth(&mut self, row: &CallRow, calendar: &Calendar) -> Result<(), SimulateError> {
        let line = self.calls.rows + 1;
        let sheet = &mut self.truth;
        let Truth { behaviour, outcome, reason, details } = &row.truth;
        sheet.number(line);
        sheet.call_id(calendar, row.call);
        sheet.number(u64::from(row.officer_id));
        sheet.text(behaviour.word());
        sheet.text(outcome.word());
        sheet.text(reason);
        match details {
            Some(details) => {
                sheet.defects(calendar, &details.defects);
                sheet.text(if details.in_grace { "true" } else { "false" });
                sheet.text(details.notice.word());
            }
            None => sheet.text(",,"),
        }
        sheet.end_row()
    }

    fn recording(
        &mut self,
        row: &RecordingRow,
        department: &Department,
        calendar: &Calendar,
    ) -> Result<(), SimulateError> {
        let sheet = &mut self.recordings;
        sheet.gathered.push(b'R');
        sheet.padded(sheet.rows + 1, 8);
        sheet.gathered.push(b',');
        match row.owner {
            Owner::Officer(id) => sheet.number(u64::from(id)),
            Owner::Unnamed => sheet.text(""),
            Owner::Technician(post) => sheet.text(&department.posts[post as usize].technician),
        }
        match row.camera {
            Some(serial) => sheet.camera(serial),
            None => sheet.text(""),
        }
        let since_1970 = if row.clock_reset { row.started - FIRST_POWERED } else { 0 };
        sheet.time(calendar, row.started - since_1970);
        sheet.optional_time(calendar, row.activated.map(|at| at - since_1970));
        sheet.optional_time(calendar, row.stopped.map(|at| at - since_1970));
        match row.notice {
            Reviewed::Nothing => sheet.text(","),
            Reviewed::NotGiven => sheet.text("none,"),
            Reviewed::Given(at) => {
                sheet.text("given");
                sheet.optional_time(calendar, at);
            }
        }
        sheet.end_row()
    }

    fn exception(&mut self, row: &ExceptionRow, calendar: &Calendar) -> Result<(), SimulateError> {
        let sheet = &mut self.exceptions;
        sheet.number(u64::from(row.officer_id));
        match row.about {
            About::ThisCall | About::Misspelt => sheet.call_id(calendar, row.call),
            About::AnyCall => sheet.text(""),
            About::OtherCall => {
                sheet.call_id(calendar, CallNumber { number: row.call.number + OTHER_CALL, ..row.call });
            }
        }
        sheet.time(calendar, row.from);
        sheet.time(calendar, row.to);
        let code = &EXCEPTION_CODES[row.code];
        sheet.text(if row.about == About::Misspelt { MISSPELT } else { code.code });
        sheet.text(if row.approved { "LT204" } else { "" });
        sheet.text(if code.needs_approval && !row.approved { "sent to the watch lieutenant" } else { "" });
        sheet.end_row()
    }

    fn event(&mut self, row: &EventRow, calendar: &Calendar) -> Result<(), SimulateError> {
        let sheet = &mut self.events;
        sheet.camera(row.camera);
        sheet.times.push_millis(&mut sheet.gathered, &calendar.clock, row.at);
        sheet.gathered.push(b',');
        sheet.text(row.event.word());
        sheet.end_row()
    }
}

/// A camera whose clock was reset was powered so long before, in seconds.
const FIRST_POWERED: Second = 7_200;
/// How far off the number of a mistaken call is: no day has so many calls.
const OTHER_CALL: u32 = 500_000;
/// A code that no policy has.
const MISSPELT: &str = "victim_requst";

impl Sheet {
    /// A field holding a JSON list.
    fn defects(&mut self, calendar: &Calendar, defects: &[Defect]) {
        if defects.is_empty() {
            return self.text("[]");
        }
        self.gathered.extend_from_slice(b"\"[");
        for (index, defect) in defects.iter().enumerate() {
            if index > 0 {
                self.gathered.push(b',');
            }
            self.gathered.extend_from_slice(b"{\"\"kind\"\":\"\"");
            self.gathered.extend_from_slice(defect.kind.word().as_bytes());
            self.gathered.extend_from_slice(b"\"\",\"\"from\"\":\"\"");
            self.times.push(&mut self.gathered, &calendar.clock, defect.from);
            self.gathered.extend_from_slice(b"\"\",\"\"to\"\":\"\"");
            self.times.push(&mut self.gathered, &calendar.clock, defect.to);
            self.gathered.extend_from_slice(b"\"\"}");
        }
        self.gathered.extend_from_slice(b"]\",");
    }
}

/// Writes who the officers are and which cameras they had.
pub(crate) fn write_officers(
    folder: &Path,
    scenario: &Scenario,
    department: &Department,
    calendar: &Calendar,
) -> Result<(), SimulateError> {
    let header = "officer_id,name,badge,district,trained_at,camera_serial,camera_issued_at";
    let mut sheet = Sheet::create(folder, "officers.csv", scenario.style(scenario.times.officers), header)?;
    for (position, officer) in department.officers.iter().enumerate() {
        let Officer { id, district, career, .. } = officer;
        sheet.number(u64::from(*id));
        sheet.text(&names::of(position));
        sheet.number(u64::from(*id) % 10_000 + 1_000);
        sheet.number(u64::from(department.posts[*district as usize].number));
        sheet.optional_time(calendar, career.trained_at);
        match career.cameras.last() {
            Some(held) => {
                sheet.camera(held.serial);
                sheet.time(calendar, held.from);
            }
            None => sheet.text(","),
        }
        sheet.end_row()?;
    }
    sheet.write_out()
}

/// Writes which camera was whose from when to when, the technicians' test cameras first.
pub(crate) fn write_camera_assignments(
    folder: &Path,
    scenario: &Scenario,
    department: &Department,
    calendar: &Calendar,
) -> Result<(), SimulateError> {
    let style = scenario.style(scenario.times.camera_assignments);
    let mut sheet =
        Sheet::create(folder, "camera_assignments.csv", style, "camera_serial,officer_id,from,to")?;
    for post in &department.posts {
        sheet.camera(post.test_camera);
        sheet.text(&post.technician);
        sheet.time(calendar, calendar.from - 400 * DAY);
        sheet.text("");
        sheet.end_row()?;
    }
    for officer in &department.officers {
        for held in &officer.career.cameras {
            sheet.camera(held.serial);
            sheet.number(u64::from(officer.id));
            sheet.time(calendar, held.from);
            sheet.optional_time(calendar, held.to);
            sheet.end_row()?;
        }
    }
    sheet.write_out()
}

/// Writes the scenario as it was run, so that it can be run again.
pub(crate) fn write_scenario(folder: &Path, scenario: &Scenario, seed: u64) -> Result<(), SimulateError> {
    let path = folder.join("scenario.toml");
    let text = toml::to_string(scenario).unwrap_or_default();
    let text = format!(
        "# The same files again: onrecord simulate --scenario scenario.toml --seed {seed} --out DIR\n{text}"
    );
    std::fs::write(&path, text).map_err(|source| SimulateError::Write { path, source })
}
