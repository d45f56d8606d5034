//! Puts a program together from its configuration: folders, keys, database, shelf, media tools, ledger.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use onrecord_ledger::LedgerKey;
use onrecord_media::{Media, MediaConfig};
use onrecord_program::mail::{Mail, Protection};
use onrecord_program::origins::key_name;
use onrecord_program::{Live, Program, World};
use onrecord_store::{Store, commit, settings as stored};
use onrecord_vault::{BucketConfig, KeyRing, Shelf};
use tokio::runtime::Handle;

use crate::config::{Config, MailProtection, ShelfConfig};
use crate::{ServerError, settings};

/// How often, and how long apart, the lock on a data folder is tried before another server is believed to hold it.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// A program that is ready, with what only the server needs.
pub struct Opened {
    /// The program.
    pub program: Arc<Program>,
    /// What an Axis system signs in with.
    pub axis_key: String,
    /// Signs the tokens that Axis systems are given.
    pub axis_signer: hmac::Key,
    /// Whether the key folder was made just now.
    pub keys_are_new: bool,
    /// Whether an operator has confirmed a copy of the keys.
    pub keys_copied: bool,
    /// Whether this came back from a backup and has not proved itself.
    pub is_restored: bool,
}

/// The system's time and chance.
pub fn system_world() -> World {
    let random = SystemRandom::new();
    World::new(
        Arc::new(|| {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
        }),
        Arc::new(move |buffer| {
            // Without random bytes no key is safe: there is nothing to go on with.
            if random.fill(buffer).is_err() {
                tracing::error!("the system gives no random bytes");
                std::process::abort();
            }
        }),
    )
}

/// Opens everything. Waits half a minute for a database that does not answer yet.
///
/// # Errors
/// A sentence that says what could not be opened, and why.
pub async fn open(config: &Config, world: World) -> Result<Opened, ServerError> {
    make_folder(&config.data)?;
    let key_folder = config.key_folder();
    let keys_are_new = !key_folder.exists();
    let keys = KeyRing::open(&key_folder, world.filler())
        .map_err(|error| ServerError::doing("The key folder cannot be used")(&error))?;
    let store = open_store(config).await?;
    let shelf = Arc::new(open_shelf(&config.evidence, &config.data)?);
    let mirror =
        config.mirror.as_ref().map(|mirror| open_shelf(mirror, &config.data).map(Arc::new)).transpose()?;
    let ledger_key = ledger_key(&keys, config, &world, present_origin(&store).await?)?;
    let axis_key = text_secret(&keys, "axis.key", &world)?;
    let axis_signer =
        hmac::Key::new(hmac::HMAC_SHA256, text_secret(&keys, "axis-tokens.key", &world)?.as_bytes());
    let media = open_media(config)?;
    let mail = open_mail(config)?;
    let keys_copied = stored::get(&store, settings::KEYS_COPIED)
        .await
        .map_err(|error| ServerError::doing("The settings cannot be read")(&error))?
        .is_some();
    let program = Program {
        store,
        shelf,
        mirror,
        keys: Arc::new(keys),
        media,
        mail,
        ledger_key,
        scratch: config.data.join("scratch"),
        world,
        live: Live::default(),
    };
    program.open_ledger().await.map_err(|error| ServerError::doing("The ledger cannot be opened")(&error))?;
    let is_restored = program
        .read_restored()
        .await
        .map_err(|error| ServerError::doing("The settings cannot be read")(&error))?;
    Ok(Opened { program: Arc::new(program), axis_key, axis_signer, keys_are_new, keys_copied, is_restored })
}

/// Keeps a second server away from a data folder that holds its own database.
///
/// # Errors
/// Where another one uses it.
pub fn lock(config: &Config) -> Result<Option<File>, ServerError> {
    if config.database.url.is_some() {
        return Ok(None);
    }
    make_folder(&config.data)?;
    let path = config.data.join("server.lock");
    let file = File::create(&path)
        .map_err(|error| ServerError::doing(format!("{} cannot be written", path.display()))(&error))?;
    // A tool that was being started when its server was killed holds the lock for a moment longer.
    for _ in 0..LOCK_TRIES {
        if file.try_lock().is_ok() {
            return Ok(Some(file));
        }
        std::thread::sleep(LOCK_PAUSE);
    }
    Err(ServerError::Config(format!(
        "Another onrecord serves {}: stop it first, or use PostgreSQL for several nodes.",
        config.data.display()
    )))
}

fn make_folder(folder: &Path) -> Result<(), ServerError> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        ServerError::doing(format!("The folder {} cannot be made", folder.display()))(&error)
    })
}

