//! `swarmscope vacuum`: gives the space of deleted records back to the disk, in small steps between which others write.

use std::process::ExitCode;

use clap::Args;

use super::cleanup::{json, maintain};
use super::{CliError, Setup, terminal};
use crate::model::maintain::MaintenanceTask;

/// Arguments of `vacuum`.
#[derive(Debug, Args)]
pub struct VacuumArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Vacuums and says how much was given back.
pub async fn run(args: VacuumArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let report = maintain(MaintenanceTask::Vacuum, setup).await?;
    if args.json {
        terminal::out(&json(&report)?);
    } else {
        terminal::out(&format!("{} bytes were given back to the disk", report.freed_bytes));
    }
    Ok(ExitCode::SUCCESS)
}
