//! What the HTTP door counts about itself while the process lives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::guard::SERVER_FUNCTIONS;
use crate::wire::exposition::Histogram;

/// Bounds for the time of a query, in seconds.
const BOUNDS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Counters of this process. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Meters {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    started: SystemTime,
    errors: AtomicU64,
    queries: Mutex<BTreeMap<String, Histogram>>,
    requests: Mutex<BTreeMap<Call, Histogram>>,
}

/// Requests that are counted together. There are few kinds: a route is one of ours, never what a client wrote.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The route as it is declared, or `(none)`.
    pub route: String,
    /// The method in capitals, or `(other)`.
    pub method: &'static str,
    /// `2xx` and so on.
    pub status: &'static str,
}

impl Call {
    fn new(route: Option<String>, method: &Method, status: StatusCode) -> Self {
        let known =
            [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
        let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
        let method = known.iter().position(|known| known == method).map_or("(other)", |at| names[at]);
        let status = match status.as_u16() {
            100..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            _ => "5xx",
        };
        Self { route: route.unwrap_or_else(|| "(none)".to_owned()), method, status }
    }
}

impl Meters {
    /// Counters at 0.
    #[must_use]
    pub fn new(started: SystemTime) -> Self {
        let shared =
            Shared { started, errors: AtomicU64::new(0), queries: Mutex::default(), requests: Mutex::default() };
        Self { shared: Arc::new(shared) }
    }

    /// When the process started.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.shared.started
    }

    /// Answers that failed by our own fault.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.shared.errors.load(Ordering::Relaxed)
    }

    /// Times of queries by type.
    #[must_use]
    pub fn queries(&self) -> BTreeMap<String, Histogram> {
        self.shared.queries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Times of requests, to the head of the answer, by kind.
    #[must_use]
    pub fn requests(&self) -> BTreeMap<Call, Histogram> {
        self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn answered(&self, call: Call, time: Duration) {
        let mut requests = self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner);
        requests.entry(call).or_insert_with(|| Histogram::new(BOUNDS)).observe(time.as_secs_f64());
    }

    fn observe(&self, query_type: String, time: Duration) {
        let mut queries = self.shared.queries.lock().unwrap_or_else(PoisonError::into_inner);
        queries.entry(query_type).or_insert_with(|| Histogram::new(BOUNDS)).observe(time.as_secs_f64());
    }
}

/// Times requests and queries, and counts failures.
pub async fn layer(State(meters): State<Meters>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    // What changes something is no query; server functions are asked by POST and only read.
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD) || path.starts_with(SERVER_FUNCTIONS);
    let query_type = route.as_deref().filter(|_| reads).and_then(|route| query_type(route, path));
    // A probe that says "not now" is an answer, not a failure.
    let probe = route
        .as_deref()
        .is_some_and(|route| ["/livez", "/readyz", "/startupz"].iter().any(|probe| route.starts_with(probe)));
    let method = request.method().clone();
    let response = next.run(request).await;
    let time = started.elapsed();
    if response.status().is_server_error() && !probe {
        meters.shared.errors.fetch_add(1, Ordering::Relaxed);
    }
    if let Some(query_type) = query_type.filter(|_| !response.status().is_client_error()) {
        meters.observe(query_type, time);
    }
    meters.answered(Call::new(route, &method, response.status()), time);
    response
}

/// What kind of query a request is: `tasks`, `export`, `overview`; `None` for what is no query. Named
/// after routes, never after what a client wrote, so that there are few of them.
fn query_type(route: &str, path: &str) -> Option<String> {
    if let Some(function) = path.strip_prefix(SERVER_FUNCTIONS).and_then(|rest| rest.strip_prefix('/')) {
        // Leptos puts a hash of digits behind a server function's name.
        let name = function.trim_end_matches(|c: char| c.is_ascii_digit());
        return Some(name.strip_prefix("load_").unwrap_or(name).replace('-', "_"));
    }
    let resource = route.strip_prefix("/api/v1/")?.split('/').next()?;
    (!matches!(resource, "ingest" | "flush" | "maintenance" | "openapi.json" | "stream"))
        .then(|| resource.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_named_after_routes() {
        let of = |route: &str, path: &str| query_type(route, path);
        assert_eq!(of("/api/v1/agent-metrics", "/api/v1/agent-metrics").as_deref(), Some("agent_metrics"));
        assert_eq!(of("/api/v1/export/{file}", "/api/v1/export/tasks.csv").as_deref(), Some("export"));
        assert_eq!(of("/rpc/{*call}", "/rpc/load_overview1234567").as_deref(), Some("overview"));
        assert_eq!(of("/api/v1/ingest", "/api/v1/ingest"), None);
        assert_eq!(of("/", "/"), None);
    }
}
