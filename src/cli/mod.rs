//! The command line: one file per subcommand, one place for what they share.
//!
//! Exit codes: 0 done, 1 failed, 2 usage. Errors are one line on standard error that says what, where
//! and what to do. Not here: any work; subcommands call `service` and `server`.

mod agents;
mod alerts;
mod backup;
mod check;
mod cleanup;
mod demo;
mod export;
mod healing;
mod health;
mod import;
mod ingest;
mod memory;
mod patterns;
mod remote;
mod serve;
mod summary;
pub mod terminal;
mod top;
mod trends;
mod unarchive;
mod vacuum;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use thiserror::Error;

use crate::config::{self, Config, ConfigError, Overrides};
use crate::model::{Micros, Problem};
use crate::server::ServerError;
use crate::service::{Service, ServiceError, Settings};
use crate::store::{Store, StoreError, StoreOptions};
use crate::telemetry;

/// See what swarms of AI agents do: a metrics store, its analytics and a dashboard in one program.
#[derive(Debug, Parser)]
#[command(name = "swarmscope", version, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options every subcommand takes.
#[derive(Debug, Args)]
struct Global {
    /// The store's file [default: .swarm/swarmscope.db]
    #[arg(long, global = true, env = "SWARMSCOPE_DB", value_name = "PATH")]
    db: Option<std::path::PathBuf>,
    /// Settings in TOML; see swarmscope.toml.example
    #[arg(long, global = true, env = "SWARMSCOPE_CONFIG", value_name = "FILE")]
    config: Option<std::path::PathBuf>,
    /// How log lines are written [default: text]
    #[arg(long, global = true, env = "SWARMSCOPE_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    log_format: Option<telemetry::LogFormat>,
    /// The least level that is logged: critical, error, warning, info, debug, trace [default: info for serve, off for the screen of top, else warning]
    #[arg(long, global = true, env = "SWARMSCOPE_LOG_LEVEL", value_name = "LEVEL")]
    log_level: Option<String>,
    /// A file that `serve` writes its log to, besides standard error
    #[arg(long, global = true, env = "SWARMSCOPE_LOG_FILE", value_name = "FILE")]
    log_file: Option<std::path::PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the dashboard and the HTTP interface
    Serve(serve::ServeArgs),
    /// Write a dataset as CSV, JSON, NDJSON, Prometheus text, OpenMetrics or Grafana series
    Export(export::ExportArgs),
    /// Import what agents left on this machine
    Import(import::ImportArgs),
    /// Print the figures of a range
    Summary(summary::SummaryArgs),
    /// Show what recurs in the events: sequences, rhythms, correlations, habits, signs of failure
    Patterns(patterns::PatternsArgs),
    /// Watch the figures in the terminal, or print them once
    Top(top::TopArgs),
    /// Print what gets better or worse
    Trends(trends::TrendsArgs),
    /// Print how well failures are healed
    Healing(healing::HealingArgs),
    /// List agents and how they are doing
    Agents(agents::AgentsArgs),
    /// Show what is the matter, and what every alert rule says
    Alerts(alerts::AlertsArgs),
    /// Show what sessions remember
    Memory(memory::MemoryArgs),
    /// Store records from NDJSON
    Ingest(ingest::IngestArgs),
    /// Seal old records and delete older ones, as [retention] says; works while a server runs
    Cleanup(cleanup::CleanupArgs),
    /// Give the space of deleted records back to the disk; works while a server runs
    Vacuum(vacuum::VacuumArgs),
    /// Turn sealed records back into rows; the next cleanup seals them again
    Unarchive(unarchive::UnarchiveArgs),
    /// Copy the store, and read the copy back; works while a server runs
    Backup(backup::BackupArgs),
    /// Check the store's integrity; works while a server runs
    Check(check::CheckArgs),
    /// Fill a store with a simulated swarm, to look around in [default store: .swarm/demo.db]
    Demo(demo::DemoArgs),
    /// Say whether the store is well, or with --url a running server; exit code 1 when it is not
    Health(health::HealthArgs),
}

/// Why a command did not do its work.
#[derive(Debug, Error)]
pub enum CliError {
    /// The command line or the configuration is wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// The work failed: exit code 1.
    #[error("{0}")]
    Failed(String),
    /// The configuration is wrong: exit code 2.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A use case failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The server failed.
    #[error(transparent)]
    Server(#[from] ServerError),
}

impl From<Problem> for CliError {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem.detail)
    }
}

impl CliError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) | Self::Config(_) => ExitCode::from(2),
            _ => ExitCode::from(1),
        }
    }
}

/// An error and its causes on one line.
fn line(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        cause = error.source();
    }
    line
}

/// What every subcommand is given.
#[derive(Debug)]
pub struct Setup {
    /// Validated settings.
    pub config: Config,
    /// Where log lines go.
    pub logs: telemetry::Logs,
}

impl Setup {
    /// Opens the store, making its file when there is none.
    ///
    /// # Errors
    /// [`CliError::Store`].
    pub async fn open(&self) -> Result<Service, CliError> {
        self.open_with(StoreOptions { create: true, ..self.config.store.options() }).await
    }

