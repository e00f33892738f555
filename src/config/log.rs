//! `[log]`: what is logged, how, and where besides standard error.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::upkeep::demand;
use crate::telemetry::{LogFormat, Rotation};

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// Text or JSON.
    pub format: LogFormat,
    /// The least level that is logged; `None` = info for `serve`, warning for everything else.
    pub level: Option<String>,
    /// A file that `serve` writes besides standard error.
    pub file: Option<PathBuf>,
    /// When the file is set aside.
    pub rotate: Rotation,
    /// How many files that were set aside are kept.
    pub keep: u32,
    /// Milliseconds from which on a query is logged as slow, as a warning.
    pub slow_query_ms: u64,
}

impl Default for LogConfig {
    fn default() -> Self {
        let (format, rotate) = (LogFormat::default(), Rotation::default());
        Self { format, level: None, file: None, rotate, keep: 7, slow_query_ms: 100 }
    }
}

/// Refuses what cannot be meant.
///
/// # Errors
/// [`ConfigError::Invalid`] naming the setting.
pub(super) fn validate(log: &LogConfig) -> Result<(), ConfigError> {
    demand((1..=10_000).contains(&log.keep), "log.keep", || "must be 1 to 10000".into())?;
    demand(log.slow_query_ms >= 1, "log.slow_query_ms", || {
        "must be at least 1; to switch the warning off, write a large number".into()
    })
}
