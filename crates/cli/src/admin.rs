//! `onrecord admin`: what an operator does beside the running server.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use onrecord_program::Role;
use onrecord_server::{Config, Opened, open, settings};
use onrecord_store::{commit, settings as stored, tokens};

use crate::serve::{Place, runtime};

/// Tokens, keys, the connection file for cameras, the state of the evidence
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
