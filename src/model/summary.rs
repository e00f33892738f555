//! Answers for scripts: the summary of a range, rankings of agents, slow tasks.

use serde::{Deserialize, Serialize};

use super::answer::{Estimator, Rate, Tier};
use super::overview::{AgentRow, TaskRow};
use super::{Problem, TimeRange};

/// Ten figures of a range. What nothing is known about is `None`, never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The instants asked about.
    pub range: TimeRange,
    /// All tasks.
    pub total_tasks: u64,
    /// Those that succeeded.
    pub successful_tasks: u64,
    /// Successes of the tasks that count in the rate.
    pub success_rate: Option<Rate>,
    /// Mean duration in milliseconds.
    pub avg_duration_ms: Option<f64>,
    /// 95th percentile of the durations in milliseconds.
    pub p95_duration_ms: Option<f64>,
    /// 99th percentile of the durations in milliseconds.
    pub p99_duration_ms: Option<f64>,
    /// Mean tokens of the tasks that recorded any.
    pub avg_tokens_per_task: Option<f64>,
    /// All tokens; `None` when no task recorded any.
    pub total_tokens_used: Option<i64>,
    /// Agents with a task or an event.
    pub unique_agents: u64,
    /// Tasks with a duration, on which mean and percentiles stand.
    pub n: u64,
    /// The coarsest rows that answered.
    pub tier: Option<Tier>,
    /// How the percentiles were computed.
    pub estimator: Option<Estimator>,
}

/// By what agents are ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgentMeasure {
    /// Tasks.
    Tasks,
    /// Success rate; agents without rated tasks are left out.
    SuccessRate,
    /// Mean duration; agents without durations are left out.
    AvgDurationMs,
    /// Median duration; agents without durations are left out. Percentiles are computed for every agent.
    P50DurationMs,
    /// 95th percentile of the durations; likewise.
    P95DurationMs,
    /// 99th percentile of the durations; likewise.
    P99DurationMs,
    /// Longest duration; agents without durations are left out.
    MaxDurationMs,
    /// Tokens.
    TokensUsed,
    /// Mean tokens a task.
    AvgTokensUsed,
    /// Cost in USD as sources reported it; agents without a reported cost are left out.
    CostUsd,
}

impl AgentMeasure {
    /// Every measure.
    pub const ALL: [Self; 10] = [
        Self::Tasks,
        Self::SuccessRate,
        Self::AvgDurationMs,
        Self::P50DurationMs,
        Self::P95DurationMs,
        Self::P99DurationMs,
        Self::MaxDurationMs,
        Self::TokensUsed,
        Self::AvgTokensUsed,
        Self::CostUsd,
    ];

    /// The name in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::SuccessRate => "success_rate",
            Self::AvgDurationMs => "avg_duration_ms",
            Self::P50DurationMs => "p50_duration_ms",
            Self::P95DurationMs => "p95_duration_ms",
            Self::P99DurationMs => "p99_duration_ms",
            Self::MaxDurationMs => "max_duration_ms",
            Self::TokensUsed => "tokens_used",
            Self::AvgTokensUsed => "avg_tokens_used",
            Self::CostUsd => "cost_usd",
        }
    }

    /// Reads a name made by [`Self::as_str`].
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == name).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|measure| measure.as_str()).collect();
            Problem::bad_request(format!("agents have no measure `{name}`; known: {}", known.join(", ")))
        })
    }
}

/// Agents in the order of a measure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentRanking {
    /// The instants asked about.
    pub range: TimeRange,
    /// How many agents have the measure in the range.
    pub agent_count: u64,
    /// The first of them.
    pub agents: Vec<AgentRow>,
}

/// By which number of theirs tasks are ranked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum TaskMeasure {
    /// Duration.
    #[default]
    DurationMs,
    /// Tokens.
    TokensUsed,
    /// Files changed.
    FilesChanged,
}

impl TaskMeasure {
    /// Every measure.
    pub const ALL: [Self; 3] = [Self::DurationMs, Self::TokensUsed, Self::FilesChanged];

    /// The name in requests: that of the column.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DurationMs => "duration_ms",
            Self::TokensUsed => "tokens_used",
            Self::FilesChanged => "files_changed",
        }
    }

    /// Reads a name made by [`Self::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.as_str() == name)
    }

    /// The number itself, if `task` has it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn of(self, task: &TaskRow) -> Option<f64> {
        match self {
            Self::DurationMs => task.duration_ms,
            Self::TokensUsed => task.tokens_used.map(|tokens| tokens as f64),
            Self::FilesChanged => task.files_changed.map(|files| files as f64),
        }
    }
}

/// Tasks in the order of a measure; those without the number are left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlowTasks {
    /// The instants asked about.
    pub range: TimeRange,
    /// The first of them.
    pub tasks: Vec<TaskRow>,
}
