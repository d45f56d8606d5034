//! What the agent is told.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::{DockError, Profile};

/// How long the agent runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// Until it is stopped.
    Stopped,
    /// Until every file that is there has been tried once.
    Tried,
}

/// What the agent is told. Made by [`DockConfig::new`]; the rest has defaults.
#[derive(Clone)]
pub struct DockConfig {
    /// The folder under which cameras are mounted: each folder in it is one camera; files directly in it count too.
    pub watch: PathBuf,
    /// The server's address.
    pub server: String,
    /// The token; see [`read_token`].
    pub token: String,
    /// The agent's own folder, made where it is missing.
    pub state: PathBuf,
    /// How the cameras name and describe what they record.
    pub profile: Profile,
    /// The ledger's verifier key; without one, the server's own is taken at first and held on to.
    pub key: Option<String>,
    /// The zone of the cameras' local times, before what the profile says: an IANA name.
    pub timezone: Option<String>,
    /// How long to run.
    pub until: Until,
    /// From one look to the next.
    pub look_every: Duration,
    /// How many files are brought at the same time.
    pub at_once: usize,
    /// The wait after the first failure of a file; it doubles.
    pub first_pause: Duration,
    /// The longest wait before a file is tried again.
    pub longest_pause: Duration,
    /// How the client behaves, the extra root certificate included.
    pub client: onrecord_client::Options,
}

impl DockConfig {
    /// With defaults for whatever is not named here: a look every 5 s, four files at once, until it is stopped.
    pub fn new(watch: PathBuf, server: String, token: String, state: PathBuf, profile: Profile) -> Self {
        Self {
            watch,
            server,
            token,
            state,
            profile,
            key: None,
            timezone: None,
            until: Until::Stopped,
            look_every: Duration::from_secs(5),
            at_once: 4,
            first_pause: Duration::from_secs(5),
            longest_pause: Duration::from_mins(10),
            client: onrecord_client::Options::default(),
        }
    }
}

/// Reads the token file: one line.
///
/// # Errors
/// It cannot be read, or holds no token.
pub fn read_token(path: &Path) -> Result<String, DockError> {
    let text = fs::read_to_string(path).map_err(|source| DockError::File {
        path: path.to_owned(),
        action: "read the token",
        source,
    })?;
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(DockError::Token { path: path.to_owned() });
    }
    Ok(token.to_owned())
}
