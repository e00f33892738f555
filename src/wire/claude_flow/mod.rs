//! claude-flow's metric files: JSON → records.
//!
//! | file | becomes |
//! |---|---|
//! | `task-metrics.json` | tasks; the agent is `<command>@<project>` |
//! | `agent-metrics.json` | registry rows, an event for each action, agent metrics |
//! | `agent-performance.json` | agent metrics and swarm metrics: verifications, those passed, their mean score |
//! | `performance.json` | one swarm metric for each counter |
//! | `system-metrics.json` | one swarm metric for each number of each sample of the host |
//!
//! A project is a swarm. Keys are made of what the files say, not of where they lie, so that a copy or a
//! moved folder counts once. Not here: finding and reading files (`service::import`).

mod agents;
mod host;
mod tasks;
mod verified;

use serde_json::Value;

use super::lenient::{Haul, out_of_bounds};
use crate::model::record::metric_type_name;
use crate::model::{Json, MetricRecord, Micros, Source};

/// Begins the source key of every record of this importer.
pub const PREFIX: &str = "claude-flow:";

/// Which of the files it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `task-metrics.json`.
    Tasks,
    /// `agent-metrics.json`.
    Agents,
    /// `agent-performance.json`.
    Verified,
    /// `performance.json`.
    Performance,
    /// `system-metrics.json`.
    System,
}

impl FileKind {
    /// By the file's name; `None` for files that are not read.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "task-metrics.json" => Self::Tasks,
            "agent-metrics.json" => Self::Agents,
            "agent-performance.json" => Self::Verified,
            "performance.json" => Self::Performance,
            "system-metrics.json" => Self::System,
            _ => return None,
        })
    }

    /// The name of what one entry is.
    #[must_use]
    pub fn entries(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::Agents => "agents",
            Self::Verified => "verifications",
            Self::Performance => "counters",
            Self::System => "host samples",
        }
    }
}

/// Where a file lies, and when it is read.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The name of the project: what `.claude-flow` lies in.
    pub project: &'a str,
    /// The file, as records name their source.
    pub file: &'a str,
    /// What "24 h ahead" is measured from.
    pub now: Micros,
}

/// Turns the contents of one file into records.
#[must_use]
pub fn read(kind: FileKind, json: &Value, setting: Setting<'_>) -> Haul {
    let mut haul = Haul::default();
    match kind {
        FileKind::Tasks => tasks::read(json, setting, &mut haul),
        FileKind::Agents => agents::read(json, setting, &mut haul),
        FileKind::Verified => verified::read(json, setting, &mut haul),
        FileKind::Performance => host::performance(json, setting, &mut haul),
        FileKind::System => host::system(json, setting, &mut haul),
    }
    haul
}

impl Setting<'_> {
    fn source(&self, key: String) -> Option<Source> {
        Some(Source { file: self.file.to_owned(), key })
    }

    /// The time at `millis` after the epoch, unless it may not be stored.
    fn time(&self, millis: Option<f64>, place: &str, haul: &mut Haul) -> Option<Micros> {
        let Some(millis) = millis else {
            haul.odd("no time", place, "it was left out");
            return None;
        };
        let time = super::lenient::epoch(millis, 1000.0);
        if let Some(why) = out_of_bounds(time, self.now) {
            haul.odd(why, place, time.to_rfc3339());
            return None;
        }
        Some(time)
    }

    fn metric(&self, subject: &str, name: &str, value: f64, at: Micros, key: &str) -> MetricRecord {
        MetricRecord {
            subject: subject.to_owned(),
            metric_type: metric_type_name(name).to_owned(),
            value,
            timestamp: at,
            id: None,
            metadata: None,
            project: Some(self.project.to_owned()),
            source: self.source(format!("{PREFIX}{key}:{name}")),
        }
    }
}

/// `value` as metadata, unless it says nothing.
fn metadata(value: &Value) -> Option<Json> {
    let empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    (!empty).then(|| Json(value.to_string()))
}

/// `totalTasks` → `total_tasks`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for c in name.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests;
