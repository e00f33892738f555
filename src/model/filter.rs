//! Which records a list, an aggregate or an export is about.

use serde::{Deserialize, Serialize};

use super::{Micros, TimeRange};

/// Equality filters, all of which must hold; a field that a dataset does not have is refused by the
/// service, never ignored. `None` = any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordFilter {
    /// Task id.
    pub task_id: Option<String>,
    /// Agent id.
    pub agent_id: Option<String>,
    /// Swarm id.
    pub swarm_id: Option<String>,
    /// Result word; `none` = no result recorded.
    pub result: Option<String>,
    /// Model name.
    pub model: Option<String>,
    /// Project name.
    pub project: Option<String>,
    /// Metric type, without prefix.
    pub metric_type: Option<String>,
    /// Event type.
    pub event_type: Option<String>,
    /// Agent type.
    pub agent_type: Option<String>,
    /// Event id.
    pub event_id: Option<String>,
    /// Healing strategy.
    pub strategy: Option<String>,
    /// Failure type.
    pub failure_type: Option<String>,
    /// Whether a healing succeeded: `true` or `false`.
    pub success: Option<String>,
    /// Registry status.
    pub status: Option<String>,
    /// Session of a memory.
    pub session_id: Option<String>,
    /// Type of a memory.
    pub memory_type: Option<String>,
    /// Key of a memory.
    pub key: Option<String>,
}

impl RecordFilter {
    /// Whether nothing is filtered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// In which direction of time a list runs. Ties are broken by the row id, in the same direction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Oldest first.
    Asc,
    /// Newest first.
    #[default]
    Desc,
}

/// The last row already seen: a list goes on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Cursor {
    /// Its time.
    pub time: Micros,
    /// Its row id.
    pub row: i64,
}

/// A question for records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageRequest {
    /// The range asked about.
    pub range: TimeRange,
    /// Which records of it.
    pub filter: RecordFilter,
    /// Oldest or newest first.
    pub order: Order,
    /// Go on after this row.
    pub after: Option<Cursor>,
    /// At most so many rows.
    pub limit: u32,
}
