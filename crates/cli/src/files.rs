//! The files of an audit on the command line, shared by `audit` and `policy compare`.

use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use onrecord_exchange::{CallsLayout, Inputs, Mapping, ReadOptions};
use onrecord_policy::Policy;

/// The exports to read, plain, .gz or .zst. docs/exchange-files.md lists their columns.
#[derive(Args)]
pub struct FileArgs {
    /// Dispatched calls: one row for each officer and assignment (call_id, officer_id, times)
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    calls: PathBuf,
    /// Recordings: one row each (recording_id, officer_id or camera_serial, started_at, stopped_at)
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    recordings: PathBuf,
    /// Officers: who they are, when trained, which camera they were issued and when
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    officers: Option<PathBuf>,
    /// Who had which camera from when to when
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    camera_assignments: Option<PathBuf>,
    /// Reasons recognised by the policy why a camera was off
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    exceptions: Option<PathBuf>,
    /// What cameras and docks reported: outages, uploads
    #[arg(long, value_name = "FILE", help_heading = "Files")]
    device_events: Option<PathBuf>,
    /// Zone of times without an offset, such as America/Chicago
    #[arg(long, value_name = "ZONE", help_heading = "Reading")]
    timezone: Option<String>,
    /// Begin of the period for which recordings were exported [default: the first recording]
    #[arg(long, value_name = "TIME", help_heading = "Reading")]
    recordings_from: Option<String>,
    /// End of the period for which recordings were exported [default: the end of the last recording]
    #[arg(long, value_name = "TIME", help_heading = "Reading")]
    recordings_to: Option<String>,
    /// Read the calls as a city publishes them: sfpd, nopd, cincinnati or sacramento
    #[arg(long, value_name = "PROFILE", conflicts_with = "cad_mapping", help_heading = "Reading")]
    cad_profile: Option<String>,
    /// Read the calls as this mapping file says (docs/mappings.md)
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    cad_mapping: Option<PathBuf>,
    /// The column of the calls that names the officer, where the layout names none
    #[arg(long, value_name = "COLUMN", conflicts_with = "roster", help_heading = "Reading")]
    officer_column: Option<String>,
    /// The column of the calls that names the unit
    #[arg(long, value_name = "COLUMN", help_heading = "Reading")]
    unit_column: Option<String>,
    /// Duty roster (officer_id, unit_id, from, to): which officers a unit had, for calls that name none
    #[arg(long, value_name = "FILE", help_heading = "Reading")]
    roster: Option<PathBuf>,
    /// The officer ids of both exports are the same, even if most officers have no recording
    #[arg(long, help_heading = "Reading")]
    ids_verified: bool,
}

impl FileArgs {
    /// The files.
    pub fn inputs(&self) -> Inputs {
        Inputs {
            calls: self.calls.clone(),
            recordings: self.recordings.clone(),
            officers: self.officers.clone(),
            camera_assignments: self.camera_assignments.clone(),
            exceptions: self.exceptions.clone(),
            device_events: self.device_events.clone(),
        }
    }

    /// How to read them.
    pub fn options(&self) -> Result<ReadOptions, String> {
        let mapping = match (&self.cad_profile, &self.cad_mapping) {
            (Some(name), _) => Some(Mapping::profile(name)),
            (None, Some(file)) => Some(Mapping::read(file)),
            (None, None) => None,
        };
        Ok(ReadOptions {
            timezone: self.timezone.clone(),
            recordings_from: self.recordings_from.clone(),
            recordings_to: self.recordings_to.clone(),
            layout: CallsLayout {
                mapping: mapping.transpose().map_err(|e| e.to_string())?,
                officer_column: self.officer_column.clone(),
                unit_column: self.unit_column.clone(),
                roster: self.roster.clone(),
            },
            ids_verified: self.ids_verified,
        })
    }
}

/// The policy of a file, or of a shipped pack by its name.
pub fn read_policy(name: &str) -> Result<Policy, String> {
    let (file, text) = match std::fs::read_to_string(name) {
        Ok(text) => (name.to_owned(), text),
        Err(error) => match Policy::pack(name) {
            Some(text) => (format!("{name} (shipped)"), text.to_owned()),
            None if Path::new(name).exists() => {
                return Err(format!("{name}: cannot be read: {error}. A policy is a TOML file in UTF-8."));
            }
            None => {
                return Err(format!(
                    "{name}: is neither a file nor a shipped policy. Shipped are: {}.",
                    Policy::PACKS.join(", ")
                ));
            }
        },
    };
    Policy::parse(&file, &text).map_err(|e| e.to_string())
}

/// Shows on a terminal how far the reading has come.
pub struct ReadingBar(ProgressBar);

impl ReadingBar {
    /// A bar on standard error; nothing where that is no terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:40} {percent:>3}%  {bytes} of {total_bytes}, {eta} left")
        {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// Moves the bar.
    pub fn tell(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for ReadingBar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
