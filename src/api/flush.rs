//! `POST /api/v1/flush`: empties the write buffer now.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::ApiResult;
use super::params::Params;
use crate::service::Service;

/// What was in the buffer.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlushBody {
    /// Records that were handed to the store, and are durable now.
    pub flushed: u64,
}

/// Stores what callers with `ack=buffered` sent; the answer comes after the commit.
#[utoipa::path(post, path = "/api/v1/flush", tag = "records",
    responses(
        (status = 200, description = "everything that waited is durable", body = FlushBody),
        (status = 507, description = "the disk is full"),
    ))]
pub async fn flush(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Json<FlushBody>> {
    Params::read(query.as_deref(), &[])?;
    Ok(Json(FlushBody { flushed: service.flush().await? }))
}
