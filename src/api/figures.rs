//! Parts that bodies about agents and swarms share.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::body::verbatim;
use crate::model::Micros;
use crate::model::answer::{Estimator, Rate, Tier};
use crate::model::health::{AgentHealth, HealthState, IntervalBasis};
use crate::model::listing::Total;
use crate::model::overview::Totals;
use crate::model::registry::AgentLife;

/// Figures of a range; null = nothing is known, which is not 0.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalsBody {
    /// All tasks.
    pub task_count: u64,
    /// Tasks by result word; words without tasks are absent, `none` = without a result.
    pub results: BTreeMap<String, u64>,
    /// Those that succeeded.
    pub successful_tasks: u64,
    /// Those that count in the rate.
    pub rated_tasks: u64,
    /// The share of the rated tasks that succeeded.
    #[schema(minimum = 0, maximum = 1)]
    pub success_rate: Option<f64>,
    /// Mean duration.
    pub avg_duration_ms: Option<f64>,
    /// Median duration.
    pub p50_duration_ms: Option<f64>,
    /// 95th percentile of the durations.
    pub p95_duration_ms: Option<f64>,
    /// 99th percentile of the durations.
    pub p99_duration_ms: Option<f64>,
    /// The longest duration.
    pub max_duration_ms: Option<f64>,
    /// Tasks with a duration.
    pub n: u64,
    /// How percentiles were computed.
    pub estimator: Option<Estimator>,
    /// The coarsest rows that answered.
    pub tier: Option<Tier>,
    /// All tokens; null when no task recorded any.
    pub tokens_used: Option<i64>,
    /// Not cached prompt tokens.
    pub tokens_input: Option<i64>,
    /// Answer tokens.
    pub tokens_output: Option<i64>,
    /// Prompt tokens read from a cache.
    pub tokens_cache_read: Option<i64>,
    /// Prompt tokens written to a cache.
    pub tokens_cache_write: Option<i64>,
    /// Reasoning tokens, a part of the output.
    pub tokens_reasoning: Option<i64>,
}

impl TotalsBody {
    /// The figures of a page.
    #[must_use]
    pub fn of(totals: &Totals, tier: Option<Tier>) -> Self {
        let (durations, tokens) = (totals.durations, totals.tokens);
        let recorded = |count: i64| (tokens.recorded > 0).then_some(count);
        Self {
            task_count: totals.tasks,
            results: totals.results.clone(),
            successful_tasks: totals.success.map_or(0, |rate| rate.numerator),
            rated_tasks: totals.success.map_or(0, |rate| rate.denominator),
            success_rate: totals.success.map(Rate::ratio),
            avg_duration_ms: durations.map(|durations| durations.mean),
            p50_duration_ms: durations.map(|durations| durations.p50),
            p95_duration_ms: durations.map(|durations| durations.p95),
            p99_duration_ms: durations.map(|durations| durations.p99),
            max_duration_ms: durations.map(|durations| durations.max),
            n: durations.map_or(0, |durations| durations.n),
            estimator: durations.map(|durations| durations.estimator),
            tier,
            tokens_used: recorded(tokens.used),
            tokens_input: recorded(tokens.input),
            tokens_output: recorded(tokens.output),
            tokens_cache_read: recorded(tokens.cache_read),
            tokens_cache_write: recorded(tokens.cache_write),
            tokens_reasoning: recorded(tokens.reasoning),
        }
    }
}

/// How many rows a list has on all its pages.
#[derive(Debug, Serialize, ToSchema)]
pub struct TotalBody {
    /// So many.
    pub count: u64,
    /// Whether there are more, and nobody counted on.
    pub or_more: bool,
}

impl From<Total> for TotalBody {
    fn from(total: Total) -> Self {
        match total {
            Total::Exact(count) => Self { count, or_more: false },
            Total::MoreThan(count) => Self { count, or_more: true },
        }
    }
}

/// An instant in an answer: RFC 3339 in UTC, with as many fraction digits as it needs.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-15T12:00:00Z")]
pub struct Time(pub Micros);

/// Instants of answers that are models themselves leave as RFC 3339, too.
impl PartialSchema for Micros {
    fn schema() -> RefOr<Schema> {
        Time::schema()
    }
}

impl ToSchema for Micros {
    fn name() -> std::borrow::Cow<'static, str> {
        Time::name()
    }
}

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0.to_rfc3339())
    }
}

/// How an agent is doing, and by what that was found.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealthBody {
    /// The state.
    pub state: HealthState,
    /// Its last heartbeat; null = it never beat.
    pub last_beat: Option<Time>,
    /// Milliseconds since that beat, or since its life began where that is later; negative for a beat whose clock is
    /// ahead. Null where nothing is expected.
    pub elapsed_ms: Option<i64>,
    /// Milliseconds within which it is expected to beat.
    pub interval_ms: i64,
    /// Where that comes from.
    pub basis: IntervalBasis,
    /// Intervals after which it counts as failed.
    pub threshold: f64,
    /// How many of its last beats are known.
    pub beats: u32,
}

impl From<AgentHealth> for HealthBody {
    fn from(health: AgentHealth) -> Self {
        Self {
            state: health.state,
            last_beat: health.last_beat.map(Time),
            elapsed_ms: health.elapsed_ms,
            interval_ms: health.interval_ms,
            basis: health.basis,
            threshold: health.threshold,
            beats: health.beats,
        }
    }
}

/// One life of an agent: from one registration to the next.
#[derive(Debug, Serialize, ToSchema)]
pub struct LifeBody {
    /// Its kind in this life.
    pub agent_type: String,
    /// spawned, running, complete or error.
    pub status: &'static str,
    /// Its start.
    pub spawn_time: Time,
    /// Since when it works; null when nobody said.
    pub running_since: Option<Time>,
    /// Its end.
    pub complete_time: Option<Time>,
    /// Its length as reported, else from start to end; null while it lasts.
    pub duration_ms: Option<f64>,
    /// When the registry last heard of it.
    pub updated: Time,
    /// Anything else, verbatim.
    #[schema(value_type = serde_json::Value)]
    pub metadata: Option<Box<RawValue>>,
    /// Its project.
    pub project: Option<String>,
}

impl From<AgentLife> for LifeBody {
    fn from(life: AgentLife) -> Self {
        Self {
            agent_type: life.agent_type,
            status: life.status.as_str(),
            spawn_time: Time(life.spawn_time),
            running_since: life.running_since.map(Time),
            complete_time: life.complete_time.map(Time),
            duration_ms: life.duration_ms,
            updated: Time(life.updated),
            metadata: life.metadata.as_ref().and_then(verbatim),
            project: life.project,
        }
    }
}
