//! `onrecord policy`: check, explain and compare policies.

mod comparison;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use onrecord_exchange::{Compared, compare};
use onrecord_policy::Policy;

use crate::files::{FileArgs, ReadingBar, read_policy};
use comparison::Names;

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
    Compare(Box<CompareCommand>),
}

/// Try a policy on history: which obligations have another outcome under B than under A
///
/// Decides every obligation of the exports twice, under A and under B, and prints what changes:
/// by outcome, by district and by kind of defect. Nothing that an audit has written is touched.
///
/// What if we allowed 90 seconds instead of 60? Copy the policy in force, give the copy a version
/// of its own, write start_tolerance = "90s" into it, and compare:
///
///   onrecord policy compare in-force.toml ninety.toml \
///     --calls calls.csv --recordings recordings.csv --out tried
///
/// With --out it writes:
///
///   changes.csv      one line for each obligation whose outcome differs, with outcome, reason,
///                    kinds of defects and seconds in defects under A and under B; begin and end
///                    are those under B
///   comparison.json  every figure
///
/// Milder and graver are meant in the order of the audit: recorded, excused, not required and no
/// camera; then awaiting upload and unverifiable; then partial; then missing. What becomes milder
/// is not better recorded: the recordings are the same, only the rule is another. Shares stand
/// here without intervals; `onrecord audit` gives them.
///
/// Exit codes: 0 done, whatever changes; 2 a policy or a file cannot be used.
#[derive(Args)]
#[command(verbatim_doc_comment)]
struct CompareCommand {
    /// The policy to compare with, such as the one in force: a TOML file, or generic, us-il, us-il-chicago
    a: String,
    /// The policy to try, likewise
    b: String,
    #[command(flatten)]
    files: FileArgs,
    /// The folder for changes.csv and comparison.json; made where it is missing [default: write neither]
    #[arg(long, value_name = "DIR", help_heading = "Writing")]
    out: Option<PathBuf>,
    /// How to print the comparison
    #[arg(long, value_enum, default_value_t = Format::Text, help_heading = "Writing")]
    format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables to read
    Text,
    /// The content of comparison.json
    Json,
}

/// Runs the command; answers a sentence where it cannot be done.
pub fn run(command: PolicyCommand) -> Result<ExitCode, String> {
    match command.action {
        Action::Check { policy } => {
            let read = read_policy(&policy)?;
            say!("{policy}: {} (id {}, version {}) can be used.", read.title, read.id, read.version);
            for warning in read.warnings() {
                say!("Warning: {warning}");
            }
        }
        Action::Explain { policy } => say_all!(read_policy(&policy)?.explain()),
        Action::Compare(command) => command.run()?,
    }
    Ok(ExitCode::SUCCESS)
}

impl CompareCommand {
    fn run(&self) -> Result<(), String> {
        let (a, b) = (read_policy(&self.a)?, read_policy(&self.b)?);
        let compared = self.compare(&a, &b)?;
        match self.format {
            Format::Text => {
                let names = Names { a: &self.a, b: &self.b, same: same_name(&a, &b) };
                say_all!(comparison::text(&compared, &names, self.out.as_deref()));
            }
            Format::Json => {
                let json = serde_json::to_string_pretty(&compared).map_err(|e| e.to_string())?;
                say!("{json}");
            }
        }
        Ok(())
    }

    fn compare(&self, a: &Policy, b: &Policy) -> Result<Compared, String> {
        let options = self.files.options()?;
        let bar = ReadingBar::new();
        let mut tell = |done, all| bar.tell(done, all);
        compare(&self.files.inputs(), &options, a, b, self.out.as_deref(), &mut tell)
            .map_err(|e| e.to_string())
    }
}

/// Whether two policies that differ cannot be told apart by what an audit records of them.
fn same_name(a: &Policy, b: &Policy) -> bool {
    a != b && a.id == b.id && a.version == b.version
}
