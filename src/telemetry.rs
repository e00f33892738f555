//! The program's own log lines: `tracing`, as text or as one JSON object a line, on standard error.
//!
//! Lower floors return counts and errors upward; what is logged about them is logged from the doors.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use crate::config::{ConfigError, LogConfig};

/// How log lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for log shippers.
    Json,
}

/// Starts logging; `default_level` holds unless another is configured.
///
/// # Errors
/// [`ConfigError::Invalid`] when the level is not one that is known.
pub fn init(config: &LogConfig, default_level: &str) -> Result<(), ConfigError> {
    let level = config.level.as_deref().unwrap_or(default_level);
    let filter = EnvFilter::try_new(level).map_err(|error| ConfigError::Invalid {
        key: "log.level",
        reason: format!("`{level}` is no level ({error}); known: error, warn, info, debug, trace"),
    })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    // A second start in one process (tests) keeps the first subscriber.
    match config.format {
        LogFormat::Text => drop(builder.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).try_init()),
        LogFormat::Json => drop(builder.json().flatten_event(true).with_span_list(false).try_init()),
    }
    Ok(())
}
