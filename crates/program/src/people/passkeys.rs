//! Passkeys (WebAuthn): people prove who they are with a key that their device keeps and unlocks with a finger, a face or
//! a PIN. That is two factors in one, so no code is asked for beside it. Who the person is follows from the passkey; no
//! name is typed, and nobody can be locked out by others.

use std::net::IpAddr;

use onrecord_store::passkeys::{self, Passkey};
use onrecord_store::{commit, people};
use passkey_auth::{
    Attachment, AuthenticationResponse, AuthenticationState, CredentialId, PasskeyCredential,
    RegistrationResponse, RegistrationState, RpId, Webauthn,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event;
use super::sign_in::{Held, SignInError, SignedIn};
use crate::{Program, ProgramError};

/// How long somebody may take: microseconds.
const TAKES: i64 = 300 * 1_000_000;
const REGISTRATION: &str = "passkey-registration";
const SIGN_IN: &str = "passkey-sign-in";
/// More than anybody has devices.
const MOST: usize = 20;

/// What the agency's address is to authenticators.
pub struct Site(Webauthn);

impl Site {
    /// For an address such as `https://evidence.example.org`; none where authenticators take no such address: they want a
    /// name, and TLS unless it is `localhost`.
    pub fn new(public_url: &str, agency: &str) -> Option<Self> {
        let id = RpId::try_from_url(public_url).ok()?;
        let is_name = id.as_str().parse::<IpAddr>().is_err();
        let is_safe = public_url.starts_with("https://") || id.as_str() == "localhost";
        let webauthn = Webauthn::new(id.as_str(), agency, public_url.trim_end_matches('/'))
            .require_user_verification(true)
            .strict_base64(true)
            .authenticator_attachment(Attachment::Any);
        (is_name && is_safe).then_some(Self(webauthn))
    }
}

/// What a browser is asked for, and what the answer must name.
#[derive(Debug)]
pub struct Asked {
    /// Names the question in the answer.
    pub challenge_id: String,
    /// The options of `navigator.credentials.create` or `.get`, as JSON.
    pub options: Value,
}

/// A browser's answer to `create`, as its `toJSON` writes it.
#[derive(Debug, Deserialize)]
pub struct Created {
    /// The credential's id, base64url.
    pub id: String,
    /// What the authenticator said.
    pub response: CreatedResponse,
}

/// What the authenticator said.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedResponse {
    /// CBOR, base64url.
    pub attestation_object: String,
    /// JSON, base64url.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// How it is reached: `internal`, `usb`, …
    #[serde(default)]
    pub transports: Vec<String>,
}

/// A browser's answer to `get`, as its `toJSON` writes it.
#[derive(Debug, Deserialize)]
pub struct Got {
    /// The credential's id, base64url.
    pub id: String,
    /// What the authenticator said.
    pub response: GotResponse,
}

/// What the authenticator said.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GotResponse {
    /// Bytes, base64url.
    pub authenticator_data: String,
    /// JSON, base64url.
    #[serde(rename = "clientDataJSON")]
    pub client_data_json: String,
    /// Bytes, base64url.
    pub signature: String,
    /// Whose passkey it is, base64url.
    #[serde(default)]
    pub user_handle: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Registration {
    person: String,
    state: RegistrationState,
}

impl Program {
    /// Begins to make a passkey for the holder of a session.
    ///
    /// # Errors
    /// Where they have very many, or where the database cannot.
    pub async fn begin_passkey(&self, site: &Site, held: &Held) -> Result<Asked, ProgramError> {
        let person = &held.person;
        let existing = passkeys::of_person(&self.store, &person.id).await?;
        if existing.len() >= MOST {
            return Err(ProgramError::Conflict("You have twenty passkeys: remove one first.".to_owned()));
        }
        let known: Vec<CredentialId> =
            existing.iter().filter_map(|passkey| CredentialId::from_b64url(&passkey.id).ok()).collect();
        let (options, mut state) =
            site.0.start_registration(person.id.as_bytes(), &person.name, &person.display_name, &known);
        // How old a question may be is decided here, by our clock.
        state.created_at = 0;
        let data = json(&Registration { person: person.id.clone(), state })?;
        let challenge_id = self.remember_anew(REGISTRATION, &data.to_string()).await?;
        let mut options = json(&options)?;
        // Found by authenticators without a name being typed: that is how one signs in.
        if let Some(wanted) = options.get_mut("authenticatorSelection").and_then(Value::as_object_mut) {
            wanted.insert("residentKey".to_owned(), "required".into());
            wanted.insert("requireResidentKey".to_owned(), true.into());
        }
        Ok(Asked { challenge_id, options })
    }

