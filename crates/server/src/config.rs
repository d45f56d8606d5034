//! The one configuration file. Every key is documented in docs/operations.md; an unknown one is refused. Any key can be
//! overridden by the environment: `ONRECORD__DATABASE__URL` overrides `url` under `[database]`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::ServerError;

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// Addresses and names.
    #[serde(default)]
    pub server: ServerConfig,
    /// Where keys lie.
    #[serde(default)]
    pub keys: KeysConfig,
    /// Which database.
    #[serde(default)]
    pub database: DatabaseConfig,
    /// Where evidence lies.
    #[serde(default)]
    pub evidence: ShelfConfig,
    /// A second place for evidence, from which a scrub repairs.
    pub mirror: Option<ShelfConfig>,
    /// The ledger.
    #[serde(default)]
    pub ledger: LedgerConfig,
    /// Media tools.
    #[serde(default)]
    pub media: MediaConfig,
    /// Axis body-worn systems.
    #[serde(default)]
    pub axis: AxisConfig,
    /// The audit.
    #[serde(default)]
    pub audit: AuditConfig,
    /// How people sign in.
    #[serde(default)]
    pub sign_in: SignInConfig,
    /// The agency's identity provider.
    pub oidc: Option<OidcConfig>,
    /// Mail about what waits on a person.
    pub mail: Option<MailConfig>,
}

/// Addresses and names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Where HTTP is spoken: behind a balancer that speaks TLS, or on this machine only.
    pub listen: SocketAddr,
    /// Where HTTPS is spoken; cameras deliver here.
    pub tls_listen: Option<SocketAddr>,
    /// The name under which others reach this server: in the certificate and the connection file, and, before the first
    /// start, in the name of the ledger.
    pub host: String,
    /// The address under which browsers reach this server, such as `https://evidence.example.org`: passkeys and the
    /// identity provider need it.
    pub public_url: Option<String>,
    /// The agency's name.
    pub name: String,
    /// What everybody reads before they sign in.
    pub banner: String,
    /// Whether everything here is invented: then every page says so.
    pub demo: bool,
    /// Balancers in front of this server: what they say of a client's address, and of its speaking TLS, is believed
    /// (`X-Forwarded-For`, `X-Forwarded-Proto`). Of nobody else it is.
    pub trusted_proxies: Vec<IpAddr>,
}

/// What stands before the sign-in where the agency says nothing else, as the CJIS Security Policy wants it (AC-8).
const BANNER: &str = "You are about to use a system with evidence of police work. It is for authorised persons only, for their \
    work only. All use is recorded and may be monitored and audited. Unauthorised use is forbidden and may be punished. By \
    signing in you consent to this.";

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            tls_listen: Some(SocketAddr::from(([127, 0, 0, 1], 8443))),
            host: "localhost".to_owned(),
            public_url: None,
            name: "Onrecord".to_owned(),
            banner: BANNER.to_owned(),
            demo: false,
            trusted_proxies: Vec::new(),
        }
    }
}

/// How people sign in.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInConfig {
    /// Whether everybody with a password must have a second factor.
    pub require_second_factor: bool,
}

/// Where keys lie.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KeysConfig {
    /// The key folder; beside the data folder, named like it with `-keys` behind, where not given.
    pub folder: Option<PathBuf>,
}

/// Which database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `postgres://…`; SQLite in the data folder where not given.
    pub url: Option<String>,
}

/// Where evidence lies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, tag = "kind", rename_all = "snake_case")]
pub enum ShelfConfig {
    /// A folder.
    Folder {
        /// Its path; `evidence` in the data folder where not given.
        path: Option<PathBuf>,
    },
    /// A bucket of any S3 API.
    Bucket {
        /// Address of the API; AWS's own where not given.
        endpoint: Option<String>,
        /// Region.
        #[serde(default = "default_region")]
        region: String,
        /// The bucket.
        bucket: String,
        /// Access key id.
        access_key: String,
        /// Secret access key; better given by the environment.
        secret_key: String,
        /// Whether the API may be spoken to without TLS.
        #[serde(default)]
        allow_http: bool,
        /// What every object's name begins with.
        #[serde(default)]
        prefix: String,
    },
}

