//! `GET /api/v1/{tasks,agent-metrics,swarm-metrics,events,healings}`: records, page by page.
//!
//! By time at any depth for the same price. Tasks can be sorted by other columns, too; then the page comes from
//! `service::listing`, and so does its cursor.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::{Frozen, asked};
use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, Takes, takes};
use super::params::Params;
use super::record_schema::{AgentMetricItem, EventItem, HealingItem, SwarmMetricItem, TaskItem};
use super::{ApiResult, reply, timing};
use crate::model::filter::{Cursor as Position, PageRequest};
use crate::model::listing::{ListQuery, TASK_SORTS};
use crate::model::{Dataset, Order, Problem, Record, RecordFilter};
use crate::service::Service;
use crate::service::listing::resume;
use crate::service::query::{filter_from, range_from};
use crate::wire::ndjson::push_object;

/// Rows of a page when none are asked for.
const LIMIT_DEFAULT: u32 = 100;
/// Most rows of a page in the order of time.
const LIMIT_MAX: u32 = 10_000;
/// Parameters that no list filters by.
const PLAIN: [&str; 6] = ["from", "to", "sort", "order", "limit", "cursor"];

/// Goes on after a page.
pub(super) const CURSOR: Spec = Spec::new(
    "cursor",
    Takes::Like("^[0-9a-f]+$"),
    "`next_cursor` of the page before; it freezes range, filters and order.",
    "",
);
const SORT: Spec = Spec::new(
    "sort",
    Takes::Word(&TASK_SORTS),
    "The column to sort by; `timestamp` without it. Any other looks at every task of the range, and gives at most \
     1 000 a page; tasks without a value come last.",
    "duration_ms",
);

fn specs(dataset: Dataset) -> Vec<Spec> {
    let mut specs = Spec::filters(dataset);
    specs.extend([FROM, TO]);
    specs.extend((dataset == Dataset::Tasks).then_some(SORT));
    let order = Spec::order("`desc` (default) or `asc`: by time, or by the column sorted by.");
    specs.extend([order, Spec::limit(LIMIT_DEFAULT, LIMIT_MAX), CURSOR]);
    specs
}

/// One page of records.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Records, in the form in which ingest takes them.
    pub items: Vec<T>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident($takes:ident) = $path:literal, $dataset:ident, $item:ident;)*) => {$(
        takes!($takes, specs(Dataset::$dataset));

        $(#[$doc])*
        #[utoipa::path(get, path = $path, tag = "records", params($takes),
            responses((status = 200, description = "one page", body = Page<$item>)))]
        pub async fn $name(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
            list(&service, Dataset::$dataset, query.as_deref()).await
        }
    )*};
}

lists! {
    /// Tasks, by the time they ended.
    tasks(TaskParams) = "/api/v1/tasks", Tasks, TaskItem;
    /// Numbers about agents.
    agent_metrics(AgentMetricParams) = "/api/v1/agent-metrics", AgentMetrics, AgentMetricItem;
    /// Numbers about swarms.
    swarm_metrics(SwarmMetricParams) = "/api/v1/swarm-metrics", SwarmMetrics, SwarmMetricItem;
    /// Agent events.
    events(EventParams) = "/api/v1/events", Events, EventItem;
    /// Healing attempts as they were sent. Attempts found in events are in `/api/v1/healing/attempts`.
    healings(HealingParams) = "/api/v1/healings", Healings, HealingItem;
}

async fn list(service: &Service, dataset: Dataset, query: Option<&str>) -> ApiResult<Response> {
    let params = Params::take(query, specs(dataset))?;
    if let Some(sorted) = sorted(dataset, &params)? {
        let (records, next) = timing::query(service.sorted_tasks(&sorted, super::now())).await?;
        return Ok(page(&params, &records, next));
    }
    let limit = params.whole("limit").unwrap_or(LIMIT_DEFAULT);
    let frozen = params.get("cursor").map(|text| Frozen::read(text, dataset, &params)).transpose()?;
    let (asked, range, after) = match frozen {
        Some(Frozen { asked, range, after, .. }) => (asked, range, Some(after)),
        None => (asked(&params), range_from(params.get("from"), params.get("to"), super::now())?, None),
    };
    let (filter, order) = question(dataset, &asked)?;
    // One row more tells whether there is a next page.
    let request = PageRequest { range, filter, order, after, limit: limit + 1 };
    let mut rows = timing::query(service.list(dataset, &request)).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|row| Frozen::new(dataset, asked, range, Position { time: row.time, row: row.id }).to_text());
    let records: Vec<Record> = rows.into_iter().map(|row| row.record).collect();
    Ok(page(&params, &records, next))
}

