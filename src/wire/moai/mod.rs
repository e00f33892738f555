//! MoAI-Flow's databases: rows → records. Both generations of metrics (v1 `MetricsStorage`, v2
//! `MetricsPersistence` with its archives) and `SwarmDB`, in any mix in one file.
//!
//! | table | becomes |
//! |---|---|
//! | `task_metrics`, `agent_metrics`, `swarm_metrics` | tasks and metrics |
//! | `metrics_archive` | the rows its blobs hold, read like rows of their table |
//! | `agent_events`, `agent_registry`, `session_memory` | events, lives, memories |
//!
//! A table is known by its name and columns, never by the version a file claims. Keys are made of what a
//! row says, so that a copied, vacuumed or moved file counts once, and a row that went into an archive
//! stays the same. Not here: SQL (`store::foreign`), files (`service::import`).

pub mod archive;
mod metrics;
mod row;
mod swarm;
mod tasks;
pub mod zone;

use crate::model::Source;
use crate::model::cell::Cell;

use super::lenient::Haul;
pub use row::Row;
pub use zone::Clock;

/// Begins the source key of every record of this importer.
pub const PREFIX: &str = "moai:";

/// What a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TableKind {
    /// `agent_events`. First, like the next: their times tell the writer's zone.
    Events,
    /// `session_memory`.
    Memory,
    /// `agent_registry`.
    Registry,
    /// `task_metrics`.
    Tasks,
    /// `agent_metrics`.
    AgentMetrics,
    /// `swarm_metrics`.
    SwarmMetrics,
    /// `metrics_archive`.
    Archive,
}

/// Tables that only describe the file.
const INFO: [&str; 3] = ["metrics_schema_info", "storage_schema_info", "schema_info"];

impl TableKind {
    /// Which kind a table is, by its name and columns; `None` when it is none of them.
    #[must_use]
    pub fn of(name: &str, columns: &[String]) -> Option<Self> {
        let has = |needed: &[&str]| needed.iter().all(|name| columns.iter().any(|column| column == name));
        let (kind, needed): (_, &[&str]) = match name {
            "task_metrics" => (Self::Tasks, &["task_id", "agent_id", "timestamp"]),
            "agent_metrics" => (Self::AgentMetrics, &["agent_id", "metric_type", "value", "timestamp"]),
            "swarm_metrics" => (Self::SwarmMetrics, &["swarm_id", "metric_type", "value", "timestamp"]),
            "metrics_archive" => (Self::Archive, &["metric_table", "compressed_data"]),
            "agent_events" => (Self::Events, &["event_type", "agent_id", "timestamp"]),
            "agent_registry" => (Self::Registry, &["agent_id", "agent_type", "status", "spawn_time"]),
            "session_memory" => (Self::Memory, &["session_id", "memory_type", "key", "value", "timestamp"]),
            _ => return None,
        };
        has(needed).then_some(kind)
    }

    /// Whether a table holds nothing but facts about the file.
    #[must_use]
    pub fn is_info(name: &str) -> bool {
        INFO.contains(&name)
    }
}

/// Reads one row of a table of `kind`; archives are read by [`archive::read`].
pub fn read(kind: TableKind, row: &Row<'_>, clock: &Clock, haul: &mut Haul) {
    haul.rows += 1;
    let record = match kind {
        TableKind::Tasks => tasks::read(row, clock, haul),
        TableKind::AgentMetrics => metrics::read(row, "agent_id", clock, haul),
        TableKind::SwarmMetrics => metrics::read(row, "swarm_id", clock, haul),
        TableKind::Events => swarm::event(row, clock, haul),
        TableKind::Registry => swarm::life(row, clock, haul),
        TableKind::Memory => swarm::memory(row, clock, haul),
        TableKind::Archive => None,
    };
    haul.records.extend(record);
}

impl Row<'_> {
    fn source(&self, key: String) -> Option<Source> {
        Some(Source { file: self.file.to_owned(), key })
    }
}

/// A name that must be there: text that is not empty and not too long; a number is read as its digits.
fn name(row: &Row<'_>, column: &'static str, haul: &mut Haul) -> Option<String> {
    let text = match row.get(column) {
        Cell::Text(text) => text.clone(),
        Cell::Int(number) => number.to_string(),
        other => {
            haul.odd("a name is missing", row.place(), format!("{column} is {}", other.show()));
            return None;
        }
    };
    match crate::model::id::checked(&text) {
        Ok(_) => Some(text),
        Err(error) => {
            haul.odd("a name is empty or too long", row.place(), format!("{column} {error}"));
            None
        }
    }
}

#[cfg(test)]
mod tests;
