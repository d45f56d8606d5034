//! Instants as the people of the department write them: their own clock, with UTC beside it.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use onrecord_policy::Moment;

use crate::summary::Period;

/// The department's clock.
pub(super) struct Clock(TimeZone);

impl Clock {
    /// The clock of an IANA zone; UTC where the name is none.
    pub(super) fn of(zone: &str) -> Self {
        Self(TimeZone::get(zone).unwrap_or(TimeZone::UTC))
    }

    /// The instant on this clock; none beyond the years that a calendar knows.
    pub(super) fn read(&self, at: Moment) -> Option<Zoned> {
        Some(Timestamp::from_microsecond(at.0).ok()?.to_zoned(self.0.clone()))
    }

    /// `Tue 14 Nov 2017`.
    pub(super) fn day(&self, at: Moment) -> String {
        self.say(at, "%a %-d %b %Y")
    }

    /// `21:04:12`.
    pub(super) fn time(&self, at: Moment) -> String {
        self.say(at, "%H:%M:%S")
    }

    /// `CST`.
    pub(super) fn zone(&self, at: Moment) -> String {
        self.say(at, "%Z")
    }

    fn say(&self, at: Moment, how: &str) -> String {
        self.read(at).map_or_else(|| at.to_string(), |zoned| zoned.strftime(how).to_string())
    }

    /// A period in days: `30 Oct to 3 Dec 2017`; as it stands where it cannot be read.
    pub(super) fn days(&self, period: &Period) -> String {
        self.period(period, false).unwrap_or_else(|| format!("{} to {}", period.from, period.to))
    }

    /// A period in months, for the public: `October to December 2017`.
    pub(super) fn months(&self, period: &Period) -> Option<String> {
        self.period(period, true)
    }

    /// A period to the minute: `30 Oct 2017 00:04 to 4 Dec 2017 00:12`.
    pub(super) fn minutes(&self, period: &Period) -> String {
        let say = |text: &str| {
            let at: Option<Timestamp> = text.parse().ok();
            at.map_or_else(
                || text.to_owned(),
                |at| at.to_zoned(self.0.clone()).strftime("%-d %b %Y %H:%M").to_string(),
            )
        };
        format!("{} to {}", say(&period.from), say(&period.to))
    }

    fn period(&self, period: &Period, months: bool) -> Option<String> {
        let day = |text: &str| Some(text.parse::<Timestamp>().ok()?.to_zoned(self.0.clone()));
        let from = day(&period.from)?.date();
        let to = day(&period.to)?.checked_sub(1.microsecond()).ok()?.date();
        let (short, long) = if months { ("%B", "%B %Y") } else { ("%-d %b", "%-d %b %Y") };
        let last = to.strftime(long).to_string();
        if from.strftime(long).to_string() == last {
            return Some(last);
        }
        let first = from.strftime(if from.year() == to.year() { short } else { long }).to_string();
        Some(format!("{first} to {last}"))
    }
}

/// A day of a group's name, such as the Monday of a week.
pub(super) fn date(name: &str) -> Option<Date> {
    name.parse().ok()
}

/// `6 Nov`.
pub(super) fn short_date(date: Date) -> String {
    date.strftime("%-d %b").to_string()
}

/// `6 Nov 2017`.
pub(super) fn long_date(date: Date) -> String {
    date.strftime("%-d %b %Y").to_string()
}

/// Whole days from one date to another.
pub(super) fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(from: &str, to: &str) -> Period {
        Period { from: from.to_owned(), to: to.to_owned() }
    }

    #[test]
    fn periods_are_said_on_the_local_clock_and_end_on_their_last_day() {
        let chicago = Clock::of("America/Chicago");
        let five_weeks = period("2017-10-30T05:00:00Z", "2017-12-04T06:00:00Z");
        assert_eq!(chicago.days(&five_weeks), "30 Oct to 3 Dec 2017");
        assert_eq!(chicago.months(&five_weeks).as_deref(), Some("October to December 2017"));
        let one_day = period("2017-11-06T06:00:00Z", "2017-11-07T06:00:00Z");
        assert_eq!(chicago.days(&one_day), "6 Nov 2017");
        let new_year = period("2017-12-30T12:00:00Z", "2018-01-02T12:00:00Z");
        assert_eq!(chicago.days(&new_year), "30 Dec 2017 to 2 Jan 2018");
    }

    #[test]
    fn what_cannot_be_read_is_said_as_it_stands() {
        let clock = Clock::of("Nowhere/Atall");
        assert_eq!(clock.days(&period("then", "now")), "then to now");
        assert_eq!(clock.months(&period("then", "now")), None);
        assert_eq!(clock.time(Moment(0)), "00:00:00");
        assert!(!clock.day(Moment::MAX).is_empty());
    }
}
