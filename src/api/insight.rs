//! `GET /api/v1/{summary,top-agents,slowest-tasks}`: figures for scripts, from the functions pages ask too.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::ApiResult;
use super::params::Params;
use super::problem::ProblemBody;
use crate::model::answer::Rate;
use crate::model::overview::{AgentRow, PageQuery, TaskRow};
use crate::model::summary::{AgentMeasure, AgentRanking, SlowTasks, Summary};
use crate::model::{Micros, Order, Problem, RangeSpec, RecordFilter};
use crate::service::Service;

/// Parameters of every question here.
const COMMON: [&str; 7] = ["from", "to", "agent_id", "swarm_id", "project", "model", "result"];
/// Rows when none are asked for, as the documented methods have it.
const LIMIT_DEFAULT: u32 = 10;
/// Most rows.
const LIMIT_MAX: u32 = 1000;

/// What every question can be asked.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; they are read by `Params`, which refuses unknown ones")]
struct Common {
    /// First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`); everything without it.
    from: Option<String>,
    /// First instant after the range.
    to: Option<String>,
    /// Only this agent.
    agent_id: Option<String>,
    /// Only this swarm.
    swarm_id: Option<String>,
    /// Only this project.
    project: Option<String>,
    /// Only this model.
    model: Option<String>,
    /// Only tasks with this result; `none` = without one.
    result: Option<String>,
}

/// Figures of a range; null = nothing is known, which is not 0.
#[derive(Debug, Serialize, ToSchema)]
pub struct SummaryBody {
    /// First instant of the range.
    pub from: String,
    /// First instant after it.
    pub to: String,
    /// All tasks.
    pub total_tasks: u64,
    /// Those that succeeded: the numerator of the rate.
    pub successful_tasks: u64,
    /// Those that count in the rate: its denominator.
    pub rated_tasks: u64,
    /// The share of the rated tasks that succeeded, 0 to 1.
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
    /// The coarsest rows that answered: `raw`, `1m`, `1h` or `1d`.
    pub tier: Option<&'static str>,
    /// How percentiles were computed: `exact` or `ddsketch(0.01)`.
    pub estimator: Option<&'static str>,
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
            tier: summary.tier.map(|tier| tier.as_str()),
            estimator: summary.estimator.map(|estimator| estimator.as_str()),
        }
    }
}

/// Agents in the order asked for.
#[derive(Debug, Serialize, ToSchema)]
pub struct RankingBody {
    /// First instant of the range.
    pub from: String,
    /// First instant after it.
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
    /// The share of the rated tasks that succeeded, 0 to 1.
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
    pub last_seen: Option<String>,
    /// Tasks with a duration.
    pub n: u64,
    /// How percentiles were computed.
    pub estimator: Option<&'static str>,
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
            estimator: durations.map(|durations| durations.estimator.as_str()),
        }
    }
}

/// Tasks, longest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SlowTasksBody {
    /// First instant of the range.
    pub from: String,
    /// First instant after it.
    pub to: String,
    /// The tasks.
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
    pub timestamp: String,
    /// How long it took.
    pub duration_ms: Option<f64>,
    /// How it ended.
    pub result: Option<String>,
    /// Its tokens.
    pub tokens_used: Option<i64>,
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
            swarm_id: task.swarm_id,
            project: task.project,
            model: task.model,
        }
    }
}

/// Figures of a range.
#[utoipa::path(get, path = "/api/v1/summary", tag = "insight", params(Common), responses(
    (status = 200, description = "figures", body = SummaryBody),
    (status = 400, description = "an unknown parameter or an unreadable value", body = ProblemBody,
        content_type = "application/problem+json")))]
pub async fn summary(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::read(query.as_deref(), &COMMON)?;
    let summary = service.summary(&question(&params)?, super::now()).await?;
    Ok(fresh(Json(SummaryBody::from(&summary))))
}

/// Agents by any measure, in both orders.
#[utoipa::path(get, path = "/api/v1/top-agents", tag = "insight", params(Common,
    ("by" = Option<String>, Query, description = "tasks, success_rate, avg_duration_ms (default), p50_duration_ms, p95_duration_ms, p99_duration_ms, max_duration_ms, tokens_used, avg_tokens_used or cost_usd"),
    ("metric" = Option<String>, Query, description = "the documented name of `by`"),
    ("order" = Option<String>, Query, description = "asc (default) or desc"),
    ("limit" = Option<u32>, Query, description = "1 to 1 000; default 10")), responses(
    (status = 200, description = "agents", body = RankingBody),
    (status = 400, description = "an unknown parameter or an unreadable value", body = ProblemBody,
        content_type = "application/problem+json")))]
pub async fn top_agents(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let known: Vec<&str> = COMMON.into_iter().chain(["by", "metric", "order", "limit"]).collect();
    let params = Params::read(query.as_deref(), &known)?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let measure =
        AgentMeasure::parse(params.get("by").or(params.get("metric")).unwrap_or(AgentMeasure::AvgDurationMs.as_str()))?;
    let order = match params.get("order") {
        None | Some("asc") => Order::Asc,
        Some("desc") => Order::Desc,
        Some(other) => return Err(Problem::bad_request(format!("`order={other}`: write asc or desc")).into()),
    };
    let query = question(&params)?;
    let AgentRanking { range, agent_count, agents } =
        service.agent_ranking(&query, measure, order, limit as usize, super::now()).await?;
    let items = agents.into_iter().map(AgentBody::from).collect();
    Ok(fresh(Json(RankingBody { from: range.from.to_rfc3339(), to: range.until.to_rfc3339(), agent_count, items })))
}

/// Tasks by duration, longest first.
#[utoipa::path(get, path = "/api/v1/slowest-tasks", tag = "insight", params(Common,
    ("limit" = Option<u32>, Query, description = "1 to 1 000; default 10")), responses(
    (status = 200, description = "tasks", body = SlowTasksBody),
    (status = 400, description = "an unknown parameter or an unreadable value", body = ProblemBody,
        content_type = "application/problem+json")))]
pub async fn slowest_tasks(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let known: Vec<&str> = COMMON.into_iter().chain(["limit"]).collect();
    let params = Params::read(query.as_deref(), &known)?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let SlowTasks { range, tasks } = service.slowest_tasks(&question(&params)?, limit, super::now()).await?;
    let items = tasks.into_iter().map(SlowTaskBody::from).collect();
    Ok(fresh(Json(SlowTasksBody { from: range.from.to_rfc3339(), to: range.until.to_rfc3339(), items })))
}

/// Range and filters of a question.
fn question(params: &Params) -> Result<PageQuery, Problem> {
    let mut filter = RecordFilter::default();
    for (field, value) in params.iter() {
        let place = if matches!(field, "from" | "to") { None } else { filter.field_mut(field) };
        if let Some(place) = place {
            if value.is_empty() {
                return Err(Problem::bad_request(format!("filter `{field}` is empty; leave it out to see all")));
            }
            *place = Some(value.to_owned());
        }
    }
    Ok(PageQuery { range: range_spec(params.get("from"), params.get("to")), filter, ..PageQuery::default() })
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

/// An answer that changes with every record.
pub(super) fn fresh(body: impl IntoResponse) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], body).into_response()
}
