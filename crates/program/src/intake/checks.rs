//! Checksums that clients send along, beside the digest that seals.

use aws_lc_rs::digest::{Context, SHA256};
use md5::{Digest as _, Md5};
use sha1::Sha1;

use crate::ProgramError;

/// What a client said of the bytes of one request.
pub enum Check {
    /// Nothing.
    None,
    /// Swift: the MD5 is computed for the answer, and compared where the client sent one.
    Md5(Md5, Option<[u8; 16]>),
    /// tus: SHA-1 of this request's bytes.
    Sha1(Sha1, [u8; 20]),
    /// tus: SHA-256 of this request's bytes.
    Sha256(Context, [u8; 32]),
}

impl Check {
    /// An MD5, compared where one is given.
    pub fn md5(expected: Option<[u8; 16]>) -> Self {
        Self::Md5(Md5::new(), expected)
    }

    /// A SHA-1 to compare.
    pub fn sha1(expected: [u8; 20]) -> Self {
        Self::Sha1(Sha1::new(), expected)
    }

    /// A SHA-256 to compare.
    pub fn sha256(expected: [u8; 32]) -> Self {
        Self::Sha256(Context::new(&SHA256), expected)
    }

    /// Whether bytes may count before all of them have been compared.
    pub(super) fn counts_at_once(&self) -> bool {
        matches!(self, Self::None)
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::None => {}
            Self::Md5(digest, _) => digest.update(bytes),
            Self::Sha1(digest, _) => digest.update(bytes),
            Self::Sha256(digest, _) => digest.update(bytes),
        }
    }

    /// Compares; answers the MD5 where that was asked for.
    pub(super) fn settle(self) -> Result<Option<[u8; 16]>, ProgramError> {
        match self {
            Self::None => Ok(None),
            Self::Md5(digest, expected) => {
                let md5: [u8; 16] = digest.finalize().into();
                match expected {
                    Some(expected) if expected != md5 => Err(ProgramError::Checksum("MD5")),
                    _ => Ok(Some(md5)),
                }
            }
            Self::Sha1(digest, expected) => {
                let is_same = <[u8; 20]>::from(digest.finalize()) == expected;
                if is_same { Ok(None) } else { Err(ProgramError::Checksum("SHA-1")) }
            }
            Self::Sha256(digest, expected) => {
                let is_same = digest.finish().as_ref() == expected;
                if is_same { Ok(None) } else { Err(ProgramError::Checksum("SHA-256")) }
            }
        }
    }
}
