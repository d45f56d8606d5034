//! What people change about themselves: their password and their second factor. They must have proved who they are within
//! the last quarter of an hour.

use onrecord_store::people::{self, Person};
use onrecord_store::{commit, sessions};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::sign_in::{FRESH, Held, SignInError};
use super::{event, passwords, secrets, sign_in};
use crate::{Program, ProgramError};

/// What an authenticator must be told once.
#[derive(Debug)]
pub struct Setup {
    /// The secret in base 32, to be typed in.
    pub secret: String,
    /// The same as an address, to be shown as a picture.
    pub uri: String,
}

impl Program {
    /// Whether the holder of a session has proved who they are not long ago.
    pub fn is_fresh(&self, held: &Held) -> bool {
        self.world.now() - held.session.proved_at <= FRESH
    }

    /// Changes one's own password. Every other session of the person ends.
    ///
    /// # Errors
    /// [`SignInError::Failed`] where `current` is not the password; a refusal where `new` cannot be used.
    pub async fn change_password(&self, held: &Held, current: &str, new: &str) -> Result<(), SignInError> {
        let key = sign_in::tries_key(&held.person.name);
        self.count_try(&key).await?;
        if !self.is_password(current, held.person.password.as_deref()).await? {
            return Err(SignInError::Failed);
        }
        passwords::check(new, &held.person.name)?;
        if current == new {
            let same = "The new password is the one that you have: choose another.";
            return Err(ProgramError::Refused(same.to_owned()).into());
        }
        let hash = self.hash_password(new).await?;
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        if let Some(mut person) = people::get_in(&mut tx, &held.person.id).await? {
            person.password = Some(hash);
            person.must_change_password = false;
            person.changed_at = now;
            people::update(&mut tx, &person).await?;
        }
        sessions::forget_tries(&mut tx, &key).await?;
        sessions::end_others(&mut tx, &held.person.id, &held.session.hash).await?;
        sessions::proved(&mut tx, &held.session.hash, now).await?;
        self.record(&mut tx, event(&held.person, &held.principal().actor(), "password changed")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Begins to set a second factor up; it counts once a code of it was shown.
    ///
    /// # Errors
    /// Where there is one already, or where the database cannot.
    pub async fn begin_totp(&self, held: &Held, agency: &str) -> Result<Setup, ProgramError> {
        let secret: [u8; secrets::TOTP_SECRET] = self.world.random();
        let sealed = self.seal_secret(&held.person.id, &secret)?;
        let mut tx = self.store.begin().await?;
        let mut person = still_there(people::get_in(&mut tx, &held.person.id).await?)?;
        if person.totp_confirmed {
            return Err(ProgramError::Conflict(
                "You have a second factor already: remove it first.".to_owned(),
            ));
        }
        person.totp = Some(sealed);
        people::update(&mut tx, &person).await?;
        commit(tx).await?;
        let secret = totp_rs::Secret::from(secret.to_vec()).to_base32();
        let quoted = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let uri = format!(
            "otpauth://totp/{}:{}?secret={secret}&issuer={}",
            quoted(agency),
            quoted(&person.name),
            quoted(agency)
        );
        Ok(Setup { secret, uri })
    }

    /// Takes a second factor into use, with a code that it makes.
    ///
    /// # Errors
    /// [`SignInError::Failed`] where the code is not right; also where none is being set up.
    pub async fn confirm_totp(&self, held: &Held, code: &str) -> Result<(), SignInError> {
        let person = still_there(people::get(&self.store, &held.person.id).await?)?;
        let Some(sealed) = person.totp.as_deref().filter(|_| !person.totp_confirmed) else {
            let none = "No second factor is being set up: begin with one.";
            return Err(ProgramError::Conflict(none.to_owned()).into());
        };
        let key = sign_in::tries_key(&person.name);
        self.count_try(&key).await?;
        if !self.use_code(&person, sealed, code).await? {
            return Err(SignInError::Failed);
        }
        let sealed = sealed.to_vec();
        let mut tx = self.store.begin().await?;
        let mut person = still_there(people::get_in(&mut tx, &held.person.id).await?)?;
        if person.totp.as_ref() != Some(&sealed) {
            let begun = "Setting up was begun anew meanwhile: show a code of the newer one.";
            return Err(ProgramError::Conflict(begun.to_owned()).into());
        }
        person.totp_confirmed = true;
        person.changed_at = self.world.now();
        people::update(&mut tx, &person).await?;
        sessions::forget_tries(&mut tx, &key).await?;
        sessions::end_others(&mut tx, &person.id, &held.session.hash).await?;
        self.record(&mut tx, event(&person, &held.principal().actor(), "second factor set up")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Removes one's second factor.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn remove_totp(&self, held: &Held) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        let mut person = still_there(people::get_in(&mut tx, &held.person.id).await?)?;
        person.totp = None;
        person.totp_confirmed = false;
        person.changed_at = self.world.now();
        people::update(&mut tx, &person).await?;
        self.record(&mut tx, event(&person, &held.principal().actor(), "second factor removed")).await?;
        commit(tx).await?;
        Ok(())
    }
}

fn still_there(found: Option<Person>) -> Result<Person, ProgramError> {
    found.ok_or_else(|| ProgramError::Conflict("This person was removed meanwhile.".to_owned()))
}