    /// Opens a store that must be there already.
    ///
    /// # Errors
    /// [`CliError::Failed`] when there is none, [`CliError::Store`].
    pub async fn open_existing(&self) -> Result<Service, CliError> {
        self.open_existing_with(self.config.store.options()).await
    }

    /// The same, in another way than the configuration says.
    ///
    /// # Errors
    /// As [`Self::open_existing`].
    pub async fn open_existing_with(&self, options: StoreOptions) -> Result<Service, CliError> {
        let path = &self.config.store.path;
        if !path.exists() {
            return Err(CliError::Failed(format!(
                "there is no store at {}; name another with --db, or make one with `swarmscope serve` or `swarmscope ingest`",
                path.display()
            )));
        }
        self.open_with(StoreOptions { create: false, ..options }).await
    }

    async fn open_with(&self, options: StoreOptions) -> Result<Service, CliError> {
        let store = Store::open(&self.config.store.path, &options).await?;
        Ok(Service::new(store, self.settings()))
    }

    fn settings(&self) -> Settings {
        Settings {
            home: std::env::home_dir(),
            folder: std::env::current_dir().ok(),
            prices: self.config.prices.clone(),
            retention: self.config.retention,
            compression: self.config.compression,
            write_buffer: self.config.write_buffer,
            stream: self.config.stream,
            agents: self.config.agents,
            heartbeat: self.config.heartbeat.clone(),
            patterns: self.config.patterns.clone(),
            alerts: self.config.alerts.clone(),
            budget: self.config.budget.clone(),
            external_url: self.config.external_url(),
            health: self.config.health,
        }
    }
}

/// The clock, read only on the top floors.
#[must_use]
pub fn now() -> Micros {
    Micros(chrono::Utc::now().timestamp_micros())
}

/// Runs the program.
#[must_use]
pub fn main() -> ExitCode {
    run(std::env::args_os())
}

fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            // Nobody is left to tell when the terminal is gone.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    match start(cli) {
        Ok(code) => code,
        Err(error) => {
            terminal::err(&format!("swarmscope: {}", line(&error)));
            error.exit_code()
        }
    }
}

/// A page is drawn by one deep call, which takes more than the customary 2 MiB in a build without optimisation. What is
/// not used of it costs no memory.
const WORKER_STACK: usize = 8 << 20;

fn start(cli: Cli) -> Result<ExitCode, CliError> {
    let mut overrides = Overrides {
        db: cli.global.db,
        log_format: cli.global.log_format,
        log_level: cli.global.log_level,
        log_file: cli.global.log_file,
        ..Overrides::default()
    };
    if let Command::Serve(args) = &cli.command {
        args.apply(&mut overrides);
    }
    if matches!(cli.command, Command::Demo(_)) {
        overrides.db.get_or_insert_with(|| demo::DEFAULT_DB.into());
    }
    let mut config = Config::load(cli.global.config.as_deref(), overrides)?;
    let serves = matches!(cli.command, Command::Serve(_));
    if serves {
        config.server.settle(config::server::token_of_environment())?;
    }
    let default_level = match &cli.command {
        Command::Serve(_) => "info",
        Command::Top(args) if args.is_screen() => "off", // lines between the cells of a screen help nobody
        _ => "warning",
    };
    let logs = telemetry::init(&config.log, default_level, serves)?;
    let setup = Setup { config, logs };
    let mut builder = match &cli.command {
        // It waits, mostly, for as long as somebody works: a thread and its heap for each core would be for nothing.
        Command::Top(_) => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder
        .thread_stack_size(WORKER_STACK)
        .enable_all()
        .build()
        .map_err(|error| CliError::Failed(format!("could not start the runtime: {error}")))?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(args, &setup).await,
            Command::Export(args) => export::run(args, &setup).await,
            Command::Import(args) => import::run(args, &setup).await,
            Command::Summary(args) => summary::run(args, &setup).await,
            Command::Patterns(args) => patterns::run(args, &setup).await,
            Command::Top(args) => top::run(args, &setup).await,
            Command::Trends(args) => trends::run(args, &setup).await,
            Command::Healing(args) => healing::run(args, &setup).await,
            Command::Agents(args) => agents::run(args, &setup).await,
            Command::Alerts(args) => alerts::run(args, &setup).await,
            Command::Memory(args) => memory::run(args, &setup).await,
            Command::Ingest(args) => ingest::run(args, &setup).await,
            Command::Cleanup(args) => cleanup::run(args, &setup).await,
            Command::Vacuum(args) => vacuum::run(args, &setup).await,
            Command::Unarchive(args) => unarchive::run(args, &setup).await,
            Command::Backup(args) => backup::run(args, &setup).await,
            Command::Check(args) => check::run(args, &setup).await,
            Command::Demo(args) => demo::run(args, &setup).await,
            Command::Health(args) => health::run(args, &setup).await,
        }
    })
}