fn default_region() -> String {
    "us-east-1".to_owned()
}

impl Default for ShelfConfig {
    fn default() -> Self {
        Self::Folder { path: None }
    }
}

/// The ledger.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerConfig {
    /// Seconds between publications.
    pub publish_every_seconds: u64,
    /// What is published is filled up to a multiple of so many entries, which hides quiet and busy hours.
    pub pad_to: u64,
    /// Who cosigns what is published.
    pub witnesses: Vec<WitnessConfig>,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { publish_every_seconds: 3_600, pad_to: 16, witnesses: Vec::new() }
    }
}

/// A witness.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Where it answers: `/add-checkpoint` is added.
    pub url: String,
    /// Its verifier key.
    pub key: String,
}

/// Media tools.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MediaConfig {
    /// The path of ffprobe.
    pub ffprobe: PathBuf,
    /// The path of ffmpeg.
    pub ffmpeg: PathBuf,
    /// Which user the tools run as, where the server runs as root: a user id without rights of its own.
    pub run_as_user: u32,
    /// Likewise the group.
    pub run_as_group: u32,
    /// The largest clip that media tools are given whole, in bytes.
    pub scratch_bytes: u64,
}

impl Default for MediaConfig {
    fn default() -> Self {
        Self {
            ffprobe: "/usr/bin/ffprobe".into(),
            ffmpeg: "/usr/bin/ffmpeg".into(),
            run_as_user: 65_534,
            run_as_group: 65_534,
            scratch_bytes: 1 << 30,
        }
    }
}

/// Axis body-worn systems.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AxisConfig {
    /// Whether cameras shall encrypt what they record for the agency's own key.
    pub want_encryption: bool,
}

/// The audit.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditConfig {
    /// The policy: a shipped one, or the path of a file.
    pub policy: Option<String>,
    /// The zone of local times that come without one: an IANA name.
    pub timezone: Option<String>,
}

/// The agency's identity provider (OpenID Connect).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// Its address: `/.well-known/openid-configuration` is added.
    pub issuer: String,
    /// What it calls this server.
    pub client_id: String,
    /// What this server proves itself with; better given by the environment.
    pub client_secret: Option<String>,
    /// What the way to it is called on the sign-in page.
    #[serde(default = "default_label")]
    pub label: String,
    /// What it is asked for beside `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// The claim that is the sign-in name here. Without it, people are known by the provider's own name for them, which an
    /// administrator writes down.
    pub name_claim: Option<String>,
    /// The claim that lists a person's groups, where those decide on roles.
    pub roles_claim: Option<String>,
    /// For each group its roles.
    #[serde(default)]
    pub roles: BTreeMap<String, Vec<String>>,
}

/// Mail about what waits on a person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// The mail server (SMTP).
    pub host: String,
    /// Its port: 465 with `tls`, 587 with `starttls`, 25 with `none` where not given.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub protection: MailProtection,
    /// What this server signs in with there.
    pub user: Option<String>,
    /// Its password; better given by the environment.
    pub password: Option<String>,
    /// The address that mail comes from.
    pub from: String,
    /// How long what somebody is told waits for more, so that it becomes one mail.
    #[serde(default = "default_wait")]
    pub wait_seconds: u32,
}

/// How a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailProtection {
    /// TLS from the first byte.
    Tls,
    /// TLS after STARTTLS; without it no mail is sent.
    #[default]
    StartTls,
    /// None: for a mail server on this machine.
    None,
}

fn default_wait() -> u32 {
    120
}

fn default_label() -> String {
    "Agency account".to_owned()
}

fn default_scopes() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}

impl Config {
    /// The defaults for a data folder.
    pub fn for_data(data: &Path) -> Self {
        Self {
            data: data.to_owned(),
            server: ServerConfig::default(),
            keys: KeysConfig::default(),
            database: DatabaseConfig::default(),
            evidence: ShelfConfig::default(),
            mirror: None,
            ledger: LedgerConfig::default(),
            media: MediaConfig::default(),
            axis: AxisConfig::default(),
            audit: AuditConfig::default(),
            sign_in: SignInConfig::default(),
            oidc: None,
            mail: None,
        }
    }

