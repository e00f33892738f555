//! How records look in the document: the shapes that lists give and ingest takes.
//!
//! Nothing is read or written with these: records are written by `wire::ndjson` and read by `wire::native`. A test
//! holds what the server gives against them.

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Declares the shape of one kind of record.
macro_rules! shapes {
    ($($(#[$doc:meta])* $name:ident, $kind_type:ident = $kind:tt {
        $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
    })*) => {$(
        #[doc = concat!("The kind `", $kind, "`.")]
        #[derive(Debug, Serialize)]
        pub struct $kind_type;

        impl PartialSchema for $kind_type {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some([$kind])).build().into()
            }
        }

        impl ToSchema for $kind_type {}

        $(#[$doc])*
        #[derive(Debug, Serialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            /// What kind of record it is.
            pub kind: $kind_type,
            $($(#[$field_doc])* pub $field: $type,)*
            /// The project it belongs to.
            #[schema(nullable = false)]
            pub project: Option<String>,
            /// Where an importer found it.
            #[schema(nullable = false)]
            pub source: Option<SourceItem>,
        }
    )*};
}

/// Where an importer found a record.
#[derive(Debug, Serialize, ToSchema)]
pub struct SourceItem {
    /// The file.
    #[schema(min_length = 1)]
    pub file: String,
    /// The key in it.
    #[schema(min_length = 1)]
    pub key: String,
}

