//! `swarmscope health`: asks the running server, as an exec probe would.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{CliError, Setup, terminal};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Arguments of `health`.
#[derive(Debug, Args)]
pub struct HealthArgs {
    /// Where the server listens [default: 127.0.0.1:3000]
    #[arg(long, env = "SWARMSCOPE_BIND", value_name = "ADDR:PORT")]
    pub(super) bind: Option<String>,
    /// List every check
    #[arg(long)]
    verbose: bool,
}

/// Exit code 0 when the server says it is ready, 1 when not or when nobody answers.
pub async fn run(args: HealthArgs, setup: &Setup) -> Result<ExitCode, CliError> {
    let address = setup.config.server.bind;
    let (ready, body) = tokio::time::timeout(PATIENCE, ask(address))
        .await
        .map_err(|_| CliError::Failed(format!("{address} did not answer within {} s", PATIENCE.as_secs())))?
        .map_err(|error| {
            CliError::Failed(format!("no server answers at {address} ({error}); start one with `swarmscope serve`"))
        })?;
    if args.verbose {
        terminal::out(body.trim_end());
    } else {
        terminal::out(if ready { "healthy" } else { "not healthy; --verbose says why" });
    }
    Ok(if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One plain HTTP/1.0-style exchange: a whole client would be a large dependency for one request.
async fn ask(address: std::net::SocketAddr) -> std::io::Result<(bool, String)> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET /readyz?verbose HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let ready = head.split_whitespace().nth(1) == Some("200");
    Ok((ready, body.to_owned()))
}