fn page(params: &Params, records: &[Record], next: Option<String>) -> Response {
    let mut body = b"{\"items\":[".to_vec();
    for (at, record) in records.iter().enumerate() {
        if at > 0 {
            body.push(b',');
        }
        push_object(&mut body, record, true);
    }
    let next = next.map_or_else(|| "null".into(), |next| format!("\"{next}\""));
    body.extend_from_slice(format!("],\"next_cursor\":{next}}}").as_bytes());
    reply::bytes("application/json", body, reply::is_absolute(params.get("from"), params.get("to")))
}

/// The question for tasks in another order than that of time.
fn sorted(dataset: Dataset, params: &Params) -> Result<Option<ListQuery>, Problem> {
    if dataset != Dataset::Tasks {
        return Ok(None);
    }
    if let Some(query) = params.get("cursor").and_then(|cursor| resume("tasks", cursor).ok()) {
        return resumed(query, params).map(Some);
    }
    let sort = params.get("sort").filter(|sort| *sort != "timestamp");
    sort.map(|_| list_query(params)).transpose()
}

/// A question for a page of a list, by the parameters that were sent.
pub(super) fn list_query(params: &Params) -> Result<ListQuery, Problem> {
    Ok(ListQuery {
        range: range_spec(params.get("from"), params.get("to")),
        filter: filter_of(params),
        sort: params.get("sort").unwrap_or_default().to_owned(),
        order: params.order(Order::Desc),
        cursor: params.get("cursor").map(str::to_owned),
        limit: page_limit(params)?,
    })
}

fn page_limit(params: &Params) -> Result<u32, Problem> {
    let limit = params.whole("limit").unwrap_or(LIMIT_DEFAULT);
    if limit > ListQuery::LIMIT_MAX {
        let most = ListQuery::LIMIT_MAX;
        return Err(Problem::bad_request(format!("`limit={limit}`: a sorted page has at most {most} rows")));
    }
    Ok(limit)
}

/// What is narrowed by: every declared parameter that is a field.
fn filter_of(params: &Params) -> RecordFilter {
    let mut filter = RecordFilter::default();
    for (name, value) in params.iter().filter(|(name, _)| !PLAIN.contains(name)) {
        if let Some(place) = filter.field_mut(name) {
            *place = Some(value.to_owned());
        }
    }
    filter
}

/// The question a cursor was made for; what is sent beside it must say the same.
pub(super) fn resumed(query: ListQuery, params: &Params) -> Result<ListQuery, Problem> {
    let mut asked = query.clone();
    let range = range_spec(params.get("from"), params.get("to"));
    for (name, value) in params.iter() {
        let same = match name {
            "cursor" | "limit" => true,
            "from" => query.range.from == range.from,
            "to" => query.range.to == range.to,
            "sort" => query.sort == value,
            "order" => query.order == params.order(query.order),
            filter => asked.filter.field_mut(filter).is_some_and(|frozen| frozen.as_deref() == Some(value)),
        };
        if !same {
            return Err(Problem::bad_request(format!(
                "`{name}` differs from what `cursor` was made for; leave it out, or start again without the cursor"
            )));
        }
    }
    Ok(ListQuery { limit: page_limit(params)?, ..query })
}

fn question(dataset: Dataset, asked: &[(String, String)]) -> Result<(RecordFilter, Order), Problem> {
    let pairs = || asked.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let filter = filter_from(dataset, pairs().filter(|(name, _)| !PLAIN.contains(name)))?;
    let ascending = pairs().any(|pair| pair == ("order", "asc"));
    Ok((filter, if ascending { Order::Asc } else { Order::Desc }))
}
