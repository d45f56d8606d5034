//! Which types of call need no recording: `ADMIN`, `LUNCH*`.

use std::fmt;

/// A call type of `exempt_call_types`, compared without regard to case; a `*` at the end stands for any ending.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallTypePattern {
    /// As written in the policy, for people.
    written: String,
    /// In lower case and without the `*`, for comparing.
    start: String,
    /// Whether more may follow the start.
    open: bool,
}

impl CallTypePattern {
    /// Reads a pattern; white space around it is dropped, as it is around the values of an export.
    ///
    /// `None` where it is blank (it would exempt every call whose type is unknown) or where a `*` stands
    /// anywhere but at the end.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let written = written.trim();
        let start = written.strip_suffix('*').unwrap_or(written);
        if written.is_empty() || start.contains('*') {
            return None;
        }
        Some(Self {
            written: written.to_owned(),
            start: lower(start).collect(),
            open: start.len() < written.len(),
        })
    }

    /// Whether a call of this type needs no recording.
    pub fn matches(&self, call_type: &str) -> bool {
        let mut rest = lower(call_type);
        self.start.chars().all(|wanted| rest.next() == Some(wanted)) && (self.open || rest.next().is_none())
    }

    /// Whether every call matches: the pattern is `*` alone.
    pub(crate) fn matches_all(&self) -> bool {
        self.open && self.start.is_empty()
    }
}

/// As written in the policy.
impl fmt::Display for CallTypePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

/// Lower case letter by letter, so that what a letter becomes never depends on what follows it: a prefix of a
/// text stays a prefix (`str::to_lowercase` treats a sigma at the end of a word differently).
fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pattern(written: &str) -> CallTypePattern {
        CallTypePattern::parse(written).unwrap()
    }

    #[test]
    fn case_makes_no_difference() {
        assert!(pattern("ADMIN").matches("admin"));
        assert!(pattern("admin").matches("Admin"));
        assert!(pattern("STRAßE ÄÖ").matches("straße äö"));
        assert!(!pattern("ADMIN").matches("ADMINISTRATIVE"));
        assert!(!pattern("ADMIN").matches("ADMI"));
        assert!(!pattern("ADMIN").matches(""));
    }

    #[test]
    fn a_star_at_the_end_stands_for_any_ending() {
        assert!(pattern("LUNCH*").matches("lunch"));
        assert!(pattern("LUNCH*").matches("Lunch break"));
        assert!(!pattern("LUNCH*").matches("LATE LUNCH"));
        assert!(pattern("ΟΔΟΣ*").matches("οδοσα"));
        assert!(pattern("*").matches("anything"));
        assert!(pattern("*").matches_all());
        assert!(!pattern("LUNCH*").matches_all());
    }

    #[test]
    fn a_star_elsewhere_or_nothing_at_all_is_no_pattern() {
        for bad in ["", "  ", "*LUNCH", "LU*CH", "LUNCH**"] {
            assert_eq!(CallTypePattern::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn it_is_shown_as_written() {
        assert_eq!(pattern(" Lunch* ").to_string(), "Lunch*");
    }

    proptest! {
        #[test]
        fn a_type_matches_itself_in_any_case_and_its_prefixes(text in "[^*]{1,12}", rest in "\\PC{0,4}") {
            prop_assume!(!text.trim().is_empty());
            let text = text.trim();
            let lowered: String = lower(text).collect();
            prop_assert!(pattern(text).matches(text));
            prop_assert!(pattern(text).matches(&lowered));
            let open = pattern(&format!("{text}*"));
            let longer = format!("{text}{rest}");
            prop_assert!(open.matches(&longer));
        }
    }
}
