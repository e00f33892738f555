//! `/livez`, `/readyz`, `/startupz`: machines read the status, people add `?verbose`. Each check has a route of its
//! own, `/readyz/{check}`.
//!
//! Not here: what is checked (`service::health`), and what answers while the store opens (`server::startup`).

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::parameter::{Spec, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, ApiState};
use crate::model::Problem;
use crate::service::health::{Check, READY_CHECKS};

const VERBOSE: Spec = Spec::new("verbose", Takes::Switch, "List the checks.", "true");
const EXCLUDE: Spec =
    Spec::new("exclude", Takes::Words(&READY_CHECKS), "Checks to leave out, with commas.", "disk-headroom");

takes!(ProbeParams, [VERBOSE]);
takes!(ReadyParams, [VERBOSE, EXCLUDE]);

/// The checks of liveness.
const LIVE_CHECKS: [&str; 1] = ["process"];
/// The checks of the start.
pub const STARTUP_CHECKS: [&str; 2] = ["store-open", "migrations"];

/// Does the process answer? Never asks the store: a restart heals no disk.
#[utoipa::path(get, path = "/livez", tag = "probes", params(ProbeParams),
    responses((status = 200, description = "it answers", body = String, content_type = "text/plain")))]
pub async fn livez(RawQuery(query): RawQuery) -> ApiResult<Response> {
    Ok(answer(&well(&LIVE_CHECKS), verbose(query)?))
}

/// One check of liveness.
#[utoipa::path(get, path = "/livez/{check}", tag = "probes",
    params(("check" = String, Path, description = "`process`", example = "process"), ProbeParams),
    responses((status = 200, description = "it holds", body = String, content_type = "text/plain"),
              (status = 404, description = "there is no such check")))]
pub async fn livez_check(Segments(check): Segments<String>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    one(well(&LIVE_CHECKS), &check, verbose(query)?)
}

/// Can it do its work now?
#[utoipa::path(get, path = "/readyz", tag = "probes", params(ReadyParams),
    responses((status = 200, description = "it can", body = String, content_type = "text/plain"),
              (status = 503, description = "it cannot now", body = String, content_type = "text/plain")))]
pub async fn readyz(State(state): State<ApiState>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), vec![VERBOSE, EXCLUDE])?;
    let excluded: Vec<&str> = params.get("exclude").unwrap_or_default().split(',').map(str::trim).collect();
    let mut checks = state.service.readiness().await;
    checks.retain(|(name, _)| !excluded.contains(name));
    Ok(answer(&checks, params.on("verbose").unwrap_or(false)))
}

/// One check of readiness.
#[utoipa::path(get, path = "/readyz/{check}", tag = "probes",
    params(("check" = String, Path, description = "`store-readable`, `store-writing`, `migrations`, `queue-room`, `disk-headroom` or `shutdown`", example = "store-writing"), ProbeParams),
    responses((status = 200, description = "it holds", body = String, content_type = "text/plain"),
              (status = 404, description = "there is no such check"),
              (status = 503, description = "it does not hold", body = String, content_type = "text/plain")))]
pub async fn readyz_check(
    State(state): State<ApiState>,
    Segments(check): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    one(state.service.readiness().await, &check, verbose(query)?)
}

/// Has it started? Until the store is open and migrated, `server::startup` answers here.
#[utoipa::path(get, path = "/startupz", tag = "probes", params(ProbeParams),
    responses((status = 200, description = "it has", body = String, content_type = "text/plain"),
              (status = 503, description = "it has not yet", body = String, content_type = "text/plain")))]
pub async fn startupz(RawQuery(query): RawQuery) -> ApiResult<Response> {
    Ok(answer(&well(&STARTUP_CHECKS), verbose(query)?))
}

/// One check of the start.
#[utoipa::path(get, path = "/startupz/{check}", tag = "probes",
    params(("check" = String, Path, description = "`store-open` or `migrations`", example = "migrations"), ProbeParams),
    responses((status = 200, description = "it holds", body = String, content_type = "text/plain"),
              (status = 404, description = "there is no such check"),
              (status = 503, description = "it does not hold yet", body = String, content_type = "text/plain")))]
pub async fn startupz_check(Segments(check): Segments<String>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    one(well(&STARTUP_CHECKS), &check, verbose(query)?)
}

fn verbose(query: Option<String>) -> ApiResult<bool> {
    Ok(Params::take(query.as_deref(), vec![VERBOSE])?.on("verbose").unwrap_or(false))
}

fn well(names: &[&'static str]) -> Vec<Check> {
    names.iter().map(|name| (*name, Ok(()))).collect()
}

/// The answer of one check alone.
fn one(checks: Vec<Check>, name: &str, verbose: bool) -> ApiResult<Response> {
    let known: Vec<&str> = checks.iter().map(|(name, _)| *name).collect();
    let missing = || Problem::not_found(format!("there is no check `{name}`; there are {}", known.join(", ")));
    let check = checks.iter().find(|(known, _)| *known == name).ok_or_else(missing)?;
    Ok(answer(std::slice::from_ref(check), verbose))
}

/// `ok`, or with `verbose` the list that Kubernetes' own probes print.
pub fn answer(checks: &[Check], verbose: bool) -> Response {
    let good = checks.iter().all(|(_, result)| result.is_ok());
    let status = if good { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let mut text = String::new();
    if verbose {
        for (name, result) in checks {
            match result {
                Ok(()) => text.push_str(&format!("[+]{name} ok\n")),
                Err(reason) => text.push_str(&format!("[-]{name} failed: {reason}\n")),
            }
        }
    }
    text.push_str(if good { "ok\n" } else { "not ok\n" });
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, text).into_response()
}
