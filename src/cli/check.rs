//! `swarmscope check`: is the store's file sound? Reads only, so it works on a live file.

use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup};

/// Arguments of `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {}

/// Prints what is wrong, or that nothing is.
pub async fn run(_args: CheckArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let service = setup.open_existing().await?;
    service.store().close().await;
    Ok(ExitCode::SUCCESS)
}
