//! The parsers of this crate that no public function reaches alone, for the fuzzer only.

use onrecord_policy::Moment;

use crate::ExchangeError;
use crate::clock::{Clock, Zone};
use crate::people::Gathered;
use crate::roster::Roster;
use crate::source::Input;

/// Reads a duty roster with local times in a zone, and asks who was on duty. Answers how many rows were rejected.
///
/// # Errors
/// As for any roster.
pub fn roster(text: &[u8], zone: Zone, unit: &str, at: i64) -> Result<usize, ExchangeError> {
    let clock = Clock { zone: Some(zone), zones: None };
    let (roster, rejects) =
        Roster::read(&Input::in_memory("roster", text), &clock, &mut Gathered::default())?;
    let _ = roster.on_duty(unit, Moment(at));
    Ok(rejects.len())
}
