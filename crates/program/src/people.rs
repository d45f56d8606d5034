//! People who sign in: making them, changing what they were given, and who they are once they have. `sign_in` is how they
//! prove it, `own` what they may change about themselves, `secrets` the hashes and seals.
//!
//! Every change, every sign-in and every refusal is a ledger entry. No password and no code ever stands in one, and no
//! sign-in name that nobody has: it may be a password typed into the wrong field.

pub mod elsewhere;
pub mod own;
pub mod passkeys;
pub mod passwords;
mod secrets;
pub mod sign_in;
pub mod slow;

use std::collections::BTreeSet;

use onrecord_ledger::Kind;
use onrecord_store::people::{self, Filter, Person};
use onrecord_store::{Tx, commit, passkeys as keys, sessions};
use serde_json::{Value, json};

use crate::custody::Event;
use crate::{PersonRights, PersonRole, Principal, Program, ProgramError};

pub use passwords::Hashing;
pub use secrets::csrf_of;

/// What an administrator says of a new person.
#[derive(Debug, Clone, Default)]
pub struct NewPerson {
    /// What they sign in with.
    pub name: String,
    /// What others call them; the sign-in name where empty.
    pub display_name: String,
    /// Where mail reaches them.
    pub mail: Option<String>,
    /// The officer that they are.
    pub officer_id: Option<String>,
    /// Their roles.
    pub roles: BTreeSet<PersonRole>,
    /// The districts for which they hold them; empty for all.
    pub districts: Vec<String>,
    /// How the identity provider names them.
    pub external_subject: Option<String>,
}

/// What an administrator changes; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// What others call them.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub mail: Option<Option<String>>,
    /// The officer that they are.
    pub officer_id: Option<Option<String>>,
    /// Their roles.
    pub roles: Option<BTreeSet<PersonRole>>,
    /// The districts for which they hold them.
    pub districts: Option<Vec<String>>,
    /// How the identity provider names them.
    pub external_subject: Option<Option<String>>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
}

/// What a person was given, as the database keeps it.
pub fn rights_of(person: &Person) -> PersonRights {
    let list = |text: &str| serde_json::from_str::<Vec<String>>(text).ok();
    PersonRights {
        roles: list(&person.roles).unwrap_or_default().iter().filter_map(|it| PersonRole::of(it)).collect(),
        officer_id: person.officer_id.clone(),
        // A list that cannot be read must not become "all districts".
        districts: list(&person.districts).unwrap_or_else(|| vec![String::new()]),
    }
}

/// The person as a principal.
pub fn principal_of(person: &Person) -> Principal {
    Principal::person(&person.id, rights_of(person))
}

/// A sign-in name as it is kept: small letters.
pub fn kept_name(name: &str) -> String {
    name.trim().to_lowercase()
}

fn words_of(roles: &BTreeSet<PersonRole>) -> Vec<&'static str> {
    roles.iter().map(|role| role.word()).collect()
}

impl Program {
    /// Makes a person, with a password that is shown now and must be changed at the first sign-in.
    ///
    /// # Errors
    /// Where a value cannot be used, where the sign-in name is taken, or where the database cannot.
    pub async fn create_person(&self, new: NewPerson, actor: &str) -> Result<(Person, String), ProgramError> {
        let password = self.fresh_password();
        let person = self.new_person(new, Some(&password), true, actor).await?;
        Ok((person, password))
    }

    /// Makes a person with a password of the operator's choice, or with none for who signs in elsewhere.
    ///
    /// # Errors
    /// As [`Program::create_person`].
    pub async fn create_person_with(
        &self,
        new: NewPerson,
        password: Option<&str>,
        actor: &str,
    ) -> Result<Person, ProgramError> {
        if let Some(password) = password {
            passwords::check(password, &kept_name(&new.name))?;
        }
        self.new_person(new, password, false, actor).await
    }

