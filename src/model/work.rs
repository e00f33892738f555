//! Work on a time axis: who did what when, for drawings of agents and tasks side by side.
//!
//! Few things are told one by one; many are counted in steps, so that a day of a busy swarm is as light as an hour
//! of a quiet one. Which of the two it is, is part of the answer. Not here: how it is drawn.

use serde::{Deserialize, Serialize};

use super::Micros;

/// Tasks of some agents in a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Every task, by agent and then the newest first.
    Each(Vec<TaskSpan>),
    /// Counts, as there are more than [`Work::EACH_MAX`] tasks.
    Steps(WorkSteps),
}

impl Work {
    /// Most tasks that are told one by one.
    pub const EACH_MAX: u64 = 400;
}

impl Default for Work {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

/// One task on a time axis: it ended at `timestamp` and started `duration_ms` before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskSpan {
    /// The task.
    pub task_id: String,
    /// Its agent.
    pub agent_id: String,
    /// Its end.
    pub timestamp: Micros,
    /// Its duration in milliseconds; `None` = not recorded, so that only its end is known.
    pub duration_ms: Option<f64>,
    /// Its result word.
    pub result: Option<String>,
}

/// Tasks by agent, counted in steps of time.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct WorkSteps {
    /// Width of a step in milliseconds.
    pub step_ms: i64,
    /// Starts of the steps, epoch milliseconds, ascending.
    pub time: Vec<i64>,
    /// One entry an agent.
    pub agents: Vec<AgentSteps>,
}

/// The tasks of one agent, counted in the steps of [`WorkSteps::time`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentSteps {
    /// The agent.
    pub agent_id: String,
    /// Tasks that ended in each step.
    pub tasks: Vec<u64>,
    /// Those of them that count in the success rate.
    pub rated: Vec<u64>,
    /// Those of these that succeeded.
    pub success: Vec<u64>,
}

/// Heartbeats of one agent in a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beats {
    /// Every beat, oldest first.
    Each(Vec<Micros>),
    /// Beats by step, as there are more than [`Beats::EACH_MAX`].
    Steps {
        /// Width of a step in milliseconds.
        step_ms: i64,
        /// Starts of the steps, epoch milliseconds, ascending.
        time: Vec<i64>,
        /// Beats in each.
        counts: Vec<u64>,
    },
}

impl Beats {
    /// Most beats that are told one by one.
    pub const EACH_MAX: u32 = 400;

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        match self {
            Self::Each(beats) => beats.len() as u64,
            Self::Steps { counts, .. } => counts.iter().sum(),
        }
    }
}

impl Default for Beats {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}
