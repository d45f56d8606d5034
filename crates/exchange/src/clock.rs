//! Times in exchange files: RFC 3339 with an offset, or local times of a zone that is given.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use onrecord_audit::TimeOfCall;
use onrecord_policy::{Moment, SECOND};

use crate::error::ExchangeError;

/// What a text turned out to be as a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// One instant.
    At(Moment),
    /// A local time that occurred twice: the earlier and the later instant.
    Twice(Moment, Moment),
    /// No time, and why.
    Bad(BadTime),
}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadTime {
    Unreadable,
    NoZone,
    Before2005,
    Skipped,
}

/// How the reason goes on for a text that is no time.
pub(crate) const NO_TIME: &str = "is not a time";
/// How the reason goes on, behind the text, for a local time without a zone.
pub const NO_ZONE: &str = "is a local time and no zone is known";

impl BadTime {
    /// The reason as `rejects.csv` gives it, about `text`.
    pub fn reason(self, text: &str) -> String {
        let text: String = text.chars().take(60).collect();
        match self {
            Self::Unreadable => format!(
                "\"{text}\" {NO_TIME}; write 2017-11-05T14:30:00-06:00, or local 2017-11-05 14:30:00 with --timezone"
            ),
            Self::NoZone => {
                format!(
                    "\"{text}\" is a local time and no zone is known; give --timezone, such as America/Chicago"
                )
            }
            Self::Before2005 => format!("\"{text}\" is before 2005: a clock that was reset, not a time"),
            Self::Skipped => {
                format!(
                    "\"{text}\" never happened: the clocks were set forward over it; correct it at its source"
                )
            }
        }
    }
}

/// 2005-01-01T00:00:00Z: what is earlier is a clock that was reset.
const EARLIEST: i64 = 1_104_537_600;
/// 10000-01-01T00:00:00Z: RFC 3339 has no way to write it.
const AFTER_LATEST: i64 = 253_402_300_800;
const DAY_S: i64 = 86_400;
/// Days from 2005-01-01 whose offset is looked up once and kept: to the end of 2099.
const KEPT_DAYS: usize = 34_698;
const MIXED: i32 = i32::MAX;

/// A time zone with what makes it quick: the offset of every day on which it does not change.
#[derive(Clone, Debug)]
pub struct Zone {
    name: String,
    zone: TimeZone,
    /// Seconds east of UTC per day from 2005-01-01, local and UTC days alike; `MIXED` near a change.
    offsets: Vec<i32>,
}

impl Zone {
    /// The zone of an IANA name.
    ///
    /// # Errors
    /// A sentence where there is no such zone.
    pub fn named(name: &str) -> Result<Self, ExchangeError> {
        let zone = TimeZone::get(name).map_err(|_| {
            ExchangeError::Asked(format!(
                "\"{name}\" is not a known time zone. Use an IANA name, such as America/Chicago or America/New_York."
            ))
        })?;
        let offsets = (0..KEPT_DAYS).map(|day| steady_offset(&zone, day)).collect();
        Ok(Self { name: name.to_owned(), zone, offsets })
    }

    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: "UTC".to_owned(), zone: TimeZone::UTC, offsets: vec![0; KEPT_DAYS] }
    }

    /// Its IANA name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn kept(&self, seconds: i64) -> Option<i64> {
        let day = usize::try_from((seconds - EARLIEST).div_euclid(DAY_S)).ok()?;
        self.offsets.get(day).filter(|o| **o != MIXED).map(|o| i64::from(*o))
    }

    /// Seconds on the local clock since 1970-01-01T00:00 at an instant.
    pub fn local_seconds(&self, at: Moment) -> i64 {
        let seconds = at.0.div_euclid(SECOND);
        let offset = self.kept(seconds).unwrap_or_else(|| {
            jiff::Timestamp::from_second(seconds).map_or(0, |t| i64::from(self.zone.to_offset(t).seconds()))
        });
        seconds + offset
    }

    /// The instant or instants of a time on the local clock, given in seconds since 1970-01-01T00:00.
    fn at_local(&self, seconds: i64, micros: i64) -> Reading {
        let at = |offset: i64| Moment((seconds - offset) * SECOND + micros);
        if let Some(offset) = self.kept(seconds) {
            return Reading::At(at(offset));
        }
        let Ok(civil) = jiff::Timestamp::from_second(seconds).map(|t| TimeZone::UTC.to_datetime(t)) else {
            return Reading::Bad(BadTime::Unreadable);
        };
        match self.zone.to_ambiguous_timestamp(civil).offset() {
            AmbiguousOffset::Unambiguous { offset } => Reading::At(at(offset.seconds().into())),
            AmbiguousOffset::Gap { .. } => Reading::Bad(BadTime::Skipped),
            AmbiguousOffset::Fold { before, after } => {
                Reading::Twice(at(before.seconds().into()), at(after.seconds().into()))
            }
        }
    }
}

