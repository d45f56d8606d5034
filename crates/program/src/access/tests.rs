//! Every role × action × relation × class, as the policies say it, against the table that people agreed on; and the
//! policies against their schema.

use std::fmt::Write as _;

use cedar_policy::{PolicySet, Schema, ValidationMode, Validator};
use onrecord_store::sight::Class;

use super::policies::TEXTS;
use super::{Action, PersonRights, PersonRole, Principal, Relation, Resource, ResourceKind, Role};

fn person(roles: &[PersonRole], officer: Option<&str>, districts: &[&str]) -> Principal {
    Principal::person(
        "p1",
        PersonRights {
            roles: roles.iter().copied().collect(),
            officer_id: officer.map(str::to_owned),
            districts: districts.iter().map(|district| (*district).to_owned()).collect(),
        },
    )
}

/// What a principal may do, one line an action: for each relation the classes it opens, `-` standing for no class.
fn table(who: &Principal) -> String {
    let mut table = String::new();
    for (word, action) in Action::WORDS {
        let sight = who.sight(action);
        let is_classed = action.kind() == ResourceKind::Recording;
        let opened = Relation::WORDS.into_iter().filter_map(|(name, relation)| {
            let classes: Vec<&str> = Class::ANY
                .iter()
                .filter(|class| sight.allowed.contains(&(relation, **class)))
                .map(|class| class.map_or("-", Class::word))
                .collect();
            match classes.len() {
                0 => None,
                5 => Some(format!("{name}(all)")),
                _ if is_classed => Some(format!("{name}({})", classes.join(","))),
                _ => Some(name.to_owned()),
            }
        });
        let opened: Vec<String> = opened.collect();
        if !opened.is_empty() {
            let left_out = if sight.not_own { ", never own" } else { "" };
            let _ = writeln!(table, "  {word}: {}{left_out}", opened.join(" "));
        }
    }
    table
}

#[test]
fn every_role_may_what_the_table_says_and_nothing_else() {
    let mut found = String::new();
    for (word, role) in PersonRole::WORDS {
        let _ = write!(found, "{word}\n{}", table(&person(&[role], Some("o1"), &["7"])));
    }
    for (word, role) in Role::WORDS {
        let _ = write!(found, "token {word}\n{}", table(&Principal::token("t1", role)));
    }
    let agreed = include_str!("rights.txt");
    assert_eq!(
        found, agreed,
        "the policies and crates/program/src/access/rights.txt disagree; found:\n{found}"
    );
}

#[test]
fn the_policies_keep_to_their_schema_and_each_says_its_rule() {
    let text = include_str!("../../../../policies/access/schema.cedarschema");
    let (schema, warnings) = Schema::from_cedarschema_str(text).unwrap();
    assert_eq!(warnings.count(), 0);
    let policies: PolicySet = TEXTS.concat().parse().unwrap();
    let checked = Validator::new(schema).validate(&policies, ValidationMode::Strict);
    let errors: Vec<String> = checked.validation_errors().map(ToString::to_string).collect();
    assert!(checked.validation_passed(), "{errors:#?}");
    for policy in policies.policies() {
        assert!(policy.annotation("rule").is_some_and(|rule| rule.ends_with('.')), "{policy}");
    }
}

#[test]
fn every_relation_counts_and_other_is_understood() {
    let both = person(&[PersonRole::Officer, PersonRole::Supervisor], Some("o1"), &["7"]);
    let of = |officer: &str, district: &str| Resource {
        officer_id: Some(officer.to_owned()),
        district: Some(district.to_owned()),
        ..Resource::default()
    };
    assert!(both.permit(Action::Play, &of("o1", "9")).is_ok());
    assert!(both.permit(Action::Play, &of("o2", "7")).is_ok());
    assert!(both.permit(Action::Play, &of("o2", "9")).is_err());
    assert!(both.permit(Action::ApproveException, &of("o2", "7")).is_ok());
    let own = both.permit(Action::ApproveException, &of("o1", "7")).unwrap_err();
    assert!(own.may_know && own.rule.contains("their own call"), "{own:?}");
}

#[test]
fn a_role_without_districts_is_held_for_all_of_them() {
    let everywhere = person(&[PersonRole::Supervisor], None, &[]);
    assert!(everywhere.permit(Action::Play, &Resource::default()).is_ok());
    let nowhere = person(&[PersonRole::Supervisor], None, &["7"]);
    assert!(nowhere.permit(Action::Play, &Resource::default()).is_err());
}

#[test]
fn a_refusal_tells_nothing_of_what_may_not_be_seen() {
    let supervisor = person(&[PersonRole::Supervisor], None, &["7"]);
    let of = |class| Resource { district: Some("7".to_owned()), class, ..Resource::default() };
    let download = supervisor.permit(Action::Download, &of(None)).unwrap_err();
    assert!(download.may_know, "they see it, and may be told the rule");
    assert!(download.rule.contains("evidence technician, records"), "{}", download.rule);
    let restricted = supervisor.permit(Action::Download, &of(Some(Class::Undercover))).unwrap_err();
    let elsewhere = supervisor.permit(Action::View, &Resource::default()).unwrap_err();
    assert!(!restricted.may_know && !elsewhere.may_know);
    let words = |refusal: super::Refusal| refusal.of("recording", "r1").to_string();
    assert_eq!(words(restricted), words(elsewhere));
}

#[test]
fn what_concerns_the_agency_is_refused_by_its_rule() {
    let officer = person(&[PersonRole::Officer], Some("o1"), &[]);
    let refused = officer.permit(Action::ManagePeople, &Resource::agency()).unwrap_err();
    assert!(refused.may_know && refused.rule.contains("administrator"), "{}", refused.rule);
    assert!(person(&[], None, &[]).permit(Action::ViewAudit, &Resource::agency()).is_err());
}
