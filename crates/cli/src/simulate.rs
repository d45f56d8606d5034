//! `onrecord simulate`: an invented department, to try the audit on.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use onrecord_simulator::{NAMES, Options, Scenario, simulate};

use crate::numbers::grouped;

/// Invent a department: its exports, and the truth about every call
///
/// Writes into the folder --out the exports that `onrecord audit` reads, made up from a scenario:
///
///   calls.csv, recordings.csv, officers.csv, camera_assignments.csv, exceptions.csv and
///   device_events.csv
///   truth.csv      what really happened at every row of calls, and what an audit under the
///                  policy us-il-chicago must therefore say
///   scenario.toml  the scenario as it was used; change it and give it back with --scenario
///
/// Built-in scenarios:
///
///   small-town     12 officers, 30 days, local times without offset through the night in which
///                  the clocks go back
///   chicago-2017   8,200 officers, 30 days, the last four of 22 districts get their cameras
///
/// Nobody in it exists. The same scenario, numbers and seed give the same bytes on every machine.
///
/// Exit codes: 0 done; 2 the scenario cannot be used, or the folder cannot be written.
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct SimulateCommand {
    /// A TOML file, or a built-in scenario: small-town, chicago-2017
    #[arg(long, value_name = "FILE|NAME")]
    scenario: String,
    /// Officers on patrol [default: as many as the scenario says]
    #[arg(long, value_name = "N")]
    officers: Option<u32>,
    /// Days, counted back from the scenario's last day [default: as many as the scenario says]
    #[arg(long, value_name = "N")]
    days: Option<u32>,
    /// Where chance begins
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The folder for the files; made where it is missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the simulation; answers a sentence where it cannot be done.
pub fn run(command: &SimulateCommand) -> Result<ExitCode, String> {
    let scenario = read_scenario(&command.scenario)?;
    let options = Options { officers: command.officers, days: command.days, seed: command.seed };
    refuse_real_exports(&command.out)?;
    let bar = day_bar();
    let mut tell = |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    };
    let done = simulate(&scenario, &options, &command.out, &mut tell);
    bar.finish_and_clear();
    let done = done.map_err(|error| format!("{error}."))?;
    say!("{}.", scenario.title());
    say!(
        "{} officers, {} obligations, {} recordings, {} to {}: {}",
        grouped(done.officers),
        grouped(done.obligations),
        grouped(done.recordings),
        done.from,
        done.to,
        command.out.display()
    );
    say!("Audit it, and compare with truth.csv:\n\n{}", audit_line(&scenario, &command.out));
    Ok(ExitCode::SUCCESS)
}

/// A folder with exports and no `truth.csv` beside them was not simulated: inventions would replace real data.
fn refuse_real_exports(out: &Path) -> Result<(), String> {
    let exports = ["calls.csv", "recordings.csv", "officers.csv", "exceptions.csv", "device_events.csv"];
    let real = exports.iter().find(|name| out.join(name).exists() && !out.join("truth.csv").exists());
    real.map_or(Ok(()), |name| {
        Err(format!(
            "{}: would be replaced by invented data, and it is not from a simulation. Choose another folder with --out.",
            out.join(name).display()
        ))
    })
}

/// The scenario of a file, or a built-in one by its name.
fn read_scenario(name: &str) -> Result<Scenario, String> {
    if let Some(scenario) = Scenario::named(name) {
        return Ok(scenario);
    }
    let text = std::fs::read_to_string(name).map_err(|error| {
        if Path::new(name).exists() {
            format!("{name}: cannot be read: {error}. A scenario is a TOML file in UTF-8.")
        } else {
            format!("{name}: is neither a file nor a built-in scenario. Built in are: {}.", NAMES.join(", "))
        }
    })?;
    Scenario::parse(name, &text).map_err(|error| format!("{error}."))
}

/// The command that audits what was written, as it is typed.
fn audit_line(scenario: &Scenario, out: &Path) -> String {
    const FILES: [(&str, &str); 6] = [
        ("--calls", "calls.csv"),
        ("--recordings", "recordings.csv"),
        ("--officers", "officers.csv"),
        ("--camera-assignments", "camera_assignments.csv"),
        ("--exceptions", "exceptions.csv"),
        ("--device-events", "device_events.csv"),
    ];
    let mut line = "onrecord audit".to_owned();
    for (option, file) in FILES {
        let _ = write!(line, " \\\n  {option} {}", typed(&out.join(file)));
    }
    line.push_str(" \\\n  --policy us-il-chicago");
    if let Some(zone) = scenario.zone_of_local_times() {
        let _ = write!(line, " --timezone {zone}");
    }
    let _ = write!(line, " \\\n  --out {}", typed(&out.join("report")));
    line
}

/// A path as a shell takes it.
fn typed(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// A bar on standard error that moves day by day; nothing where that is no terminal.
fn day_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} days, {eta} left") {
        bar.set_style(style);
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_quoted_where_the_shell_would_split_it() {
        assert_eq!(typed(Path::new("/tmp/a.b-c")), "/tmp/a.b-c");
        assert_eq!(typed(Path::new("my town's")), r"'my town'\''s'");
    }

    #[test]
    fn the_zone_is_named_where_times_are_local() {
        let line = |name: &str| audit_line(&Scenario::named(name).unwrap(), Path::new("d"));
        assert!(line("small-town").contains("--timezone America/Chicago"));
        assert!(!line("chicago-2017").contains("--timezone"));
    }
}
