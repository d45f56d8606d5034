//! Lengths of time as a policy writes them (`90s`) and as people say them (`90 seconds`).

use crate::time::{DAY, HOUR, Micros, SECOND};

/// The longest length that a policy may name, in days: a century.
///
/// Far beyond any use, and so far from overflowing that lengths of a policy can be added without a check.
pub(crate) const LONGEST_IN_DAYS: u32 = 36_500;

const MINUTE: Micros = 60 * SECOND;

/// Reads a whole number directly followed by `s`, `m`, `h` or `d`; `None` for anything else and for more than
/// [`LONGEST_IN_DAYS`].
pub(crate) fn parse(text: &str) -> Option<Micros> {
    let (number, unit) =
        [('s', SECOND), ('m', MINUTE), ('h', HOUR), ('d', DAY)].into_iter().find_map(|(letter, unit)| {
            let number = text.strip_suffix(letter)?;
            Some((number, unit))
        })?;
    if !number.bytes().all(|digit| digit.is_ascii_digit()) {
        return None; // the standard library would accept a sign
    }
    let length = number.parse::<Micros>().ok()?.checked_mul(unit)?;
    (length <= Micros::from(LONGEST_IN_DAYS) * DAY).then_some(length)
}

/// A length in words, in the largest unit of which there are at least two: `60 seconds`, `12 hours`.
pub(crate) fn in_words(length: Micros) -> String {
    let larger = [(DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")]
        .into_iter()
        .find(|(unit, _)| length % unit == 0 && length / unit >= 2);
    let (unit, name) = match larger {
        Some(larger) => larger,
        None if length % SECOND == 0 => (SECOND, "second"),
        None => (1, "microsecond"),
    };
    counted(length / unit, name)
}

/// A number of things: `1 day`, `30 days`.
pub(crate) fn counted(number: i64, name: &str) -> String {
    if number == 1 { format!("1 {name}") } else { format!("{number} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_and_a_unit() {
        assert_eq!(parse("0s"), Some(0));
        assert_eq!(parse("90s"), Some(90 * SECOND));
        assert_eq!(parse("2m"), Some(120 * SECOND));
        assert_eq!(parse("12h"), Some(12 * HOUR));
        assert_eq!(parse("30d"), Some(30 * DAY));
        assert_eq!(parse("36500d"), Some(36_500 * DAY));
    }

    #[test]
    fn nothing_else_is_a_duration() {
        let long = "9".repeat(40) + "s";
        let bad = [
            "",
            "s",
            "90",
            "1.5s",
            "-3s",
            "+3s",
            "5 s",
            " 5s",
            "5s ",
            "5S",
            "5ms",
            "5min",
            "1h30m",
            "٣s",
            "1_000s",
            "0x10s",
            "36501d",
            "9223372036854775807s",
            &long,
        ];
        for text in bad {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn words_use_the_largest_unit_of_which_there_are_two() {
        let said = [
            (0, "0 seconds"),
            (SECOND, "1 second"),
            (60 * SECOND, "60 seconds"),
            (90 * SECOND, "90 seconds"),
            (120 * SECOND, "2 minutes"),
            (HOUR, "60 minutes"),
            (12 * HOUR, "12 hours"),
            (DAY, "24 hours"),
            (2 * DAY, "2 days"),
            (1_500_000, "1500000 microseconds"),
        ];
        for (length, words) in said {
            assert_eq!(in_words(length), words);
        }
    }
}
