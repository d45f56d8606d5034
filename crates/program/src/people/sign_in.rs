//! Signing in with a password and a second factor, and what a session is afterwards. A try is counted before it is looked
//! at, so that a hundred at once are a hundred; five without success lock the name, known or not, for a quarter of an
//! hour. Whoever fails is told the same words in the same time, whatever was wrong.

use std::net::IpAddr;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_ledger::Kind;
use onrecord_store::people::{self, Person};
use onrecord_store::sessions::{self, Session};
use onrecord_store::{Tx, commit};

use super::{event, kept_name, principal_of, secrets};
use crate::access::{hash_of, hex};
use crate::custody::Event;
use crate::{Principal, Program, ProgramError};

/// After so long without use a session is locked: microseconds.
pub const IDLE: i64 = 15 * 60 * 1_000_000;
/// After so long it ends, used or not: microseconds.
pub const LONGEST: i64 = 12 * 3_600 * 1_000_000;
/// For so long after proving who one is, one may change one's own secrets: microseconds.
pub const FRESH: i64 = 15 * 60 * 1_000_000;
/// So many tries without success lock a name.
pub const MOST_TRIES: i64 = 5;
/// For so long: microseconds.
pub const LOCKED: i64 = 15 * 60 * 1_000_000;
/// Uses closer together than this are not written down one by one: microseconds.
const NOTED_EVERY: i64 = 20 * 1_000_000;

/// Why somebody was not let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name, password or code is wrong; which one is not said.
    #[error(
        "This sign-in name, password or code is not right. After five tries in a row the name is locked for 15 minutes."
    )]
    Failed,
    /// The password is right, and the person has a second factor.
    #[error("Send the six digits that your authenticator shows, as code.")]
    CodeNeeded,
    /// The identity provider knows them, and nobody here is them.
    #[error("Nobody here is the person that you signed in as. Ask an administrator to make you known.")]
    Unknown,
    /// Too many tries under this name.
    #[error(
        "There were too many tries under this name. Wait 15 minutes, or ask an administrator for a new password."
    )]
    Locked,
    /// Too many tries from this address.
    #[error("There were too many tries from your address. Wait a minute.")]
    TooFast,
    /// It could not be tried.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

impl From<onrecord_store::StoreError> for SignInError {
    fn from(error: onrecord_store::StoreError) -> Self {
        Self::Program(error.into())
    }
}

/// Somebody who has just signed in.
#[derive(Debug)]
pub struct SignedIn {
    /// What their browser keeps, and nothing else does.
    pub cookie: String,
    /// The session.
    pub held: Held,
}

/// A session that somebody holds the cookie of.
#[derive(Debug, Clone)]
pub struct Held {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub person: Person,
    /// What a request that changes something must bear.
    pub csrf: String,
    /// Whether it has lain idle for too long: nothing but unlocking and signing out is left.
    pub is_idle: bool,
}

impl Held {
    /// The person as a principal.
    pub fn principal(&self) -> Principal {
        principal_of(&self.person)
    }

    /// Whether this is what the session's requests must bear.
    pub fn is_csrf(&self, token: &[u8]) -> bool {
        verify_slices_are_equal(token, self.csrf.as_bytes()).is_ok()
    }
}

/// The form in which tries under a name are counted: what was typed may have been a password.
pub(super) fn tries_key(name: &str) -> String {
    hex(digest(&SHA256, format!("onrecord sign-in {}", kept_name(name)).as_bytes()).as_ref())
}

impl Program {
    /// Signs somebody in. `code` is the six digits of the second factor, for who has one.
    ///
    /// # Errors
    /// Why they were not let in.
    pub async fn sign_in(
        &self,
        name: &str,
        password: &str,
        code: Option<&str>,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let now = self.world.now();
        if !self.live.addresses.take(from, now) {
            return Err(SignInError::TooFast);
        }
        let key = tries_key(name);
        self.count_try(&key).await?;
        let found = people::by_name(&self.store, &kept_name(name)).await?;
        let person = self.prove(&key, found, password, code).await?;
        self.live.addresses.give_back(from);
        self.begin_session(person, "password").await
    }

    /// Counts a try under a name.
    pub(super) async fn count_try(&self, key: &str) -> Result<(), SignInError> {
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        let tries = sessions::count_try(&mut tx, key, now).await?;
        let is_locked = tries.locked_until.is_some() || tries.tries > MOST_TRIES;
        if is_locked && tries.locked_until.is_none() {
            sessions::lock(&mut tx, key, now + LOCKED).await?;
        }
        commit(tx).await?;
        if is_locked { Err(SignInError::Locked) } else { Ok(()) }
    }

    /// Whether somebody is who they say. The try under their name has been counted.
    pub(super) async fn prove(
        &self,
        key: &str,
        found: Option<Person>,
        password: &str,
        code: Option<&str>,
    ) -> Result<Person, SignInError> {
        let found = found.filter(|person| person.state == "active");
        let hash = found.as_ref().and_then(|person| person.password.as_deref());
        let is_right = self.is_password(password, hash).await?;
        let Some(person) = found.filter(|_| is_right) else {
            return self.refuse(key, "sign-in refused: name or password").await;
        };
        let Some(sealed) = person.totp.as_deref().filter(|_| person.totp_confirmed) else {
            return Ok(person);
        };
        let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else {
            let mut tx = self.store.begin().await?;
            sessions::uncount_try(&mut tx, key).await?;
            commit(tx).await?;
            return Err(SignInError::CodeNeeded);
        };
        if self.use_code(&person, sealed, code).await? {
            return Ok(person);
        }
        self.refuse(key, "sign-in refused: code").await
    }