async fn open_store(config: &Config) -> Result<Store, ServerError> {
    let Some(url) = &config.database.url else {
        return Store::open_folder(&config.data).await.map_err(|error| {
            ServerError::doing(format!("The database in {}", config.data.display()))(&error)
        });
    };
    let mut tries = 0;
    loop {
        match Store::open(url).await {
            Ok(store) => return Ok(store),
            Err(error) if tries == 30 => {
                return Err(ServerError::doing("The database cannot be opened")(&error));
            }
            Err(onrecord_store::StoreError::Database { source, .. }) => {
                tracing::warn!(error = %source, "the database does not answer yet");
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Err(error) => return Err(ServerError::doing("The database cannot be opened")(&error)),
        }
    }
}

fn open_shelf(config: &ShelfConfig, data: &Path) -> Result<Shelf, ServerError> {
    let opened = match config {
        ShelfConfig::Folder { path } => Shelf::folder(path.clone().unwrap_or_else(|| data.join("evidence"))),
        ShelfConfig::Bucket { endpoint, region, bucket, access_key, secret_key, allow_http, prefix } => {
            let config = BucketConfig {
                endpoint: endpoint.clone(),
                region: region.clone(),
                bucket: bucket.clone(),
                access_key: access_key.clone(),
                secret_key: secret_key.clone(),
                allow_http: *allow_http,
                prefix: prefix.clone(),
            };
            Shelf::bucket(&config, Handle::current())
        }
    };
    opened.map_err(|error| ServerError::doing("The place for evidence cannot be opened")(&error))
}

/// The number of the origin that the database holds; 1 before the first start.
async fn present_origin(store: &Store) -> Result<u64, ServerError> {
    let state = onrecord_store::ledger::tree(store)
        .await
        .map_err(|error| ServerError::doing("The ledger cannot be opened")(&error))?;
    Ok(state.map_or(1, |state| state.number))
}

/// The ledger's key: made at the first start, under the name that the host has then. The key of a later origin is made
/// where that is opened, and nowhere else.
fn ledger_key(keys: &KeyRing, config: &Config, world: &World, number: u64) -> Result<LedgerKey, ServerError> {
    let failed =
        |why: &dyn std::fmt::Display| ServerError::doing("The ledger's key cannot be made or read")(why);
    let name = key_name(number);
    if number > 1 && !config.key_folder().join(&name).exists() {
        return Err(failed(&format!(
            "{name} is not in the key folder: give the one that belongs to this database"
        )));
    }
    let origin = format!("{}/ledger", config.server.host);
    let fresh = LedgerKey::generate(&origin, &world.random()).map_err(|error| failed(&error))?;
    let text = keys.secret(&name, || fresh.to_text().into_bytes()).map_err(|error| failed(&error))?;
    let text = String::from_utf8(text).map_err(|error| failed(&error))?;
    LedgerKey::from_text(text.trim()).map_err(|error| failed(&error))
}

fn text_secret(keys: &KeyRing, name: &str, world: &World) -> Result<String, ServerError> {
    let secret = keys
        .secret(name, || URL_SAFE_NO_PAD.encode(world.random::<32>()).into_bytes())
        .map_err(|error| ServerError::doing(format!("The secret {name} cannot be made or read"))(&error))?;
    String::from_utf8(secret).map_err(|error| ServerError::doing(format!("The secret {name}"))(&error))
}

fn open_media(config: &Config) -> Result<Option<Media>, ServerError> {
    let media = &config.media;
    if !media.ffprobe.exists() || !media.ffmpeg.exists() {
        tracing::warn!(
            "ffprobe and ffmpeg are not installed: clips are kept, but no facts are read from them"
        );
        return Ok(None);
    }
    let jailer = std::env::current_exe()
        .map_err(|error| ServerError::doing("The program's own path cannot be told")(&error))?;
    Ok(Some(Media::new(MediaConfig {
        jailer,
        jailer_args: vec!["media-jail".to_owned()],
        ffprobe: media.ffprobe.clone(),
        ffmpeg: media.ffmpeg.clone(),
        run_as: is_root().then_some((media.run_as_user, media.run_as_group)),
        scratch_bytes: media.scratch_bytes,
        ..MediaConfig::default()
    })))
}

fn open_mail(config: &Config) -> Result<Option<Mail>, ServerError> {
    let Some(mail) = &config.mail else { return Ok(None) };
    let (protection, usual_port) = match mail.protection {
        MailProtection::Tls => (Protection::Tls, 465),
        MailProtection::StartTls => (Protection::StartTls, 587),
        MailProtection::None => (Protection::None, 25),
    };
    let credentials = match (&mail.user, &mail.password) {
        (Some(user), Some(password)) => Some((user.clone(), password.clone())),
        (None, None) => None,
        _ => {
            return Err(ServerError::Config(
                "[mail] user and password stand together, or not at all.".to_owned(),
            ));
        }
    };
    let opened = Mail::new(onrecord_program::mail::MailConfig {
        host: mail.host.clone(),
        port: mail.port.unwrap_or(usual_port),
        protection,
        credentials,
        from: mail.from.clone(),
        agency: config.server.name.clone(),
        url: config.server.public_url.as_deref().map(|url| url.trim_end_matches('/').to_owned()),
        wait: i64::from(mail.wait_seconds) * 1_000_000,
    });
    opened.map(Some).map_err(|why| ServerError::Config(format!("[mail] {why}.")))
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// Keeps where this server listens, for `onrecord admin connection-file`.
pub(crate) async fn remember_addresses(
    program: &Program,
    plain: SocketAddr,
    encrypted: Option<SocketAddr>,
) -> Result<(), ServerError> {
    let write = async {
        let mut tx = program.store.begin().await?;
        stored::set(&mut tx, settings::PLAIN_ADDRESS, &plain.to_string()).await?;
        let encrypted = encrypted.map(|address| address.to_string()).unwrap_or_default();
        stored::set(&mut tx, settings::TLS_ADDRESS, &encrypted).await?;
        commit(tx).await
    };
    write.await.map_err(|error| ServerError::doing("The addresses cannot be kept")(&error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_given_back_in_a_moment_is_waited_for_and_one_that_is_not_is_another_server() {
        let folder = tempfile::tempdir().unwrap();
        let config = Config::for_data(&folder.path().join("data"));
        let held = lock(&config).unwrap().unwrap();
        assert!(lock(&config).unwrap_err().to_string().starts_with("Another onrecord serves "));
        let gives_back = std::thread::spawn(move || {
            std::thread::sleep(LOCK_PAUSE * 3);
            drop(held);
        });
        assert!(lock(&config).unwrap().is_some());
        gives_back.join().unwrap();
    }
}