    async fn new_person(
        &self,
        new: NewPerson,
        password: Option<&str>,
        must_change_password: bool,
        actor: &str,
    ) -> Result<Person, ProgramError> {
        self.may_write()?;
        let name = checked_name(&new.name)?;
        let display_name = match checked(&new.display_name, "The display name")? {
            empty if empty.is_empty() => name.clone(),
            given => given,
        };
        let now = self.world.now();
        let password = match password {
            Some(password) => Some(self.hash_password(password).await?),
            None => None,
        };
        let person = Person {
            id: self.world.id().simple().to_string(),
            name,
            display_name,
            mail: new.mail.filter(|mail| !mail.is_empty()),
            officer_id: new.officer_id.filter(|officer| !officer.is_empty()),
            roles: json!(words_of(&new.roles)).to_string(),
            districts: json!(new.districts).to_string(),
            state: "active".to_owned(),
            password,
            must_change_password,
            totp: None,
            totp_confirmed: false,
            totp_step: 0,
            external_subject: new.external_subject,
            created_at: now,
            changed_at: now,
            signed_in_at: None,
        };
        let mut tx = self.store.begin().await?;
        people::add(&mut tx, &person).await.map_err(|error| taken(error, &person.name))?;
        self.record(&mut tx, event(&person, actor, "person created").with(given(&person))).await?;
        commit(tx).await?;
        Ok(person)
    }

    /// Changes what a person was given. A person who may no longer sign in is signed out everywhere.
    ///
    /// # Errors
    /// Where there is no such person, where a value cannot be used, where nobody would be left to look after people, or
    /// where the database cannot.
    pub async fn change_person(&self, id: &str, change: Change, actor: &str) -> Result<Person, ProgramError> {
        self.may_write()?;
        let mut tx = self.store.begin().await?;
        let mut person = known(people::get_in(&mut tx, id).await?, id)?;
        let was_active = person.state == "active";
        let was_looked_after = somebody_looks_after_people(&mut tx).await?;
        apply(&mut person, change)?;
        person.changed_at = self.world.now();
        people::update(&mut tx, &person).await.map_err(|error| taken(error, &person.name))?;
        if was_looked_after && !somebody_looks_after_people(&mut tx).await? {
            return Err(ProgramError::Conflict(
                "Nobody would be left who looks after people: make another administrator first.".to_owned(),
            ));
        }
        if person.state != "active" {
            sessions::end_others(&mut tx, &person.id, "").await?;
        }
        let what = match (was_active, person.state == "active") {
            (true, false) => "person disabled",
            (false, true) => "person enabled",
            _ => "person changed",
        };
        self.record(&mut tx, event(&person, actor, what).with(given(&person))).await?;
        commit(tx).await?;
        Ok(person)
    }

    /// Gives a person a new password, shown now and to be changed at the next sign-in; their second factors are
    /// removed, and they are signed out everywhere. For who has lost either.
    ///
    /// # Errors
    /// Where there is no such person, or where the database cannot.
    pub async fn reset_person(&self, id: &str, actor: &str) -> Result<String, ProgramError> {
        self.may_write()?;
        let password = self.fresh_password();
        let hash = self.hash_password(&password).await?;
        let mut tx = self.store.begin().await?;
        let mut person = known(people::get_in(&mut tx, id).await?, id)?;
        person.password = Some(hash);
        person.must_change_password = true;
        person.totp = None;
        person.totp_confirmed = false;
        person.changed_at = self.world.now();
        people::update(&mut tx, &person).await?;
        keys::remove_all(&mut tx, &person.id).await?;
        sessions::end_others(&mut tx, &person.id, "").await?;
        sessions::forget_tries(&mut tx, &sign_in::tries_key(&person.name)).await?;
        self.record(&mut tx, event(&person, actor, "password and second factors reset")).await?;
        commit(tx).await?;
        Ok(password)
    }

    /// A person.
    ///
    /// # Errors
    /// Where there is none, or where the database cannot.
    pub async fn person(&self, id: &str) -> Result<Person, ProgramError> {
        known(people::get(&self.store, id).await?, id)
    }

    /// A person by what they sign in with.
    ///
    /// # Errors
    /// Where there is none, or where the database cannot.
    pub async fn person_named(&self, name: &str) -> Result<Person, ProgramError> {
        known(people::by_name(&self.store, &kept_name(name)).await?, name)
    }

