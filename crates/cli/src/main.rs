//! `onrecord`: every call on record.

#[macro_use]
mod say;

mod admin;
mod audit;
mod dock;
mod files;
mod numbers;
mod policy;
mod serve;
mod simulate;
mod verify;
mod witness;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Every call on record: accounts for every dispatched call, to the second and to the officer.
///
/// Start with two exports that every department has, its dispatched calls and the list of its recordings:
///
///   onrecord audit --calls calls.csv --recordings recordings.csv --policy generic --out report
///
/// and open report/report.html. No server, no network; nothing leaves this machine.
#[derive(Parser)]
#[command(name = "onrecord", version, verbatim_doc_comment, max_term_width = 110)]
struct Onrecord {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Audit(Box<audit::AuditCommand>),
    Policy(policy::PolicyCommand),
    Simulate(simulate::SimulateCommand),
    Serve(serve::ServeCommand),
    Admin(admin::AdminCommand),
    Verify(verify::VerifyCommand),
    Witness(witness::WitnessCommand),
    Dock(dock::DockCommand),
}

/// The exit code of everything that could not be done.
const CANNOT: u8 = 2;

/// The hidden command by which this program starts itself again to lock a media tool in.
const MEDIA_JAIL: &str = "media-jail";

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == MEDIA_JAIL) {
        return onrecord_media::jail_main(words);
    }
    let done = match Onrecord::parse().command {
        Command::Audit(command) => audit::run(&command),
        Command::Policy(command) => policy::run(command),
        Command::Simulate(command) => simulate::run(&command),
        Command::Serve(command) => serve::run(&command),
        Command::Admin(command) => admin::run(command),
        Command::Verify(command) => verify::run(&command),
        Command::Witness(command) => witness::run(command),
        Command::Dock(command) => dock::run(command),
    };
    done.unwrap_or_else(|sentence| {
        eprintln!("onrecord: {sentence}");
        ExitCode::from(CANNOT)
    })
}
