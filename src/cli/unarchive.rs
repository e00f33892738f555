//! `swarmscope unarchive`: turns sealed records back into rows, for those who look at the file with SQL.

use std::process::ExitCode;

use clap::Args;

use super::cleanup::{json, maintain};
use super::{CliError, Setup, now, terminal};
use crate::model::Micros;
use crate::model::maintain::MaintenanceTask;

/// Arguments of `unarchive`.
#[derive(Debug, Args)]
pub struct UnarchiveArgs {
    /// First instant: RFC 3339, epoch milliseconds, or relative (now-60d) [default: everything]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// First instant after the range [default: now]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Unseals every chunk that overlaps the range; a chunk is at most a day long.
pub async fn run(args: UnarchiveArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let now = now();
    let read = |text: Option<String>, default: Micros| match text {
        Some(text) => Micros::parse_expression(&text, now).map_err(|error| CliError::Usage(error.to_string())),
        None => Ok(default),
    };
    let (from, until) = (read(args.from, Micros(0))?, read(args.to, now)?);
    let report = maintain(MaintenanceTask::Unarchive { from, until }, setup).await?;
    if args.json {
        terminal::out(&json(&report)?);
    } else {
        terminal::out(&format!(
            "{} sealed records are rows again; the next cleanup seals what is older than retention.detailed_days",
            report.restored_rows
        ));
    }
    Ok(ExitCode::SUCCESS)
}
