//! The policies of `policies/access/`, which are part of the program, and what they say. They are asked once for each
//! set of roles, action, relation and class; the answers make a table that single looks and lists both go by.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression,
};
use onrecord_store::sight::{Class, Relation};

use super::roles::{Action, PersonRole, RELATIONS, ResourceKind};

/// The texts of the policies.
pub(crate) const TEXTS: [&str; 3] = [
    include_str!("../../../../policies/access/roles.cedar"),
    include_str!("../../../../policies/access/tokens.cedar"),
    include_str!("../../../../policies/access/restricted.cedar"),
];

/// Who asks, as the policies know it: `Person` or `Token`, with the names of roles.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Subject {
    pub kind: &'static str,
    pub roles: BTreeSet<&'static str>,
}

/// What an action is allowed on.
#[derive(Debug, Default)]
pub(crate) struct Allowed {
    pub on: BTreeSet<(Relation, Option<Class>)>,
    /// Whether a person's own things are left out, whatever else holds for them.
    pub not_own: bool,
}

/// One question.
#[derive(Debug, Clone, Copy)]
struct Question {
    action: Action,
    relation: Relation,
    is_own: bool,
    class: Option<Class>,
}

/// The policies, read.
pub(crate) struct Policies {
    policies: PolicySet,
    tables: Mutex<HashMap<(Subject, Action), Arc<Allowed>>>,
}

/// The policies of this program. Were they unreadable (a test makes sure that they are not), nobody could do anything.
pub(crate) static POLICIES: LazyLock<Policies> = LazyLock::new(|| {
    let policies = TEXTS.concat().parse().unwrap_or_else(|error| {
        tracing::error!(%error, "the policies of access cannot be read: nobody may do anything");
        PolicySet::new()
    });
    Policies { policies, tables: Mutex::default() }
});

impl Policies {
    /// What an action is allowed on.
    pub fn allowed(&self, subject: &Subject, action: Action) -> Arc<Allowed> {
        let key = (subject.clone(), action);
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(tables.entry(key).or_insert_with(|| Arc::new(self.table(subject, action))))
    }

    fn table(&self, subject: &Subject, action: Action) -> Allowed {
        let classes = if action.kind() == ResourceKind::Recording { &Class::ANY[..] } else { &[None] };
        let permits =
            |relation, is_own, class| self.ask(subject, Question { action, relation, is_own, class }).0;
        let mut allowed = Allowed::default();
        for relation in RELATIONS {
            for class in classes {
                if permits(relation, relation == Relation::Own, *class) {
                    allowed.on.insert((relation, *class));
                }
                allowed.not_own |= permits(relation, false, *class) && !permits(relation, true, *class);
            }
        }
        allowed
    }

    /// The rule that refuses, in words; where none does and only nobody allows, who may.
    pub fn why_not(
        &self,
        subject: &Subject,
        action: Action,
        relations: &[Relation],
        class: Option<Class>,
    ) -> String {
        let is_own = relations.contains(&Relation::Own);
        let forbids = relations.iter().chain([&Relation::Other]).find_map(|relation| {
            self.ask(subject, Question { action, relation: *relation, is_own, class }).1
        });
        forbids.unwrap_or_else(|| self.who_may(action))
    }

    /// Which roles an action takes.
    fn who_may(&self, action: Action) -> String {
        let may: Vec<String> = PersonRole::WORDS
            .into_iter()
            .filter(|(role, _)| {
                let alone = Subject { kind: "Person", roles: BTreeSet::from([*role]) };
                !self.allowed(&alone, action).on.is_empty()
            })
            .map(|(role, _)| role.replace('_', " "))
            .collect();
        format!(
            "To {} is not for you here; it is for: {}, each where their rights reach.",
            action.word().replace('_', " "),
            may.join(", ")
        )
    }

    /// Whether it is allowed; and where it is forbidden, by which rule.
    fn ask(&self, subject: &Subject, question: Question) -> (bool, Option<String>) {
        let Some((request, entities)) = put(subject, question) else { return (false, None) };
        let answer = Authorizer::new().is_authorized(&request, &self.policies, &entities);
        if answer.decision() == Decision::Allow {
            return (true, None);
        }
        let rule = answer.diagnostics().reason().find_map(|id| self.policies.annotation(id, "rule"));
        (false, rule.map(str::to_owned))
    }
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind: EntityTypeName = kind.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}

/// A question in the terms of the policies.
fn put(subject: &Subject, question: Question) -> Option<(Request, Entities)> {
    let roles: HashSet<EntityUid> = subject.roles.iter().filter_map(|role| uid("Role", role)).collect();
    let principal = uid(subject.kind, "who asks")?;
    let kind = question.action.kind();
    let resource = uid(kind.name(), "it")?;
    let text = |value: &str| RestrictedExpression::new_string(value.to_owned());
    let mut attributes = HashMap::from([("relation".to_owned(), text(question.relation.word()))]);
    if matches!(kind, ResourceKind::Recording | ResourceKind::Call) {
        attributes.insert("is_own".to_owned(), RestrictedExpression::new_bool(question.is_own));
    }
    if kind == ResourceKind::Recording {
        attributes.insert("restricted".to_owned(), text(question.class.map_or("", Class::word)));
    }
    let entities = [
        Entity::new(principal.clone(), HashMap::new(), roles).ok()?,
        Entity::new(resource.clone(), attributes, HashSet::new()).ok()?,
    ];
    let entities = Entities::from_entities(entities, None).ok()?;
    let action = uid("Action", question.action.word())?;
    let request = Request::new(principal, action, resource, Context::empty(), None).ok()?;
    Some((request, entities))
}
