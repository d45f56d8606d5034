//! Passwords: which are good enough, how they are hashed, and how a fresh one is made. Hashing takes a twentieth of a
//! second and 19 MiB on purpose; at most [`AT_ONCE`] are at it, so that a crowd at the door takes neither all threads nor
//! all memory.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;

use crate::{Program, ProgramError};

/// How many are hashed side by side.
pub const AT_ONCE: usize = 2;
/// How long a sign-in waits for its turn.
const WAITS: Duration = Duration::from_secs(10);
/// Characters.
pub const SHORTEST: usize = 12;
/// Bytes; more would be work for nothing.
pub const LONGEST: usize = 1024;
/// Of so many characters a fresh password is made: a hundred bits.
const FRESH: usize = 20;
/// Thirty-two signs that are told apart easily.
const SIGNS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What people put into passwords that others guess first; what is left must be long enough by itself.
const GUESSED: [&str; 24] = [
    "password",
    "passwort",
    "passw0rd",
    "p@ssword",
    "qwerty",
    "qwertz",
    "asdfgh",
    "zxcvbn",
    "123456789",
    "12345678",
    "123456",
    "654321",
    "abcdef",
    "letmein",
    "welcome",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "monkey",
    "dragon",
    "police",
    "onrecord",
];

/// Whose turn it is to hash.
pub struct Hashing(Arc<Semaphore>);

impl Default for Hashing {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// Checks a password that a person chose. No signs of certain kinds are asked for: length is what helps.
///
/// # Errors
/// [`ProgramError::Refused`] with what is wrong with it.
pub fn check(password: &str, name: &str) -> Result<(), ProgramError> {
    let refused = |why: &str| Err(ProgramError::Refused(format!("This password cannot be used: {why}")));
    if password.chars().count() < SHORTEST {
        return refused("it must have at least 12 characters; several words make a good one.");
    }
    if password.len() > LONGEST {
        return refused("it has more than 1,024 bytes.");
    }
    let mut left = password.to_lowercase();
    if !name.is_empty() {
        left = left.replace(name, "");
    }
    for guessed in GUESSED {
        left = left.replace(guessed, "");
    }
    let different: std::collections::BTreeSet<char> = left.chars().collect();
    if left.chars().count() < 6 || different.len() < 5 {
        return refused(
            "it is one of those that are guessed first: your own name, a run of keys, a common word.",
        );
    }
    Ok(())
}

fn hasher() -> Argon2<'static> {
    // What OWASP recommends for Argon2id: 19 MiB, two passes, one lane; these are also the crate's defaults.
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::default())
}

/// What is hashed in place of the password of somebody who is not there, so that the time tells nothing.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    let hash = hasher().hash_password_with_salt(b"nobody has this password", b"a salt of nobody");
    hash.map(|hash| hash.to_string()).unwrap_or_default()
});

impl Program {
    /// A password that nobody has thought of: four groups of five.
    pub(crate) fn fresh_password(&self) -> String {
        let mut text = String::new();
        for (at, byte) in self.world.random::<FRESH>().into_iter().enumerate() {
            if at > 0 && at % 5 == 0 {
                text.push('-');
            }
            text.push(SIGNS.get(usize::from(byte & 31)).copied().map_or('0', char::from));
        }
        text
    }

    pub(crate) async fn hash_password(&self, password: &str) -> Result<String, ProgramError> {
        let (password, salt) = (password.to_owned(), self.world.random::<16>());
        self.in_turn(move || {
            hasher().hash_password_with_salt(password.as_bytes(), &salt).map(|hash| hash.to_string())
        })
        .await?
        .map_err(|error| ProgramError::Fault(format!("A password could not be hashed: {error}.")))
    }

    /// Whether a password is the one that was hashed. Where there is no hash, the answer takes as long, and is no.
    pub(crate) async fn is_password(&self, password: &str, hash: Option<&str>) -> Result<bool, ProgramError> {
        if password.len() > LONGEST {
            return Ok(false);
        }
        let (password, hash) = (password.to_owned(), hash.map(str::to_owned));
        let matches = move || {
            let against = hash.as_deref().unwrap_or(&NOBODY);
            hasher().verify_password(password.as_bytes(), against).is_ok() && hash.is_some()
        };
        self.in_turn(matches).await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ProgramError> {
        let turn = Arc::clone(&self.live.hashing.0).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(WAITS, turn).await else {
            return Err(ProgramError::Away("too many people are signing in at this moment.".to_owned()));
        };
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .map_err(|error| ProgramError::Fault(format!("Hashing broke off: {error}.")))
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn what_is_short_or_guessed_first_is_refused() {
        for bad in [
            "elevenchars",
            "password123456",
            "jdoe-jdoe-jdoe",
            "aaaaaaaaaaaaaaaa",
            "Qwerty123456!",
            "onrecord2017",
        ] {
            assert!(check(bad, "jdoe").is_err(), "{bad}");
        }
        assert!(check(&"x7".repeat(600), "jdoe").is_err());
    }

    #[test]
    fn several_words_make_a_good_one() {
        for good in ["harbour lamp tuesday", "7hk2p-0vqsx-mm3tz", "сложный пароль мой"] {
            check(good, "jdoe").unwrap();
        }
    }
}
