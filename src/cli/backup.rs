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
    let copied = service.backup(&args.target).await;
    service.store().close().await;
    let copied = copied?;
    terminal::out(&format!(
        "{} copied to {} ({} bytes); {} records were read back from the copy",
        setup.config.store.path.display(),
        copied.file,
        copied.bytes,
        copied.records
    ));
    Ok(ExitCode::SUCCESS)
}
