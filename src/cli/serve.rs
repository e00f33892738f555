//! `swarmscope serve`: the dashboard and the HTTP interface over one store.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, Setup, terminal};
use crate::config::Overrides;
use crate::server;

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port to listen on; others than loopback need an admin token [default: 127.0.0.1:3000]
    #[arg(long, env = "SWARMSCOPE_BIND", value_name = "ADDR:PORT")]
    bind: Option<String>,
    /// Folder with the built site [default: `site` beside the program, else LEPTOS_SITE_ROOT, else target/site]
    #[arg(long, env = "SWARMSCOPE_SITE", value_name = "DIR")]
    site: Option<PathBuf>,
    /// File with the admin token; SWARMSCOPE_ADMIN_TOKEN may hold the token itself
    #[arg(long, env = "SWARMSCOPE_ADMIN_TOKEN_FILE", value_name = "FILE")]
    admin_token_file: Option<PathBuf>,
    /// Names under which this server may be reached, besides localhost and addresses
    #[arg(long, env = "SWARMSCOPE_ALLOWED_HOSTS", value_name = "NAME,…", value_delimiter = ',')]
    allowed_hosts: Option<Vec<String>>,
    /// Answer at /metrics without the token
    #[arg(long, env = "SWARMSCOPE_METRICS_PUBLIC")]
    metrics_public: bool,
    /// Serve other machines without any token: whoever reaches the address can read and change everything
    #[arg(long, env = "SWARMSCOPE_INSECURE_PUBLIC")]
    insecure_public: bool,
}

impl ServeArgs {
    /// Puts what was said on the command line over the configuration.
    pub(super) fn apply(&self, overrides: &mut Overrides) {
        overrides.bind.clone_from(&self.bind);
        overrides.site.clone_from(&self.site);
        overrides.admin_token_file.clone_from(&self.admin_token_file);
        // A variable that is set to nothing names nothing.
        overrides.allowed_hosts =
            self.allowed_hosts.as_ref().map(|names| names.iter().filter(|name| !name.is_empty()).cloned().collect());
        overrides.metrics_public = self.metrics_public;
        overrides.insecure_public = self.insecure_public;
    }
}

/// Serves until the first SIGINT or SIGTERM, then finishes what it began.
pub async fn run(_args: ServeArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let listener = server::bind(setup.config.server.bind).await?;
    reopen_logs(setup)?;
    let header_seconds = setup.config.server.header_seconds;
    let service = server::startup::answer_until(&listener, header_seconds, setup.open()).await?;
    let address = listener.local_addr().map_err(server::ServerError::Listen)?;
    terminal::out(&format!(
        "Swarmscope serves http://{address} over {} (Ctrl-C ends it)",
        setup.config.store.path.display()
    ));
    let clean = server::serve(service, &setup.config, listener, server::stop_signal()).await?;
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Has SIGHUP open the log file anew. Without a file it does nothing more than keep a daemon alive whose manager sends
/// it; in a terminal without a log file it still ends the program when the terminal goes.
fn reopen_logs(setup: &Setup) -> Result<(), CliError> {
    let logs = setup.logs.clone();
    if !logs.has_file() && terminal::watched() {
        return Ok(());
    }
    let mut hangup = signal(SignalKind::hangup())
        .map_err(|error| CliError::Failed(format!("could not listen for SIGHUP: {error}")))?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            logs.reopen();
            tracing::info!("opened the log file anew");
        }
    });
    Ok(())
}
