//! `GET /api/v1/agents`, `/agents/{id}`: every agent with its figures, and one of them.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::{HealthBody, LifeBody, Time, TotalBody, TotalsBody};
use super::insight::{AgentBody, question, specs};
use super::lists::{CURSOR, list_query, resumed};
use super::parameter::{Spec, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::listing::{AGENT_SORTS, AgentListRow, ListQuery};
use crate::model::overview::AgentPage;
use crate::model::{AgentId, Problem};
use crate::service::Service;
use crate::service::listing::resume;

fn list_specs() -> Vec<Spec> {
    let more: Vec<Spec> = Spec::filter("agent_type")
        .into_iter()
        .chain([
            Spec::new(
                "status",
                Takes::Word(&["spawned", "running", "complete", "error", "active"]),
                "Only agents whose latest life is there; `active` = spawned or running.",
                "running",
            ),
            Spec::new(
                "state",
                Takes::Word(&["unknown", "healthy", "degraded", "critical", "failed", "finished", "stale"]),
                "Only agents in this state of health, or marked as stale.",
                "unknown",
            ),
            Spec::new("sort", Takes::Word(&AGENT_SORTS), "The column; `last_seen` without it.", "success_rate"),
            Spec::order("`desc` (default) or `asc`; agents without a value come last either way."),
            Spec::limit(100, ListQuery::LIMIT_MAX),
            CURSOR,
        ])
        .collect();
    specs(&more)
}

/// What one agent's tasks can be narrowed by.
fn detail_specs() -> Vec<Spec> {
    specs(&[]).into_iter().filter(|spec| spec.name != "agent_id").collect()
}

takes!(AgentListParams, list_specs());
takes!(AgentParams, detail_specs());

/// One page of agents.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentListBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: String,
    /// How many there are on all pages.
    pub total: TotalBody,
    /// The agents.
    pub items: Vec<AgentListItem>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// One agent that had a task, an event or a start in the range.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentListItem {
    #[serde(flatten)]
    figures: AgentBody,
    /// How it is doing now.
    pub health: HealthBody,
    /// Since when it is marked as stale.
    pub stale_since: Option<Time>,
    /// When it was last heard of by event, task, metric or registration, whatever the range.
    pub last_heard: Option<Time>,
    /// When its present life began; null for an agent nobody registered, as in the three below.
    pub spawn_time: Option<Time>,
    /// Since when it works; null when nobody said.
    pub running_since: Option<Time>,
    /// When that life ended.
    pub complete_time: Option<Time>,
    /// Its length; null while it lasts.
    pub life_ms: Option<f64>,
    /// How many lives it had.
    pub life_count: u64,
    /// What its tasks cost in USD, as their sources reported it; null when none did.
    pub cost_usd: Option<f64>,
    /// How many of its tasks reported a cost.
    pub costed_tasks: u64,
}

impl From<AgentListRow> for AgentListItem {
    fn from(row: AgentListRow) -> Self {
        let standing = row.standing;
        Self {
            figures: row.agent.into(),
            health: standing.health.into(),
            stale_since: standing.stale_since.map(Time),
            last_heard: standing.last_heard.map(Time),
            spawn_time: standing.spawn_time.map(Time),
            running_since: standing.running_since.map(Time),
            complete_time: standing.complete_time.map(Time),
            life_ms: standing.duration_ms,
            life_count: standing.lives,
            cost_usd: row.cost_usd,
            costed_tasks: row.costed,
        }
    }
}

