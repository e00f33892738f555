//! Settings: built-in defaults < TOML file < environment < command line, validated once at the start.
//!
//! `swarmscope.toml.example` shows every setting with its default; a test holds the two equal.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::model::alert::{AlertSettings, BudgetSettings};
use crate::model::health::{AgentSettings, HeartbeatSettings};
use crate::model::maintain::{CompressionSettings, RetentionSettings, StreamSettings, WriteBufferSettings};
use crate::model::pattern::PatternSettings;
use crate::model::price::PriceTable;
use crate::model::system::HealthSettings;
use crate::store::StoreOptions;
use crate::telemetry::LogFormat;

pub use log::LogConfig;
pub use server::ServerConfig;

/// Why a configuration cannot be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("could not read the configuration {path}: {source}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not what is expected.
    #[error("{path}, line {line}: {reason}", path = path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong and what is known.
        reason: String,
    },
    /// A value is outside what can be used.
    #[error("setting `{key}`: {reason}")]
    Invalid {
        /// The setting, with its table.
        key: &'static str,
        /// What is wrong and what to write instead.
        reason: String,
    },
    /// An address others could reach, and nothing that asks them who they are.
    #[error(
        "cannot listen on {0}: whoever reaches that address could read and change everything; set SWARMSCOPE_ADMIN_TOKEN \
         (make one with `openssl rand -hex 32`), or say --insecure-public if that is meant, or listen on 127.0.0.1 and \
         tunnel: ssh -L 3000:localhost:3000 HOST"
    )]
    Exposed(SocketAddr),
}

/// Everything that can be set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP server.
    pub server: ServerConfig,
    /// What is taken in.
    pub ingest: IngestConfig,
    /// The store.
    pub store: StoreConfig,
    /// How long what is kept.
    pub retention: RetentionSettings,
    /// How old records are sealed.
    pub compression: CompressionSettings,
    /// Records of callers that do not wait for the commit.
    pub write_buffer: WriteBufferSettings,
    /// Who follows what is stored.
    pub stream: StreamSettings,
    /// When agents count as stale.
    pub agents: AgentSettings,
    /// When agents are expected to beat.
    pub heartbeat: HeartbeatSettings,
    /// What the server learns by itself.
    pub patterns: PatternSettings,
    /// What is watched, and when somebody is told.
    pub alerts: AlertSettings,
    /// How many tokens may be used.
    pub budget: BudgetSettings,
    /// Targets and critical thresholds of the program itself.
    pub health: HealthSettings,
    /// Log lines.
    pub log: LogConfig,
    /// What tokens cost.
    pub prices: PriceTable,
}

/// `[ingest]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IngestConfig {
    /// Most bytes of a decoded JSON body, and of an NDJSON body with `atomic=true`; these are held in memory.
    pub json_bytes_max: u64,
    /// Most bytes of a decoded NDJSON body, which is read as a stream.
    pub ndjson_bytes_max: u64,
    /// Most bytes of one NDJSON line.
    pub line_bytes_max: usize,
}

impl Default for IngestConfig {
    fn default() -> Self {
        Self { json_bytes_max: 32 << 20, ndjson_bytes_max: 1 << 30, line_bytes_max: 1 << 20 }
    }
}

/// `[store]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StoreConfig {
    /// The file.
    pub path: PathBuf,
    /// Connections that read at the same time.
    pub readers: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { path: PathBuf::from(".swarm/swarmscope.db"), readers: StoreOptions::default().readers }
    }
}

impl StoreConfig {
    /// How to open the store.
    #[must_use]
    pub fn options(&self) -> StoreOptions {
        StoreOptions { readers: self.readers, ..StoreOptions::default() }
    }
}

