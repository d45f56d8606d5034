//! `onrecord simulate`
use std::process::ExitCode;
/// Simulate
#[derive(clap::Args)]
pub struct SimulateCommand {}
pub fn run(_: &SimulateCommand) -> Result<ExitCode, String> { Ok(ExitCode::SUCCESS) }