shapes! {
    /// One task, recorded at its end. What was not recorded is left out.
    TaskItem, TaskKind = "task" {
        /// The task.
        #[schema(min_length = 1, max_length = 512, example = "task-1")]
        task_id: String,
        /// The agent that did it.
        #[schema(min_length = 1, max_length = 512, example = "coder-1")]
        agent_id: String,
        /// success, failure, timeout or cancelled; imported tasks may carry any other word, or none.
        #[schema(nullable = false, example = "success")]
        result: Option<String>,
        /// Instead of `result`, where the source only said whether it succeeded.
        #[schema(nullable = false)]
        success: Option<bool>,
        /// When it ended.
        #[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
        timestamp: String,
        /// How long it took, in milliseconds.
        #[schema(nullable = false, minimum = 0, example = 1250.0)]
        duration_ms: Option<f64>,
        /// All tokens.
        #[schema(nullable = false, minimum = 0, example = 1800)]
        tokens_used: Option<i64>,
        /// Files it changed.
        #[schema(nullable = false, minimum = 0, example = 3)]
        files_changed: Option<i64>,
        /// Its swarm.
        #[schema(nullable = false, min_length = 1, example = "swarm-1")]
        swarm_id: Option<String>,
        /// The model that answered.
        #[schema(nullable = false, example = "claude-sonnet-4")]
        model: Option<String>,
        /// Not cached prompt tokens.
        #[schema(nullable = false, minimum = 0)]
        tokens_input: Option<i64>,
        /// Answer tokens.
        #[schema(nullable = false, minimum = 0)]
        tokens_output: Option<i64>,
        /// Prompt tokens read from a cache.
        #[schema(nullable = false, minimum = 0)]
        tokens_cache_read: Option<i64>,
        /// Prompt tokens written to a cache.
        #[schema(nullable = false, minimum = 0)]
        tokens_cache_write: Option<i64>,
        /// Reasoning tokens, a part of the output.
        #[schema(nullable = false, minimum = 0)]
        tokens_reasoning: Option<i64>,
        /// What it cost in USD, as its source reported it.
        #[schema(nullable = false, minimum = 0)]
        cost_usd: Option<f64>,
        /// Anything else.
        #[schema(required = false)]
        metadata: Value,
    }

    /// A number about an agent.
    AgentMetricItem, AgentMetricKind = "agent_metric" {
        /// The agent.
        #[schema(min_length = 1, max_length = 512, example = "coder-1")]
        agent_id: String,
        /// What is measured, without the prefix `agent_`.
        #[schema(min_length = 1, example = "success_rate")]
        metric_type: String,
        /// The number.
        #[schema(example = 0.98)]
        value: f64,
        /// When it was measured.
        #[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
        timestamp: String,
        /// Anything else.
        #[schema(required = false)]
        metadata: Value,
        /// The sender's id of it: the same id counts once.
        #[schema(nullable = false)]
        id: Option<String>,
    }

    /// A number about a swarm.
    SwarmMetricItem, SwarmMetricKind = "swarm_metric" {
        /// The swarm.
        #[schema(min_length = 1, max_length = 512, example = "swarm-1")]
        swarm_id: String,
        /// What is measured, without the prefix `swarm_`.
        #[schema(min_length = 1, example = "health")]
        metric_type: String,
        /// The number.
        #[schema(example = 0.9)]
        value: f64,
        /// When it was measured.
        #[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
        timestamp: String,
        /// Anything else.
        #[schema(required = false)]
        metadata: Value,
        /// The sender's id of it: the same id counts once.
        #[schema(nullable = false)]
        id: Option<String>,
    }

    /// Something an agent did or met.
    EventItem, EventKind = "event" {
        /// What happened.
        #[schema(min_length = 1, example = "spawn")]
        event_type: String,
        /// To whom.
        #[schema(min_length = 1, max_length = 512, example = "coder-1")]
        agent_id: String,
        /// What kind of agent that is.
        #[schema(nullable = false, example = "coder")]
        agent_type: Option<String>,
        /// Unique; made when it is absent.
        #[schema(nullable = false)]
        event_id: Option<String>,
        /// During which task.
        #[schema(nullable = false)]
        task_id: Option<String>,
        /// In which swarm.
        #[schema(nullable = false)]
        swarm_id: Option<String>,
        /// When.
        #[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
        timestamp: String,
        /// Anything else.
        #[schema(required = false)]
        metadata: Value,
    }

    /// One attempt to heal a failure.
    HealingItem, HealingKind = "healing" {
        /// What was tried.
        #[schema(min_length = 1, example = "restart")]
        strategy: String,
        /// On which kind of failure.
        #[schema(min_length = 1, example = "timeout")]
        failure_type: String,
        /// Whether it worked.
        success: bool,
        /// How long it took, in milliseconds.
        #[schema(minimum = 0, example = 310.0)]
        duration_ms: f64,
        /// The failure.
        #[schema(nullable = false)]
        failure_id: Option<String>,
        /// The agent.
        #[schema(nullable = false)]
        agent_id: Option<String>,
        /// When the failure was noticed.
        #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
        detected_at: Option<String>,
        /// When it was over.
        #[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
        timestamp: String,
        /// What was done.
        #[schema(nullable = false)]
        actions: Option<Vec<String>>,
        /// Anything else.
        #[schema(required = false)]
        metadata: Value,
        /// The sender's id of it: the same id counts once.
        #[schema(nullable = false)]
        id: Option<String>,
    }

    /// A life of an agent, or its next state.
    AgentItem, AgentKind = "agent" {
        /// The agent.
        #[schema(min_length = 1, max_length = 512, example = "coder-1")]
        agent_id: String,
        /// Its kind.
        #[schema(min_length = 1, example = "coder")]
        agent_type: String,
        /// spawned, running, complete or error.
        #[schema(example = "running")]
        status: String,
        /// Its start.
        #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
        spawn_time: Option<String>,
        /// Its end.
        #[schema(value_type = Option<String>, format = DateTime, nullable = false)]
        complete_time: Option<String>,
        /// Its length in milliseconds.
        #[schema(nullable = false, minimum = 0)]
        duration_ms: Option<f64>,
        /// Anything else.
        #[schema(required = false)]
        metadata: Value,
    }

    /// What a session remembers under a key.
    MemoryItem, MemoryKind = "memory" {
        /// The session.
        #[schema(min_length = 1, max_length = 512, example = "session-1")]
        session_id: String,
        /// semantic, episodic, context_hint, or any word.
        #[schema(min_length = 1, example = "semantic")]
        memory_type: String,
        /// The key.
        #[schema(min_length = 1, example = "goal")]
        key: String,
        /// Any JSON; null is a value.
        value: Value,
        /// When it was remembered.
        #[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
        timestamp: String,
        /// After so many hours it is forgotten.
        #[schema(nullable = false, minimum = 0)]
        ttl_hours: Option<f64>,
        /// The sender's id of it: the same id counts once.
        #[schema(nullable = false)]
        id: Option<String>,
    }
}

/// Any record; `kind` says which.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AnyItem {
    /// A task.
    Task(TaskItem),
    /// A number about an agent.
    AgentMetric(AgentMetricItem),
    /// A number about a swarm.
    SwarmMetric(SwarmMetricItem),
    /// An event.
    Event(EventItem),
    /// A healing attempt.
    Healing(HealingItem),
    /// A life of an agent.
    Agent(AgentItem),
    /// A memory.
    Memory(MemoryItem),
}
