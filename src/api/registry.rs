//! `POST /api/v1/agents`, `PATCH /api/v1/agents/{id}`: agents are started, and their lives go on.
//!
//! Many of them at once, or beside other records, come through ingest as `kind` `agent`.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::agents::agent_id_of;
use super::body;
use super::figures::LifeBody;
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::registry::AgentUpdate;
use crate::model::{AgentStatus, Json, Micros, Problem, RangeSpec, Record};
use crate::service::Service;
use crate::store::Landing;
use crate::wire::native::METADATA_BYTES_MAX;

/// What a registration may say.
const REGISTRATION: [&str; 8] =
    ["agent_id", "agent_type", "status", "spawn_time", "complete_time", "duration_ms", "metadata", "project"];
/// What a change may say.
const CHANGE: [&str; 4] = ["status", "complete_time", "duration_ms", "metadata"];

/// An agent that starts.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Registration {
    /// The agent.
    #[schema(min_length = 1, max_length = 512)]
    agent_id: String,
    /// Its kind.
    #[schema(min_length = 1)]
    agent_type: String,
    /// `spawned` without it.
    status: Option<StatusWord>,
    /// Its start; now without it. A start that is not known yet is a new life.
    #[schema(format = DateTime)]
    spawn_time: Option<String>,
    /// Its end.
    #[schema(format = DateTime)]
    complete_time: Option<String>,
    /// Its length in milliseconds.
    #[schema(minimum = 0)]
    duration_ms: Option<f64>,
    /// Anything else.
    metadata: Option<serde_json::Value>,
    /// Its project.
    project: Option<String>,
}

/// How a life goes on; what is absent stays as it is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LifeChange {
    /// From spawned to running, complete or error, from running to complete or error; nothing leads back.
    #[schema(required = false)]
    status: StatusWord,
    /// When it ended; now when it ends without one.
    #[schema(required = false, format = DateTime)]
    complete_time: String,
    /// How long it lasted, in milliseconds.
    #[schema(required = false, minimum = 0)]
    duration_ms: f64,
    /// In place of its metadata.
    #[schema(required = false, value_type = Object)]
    metadata: serde_json::Value,
}

/// Where an agent is in its life.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes a word")]
enum StatusWord {
    /// It was started.
    Spawned,
    /// It works.
    Running,
    /// It ended as planned.
    Complete,
    /// It ended with an error.
    Error,
}

/// An agent that was registered.
#[derive(Debug, Serialize, ToSchema)]
pub struct RegisteredBody {
    /// The agent.
    pub agent_id: String,
    /// Whether this began a life that was not known before.
    pub new_life: bool,
    /// How many lives it has.
    pub life_count: u64,
    /// The latest of them.
    pub life: Option<LifeBody>,
}

/// Registers an agent. Doing it again with another start begins a new life; the ones before stay.
#[utoipa::path(post, path = "/api/v1/agents", tag = "agents", operation_id = "register_agent",
    request_body(content = Registration, content_type = "application/json",
        example = json!({"agent_id": "coder-7", "agent_type": "coder", "spawn_time": "2026-01-10T08:00:00Z", "metadata": {"host": "a"}})),
    responses(
        (status = 201, description = "a new life began", body = RegisteredBody),
        (status = 200, description = "this life was known, and goes on", body = RegisteredBody),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn register(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let now = now();
    let mut fields = body::fields(&body::json(&headers, body).await?, &REGISTRATION)?;
    if fields.get("status").is_none_or(|status| status.get() == "null") {
        body::put(&mut fields, "status", &AgentStatus::Spawned.as_str())?;
    }
    let Record::Agent(life) = body::record("agent", fields, now)? else {
        return Err(Problem::bad_request("the body describes no agent").into());
    };
    let agent_id = life.agent_id.clone();
    let before = lives(&service, &agent_id, now).await?.0;
    let landing = timing::query(service.register_agent(life, now)).await?;
    let (life_count, life) = lives(&service, &agent_id, now).await?;
    let new_life = landing == Landing::Stored && life_count > before;
    let registered = RegisteredBody { agent_id: agent_id.into(), new_life, life_count, life };
    let mut response = reply::fresh(&registered)?;
    if new_life {
        *response.status_mut() = StatusCode::CREATED;
    }
    Ok(response)
}

/// How many lives an agent has, and the latest.
async fn lives(service: &Service, agent_id: &crate::model::AgentId, now: Micros) -> ApiResult<(u64, Option<LifeBody>)> {
    let nothing = RangeSpec { from: now.to_rfc3339(), to: Micros(now.0 + 1).to_rfc3339() }; // no counts are needed
    let profile = timing::query(service.agent_profile(agent_id, &nothing, now)).await?;
    Ok(profile.map_or((0, None), |profile| (profile.life_count, profile.lives.into_iter().next().map(Into::into))))
}

/// Moves the present life of a known agent on.
#[utoipa::path(patch, path = "/api/v1/agents/{agent_id}", tag = "agents", operation_id = "update_agent",
    params(("agent_id" = String, Path, description = "the agent", min_length = 1, example = "coder-1")),
    request_body(content = LifeChange, content_type = "application/json", example = json!({"status": "running"})),
    responses(
        (status = 200, description = "the life as it is now", body = LifeBody),
        (status = 404, description = "nobody registered this agent"),
        (status = 409, description = "its life cannot go that way"),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn update(
    State(service): State<Service>,
    Segments(agent_id): Segments<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let agent_id = agent_id_of(agent_id)?;
    let change = change(&body::fields(&body::json(&headers, body).await?, &CHANGE)?)?;
    let life = timing::query(service.update_agent(&agent_id, change, now())).await?;
    reply::fresh(&LifeBody::from(life))
}

/// What a body asks for.
fn change(fields: &body::Fields) -> Result<AgentUpdate, Problem> {
    let status = read::<String>(fields, "status")?.map(|word| {
        AgentStatus::parse(&word).ok_or_else(|| {
            let known = AgentStatus::WORDS.join(", ");
            Problem::bad_request(format!("`status`: there is no `{word}`; known: {known}"))
        })
    });
    let complete_time = read::<String>(fields, "complete_time")?.map(|text| {
        Micros::parse_rfc3339(&text, None).map_err(|error| Problem::bad_request(format!("`complete_time`: {error}")))
    });
    let metadata = match fields.get("metadata").map(|raw| raw.get()) {
        Some(text) if text.len() > METADATA_BYTES_MAX => {
            let detail = format!("`metadata` has {} bytes, at most {METADATA_BYTES_MAX} are taken", text.len());
            return Err(Problem::bad_request(detail));
        }
        Some(text) if text.starts_with('{') => Some(Json(text.to_owned())),
        Some(_) => return Err(Problem::bad_request("`metadata` must be an object")),
        None => None,
    };
    Ok(AgentUpdate {
        status: status.transpose()?,
        complete_time: complete_time.transpose()?,
        duration_ms: read(fields, "duration_ms")?,
        metadata,
    })
}

fn read<'a, T: Deserialize<'a>>(fields: &'a body::Fields, name: &str) -> Result<Option<T>, Problem> {
    let read = |raw: &'a serde_json::value::RawValue| serde_json::from_str(raw.get());
    fields
        .get(name)
        .map(|raw| read(raw))
        .transpose()
        .map_err(|error| Problem::bad_request(format!("`{name}`: {error}")))
}
