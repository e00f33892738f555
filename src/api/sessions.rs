//! `/api/v1/sessions…`: what sessions remember. Expired entries are not there, whether they are deleted yet or not.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::body;
use super::figures::Time;
use super::insight::range_spec;
use super::lists::CURSOR;
use super::parameter::{FROM, Spec, TO, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::session::{MemoryEntry, MemoryQuery, SessionRow, SessionsQuery};
use crate::model::{Json, Problem, ProblemKind, Record};
use crate::service::Service;
use crate::store::Landing;

/// Years that somebody may want something remembered; more is for ever.
const TTL_HOURS: Spec = Spec::new(
    "ttl_hours",
    Takes::Like(r"^[0-9]{1,9}(\.[0-9]{1,6})?$"),
    "Hours after which it is forgotten; for ever without it.",
    "24",
);

fn list_specs() -> Vec<Spec> {
    vec![FROM, TO, Spec::limit(100, SessionsQuery::LIMIT_MAX), CURSOR]
}

fn memory_specs() -> Vec<Spec> {
    let filters = ["memory_type", "key"].into_iter().filter_map(Spec::filter);
    let more = [
        Spec::new(
            "history",
            Takes::Switch,
            "Every version, newest first, instead of the current one of each type and key.",
            "true",
        ),
        Spec::new("expired", Takes::Switch, "Also what expired and is not deleted yet.", "true"),
        Spec::limit(100, MemoryQuery::LIMIT_MAX),
        CURSOR,
    ];
    filters.chain(more).collect()
}

fn put_specs() -> Vec<Spec> {
    let project = Spec::filter("project").map(|spec| Spec { about: "The project it belongs to.", ..spec });
    std::iter::once(TTL_HOURS).chain(project).collect()
}

takes!(SessionListParams, list_specs());
takes!(MemoryParams, memory_specs());
takes!(PutParams, put_specs());

/// One page of sessions, the last to remember something first.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionListBody {
    /// First instant of the range.
    pub from: Time,
    /// First instant after it.
    pub to: Time,
    /// How many sessions all pages have.
    pub total: u64,
    /// The sessions.
    pub items: Vec<SessionBody>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// One session: everything it stored, whatever the range.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionBody {
    /// The session.
    pub session_id: String,
    /// When it stored the first entry that is there still.
    pub first: Time,
    /// When it stored the last.
    pub last: Time,
    /// Entries that live, every version counted.
    pub live: u64,
    /// Entries that expired and are not deleted yet.
    pub expired: u64,
    /// Entries that live, by memory type.
    pub types: BTreeMap<String, u64>,
}

impl From<SessionRow> for SessionBody {
    fn from(row: SessionRow) -> Self {
        let SessionRow { session_id, first, last, live, expired, types } = row;
        Self { session_id, first: Time(first), last: Time(last), live, expired, types }
    }
}

/// One page of what a session remembers.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemoryBody {
    /// The session as a whole.
    pub session: SessionBody,
    /// The entries.
    pub items: Vec<EntryBody>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// One thing that is remembered.
#[derive(Debug, Serialize, ToSchema)]
pub struct EntryBody {
    /// semantic, episodic, context_hint, or any word.
    pub memory_type: String,
    /// Under what it is kept.
    pub key: String,
    /// Any JSON, verbatim. Null is a value.
    #[schema(value_type = serde_json::Value)]
    pub value: Option<Box<RawValue>>,
    /// When it was stored.
    pub timestamp: Time,
    /// Hours until it expires, as they were sent.
    pub ttl_hours: Option<f64>,
    /// When it expires; null = never.
    pub expires_at: Option<Time>,
    /// Whether it did.
    pub expired: bool,
    /// Versions of its type and key that live.
    pub versions: u64,
    /// Its project.
    pub project: Option<String>,
}

impl From<MemoryEntry> for EntryBody {
    fn from(entry: MemoryEntry) -> Self {
        Self {
            value: body::verbatim(&entry.value),
            memory_type: entry.memory_type,
            key: entry.key,
            timestamp: Time(entry.timestamp),
            ttl_hours: entry.ttl_hours,
            expires_at: entry.expires_at.map(Time),
            expired: entry.expired,
            versions: entry.versions,
            project: entry.project,
        }
    }
}

/// Sessions with an entry stored in the range.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions", params(SessionListParams), responses(
    (status = 200, description = "one page", body = SessionListBody)))]
pub async fn sessions(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), list_specs())?;
    let query = SessionsQuery {
        range: range_spec(params.get("from"), params.get("to")),
        cursor: params.get("cursor").map(str::to_owned),
        limit: params.whole("limit").unwrap_or_default(),
    };
    let list = timing::query(service.sessions(&query, now())).await?;
    let body = SessionListBody {
        from: Time(list.range.from),
        to: Time(list.range.until),
        total: list.total,
        items: list.sessions.into_iter().map(Into::into).collect(),
        next_cursor: list.next,
    };
    reply::of_range(&params, &body)
}

/// What a session remembers: the current value of each type and key, or every version.
#[utoipa::path(get, path = "/api/v1/sessions/{session_id}/memory", tag = "sessions", operation_id = "session_memory",
    params(("session_id" = String, Path, description = "the session", min_length = 1, example = "session-1"), MemoryParams),
    responses((status = 200, description = "one page", body = MemoryBody),
        (status = 404, description = "nothing is known of this session")))]
