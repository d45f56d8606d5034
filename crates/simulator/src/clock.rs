//! The department's clocks: local time, and how each export writes it.
//!
//! Inside the simulator every time is a whole number of seconds since 1970 in UTC ([`Second`]); only here does it meet
//! a time zone. Formatting is written out by hand because a year holds a hundred million times.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::SimulateError;

/// Seconds since 1970-01-01T00:00:00Z.
pub(crate) type Second = i64;

/// Seconds in a day of 24 hours.
pub(crate) const DAY: Second = 86_400;

/// How an export writes its times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TimeStyle {
    /// `2017-11-05T01:30:00-05:00`
    Offset,
    /// `2017-11-05T06:30:00Z`
    Utc,
    /// `2017-11-05T06:30:00.000Z`
    UtcMillis,
    /// `2017-11-05 01:30:00`: nothing says which of the two when the clocks are put back.
    Local,
}

/// A time zone over the years that a simulation can touch.
#[derive(Debug)]
pub(crate) struct Clock {
    /// From when on which offset from UTC, in seconds, holds; the first holds before it too.
    offsets: Vec<(Second, i64)>,
}

impl Clock {
    /// The clock of the zone of this IANA name, for instants up to `until`.
    pub fn new(name: &str, until: Second) -> Result<Self, SimulateError> {
        let unknown = || SimulateError::Zone { name: name.to_owned() };
        let zone = TimeZone::get(name).map_err(|_| unknown())?;
        let start = Timestamp::from_second(OLDEST).map_err(|_| unknown())?;
        let mut offsets = vec![(OLDEST, i64::from(zone.to_offset(start).seconds()))];
        for change in zone.following(start) {
            if change.timestamp().as_second() > until {
                break;
            }
            offsets.push((change.timestamp().as_second(), i64::from(change.offset().seconds())));
        }
        Ok(Self { offsets })
    }

    /// Seconds that local time is ahead of UTC.
    pub fn offset(&self, at: Second) -> i64 {
        let held = self.offsets.iter().rev().find(|(from, _)| *from <= at);
        held.or(self.offsets.first()).map_or(0, |(_, offset)| *offset)
    }

    /// The instant of a local time; `day` counts from 1970-01-01, `second` from midnight.
    pub fn instant(&self, day: i64, second: i64) -> Second {
        let as_if_utc = day * DAY + second;
        as_if_utc - self.offset(as_if_utc - self.offset(as_if_utc))
    }

    /// The span in which the same local times occur twice, first reading and second, where `at` lies in one.
    pub fn repeated(&self, at: Second) -> Option<(Second, Second)> {
        self.repeats().find(|(from, to)| (*from..*to).contains(&at))
    }

    /// The first span of repeated local times that touches the given one.
    pub fn repeated_within(&self, from: Second, to: Second) -> Option<(Second, Second)> {
        self.repeats().find(|(first, last)| *first < to && from < *last)
    }

    fn repeats(&self) -> impl Iterator<Item = (Second, Second)> {
        self.offsets.windows(2).filter_map(|pair| {
            let back = pair[0].1 - pair[1].1;
            (back > 0).then_some((pair[1].0 - back, pair[1].0 + back))
        })
    }
}

/// 2014-01-01, before anything a scenario mentions.
const OLDEST: Second = 1_388_534_400;

/// The day since 1970-01-01 of a date, and back: after Howard Hinnant's public-domain `days_from_civil`.
pub(crate) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a day since 1970-01-01.
pub(crate) fn date_of(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}

/// Appends `value` with at least `width` digits.
pub(crate) fn push_padded(to: &mut Vec<u8>, value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut left = value;
    let mut place = digits.len();
    while left > 0 {
        place -= 1;
        digits[place] = b'0' + (left % 10) as u8;
        left /= 10;
    }
    let from = place.min(digits.len() - width.min(digits.len()));
    to.extend_from_slice(&digits[from..]);
}

/// Writes times in one style, remembering the last date, which the next time mostly shares.
#[derive(Debug)]
pub(crate) struct TimeWriter {
    style: TimeStyle,
    day: i64,
    date: Vec<u8>,
}

impl TimeWriter {
    /// A writer of this style.
    pub fn new(style: TimeStyle) -> Self {
        Self { style, day: i64::MIN, date: Vec::with_capacity(10) }
    }

    /// Appends the time.
    pub fn push(&mut self, to: &mut Vec<u8>, clock: &Clock, at: Second) {
        self.push_millis(to, clock, at * 1_000);
    }

