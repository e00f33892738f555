//! `GET /api/v1/{summary,top-agents,slowest-tasks}`: figures for scripts, from the functions pages ask too.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::parameter::{FROM, Spec, TO, Takes, takes, words};
use super::params::Params;
use super::{ApiResult, reply, timing};
use crate::model::answer::{Estimator, Rate, Tier};
use crate::model::overview::{AgentRow, PageQuery, TaskRow};
use crate::model::summary::{AgentMeasure, AgentRanking, SlowTasks, Summary, TaskMeasure};
use crate::model::{Micros, Order, RangeSpec, RecordFilter};
use crate::service::Service;

/// Rows when none are asked for, as the documented methods have it.
const LIMIT: Spec = Spec::limit(10, 1000);
/// What tasks can be narrowed by.
const FILTERS: [&str; 5] = ["agent_id", "swarm_id", "project", "model", "result"];
const AGENT_MEASURES: &[&str] = words!(AgentMeasure);
const TASK_MEASURES: &[&str] = words!(TaskMeasure);

/// Range, filters, and what else a question takes.
pub(super) fn specs(more: &[Spec]) -> Vec<Spec> {
    [FROM, TO].into_iter().chain(FILTERS.into_iter().filter_map(Spec::filter)).chain(more.iter().copied()).collect()
}

fn ranking_specs() -> Vec<Spec> {
    specs(&[
        Spec::new("by", Takes::Word(AGENT_MEASURES), "The measure; `avg_duration_ms` without it.", "p95_duration_ms"),
        Spec::new("metric", Takes::Word(AGENT_MEASURES), "The documented name of `by`.", "success_rate"),
        Spec::order("`asc` (default) or `desc` by the measure."),
        LIMIT,
    ])
}

fn slowest_specs() -> Vec<Spec> {
    specs(&[
        Spec::new("by", Takes::Word(TASK_MEASURES), "The number; `duration_ms` without it.", "tokens_used"),
        Spec::order("`desc` (default) or `asc` by the number."),
        LIMIT,
    ])
}

takes!(SummaryParams, specs(&[]));
takes!(RankingParams, ranking_specs());
takes!(SlowestParams, slowest_specs());

/// Figures of a range; null = nothing is known, which is not 0.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// All tasks.
    pub total_tasks: u64,
    /// Those that succeeded: the numerator of the rate.
    pub successful_tasks: u64,
    /// Those that count in the rate: its denominator.
    pub rated_tasks: u64,
    /// The share of the rated tasks that succeeded.
    #[schema(minimum = 0, maximum = 1)]
    pub success_rate: Option<f64>,
    /// Mean duration.
    pub avg_duration_ms: Option<f64>,
    /// 95th percentile of the durations.
    pub p95_duration_ms: Option<f64>,
    /// 99th percentile of the durations.
    pub p99_duration_ms: Option<f64>,
    /// Mean tokens of the tasks that recorded any.
    pub avg_tokens_per_task: Option<f64>,
    /// All tokens.
    pub total_tokens_used: Option<i64>,
    /// Agents with a task or an event.
    pub unique_agents: u64,
    /// Tasks with a duration.
    pub n: u64,
    /// The coarsest rows that answered.
    pub tier: Option<Tier>,
    /// How percentiles were computed.
    pub estimator: Option<Estimator>,
}

impl From<&Summary> for SummaryBody {
    fn from(summary: &Summary) -> Self {
        Self {
            from: summary.range.from.to_rfc3339(),
            to: summary.range.until.to_rfc3339(),
            total_tasks: summary.total_tasks,
            successful_tasks: summary.successful_tasks,
            rated_tasks: summary.success_rate.map_or(0, |rate| rate.denominator),
            success_rate: summary.success_rate.map(Rate::ratio),
            avg_duration_ms: summary.avg_duration_ms,
            p95_duration_ms: summary.p95_duration_ms,
            p99_duration_ms: summary.p99_duration_ms,
            avg_tokens_per_task: summary.avg_tokens_per_task,
            total_tokens_used: summary.total_tokens_used,
            unique_agents: summary.unique_agents,
            n: summary.n,
            tier: summary.tier,
            estimator: summary.estimator,
        }
    }
}

/// Agents in the order asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankingBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// How many agents have the measure in the range.
    pub agent_count: u64,
    /// The first of them.
    pub items: Vec<AgentBody>,
}

/// One agent in a range.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentBody {
    /// The agent.
    pub agent_id: String,
    /// Its kind.
    pub agent_type: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// Its latest registry status.
    pub status: Option<String>,
    /// Its tasks.
    pub task_count: u64,
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
    /// Its tokens.
    pub tokens_used: i64,
    /// Its last task in the range.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// Tasks with a duration.
    pub n: u64,
    /// How percentiles were computed.
    pub estimator: Option<Estimator>,
}

