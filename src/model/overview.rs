//! What the pages show: one answer a page, built by `service`, sent to the browser as it is.

mod pages;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::aggregate::AggregateAnswer;
use super::answer::{Estimator, Rate, Tier};
use super::note::Notes;
use super::trend::Degradations;
use super::{HighWater, Micros, RangeSpec, RecordFilter, TimeRange};

pub use pages::{AgentPage, HealingRow, LifeRow, SwarmPage, TaskPage};

/// What a page asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageQuery {
    /// The range, as the URL has it.
    pub range: RangeSpec,
    /// The filters, as the URL has them.
    pub filter: RecordFilter,
    /// Whether to show the range before as well, bucket by bucket. Of `all` there is none.
    #[serde(default)]
    pub compare: bool,
}

/// What every page knows about the question it answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scope {
    /// The server's clock when it answered.
    pub now: Micros,
    /// Every record up to here is in the answer: what came later is news.
    pub place: HighWater,
    /// The instants asked about.
    pub range: TimeRange,
    /// Where records lie, all kinds together; `None` for an empty store.
    pub bounds: Option<TimeRange>,
    /// Every project there is, sorted; at most 1 000.
    pub projects: Vec<String>,
    /// The seed when the store holds demo data.
    pub demo_seed: Option<u64>,
}

/// The overview page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// What was asked.
    pub scope: Scope,
    /// Figures of the range.
    pub totals: Totals,
    /// Figures of the range before, of the same length; `None` when `all` was asked.
    pub previous: Option<Totals>,
    /// Figures over time.
    pub timeline: Timeline,
    /// Tokens and money.
    pub costs: CostReport,
    /// Agents by mean duration, shortest first; at most 5, each with at least [`Self::AGENT_TASKS_MIN`] timed tasks.
    pub fastest: Vec<AgentRow>,
    /// Agents by mean duration, longest first, under the same limits.
    pub slowest: Vec<AgentRow>,
    /// Agents by tasks, most first; at most 5.
    pub busiest: Vec<AgentRow>,
    /// Tasks by duration, longest first; at most 10.
    pub slowest_tasks: Vec<TaskRow>,
    /// Tasks that did not succeed, newest first; at most 10.
    pub recent_failures: Vec<TaskRow>,
    /// What gets worse and was last recorded in the range; `None` = nobody has looked since the server started.
    pub degradations: Option<Degradations>,
    /// What swarms reported of what they use; metrics nobody reported in the range are absent.
    pub resources: Vec<ResourceUse>,
}

/// One of [`Overview::RESOURCES`] over time, a series a swarm, those with most values first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ResourceUse {
    /// The metric type.
    pub metric: String,
    /// Its mean, least and most by swarm and step.
    pub answer: AggregateAnswer,
}

impl Overview {
    /// Metrics of swarms that say what they use.
    pub const RESOURCES: [&str; 4] = ["token_usage_percent", "memory_usage_percent", "queue_depth", "active_agents"];
    /// Most swarms of a chart of resources.
    pub const RESOURCE_SWARMS: u32 = 5;
    /// Fewest timed tasks an agent needs to be called fast or slow.
    pub const AGENT_TASKS_MIN: u64 = 3;
}

/// Figures of one range.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// All tasks.
    pub tasks: u64,
    /// Tasks by result word; words without tasks are absent.
    pub results: BTreeMap<String, u64>,
    /// Successes of the tasks that count in the rate.
    pub success: Option<Rate>,
    /// Durations.
    pub durations: Option<Durations>,
    /// Tasks a minute over the whole range; `None` without tasks.
    pub per_minute: Option<f64>,
    /// Tokens by kind.
    pub tokens: TokenTotals,
    /// Agents with a task or an event.
    pub active_agents: u64,
    /// Swarms with a task.
    pub swarms: u64,
}

/// Durations of tasks, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// How many tasks had one.
    pub n: u64,
    /// Their mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
    /// The longest.
    pub max: f64,
    /// How the percentiles were computed.
    pub estimator: Estimator,
}

/// Tokens added up; a kind nobody recorded is 0 with `recorded` 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenTotals {
    /// Tasks that recorded any tokens.
    pub recorded: u64,
    /// All tokens.
    pub used: i64,
    /// Not cached prompt tokens.
    pub input: i64,
    /// Answer tokens.
    pub output: i64,
    /// Prompt tokens read from a cache.
    pub cache_read: i64,
    /// Prompt tokens written to a cache.
    pub cache_write: i64,
    /// Part of the output.
    pub reasoning: i64,
    /// Tokens of tasks that recorded a total and no kinds.
    pub unsplit: i64,
}

