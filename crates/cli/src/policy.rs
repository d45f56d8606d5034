//! `onrecord policy`: check, explain and compare policies.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use crate::files::read_policy;

/// Check a policy, explain it in plain English, or try it on history
#[derive(Args)]
pub struct PolicyCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Check that a policy file can be used
    Check {
        /// A TOML file, or a shipped policy
        policy: String,
    },
    /// Say what a policy asks, in plain English with citations
    Explain {
        /// A TOML file, or a shipped policy
        policy: String,
    },
}

/// Runs the command; answers a sentence where it cannot be done.
pub fn run(command: PolicyCommand) -> Result<ExitCode, String> {
    match command.action {
        Action::Check { policy } => {
            let read = read_policy(&policy)?;
            println!("{policy}: {} (id {}, version {}) can be used.", read.title, read.id, read.version);
            for warning in read.warnings() {
                println!("Warning: {warning}");
            }
        }
        Action::Explain { policy } => print!("{}", read_policy(&policy)?.explain()),
    }
    Ok(ExitCode::SUCCESS)
}
