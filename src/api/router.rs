//! All routes of the HTTP interface, declared once for axum and for OpenAPI.

use axum::http::Uri;
use axum::{Extension, Router};
use utoipa::OpenApi as _;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    ApiProblem, ApiState, aggregate, export, flush, ingest, insight, lists, maintain, metrics, openapi, probes, stream,
};
use crate::model::{Problem, ProblemKind};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "Swarmscope", description = "A metrics store for swarms of AI agents."),
    tags(
        (name = "records", description = "Records in and out."),
        (name = "insight", description = "Figures over records."),
        (name = "export", description = "Whole datasets as files."),
        (name = "store", description = "What is held, and what keeps it so."),
        (name = "probes", description = "Is it well?"),
        (name = "about", description = "This interface."),
    )
)]
struct Document;

/// The routes with their description. One line a resource.
fn declared() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(ingest::ingest))
        .routes(routes!(flush::flush))
        .routes(routes!(export::export))
        .routes(routes!(lists::tasks))
        .routes(routes!(lists::agent_metrics))
        .routes(routes!(lists::swarm_metrics))
        .routes(routes!(lists::events))
        .routes(routes!(lists::healings))
        .routes(routes!(stream::stream))
        .routes(routes!(aggregate::aggregate))
        .routes(routes!(insight::summary))
        .routes(routes!(insight::top_agents))
        .routes(routes!(insight::slowest_tasks))
        .routes(routes!(maintain::store))
        .routes(routes!(maintain::maintenance))
        .routes(routes!(openapi::openapi))
        .routes(routes!(probes::livez))
        .routes(routes!(probes::readyz))
        .routes(routes!(probes::startupz))
        .routes(routes!(metrics::metrics))
}

/// The routes, and the document that describes them.
pub fn build(state: ApiState) -> (Router, OpenApi) {
    let (router, document) = declared().split_for_parts();
    let rendered = openapi::Rendered(document.to_json().unwrap_or_default().into());
    let router = router.method_not_allowed_fallback(wrong_method).layer(Extension(rendered)).with_state(state);
    (router, document)
}

async fn wrong_method(method: axum::http::Method, uri: Uri) -> ApiProblem {
    Problem::new(ProblemKind::MethodNotAllowed, format!("{method} is not answered at {}", uri.path())).into()
}

/// The answer where no route is.
pub async fn no_route(uri: Uri) -> ApiProblem {
    Problem::not_found(format!("there is nothing at {}; /api/v1/openapi.json lists every route", uri.path())).into()
}
