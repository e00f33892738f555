//! Trends: whether what somebody does gets better or worse, and what that was judged by.
//!
//! Data and small total functions only: the arithmetic is `analytics::trend`, reading is `service`.

use serde::{Deserialize, Serialize};

use super::{Dataset, Micros, RangeSpec, RecordFilter, TimeRange};

/// Which records a trend is made from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TrendSource {
    /// Tasks: `duration_ms`, `tokens_used`, `success_rate`.
    #[default]
    Tasks,
    /// Numbers about agents, by metric type.
    AgentMetrics,
    /// Numbers about swarms, by metric type.
    SwarmMetrics,
}

impl TrendSource {
    /// Every source.
    pub const ALL: [Self; 3] = [Self::Tasks, Self::AgentMetrics, Self::SwarmMetrics];

    /// The dataset it reads.
    #[must_use]
    pub const fn dataset(self) -> Dataset {
        match self {
            Self::Tasks => Dataset::Tasks,
            Self::AgentMetrics => Dataset::AgentMetrics,
            Self::SwarmMetrics => Dataset::SwarmMetrics,
        }
    }

    /// The name in requests: that of the dataset.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tasks => "tasks",
            Self::AgentMetrics => "agent-metrics",
            Self::SwarmMetrics => "swarm-metrics",
        }
    }

    /// The source of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.as_str() == name)
    }

    /// The fields its records can be narrowed by, as query parameters name them.
    #[must_use]
    pub const fn filters(self) -> &'static [&'static str] {
        match self {
            Self::Tasks => &["agent_id", "swarm_id", "project", "model"],
            Self::AgentMetrics => &["agent_id"],
            Self::SwarmMetrics => &["swarm_id"],
        }
    }

    /// Whose trends its records can tell.
    #[must_use]
    pub const fn subjects(self) -> &'static [TrendPer] {
        match self {
            Self::Tasks => &[TrendPer::Fleet, TrendPer::Agent, TrendPer::Swarm],
            Self::AgentMetrics => &[TrendPer::Fleet, TrendPer::Agent],
            Self::SwarmMetrics => &[TrendPer::Fleet, TrendPer::Swarm],
        }
    }
}

/// Whether each gets a trend of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TrendPer {
    /// One trend of all records together.
    #[default]
    #[serde(rename = "fleet")]
    Fleet,
    /// One an agent.
    #[serde(rename = "agent_id")]
    Agent,
    /// One a swarm.
    #[serde(rename = "swarm_id")]
    Swarm,
}

impl TrendPer {
    /// Every way.
    pub const ALL: [Self; 3] = [Self::Fleet, Self::Agent, Self::Swarm];

    /// The name in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Agent => "agent_id",
            Self::Swarm => "swarm_id",
        }
    }

    /// The way of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|per| per.as_str() == name)
    }
}

/// Metrics of tasks that have a trend.
pub const TASK_METRICS: [&str; 3] = ["duration_ms", "tokens_used", "success_rate"];

/// Which direction of a metric is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
}

/// Metrics whose good direction is known, by name: those of the documents. More agents at work, or a longer
/// heartbeat interval, say nothing by themselves and stand with the unknown.
const KNOWN: [(&str, Better); 15] = [
    ("duration_ms", Better::Lower),
    ("duration", Better::Lower),
    ("latency", Better::Lower),
    ("avg_response_time_ms", Better::Lower),
    ("tokens_used", Better::Lower),
    ("token_usage_percent", Better::Lower),
    ("memory_usage_percent", Better::Lower),
    ("queue_depth", Better::Lower),
    ("backlog", Better::Lower),
    ("pending_tasks", Better::Lower),
    ("error_count", Better::Lower),
    ("error_rate", Better::Lower),
    ("success_rate", Better::Higher),
    ("throughput", Better::Higher),
    ("health", Better::Higher),
];

impl Better {
    /// The good direction of a metric; `None` where nobody said, so that it only rises or falls.
    #[must_use]
    pub fn of(metric: &str) -> Option<Self> {
        KNOWN.iter().find(|(name, _)| *name == metric).map(|(_, better)| *better)
    }
}

