//! Signing in through the agency's identity provider. The server has spoken with it and checked what it signed; here it
//! is decided who that is. Nobody is let in whom an administrator has not made, unless the configuration says which of
//! the provider's groups stand for which roles.

use std::collections::BTreeSet;

use onrecord_store::people::{self, Person};

use super::sign_in::{SignInError, SignedIn};
use super::{Change, NewPerson, kept_name, rights_of};
use crate::{PersonRole, Program, ProgramError};

/// Who the ledger says acted.
const ACTOR: &str = "identity-provider";

/// What the identity provider says of somebody, checked.
#[derive(Debug, Clone, Default)]
pub struct Claimed {
    /// How it names them, for ever.
    pub subject: String,
    /// What they sign in with there, where the configuration says that this is their name here, too.
    pub name: Option<String>,
    /// What others call them.
    pub display_name: Option<String>,
    /// Where mail reaches them.
    pub mail: Option<String>,
    /// Their roles, where the configuration leaves them to the provider.
    pub roles: Option<BTreeSet<PersonRole>>,
}

impl Program {
    /// Signs somebody in whom the identity provider vouches for.
    ///
    /// # Errors
    /// [`SignInError::Unknown`] where there is nobody here for them.
    pub async fn sign_in_elsewhere(&self, claimed: Claimed) -> Result<SignedIn, SignInError> {
        if claimed.subject.is_empty() || claimed.roles.as_ref().is_some_and(BTreeSet::is_empty) {
            return Err(SignInError::Unknown);
        }
        let person = match self.known_elsewhere(&claimed).await? {
            Some(person) => person,
            None => self.made_elsewhere(&claimed).await?.ok_or(SignInError::Unknown)?,
        };
        if person.state != "active" {
            return Err(SignInError::Unknown);
        }
        let person = match &claimed.roles {
            Some(roles) if rights_of(&person).roles != *roles => {
                let change = Change { roles: Some(roles.clone()), ..Change::default() };
                self.change_person(&person.id, change, ACTOR).await?
            }
            _ => person,
        };
        self.begin_session(person, "oidc").await
    }

    /// By the provider's own name for them; else by their sign-in name, which is tied to the former from then on.
    async fn known_elsewhere(&self, claimed: &Claimed) -> Result<Option<Person>, ProgramError> {
        if let Some(person) = people::by_external_subject(&self.store, &claimed.subject).await? {
            return Ok(Some(person));
        }
        let Some(name) = &claimed.name else { return Ok(None) };
        let Some(person) = people::by_name(&self.store, &kept_name(name)).await? else { return Ok(None) };
        if person.external_subject.is_some() || person.state != "active" {
            return Ok(None);
        }
        let change = Change { external_subject: Some(Some(claimed.subject.clone())), ..Change::default() };
        self.change_person(&person.id, change, ACTOR).await.map(Some)
    }

    async fn made_elsewhere(&self, claimed: &Claimed) -> Result<Option<Person>, ProgramError> {
        let (Some(name), Some(roles)) = (&claimed.name, &claimed.roles) else { return Ok(None) };
        if people::by_name(&self.store, &kept_name(name)).await?.is_some() {
            return Ok(None);
        }
        let new = NewPerson {
            name: name.clone(),
            display_name: claimed.display_name.clone().unwrap_or_default(),
            mail: claimed.mail.clone(),
            roles: roles.clone(),
            external_subject: Some(claimed.subject.clone()),
            ..NewPerson::default()
        };
        self.create_person_with(new, None, ACTOR).await.map(Some)
    }
}