/// The offset of a day, counted from 2005-01-01, if it is the same from the day before to the day after.
fn steady_offset(zone: &TimeZone, day: usize) -> i32 {
    let noon = EARLIEST + day as i64 * DAY_S + DAY_S / 2;
    let offset = |seconds: i64| jiff::Timestamp::from_second(seconds).map(|t| zone.to_offset(t).seconds());
    let far = DAY_S / 2 + DAY_S;
    match (offset(noon - far), offset(noon), offset(noon + far)) {
        (Ok(a), Ok(b), Ok(c)) if a == b && b == c => b,
        _ => MIXED,
    }
}

/// Zones by their IANA names, each made once: making one takes longer than reading a small file.
#[derive(Debug, Default)]
pub struct Zones(Mutex<HashMap<String, Option<Arc<Zone>>>>);

impl Zones {
    fn get(&self, name: &str) -> Option<Arc<Zone>> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(zone) = known.get(name) {
            return zone.clone();
        }
        let zone = Zone::named(name).ok().map(Arc::new);
        known.insert(name.to_owned(), zone.clone());
        zone
    }
}

/// Reads times; local ones in a zone, where one is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    pub zone: Option<Zone>,
    /// Set where rows that were kept are read again: their local times name their zone themselves.
    pub zones: Option<Arc<Zones>>,
}

impl Clock {
    /// Reads a time that is not empty.
    pub fn read(&self, text: &str) -> Reading {
        match Parts::read(text.as_bytes()) {
            Some(parts) => self.instant(&parts),
            None => self.in_named_zone(text),
        }
    }

    /// Reads a local time as [`kept_text`] writes it, where such times may stand.
    fn in_named_zone(&self, text: &str) -> Reading {
        let named = || {
            let zones = self.zones.as_ref()?;
            let (local, zone) = text.strip_suffix(']')?.rsplit_once('[')?;
            let parts = Parts::read(local.as_bytes()).filter(|parts| parts.offset.is_none())?;
            let reading = zones.get(zone)?.at_local(parts.seconds, parts.micros);
            Some(within_reach(leap_second(reading, parts.leap)))
        };
        named().unwrap_or(Reading::Bad(BadTime::Unreadable))
    }

    #[inline]
    fn instant(&self, parts: &Parts) -> Reading {
        let reading = match (parts.offset, &self.zone) {
            (Some(offset), _) => Reading::At(Moment((parts.seconds - offset) * SECOND + parts.micros)),
            (None, Some(zone)) => zone.at_local(parts.seconds, parts.micros),
            (None, None) => return Reading::Bad(BadTime::NoZone),
        };
        within_reach(leap_second(reading, parts.leap))
    }

    /// A reader for many times of the same days.
    pub fn reader(&self) -> TimeReader<'_> {
        TimeReader { clock: self, day: Cell::new((*b"0000-00-00", 0)), offset: Cell::new((*b"+00:00", 0)) }
    }

    /// The instant or instants of a civil time of a mapping's format.
    pub fn at_civil(&self, time: civil::DateTime) -> Reading {
        let Some(zone) = &self.zone else {
            return Reading::Bad(BadTime::NoZone);
        };
        match TimeZone::UTC.to_timestamp(time) {
            Ok(local) => {
                within_reach(zone.at_local(local.as_second(), i64::from(local.subsec_microsecond())))
            }
            Err(_) => Reading::Bad(BadTime::Unreadable),
        }
    }

    /// The same for an instant that a format with an offset gives.
    pub fn at_instant(at: jiff::Timestamp) -> Reading {
        within_reach(Reading::At(Moment(at.as_microsecond())))
    }
}