pub async fn memory(
    State(service): State<Service>,
    Segments(session_id): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), memory_specs())?;
    let query = MemoryQuery {
        memory_type: params.get("memory_type").map(str::to_owned),
        key: params.get("key").map(str::to_owned),
        history: params.on("history").unwrap_or(false),
        include_expired: params.on("expired").unwrap_or(false),
        cursor: params.get("cursor").map(str::to_owned),
        limit: params.whole("limit").unwrap_or_default(),
    };
    let memory = timing::query(service.session_memory(&session_id, &query, now())).await?;
    let Some(session) = memory.session else {
        return Err(Problem::not_found(format!("there is no session `{session_id}` in this store")).into());
    };
    let items = memory.entries.into_iter().map(Into::into).collect();
    reply::fresh(&MemoryBody { session: session.into(), items, next_cursor: memory.next })
}

/// The current value of one key.
#[utoipa::path(get, path = "/api/v1/sessions/{session_id}/memory/{memory_type}/{key}", tag = "sessions",
    operation_id = "memory_value",
    params(
        ("session_id" = String, Path, description = "the session", min_length = 1, example = "session-1"),
        ("memory_type" = String, Path, description = "the type", min_length = 1, example = "semantic"),
        ("key" = String, Path, description = "the key", min_length = 1, example = "goal")),
    responses((status = 200, description = "the entry", body = EntryBody),
        (status = 404, description = "there is none, or it expired")))]
pub async fn value(
    State(service): State<Service>,
    Segments(place): Segments<Place>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&entry(&service, &place).await?)
}

/// Remembers one more version of a key; the versions before it stay until they expire.
#[utoipa::path(put, path = "/api/v1/sessions/{session_id}/memory/{memory_type}/{key}", tag = "sessions",
    operation_id = "remember",
    params(
        ("session_id" = String, Path, description = "the session", min_length = 1, max_length = 512, example = "session-1"),
        ("memory_type" = String, Path, description = "the type", min_length = 1, max_length = 512, example = "semantic"),
        ("key" = String, Path, description = "the key", min_length = 1, max_length = 512, example = "goal"), PutParams),
    request_body(content = serde_json::Value, content_type = "application/json", description = "the value: any JSON",
        example = json!({"text": "ship it"})),
    responses((status = 201, description = "it is remembered", body = EntryBody),
        (status = 409, description = "another value was stored at this very instant"),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn remember(
    State(service): State<Service>,
    Segments(place): Segments<Place>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), put_specs())?;
    let sent = body::json(&headers, body).await?;
    let value: Box<RawValue> =
        serde_json::from_slice(&sent).map_err(|error| Problem::bad_request(format!("the body is no JSON: {error}")))?;
    let mut fields = body::Fields::from([("value".to_owned(), value)]);
    for (name, text) in [("session_id", &place.0), ("memory_type", &place.1), ("key", &place.2)] {
        body::put(&mut fields, name, text)?;
    }
    if let Some(hours) = params.get("ttl_hours") {
        let hours: f64 = hours
            .parse()
            .map_err(|_| Problem::bad_request(format!("`ttl_hours={hours}`: write a number of hours, 0 or more")))?;
        body::put(&mut fields, "ttl_hours", &hours)?;
    }
    if let Some(project) = params.get("project") {
        body::put(&mut fields, "project", &project)?;
    }
    let Record::Memory(memory) = body::record("memory", fields, now())? else {
        return Err(Problem::bad_request("the body describes no memory").into());
    };
    let sent = memory.clone();
    if timing::query(service.store_memory(memory)).await? == Landing::Differs {
        let detail = "another value of this key was stored at this very instant; send it again";
        return Err(Problem::new(ProblemKind::Conflict, detail).into());
    }
    // What lives no moment is remembered, and not found.
    let found = timing::query(service.memory_value(&place.0, &place.1, &place.2, sent.timestamp)).await?;
    let found = found.filter(|entry| entry.timestamp == sent.timestamp);
    let body = found.map_or_else(|| expired_at_once(&sent.value, &sent), EntryBody::from);
    let mut response = reply::fresh(&body)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}

/// Session, type and key.
type Place = (String, String, String);

async fn entry(service: &Service, (session_id, memory_type, key): &Place) -> ApiResult<EntryBody> {
    let found = timing::query(service.memory_value(session_id, memory_type, key, now())).await?;
    found.map(Into::into).ok_or_else(|| {
        Problem::not_found(format!("session `{session_id}` remembers no `{memory_type}` under `{key}`")).into()
    })
}

/// An entry whose time to live is 0.
fn expired_at_once(value: &Json, sent: &crate::model::MemoryRecord) -> EntryBody {
    EntryBody {
        memory_type: sent.memory_type.clone(),
        key: sent.key.clone(),
        value: body::verbatim(value),
        timestamp: Time(sent.timestamp),
        ttl_hours: sent.ttl_hours,
        expires_at: Some(Time(sent.timestamp)),
        expired: true,
        versions: 0,
        project: sent.project.clone(),
    }
}
