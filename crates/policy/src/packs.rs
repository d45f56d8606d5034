//! The policies that are shipped with Onrecord, as text inside the program.

use crate::policy::Policy;

impl Policy {
    /// The names of the shipped packs.
    pub const PACKS: [&str; 3] = ["generic", "us-il", "us-il-chicago"];

    /// The text of a shipped pack, to be read with [`Policy::parse`]; `None` for any other name.
    pub fn pack(name: &str) -> Option<&'static str> {
        match name {
            "generic" => Some(include_str!("../../../policies/generic.toml")),
            "us-il" => Some(include_str!("../../../policies/us-il.toml")),
            "us-il-chicago" => Some(include_str!("../../../policies/us-il-chicago.toml")),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call_time::CallTime;
    use crate::policy::Citations;
    use crate::time::{HOUR, SECOND};

    fn pack(name: &str) -> Policy {
        Policy::parse(&format!("{name}.toml"), Policy::pack(name).unwrap()).unwrap()
    }

    /// The sections of the Act whose rows are marked † in the reading that the packs follow.
    const UNCHECKED: [&str; 8] =
        ["(a)(4.5)", "(a)(5)", "(a)(6)", "(a)(7)", "(a)(8)", "(a)(9)", "(a)(10)", "(a)(11)"];

    #[test]
    fn every_pack_is_read_without_a_warning_and_says_what_it_is() {
        for name in Policy::PACKS {
            let policy = pack(name);
            assert_eq!(policy.id, name);
            assert_eq!(policy.warnings(), Vec::<String>::new());
            assert_eq!(policy.read_on.as_deref(), Some("2026-11-23"));
        }
        assert_eq!(Policy::pack("us-ny"), None);
    }

    #[test]
    fn every_rule_of_every_pack_is_cited() {
        for name in Policy::PACKS {
            let rules = pack(name).citations;
            assert!([rules.activation, rules.notice, rules.buffer, rules.grace].iter().all(Option::is_some));
        }
    }

    #[test]
    fn a_reading_not_yet_checked_says_so() {
        for name in Policy::PACKS {
            let policy = pack(name);
            let Citations { activation, notice, buffer, grace } = policy.citations;
            let rules = [activation, notice, buffer, grace].into_iter().flatten();
            for citation in rules.chain(policy.exceptions.into_iter().map(|rule| rule.citation)) {
                let unchecked = UNCHECKED.iter().any(|section| citation.contains(section));
                assert_eq!(citation.contains("(to be confirmed by counsel)"), unchecked, "{citation}");
            }
        }
    }

    #[test]
    fn an_export_can_be_judged_by_every_pack() {
        let codes = |name| pack(name).exceptions.into_iter().map(|rule| rule.code).collect::<Vec<_>>();
        assert_eq!(codes("generic"), codes("us-il"));
        assert_eq!(codes("us-il"), codes("us-il-chicago"));
    }

    #[test]
    fn every_pack_begins_at_arrival() {
        for name in Policy::PACKS {
            let rule = pack(name).activation;
            assert_eq!(rule.begins, [CallTime::OnScene, CallTime::EnRoute, CallTime::Dispatched]);
            assert!(rule.requires_arrival);
        }
    }

    #[test]
    fn chicago_is_the_example_of_the_design() {
        let policy = pack("us-il-chicago");
        assert_eq!(policy.title, "Chicago, Illinois");
        assert_eq!(policy.timezone.as_deref(), Some("America/Chicago"));
        assert_eq!(policy.camera.pre_event_buffer, 30 * SECOND);
        assert_eq!(policy.camera.outage_limit, 12 * HOUR);
        let rule = &policy.activation;
        let tolerances = [rule.start_tolerance, rule.end_tolerance, rule.gap_tolerance, rule.tolerance_total];
        assert_eq!(tolerances, [60 * SECOND, 60 * SECOND, 30 * SECOND, 120 * SECOND]);
        assert_eq!(rule.minimum_duration, 60 * SECOND);
        let exempt: Vec<_> = rule.exempt_call_types.iter().map(ToString::to_string).collect();
        assert_eq!(exempt, ["ADMIN", "LUNCH*"]);
        assert!(policy.notice.required);
        assert_eq!(policy.notice.exempt_codes, ["active_shooter"]);
        assert_eq!(policy.grace.days, 30);
        let (place, shooter) = policy.exception("active_shooter").unwrap();
        assert_eq!((place, shooter.title.as_str()), (0, "Active shooter"));
        assert_eq!(shooter.citation, "50 ILCS 706/10-20(a)(3)(A)");
        assert!(shooter.exempt_from_notice && !shooter.needs_approval);
        assert!(policy.exception("informant").unwrap().1.needs_approval);
    }
}
