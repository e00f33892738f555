//! `GET /api/v1/swarms/{id}/health`: how a swarm is doing, part by part, and what it says about itself.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::Time;
use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::health::{HealthPart, PartKind, PartStatus, SwarmHealth};
use crate::model::{Problem, SwarmId};
use crate::service::Service;

const SPECS: [Spec; 2] = [FROM, TO];

takes!(HealthParams, SPECS);

/// A swarm's health. There is no score: a mean of unlike things would hide the part that is broken.
#[derive(Debug, Serialize, ToSchema)]
pub struct SwarmHealthBody {
    /// First instant of the range.
    pub from: Time,
    /// First instant after it.
    pub to: Time,
    /// The swarm.
    pub swarm_id: String,
    /// The worst of the parts; unknown when all are.
    pub status: PartStatus,
    /// The parts.
    pub parts: Vec<PartBody>,
    /// Agents that worked in the swarm during the range, by state of health.
    pub agents: BTreeMap<&'static str, u64>,
    /// Those of them that are marked as stale.
    pub stale: u64,
    /// What the swarm reported as `health` in the range, oldest first; at most the newest 1 000.
    pub reported: Vec<ReportedBody>,
    /// Whether older values were left out.
    pub reported_more: bool,
}

/// One part of a swarm's health, with what it was judged by.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartBody {
    /// Which: the success rate; the share of its agents that are healthy; tasks that wait; p95 of durations over
    /// that of the seven days before.
    pub part: PartKind,
    /// Its value; null = no data.
    pub value: Option<f64>,
    /// The counts behind a share: how many.
    pub numerator: Option<u64>,
    /// Of how many.
    pub denominator: Option<u64>,
    /// On how many tasks, agents or samples it stands.
    pub n: u64,
    /// Latency: p95 of the range in milliseconds.
    pub current_ms: Option<f64>,
    /// Latency: p95 of the baseline in milliseconds.
    pub baseline_ms: Option<f64>,
    /// Latency: timed tasks of the baseline.
    pub baseline_n: u64,
    /// When the value was measured, where it was reported.
    pub measured_at: Option<Time>,
    /// From this value on it is degraded: shares below it, others at or above it.
    pub degraded_at: f64,
    /// From this value on it is critical, in the same direction.
    pub critical_at: f64,
    /// What it says.
    pub status: PartStatus,
}

/// A value a swarm reported about its own health.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportedBody {
    /// When.
    pub timestamp: Time,
    /// As it was sent.
    pub value: f64,
}

impl From<HealthPart> for PartBody {
    fn from(part: HealthPart) -> Self {
        Self {
            part: part.part,
            value: part.value,
            numerator: part.rate.map(|rate| rate.numerator),
            denominator: part.rate.map(|rate| rate.denominator),
            n: part.n,
            current_ms: part.current_ms,
            baseline_ms: part.baseline_ms,
            baseline_n: part.baseline_n,
            measured_at: part.measured_at.map(Time),
            degraded_at: part.degraded_at,
            critical_at: part.critical_at,
            status: part.status,
        }
    }
}

impl From<SwarmHealth> for SwarmHealthBody {
    fn from(health: SwarmHealth) -> Self {
        let reported = health.reported.into_iter();
        Self {
            from: Time(health.range.from),
            to: Time(health.range.until),
            swarm_id: health.swarm_id,
            status: health.status,
            parts: health.parts.into_iter().map(Into::into).collect(),
            agents: health.agents.into_iter().map(|(state, count)| (state.as_str(), count)).collect(),
            stale: health.stale,
            reported: reported.map(|one| ReportedBody { timestamp: Time(one.timestamp), value: one.value }).collect(),
            reported_more: health.reported_more,
        }
    }
}

/// How a swarm is doing: success rate, agents by state, backlog, latency against its own baseline.
#[utoipa::path(get, path = "/api/v1/swarms/{swarm_id}/health", tag = "agents", operation_id = "swarm_health",
    params(("swarm_id" = String, Path, description = "the swarm", min_length = 1, example = "swarm-1"), HealthParams),
    responses((status = 200, description = "its health", body = SwarmHealthBody),
        (status = 404, description = "there is no such swarm")))]
pub async fn health(
    State(service): State<Service>,
    Segments(swarm_id): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), SPECS.to_vec())?;
    let swarm_id =
        SwarmId::new(swarm_id).map_err(|error| Problem::bad_request(format!("the swarm id in the path {error}")))?;
    let range = range_spec(params.get("from"), params.get("to"));
    let health = timing::query(service.swarm_health(&swarm_id, &range, now())).await?;
    reply::of_range(&params, &SwarmHealthBody::from(health))
}
