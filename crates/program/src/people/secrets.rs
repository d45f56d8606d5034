//! Secrets of people at rest: the hash of a session's cookie, the seal around the secret of a second factor.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use totp_rs::{Builder, Totp};

use crate::access::hex;
use crate::{Program, ProgramError};

/// Bytes of a second factor's secret: what RFC 4226 recommends.
pub(super) const TOTP_SECRET: usize = 20;

/// The form in which a cookie is kept.
pub(super) fn hash_of_cookie(cookie: &str) -> String {
    hex(digest(&SHA256, format!("onrecord session {cookie}").as_bytes()).as_ref())
}

/// What a request that changes something must bear beside the cookie: it follows from the cookie, which no other site and
/// no script can read.
pub fn csrf_of(cookie: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, format!("onrecord csrf {cookie}").as_bytes()))
}

/// Makes and checks the codes of a second factor: six digits, thirty seconds, SHA-1, as every authenticator has them.
pub(super) fn totp(secret: &[u8]) -> Result<Totp, ProgramError> {
    Builder::new()
        .with_secret(secret.to_vec())
        .build()
        .map_err(|error| ProgramError::Fault(format!("A second factor cannot be used: {error}.")))
}

impl Program {
    /// Seals a secret of a person for the database.
    pub(super) fn seal_secret(&self, person: &str, secret: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let nonce: [u8; NONCE_LEN] = self.world.random();
        let mut sealed = secret.to_vec();
        let aad = Aad::from(format!("onrecord person {person}"));
        self.people_key()?
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
            .map_err(|_| ProgramError::Fault("A secret could not be sealed.".to_owned()))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens what [`Program::seal_secret`] sealed.
    pub(super) fn open_secret(&self, person: &str, sealed: &[u8]) -> Result<Vec<u8>, ProgramError> {
        let failed = || {
            ProgramError::Fault(
                "The secret of a second factor cannot be opened: is people.key in the key folder the one it was sealed \
                 with? Reset the person otherwise."
                    .to_owned(),
            )
        };
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(failed)?;
        let mut opened = sealed.to_vec();
        let aad = Aad::from(format!("onrecord person {person}"));
        let secret = self
            .people_key()?
            .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut opened)
            .map_err(|_| failed())?;
        Ok(secret.to_vec())
    }

    fn people_key(&self) -> Result<LessSafeKey, ProgramError> {
        let key = self.keys.secret("people.key", || self.world.random::<32>().to_vec())?;
        UnboundKey::new(&AES_256_GCM, &key).map(LessSafeKey::new).map_err(|_| {
            ProgramError::Fault("people.key in the key folder is not a key of 32 bytes.".to_owned())
        })
    }
}
