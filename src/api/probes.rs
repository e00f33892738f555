//! `/livez`, `/readyz`, `/startupz`: machines read the status, people add `?verbose`.

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::parameter::{Spec, Takes, takes};
use super::params::Params;
use super::{ApiResult, ApiState};

const VERBOSE: Spec = Spec::new("verbose", Takes::Switch, "List the checks.", "true");

takes!(ProbeParams, [VERBOSE]);

/// Does the process answer? Never asks the store: a restart heals no disk.
#[utoipa::path(get, path = "/livez", tag = "probes", params(ProbeParams),
    responses((status = 200, description = "it answers", body = String, content_type = "text/plain")))]
pub async fn livez(RawQuery(query): RawQuery) -> ApiResult<Response> {
    let verbose = read(query)?;
    Ok(answer(&[("process", Ok(()))], verbose))
}

/// Can it do its work now?
#[utoipa::path(get, path = "/readyz", tag = "probes", params(ProbeParams),
    responses((status = 200, description = "it can", body = String, content_type = "text/plain"),
              (status = 503, description = "it cannot now", body = String, content_type = "text/plain")))]
pub async fn readyz(State(state): State<ApiState>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let verbose = read(query)?;
    Ok(answer(&state.service.readiness().await, verbose))
}

/// Has it started? The store is open and migrated before the socket listens, so an answer is a yes.
#[utoipa::path(get, path = "/startupz", tag = "probes", params(ProbeParams),
    responses((status = 200, description = "it has", body = String, content_type = "text/plain")))]
pub async fn startupz(RawQuery(query): RawQuery) -> ApiResult<Response> {
    let verbose = read(query)?;
    Ok(answer(&[("store-open", Ok(())), ("migrations", Ok(()))], verbose))
}

fn read(query: Option<String>) -> ApiResult<bool> {
    Ok(Params::take(query.as_deref(), vec![VERBOSE])?.on("verbose").unwrap_or(false))
}

/// `ok`, or with `verbose` the list that Kubernetes' own probes print.
fn answer(checks: &[(&'static str, Result<(), String>)], verbose: bool) -> Response {
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
