//! The program's own log lines: `tracing`, as text or as one JSON object a line, on standard error and, if it is set, in
//! a file.
//!
//! Lower floors return counts and errors upward; what is logged about them is logged from the doors. Levels are those
//! of operators: DEBUG, INFO, WARNING, ERROR, CRITICAL. The last is an error with the field `critical = true`: the whole
//! server cannot do its work. Not here: which requests are logged (`api::access`).

mod file;
mod lines;

use std::io::IsTerminal;
use std::sync::Arc;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::config::{ConfigError, LogConfig};
use file::LogFile;
use lines::Lines;

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

/// When the log file is set aside and a new one begun.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rotation {
    /// Another program does it (logrotate), and sends SIGHUP.
    #[default]
    Never,
    /// At every full hour, UTC.
    Hourly,
    /// At midnight, UTC.
    Daily,
}

/// The log while the program runs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Logs {
    file: Option<Arc<LogFile>>,
}

impl Logs {
    /// Whether there is a file.
    #[must_use]
    pub fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Opens the file anew, after another program renamed it.
    pub fn reopen(&self) {
        if let Some(file) = &self.file {
            file.reopen();
        }
    }
}

/// Starts logging; `default_level` holds unless another is configured. The file is written only by a server: other
/// commands would rotate it under its hands.
///
/// # Errors
/// [`ConfigError::Invalid`] when the level is not one that is known, or the file cannot be made.
pub fn init(config: &LogConfig, default_level: &str, serves: bool) -> Result<Logs, ConfigError> {
    let level = config.level.as_deref().unwrap_or(default_level);
    let (directives, critical_only) = directives(level);
    let filter = EnvFilter::try_new(directives).map_err(|error| ConfigError::Invalid {
        key: "log.level",
        reason: format!("`{level}` is no level ({error}); known: critical, error, warning, info, debug, trace"),
    })?;
    let file = config.file.as_deref().filter(|_| serves);
    let file = file.map(|path| LogFile::open(path, config.rotate, config.keep)).transpose();
    let file = file.map_err(|(path, error)| ConfigError::Invalid {
        key: "log.file",
        reason: format!("could not open {} ({error}); name a file that may be written", path.display()),
    })?;
    let file = file.map(Arc::new);
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
    let lines = Lines { format: config.format, colours, critical_only, file: file.clone() };
    // A second start in one process (tests) keeps the first subscriber.
    drop(tracing_subscriber::registry().with(lines.with_filter(filter)).try_init());
    Ok(Logs { file })
}

/// The level in tracing's words, and whether only what is critical is logged.
fn directives(level: &str) -> (&str, bool) {
    match level.to_ascii_lowercase().as_str() {
        "warning" => ("warn", false),
        "critical" => ("error", true),
        _ => (level, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_may_be_named_as_the_guide_names_them() {
        assert_eq!(directives("WARNING"), ("warn", false));
        assert_eq!(directives("critical"), ("error", true));
        assert_eq!(directives("info,sqlx=debug"), ("info,sqlx=debug", false));
    }
}
