//! How agents and swarms are doing, and what people set about it.
//!
//! Not here: how a state is found (`analytics::health`), and the program's own health (`service::health`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Rate;
use super::{Micros, TimeRange};

/// How an agent is doing, by its heartbeats. With the interval `i` it is expected to beat in, the threshold `k`
/// (3 unless set) and `e` since it was last heard beating: healthy `e < i`, degraded `e < 2i`, critical `e < k·i`,
/// failed beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum HealthState {
    /// Its last beat is less than one interval ago.
    Healthy,
    /// Less than two intervals.
    Degraded,
    /// Less than the threshold.
    Critical,
    /// The threshold or more.
    Failed,
    /// It never beat, so nothing can be said.
    Unknown,
    /// Its life ended, with success or an error, and it did not beat since.
    Finished,
}

impl HealthState {
    /// Every state, best first.
    pub const ALL: [Self; 6] =
        [Self::Healthy, Self::Degraded, Self::Critical, Self::Failed, Self::Unknown, Self::Finished];

    /// The word in answers and filters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Critical => "critical",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Finished => "finished",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// Where the interval an agent is held against comes from. What was set for its type wins over what it showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IntervalBasis {
    /// Set for its type: `[heartbeat.types.NAME]`.
    AgentType,
    /// The median of the intervals between its last beats.
    Learned,
    /// `heartbeat.interval_seconds`.
    Default,
}

/// An agent's state, with everything it was found by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AgentHealth {
    /// The state.
    pub state: HealthState,
    /// Its last heartbeat; `None` = it never beat.
    pub last_beat: Option<Micros>,
    /// Milliseconds since that beat, or since the present life began where that is later. Negative for a beat whose
    /// clock is ahead. `None` where nothing is expected: of unknown and finished agents.
    pub elapsed_ms: Option<i64>,
    /// Milliseconds within which it is expected to beat.
    pub interval_ms: i64,
    /// Where that comes from.
    pub basis: IntervalBasis,
    /// Intervals after which it counts as failed.
    pub threshold: f64,
    /// How many of its last beats are known, at most [`Self::BEATS_KEPT`].
    pub beats: u32,
}

impl AgentHealth {
    /// How many beats are kept of each agent.
    pub const BEATS_KEPT: usize = 16;
}

/// `[heartbeat]`: when an agent that beats is expected to beat again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeartbeatSettings {
    /// Seconds within which an agent beats of which nothing better is known.
    pub interval_seconds: f64,
    /// Intervals after which it counts as failed. At 2 and below nobody is ever critical.
    pub threshold: f64,
    /// Whether an agent is held against its own rhythm once it has one.
    pub learn: bool,
    /// Beats from which on it has one: the median of their intervals.
    pub learn_beats_min: u32,
    /// The same by agent type.
    pub types: BTreeMap<String, HeartbeatOfType>,
}

/// `[heartbeat.types.NAME]`: what differs for agents of one type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HeartbeatOfType {
    /// Seconds; `None` = learned, or as for all.
    pub interval_seconds: Option<f64>,
    /// Intervals; `None` = as for all.
    pub threshold: Option<f64>,
}

impl Default for HeartbeatSettings {
    fn default() -> Self {
        Self { interval_seconds: 60.0, threshold: 3.0, learn: true, learn_beats_min: 5, types: BTreeMap::new() }
    }
}

/// `[agents]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentSettings {
    /// Minutes without an event, a task or a metric after which an agent that says it is at work is marked as stale.
    pub stale_after_minutes: u32,
}

impl Default for AgentSettings {
    fn default() -> Self {
        Self { stale_after_minutes: 60 }
    }
}

/// What a part of a swarm's health says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PartStatus {
    /// Nothing to judge by.
    Unknown,
    /// As it should be.
    Healthy,
    /// Past [`HealthPart::degraded_at`].
    Degraded,
    /// Past [`HealthPart::critical_at`].
    Critical,
}

/// The parts of a swarm's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// Successes of the rated tasks in the range, 0 to 1.
    SuccessRate,
    /// Agents that are healthy, of those whose state is known and whose life goes on, 0 to 1, at the present.
    Agents,
    /// Tasks that wait: the latest `queue_depth` (or `backlog`, `pending_tasks`) the swarm reported in the range, else
    /// tasks that an event says were started in the range's last day and that neither an event nor a record ends.
    Backlog,
    /// p95 of the task durations in the range, over that of the baseline: the seven days before the range.
    Latency,
}

/// One part of a swarm's health, with what it was judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealthPart {
    /// Which.
    pub part: PartKind,
    /// Its value, in the unit of [`PartKind`]; `None` = no data.
    pub value: Option<f64>,
    /// The counts behind a share.
    pub rate: Option<Rate>,
    /// On how many tasks, agents or samples it stands; of a backlog that was counted, how many tasks were started.
    pub n: u64,
    /// Latency: p95 of the range in milliseconds.
    pub current_ms: Option<f64>,
    /// Latency: p95 of the baseline in milliseconds.
    pub baseline_ms: Option<f64>,
    /// Latency: timed tasks of the baseline.
    pub baseline_n: u64,
    /// When the value was measured, where it was reported; `None` where it was computed.
    pub measured_at: Option<Micros>,
    /// From this value on it is degraded: shares below it, others at or above it.
    pub degraded_at: f64,
    /// From this value on it is critical, in the same direction.
    pub critical_at: f64,
    /// What it says.
    pub status: PartStatus,
}

/// A value a swarm reported about its own health.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReportedHealth {
    /// When.
    pub timestamp: Micros,
    /// As it was sent.
    pub value: f64,
}

/// A swarm's health: what is computed here, part by part, and beside it what the swarm says itself. There is no
/// score: a mean of unlike things would hide the part that is broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SwarmHealth {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The swarm.
    pub swarm_id: String,
    /// The instants asked about.
    pub range: TimeRange,
    /// The worst of the parts; unknown when all are.
    pub status: PartStatus,
    /// The parts, in the order of [`PartKind`].
    pub parts: Vec<HealthPart>,
    /// Agents that worked in the swarm during the range, by state; states without agents are absent.
    pub agents: BTreeMap<HealthState, u64>,
    /// Those of them that are marked as stale.
    pub stale: u64,
    /// `swarm_metric` `health` as it was reported in the range, oldest first; at most [`Self::REPORTED_MAX`], the
    /// newest.
    pub reported: Vec<ReportedHealth>,
    /// Whether older values were left out.
    pub reported_more: bool,
}

impl SwarmHealth {
    /// Most reported values.
    pub const REPORTED_MAX: u32 = 1_000;

    /// One of the parts.
    #[must_use]
    pub fn part(&self, kind: PartKind) -> Option<&HealthPart> {
        self.parts.iter().find(|part| part.part == kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_read_back() {
        for state in HealthState::ALL {
            assert_eq!(HealthState::parse(state.as_str()), Some(state));
            assert_eq!(serde_json::to_value(state).expect("JSON"), state.as_str());
        }
        assert_eq!(HealthState::parse("stale"), None, "a mark, no state");
    }
}