/// Columns over time; every column is as long as `time`, `None` = no data in that bucket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// Width of a bucket in milliseconds.
    pub step_ms: i64,
    /// Starts of the buckets, epoch milliseconds, UTC-aligned, ascending.
    pub time: Vec<i64>,
    /// Which rows answered; `None` when nothing did.
    pub tier: Option<Tier>,
    /// How percentiles were computed.
    pub estimator: Option<Estimator>,
    /// Whether the range starts inside the first bucket, which then holds only a part of its time.
    pub partial_first: bool,
    /// Whether the last bucket is still being filled, or the range ends inside it.
    pub partial_last: bool,
    /// Tasks a bucket, by result word. 0 where other results have tasks, `None` where nothing has.
    pub results: BTreeMap<String, Vec<Option<u64>>>,
    /// Median duration in milliseconds.
    pub p50: Vec<Option<f64>>,
    /// 95th percentile in milliseconds.
    pub p95: Vec<Option<f64>>,
    /// 99th percentile in milliseconds.
    pub p99: Vec<Option<f64>>,
    /// How many timed tasks the percentiles stand on.
    pub timed: Vec<u64>,
    /// Success rate of the bucket.
    pub success: Vec<Option<Rate>>,
    /// Health that swarms reported (`swarm_metric` `health`), mean of the bucket, as it was sent.
    pub health: Vec<Option<f64>>,
    /// Shortest duration in milliseconds.
    pub shortest: Vec<Option<f64>>,
    /// Longest duration in milliseconds: of one record, however wide the bucket.
    pub longest: Vec<Option<f64>>,
    /// Tokens by kind: `cache_read`, `cache_write`, `input`, `output`, and `unsplit` for totals without kinds.
    pub tokens: BTreeMap<String, Vec<Option<i64>>>,
    /// The range before, when it was asked for.
    pub earlier: Option<Earlier>,
    /// What happened beside the figures.
    pub notes: Notes,
}

/// What was before, moved onto the buckets of a [`Timeline`]; every column is as long as its `time`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// By how much it was moved, in milliseconds: the length of the range, rounded to whole buckets.
    pub shift_ms: i64,
    /// All tasks.
    pub tasks: Vec<Option<u64>>,
    /// 95th percentile of the durations in milliseconds.
    pub p95: Vec<Option<f64>>,
    /// Success rate.
    pub success: Vec<Option<Rate>>,
    /// All tokens, of whatever kind.
    pub tokens: Vec<Option<i64>>,
}

/// Tokens and money by model and project.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CostReport {
    /// One row for each model and project that recorded tokens or a cost, dearest first, then by tokens; at most 50.
    pub rows: Vec<CostRow>,
    /// How many rows there are.
    pub row_count: u64,
    /// Tasks of the models and projects that have no row, because nobody recorded tokens or a cost of them.
    pub untold_tasks: u64,
    /// Sum of what has a price or reported its cost, in USD; `None` when nothing does.
    pub usd: Option<f64>,
    /// Tokens that have neither.
    pub unpriced_tokens: i64,
    /// From when the newest price that was used is, `YYYY-MM-DD`.
    pub prices_as_of: Option<String>,
}

/// One model in one project.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CostRow {
    /// The model; `None` = not recorded.
    pub model: Option<String>,
    /// The project; `None` = none.
    pub project: Option<String>,
    /// Tasks.
    pub tasks: u64,
    /// Tokens by kind.
    pub tokens: TokenTotals,
    /// What it cost in USD; `None` = unpriced.
    pub usd: Option<f64>,
    /// Tokens in it that are unpriced.
    pub unpriced_tokens: i64,
    /// Whether `usd` was reported by the source, computed from the price table, or both.
    pub basis: CostBasis,
}

/// Where a cost comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// Nobody knows.
    Unpriced,
    /// The source said so.
    Reported,
    /// The price table says so.
    Priced,
    /// Partly this, partly that.
    Mixed,
}

/// One agent in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentRow {
    /// The agent.
    pub agent_id: String,
    /// Its kind, from the registry or its events.
    pub agent_type: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// Its latest registry status.
    pub status: Option<String>,
    /// Tasks in the range.
    pub tasks: u64,
    /// Its success rate.
    pub success: Option<Rate>,
    /// Its durations.
    pub durations: Option<Durations>,
    /// Its tokens.
    pub tokens: i64,
    /// Its last task in the range.
    pub last_seen: Option<Micros>,
}

/// One task in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskRow {
    /// Row id in the store.
    pub row: i64,
    /// The task.
    pub task_id: String,
    /// Its end.
    pub timestamp: Micros,
    /// Its agent.
    pub agent_id: String,
    /// The kind of its agent.
    pub agent_type: Option<String>,
    /// Its swarm.
    pub swarm_id: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// Its model.
    pub model: Option<String>,
    /// Its result word.
    pub result: Option<String>,
    /// Its duration in milliseconds.
    pub duration_ms: Option<f64>,
    /// Its tokens.
    pub tokens_used: Option<i64>,
    /// Files it changed.
    pub files_changed: Option<i64>,
}

/// One event in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    /// Row id in the store.
    pub row: i64,
    /// What happened.
    pub event_type: String,
    /// When.
    pub timestamp: Micros,
    /// To whom.
    pub agent_id: String,
    /// During which task.
    pub task_id: Option<String>,
    /// How long it took, in milliseconds, when its metadata says so.
    pub duration_ms: Option<f64>,
    /// Its metadata, verbatim.
    pub metadata: Option<String>,
}
