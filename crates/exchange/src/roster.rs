//! A duty roster: which officers a unit had, and when. For calls that name no officer.

use std::collections::HashMap;

use onrecord_audit::{FileCounts, Interval, OfficerId};
use onrecord_policy::Moment;

use crate::clock::Clock;
use crate::error::ExchangeError;
use crate::people::{Gathered, Taken, each_row, has_row_reject, list_empty, narrowest};
use crate::source::Input;
use crate::table::{Column, Reject, What, read_time, required};

const ROSTER: [Column; 4] = [required("officer_id"), required("unit_id"), required("from"), required("to")];

/// Who was on duty in which unit.
#[derive(Debug, Default)]
pub(crate) struct Roster(HashMap<Box<str>, Vec<(Interval, OfficerId)>>);

impl Roster {
    /// Reads a roster.
    pub fn read(
        file: &Input,
        clock: &Clock,
        gathered: &mut Gathered,
    ) -> Result<(Self, Vec<Reject>), ExchangeError> {
        let clock = &clock.reader();
        let (mut roster, mut rejects) = (Self::default(), Vec::new());
        let counts: FileCounts =
            each_row(file, "roster", &ROSTER, gathered, &mut rejects, |gathered, row, rejects| {
                list_empty(row, &ROSTER, rejects);
                let from = read_time(row, 2, clock, What::Row, rejects);
                let to = read_time(row, 3, clock, What::Row, rejects);
                let during = to.and_then(|_| narrowest(from, to));
                if during.is_none() && from.is_some() && to.is_some() && !has_row_reject(rejects, row.line) {
                    rejects.push(Reject::row(row.line, "to", "from is not before to; correct the two times"));
                }
                match (row.get(0), row.get(1), during) {
                    (Some(id), Some(unit), Some(during)) if !has_row_reject(rejects, row.line) => {
                        let officer = OfficerId(gathered.officers.number(id));
                        roster.0.entry(unit.into()).or_default().push((during, officer));
                        Taken::Accepted
                    }
                    _ => Taken::Rejected,
                }
            })?;
        gathered.files.push(counts);
        Ok((roster, rejects))
    }

    /// The officers of a unit at an instant, each once, in the order of the file.
    pub fn on_duty(&self, unit: &str, at: Moment) -> Vec<OfficerId> {
        let mut officers = Vec::new();
        for (during, officer) in self.0.get(unit).into_iter().flatten() {
            if during.contains(at) && !officers.contains(officer) {
                officers.push(*officer);
            }
        }
        officers
    }
}
