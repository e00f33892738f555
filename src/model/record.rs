//! The records agents send and importers make: one struct a kind.
//!
//! Numbers are what the source said: `None` is "not recorded", never 0. Bounds and required fields
//! are checked where bytes become records (`wire::native`); an importer's record carries a
//! [`Source`] and may leave out or bring what others may not.

use serde::{Deserialize, Serialize};

use super::{AgentId, AgentStatus, EventId, Micros, Outcome, SwarmId, TaskId, TokenCounts};

/// JSON text kept as it was written; never re-ordered, never re-spaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Json(pub String);

/// Where an imported record comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file, as the importer was given it.
    pub file: String,
    /// What identifies the record across imports, unique among all records of its kind.
    pub key: String,
}

/// One task, recorded at its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRecord {
    /// The task.
    pub task_id: TaskId,
    /// The agent that did it.
    pub agent_id: AgentId,
    /// How it ended; `None` only for imported records.
    pub result: Option<Outcome>,
    /// When it ended; its start is `timestamp - duration_ms`.
    pub timestamp: Micros,
    /// How long it took, in milliseconds, finite and not negative.
    pub duration_ms: Option<f64>,
    /// All tokens; the sum of the kinds when the source gave only those.
    pub tokens_used: Option<i64>,
    /// Files it changed.
    pub files_changed: Option<i64>,
    /// The swarm it belongs to.
    pub swarm_id: Option<SwarmId>,
    /// The model that answered.
    pub model: Option<String>,
    /// Tokens by kind.
    pub tokens: TokenCounts,
    /// What it cost in USD, as the source reported it.
    pub cost_usd: Option<f64>,
    /// Anything else, verbatim.
    pub metadata: Option<Json>,
    /// Free grouping.
    pub project: Option<String>,
    /// Set by importers.
    pub source: Option<Source>,
}

/// A metric type as it is stored: the documented types come with and without the prefix of their scope.
#[must_use]
pub fn metric_type_name(metric_type: &str) -> &str {
    ["task_", "agent_", "swarm_"]
        .iter()
        .find_map(|prefix| metric_type.strip_prefix(prefix).filter(|rest| !rest.is_empty()))
        .unwrap_or(metric_type)
}

/// One number about an agent or a swarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MetricRecord {
    /// The agent's or swarm's id.
    pub subject: String,
    /// What is measured, without its `agent_`/`swarm_`/`task_` prefix.
    pub metric_type: String,
    /// The number; finite.
    pub value: f64,
    /// When it was measured.
    pub timestamp: Micros,
    /// The sender's own id for it; sending the same id twice counts once.
    pub id: Option<String>,
    /// Anything else, verbatim.
    pub metadata: Option<Json>,
    /// Free grouping.
    pub project: Option<String>,
    /// Set by importers.
    pub source: Option<Source>,
}

/// Something an agent did or met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRecord {
    /// What happened: `spawn`, `complete`, `error`, `heartbeat`, `tool:Bash`, or any word.
    pub event_type: String,
    /// To whom.
    pub agent_id: AgentId,
    /// What kind of agent that is.
    pub agent_type: Option<String>,
    /// Unique; made by the service when the sender brings none.
    pub event_id: Option<EventId>,
    /// The task it belongs to.
    pub task_id: Option<TaskId>,
    /// The swarm it belongs to.
    pub swarm_id: Option<SwarmId>,
    /// When it happened.
    pub timestamp: Micros,
    /// Anything else, verbatim.
    pub metadata: Option<Json>,
    /// Free grouping.
    pub project: Option<String>,
    /// Set by importers.
    pub source: Option<Source>,
}

/// One attempt to heal a failure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealingRecord {
    /// The strategy that was tried.
    pub strategy: String,
    /// The kind of failure it was tried on.
    pub failure_type: String,
    /// Whether it worked.
    pub success: bool,
    /// How long it took, in milliseconds, finite and not negative.
    pub duration_ms: f64,
    /// The failure; with `timestamp` it identifies the record.
    pub failure_id: Option<String>,
    /// The agent that was healed.
    pub agent_id: Option<AgentId>,
    /// When the failure was noticed.
    pub detected_at: Option<Micros>,
    /// When the attempt ended.
    pub timestamp: Micros,
    /// What was done, in order.
    pub actions: Vec<String>,
    /// The sender's own id, used when there is no `failure_id`.
    pub id: Option<String>,
    /// Anything else, verbatim.
    pub metadata: Option<Json>,
    /// Free grouping.
    pub project: Option<String>,
    /// Set by importers.
    pub source: Option<Source>,
}

/// One life of an agent in the registry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentRecord {
    /// The agent.
    pub agent_id: AgentId,
    /// Its kind, such as `planner`.
    pub agent_type: String,
    /// Where it is in its life.
    pub status: AgentStatus,
    /// When it was started; the time of arrival when the sender brings none.
    pub spawn_time: Micros,
    /// When it ended.
    pub complete_time: Option<Micros>,
    /// How long it lived, in milliseconds, as reported.
    pub duration_ms: Option<f64>,
    /// Anything else, verbatim.
    pub metadata: Option<Json>,
    /// Free grouping.
    pub project: Option<String>,
    /// Set by importers.
    pub source: Option<Source>,
}

/// Something a session remembers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryRecord {
    /// The session.
    pub session_id: String,
    /// `semantic`, `episodic`, `context_hint`, or any word.
    pub memory_type: String,
    /// Under what it is kept.
    pub key: String,
    /// Any JSON value; JSON `null` is a value.
    pub value: Json,
    /// When it was stored.
    pub timestamp: Micros,
    /// Hours until it is forgotten; not negative.
    pub ttl_hours: Option<f64>,
    /// The sender's own id for it.
    pub id: Option<String>,
    /// Free grouping.
    pub project: Option<String>,
    /// Set by importers.
    pub source: Option<Source>,
}

/// A record of any kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A task.
    Task(TaskRecord),
    /// A number about an agent.
    AgentMetric(MetricRecord),
    /// A number about a swarm.
    SwarmMetric(MetricRecord),
    /// An agent event.
    Event(EventRecord),
    /// A healing attempt.
    Healing(HealingRecord),
    /// A registry entry.
    Agent(AgentRecord),
    /// A session memory.
    Memory(MemoryRecord),
}