    /// Keeps the passkey that a browser made.
    ///
    /// # Errors
    /// Where the answer does not hold, or where the database cannot.
    pub async fn finish_passkey(
        &self,
        site: &Site,
        held: &Held,
        challenge_id: &str,
        name: &str,
        made: Created,
    ) -> Result<Passkey, ProgramError> {
        let refused = |why: &dyn std::fmt::Display| {
            ProgramError::Refused(format!("This passkey cannot be used: {why}. Begin anew."))
        };
        let data = self.recall(challenge_id, REGISTRATION).await?;
        let begun: Registration = data
            .and_then(|data| serde_json::from_str(&data).ok())
            .filter(|begun: &Registration| begun.person == held.person.id)
            .ok_or_else(|| refused(&"it was not begun here, or more than five minutes ago"))?;
        let answer = RegistrationResponse {
            id: made.id,
            transports: made.response.transports,
            attestation_object: made.response.attestation_object,
            client_data_json: made.response.client_data_json,
        };
        let credential =
            site.0.finish_registration(&begun.state, &answer).map_err(|error| refused(&error))?;
        let passkey = Passkey {
            id: credential.id.to_b64url(),
            person_id: held.person.id.clone(),
            name: super::checked(name, "The name of a passkey")?,
            credential: json(&credential)?.to_string(),
            created_at: self.world.now(),
            used_at: None,
        };
        let mut tx = self.store.begin().await?;
        passkeys::add(&mut tx, &passkey).await.map_err(|error| {
            if error.is_duplicate() {
                ProgramError::Conflict("This passkey is known already.".to_owned())
            } else {
                error.into()
            }
        })?;
        self.record(&mut tx, event(&held.person, &held.principal().actor(), "passkey added")).await?;
        commit(tx).await?;
        Ok(passkey)
    }

    /// The passkeys of a person.
    ///
    /// # Errors
    /// Where the database cannot.
    pub async fn passkeys(&self, person: &str) -> Result<Vec<Passkey>, ProgramError> {
        Ok(passkeys::of_person(&self.store, person).await?)
    }

    /// Removes a passkey of the holder of a session.
    ///
    /// # Errors
    /// Where there is none with this id, or where the database cannot.
    pub async fn remove_passkey(&self, held: &Held, id: &str) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        if !passkeys::remove(&mut tx, &held.person.id, id).await? {
            return Err(ProgramError::NotFound { what: "passkey", id: id.chars().take(80).collect() });
        }
        self.record(&mut tx, event(&held.person, &held.principal().actor(), "passkey removed")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Asks a browser for any passkey of this site.
    ///
    /// # Errors
    /// [`SignInError::TooFast`], or where the database cannot.
    pub async fn begin_passkey_sign_in(&self, site: &Site, from: IpAddr) -> Result<Asked, SignInError> {
        if !self.live.addresses.take(from, self.world.now()) {
            return Err(SignInError::TooFast);
        }
        let (options, mut state) = site.0.start_authentication(&[]);
        state.created_at = 0;
        let challenge_id = self.remember_anew(SIGN_IN, &json(&state)?.to_string()).await?;
        Ok(Asked { challenge_id, options: json(&options)? })
    }

    /// Signs somebody in with the passkey that their browser answered with.
    ///
    /// # Errors
    /// [`SignInError::Failed`] where it is unknown, or its answer does not hold.
    pub async fn sign_in_with_passkey(
        &self,
        site: &Site,
        challenge_id: &str,
        got: Got,
        from: IpAddr,
    ) -> Result<SignedIn, SignInError> {
        let data = self.recall(challenge_id, SIGN_IN).await?;
        let state: AuthenticationState =
            data.and_then(|data| serde_json::from_str(&data).ok()).ok_or(SignInError::Failed)?;
        let passkey = passkeys::get(&self.store, &got.id).await?.ok_or(SignInError::Failed)?;
        let state =
            AuthenticationState { user_handle: Some(passkey.person_id.clone().into_bytes()), ..state };
        let mut credential: PasskeyCredential =
            serde_json::from_str(&passkey.credential).map_err(|error| {
                ProgramError::Fault(format!("The passkey {} cannot be read: {error}.", passkey.id))
            })?;
        let answer = AuthenticationResponse {
            id: got.id,
            authenticator_data: got.response.authenticator_data,
            signature: got.response.signature,
            client_data_json: got.response.client_data_json,
            user_handle: got.response.user_handle,
        };
        let proved = site.0.finish_authentication(&state, &answer, &credential).map_err(|error| {
            tracing::warn!(%error, "a passkey was refused");
            SignInError::Failed
        })?;
        credential.counter = proved.new_counter;
        let person = people::get(&self.store, &passkey.person_id).await?;
        let person = person.filter(|person| person.state == "active").ok_or(SignInError::Failed)?;
        let mut tx = self.store.begin().await?;
        let now = self.world.now();
        let after = json(&credential)?.to_string();
        let is_first = passkeys::used(&mut tx, &passkey.id, &passkey.credential, &after, now).await?;
        commit(tx).await?;
        if !is_first {
            return Err(SignInError::Failed);
        }
        self.live.addresses.give_back(from);
        self.begin_session(person, "passkey").await
    }

    async fn remember_anew(&self, kind: &str, data: &str) -> Result<String, ProgramError> {
        let id = crate::access::hex(&self.world.random::<16>());
        self.remember(&id, kind, data, TAKES).await?;
        Ok(id)
    }
}

fn json(value: &impl Serialize) -> Result<Value, ProgramError> {
    serde_json::to_value(value)
        .map_err(|error| ProgramError::Fault(format!("A passkey cannot be written: {error}.")))
}