    /// Whether a code is right and was not used before; it is used up with this.
    pub(super) async fn use_code(
        &self,
        person: &Person,
        sealed: &[u8],
        code: &str,
    ) -> Result<bool, ProgramError> {
        let secret = self.open_secret(&person.id, sealed)?;
        let seconds = u64::try_from(self.world.now() / 1_000_000).unwrap_or(0);
        let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
        let Some(step) = secrets::totp(&secret)?.check(&code, seconds) else { return Ok(false) };
        let mut tx = self.store.begin().await?;
        let is_new = people::use_totp_step(&mut tx, &person.id, i64::try_from(step).unwrap_or(0)).await?;
        commit(tx).await?;
        Ok(is_new)
    }

    /// Refuses somebody, and locks the name where that was the last try.
    async fn refuse<T>(&self, key: &str, why: &str) -> Result<T, SignInError> {
        let now = self.world.now();
        let mut tx = self.store.begin().await?;
        let tries = sessions::tries(&mut tx, key).await?;
        let is_last = tries >= MOST_TRIES;
        if is_last {
            sessions::lock(&mut tx, key, now + LOCKED).await?;
        }
        // The entry tells the tries under one name together, and not which name it was.
        let subject = format!("sign-in:{}", key.get(..16).unwrap_or(key));
        let event = Event::new(Kind::AccessChanged, &subject, "nobody", why)
            .with([("tries", tries.into()), ("locked", is_last.into())]);
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        self.live.bell.notify_one();
        Err(SignInError::Failed)
    }

    /// Begins a session for somebody who has proved who they are.
    pub(super) async fn begin_session(&self, person: Person, method: &str) -> Result<SignedIn, SignInError> {
        let cookie = URL_SAFE_NO_PAD.encode(self.world.random::<32>());
        let now = self.world.now();
        let session = Session {
            hash: secrets::hash_of_cookie(&cookie),
            person_id: person.id.clone(),
            method: method.to_owned(),
            created_at: now,
            seen_at: now,
            proved_at: now,
            ends_at: now + LONGEST,
        };
        let mut tx = self.store.begin().await?;
        sessions::forget_tries(&mut tx, &tries_key(&person.name)).await?;
        sessions::add(&mut tx, &session).await?;
        people::signed_in(&mut tx, &person.id, now).await?;
        let actor = principal_of(&person).actor();
        self.record(&mut tx, event(&person, &actor, "signed in").with([("method", method.into())])).await?;
        commit(tx).await?;
        let csrf = secrets::csrf_of(&cookie);
        Ok(SignedIn { cookie, held: Held { session, person, csrf, is_idle: false } })
    }

    /// The session that a cookie stands for; none where it has ended. `is_use` says that a person does something, which
    /// keeps the session from being locked; looking whether there is news is no use.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn session(&self, cookie: &str, is_use: bool) -> Result<Option<Held>, ProgramError> {
        let now = self.world.now();
        let hash = secrets::hash_of_cookie(cookie);
        let Some((session, person)) = sessions::get(&self.store, &hash, now).await? else { return Ok(None) };
        let is_idle = now - session.seen_at > IDLE;
        if is_use && !is_idle && now - session.seen_at > NOTED_EVERY {
            let mut tx = self.store.begin().await?;
            sessions::seen(&mut tx, &hash, now).await?;
            commit(tx).await?;
        }
        Ok(Some(Held { session, person, csrf: secrets::csrf_of(cookie), is_idle }))
    }

    /// Proves anew who uses a session, with their password: after it lay idle, or before secrets are changed.
    ///
    /// # Errors
    /// Why that was refused.
    pub async fn unlock(&self, held: &Held, password: &str, from: IpAddr) -> Result<(), SignInError> {
        let now = self.world.now();
        if !self.live.addresses.take(from, now) {
            return Err(SignInError::TooFast);
        }
        let key = tries_key(&held.person.name);
        self.count_try(&key).await?;
        if !self.is_password(password, held.person.password.as_deref()).await? {
            return self.refuse(&key, "unlocking refused: password").await;
        }
        self.live.addresses.give_back(from);
        let mut tx = self.store.begin().await?;
        sessions::forget_tries(&mut tx, &key).await?;
        sessions::proved(&mut tx, &held.session.hash, now).await?;
        self.record(&mut tx, event(&held.person, &held.principal().actor(), "session unlocked")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Signs out.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn sign_out(&self, held: &Held) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        sessions::end(&mut tx, &held.session.hash).await?;
        self.record(&mut tx, event(&held.person, &held.principal().actor(), "signed out")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Remembers a step of a sign-in under a secret id, for so many microseconds.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn remember(&self, id: &str, kind: &str, data: &str, takes: i64) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        sessions::remember(&mut tx, &hash_of(id), kind, data, self.world.now() + takes).await?;
        commit(tx).await?;
        Ok(())
    }

    /// What was remembered under an id, once.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn recall(&self, id: &str, kind: &str) -> Result<Option<String>, ProgramError> {
        let mut tx = self.store.begin().await?;
        let data = sessions::recall(&mut tx, &hash_of(id), kind, self.world.now()).await?;
        commit(tx).await?;
        Ok(data)
    }

    /// Forgets sessions that have ended, steps of sign-ins that were not finished, and tries of long ago.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn forget_sessions(&self) -> Result<(), ProgramError> {
        let now = self.world.now();
        let mut tx: Tx = self.store.begin().await?;
        sessions::sweep(&mut tx, now, now - 86_400 * 1_000_000).await?;
        commit(tx).await?;
        Ok(())
    }
}