/// Reads times, and remembers the last day and the last offset: in a file the next time mostly has the same.
#[derive(Clone, Debug)]
pub(crate) struct TimeReader<'a> {
    pub clock: &'a Clock,
    /// The text of a day, and its seconds since 1970-01-01.
    day: Cell<([u8; 10], i64)>,
    /// The text of an offset, and its seconds east of UTC.
    offset: Cell<([u8; 6], i64)>,
}

impl TimeReader<'_> {
    /// Reads a time that is not empty.
    #[inline]
    pub fn read(&self, text: &str) -> Reading {
        match self.known_day(text.as_bytes()) {
            Some(parts) => self.clock.instant(&parts),
            None => self.new_day(text),
        }
    }

    /// A time without a fraction of a second, on the day and with the offset that were read last.
    #[inline]
    fn known_day(&self, text: &[u8]) -> Option<Parts> {
        let (day, seconds) = self.day.get();
        let (head, rest) = text.split_first_chunk::<10>()?;
        let (separator, rest) = rest.split_first()?;
        let (of_day, rest) = rest.split_first_chunk::<8>()?;
        if *head != day || !matches!(separator, b'T' | b' ') {
            return None;
        }
        let offset = match rest {
            [] => None,
            [b'Z'] => Some(0),
            _ => {
                let (known, seconds) = self.offset.get();
                Some((rest == known).then_some(seconds)?)
            }
        };
        Some(Parts { seconds: seconds + seconds_of_day(*of_day)?, micros: 0, offset, leap: false })
    }

    fn new_day(&self, text: &str) -> Reading {
        let Some(parts) = Parts::read(text.as_bytes()) else {
            return self.clock.in_named_zone(text);
        };
        if let Some(day) = text.as_bytes().first_chunk::<10>().filter(|_| !parts.leap) {
            self.day.set((*day, parts.seconds - parts.seconds.rem_euclid(DAY_S)));
        }
        if let (Some(offset), Some(sign)) = (text.as_bytes().last_chunk::<6>(), parts.offset)
            && matches!(offset, [b'+' | b'-', ..])
        {
            self.offset.set((*offset, sign));
        }
        self.clock.instant(&parts)
    }
}

/// Seconds since midnight of `HH:MM:SS`; none where it is not that, or a leap second.
#[inline]
fn seconds_of_day(text: [u8; 8]) -> Option<i64> {
    let digits = u64::from_le_bytes(text) ^ u64::from_le_bytes(*b"00:00:00");
    let [h1, h2, _, m1, m2, _, s1, s2] = digits.to_le_bytes().map(i64::from);
    // Every digit is below 10, and the colons are colons.
    let too_high = digits.wrapping_add(u64::from_le_bytes([6, 6, 0, 6, 6, 0, 6, 6]));
    let outside = u64::from_le_bytes([0xF0, 0xF0, 0xFF, 0xF0, 0xF0, 0xFF, 0xF0, 0xF0]);
    if (digits | too_high) & outside != 0 {
        return None;
    }
    let (hour, minute, second) = (h1 * 10 + h2, m1 * 10 + m2, s1 * 10 + s2);
    (hour < 24 && minute < 60 && second < 60).then_some(hour * 3600 + minute * 60 + second)
}

/// The text of a time as it is kept: a local time with its zone in brackets behind it, as in RFC 9557, so that it
/// means the same whichever zone is given later; anything else as it stands. What ends with a bracket already is no
/// time in an exchange file and must not become one.
pub(crate) fn kept_text(text: &str, zone: Option<&str>) -> String {
    if text.ends_with(']') {
        return format!("{text}[]");
    }
    let is_local = || Parts::read(text.as_bytes()).is_some_and(|parts| parts.offset.is_none());
    match zone {
        Some(zone) if is_local() => format!("{text}[{zone}]"),
        _ => text.to_owned(),
    }
}

/// The text of a time in another layout as it is kept, `text` being what stood there.
pub(crate) fn kept_reading(reading: Reading, text: &str, zone: Option<&Zone>) -> String {
    match (reading, zone) {
        (Reading::At(at), _) => at.to_string(),
        (Reading::Twice(early, _), Some(zone)) => {
            let local = Moment(zone.local_seconds(early) * SECOND + early.0.rem_euclid(SECOND));
            format!("{}[{}]", local.to_string().trim_end_matches('Z'), zone.name())
        }
        _ => format!("{text}[]"),
    }
}