/// What became of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It changed by more than [`Trend::THRESHOLD_PERCENT`], for the worse.
    Degrading,
    /// It grew by more than that, and nobody knows whether that is good.
    Rising,
    /// It shrank by more than that, and nobody knows whether that is good.
    Falling,
    /// It changed for the better.
    Improving,
    /// It changed by exactly that or less.
    Stable,
    /// Nothing can be said.
    NotEnoughData,
}

impl Verdict {
    /// Every verdict, those that want attention first.
    pub const ALL: [Self; 6] =
        [Self::Degrading, Self::Rising, Self::Falling, Self::Improving, Self::Stable, Self::NotEnoughData];

    /// The name in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Degrading => "degrading",
            Self::Rising => "rising",
            Self::Falling => "falling",
            Self::Improving => "improving",
            Self::Stable => "stable",
            Self::NotEnoughData => "not_enough_data",
        }
    }

    /// The verdict of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == name)
    }
}

/// Why nothing can be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Lacking {
    /// Fewer than [`Trend::SAMPLES_MIN`] records carry the number.
    Samples,
    /// It was 0 on average: nothing is a percentage of 0.
    Baseline,
}

/// What the numbers alone say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TrendFigures {
    /// Records that carry the number.
    pub n: u64,
    /// Records that do not, and were left out.
    pub missing: u64,
    /// Mean of the last [`Trend::RECENT`] moving averages; `None` below [`Trend::SAMPLES_MIN`] samples.
    pub recent: Option<f64>,
    /// Mean of the moving averages before.
    pub earlier: Option<f64>,
    /// From `earlier` to `recent` in percent of the size of `earlier`: positive = it grew. `None` where `earlier`
    /// is 0.
    pub change_percent: Option<f64>,
    /// Two-sided p-value of the Mann–Kendall test over all samples: how often numbers in no order would rise or fall
    /// as steadily. It looks at the whole stretch, so a jump at its very end leaves it large.
    pub p_value: Option<f64>,
    /// Time of the first sample.
    pub first: Option<Micros>,
    /// Time of the first sample that `recent` looks at: the last [`Trend::RECENT_SAMPLES`].
    pub recent_from: Option<Micros>,
    /// Time of the last sample.
    pub last: Option<Micros>,
    /// The moving average, thinned to at most [`Trend::CURVE_MAX`] points, oldest first.
    pub curve: Vec<f64>,
}

/// One metric of one agent, one swarm, or all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// Of which records.
    pub source: TrendSource,
    /// Whose; `None` = not of one agent.
    pub agent_id: Option<String>,
    /// Whose; `None` = not of one swarm.
    pub swarm_id: Option<String>,
    /// What else the records were narrowed by.
    pub project: Option<String>,
    /// The same.
    pub model: Option<String>,
    /// The metric.
    pub metric: String,
    /// Its good direction; `None` = unknown.
    pub better: Option<Better>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why nothing can be said; `None` otherwise.
    pub lacking: Option<Lacking>,
    /// What it was judged by.
    pub figures: TrendFigures,
    /// How many of the samples are successes; only of `success_rate` of tasks.
    pub successes: Option<u64>,
    /// Whether the range asked about holds older records that were not looked at.
    pub truncated: bool,
}

impl Trend {
    /// Samples of one moving average.
    pub const WINDOW: usize = 10;
    /// Moving averages that are recent.
    pub const RECENT: usize = 5;
    /// Samples the recent moving averages look at.
    pub const RECENT_SAMPLES: usize = Self::WINDOW + Self::RECENT - 1;
    /// Fewest samples: one moving average must be left to compare with.
    pub const SAMPLES_MIN: usize = Self::RECENT_SAMPLES + 1;
    /// Change from which on it counts; exactly so much is stable still.
    pub const THRESHOLD_PERCENT: f64 = 5.0;
    /// Below this p-value the numbers rise or fall more steadily than chance would have it.
    pub const STEADY_P: f64 = 0.05;
    /// Newest records looked at where no range is asked for.
    pub const RECORDS_DEFAULT: u32 = 500;
    /// Newest records of a range that are looked at.
    pub const RECORDS_MAX: u32 = 100_000;
    /// Most points of a curve.
    pub const CURVE_MAX: usize = 60;

