//! `onrecord witness`: watches that a ledger only grows.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use onrecord_witness::WitnessConfig;

use crate::serve;

/// Watch over a department's ledger: cosign what only grows
///
/// A newspaper, a court or an oversight office runs this. It speaks C2SP tlog-witness: it cosigns a
/// checkpoint only where that extends the last one it saw, and remembers it before it answers. Give
/// the department this witness's address and the key that it prints; get the department's ledger key
/// from its public site (/ledger/key).
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct WitnessCommand {
    /// The witness's own folder: its key, and what it has seen; made where it is missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Its name, such as witness.example.org; part of its key
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The verifier key of a ledger to watch; may be given several times
    #[arg(long = "log", value_name = "VKEY", required = true)]
    logs: Vec<String>,
    /// Where to answer
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
}

/// Runs the witness until it is told to stop.
pub fn run(command: WitnessCommand) -> Result<ExitCode, String> {
    serve::log();
    let config =
        WitnessConfig { listen: command.listen, data: command.data, logs: command.logs, name: command.name };
    serve::runtime()?
        .block_on(onrecord_witness::run(config, serve::told_to_stop()))
        .map_err(|error| error.to_string())?;
    Ok(ExitCode::SUCCESS)
}
