//! The registry of agents as it is shown: lives, who is there, and what may change.
//!
//! Not here: the record that agents send (`record::AgentRecord`) and the rules by which records about one life are
//! merged (`store`).

use serde::{Deserialize, Serialize};

use super::health::AgentHealth;
use super::{AgentStatus, Json, Micros, TimeRange};

/// One life of an agent: from one registration to the next.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentLife {
    /// Its kind in this life.
    pub agent_type: String,
    /// How far it came.
    pub status: AgentStatus,
    /// Its start.
    pub spawn_time: Micros,
    /// Since when it works: when a record turned it from spawned to running. `None` when nobody said so, or it was
    /// running when it was first heard of.
    pub running_since: Option<Micros>,
    /// Its end.
    pub complete_time: Option<Micros>,
    /// Its length in milliseconds: as reported, else from its start to its end; `None` while it lasts.
    pub duration_ms: Option<f64>,
    /// When the registry last heard of it.
    pub updated: Micros,
    /// Anything else, verbatim.
    pub metadata: Option<Json>,
    /// Its project.
    pub project: Option<String>,
}

impl AgentLife {
    /// Whether it ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.status, AgentStatus::Complete | AgentStatus::Error)
    }
}

/// How many records of an agent lie in a range.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentCounts {
    /// Tasks.
    pub tasks: u64,
    /// Events.
    pub events: u64,
    /// Attempts to heal it.
    pub healings: u64,
    /// Numbers about it.
    pub metrics: u64,
}

/// An agent's latest event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LatestEvent {
    /// What happened.
    pub event_type: String,
    /// When.
    pub timestamp: Micros,
}

/// Who an agent is and how it is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentProfile {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The instants that [`Self::counts`] are of.
    pub range: TimeRange,
    /// The agent.
    pub agent_id: String,
    /// Its kind: of its latest life, else of its latest event that says so.
    pub agent_type: Option<String>,
    /// Its project: of its latest life, else of its latest task.
    pub project: Option<String>,
    /// How it is doing.
    pub health: AgentHealth,
    /// Since when it is marked as stale: it says it is at work and was not heard of for `agents.stale_after_minutes`.
    /// The next event, task or metric of it takes the mark away. `None` = it is not marked.
    pub stale_since: Option<Micros>,
    /// When it was first heard of, whatever the range.
    pub first_seen: Option<Micros>,
    /// When it was last heard of.
    pub last_seen: Option<Micros>,
    /// Its latest event.
    pub last_event: Option<LatestEvent>,
    /// Its lives, newest first, the present one included; at most [`Self::LIVES_LISTED`].
    pub lives: Vec<AgentLife>,
    /// How many lives it had.
    pub life_count: u64,
    /// Its records in the range.
    pub counts: AgentCounts,
    /// Sessions whose memory is its own: named as the agent, as a swarm it worked in during the range, or by
    /// `session_id` in the metadata of a listed life. Only those that remember something, sorted.
    pub sessions: Vec<String>,
}

impl AgentProfile {
    /// Most lives listed.
    pub const LIVES_LISTED: u32 = 100;

    /// The present life, or the last one; `None` for an agent nobody registered.
    #[must_use]
    pub fn life(&self) -> Option<&AgentLife> {
        self.lives.first()
    }
}

/// Where an agent stands now: of lists, beside the figures of its range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentStanding {
    /// How it is doing.
    pub health: AgentHealth,
    /// Since when it is marked as stale; see [`AgentProfile::stale_since`].
    pub stale_since: Option<Micros>,
    /// When it was last heard of by event, task, metric or registration, whatever the range.
    pub last_heard: Option<Micros>,
    /// When its present life began; `None` for an agent nobody registered, as in the three below.
    pub spawn_time: Option<Micros>,
    /// Since when it works; see [`AgentLife::running_since`].
    pub running_since: Option<Micros>,
    /// When that life ended.
    pub complete_time: Option<Micros>,
    /// Its length in milliseconds; see [`AgentLife::duration_ms`].
    pub duration_ms: Option<f64>,
    /// How many lives it had.
    pub lives: u64,
}

/// One agent that is at work, as the registry knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveAgent {
    /// The agent.
    pub agent_id: String,
    /// Its present life, which is spawned or running.
    pub life: AgentLife,
    /// Since when it is marked as stale.
    pub stale_since: Option<Micros>,
}

/// Agents at work by the start of their lives, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActiveAgents {
    /// The server's clock when it answered.
    pub now: Micros,
    /// One page.
    pub agents: Vec<ActiveAgent>,
    /// The `cursor` of the next page; `None` on the last one.
    pub next: Option<String>,
}

/// How an agent's present life goes on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentUpdate {
    /// How far it came. From spawned to running, complete or error, from running to complete or error, and the same
    /// again; nothing leads back. `None` = as before.
    pub status: Option<AgentStatus>,
    /// When it ended; the time of the update when a life ends without one.
    pub complete_time: Option<Micros>,
    /// How long it lasted, in milliseconds.
    pub duration_ms: Option<f64>,
    /// In place of its metadata: any JSON object.
    pub metadata: Option<Json>,
}

/// Why a change of an agent is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UpdateRefused {
    /// Nobody registered it.
    #[error("there is no agent `{agent_id}` in the registry; register it first")]
    Unknown {
        /// The agent.
        agent_id: String,
    },
    /// Its life cannot go that way.
    #[error(
        "agent `{agent_id}` is {from}, and cannot become {to}; register it again for a new life",
        from = from.as_str(), to = to.as_str()
    )]
    Backwards {
        /// The agent.
        agent_id: String,
        /// What it is.
        from: AgentStatus,
        /// What it should become.
        to: AgentStatus,
    },
}