    /// Reads a file, and what the environment overrides.
    ///
    /// # Errors
    /// A sentence that names the file and the line.
    pub fn read(
        file: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ServerError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ServerError::Config(format!("{} cannot be read: {error}.", file.display())))?;
        let at = |error: toml::de::Error| {
            ServerError::Config(format!("{} cannot be used as configuration: {error}", file.display()))
        };
        // Read once as it stands, so that an error names its line.
        let written: Self = toml::from_str(&text).map_err(at)?;
        let overrides: Vec<_> = environment.filter(|(name, _)| name.starts_with("ONRECORD__")).collect();
        if overrides.is_empty() {
            return Ok(written);
        }
        let mut table: toml::Table = toml::from_str(&text).map_err(at)?;
        for (name, value) in &overrides {
            set(&mut table, name, value)?;
        }
        toml::Value::Table(table).try_into().map_err(|error| {
            ServerError::Config(format!("The environment overrides {}: {error}", file.display()))
        })
    }

    /// The key folder.
    pub fn key_folder(&self) -> PathBuf {
        self.keys.folder.clone().unwrap_or_else(|| {
            let mut name = self.data.file_name().unwrap_or_default().to_owned();
            name.push("-keys");
            self.data.with_file_name(name)
        })
    }
}

/// Sets `ONRECORD__SECTION__KEY` (or `ONRECORD__KEY`) in a table.
fn set(table: &mut toml::Table, name: &str, value: &str) -> Result<(), ServerError> {
    let path = name.trim_start_matches("ONRECORD__").to_ascii_lowercase();
    let value = value
        .parse::<i64>()
        .map(toml::Value::Integer)
        .or_else(|_| value.parse::<bool>().map(toml::Value::Boolean))
        .unwrap_or_else(|_| toml::Value::String(value.to_owned()));
    match path.split_once("__") {
        None => {
            table.insert(path, value);
        }
        Some((section, key)) => {
            let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            let Some(section) = section.as_table_mut() else {
                return Err(ServerError::Config(format!(
                    "{name} overrides a key of something that has none."
                )));
            };
            section.insert(key.to_owned(), value);
        }
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, ServerError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("onrecord.toml");
        std::fs::write(&file, text).unwrap();
        Config::read(&file, environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn an_unknown_key_is_refused_by_name_and_line() {
        let error = read("data = \"d\"\n[server]\nlissten = \"127.0.0.1:1\"\n", &[]).unwrap_err().to_string();
        assert!(error.contains("lissten") && error.contains("line 3"), "{error}");
    }

    #[test]
    fn a_bucket_without_its_name_is_refused() {
        let text = "data = \"d\"\n[evidence]\nkind = \"bucket\"\naccess_key = \"a\"\nsecret_key = \"s\"\n";
        assert!(read(text, &[]).unwrap_err().to_string().contains("bucket"));
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let over = [
            ("ONRECORD__DATABASE__URL", "postgres://db/x"),
            ("ONRECORD__LEDGER__PAD_TO", "64"),
            ("HOME", "/"),
        ];
        let config = read("data = \"d\"\n[ledger]\npad_to = 4\n", &over).unwrap();
        assert_eq!((config.database.url.as_deref(), config.ledger.pad_to), (Some("postgres://db/x"), 64));
    }

    #[test]
    fn an_unknown_key_of_the_environment_is_refused() {
        let error = read("data = \"d\"\n", &[("ONRECORD__SERVER__PORT", "80")]).unwrap_err().to_string();
        assert!(error.contains("port"), "{error}");
    }

    #[test]
    fn keys_lie_beside_the_data_unless_told_otherwise() {
        assert_eq!(Config::for_data(Path::new("/srv/x/data")).key_folder(), Path::new("/srv/x/data-keys"));
    }
}