impl From<AgentRow> for AgentBody {
    fn from(agent: AgentRow) -> Self {
        let durations = agent.durations;
        Self {
            agent_id: agent.agent_id,
            agent_type: agent.agent_type,
            project: agent.project,
            status: agent.status,
            task_count: agent.tasks,
            successful_tasks: agent.success.map_or(0, |rate| rate.numerator),
            rated_tasks: agent.success.map_or(0, |rate| rate.denominator),
            success_rate: agent.success.map(Rate::ratio),
            avg_duration_ms: durations.map(|durations| durations.mean),
            p50_duration_ms: durations.map(|durations| durations.p50),
            p95_duration_ms: durations.map(|durations| durations.p95),
            p99_duration_ms: durations.map(|durations| durations.p99),
            max_duration_ms: durations.map(|durations| durations.max),
            tokens_used: agent.tokens,
            last_seen: agent.last_seen.map(Micros::to_rfc3339),
            n: durations.map_or(0, |durations| durations.n),
            estimator: durations.map(|durations| durations.estimator),
        }
    }
}

/// Tasks in the order asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlowTasksBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// The tasks; those without the number are left out.
    pub items: Vec<SlowTaskBody>,
}

/// One task.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlowTaskBody {
    /// The task.
    pub task_id: String,
    /// Its agent.
    pub agent_id: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// How long it took.
    pub duration_ms: Option<f64>,
    /// How it ended.
    pub result: Option<String>,
    /// Its tokens.
    pub tokens_used: Option<i64>,
    /// Files it changed.
    pub files_changed: Option<i64>,
    /// Its swarm.
    pub swarm_id: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// Its model.
    pub model: Option<String>,
}

impl From<TaskRow> for SlowTaskBody {
    fn from(task: TaskRow) -> Self {
        Self {
            task_id: task.task_id,
            agent_id: task.agent_id,
            timestamp: task.timestamp.to_rfc3339(),
            duration_ms: task.duration_ms,
            result: task.result,
            tokens_used: task.tokens_used,
            files_changed: task.files_changed,
            swarm_id: task.swarm_id,
            project: task.project,
            model: task.model,
        }
    }
}

/// Figures of a range.
#[utoipa::path(get, path = "/api/v1/summary", tag = "insight", params(SummaryParams), responses(
    (status = 200, description = "figures", body = SummaryBody)))]
pub async fn summary(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs(&[]))?;
    let summary = timing::query(service.summary(&question(&params), super::now())).await?;
    reply::of_range(&params, &SummaryBody::from(&summary))
}

/// Agents by any measure, in both orders.
#[utoipa::path(get, path = "/api/v1/top-agents", tag = "insight", params(RankingParams), responses(
    (status = 200, description = "agents", body = RankingBody)))]
pub async fn top_agents(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), ranking_specs())?;
    let by = params.get("by").or(params.get("metric")).unwrap_or(AgentMeasure::AvgDurationMs.as_str());
    let (measure, order) = (AgentMeasure::parse(by)?, params.order(Order::Asc));
    let limit = params.whole("limit").unwrap_or_default() as usize;
    let query = question(&params);
    let ranking = service.agent_ranking(&query, measure, order, limit, super::now());
    let AgentRanking { range, agent_count, agents } = timing::query(ranking).await?;
    let items = agents.into_iter().map(AgentBody::from).collect();
    let body = RankingBody { from: range.from.to_rfc3339(), to: range.until.to_rfc3339(), agent_count, items };
    reply::of_range(&params, &body)
}

/// Tasks by duration, longest first; or by another number, in either order.
#[utoipa::path(get, path = "/api/v1/slowest-tasks", tag = "insight", params(SlowestParams), responses(
    (status = 200, description = "tasks", body = SlowTasksBody)))]
pub async fn slowest_tasks(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), slowest_specs())?;
    let by = params.get("by").and_then(TaskMeasure::parse).unwrap_or_default();
    let (order, limit) = (params.order(Order::Desc), params.whole("limit").unwrap_or_default());
    let query = question(&params);
    let slowest = service.slowest_tasks(&query, (by, order), limit, super::now());
    let SlowTasks { range, tasks } = timing::query(slowest).await?;
    let items = tasks.into_iter().map(SlowTaskBody::from).collect();
    let body = SlowTasksBody { from: range.from.to_rfc3339(), to: range.until.to_rfc3339(), items };
    reply::of_range(&params, &body)
}

/// Range and filters of a question.
pub(super) fn question(params: &Params) -> PageQuery {
    let mut filter = RecordFilter::default();
    for (name, value) in params.iter().filter(|(name, _)| FILTERS.contains(name)) {
        if let Some(place) = filter.field_mut(name) {
            *place = Some(value.to_owned());
        }
    }
    PageQuery { range: range_spec(params.get("from"), params.get("to")), filter, ..PageQuery::default() }
}

/// Everything without `from` and `to`.
#[must_use]
pub fn range_spec(from: Option<&str>, to: Option<&str>) -> RangeSpec {
    let from = match (from, to) {
        (Some(from), _) => from,
        (None, None) => RangeSpec::ALL,
        (None, Some(_)) => "1970-01-01T00:00:00Z",
    };
    RangeSpec { from: from.to_owned(), to: to.unwrap_or_default().to_owned() }
}
