//! `swarmscope serve`: the dashboard and the HTTP interface over one store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{CliError, Setup, terminal};
use crate::config::Overrides;
use crate::server;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Loopback address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, env = "SWARMSCOPE_BIND", value_name = "ADDR:PORT")]
    bind: Option<String>,
    /// Folder with the built site [default: `site` beside the program, else LEPTOS_SITE_ROOT, else target/site]
    #[arg(long, env = "SWARMSCOPE_SITE", value_name = "DIR")]
    site: Option<PathBuf>,
}

impl ServeArgs {
    /// Puts what was said on the command line over the configuration.
    pub(super) fn apply(&self, overrides: &mut Overrides) {
        overrides.bind.clone_from(&self.bind);
        overrides.site.clone_from(&self.site);
    }
}

/// Serves until the first SIGINT or SIGTERM, then finishes what it began.
pub async fn run(_args: ServeArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let listener = server::bind(setup.config.server.bind).await?;
    let service = setup.open().await?;
    let address = listener.local_addr().map_err(server::ServerError::Listen)?;
    terminal::out(&format!(
        "Swarmscope serves http://{address} over {} (Ctrl-C ends it)",
        setup.config.store.path.display()
    ));
    let clean = server::serve(service, &setup.config, listener, server::stop_signal()).await?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