fn within_reach(reading: Reading) -> Reading {
    match reading {
        Reading::At(at) | Reading::Twice(_, at) if at.0 >= AFTER_LATEST * SECOND => {
            Reading::Bad(BadTime::Unreadable)
        }
        Reading::At(at) | Reading::Twice(at, _) if at.0 < EARLIEST * SECOND => {
            Reading::Bad(BadTime::Before2005)
        }
        other => other,
    }
}

/// A second 60 exists only as the last of a UTC day.
fn leap_second(reading: Reading, leap: bool) -> Reading {
    match reading {
        Reading::At(at) if leap && at.0.div_euclid(SECOND).rem_euclid(DAY_S) != 0 => {
            Reading::Bad(BadTime::Unreadable)
        }
        Reading::Twice(..) if leap => Reading::Bad(BadTime::Unreadable),
        other => other,
    }
}

/// A time as its text gives it.
struct Parts {
    /// Seconds since 1970-01-01T00:00 on the clock of the text.
    seconds: i64,
    micros: i64,
    /// Seconds east of UTC; none for a local time.
    offset: Option<i64>,
    leap: bool,
}

impl Parts {
    #[inline]
    fn read(text: &[u8]) -> Option<Self> {
        let (head, mut rest) = text.split_at_checked(16)?;
        let head: &[u8; 16] = head.try_into().ok()?;
        let separators = [head[4], head[7], head[13]] == *b"--:" && matches!(head[10], b'T' | b't' | b' ');
        let year = two(head[0], head[1])? * 100 + two(head[2], head[3])?;
        let (month, day) = (two(head[5], head[6])?, two(head[8], head[9])?);
        let (hour, minute) = (two(head[11], head[12])?, two(head[14], head[15])?);
        let (mut second, mut has_seconds) = (0, false);
        if let [b':', tens, ones, tail @ ..] = rest {
            (second, has_seconds, rest) = (two(*tens, *ones)?, true, tail);
        }
        let micros = if let (true, [b'.', tail @ ..]) = (has_seconds, rest) {
            let digits = tail.iter().take_while(|b| b.is_ascii_digit()).count();
            rest = tail.get(digits..)?;
            fraction(tail.get(..digits)?)?
        } else {
            0
        };
        let offset = match rest {
            [] => None,
            _ if !has_seconds => return None,
            [b'Z' | b'z'] => Some(0),
            [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
                let (hours, minutes) = (two(*h1, *h2)?, two(*m1, *m2)?);
                let seconds = hours * 3600 + minutes * 60;
                (hours < 24 && minutes < 60).then_some(())?;
                Some(if *sign == b'-' { -seconds } else { seconds })
            }
            _ => return None,
        };
        let valid = separators
            && hour < 24
            && minute < 60
            && second <= 60
            && day >= 1
            && day <= days_in(year, month)?;
        valid.then(|| Self {
            seconds: days_from_civil(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second,
            micros,
            offset,
            leap: second == 60,
        })
    }
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens) * 10 + i64::from(ones))
}

/// Microseconds of a fraction of a second; what is finer is cut off.
fn fraction(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() {
        return None;
    }
    let digit = |at: usize| digits.get(at).map_or(0, |d| i64::from(d - b'0'));
    Some((0..6).fold(0, |sum, at| sum * 10 + digit(at)))
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    Some(match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => return None,
    })
}

/// Days from 1970-01-01 to a date of the Gregorian calendar: the years are taken to begin in March, so that
/// the leap day is their last.
#[inline]
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 719_469
}

