//! Words and numbers as the report prints them, and the one door through which text from outside enters HTML.

use onrecord_policy::{DAY, HOUR, Micros, SECOND};

const MINUTE: Micros = 60 * SECOND;

/// Text from outside, safe between tags and in attributes. Control characters and those that turn the direction of
/// writing, with which an id could be made to look like another, become visible as U+FFFD.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                safe.push('\u{fffd}');
            }
            c if c.is_control() => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}

/// A word of the exchange files as people write it: `never_activated` as "never activated".
pub(super) fn plain(word: &str) -> String {
    word.replace('_', " ")
}

/// The first letter in capitals.
pub(super) fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A whole number with its thousands set apart: `1,312,044`.
pub(super) fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// `1 call`, `2 calls`.
pub(super) fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// A share in percent with one decimal. What is not quite nothing or not quite everything never reads as if it were.
pub(super) fn percent(share: f64) -> String {
    let share = finite(share).clamp(0.0, 1.0);
    if share > 0.0 && share < 0.0005 {
        "<0.1%".to_owned()
    } else if (0.9995..1.0).contains(&share) {
        ">99.9%".to_owned()
    } else {
        format!("{:.1}%", share * 100.0)
    }
}

/// An interval of shares: `91.2–92.0%`.
pub(super) fn percents((low, high): (f64, f64)) -> String {
    let one = |end: f64| finite(end).clamp(0.0, 1.0) * 100.0;
    format!("{:.1}–{:.1}%", one(low), one(high))
}

/// Hours of so many seconds: whole where there are ten or more, else with one decimal.
pub(super) fn hours(seconds: f64) -> String {
    let hours = finite(seconds).max(0.0) / 3600.0;
    if hours >= 9.95 {
        number(hours.round() as u64)
    } else if hours > 0.0 && hours < 0.05 {
        "<0.1".to_owned()
    } else {
        format!("{hours:.1}")
    }
}

/// A length of time in its two largest units: `2 hours 14 minutes`, `45 seconds`.
pub(super) fn duration(length: Micros) -> String {
    in_units(length, [" day", " hour", " minute", " second"], true)
}

/// The same for labels: `2 h 14 min`, `45 s`.
pub(super) fn short_duration(length: Micros) -> String {
    in_units(length, [" d", " h", " min", " s"], false)
}

fn in_units(length: Micros, names: [&str; 4], plural: bool) -> String {
    if (1..SECOND).contains(&length) {
        return format!("under 1{}", names[3]);
    }
    let mut rest = length.max(0) / SECOND * SECOND;
    let mut said: Vec<String> = Vec::new();
    for (unit, name) in [DAY, HOUR, MINUTE, SECOND].into_iter().zip(names) {
        let n = rest / unit;
        rest %= unit;
        if n > 0 {
            let s = if plural && n > 1 { "s" } else { "" };
            said.push(format!("{n}{name}{s}"));
        } else if !said.is_empty() {
            break; // "2 hours", not "2 hours 3 seconds"
        }
        if said.len() == 2 {
            break;
        }
    }
    if said.is_empty() {
        return format!("0{}{}", names[3], if plural { "s" } else { "" });
    }
    said.join(" ")
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// The number itself, or 0 where it is none: what is drawn never says NaN.
pub(super) fn finite(x: f64) -> f64 {
    if x.is_finite() { x } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escaped_text_cannot_open_a_tag_or_leave_an_attribute(text in "\\PC*|[<>&\"'\u{0}-\u{1f}\u{202e}]*") {
            let safe = escape(&text);
            let dangerous = ['<', '>', '"', '\'', '\n', '\0', '\u{202e}'];
            prop_assert!(!safe.contains(dangerous));
            let back = safe
                .replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'")
                .replace("&amp;", "&");
            if !safe.contains('\u{fffd}') && !text.chars().any(char::is_control) {
                prop_assert_eq!(back, text);
            }
        }

        #[test]
        fn thousands_are_set_apart_and_nothing_else_changes(n: u64) {
            prop_assert_eq!(number(n).replace(',', ""), n.to_string());
            prop_assert!(number(n).split(',').skip(1).all(|three| three.len() == 3));
        }
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            ["0", "999", "1,000", "1,312,044"],
            [0, 999, 1000, 1_312_044].map(number).each_ref().map(|s| &**s)
        );
        assert_eq!(percent(0.9163), "91.6%");
        assert_eq!(percent(0.0), "0.0%");
        assert_eq!(percent(0.0001), "<0.1%");
        assert_eq!(percent(0.9999), ">99.9%");
        assert_eq!(percent(1.0), "100.0%");
        assert_eq!(percent(f64::NAN), "0.0%");
        assert_eq!(percents((0.912, 0.92)), "91.2–92.0%");
        assert_eq!(hours(36_000.0 * 123.0), "1,230");
        assert_eq!(hours(3.4 * 3600.0), "3.4");
        assert_eq!(hours(1.0), "<0.1");
    }

    #[test]
    fn lengths_are_said_in_their_two_largest_units() {
        let said = [
            (0, "0 seconds"),
            (1, "under 1 second"),
            (SECOND, "1 second"),
            (45 * SECOND, "45 seconds"),
            (MINUTE, "1 minute"),
            (HOUR + 3 * SECOND, "1 hour"),
            (2 * HOUR + 14 * MINUTE + 9 * SECOND, "2 hours 14 minutes"),
            (3 * DAY + HOUR, "3 days 1 hour"),
            (-5, "0 seconds"),
        ];
        for (length, words) in said {
            assert_eq!(duration(length), words);
        }
        assert_eq!(short_duration(2 * HOUR + 14 * MINUTE), "2 h 14 min");
    }
}
