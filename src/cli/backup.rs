//! `swarmscope backup`: a compact, consistent copy of the store, also while a server writes to it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, terminal};

/// Arguments of `backup`.
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// Where the copy goes; it must not exist yet
    #[arg(value_name = "FILE")]
    target: PathBuf,
}

/// Copies the store.
pub async fn run(args: BackupArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let service = setup.open_existing().await?;
    let copied = service.store().backup(&args.target).await;
    service.store().close().await;
    copied?;
    let bytes = std::fs::metadata(&args.target).map_or(0, |found| found.len());
    terminal::out(&format!(
        "{} copied to {} ({bytes} bytes)",
        setup.config.store.path.display(),
        args.target.display()
    ));
    Ok(ExitCode::SUCCESS)
}
