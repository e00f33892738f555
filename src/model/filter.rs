//! Which records a list, an aggregate or an export is about.

use serde::{Deserialize, Serialize};

use super::{Dataset, Micros, TimeRange};

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
    /// How an agent is doing; of lists of agents only, no record says so.
    pub state: Option<String>,
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

    /// The fields that records of `dataset` can be filtered by, as query parameters name them.
    #[must_use]
    pub fn fields(dataset: Dataset) -> &'static [&'static str] {
        match dataset {
            Dataset::Tasks => &["task_id", "agent_id", "swarm_id", "result", "model", "project"],
            Dataset::AgentMetrics => &["agent_id", "metric_type", "project"],
            Dataset::SwarmMetrics => &["swarm_id", "metric_type", "project"],
            Dataset::Events => &["event_type", "agent_id", "agent_type", "event_id", "task_id", "swarm_id", "project"],
            Dataset::Healings => &["strategy", "failure_type", "success", "agent_id", "project"],
            Dataset::Agents => &["agent_id", "agent_type", "status", "project"],
            Dataset::Memory => &["session_id", "memory_type", "key", "project"],
        }
    }

    /// What is asked for: each field that is set, as query parameters name it, and its value.
    pub fn asked(&self) -> impl Iterator<Item = (&'static str, &str)> {
        // Taken apart by name, so that a new field cannot be forgotten here.
        let Self {
            task_id,
            agent_id,
            swarm_id,
            result,
            model,
            project,
            metric_type,
            event_type,
            agent_type,
            event_id,
            strategy,
            failure_type,
            success,
            status,
            state,
            session_id,
            memory_type,
            key,
        } = self;
        [
            ("task_id", task_id),
            ("agent_id", agent_id),
            ("swarm_id", swarm_id),
            ("result", result),
            ("model", model),
            ("project", project),
            ("metric_type", metric_type),
            ("event_type", event_type),
            ("agent_type", agent_type),
            ("event_id", event_id),
            ("strategy", strategy),
            ("failure_type", failure_type),
            ("success", success),
            ("status", status),
            ("state", state),
            ("session_id", session_id),
            ("memory_type", memory_type),
            ("key", key),
        ]
        .into_iter()
        .filter_map(|(field, value)| Some((field, value.as_deref()?)))
    }

    /// The place of `field`; `None` when no dataset has it.
    pub fn field_mut(&mut self, field: &str) -> Option<&mut Option<String>> {
        Some(match field {
            "task_id" => &mut self.task_id,
            "agent_id" => &mut self.agent_id,
            "swarm_id" => &mut self.swarm_id,
            "result" => &mut self.result,
            "model" => &mut self.model,
            "project" => &mut self.project,
            "metric_type" => &mut self.metric_type,
            "event_type" => &mut self.event_type,
            "agent_type" => &mut self.agent_type,
            "event_id" => &mut self.event_id,
            "strategy" => &mut self.strategy,
            "failure_type" => &mut self.failure_type,
            "success" => &mut self.success,
            "status" => &mut self.status,
            "state" => &mut self.state,
            "session_id" => &mut self.session_id,
            "memory_type" => &mut self.memory_type,
            "key" => &mut self.key,
            _ => return None,
        })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_every_dataset_has_a_place_of_its_own() {
        for dataset in Dataset::ALL {
            let mut filter = RecordFilter::default();
            for field in RecordFilter::fields(dataset) {
                let place = filter.field_mut(field).expect("a field of the filter");
                assert_eq!(place.replace((*field).to_owned()), None, "{field} shares its place");
            }
        }
        assert!(RecordFilter::default().field_mut("nothing").is_none());
    }
}
