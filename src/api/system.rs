//! `GET /api/v1/system`: how the program itself is doing, check by check and against its targets.
//!
//! It always answers 200: who only wants a status asks `/readyz`.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::params::Params;
use super::{ApiResult, now, reply, timing};
use crate::model::system::SystemHealth;
use crate::service::Service;

/// The comprehensive health check, and the key metrics with their targets and critical thresholds.
#[utoipa::path(get, path = "/api/v1/system", tag = "probes",
    responses((status = 200, description = "checks and key metrics", body = SystemHealth)))]
pub async fn system(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&timing::query(service.system_health(now())).await)
}