/// What the environment and the command line say; they win over the file.
#[derive(Debug, Default)]
pub struct Overrides {
    /// The store's file.
    pub db: Option<PathBuf>,
    /// Where to listen.
    pub bind: Option<String>,
    /// Where the site is.
    pub site: Option<PathBuf>,
    /// Where the admin token is.
    pub admin_token_file: Option<PathBuf>,
    /// Whether others are served without one.
    pub insecure_public: bool,
    /// Names of this server.
    pub allowed_hosts: Option<Vec<String>>,
    /// Whether `/metrics` needs no token.
    pub metrics_public: bool,
    /// How log lines are written.
    pub log_format: Option<LogFormat>,
    /// Which are written.
    pub log_level: Option<String>,
    /// Where to besides standard error.
    pub log_file: Option<PathBuf>,
}

impl Config {
    /// Reads `file`, if one is named, puts `overrides` over it and validates the whole.
    ///
    /// # Errors
    /// [`ConfigError`], which names file, line and key.
    pub fn load(file: Option<&Path>, overrides: Overrides) -> Result<Self, ConfigError> {
        let mut config = match file {
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
                Self::parse(&text, path)?
            }
            None => Self::default(),
        };
        config.override_with(overrides)?;
        config.validate()?;
        Ok(config)
    }

    /// Reads `text`; `path` is named in errors.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start.min(text.len()));
            let before = text.get(..start).unwrap_or_default();
            let written = text.get(before.rfind('\n').map_or(0, |at| at + 1)..).and_then(|rest| rest.lines().next());
            ConfigError::Malformed {
                path: path.to_owned(),
                line: before.matches('\n').count() + 1,
                reason: format!("{} in `{}`", error.message(), channels::shown(before, written.unwrap_or_default())),
            }
        })
    }

    fn override_with(&mut self, overrides: Overrides) -> Result<(), ConfigError> {
        if let Some(path) = overrides.db {
            self.store.path = path;
        }
        if let Some(bind) = overrides.bind {
            self.server.bind =
                server::parse_bind(&bind).map_err(|reason| ConfigError::Invalid { key: "server.bind", reason })?;
        }
        if overrides.site.is_some() {
            self.server.site = overrides.site;
        }
        if overrides.admin_token_file.is_some() {
            self.server.admin_token_file = overrides.admin_token_file;
        }
        if let Some(names) = overrides.allowed_hosts {
            self.server.allowed_hosts = names;
        }
        self.server.insecure_public |= overrides.insecure_public;
        self.server.metrics_public |= overrides.metrics_public;
        if let Some(format) = overrides.log_format {
            self.log.format = format;
        }
        if overrides.log_level.is_some() {
            self.log.level = overrides.log_level;
        }
        if overrides.log_file.is_some() {
            self.log.file = overrides.log_file;
        }
        Ok(())
    }

    fn validate(&self) -> Result<(), ConfigError> {
        let invalid = |key, reason: &str| Err(ConfigError::Invalid { key, reason: reason.to_owned() });
        self.server.validate()?;
        if self.store.readers == 0 || self.store.readers > 64 {
            return invalid("store.readers", "must be 1 to 64");
        }
        if self.ingest.line_bytes_max < 1024 {
            return invalid("ingest.line_bytes_max", "must be at least 1024");
        }
        if self.ingest.json_bytes_max == 0 || self.ingest.ndjson_bytes_max == 0 {
            return invalid("ingest", "limits must be at least 1 byte");
        }
        upkeep::validate_stream(&self.stream)?;
        upkeep::validate(&self.retention, &self.compression, &self.write_buffer)?;
        agents::validate(&self.agents, &self.heartbeat)?;
        patterns::validate(&self.patterns)?;
        alerts::validate(&self.alerts, &self.budget)?;
        health::validate(&self.health)?;
        log::validate(&self.log)?;
        channels::validate(&self.alerts)
    }
}

mod agents;
mod alerts;
mod channels;
mod health;
mod log;
mod patterns;
pub mod server;
mod upkeep;

#[cfg(test)]
mod tests;