    /// People, and how many there are of this kind, at most `most`.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn list_people(&self, filter: &Filter, most: u32) -> Result<(Vec<Person>, u64), ProgramError> {
        Ok((people::list(&self.store, filter).await?, people::count(&self.store, filter, most).await?))
    }

    /// Active people to be named in a case, by words of their names: ids and display names, a few.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn people_to_name(&self, words: &str) -> Result<Vec<(String, String)>, ProgramError> {
        let words = words.trim();
        if words.chars().count() < 2 {
            return Ok(Vec::new());
        }
        let (words, state) = (Some(words.to_owned()), Some("active".to_owned()));
        let filter = Filter { words, state, after: None, limit: 8 };
        let found = people::list(&self.store, &filter).await?;
        Ok(found.into_iter().map(|person| (person.id, person.display_name)).collect())
    }
}

fn apply(person: &mut Person, change: Change) -> Result<(), ProgramError> {
    if let Some(display_name) = change.display_name {
        person.display_name = checked(&display_name, "The display name")?;
        if person.display_name.is_empty() {
            return Err(ProgramError::Refused(
                "The display name is empty: say what others call them.".to_owned(),
            ));
        }
    }
    if let Some(mail) = change.mail {
        person.mail = mail.filter(|mail| !mail.is_empty());
    }
    if let Some(officer_id) = change.officer_id {
        person.officer_id = officer_id.filter(|officer| !officer.is_empty());
    }
    if let Some(roles) = change.roles {
        person.roles = json!(words_of(&roles)).to_string();
    }
    if let Some(districts) = change.districts {
        person.districts = json!(districts).to_string();
    }
    if let Some(subject) = change.external_subject {
        person.external_subject = subject.filter(|subject| !subject.is_empty());
    }
    if let Some(is_active) = change.is_active {
        person.state = String::from(if is_active { "active" } else { "disabled" });
    }
    Ok(())
}

async fn somebody_looks_after_people(tx: &mut Tx) -> Result<bool, ProgramError> {
    Ok(!people::active_with_role(tx, PersonRole::Administrator.word()).await?.is_empty())
}

fn known(found: Option<Person>, id: &str) -> Result<Person, ProgramError> {
    found.ok_or_else(|| ProgramError::NotFound { what: "person", id: id.chars().take(80).collect() })
}

fn event(person: &Person, actor: &str, what: &str) -> Event {
    Event::new(Kind::AccessChanged, &person.id, actor, what)
}

/// What of a person stands in the ledger: what they were given, and not how to reach them.
fn given(person: &Person) -> [(&'static str, Value); 4] {
    let list = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    [
        ("name", person.name.as_str().into()),
        ("roles", list(&person.roles)),
        ("districts", list(&person.districts)),
        ("officer_id", person.officer_id.as_deref().into()),
    ]
}

fn taken(error: onrecord_store::StoreError, name: &str) -> ProgramError {
    if error.is_duplicate() {
        return ProgramError::Conflict(format!(
            "Somebody has the sign-in name {name}, or this name at the identity provider, already: choose another."
        ));
    }
    error.into()
}

/// Letters, digits and `.`, `-`, `_`, `@`, `+`, at most a hundred.
fn checked_name(name: &str) -> Result<String, ProgramError> {
    let name = kept_name(name);
    let is_plain = name.chars().all(|c| c.is_alphanumeric() || "._-@+".contains(c));
    if name.is_empty() || name.chars().count() > 100 || !is_plain {
        return Err(ProgramError::Refused(
            "A sign-in name is made of 1 to 100 letters, digits and the signs . - _ @ +.".to_owned(),
        ));
    }
    Ok(name)
}

fn checked(text: &str, what: &str) -> Result<String, ProgramError> {
    let text = text.trim();
    if text.chars().count() > 200 || text.chars().any(char::is_control) {
        return Err(ProgramError::Refused(format!(
            "{what} may have at most 200 characters, and no line breaks."
        )));
    }
    Ok(text.to_owned())
}
