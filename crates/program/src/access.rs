//! Who asks, and what they may do. Deny by default: what no policy names is nobody's. Who asks is a person or a token;
//! what each may do is written in `policies/access/`, and asked through [`Principal::permit`] for one thing and
//! [`Principal::sight`] for a list.

mod policies;
mod roles;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_ledger::Kind;
use onrecord_store::sight::Sight;
use onrecord_store::{commit, people, tokens};

pub use onrecord_store::sight::{Class, Columns, Relation};
pub use roles::{Action, PersonRole, Refusal, Resource, ResourceKind};

use policies::{POLICIES, Subject};

use crate::people::principal_of;
use crate::{Program, ProgramError, custody};

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Bring recordings and ask for their receipts.
    Intake,
    /// Look at recordings, outcomes and receipts.
    Reader,
    /// All of that, import files, and see how the server is.
    Admin,
}

impl Role {
    /// Every role with its word.
    pub const WORDS: [(&'static str, Self); 3] =
        [("intake", Self::Intake), ("reader", Self::Reader), ("admin", Self::Admin)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, role)| *role == self).map_or("", |(word, _)| word)
    }

    /// The role with a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
    }

    /// Its name in the policies.
    fn policy_name(self) -> &'static str {
        match self {
            Self::Intake => "token_intake",
            Self::Reader => "token_reader",
            Self::Admin => "token_admin",
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token's or the person's id.
    pub id: String,
    /// What they were given.
    pub rights: Rights,
}

/// What a principal was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rights {
    /// A program's token.
    Token(Role),
    /// A person who signed in.
    Person(PersonRights),
}

/// What a person was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonRights {
    /// Their roles.
    pub roles: BTreeSet<PersonRole>,
    /// The officer that they are, where they wear a camera.
    pub officer_id: Option<String>,
    /// The districts for which they hold their roles; empty for all of them.
    pub districts: Vec<String>,
}

impl Principal {
    /// A token.
    pub fn token(id: &str, role: Role) -> Self {
        Self { id: id.to_owned(), rights: Rights::Token(role) }
    }

    /// A person.
    pub fn person(id: &str, rights: PersonRights) -> Self {
        Self { id: id.to_owned(), rights: Rights::Person(rights) }
    }

    /// The actor of a ledger entry.
    pub fn actor(&self) -> String {
        match self.rights {
            Rights::Token(_) => format!("token:{}", self.id),
            Rights::Person(_) => format!("person:{}", self.id),
        }
    }

    /// Whether it may bring recordings through the doors of cameras: only tokens do.
    pub fn may_bring(&self) -> bool {
        matches!(self.rights, Rights::Token(Role::Intake | Role::Admin))
    }

    /// Whether there is anything on which this action is allowed.
    pub fn may(&self, action: Action) -> bool {
        !POLICIES.allowed(&self.subject(), action).on.is_empty()
    }

    /// The rule by which this action is allowed on nothing at all; none where there may be something.
    pub fn refused(&self, action: Action) -> Option<String> {
        (!self.may(action)).then(|| POLICIES.why_not(&self.subject(), action, &[], None))
    }

    /// What an action is allowed on, as the filter of a list.
    pub fn sight(&self, action: Action) -> Sight {
        let allowed = POLICIES.allowed(&self.subject(), action);
        let person = match &self.rights {
            Rights::Person(person) => Some(person),
            Rights::Token(_) => None,
        };
        Sight {
            person_id: person.map(|_| self.id.clone()),
            officer_id: person.and_then(|person| person.officer_id.clone()),
            districts: person.filter(|it| !it.districts.is_empty()).map(|it| it.districts.clone()),
            allowed: allowed.on.clone(),
            not_own: allowed.not_own,
        }
    }