/// Writes an instant as RFC 3339 in UTC with `Z`, its fraction only as long as it must be.
pub(crate) fn push_time(out: &mut Vec<u8>, at: Moment) {
    let seconds = at.0.div_euclid(SECOND);
    let (days, of_day) = (seconds.div_euclid(DAY_S), seconds.rem_euclid(DAY_S));
    // Days from 0000-03-01; 400 years have 146,097 days, 100 years 36,524, 4 years 1,461.
    let since = days + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    let mut text = *b"0000-00-00T00:00:00";
    let mut put = |at: usize, value: i64| {
        if let Some([tens, ones]) = text.get_mut(at..at + 2) {
            *tens = b'0' + (value / 10 % 10) as u8;
            *ones = b'0' + (value % 10) as u8;
        }
    };
    put(0, year / 100);
    put(2, year % 100);
    put(5, month);
    put(8, day);
    put(11, of_day / 3600);
    put(14, of_day / 60 % 60);
    put(17, of_day % 60);
    out.extend_from_slice(&text);
    push_fraction(out, at.0.rem_euclid(SECOND));
    out.push(b'Z');
}

/// Writes microseconds below a second as `.` and up to six digits, nothing where there are none.
pub(crate) fn push_fraction(out: &mut Vec<u8>, micros: i64) {
    if micros == 0 {
        return;
    }
    let mut digits = *b".000000";
    let mut rest = micros;
    for digit in digits.iter_mut().skip(1).rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    let length = digits.iter().rposition(|d| *d != b'0').map_or(0, |at| at + 1);
    out.extend_from_slice(digits.get(..length).unwrap_or_default());
}

/// Times of one row, in the order in which they must stand, as the row's own order settles them: where some
/// occurred twice and exactly one choice of readings keeps all of them in order, that one.
///
/// Answers the choices that keep the order, at most `2^6`, each as the instants in the row's order. Where no
/// time occurred twice that is the row itself, in order or not.
pub(crate) fn readings_in_order<const N: usize>(times: &[Option<Reading>; N]) -> Vec<[Option<Moment>; N]> {
    let twice = times.iter().filter(|t| matches!(t, Some(Reading::Twice(..)))).count();
    let mut fitting = Vec::new();
    for choice in 0u32..1 << twice {
        let mut which = 0;
        let instants = times.map(|time| match time? {
            Reading::At(at) => Some(at),
            Reading::Bad(_) => None,
            Reading::Twice(early, late) => {
                let later = choice >> which & 1 == 1;
                which += 1;
                Some(if later { late } else { early })
            }
        });
        let known: Vec<_> = instants.iter().flatten().collect();
        if twice == 0 || known.is_sorted() {
            fitting.push(instants);
        }
    }
    fitting
}

