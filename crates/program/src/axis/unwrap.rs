//! Clips that an Axis system encrypted end to end. A content key comes beside such a clip, wrapped for the agency's
//! public key, which the connection file gives out. The original bytes stay as they are; a clear copy is made beside
//! them, encrypted at rest like everything else.

use std::sync::Arc;

use aws_lc_rs::cipher::{AES_256, DecryptionContext, StreamingDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::rsa::{
    KeySize, OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use onrecord_store::clips::{self, Clip};
use onrecord_store::media::{self, Derivative};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::media::InVault;
use crate::{Program, ProgramError};

/// The agency's private key in the key folder (PKCS #8, DER).
const PRIVATE_KEY: &str = "axis-content.key";

/// How many bytes a key file has at most.
const LONGEST_KEY: u64 = 64 * 1024;

/// What is made of an encrypted clip.
pub(crate) const CLEAR: &str = "clear";

/// The key file beside an encrypted clip; more may stand in it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct KeyFile {
    encrypted_key: String,
    #[serde(rename = "ContentEncryptionIV")]
    content_encryption_iv: String,
}

impl KeyFile {
    /// The wrapped content key and the vector in a key file.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<u8>, [u8; 16]), ProgramError> {
        let file: Self =
            serde_json::from_slice(bytes).map_err(|error| refused(&format!("cannot be read: {error}")))?;
        let base64 = |text: &str| STANDARD.decode(text.trim()).map_err(|_| refused("holds no base64"));
        let wrapped = base64(&file.encrypted_key)?;
        let iv = base64(&file.content_encryption_iv)?;
        let iv = iv.try_into().map_err(|_| refused("holds a vector that has not 16 bytes"))?;
        Ok((wrapped, iv))
    }
}

fn refused(what: &str) -> ProgramError {
    ProgramError::Fault(format!("The key file of the clip {what}."))
}