    /// Appends a time of milliseconds since 1970; only [`TimeStyle::UtcMillis`] shows them.
    pub fn push_millis(&mut self, to: &mut Vec<u8>, clock: &Clock, at: i64) {
        let second = at.div_euclid(1_000);
        let offset = match self.style {
            TimeStyle::Offset | TimeStyle::Local => clock.offset(second),
            TimeStyle::Utc | TimeStyle::UtcMillis => 0,
        };
        let local = second + offset;
        self.push_date(to, local.div_euclid(DAY));
        to.push(if self.style == TimeStyle::Local { b' ' } else { b'T' });
        push_time_of_day(to, local.rem_euclid(DAY));
        match self.style {
            TimeStyle::Local => {}
            TimeStyle::Utc => to.push(b'Z'),
            TimeStyle::UtcMillis => {
                to.push(b'.');
                push_padded(to, at.rem_euclid(1_000) as u64, 3);
                to.push(b'Z');
            }
            TimeStyle::Offset => push_offset(to, offset),
        }
    }

    fn push_date(&mut self, to: &mut Vec<u8>, day: i64) {
        if day != self.day {
            let (year, month, of_month) = date_of(day);
            self.day = day;
            self.date.clear();
            push_padded(&mut self.date, year as u64, 4);
            self.date.push(b'-');
            push_padded(&mut self.date, month as u64, 2);
            self.date.push(b'-');
            push_padded(&mut self.date, of_month as u64, 2);
        }
        to.extend_from_slice(&self.date);
    }
}

fn two(value: i64) -> [u8; 2] {
    [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]
}

fn push_time_of_day(to: &mut Vec<u8>, second: i64) {
    let [h, hh] = two(second / 3_600);
    let [m, mm] = two(second / 60 % 60);
    let [s, ss] = two(second % 60);
    to.extend_from_slice(&[h, hh, b':', m, mm, b':', s, ss]);
}

fn push_offset(to: &mut Vec<u8>, offset: i64) {
    to.push(if offset < 0 { b'-' } else { b'+' });
    let [h, hh] = two(offset.abs() / 3_600);
    let [m, mm] = two(offset.abs() / 60 % 60);
    to.extend_from_slice(&[h, hh, b':', m, mm]);
}

/// The time in this style, for reports and for files of few rows.
pub(crate) fn written(clock: &Clock, style: TimeStyle, at: Second) -> String {
    let mut text = Vec::new();
    TimeWriter::new(style).push(&mut text, clock, at);
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chicago() -> Clock {
        Clock::new("America/Chicago", day_of(2019, 1, 1) * DAY).unwrap()
    }

    #[test]
    fn every_style_says_the_same_instant() {
        let at = day_of(2017, 11, 5) * DAY + 6 * 3_600 + 30 * 60;
        let said = |style| written(&chicago(), style, at);
        assert_eq!(said(TimeStyle::Offset), "2017-11-05T01:30:00-05:00");
        assert_eq!(said(TimeStyle::Utc), "2017-11-05T06:30:00Z");
        assert_eq!(said(TimeStyle::UtcMillis), "2017-11-05T06:30:00.000Z");
        assert_eq!(said(TimeStyle::Local), "2017-11-05 01:30:00");
        assert_eq!(written(&chicago(), TimeStyle::Offset, at + 3_600), "2017-11-05T01:30:00-06:00");
    }

    #[test]
    fn the_repeated_hour_is_found_with_both_its_readings() {
        let first_one_o_clock = day_of(2017, 11, 5) * DAY + 6 * 3_600;
        let span = Some((first_one_o_clock, first_one_o_clock + 7_200));
        assert_eq!(chicago().repeated(first_one_o_clock), span);
        assert_eq!(chicago().repeated(first_one_o_clock + 7_199), span);
        assert_eq!(chicago().repeated(first_one_o_clock + 7_200), None);
        assert_eq!(chicago().repeated_within(first_one_o_clock - 10, first_one_o_clock + 1), span);
    }

    #[test]
    fn dates_agree_with_jiff() {
        for day in (10_000..30_000).step_by(7) {
            let stamp = Timestamp::from_second(day * DAY).unwrap();
            let date = TimeZone::UTC.to_datetime(stamp).date();
            let (year, month, of_month) = date_of(day);
            assert_eq!((year as i16, month as i8, of_month as i8), (date.year(), date.month(), date.day()));
            assert_eq!(day_of(year, month, of_month), day);
        }
    }

    #[test]
    fn local_midnight_is_found_on_both_sides_of_a_change() {
        let clock = chicago();
        assert_eq!(
            written(&clock, TimeStyle::Offset, clock.instant(day_of(2017, 11, 5), 0)),
            "2017-11-05T00:00:00-05:00"
        );
        assert_eq!(
            written(&clock, TimeStyle::Offset, clock.instant(day_of(2017, 11, 6), 0)),
            "2017-11-06T00:00:00-06:00"
        );
    }
}
