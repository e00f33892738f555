//! `GET /api/v1/openapi.json`: the routes, described from the code that declares them.

use std::sync::Arc;

use axum::Extension;
use axum::extract::RawQuery;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::ApiResult;
use super::params::Params;

/// The document, rendered once at the start.
#[derive(Debug, Clone)]
pub struct Rendered(pub Arc<str>);

/// OpenAPI 3.1 of every route.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about",
    responses((status = 200, description = "this document", body = serde_json::Value)))]
pub async fn openapi(Extension(Rendered(text)): Extension<Rendered>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, text.to_string()).into_response())
}
