//! How the program itself is doing: key metrics held against targets, checks, and what people set about them.
//!
//! Not here: how agents and swarms are doing (`health`), grading (`analytics::system`), measuring (`service::system`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Micros;
use super::answer::Rate;
use super::time::rfc3339;

/// How good something is, best first; what is not known is neither good nor bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Nothing was measured yet, or it cannot be measured here.
    Unknown,
    /// At its target.
    Ok,
    /// Beyond the target, not critical.
    Warning,
    /// Beyond the critical threshold.
    Critical,
}

impl Grade {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// The key metrics of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VitalKind {
    /// Share of the time a server was meant to run in which it ran and could write, over the last 30 days. A stop that
    /// was asked for is no failure; a crash, and a store that cannot be written, are.
    Uptime,
    /// 95th percentile of the time to answer a question, over the last 5 minutes, in milliseconds.
    ResponseTime,
    /// Share of requests that failed by the server's fault, over the last 5 minutes.
    ErrorRate,
    /// Share of the processor time this process may use that it used, over the last minute.
    Cpu,
    /// Share of the memory in use, by everybody, of the container if it is limited, else of the machine.
    Memory,
    /// Share in use of the file system the store lies on.
    Disk,
    /// Bytes of the store with its log.
    DatabaseSize,
}

impl VitalKind {
    /// The word in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uptime => "uptime",
            Self::ResponseTime => "response_time",
            Self::ErrorRate => "error_rate",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::DatabaseSize => "database_size",
        }
    }

    /// What its value and its limits are counted in.
    #[must_use]
    pub fn unit(self) -> Unit {
        match self {
            Self::ResponseTime => Unit::Milliseconds,
            Self::DatabaseSize => Unit::Bytes,
            Self::Uptime | Self::ErrorRate | Self::Cpu | Self::Memory | Self::Disk => Unit::Share,
        }
    }
}

/// What a value is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// 0 to 1.
    Share,
    /// Milliseconds.
    Milliseconds,
    /// Bytes.
    Bytes,
}

/// What a value should reach and what it must not pass, in its own unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// At it or better all is well; `None` = it is only watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// Beyond it, it is critical.
    pub critical: f64,
}

/// One key metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Vital {
    /// Which.
    pub metric: VitalKind,
    /// Its value in [`Self::unit`]; `None` = not known, and [`Self::basis`] says why.
    pub value: Option<f64>,
    /// What value and limits are counted in.
    pub unit: Unit,
    /// The counts behind a share.
    pub rate: Option<Rate>,
    /// What it should reach, and what it must not pass.
    pub limits: Limits,
    /// How good it is.
    pub status: Grade,
    /// What it was measured on, in a sentence without a full stop.
    pub basis: String,
}

/// One check of the comprehensive health check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Check {
    /// `database`, `disk_space`, `memory`, `query_performance` or `agents`.
    pub name: String,
    /// Whether nothing is critical; what cannot be known does not make it unhealthy.
    pub healthy: bool,
    /// How good it is.
    pub status: Grade,
    /// What was found, in a sentence without a full stop.
    pub message: String,
    /// The figures behind it; names end in their units.
    pub details: BTreeMap<String, Value>,
}

/// How the program is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct SystemHealth {
    /// When it was measured.
    #[serde(with = "rfc3339")]
    pub now: Micros,
    /// Version of the program.
    pub version: String,
    /// When the server started; `None` when none was asked, only its file.
    #[serde(with = "rfc3339::option")]
    pub started: Option<Micros>,
    /// Whether every check is healthy.
    pub healthy: bool,
    /// The worst of the checks.
    pub status: Grade,
    /// Agents with a task or an event in the last 5 minutes.
    pub active_agents: Option<u64>,
    /// The checks.
    pub checks: Vec<Check>,
    /// The key metrics. They do not make it unhealthy by themselves: where a check watches the same, it does.
    pub metrics: Vec<Vital>,
}

/// `[health]`: targets and critical thresholds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthSettings {
    /// Share of the time it was meant to run; critical below.
    pub uptime: Limits,
    /// p95 of the time to answer, in milliseconds; also of the questions that the check asks the store itself.
    pub response_p95_ms: Limits,
    /// Share of requests that failed.
    pub error_rate: Limits,
    /// Share of the processor.
    pub cpu: Limits,
    /// Share of the memory.
    pub memory: Limits,
    /// Share of the file system.
    pub disk: Limits,
    /// Bytes of the store.
    pub database_bytes: Limits,
    /// Share of the agents heard of lately whose heartbeats failed.
    pub agents_failed: Limits,
    /// Mebibytes that must be free on the disk, or `/readyz` says no and the check of the disk is unhealthy.
    pub disk_free_mb_min: u64,
}

impl Default for HealthSettings {
    fn default() -> Self {
        let limits = |target: f64, critical: f64| Limits { target: Some(target), critical };
        Self {
            uptime: limits(0.999, 0.99),
            response_p95_ms: limits(100.0, 500.0),
            error_rate: limits(0.001, 0.01),
            cpu: limits(0.7, 0.9),
            memory: limits(0.8, 0.95),
            disk: limits(0.8, 0.9),
            database_bytes: Limits { target: None, critical: 10_737_418_240.0 },
            agents_failed: limits(0.1, 0.5),
            disk_free_mb_min: 64,
        }
    }
}

/// When servers ran over one file, newest last: what [`VitalKind::Uptime`] is counted from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UptimeLog {
    /// Times in which a server ran and could write; apart from one another, ascending.
    pub spans: Vec<UptimeSpan>,
    /// When a server last looked at the alert rules; `None` when the last one that did was asked to stop.
    #[serde(default)]
    pub alerts_looked: Option<Micros>,
}

/// One uninterrupted time of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct UptimeSpan {
    /// Its start.
    pub from: Micros,
    /// When it last could write.
    pub until: Micros,
    /// Whether it ended because somebody asked it to: what follows is no failure.
    pub planned: bool,
}
