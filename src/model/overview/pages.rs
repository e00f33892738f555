//! The pages of one agent, one task, one swarm.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AgentRow, CostBasis, EventRow, Scope, TaskRow, Timeline, Totals};
use crate::model::aggregate::AggregateAnswer;
use crate::model::health::SwarmHealth;
use crate::model::registry::{AgentProfile, AgentStanding};
use crate::model::trend::Trend;
use crate::model::work::{Beats, Work};
use crate::model::{Micros, TimeRange};

/// The page of one agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentPage {
    /// What was asked.
    pub scope: Scope,
    /// The agent.
    pub agent_id: String,
    /// Its kind.
    pub agent_type: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// Its lives, newest first; at most 20.
    pub lives: Vec<LifeRow>,
    /// When it was first and last heard of, whatever the range.
    pub heard: Option<TimeRange>,
    /// Figures of the range.
    pub totals: Totals,
    /// Figures of the range before, when it was asked for.
    pub previous: Option<Totals>,
    /// Figures over time.
    pub timeline: Timeline,
    /// Its swarms in the range; at most 20.
    pub swarms: Vec<String>,
    /// Its newest tasks; at most 20.
    pub tasks: Vec<TaskRow>,
    /// Its newest events; at most 30.
    pub events: Vec<EventRow>,
    /// Its events by type, most frequent first; at most 30.
    pub event_types: Vec<(String, u64)>,
    /// Who it is and how it is doing.
    pub profile: AgentProfile,
    /// Its tasks on the time axis.
    pub work: Work,
    /// Its heartbeats on the time axis.
    pub beats: Beats,
    /// The numbers it reported, by metric type and step: mean and number. None when it reported none.
    pub metrics: Option<AggregateAnswer>,
    /// The newest attempts to heal it; at most 20.
    pub healings: Vec<HealingRow>,
    /// What gets better or worse of its tasks, then of at most 12 metrics it reported.
    pub trends: Vec<Trend>,
}

/// One attempt to heal a failure, in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealingRow {
    /// Row id in the store.
    pub row: i64,
    /// When it ended.
    pub timestamp: Micros,
    /// What was tried.
    pub strategy: String,
    /// On which kind of failure.
    pub failure_type: String,
    /// Whether it worked.
    pub success: bool,
    /// How long it took, in milliseconds.
    pub duration_ms: f64,
    /// What was done, in order.
    pub actions: Vec<String>,
}

/// One life of an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LifeRow {
    /// Spawned, running, complete or error.
    pub status: String,
    /// Its start.
    pub spawn_time: Micros,
    /// Its end.
    pub complete_time: Option<Micros>,
    /// Its length as reported, in milliseconds.
    pub duration_ms: Option<f64>,
}

/// The page of one task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskPage {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The seed when the store holds demo data.
    pub demo_seed: Option<u64>,
    /// The task.
    pub task: TaskRow,
    /// Its tokens by kind; `None` = not recorded.
    pub tokens: crate::model::TokenCounts,
    /// What it cost, in USD, reported or priced.
    pub usd: Option<f64>,
    /// Where `usd` comes from.
    pub basis: CostBasis,
    /// Its metadata, verbatim.
    pub metadata: Option<String>,
    /// The file it was imported from, and the key in it.
    pub source: Option<crate::model::Source>,
    /// Its events, oldest first; at most 200.
    pub events: Vec<EventRow>,
    /// How many events it has.
    pub event_count: u64,
}

/// The page of one swarm.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwarmPage {
    /// What was asked.
    pub scope: Scope,
    /// The swarm.
    pub swarm_id: String,
    /// Its project.
    pub project: Option<String>,
    /// When it was first and last heard of, whatever the range.
    pub heard: Option<TimeRange>,
    /// Figures of the range.
    pub totals: Totals,
    /// Figures of the range before, when it was asked for.
    pub previous: Option<Totals>,
    /// Figures over time.
    pub timeline: Timeline,
    /// A page of its agents in the range, busiest first; at most [`Self::AGENTS_LISTED`].
    pub agents: Vec<AgentRow>,
    /// How many busier agents came before this page.
    pub agents_from: u64,
    /// The lives of these agents that touch the range, newest first; at most 20 of each.
    pub lives: BTreeMap<String, Vec<LifeRow>>,
    /// The tasks of these agents on the time axis.
    pub work: Work,
    /// Where these agents stand now, in their order.
    pub standings: Vec<AgentStanding>,
    /// How it is doing.
    pub health: SwarmHealth,
    /// How many agents it has in the range.
    pub agent_count: u64,
    /// Its newest tasks; at most 20.
    pub tasks: Vec<TaskRow>,
    /// What it uses and how it does as it reported it, by metric type and step: mean, least, most. None when it
    /// reported nothing.
    pub metrics: Option<AggregateAnswer>,
    /// What gets better or worse of its tasks, then of at most 12 metrics it reported.
    pub trends: Vec<Trend>,
}

impl SwarmPage {
    /// Most agents of a page.
    pub const AGENTS_LISTED: u64 = 25;
    /// How many agents can be paged through, busiest first.
    pub const AGENTS_PAGED: u64 = 1_000;
}
