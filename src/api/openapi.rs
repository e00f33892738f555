//! `GET /api/v1/openapi.json`: the routes, described from the code that declares them.

use std::sync::Arc;

use axum::Extension;
use axum::http::header;
use axum::response::{IntoResponse, Response};

/// The document, rendered once at the start.
#[derive(Debug, Clone)]
pub struct Rendered(pub Arc<str>);

/// OpenAPI 3.1 of every route.
#[utoipa::path(get, path = "/api/v1/openapi.json", tag = "about",
    responses((status = 200, description = "this document", body = serde_json::Value)))]
pub async fn openapi(Extension(Rendered(text)): Extension<Rendered>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text.to_string()).into_response()
}