/// The name of a clip or key without its ending: a clip and its key share it.
pub(crate) fn stem(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

fn fault(what: &str) -> ProgramError {
    ProgramError::Fault(format!("The agency's key for encrypted clips {what}."))
}

impl Program {
    /// The public key that cameras wrap content keys for, as PEM, with its id.
    ///
    /// # Errors
    /// Where the key cannot be made or read.
    pub fn content_public_key(&self) -> Result<(String, String), ProgramError> {
        let key = self.content_private_key()?;
        let der: PublicKeyX509Der<'_> = key.public_key().as_der().map_err(|_| fault("cannot be written"))?;
        let text = STANDARD.encode(der.as_ref());
        let lines: Vec<&str> =
            text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        let id = crate::access::hex(digest(&SHA256, der.as_ref()).as_ref());
        Ok((pem, id.chars().take(32).collect()))
    }

    fn content_private_key(&self) -> Result<PrivateDecryptingKey, ProgramError> {
        let make = || {
            let key = PrivateDecryptingKey::generate(KeySize::Rsa3072).ok();
            let der: Option<Pkcs8V1Der<'_>> = key.and_then(|key| key.as_der().ok());
            der.map(|der| der.as_ref().to_vec()).unwrap_or_default()
        };
        let der = Zeroizing::new(self.keys.secret(PRIVATE_KEY, make)?);
        PrivateDecryptingKey::from_pkcs8(&der).map_err(|_| fault("cannot be read"))
    }

    /// The clear copy of a clip, made where its key is there and there is none yet; none where the clip has no key.
    ///
    /// # Errors
    /// Where the key does not open the clip.
    pub(crate) async fn clear_copy(
        self: &Arc<Self>,
        clip: &Clip,
    ) -> Result<Option<Derivative>, ProgramError> {
        if let Some(made) = media::derivative(&self.store, &clip.id, CLEAR).await? {
            return Ok(Some(made));
        }
        let Some(key) =
            self.key_beside(clip).await?.filter(|key| key.size.is_some_and(|size| size <= LONGEST_KEY))
        else {
            return Ok(None);
        };
        let key_file = self.read_small(&key).await?;
        let content_key = self.content_key(&key_file)?;
        let source = self.in_vault(clip).await?;
        self.decrypt(clip, source, content_key).await.map(Some)
    }

    /// The key file that came with a clip, if one did.
    pub(crate) async fn key_beside(&self, clip: &Clip) -> Result<Option<Clip>, ProgramError> {
        let siblings = clips::of_recordings(&self.store, std::slice::from_ref(&clip.recording_id)).await?;
        Ok(siblings.into_iter().find(|other| {
            other.kind == "key" && other.sealed_at.is_some() && stem(&other.name) == stem(&clip.name)
        }))
    }

    /// The content key and vector in a key file.
    fn content_key(&self, key_file: &[u8]) -> Result<ContentKey, ProgramError> {
        let (wrapped, iv) = KeyFile::read(key_file)?;
        let private = OaepPrivateDecryptingKey::new(self.content_private_key()?)
            .map_err(|_| fault("cannot be used"))?;
        let mut plain = Zeroizing::new(vec![0; private.min_output_size()]);
        // Axis wraps with SHA-1; others may have read the standard otherwise.
        for algorithm in [&OAEP_SHA1_MGF1SHA1, &OAEP_SHA256_MGF1SHA256] {
            if let Ok(key) = private.decrypt(algorithm, &wrapped, &mut plain, None) {
                let key =
                    <[u8; 32]>::try_from(&*key).map_err(|_| refused("holds a key that has not 32 bytes"))?;
                return Ok(ContentKey { key: Zeroizing::new(key), iv });
            }
        }
        Err(refused("was not made for this agency's key"))
    }

    async fn decrypt(
        self: &Arc<Self>,
        clip: &Clip,
        source: InVault,
        key: ContentKey,
    ) -> Result<Derivative, ProgramError> {
        let (made, data_key) =
            self.new_derivative(clip, CLEAR, clip.content_type.as_deref().unwrap_or("video/x-matroska"))?;
        let (made, segments) = self
            .blocking(move |program| {
                let mut writer = program.derivative_writer(&made, data_key)?;
                let mut size = 0;
                let mut take = |bytes: &[u8]| {
                    size += bytes.len() as u64;
                    writer.push(bytes)
                };
                decrypt_into(&source, &key, &mut take)?;
                Ok((Derivative { size, ..made }, writer.finish()?))
            })
            .await?;
        self.commit_derivative(&made, segments).await?;
        Ok(made)
    }
}

/// What a clip was encrypted with.
struct ContentKey {
    key: Zeroizing<[u8; 32]>,
    iv: [u8; 16],
}

/// AES-256-CBC with PKCS #7 padding, piece by piece.
fn decrypt_into(
    source: &InVault,
    key: &ContentKey,
    take: &mut dyn FnMut(&[u8]) -> Result<(), onrecord_vault::WriteError>,
) -> Result<(), ProgramError> {
    let broken =
        || ProgramError::Fault("The clip is not what its key file says: it cannot be decrypted.".to_owned());
    let unbound = UnboundCipherKey::new(&AES_256, key.key.as_ref()).map_err(|_| broken())?;
    let context = DecryptionContext::Iv128(FixedLength::from(key.iv));
    let mut cipher = StreamingDecryptingKey::cbc_pkcs7(unbound, context).map_err(|_| broken())?;
    let mut plain = Vec::new();
    let mut failed = None;
    source
        .each(|bytes| {
            plain.resize(bytes.len() + 16, 0);
            let written = match cipher.update(bytes, &mut plain) {
                Ok(update) => take(update.written()).map_err(ProgramError::from),
                Err(_) => Err(broken()),
            };
            failed = written.err();
            failed.is_none()
        })
        .map_err(ProgramError::from)?;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut last = [0; 16];
    let update = cipher.finish(&mut last).map_err(|_| broken())?;
    take(update.written())?;
    Ok(())
}
