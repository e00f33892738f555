//! `GET /api/v1/{tasks,agent-metrics,swarm-metrics,events,healings}`: records, page by page.

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::ApiResult;
use super::cursor::{Frozen, asked};
use super::params::Params;
use super::problem::ProblemBody;
use crate::model::filter::{Cursor as Position, Order, PageRequest};
use crate::model::{Dataset, Problem, RecordFilter};
use crate::service::Service;
use crate::service::query::{filter_from, range_from};
use crate::wire::ndjson::push_object;

/// Rows of a page when none are asked for.
const LIMIT_DEFAULT: u32 = 100;
/// Most rows of a page.
const LIMIT_MAX: u32 = 10_000;
/// Parameters that every list has beside its filters.
const COMMON: [&str; 5] = ["from", "to", "order", "limit", "cursor"];

/// One page of records.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page {
    /// Records, in the form in which ingest takes them.
    pub items: Vec<serde_json::Value>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// What every list can be asked beside its filters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; they are read by `Params`, which refuses unknown ones")]
struct Common {
    /// First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`).
    from: Option<String>,
    /// First instant after the range.
    to: Option<String>,
    /// `asc` or `desc` (default) by time.
    order: Option<String>,
    /// 1 to 10 000; default 100.
    limit: Option<u32>,
    /// `next_cursor` of the page before; it freezes range, filters and order.
    cursor: Option<String>,
    /// Only this project.
    project: Option<String>,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident = $path:literal, $dataset:ident, [$($field:literal),*];)*) => {$(
        $(#[$doc])*
        #[utoipa::path(get, path = $path, tag = "records",
            params(Common, $(($field = Option<String>, Query, description = "equal to")),*),
            responses(
                (status = 200, description = "one page", body = Page),
                (status = 400, description = "an unknown parameter, an unreadable value, or a cursor of another question",
                    body = ProblemBody, content_type = "application/problem+json"),
            ))]
        pub async fn $name(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
            list(&service, Dataset::$dataset, query.as_deref()).await
        }
    )*};
}

lists! {
    /// Tasks, by the time they ended.
    tasks = "/api/v1/tasks", Tasks, ["task_id", "agent_id", "swarm_id", "result", "model"];
    /// Numbers about agents.
    agent_metrics = "/api/v1/agent-metrics", AgentMetrics, ["agent_id", "metric_type"];
    /// Numbers about swarms.
    swarm_metrics = "/api/v1/swarm-metrics", SwarmMetrics, ["swarm_id", "metric_type"];
    /// Agent events.
    events = "/api/v1/events", Events, ["event_type", "agent_id", "agent_type", "event_id", "task_id", "swarm_id"];
    /// Healing attempts.
    healings = "/api/v1/healings", Healings, ["strategy", "failure_type", "success", "agent_id"];
}

async fn list(service: &Service, dataset: Dataset, query: Option<&str>) -> ApiResult<Response> {
    let known: Vec<&str> = RecordFilter::fields(dataset).iter().copied().chain(COMMON).collect();
    let params = Params::read(query, &known)?;
    let limit = params.number("limit", LIMIT_DEFAULT, 1, LIMIT_MAX)?;
    let frozen = params.get("cursor").map(|text| Frozen::read(text, dataset, &params)).transpose()?;
    let (asked, range, after) = match frozen {
        Some(Frozen { asked, range, after, .. }) => (asked, range, Some(after)),
        None => (asked(&params), range_from(params.get("from"), params.get("to"), super::now())?, None),
    };
    let (filter, order) = question(dataset, &asked)?;
    // One row more tells whether there is a next page.
    let request = PageRequest { range, filter, order, after, limit: limit + 1 };
    let mut rows = service.list(dataset, &request).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| Frozen::new(dataset, asked, range, Position { time: row.time, row: row.id }));
    let mut body = b"{\"items\":[".to_vec();
    for (at, row) in rows.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        push_object(&mut body, &row.record, true);
    }
    let next = next.map_or_else(|| "null".into(), |next| format!("\"{}\"", next.to_text()));
    body.extend_from_slice(format!("],\"next_cursor\":{next}}}").as_bytes());
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, body).into_response())
}

fn question(dataset: Dataset, asked: &[(String, String)]) -> Result<(RecordFilter, Order), Problem> {
    let pairs = || asked.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let filter = filter_from(dataset, pairs().filter(|(name, _)| !COMMON.contains(name)))?;
    let order = match pairs().find(|(name, _)| *name == "order").map(|(_, value)| value) {
        None | Some("desc") => Order::Desc,
        Some("asc") => Order::Asc,
        Some(other) => return Err(Problem::bad_request(format!("`order={other}`: write asc or desc"))),
    };
    Ok((filter, order))
}