    /// Whether an action is allowed on a thing. The kind of the thing is the action's ([`Action::kind`]).
    ///
    /// # Errors
    /// The rule that refuses, and whether the principal may know that the thing is there.
    pub fn permit(&self, action: Action, resource: &Resource) -> Result<(), Refusal> {
        let sight = self.sight(action);
        let relations =
            sight.relations(resource.officer_id.as_deref(), resource.district.as_deref(), resource.is_named);
        if sight.allows(&relations, resource.class) {
            return Ok(());
        }
        let may_know = match action.kind().known_by() {
            Some(known_by) if known_by == action => false,
            Some(known_by) => self.sight(known_by).allows(&relations, resource.class),
            None => true,
        };
        let rule = POLICIES.why_not(&self.subject(), action, &relations, resource.class);
        Err(Refusal { action, rule, may_know })
    }

    fn subject(&self) -> Subject {
        match &self.rights {
            Rights::Token(role) => Subject { kind: "Token", roles: BTreeSet::from([role.policy_name()]) },
            Rights::Person(person) => {
                Subject { kind: "Person", roles: person.roles.iter().map(|role| role.word()).collect() }
            }
        }
    }
}

impl Refusal {
    /// How a use case answers: as if the thing were not there, unless the principal may know of it.
    pub fn of(self, what: &'static str, id: &str) -> ProgramError {
        if self.may_know {
            return ProgramError::Forbidden(self.rule);
        }
        ProgramError::NotFound { what, id: id.chars().take(80).collect() }
    }
}

/// The form in which a token's hash is kept.
pub fn hash_of(token: &str) -> String {
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        text
    })
}

impl Program {
    /// Makes a token; its text is shown now and never again.
    ///
    /// # Errors
    /// Where the database cannot keep it.
    pub async fn create_token(
        &self,
        name: &str,
        role: Role,
        actor: &str,
    ) -> Result<(String, String), ProgramError> {
        self.may_write()?;
        let text = format!("onr_{}", URL_SAFE_NO_PAD.encode(self.world.random::<32>()));
        let now = self.world.now();
        let id = self.world.id().simple().to_string();
        let token = tokens::Token {
            id: id.clone(),
            name: name.to_owned(),
            role: role.word().to_owned(),
            created_at: now,
            revoked_at: None,
        };
        let mut tx = self.store.begin().await?;
        tokens::add(&mut tx, &token, &hash_of(&text)).await?;
        let facts = [("role", role.word().into()), ("name", name.into())];
        let event = custody::Event::new(Kind::AccessChanged, &id, actor, "token created").with(facts);
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        Ok((id, text))
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// Where there is none with this id that is still in use, or where the database cannot.
    pub async fn revoke_token(&self, id: &str, actor: &str) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        if !tokens::revoke(&mut tx, id, self.world.now()).await? {
            return Err(ProgramError::NotFound { what: "token in use", id: id.to_owned() });
        }
        self.record(&mut tx, custody::Event::new(Kind::AccessChanged, id, actor, "token revoked")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Every token, the newest first.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn list_tokens(&self) -> Result<Vec<tokens::Token>, ProgramError> {
        Ok(tokens::all(&self.store).await?)
    }

    /// Who a token belongs to; none where it is unknown or revoked.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn principal(&self, token: &str) -> Result<Option<Principal>, ProgramError> {
        let found = tokens::by_hash(&self.store, &hash_of(token)).await?;
        Ok(found.and_then(|token| Some(Principal::token(&token.id, Role::of(&token.role)?))))
    }

    /// Who somebody is by now, for what goes on for long: with the rights that they have by now; nobody where they were
    /// disabled or their token was revoked.
    ///
    /// # Errors
    /// Where the database cannot look.
    pub async fn principal_now(&self, who: &Principal) -> Result<Option<Principal>, ProgramError> {
        if let Rights::Token(_) = who.rights {
            let all = tokens::all(&self.store).await?;
            let is_held = all.iter().any(|token| token.id == who.id && token.revoked_at.is_none());
            return Ok(is_held.then(|| who.clone()));
        }
        let found = people::get(&self.store, &who.id).await?;
        Ok(found.filter(|person| person.state == "active").map(|person| principal_of(&person)))
    }
}
