//! What `swarmscope top` and `/api/v1/top` show: five sections of figures, read at one moment.
//!
//! The model is the body of the route and of `top --json`, so that a screen over a running server shows what one over
//! the file shows. Not here: how it is drawn (`cli::top`), the figures themselves (`service::top`).

mod alerts;
mod level;

use serde::{Deserialize, Serialize};

use super::alert::Span;
use super::answer::Estimator;
use super::time::rfc3339;
use super::{Micros, Problem, RangeSpec};

pub use alerts::{TopAlert, TopAlerts};
pub use level::Level;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopQuery {
    /// Of which time the figures are; trends are always of the last hour and the last day.
    pub range: RangeSpec,
    /// Only this project.
    pub project: Option<String>,
    /// Only this swarm.
    pub swarm_id: Option<String>,
    /// Which agents come first.
    pub sort: TopSort,
}

impl TopQuery {
    /// Where the range starts when nobody says otherwise.
    pub const FROM: &'static str = "now-1h";
}

impl Default for TopQuery {
    fn default() -> Self {
        Self {
            range: RangeSpec { from: Self::FROM.to_owned(), to: String::new() },
            project: None,
            swarm_id: None,
            sort: TopSort::default(),
        }
    }
}

/// Which agents come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TopSort {
    /// Those with the shortest mean duration, of at least three timed tasks.
    #[default]
    Fastest,
    /// Those with most tasks.
    Busiest,
    /// Those with the lowest success rate.
    Failing,
    /// Those that used most tokens.
    Tokens,
}

impl TopSort {
    /// Every order, as the keys go through them.
    pub const ALL: [Self; 4] = [Self::Fastest, Self::Busiest, Self::Failing, Self::Tokens];

    /// The word in requests and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fastest => "fastest",
            Self::Busiest => "busiest",
            Self::Failing => "failing",
            Self::Tokens => "tokens",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    ///
    /// # Errors
    /// A [`Problem`] that lists the words.
    pub fn parse(word: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|sort| sort.as_str() == word).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|sort| sort.as_str()).collect();
            Problem::bad_request(format!("agents are not sorted by `{word}`; known: {}", known.join(", ")))
        })
    }

    /// The one after, and after the last the first.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Fastest => Self::Busiest,
            Self::Busiest => Self::Failing,
            Self::Failing => Self::Tokens,
            Self::Tokens => Self::Fastest,
        }
    }
}

/// One screen of figures. What nobody recorded or reported is null, never 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Top {
    /// The clock when it was answered.
    #[serde(with = "rfc3339")]
    pub now: Micros,
    /// First instant of the range.
    #[serde(with = "rfc3339")]
    pub from: Micros,
    /// First instant after it.
    #[serde(with = "rfc3339")]
    pub to: Micros,
    /// The newest record of any kind, whatever the range; null = the store is empty.
    #[serde(with = "rfc3339::option")]
    pub newest_record: Option<Micros>,
    /// Whether the store holds a simulated swarm.
    pub demo: bool,
    /// What alerts say, whatever the range.
    pub alerts: TopAlerts,
    /// Tasks of the range.
    pub summary: TopSummary,
    /// Who did them.
    pub agents: TopAgents,
    /// What waits.
    pub queue: TopQueue,
    /// What is used.
    pub resources: TopResources,
    /// What was before.
    pub trends: TopTrends,
}

/// Figures of a range, as `/api/v1/summary` has them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopSummary {
    /// All tasks.
    pub total_tasks: u64,
    /// Those that succeeded: the numerator of the rate.
    pub successful_tasks: u64,
    /// Those that count in the rate: its denominator.
    pub rated_tasks: u64,
    /// The share of the rated tasks that succeeded.
    pub success_rate: Option<f64>,
    /// Mean duration.
    pub avg_duration_ms: Option<f64>,
    /// 95th percentile of the durations.
    pub p95_duration_ms: Option<f64>,
    /// 99th percentile of the durations.
    pub p99_duration_ms: Option<f64>,
    /// How percentiles were computed.
    pub estimator: Option<Estimator>,
    /// Tasks with a duration, on which mean and percentiles stand.
    pub timed_tasks: u64,
    /// All tokens.
    pub total_tokens_used: Option<i64>,
    /// Mean tokens of the tasks that recorded any.
    pub avg_tokens_per_task: Option<f64>,
    /// Agents with a task or an event.
    pub unique_agents: u64,
}

/// Agents of the range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopAgents {
    /// Agents with a task.
    pub agent_count: u64,
    /// What `top` is sorted by.
    pub sort: TopSort,
    /// The first in that order; at most [`Self::LISTED`].
    pub top: Vec<TopAgent>,
    /// Those with the longest mean duration, of at least three timed tasks; at most [`Self::LISTED`].
    pub slowest: Vec<TopAgent>,
}

impl TopAgents {
    /// Longest list.
    pub const LISTED: usize = 5;
}

/// One agent in the range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopAgent {
    /// The agent.
    pub agent_id: String,
    /// Its kind.
    pub agent_type: Option<String>,
    /// Its tasks.
    pub task_count: u64,
    /// Those that succeeded.
    pub successful_tasks: u64,
    /// Those that count in the rate.
    pub rated_tasks: u64,
    /// The share of the rated tasks that succeeded.
    pub success_rate: Option<f64>,
    /// Mean duration.
    pub avg_duration_ms: Option<f64>,
    /// 95th percentile of the durations.
    pub p95_duration_ms: Option<f64>,
    /// Its tokens; null when it recorded none.
    pub tokens_used: Option<i64>,
}

