//! All routes of the HTTP interface, declared once for axum and for OpenAPI.

use axum::http::Uri;
use axum::{Extension, Router, middleware};
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    ApiProblem, ApiState, accept, agents, aggregate, alerts, channels, docs, document, event_counts, export, flush,
    healing, ingest, insight, lists, maintain, metrics, openapi, patterns, probes, registry, reply, sessions, stream,
    swarm_health, swarms, system, top, trends,
};
use crate::model::{Problem, ProblemKind};

#[derive(utoipa::OpenApi)]
#[openapi(
    components(schemas(super::problem::ProblemBody)),
    info(title = "Swarmscope", description = "A metrics store for swarms of AI agents."),
    tags(
        (name = "records", description = "Records in and out."),
        (name = "insight", description = "Figures over records."),
        (name = "agents", description = "Agents and swarms: who there is, and how they are doing."),
        (name = "sessions", description = "What sessions remember."),
        (name = "alerts", description = "What is the matter, and who is told."),
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
        .routes(routes!(healing::healing))
        .routes(routes!(healing::attempts))
        .routes(routes!(healing::file))
        .routes(routes!(aggregate::aggregate))
        .routes(routes!(insight::summary))
        .routes(routes!(insight::top_agents))
        .routes(routes!(insight::slowest_tasks))
        .routes(routes!(top::top))
        .routes(routes!(patterns::patterns))
        .routes(routes!(patterns::pattern))
        .routes(routes!(trends::trends))
        .routes(routes!(event_counts::event_counts))
        .routes(routes!(agents::agents, registry::register))
        .routes(routes!(agents::agent, registry::update))
        .routes(routes!(swarms::swarms))
        .routes(routes!(swarms::swarm))
        .routes(routes!(swarm_health::health))
        .routes(routes!(sessions::sessions))
        .routes(routes!(sessions::memory))
        .routes(routes!(sessions::value, sessions::remember))
        .routes(routes!(alerts::alerts))
        .routes(routes!(alerts::history))
        .routes(routes!(alerts::dry_run))
        .routes(routes!(alerts::create_rule))
        .routes(routes!(alerts::rule, alerts::edit_rule, alerts::switch_rule, alerts::delete_rule))
        .routes(routes!(alerts::add_silence))
        .routes(routes!(alerts::end_silence))
        .routes(routes!(maintain::store))
        .routes(routes!(maintain::maintenance))
        .routes(routes!(channels::channels))
        .routes(routes!(channels::deliveries))
        .routes(routes!(channels::test))
        .routes(routes!(openapi::openapi))
        .routes(routes!(docs::docs))
        .routes(routes!(docs::style))
        .routes(routes!(system::system))
        .routes(routes!(probes::livez))
        .routes(routes!(probes::livez_check))
        .routes(routes!(probes::readyz))
        .routes(routes!(probes::readyz_check))
        .routes(routes!(probes::startupz))
        .routes(routes!(probes::startupz_check))
        .routes(routes!(metrics::metrics))
}

/// The routes, with the document that describes them among them.
pub fn build(state: ApiState) -> Router {
    let (router, described) = declared().split_for_parts();
    let document = document::complete(serde_json::to_value(&described).unwrap_or_default());
    router
        .method_not_allowed_fallback(wrong_method)
        .layer(Extension(openapi::Rendered(document.to_string().into())))
        .layer(Extension(docs::Described(document.into())))
        .layer(middleware::from_fn(reply::layer))
        .layer(middleware::from_fn(accept::layer))
        .with_state(state)
}

async fn wrong_method(method: axum::http::Method, uri: Uri) -> ApiProblem {
    Problem::new(ProblemKind::MethodNotAllowed, format!("{method} is not answered at {}", uri.path())).into()
}

/// The answer where no route is.
pub async fn no_route(uri: Uri) -> ApiProblem {
    Problem::not_found(format!("there is nothing at {}; /api/v1/openapi.json lists every route", uri.path())).into()
}