/// One agent.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentDetailBody {
    /// First instant of the range.
    pub from: Time,
    /// First instant after it.
    pub to: Time,
    /// The agent.
    pub agent_id: String,
    /// Its kind.
    pub agent_type: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// How it is doing now.
    pub health: HealthBody,
    /// Since when it is marked as stale: it says it is at work and was not heard of for long.
    pub stale_since: Option<Time>,
    /// When it was first heard of, whatever the range.
    pub first_seen: Option<Time>,
    /// When it was last heard of, whatever the range.
    pub last_seen: Option<Time>,
    /// Its records in the range.
    pub counts: AgentCountsBody,
    /// Figures of its tasks in the range.
    pub totals: TotalsBody,
    /// How many lives it had.
    pub life_count: u64,
    /// Its lives, newest first; at most 100.
    pub lives: Vec<LifeBody>,
    /// Its swarms in the range; at most 20.
    pub swarms: Vec<String>,
    /// Its events in the range by type, most frequent first; at most 30.
    pub event_types: Vec<EventTypeBody>,
    /// Sessions whose memory is its own.
    pub sessions: Vec<String>,
}

/// How many records of an agent lie in a range.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentCountsBody {
    /// Tasks.
    pub tasks: u64,
    /// Events.
    pub events: u64,
    /// Attempts to heal it.
    pub healings: u64,
    /// Numbers about it.
    pub metrics: u64,
}

/// Events of one type.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventTypeBody {
    /// The type.
    pub event_type: String,
    /// How many.
    pub count: u64,
}

fn detail(page: AgentPage) -> AgentDetailBody {
    let profile = page.profile;
    let event_types = page.event_types.into_iter().map(|(event_type, count)| EventTypeBody { event_type, count });
    AgentDetailBody {
        from: Time(page.scope.range.from),
        to: Time(page.scope.range.until),
        agent_id: page.agent_id,
        agent_type: profile.agent_type,
        project: profile.project,
        health: profile.health.into(),
        stale_since: profile.stale_since.map(Time),
        first_seen: profile.first_seen.map(Time),
        last_seen: profile.last_seen.map(Time),
        counts: AgentCountsBody {
            tasks: profile.counts.tasks,
            events: profile.counts.events,
            healings: profile.counts.healings,
            metrics: profile.counts.metrics,
        },
        totals: TotalsBody::of(&page.totals, page.timeline.tier),
        life_count: profile.life_count,
        lives: profile.lives.into_iter().map(Into::into).collect(),
        swarms: page.swarms,
        event_types: event_types.collect(),
        sessions: profile.sessions,
    }
}

/// Agents with a task, an event or a start in the range, sorted by any column, page by page.
#[utoipa::path(get, path = "/api/v1/agents", tag = "agents", params(AgentListParams), responses(
    (status = 200, description = "one page", body = AgentListBody)))]
pub async fn agents(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), list_specs())?;
    let asked = match params.get("cursor") {
        Some(cursor) => resumed(resume("agents", cursor)?, &params)?,
        None => list_query(&params)?,
    };
    let list = timing::query(service.agent_list(&asked, now())).await?;
    let body = AgentListBody {
        from: list.scope.range.from.to_rfc3339(),
        to: list.scope.range.until.to_rfc3339(),
        total: list.total.into(),
        items: list.rows.into_iter().map(Into::into).collect(),
        next_cursor: list.next,
    };
    reply::of_range(&params, &body)
}

/// One agent: its lives, and the figures of its tasks.
#[utoipa::path(get, path = "/api/v1/agents/{agent_id}", tag = "agents",
    params(("agent_id" = String, Path, description = "the agent", min_length = 1, example = "coder-1"), AgentParams),
    responses((status = 200, description = "the agent", body = AgentDetailBody),
        (status = 404, description = "there is no such agent")))]
pub async fn agent(
    State(service): State<Service>,
    Segments(agent_id): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), detail_specs())?;
    let id = agent_id_of(agent_id)?;
    let page = timing::query(service.agent_page(id.as_str(), &question(&params), now())).await?;
    reply::of_range(&params, &detail(page))
}

/// The id that a path names.
pub(super) fn agent_id_of(text: String) -> Result<AgentId, Problem> {
    AgentId::new(text).map_err(|error| Problem::bad_request(format!("the agent id in the path {error}")))
}
