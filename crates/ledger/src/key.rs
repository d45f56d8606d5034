//! Ed25519 keys in the text forms of C2SP signed-note: `name+id+key` for who verifies,
//! `PRIVATE+KEY+name+id+seed` for who signs. One byte says what the key is for: 1 signs checkpoints of a
//! ledger, 4 cosigns as a witness.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use signed_note::{Note, NoteError, Signature, Verifier, VerifierList};
use thiserror::Error;
use zeroize::Zeroizing;

/// What a key is for: the signature type of C2SP signed-note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Log = 1,
    Witness = 4,
}

/// Bytes of the time before a witness's signature.
const TIME_BYTES: usize = 8;

/// A key that signs. Its `Debug` form shows no secret.
pub(crate) struct SigningKey {
    name: String,
    purpose: Use,
    seed: Zeroizing<[u8; 32]>,
    pair: Ed25519KeyPair,
}

impl SigningKey {
    pub fn new(name: &str, purpose: Use, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let fits = signed_note::is_key_name_valid(name) && !name.chars().any(char::is_control);
        if !fits {
            return Err(KeyError::Name { name: name.escape_debug().to_string() });
        }
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Seed)?;
        Ok(Self { name: name.into(), purpose, seed: Zeroizing::new(*seed), pair })
    }

    pub fn from_text(text: &str, purpose: Use) -> Result<Self, KeyError> {
        let rest = text.trim().strip_prefix("PRIVATE+KEY+").ok_or(KeyError::NotPrivate)?;
        let (name, id, seed) = parts(rest, purpose).map_err(|error| match error {
            KeyError::Form => KeyError::NotPrivate,
            other => other,
        })?;
        let key = Self::new(name, purpose, &seed)?;
        if key.id() == id { Ok(key) } else { Err(KeyError::Id) }
    }

    pub fn to_text(&self) -> String {
        format!("PRIVATE+KEY+{}+{:08x}+{}", self.name, self.id(), encoded(self.purpose, self.seed.as_slice()))
    }

    pub fn verifier_key(&self) -> String {
        format!("{}+{:08x}+{}", self.name, self.id(), encoded(self.purpose, self.pair.public_key().as_ref()))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// The line of a note that carries a signature by this key, with its end of line.
    pub fn line(&self, signature: &[u8]) -> String {
        let bytes = [&self.id().to_be_bytes(), signature].concat();
        format!("\u{2014} {} {}\n", self.name, STANDARD.encode(bytes))
    }

    fn id(&self) -> u32 {
        key_id(&self.name, self.purpose, self.pair.public_key().as_ref())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SigningKey").field(&self.verifier_key()).finish()
    }
}

/// A key that verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VerifierKey {
    name: String,
    id: u32,
    purpose: Use,
    public: [u8; 32],
}

impl VerifierKey {
    pub fn from_text(text: &str, purpose: Use) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.starts_with("PRIVATE+KEY+") {
            return Err(KeyError::Private);
        }
        let (name, id, public) = parts(text, purpose)?;
        if id != key_id(name, purpose, &public) {
            return Err(KeyError::Id);
        }
        Ok(Self { name: name.into(), id, purpose, public })
    }

    /// The signature of this key on a note, checked.
    pub fn signature_on(&self, note: &Note) -> Result<Signature, NoteError> {
        let (mut verified, _) = note.verify(&VerifierList::new(vec![Box::new(self.clone())]))?;
        verified.pop().ok_or(NoteError::UnverifiedNote)
    }
}

impl Verifier for VerifierKey {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.public);
        match self.purpose {
            Use::Log => key.verify(text, signature).is_ok(),
            Use::Witness => signature.split_first_chunk::<TIME_BYTES>().is_some_and(|(time, signature)| {
                let time = u64::from_be_bytes(*time);
                i64::try_from(time).is_ok() && key.verify(&cosigned(time, text), signature).is_ok()
            }),
        }
    }
}

/// What a witness signs: C2SP tlog-cosignature, Ed25519.
pub(crate) fn cosigned(unix_seconds: u64, text: &[u8]) -> Vec<u8> {
    [format!("cosignature/v1\ntime {unix_seconds}\n").as_bytes(), text].concat()
}

/// The time that a checked signature of a witness carries.
pub(crate) fn time_of(signature: &Signature) -> u64 {
    signature.signature().first_chunk::<TIME_BYTES>().map_or(0, |time| u64::from_be_bytes(*time))
}

fn encoded(purpose: Use, key: &[u8]) -> String {
    STANDARD.encode(Zeroizing::new([&[purpose as u8], key].concat()).as_slice())
}

fn key_id(name: &str, purpose: Use, public: &[u8]) -> u32 {
    signed_note::key_id(name, &[&[purpose as u8], public].concat())
}

/// Name, id and 32 bytes of `name+id+base64`.
fn parts(text: &str, purpose: Use) -> Result<(&str, u32, [u8; 32]), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
    let number = u32::from_str_radix(id, 16).map_err(|_| KeyError::Form)?;
    let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| KeyError::Form)?);
    if id.len() != 8 || !signed_note::is_key_name_valid(name) {
        return Err(KeyError::Form);
    }
    match bytes.split_first() {
        Some((first, key)) if *first == purpose as u8 => {
            Ok((name, number, key.try_into().map_err(|_| KeyError::Form)?))
        }
        Some((first, _)) => Err(KeyError::Purpose { found: *first, wanted: purpose as u8 }),
        None => Err(KeyError::Form),
    }
}

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The name of a key may not hold spaces, plus signs or control characters.
    #[error(
        "\"{name}\" cannot name a key: it must not be empty nor hold spaces, plus signs or control characters"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The text is no verifier key.
    #[error("this is not a verifier key; one looks like name+1a2b3c4d+base64 and stands on one line")]
    Form,
    /// The text is no private key.
    #[error("this is not a private key of a note; one looks like PRIVATE+KEY+name+1a2b3c4d+base64")]
    NotPrivate,
    /// A private key stands where a public one belongs. The error does not repeat it.
    #[error("this is a PRIVATE key; keep it secret and give the verifier key that belongs to it")]
    Private,
    /// The key is for something else.
    #[error(
        "this key has the algorithm byte {found}, wanted is {wanted} (1 is a ledger's key, 4 the key of a witness, \
         both Ed25519)"
    )]
    Purpose {
        /// The byte of the key.
        found: u8,
        /// The byte that is needed here.
        wanted: u8,
    },
    /// The id does not belong to name and key.
    #[error("the id of this key does not belong to its name and its bytes; it was copied wrongly or altered")]
    Id,
    /// The cryptographic library refuses the seed.
    #[error("no Ed25519 key can be made from this seed; make a new one")]
    Seed,
}
