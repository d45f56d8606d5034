//! `onrecord admin`: what an operator does beside the running server.

mod user;

use std::fs;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use onrecord_program::Role;
use onrecord_program::backup::RESTORED;
use onrecord_server::{Config, Opened, open, settings};
use onrecord_store::{Store, StoreError, commit, settings as stored, tokens};

use crate::serve::{Place, runtime};

/// People, tokens, keys, the connection file for cameras, the state of the evidence
///
/// Works beside a running server. Everything that changes something is written into the ledger.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct AdminCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Tokens: who may call the API
    #[command(subcommand)]
    Token(TokenCommand),
    /// People: who may sign in, and with which rights
    #[command(subcommand)]
    User(user::UserCommand),
    /// Print the file that an Axis body-worn manager loads
    ConnectionFile {
        #[command(flatten)]
        place: Place,
        /// How cameras reach this server [default: https, host as configured, port of the last start]
        #[arg(long, value_name = "URL")]
        base_url: Option<String>,
    },
    /// Keys: copies, rotation
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Copy database and evidence into a folder; run again, it copies what is new. Keys are not in it
    Backup {
        #[command(flatten)]
        place: Place,
        /// The folder for the copy
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Make a data folder from a backup; it takes nothing in until it has proved itself
    Restore {
        #[command(flatten)]
        place: Place,
        /// The folder with the copy
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
    /// Say that the database was restored with its own tools (PostgreSQL)
    MarkRestored {
        #[command(flatten)]
        place: Place,
    },
    /// Prove that a restored copy extends the last published checkpoint
    ProveRestore {
        #[command(flatten)]
        place: Place,
        /// The checkpoint, as it was published at /ledger/checkpoint or kept by a witness
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
    },
    /// Where a restored copy cannot prove itself: end the old origin of the ledger in public, and go on under a new one
    OpenOrigin {
        #[command(flatten)]
        place: Place,
        /// The last checkpoint of the old origin that the world has: published, or kept by a witness
        #[arg(long, value_name = "FILE")]
        checkpoint: PathBuf,
        /// What happened, in words; it is published
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Read evidence again, compare it with what was sealed, repair from the second store
    Scrub {
        #[command(flatten)]
        place: Place,
        /// Stop after about so many bytes; the next run goes on from there
        #[arg(long, value_name = "BYTES", default_value_t = u64::MAX)]
        budget: u64,
    },
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Make a token and print it; it is shown once
    Create {
        #[command(flatten)]
        place: Place,
        /// What it may do
        #[arg(long)]
        role: RoleWord,
        /// What you call it, for the list
        #[arg(long, default_value = "")]
        name: String,
    },
    /// List tokens
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Revoke a token by its id
    Revoke {
        #[command(flatten)]
        place: Place,
        /// The id, as the list shows it
        id: String,
    },
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Say that the key folder has been copied to a safe place
    ConfirmCopy {
        #[command(flatten)]
        place: Place,
    },
    /// Give a period a new key-encryption key; evidence is not encrypted again
    Rotate {
        #[command(flatten)]
        place: Place,
        /// The period, YYYY-MM; all of them where not given
        #[arg(long, value_name = "YYYY-MM")]
        period: Option<String>,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleWord {
    /// Bring recordings, and ask for their receipts
    Intake,
    /// Look at recordings, outcomes and receipts
    Reader,
    /// All of that, and imports
    Admin,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Intake => Self::Intake,
            RoleWord::Reader => Self::Reader,
            RoleWord::Admin => Self::Admin,
        }
    }
}

/// How the ledger names somebody at the command line of this machine.
const OPERATOR: &str = "operator";

/// Does it; answers a sentence where it cannot be done.
pub fn run(command: AdminCommand) -> Result<ExitCode, String> {
    let runtime = runtime()?;
    runtime.block_on(async {
        match command.what {
            What::Token(command) => token(command).await,
            What::User(command) => user::run(command).await,
            What::ConnectionFile { place, base_url } => {
                let (config, opened) = opened(&place).await?;
                let file = onrecord_server::connection_file(&config, &opened, base_url.as_deref())
                    .await
                    .map_err(|error| error.to_string())?;
                let text = serde_json::to_string_pretty(&file).map_err(|error| error.to_string())?;
                say!("{text}");
                Ok(ExitCode::SUCCESS)
            }
            What::Keys(command) => keys(command).await,
            What::Scrub { place, budget } => scrub(&place, budget).await,
            What::Backup { place, out } => backup(&place, &out).await,
            What::Restore { place, from } => restore(&place, &from).await,
            What::MarkRestored { place } => {
                let (_, opened) = opened(&place).await?;
                opened.program.mark_restored().await.map_err(|error| error.to_string())?;
                say!("Noted. Start the servers again; they take nothing in until prove-restore.");
                Ok(ExitCode::SUCCESS)
            }
            What::ProveRestore { place, checkpoint } => prove_restore(&place, &checkpoint).await,
            What::OpenOrigin { place, checkpoint, reason } => open_origin(&place, &checkpoint, &reason).await,
        }
    })
}

async fn opened(place: &Place) -> Result<(Config, Opened), String> {
    let config = place.config()?;
    let opened = open(&config, open::system_world()).await.map_err(|error| error.to_string())?;
    Ok((config, opened))
}

async fn token(command: TokenCommand) -> Result<ExitCode, String> {
    match command {
        TokenCommand::Create { place, role, name } => {
            let (_, opened) = opened(&place).await?;
            let created = opened.program.create_token(&name, role.into(), OPERATOR).await;
            let (_, text) = created.map_err(|error| error.to_string())?;
            say!("{text}");
        }
        TokenCommand::List { place } => {
            let (_, opened) = opened(&place).await?;
            let all = tokens::all(&opened.program.store).await.map_err(|error| error.to_string())?;
            for token in all {
                let state = if token.revoked_at.is_some() { "revoked" } else { "in use" };
                say!("{}  {:<6}  {:<7}  {}", token.id, token.role, state, token.name);
            }
        }
        TokenCommand::Revoke { place, id } => {
            let (_, opened) = opened(&place).await?;
            opened.program.revoke_token(&id, OPERATOR).await.map_err(|error| error.to_string())?;
            say!("The token {id} is revoked.");
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn keys(command: KeysCommand) -> Result<ExitCode, String> {
    match command {
        KeysCommand::ConfirmCopy { place } => {
            let (config, opened) = opened(&place).await?;
            let program = &opened.program;
            let confirm = async {
                let mut tx = program.store.begin().await?;
                stored::set(&mut tx, settings::KEYS_COPIED, &program.world.now().to_string()).await?;
                commit(tx).await
            };
            confirm.await.map_err(|error| error.to_string())?;
            say!("Noted: {} was copied to a safe place.", config.key_folder().display());
        }
        KeysCommand::Rotate { place, period } => {
            let (_, opened) = opened(&place).await?;
            let periods = match period {
                Some(period) => vec![period],
                None => opened.program.keys.periods().map_err(|error| error.to_string())?,
            };
            for period in periods {
                let wrapped =
                    opened.program.rotate(&period, OPERATOR).await.map_err(|error| error.to_string())?;
                say!("{period}: {wrapped} data keys wrapped anew. Copy the key folder again.");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn scrub(place: &Place, budget: u64) -> Result<ExitCode, String> {
    let (_, opened) = opened(place).await?;
    let found = opened.program.scrub(budget).await.map_err(|error| error.to_string())?;
    say!("{} clips and {} bytes read again; {} orphans removed.", found.clips, found.bytes, found.orphans);
    for clip in &found.repaired {
        say!("repaired  {clip}");
    }
    for (clip, damage) in &found.damaged {
        say!("DAMAGED   {clip}: {damage}");
    }
    Ok(if found.damaged.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn backup(place: &Place, out: &Path) -> Result<ExitCode, String> {
    let (config, opened) = opened(place).await?;
    let done = opened.program.back_up(out).await.map_err(|error| error.to_string())?;
    say!("{} objects with {} bytes copied into {}.", done.copied, done.bytes, out.display());
    say!("The key folder {} is not in it: it needs a copy of its own.", config.key_folder().display());
    Ok(ExitCode::SUCCESS)
}

/// Copies a backup into a data folder that must be new, and marks it.
async fn restore(place: &Place, from: &Path) -> Result<ExitCode, String> {
    let config = place.config()?;
    let database = config.data.join("onrecord.db");
    if database.exists() {
        return Err(format!("{} exists already: restore into a new data folder.", database.display()));
    }
    copy_folder(from, &config.data)?;
    // Marked before anything else is opened: where the keys do not fit, the copy must not look like the original.
    mark_copy(&config.data).await.map_err(|error| error.to_string())?;
    let (_, opened) = opened(place).await?;
    opened.program.mark_restored().await.map_err(|error| error.to_string())?;
    say!(
        "Restored into {}. Prove it now: onrecord admin prove-restore --checkpoint FILE",
        config.data.display()
    );
    Ok(ExitCode::SUCCESS)
}

async fn mark_copy(data: &Path) -> Result<(), StoreError> {
    let store = Store::open_folder(data).await?;
    let mut tx = store.begin().await?;
    stored::set(&mut tx, RESTORED, &open::system_world().now().to_string()).await?;
    commit(tx).await?;
    store.close().await;
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    let failed =
        |path: &Path, error: std::io::Error| format!("{} cannot be copied: {error}.", path.display());
    // As the server makes them: nobody's but the owner's, whatever became of the copy's modes on its way.
    fs::DirBuilder::new().recursive(true).mode(0o700).create(to).map_err(|error| failed(to, error))?;
    for entry in fs::read_dir(from).map_err(|error| failed(from, error))? {
        let path = entry.map_err(|error| failed(from, error))?.path();
        let target = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            let copied = fs::copy(&path, &target)
                .and_then(|_| fs::set_permissions(&target, fs::Permissions::from_mode(0o600)));
            copied.map_err(|error| failed(&path, error))?;
        }
    }
    Ok(())
}

async fn prove_restore(place: &Place, checkpoint: &Path) -> Result<ExitCode, String> {
    let note = read_checkpoint(checkpoint)?;
    let (_, opened) = opened(place).await?;
    let newer = opened.program.prove_restore(&note, OPERATOR).await.map_err(|error| error.to_string())?;
    say!("This copy extends the checkpoint, by {newer} entries. Start the server again.");
    Ok(ExitCode::SUCCESS)
}

async fn open_origin(place: &Place, checkpoint: &Path, reason: &str) -> Result<ExitCode, String> {
    let note = read_checkpoint(checkpoint)?;
    let (config, opened) = opened(place).await?;
    let origin =
        opened.program.open_origin(&note, reason, OPERATOR).await.map_err(|error| error.to_string())?;
    say!("The ledger goes on as {}, with {} entries of the old one.", origin.name, origin.kept);
    say!("Its key, for witnesses and docks: {}", origin.key);
    say!("Copy the key folder {} again, then start the servers again.", config.key_folder().display());
    Ok(ExitCode::SUCCESS)
}

fn read_checkpoint(file: &Path) -> Result<String, String> {
    fs::read_to_string(file)
        .map_err(|error| format!("The checkpoint {} cannot be read: {error}.", file.display()))
}
