//! `GET /api/v1/top`: what the terminal dashboard shows, for one that runs elsewhere.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, Takes, takes, words};
use super::params::Params;
use super::{ApiResult, now, reply, timing};
use crate::model::top::{Top, TopQuery, TopSort};
use crate::service::Service;

/// What figures can be narrowed by: what tasks and the metrics of swarms share.
const FILTERS: [&str; 2] = ["project", "swarm_id"];

fn specs() -> Vec<Spec> {
    let range = [
        Spec {
            about: "First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`). Without it and `to` the \
                    last hour.",
            ..FROM
        },
        TO,
    ];
    let sort = Spec::new(
        "sort",
        Takes::Word(words!(TopSort)),
        "Which agents come first: `fastest` (also without it) and `busiest`, or `failing`, with the lowest success \
         rate, or those that used most `tokens`.",
        "busiest",
    );
    range.into_iter().chain(FILTERS.into_iter().filter_map(Spec::filter)).chain([sort]).collect()
}

takes!(TopParams, specs());

/// Five sections at one moment: figures of the range, agents, what waits, what is used, the last hour and day.
#[utoipa::path(get, path = "/api/v1/top", tag = "insight", params(TopParams), responses(
    (status = 200, description = "the sections", body = Top)))]
pub async fn top(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs())?;
    let text = |name: &str| params.get(name).map(str::to_owned);
    let query = TopQuery {
        range: match (params.get("from"), params.get("to")) {
            (None, None) => TopQuery::default().range,
            (from, to) => range_spec(from, to),
        },
        project: text("project"),
        swarm_id: text("swarm_id"),
        sort: params.get("sort").map(TopSort::parse).transpose()?.unwrap_or_default(),
    };
    reply::fresh(&timing::query(service.top(&query, now())).await?)
}
