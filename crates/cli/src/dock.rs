//! `onrecord dock`: the agent beside a dock.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use onrecord_dock::{DockConfig, Profile, Until, read_token};

use crate::serve;

/// Bring what cameras recorded to the server, and say what is safe to delete
///
/// For cameras that mount as a disk. Watches the folder under which they are mounted, uploads what
/// is new, and calls a file safe only after it has read it again and verified its receipt. Pull a
/// camera out at any byte: the upload goes on when it comes back. docs/dock.md says more.
///
/// Exit codes: 0 stopped, or with --once everything is safe; 1 with --once, something is not yet
/// safe; 2 it cannot be done.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct DockCommand {
    /// The folder under which cameras are mounted: each folder in it is one camera
    #[arg(long, value_name = "DIR")]
    watch: PathBuf,
    /// The server's address
    #[arg(long, value_name = "URL")]
    server: String,
    /// A file of one line: a token with the role intake
    #[arg(long, value_name = "FILE")]
    token_file: PathBuf,
    /// The agent's own folder, on the computer's own disk; made where it is missing
    #[arg(long, value_name = "DIR")]
    state: PathBuf,
    /// How the cameras name and describe what they record: a built-in profile, or a TOML file
    #[arg(long, value_name = "NAME|FILE", default_value = "generic")]
    profile: String,
    /// The ledger's verifier key [default: the server's own at the first use, held on to]
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
    /// The zone of the cameras' local times, before what the profile says
    #[arg(long, value_name = "IANA")]
    timezone: Option<String>,
    /// A certificate to trust beside the system's, such as the server's own (PEM)
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Try everything that is there once, then end
    #[arg(long)]
    once: bool,
}

/// The exit code where something is not safe yet.
const LEFT: u8 = 1;

/// Runs the agent until it is told to stop.
pub fn run(command: DockCommand) -> Result<ExitCode, String> {
    serve::log();
    let profile = Profile::load(&command.profile).map_err(|error| error.to_string())?;
    let token = read_token(&command.token_file).map_err(|error| error.to_string())?;
    let mut config = DockConfig::new(command.watch, command.server, token, command.state, profile);
    config.key = command.key;
    config.timezone = command.timezone;
    if command.once {
        config.until = Until::Tried;
    }
    if let Some(file) = &command.certificate {
        let pem = std::fs::read_to_string(file)
            .map_err(|error| format!("The certificate {} cannot be read: {error}.", file.display()))?;
        config.client.root_certificates = Some(pem);
    }
    let summary = serve::runtime()?
        .block_on(onrecord_dock::run(config, jiff::Timestamp::now, serve::told_to_stop(), |event| {
            say!("{event}");
        }))
        .map_err(|error| error.to_string())?;
    say!("{} files are safe, {} are not yet.", summary.safe, summary.left);
    Ok(if command.once && summary.left > 0 { ExitCode::from(LEFT) } else { ExitCode::SUCCESS })
}
