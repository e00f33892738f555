//! The HTTP door: one file per resource; thin, everything is answered by `service`.
//!
//! Handlers are declared once, with `utoipa_axum::routes!`, so that a route cannot be missing in
//! `/api/v1/openapi.json`. Not here: pages (`web`), sockets and signals (`server`).

mod accept;
pub mod access;
pub mod agents;
pub mod aggregate;
mod alert_schema;
pub mod alerts;
pub mod body;
pub mod channels;
pub mod cursor;
pub mod docs;
mod document;
pub mod event_counts;
pub mod export;
pub mod figures;
pub mod flush;
pub mod guard;
pub mod healing;
pub mod healing_body;
pub mod healing_charts;
pub mod ingest;
pub mod insight;
pub mod lists;
pub mod maintain;
pub mod meters;
pub mod metrics;
pub mod openapi;
pub mod parameter;
pub mod params;
pub mod path;
pub mod patterns;
pub mod probes;
pub mod problem;
pub mod record_schema;
pub mod registry;
pub mod reply;
pub mod request_id;
pub mod router;
pub mod sessions;
pub mod steady;
pub mod stream;
pub mod swarm_health;
pub mod swarms;
pub mod system;
pub mod timing;
pub mod top;
pub mod trends;

use axum::extract::FromRef;

use crate::model::Micros;
use crate::service::Service;

pub use meters::Meters;
pub use problem::{ApiProblem, ApiResult};

/// What handlers are given; they extract `State<Service>` or the whole.
#[derive(Debug, Clone)]
pub struct ApiState {
    /// The use cases.
    pub service: Service,
    /// Sizes that end a request.
    pub limits: Limits,
    /// What is counted about requests.
    pub meters: Meters,
}

/// Sizes that end a request, in bytes after decompression.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A JSON body, or an atomic NDJSON body.
    pub json_bytes: u64,
    /// An NDJSON body.
    pub ndjson_bytes: u64,
    /// One NDJSON line.
    pub line_bytes: usize,
}

impl FromRef<ApiState> for Service {
    fn from_ref(state: &ApiState) -> Self {
        state.service.clone()
    }
}

/// The clock, read once a request.
#[must_use]
pub fn now() -> Micros {
    Micros(chrono::Utc::now().timestamp_micros())
}