/// The six times of a row of calls, local times that occurred twice settled by the row's order where it can.
pub(crate) fn settle_call(times: &[Option<Reading>; 6]) -> [TimeOfCall; 6] {
    let plain = |time: Option<Reading>| match time {
        None => TimeOfCall::Absent,
        Some(Reading::At(at)) => TimeOfCall::At(at),
        Some(Reading::Twice(..)) => TimeOfCall::Ambiguous,
        Some(Reading::Bad(_)) => TimeOfCall::Unreadable,
    };
    if !times.iter().any(|t| matches!(t, Some(Reading::Twice(..)))) {
        return times.map(plain);
    }
    match readings_in_order(times).as_slice() {
        [only] => std::array::from_fn(|at| match only.get(at).copied().flatten() {
            Some(instant) => TimeOfCall::At(instant),
            None => plain(times.get(at).copied().flatten()),
        }),
        _ => times.map(plain),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chicago() -> Clock {
        Clock { zone: Some(Zone::named("America/Chicago").unwrap()), zones: None }
    }

    fn at(text: &str) -> Moment {
        Moment(text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
    }

    #[test]
    fn times_of_the_contract() {
        let clock = chicago();
        for (text, expected) in [
            ("2017-11-05T14:30:00-06:00", "2017-11-05T20:30:00Z"),
            ("2017-11-05 14:30:00.25z", "2017-11-05T14:30:00.25Z"),
            ("2017-11-05 14:30", "2017-11-05T20:30:00Z"),
            ("2017-07-05T14:30:05.5", "2017-07-05T19:30:05.5Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2020-02-29T23:59:59.1234567+00:00", "2020-02-29T23:59:59.123456Z"),
        ] {
            assert_eq!(clock.read(text), Reading::At(at(expected)), "{text}");
        }
        for text in [
            "",
            "x",
            "2017-11-05",
            "2017-13-05T00:00:00Z",
            "2019-02-29T00:00:00Z",
            "2017-11-05T24:00:00Z",
            "2017-11-05T14:30Z",
            "2017-11-05T14:30:60Z",
            "2017-11-05T14:30:00+0600",
            "2017-11-05T14:30:00.Z",
            "２017-11-05T14:30",
            "2017-11-05T14:30:00Zx",
        ] {
            assert_eq!(clock.read(text), Reading::Bad(BadTime::Unreadable), "{text}");
        }
        assert_eq!(clock.read("1970-01-01T00:00:00Z"), Reading::Bad(BadTime::Before2005));
        assert_eq!(clock.read("2018-03-11 02:30"), Reading::Bad(BadTime::Skipped));
        assert_eq!(Clock::default().read("2018-03-11 04:30"), Reading::Bad(BadTime::NoZone));
        assert_eq!(
            clock.read("2017-11-05 01:30"),
            Reading::Twice(at("2017-11-05T06:30:00Z"), at("2017-11-05T07:30:00Z"))
        );
    }

    #[test]
    fn the_rows_order_settles_a_time_that_occurred_twice() {
        let clock = chicago();
        let row = |texts: [&str; 6]| settle_call(&texts.map(|t| (!t.is_empty()).then(|| clock.read(t))));
        let settled = row(["", "2017-11-05 01:50", "", "2017-11-05 01:10", "", "2017-11-05 01:40"]);
        assert_eq!(settled[1], TimeOfCall::At(at("2017-11-05T06:50:00Z")));
        assert_eq!(settled[3], TimeOfCall::At(at("2017-11-05T07:10:00Z")));
        let open = row(["", "2017-11-05 01:10", "", "2017-11-05 01:50", "", "2017-11-05 02:40"]);
        assert_eq!(open[1], TimeOfCall::Ambiguous);
        assert_eq!(open[5], TimeOfCall::At(at("2017-11-05T08:40:00Z")));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(micros in EARLIEST * SECOND..253_402_300_799 * SECOND) {
            let mut text = Vec::new();
            push_time(&mut text, Moment(micros));
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(&text, &jiff::Timestamp::from_microsecond(micros).unwrap().to_string());
            prop_assert_eq!(chicago().read(&text), Reading::At(Moment(micros)));
        }

        #[test]
        fn the_kept_offsets_are_those_of_the_zone(seconds in EARLIEST..4_200_000_000i64) {
            let zone = chicago().zone.unwrap();
            let offset = zone.zone.to_offset(jiff::Timestamp::from_second(seconds).unwrap()).seconds();
            prop_assert_eq!(zone.local_seconds(Moment(seconds * SECOND)), seconds + i64::from(offset));
        }

        #[test]
        fn a_remembered_day_changes_nothing(
            texts in prop::collection::vec("20(17-11-05|20-02-29)[T ][0-2][0-9]:[0-6][0-9]:[0-9:][0-9](|Z|[+-]0[56]:[03]0|\\.5Z)", 1..20)
        ) {
            let clock = chicago();
            let reader = clock.reader();
            for text in &texts {
                prop_assert_eq!(reader.read(text), clock.read(text), "{}", text);
            }
        }

        #[test]
        fn a_kept_time_means_what_it_meant_in_its_file(
            text in "20(17-11-05|18-03-11|20-02-29)[T ]0[0-3]:[0-6][0-9](:[0-6][0-9](\\.5)?(Z|-05:00)?)?(\\[(UTC|America/Chicago)?\\])?"
        ) {
            let rereading = Clock { zone: None, zones: Some(Arc::default()) };
            for clock in [chicago(), Clock::default()] {
                let kept = kept_text(&text, clock.zone.as_ref().map(Zone::name));
                prop_assert_eq!(rereading.read(&kept), clock.read(&text), "{}", kept);
                prop_assert_eq!(rereading.reader().read(&kept), clock.read(&text), "{}", kept);
                let reading = clock.read(&text);
                let kept = kept_reading(reading, &text, clock.zone.as_ref());
                let expected = if matches!(reading, Reading::Bad(_)) { Reading::Bad(BadTime::Unreadable) } else { reading };
                prop_assert_eq!(rereading.read(&kept), expected, "{}", kept);
            }
        }

        #[test]
        fn no_text_is_a_panic(text in "\\PC{0,40}") {
            chicago().read(&text);
        }
    }
}
