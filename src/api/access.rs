//! One log line a request, and what the key metrics are made from: how long answers took, and which failed.
//!
//! Paths are logged, query strings are not: they hold what people search for. Bodies and headers never are. Not here:
//! counters for `/metrics` (`meters`).

use std::time::{Duration, Instant};

use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use super::guard::SERVER_FUNCTIONS;
use super::{now, timing};
use crate::service::Service;

/// What the layer is given.
#[derive(Debug, Clone)]
pub struct Access {
    /// Keeps the key metrics.
    pub service: Service,
    /// From which time on a query is logged as slow.
    pub slow: Duration,
}

/// What a request is, for the key metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// Something is to be found out, and somebody waits for it.
    Question,
    /// Records come in or whole files go out; how long that takes is the client's affair as well.
    Work,
    /// A probe or a scrape: there are many, they are quick, and one that says "not now" has not failed.
    Probe,
}

/// Logs every request, warns of slow queries, and notes what the key metrics need.
pub async fn layer(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let about = About::of(&mut request).await;
    let sort = sort(&method, route.as_deref(), &path);
    let response = next.run(request).await;
    let (status, took) = (response.status(), started.elapsed());
    // A page or a server function asks without saying when it began; then all of it counts.
    let asked = Some(timing::spent()).filter(|spent| !spent.is_zero()).unwrap_or(took);
    let millis = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
    let (latency_ms, query_ms) = (millis(took), millis(asked));
    let question = sort == Sort::Question && !status.is_client_error();
    let (agent_id, swarm_id) = (about.agent_id.as_deref(), about.swarm_id.as_deref());
    // The span has method and path as fields; here they make the line readable.
    let (words, code) = (format!("{method} {path}"), status.as_u16());
    if sort == Sort::Probe && !status.is_server_error() {
        tracing::debug!(status = code, latency_ms, "{words} {code}");
    } else {
        tracing::info!(status = code, latency_ms, agent_id, swarm_id, "{words} {code}");
    }
    if question && asked >= access.slow {
        let expected = access.slow.as_millis();
        tracing::warn!(query_ms, agent_id, swarm_id, "query took {query_ms:.0} ms (expected below {expected} ms)");
    }
    if sort != Sort::Probe {
        access.service.answered(now(), status.is_server_error(), question.then_some(latency_ms));
    }
    response
}

/// Whom a request is about, by its path.
#[derive(Debug, Default)]
struct About {
    agent_id: Option<String>,
    swarm_id: Option<String>,
}

impl About {
    async fn of(request: &mut Request) -> Self {
        let page = request.uri().path().trim_start_matches("/api/v1").split('/').nth(1).map(str::to_owned);
        let Ok(params) = request.extract_parts::<RawPathParams>().await else { return Self::default() };
        let of = |name: &str, list: &str| {
            let named = |key: &str| key == name || (key == "id" && page.as_deref() == Some(list));
            params.iter().find(|(key, _)| named(key)).map(|(_, value)| value.to_owned())
        };
        Self { agent_id: of("agent_id", "agents"), swarm_id: of("swarm_id", "swarms") }
    }
}

fn sort(method: &Method, route: Option<&str>, path: &str) -> Sort {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if matches!(first, "livez" | "readyz" | "startupz" | "metrics") {
        return Sort::Probe;
    }
    let reads = matches!(*method, Method::GET | Method::HEAD) || path.starts_with(SERVER_FUNCTIONS);
    // Files of the site have no route.
    let Some(route) = route.filter(|_| reads) else { return Sort::Work };
    let resource = route.strip_prefix("/api/v1/").and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if matches!(resource, "stream" | "export") { Sort::Work } else { Sort::Question }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_somebody_waits_for_is_a_question() {
        let of = |method: &Method, route: &'static str| sort(method, Some(route), route);
        assert_eq!(of(&Method::GET, "/api/v1/tasks"), Sort::Question);
        assert_eq!(of(&Method::GET, "/"), Sort::Question);
        assert_eq!(of(&Method::POST, "/rpc/load_overview123"), Sort::Question);
        assert_eq!(of(&Method::POST, "/api/v1/ingest"), Sort::Work);
        assert_eq!(of(&Method::GET, "/api/v1/export/{file}"), Sort::Work);
        assert_eq!(of(&Method::GET, "/readyz/{check}"), Sort::Probe);
        assert_eq!(sort(&Method::GET, None, "/pkg/swarmscope.wasm"), Sort::Work);
    }
}
