//! `swarmscope check`: is the store's file sound? Reads only, so it works on a live file.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, terminal};
use crate::model::Dataset;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {}

/// Prints what is wrong, or that nothing is: exit code 1 or 0.
pub async fn run(_args: CheckArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let service = setup.open_existing().await?;
    let report = service.store().check().await;
    service.store().close().await;
    let report = report?;
    let path = setup.config.store.path.display();
    if report.is_sound() {
        let counts: Vec<String> = Dataset::ALL
            .iter()
            .zip(report.records)
            .map(|(dataset, count)| format!("{} {count}", dataset.as_str()))
            .collect();
        terminal::out(&format!("{path} is sound: {}", counts.join(", ")));
        return Ok(ExitCode::SUCCESS);
    }
    for problem in &report.problems {
        terminal::err(&format!("{path}: {problem}"));
    }
    Err(CliError::Failed(format!(
        "{path} is damaged ({} findings); restore it from a backup made with `swarmscope backup`",
        report.problems.len()
    )))
}