/// A number that swarms report about themselves: of each swarm the newest in the range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopGauge {
    /// Counts added up; of percentages the largest.
    pub value: f64,
    /// How many swarms reported it in the range.
    pub swarms: u64,
    /// The swarm that reported most.
    pub most_swarm_id: String,
    /// What it reported.
    pub most_value: f64,
    /// The newest of the reports.
    #[serde(with = "rfc3339")]
    pub measured_at: Micros,
}

/// What waits, as swarms report it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopQueue {
    /// Swarm metric `pending_tasks`.
    pub pending: Option<TopGauge>,
    /// Swarm metric `queue_depth`, else `backlog`.
    pub backlog: Option<TopGauge>,
    /// Swarm metrics `queue_depth_<priority>`; the documented priorities first, then others by name.
    pub priorities: Vec<TopPriority>,
}

/// Tasks of one priority that wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopPriority {
    /// The priority: what stands behind `queue_depth_`.
    pub priority: String,
    /// How many.
    pub waiting: TopGauge,
}

impl TopQueue {
    /// Before the priority in the name of a metric.
    pub const PRIORITY_PREFIX: &'static str = "queue_depth_";
    /// The documented priorities, most urgent first.
    pub const PRIORITIES: [&'static str; 4] = ["critical", "high", "medium", "low"];
}

/// What is used.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopResources {
    /// Tokens that the tasks of the range recorded.
    pub tokens_used: Option<i64>,
    /// Tokens used of `[budget]`, whatever the range and whoever was asked for; null = no budget is set.
    pub budget: Option<TopBudget>,
    /// Swarm metric `token_usage_percent`.
    pub token_usage_percent: Option<TopGauge>,
    /// Swarm metric `memory_usage_percent`, else `memory_percent`.
    pub memory_percent: Option<TopGauge>,
    /// Swarm metric `active_agents`.
    pub active_agents: Option<TopGauge>,
    /// Swarm metric `agent_quota`: how many agents may be active.
    pub agent_quota: Option<TopGauge>,
}

/// Tokens used of the budget.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopBudget {
    /// How many may be used.
    pub tokens: u64,
    /// In how much time, which ends now.
    pub window: Span,
    /// How many were; null = no task of that time recorded any.
    pub used: Option<u64>,
    /// In percent of the budget.
    pub used_percent: Option<f64>,
}

impl TopResources {
    /// Active agents in percent of the quota; `None` unless both are reported and the quota is above 0.
    #[must_use]
    pub fn quota_percent(&self) -> Option<f64> {
        let quota = self.agent_quota.as_ref().filter(|quota| quota.value > 0.0)?;
        Some(100.0 * self.active_agents.as_ref()?.value / quota.value)
    }
}

/// Tasks before now, whatever the range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopTrends {
    /// The last hour, in steps of five minutes.
    pub hour: TopTrend,
    /// The last day, in steps of one hour.
    pub day: TopTrend,
}

/// Tasks in equal steps; every column is as long as `time`. The last step is still being filled.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct TopTrend {
    /// Width of a step in milliseconds.
    pub step_ms: i64,
    /// Starts of the steps, epoch milliseconds, UTC-aligned, ascending.
    pub time: Vec<i64>,
    /// All tasks.
    pub total_tasks: Vec<u64>,
    /// Those that succeeded.
    pub successful_tasks: Vec<u64>,
    /// Those that count in the rate.
    pub rated_tasks: Vec<u64>,
    /// The share of the rated tasks that succeeded; null = no rated task.
    pub success_rate: Vec<Option<f64>>,
    /// Mean duration; null = no timed task.
    pub avg_duration_ms: Vec<Option<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_back_and_follow_each_other_in_a_circle() {
        for sort in TopSort::ALL {
            assert_eq!(TopSort::parse(sort.as_str()), Ok(sort));
            assert_eq!(serde_json::to_value(sort).ok(), Some(sort.as_str().into()));
        }
        let problem = TopSort::parse("slowest").expect_err("no order");
        assert_eq!(problem.detail, "agents are not sorted by `slowest`; known: fastest, busiest, failing, tokens");
        let round: Vec<TopSort> =
            std::iter::successors(Some(TopSort::Fastest), |sort| Some(sort.next())).take(5).collect();
        assert_eq!(round[..4], TopSort::ALL);
        assert_eq!(round[4], TopSort::Fastest);
    }

    #[test]
    fn a_quota_of_nothing_or_of_nobody_has_no_percentage() {
        let gauge = |value: f64| TopGauge {
            value,
            swarms: 1,
            most_swarm_id: "s".into(),
            most_value: value,
            measured_at: Micros(0),
        };
        let of = |active: Option<f64>, quota: Option<f64>| TopResources {
            active_agents: active.map(gauge),
            agent_quota: quota.map(gauge),
            ..TopResources::default()
        };
        assert_eq!(of(Some(6.0), Some(8.0)).quota_percent(), Some(75.0));
        assert_eq!(of(Some(6.0), Some(0.0)).quota_percent(), None);
        assert_eq!(of(Some(6.0), None).quota_percent(), None);
        assert_eq!(of(None, Some(8.0)).quota_percent(), None);
    }
}
