//! `GET /api/v1/swarms`, `/swarms/{id}`: every swarm with its figures, and one of them.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{TotalBody, TotalsBody};
use super::insight::{AgentBody, question, specs};
use super::lists::{CURSOR, list_query, resumed};
use super::parameter::{Spec, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::listing::{ListQuery, SWARM_SORTS, SwarmListRow};
use crate::model::overview::SwarmPage;
use crate::service::Service;
use crate::service::listing::resume;

fn list_specs() -> Vec<Spec> {
    specs(&[
        Spec::new("sort", Takes::Word(&SWARM_SORTS), "The column; `last_seen` without it.", "tasks"),
        Spec::order("`desc` (default) or `asc`; swarms without a value come last either way."),
        Spec::limit(100, ListQuery::LIMIT_MAX),
        CURSOR,
    ])
}

/// What one swarm's tasks can be narrowed by.
fn detail_specs() -> Vec<Spec> {
    specs(&[]).into_iter().filter(|spec| spec.name != "swarm_id").collect()
}

takes!(SwarmListParams, list_specs());
takes!(SwarmParams, detail_specs());

/// One page of swarms.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwarmListBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// How many there are on all pages.
    pub total: TotalBody,
    /// The swarms.
    pub items: Vec<SwarmListItem>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// One swarm that had a task in the range.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwarmListItem {
    /// The swarm.
    pub swarm_id: String,
    /// Its project.
    pub project: Option<String>,
    /// Agents with a task of it in the range.
    pub agent_count: u64,
    /// Its tasks in the range.
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
    /// The longest duration.
    pub max_duration_ms: Option<f64>,
    /// Tasks with a duration.
    pub n: u64,
    /// Its tokens; null when no task recorded any.
    pub tokens_used: Option<i64>,
    /// Its first task or event, whatever the range.
    #[schema(format = DateTime)]
    pub first_seen: Option<String>,
    /// Its last task or event, whatever the range.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
}

impl From<SwarmListRow> for SwarmListItem {
    fn from(row: SwarmListRow) -> Self {
        Self {
            swarm_id: row.swarm_id,
            project: row.project,
            agent_count: row.agents,
            task_count: row.tasks,
            successful_tasks: row.success.map_or(0, |rate| rate.numerator),
            rated_tasks: row.success.map_or(0, |rate| rate.denominator),
            success_rate: row.success.map(Rate::ratio),
            avg_duration_ms: row.avg_duration_ms,
            max_duration_ms: row.max_duration_ms,
            n: row.timed,
            tokens_used: row.tokens_used,
            first_seen: row.first_seen.map(Micros::to_rfc3339),
            last_seen: row.last_seen.map(Micros::to_rfc3339),
        }
    }
}

/// One swarm.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwarmDetailBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// The swarm.
    pub swarm_id: String,
    /// Its project.
    pub project: Option<String>,
    /// When it was first heard of, whatever the range.
    #[schema(format = DateTime)]
    pub first_seen: Option<String>,
    /// When it was last heard of, whatever the range.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// Its figures in the range.
    pub totals: TotalsBody,
    /// How many agents it has in the range.
    pub agent_count: u64,
    /// The busiest of them; at most 25.
    pub agents: Vec<AgentBody>,
}

impl From<SwarmPage> for SwarmDetailBody {
    fn from(page: SwarmPage) -> Self {
        Self {
            from: page.scope.range.from.to_rfc3339(),
            to: page.scope.range.until.to_rfc3339(),
            swarm_id: page.swarm_id,
            project: page.project,
            first_seen: page.heard.map(|heard| heard.from.to_rfc3339()),
            last_seen: page.heard.map(|heard| heard.until.to_rfc3339()),
            totals: TotalsBody::of(&page.totals, page.timeline.tier),
            agent_count: page.agent_count,
            agents: page.agents.into_iter().map(Into::into).collect(),
        }
    }
}

/// Swarms with a task in the range, sorted by any column, page by page.
#[utoipa::path(get, path = "/api/v1/swarms", tag = "agents", params(SwarmListParams), responses(
    (status = 200, description = "one page", body = SwarmListBody)))]
pub async fn swarms(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), list_specs())?;
    let asked = match params.get("cursor") {
        Some(cursor) => resumed(resume("swarms", cursor)?, &params)?,
        None => list_query(&params)?,
    };
    let list = timing::query(service.swarm_list(&asked, now())).await?;
    let body = SwarmListBody {
        from: list.scope.range.from.to_rfc3339(),
        to: list.scope.range.until.to_rfc3339(),
        total: list.total.into(),
        items: list.rows.into_iter().map(Into::into).collect(),
        next_cursor: list.next,
    };
    reply::of_range(&params, &body)
}

/// One swarm: the figures of its tasks, and its busiest agents.
#[utoipa::path(get, path = "/api/v1/swarms/{swarm_id}", tag = "agents",
    params(("swarm_id" = String, Path, description = "the swarm", min_length = 1, example = "swarm-1"), SwarmParams),
    responses((status = 200, description = "the swarm", body = SwarmDetailBody),
        (status = 404, description = "there is no such swarm")))]
pub async fn swarm(
    State(service): State<Service>,
    Segments(swarm_id): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), detail_specs())?;
    let page = timing::query(service.swarm_page(&swarm_id, &question(&params), 0, now())).await?;
    reply::of_range(&params, &SwarmDetailBody::from(page))
}
