//! `onrecord verify`: checks a file against its receipt, offline.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use aws_lc_rs::digest::{Context, SHA256};
use clap::Args;
use onrecord_ledger::{Verdict, verify};

/// Check that a file is what a department received, and that its ledger says so
///
/// Needs nothing but the file and its receipt: no network, no server, no trust in the department.
/// Get the ledger's key in another way than the receipt (from the department's public site, from a
/// witness, from a newspaper) and give it with --key: only then does the answer say who signed.
///
/// Exit codes: 0 true; 1 false; 2 cannot say (the receipt cannot be read, or its entry was not yet
/// under a checkpoint: ask for the receipt again).
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct VerifyCommand {
    /// The file
    file: PathBuf,
    /// Its receipt, as JSON
    #[arg(long, value_name = "RECEIPT")]
    receipt: PathBuf,
    /// The ledger's verifier key: the text that begins with its name, or a file that holds it
    #[arg(long, value_name = "VKEY")]
    key: Option<String>,
}

/// The exit code of what is not true.
const FALSE: u8 = 1;

/// Checks; answers a sentence where the file or the receipt cannot be read.
pub fn run(command: &VerifyCommand) -> Result<ExitCode, String> {
    let receipt = std::fs::read_to_string(&command.receipt)
        .map_err(|error| format!("The receipt {} cannot be read: {error}.", command.receipt.display()))?;
    let (digest, size) = digest(&command.file)?;
    let key = command.key.as_deref().map(key_text).transpose()?;
    match verify(&digest, size, &receipt, key.as_deref()) {
        Verdict::True { lines } => {
            say!("TRUE");
            for line in lines {
                say!("{line}");
            }
            Ok(ExitCode::SUCCESS)
        }
        Verdict::False(why) => {
            say!("FALSE");
            say!("{why}");
            Ok(ExitCode::from(FALSE))
        }
        Verdict::CannotSay(why) => {
            say!("CANNOT SAY");
            say!("{why}");
            Ok(ExitCode::from(crate::CANNOT))
        }
    }
}

/// A key is a line of text; who keeps it in a file may name the file.
fn key_text(given: &str) -> Result<String, String> {
    match std::fs::read_to_string(given) {
        Ok(text) => Ok(text.trim().to_owned()),
        Err(error)
            if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidFilename)
                || given.contains('+') =>
        {
            Ok(given.trim().to_owned())
        }
        Err(error) => Err(format!("The key {given} cannot be read: {error}.")),
    }
}

fn digest(path: &Path) -> Result<([u8; 32], u64), String> {
    let failed = |error: std::io::Error| format!("The file {} cannot be read: {error}.", path.display());
    let mut file = File::open(path).map_err(failed)?;
    let mut context = Context::new(&SHA256);
    let mut buffer = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(failed(error)),
        };
        context.update(buffer.get(..read).unwrap_or_default());
        size += read as u64;
    }
    let mut digest = [0; 32];
    digest.copy_from_slice(context.finish().as_ref());
    Ok((digest, size))
}