    /// The records it was made from, for links: all of them, or the recent ones. `None` without samples.
    #[must_use]
    pub fn records(&self, recent: bool) -> Option<(Dataset, RecordFilter, TimeRange)> {
        let first = if recent { self.figures.recent_from? } else { self.figures.first? };
        let filter = RecordFilter {
            agent_id: self.agent_id.clone(),
            swarm_id: self.swarm_id.clone(),
            project: self.project.clone(),
            model: self.model.clone(),
            metric_type: (self.source != TrendSource::Tasks).then(|| self.metric.clone()),
            ..RecordFilter::default()
        };
        let until = Micros(self.figures.last?.0.saturating_add(1));
        Some((self.source.dataset(), filter, TimeRange { from: first, until }))
    }

    /// Whether chance would hardly rise or fall so steadily.
    #[must_use]
    pub fn is_steady(&self) -> bool {
        self.figures.p_value.is_some_and(|p| p < Self::STEADY_P)
    }
}

/// A question for trends. The default asks for those of all tasks, over the newest of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct TrendQuery {
    /// Of which records.
    pub source: TrendSource,
    /// Of which metric; `None` = all the records have, at most [`Self::METRICS_MAX`] of metric series.
    pub metric: Option<String>,
    /// Of which time; `None` = the newest [`Trend::RECORDS_DEFAULT`] records, whenever they are from.
    pub range: Option<RangeSpec>,
    /// Of which records; only fields of [`TrendSource::filters`].
    pub filter: RecordFilter,
    /// Whose.
    pub per: TrendPer,
    /// Only trends with this verdict.
    pub verdict: Option<Verdict>,
    /// At most so many trends, 1 to [`Self::LIMIT_MAX`]; `None` = [`Self::LIMIT_DEFAULT`].
    pub limit: Option<u32>,
}

impl TrendQuery {
    /// Trends when no limit is asked for.
    pub const LIMIT_DEFAULT: u32 = 100;
    /// Most trends.
    pub const LIMIT_MAX: u32 = 5_000;
    /// Most agents or swarms that are looked at: those heard of last.
    pub const SUBJECTS_MAX: u32 = 1_000;
    /// Most metric types of one agent, swarm or all.
    pub const METRICS_MAX: u32 = 50;
}

/// Trends, the steadiest degradations first, then by verdict, change and name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendAnswer {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The instants asked about; `None` = the newest records.
    pub range: Option<TimeRange>,
    /// The trends; those of nobody with a record are left out.
    pub trends: Vec<Trend>,
    /// How many there are.
    pub total: u64,
    /// How many agents or swarms were looked at.
    pub subjects: u64,
    /// Whether there are more of them than [`TrendQuery::SUBJECTS_MAX`].
    pub subjects_truncated: bool,
    /// Whether there are more metric types than [`TrendQuery::METRICS_MAX`], and none was asked for by name.
    pub metrics_truncated: bool,
}

/// What got worse, over all tasks, agents and swarms: computed now and then, and kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Degradations {
    /// When it was computed.
    pub computed_at: Micros,
    /// The trends of all tasks together, if the last of them lies in what was asked about.
    pub fleet: Vec<Trend>,
    /// Degradations whose last record lies in what was asked about; the steadiest first, at most [`Self::LISTED`].
    pub trends: Vec<Trend>,
    /// How many there are.
    pub total: u64,
    /// Trends with a verdict among which they were found.
    pub judged: u64,
    /// Agents and swarms that were looked at.
    pub subjects: u64,
    /// Whether there are more of them than were looked at.
    pub subjects_truncated: bool,
}

impl Degradations {
    /// Most degradations of an answer.
    pub const LISTED: usize = 20;
    /// Most that are kept.
    pub const KEPT: usize = 1_000;

    /// Nobody was looked at.
    #[must_use]
    pub fn nothing(now: Micros) -> Self {
        Self {
            computed_at: now,
            fleet: Vec::new(),
            trends: Vec::new(),
            total: 0,
            judged: 0,
            subjects: 0,
            subjects_truncated: false,
        }
    }
}

#[cfg(test)]
mod tests;
