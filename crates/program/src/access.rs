//! Who asks, and what they may do. Deny by default: what no role names is nobody's.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_ledger::Kind;
use onrecord_store::{commit, tokens};

use crate::{Program, ProgramError, custody};

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Bring recordings and ask for their receipts.
    Intake,
    /// Look at recordings, outcomes and receipts.
    Reader,
    /// All of that, import files, and see how the server is.
    Admin,
}

impl Role {
    /// Every role with its word.
    pub const WORDS: [(&'static str, Self); 3] =
        [("intake", Self::Intake), ("reader", Self::Reader), ("admin", Self::Admin)];

    /// Its word.
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(_, role)| *role == self).map_or("", |(word, _)| word)
    }

    /// The role with a word.
    pub fn of(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(known, _)| *known == word).map(|(_, role)| *role)
    }

    /// Whether it may bring recordings.
    pub fn may_bring(self) -> bool {
        matches!(self, Self::Intake | Self::Admin)
    }

    /// Whether it may look at evidence.
    pub fn may_look(self) -> bool {
        matches!(self, Self::Reader | Self::Admin)
    }

    /// Whether it may import files and change how the server works.
    pub fn may_administer(self) -> bool {
        self == Self::Admin
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// How ledger entries name them.
    pub id: String,
    /// What they may do.
    pub role: Role,
}

impl Principal {
    /// The actor of a ledger entry.
    pub fn actor(&self) -> String {
        format!("token:{}", self.id)
    }
}

/// The form in which a token's hash is kept.
pub fn hash_of(token: &str) -> String {
    hex(digest(&SHA256, token.as_bytes()).as_ref())
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        text.push(char::from_digit(u32::from(byte >> 4), 16).unwrap_or('0'));
        text.push(char::from_digit(u32::from(byte & 15), 16).unwrap_or('0'));
        text
    })
}

impl Program {
    /// Makes a token; its text is shown now and never again.
    ///
    /// # Errors
    /// Where the database cannot keep it.
    pub async fn create_token(
        &self,
        name: &str,
        role: Role,
        actor: &str,
    ) -> Result<(String, String), ProgramError> {
        self.may_write()?;
        let text = format!("onr_{}", URL_SAFE_NO_PAD.encode(self.world.random::<32>()));
        let now = self.world.now();
        let id = self.world.id().simple().to_string();
        let token = tokens::Token {
            id: id.clone(),
            name: name.to_owned(),
            role: role.word().to_owned(),
            created_at: now,
            revoked_at: None,
        };
        let mut tx = self.store.begin().await?;
        tokens::add(&mut tx, &token, &hash_of(&text)).await?;
        let facts = [("role", role.word().into()), ("name", name.into())];
        let event = custody::Event::new(Kind::AccessChanged, &id, actor, "token created").with(facts);
        self.record(&mut tx, event).await?;
        commit(tx).await?;
        Ok((id, text))
    }

    /// Revokes a token.
    ///
    /// # Errors
    /// Where there is none with this id that is still in use, or where the database cannot.
    pub async fn revoke_token(&self, id: &str, actor: &str) -> Result<(), ProgramError> {
        let mut tx = self.store.begin().await?;
        if !tokens::revoke(&mut tx, id, self.world.now()).await? {
            return Err(ProgramError::NotFound { what: "token in use", id: id.to_owned() });
        }
        self.record(&mut tx, custody::Event::new(Kind::AccessChanged, id, actor, "token revoked")).await?;
        commit(tx).await?;
        Ok(())
    }

    /// Who a token belongs to; none where it is unknown or revoked.
    ///
    /// # Errors
    /// Where the database cannot be asked.
    pub async fn principal(&self, token: &str) -> Result<Option<Principal>, ProgramError> {
        let found = tokens::by_hash(&self.store, &hash_of(token)).await?;
        Ok(found.and_then(|token| Some(Principal { role: Role::of(&token.role)?, id: token.id })))
    }
}
