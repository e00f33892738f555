//! `GET /api/v1/event-counts`: how many events of which type there were, as a whole or over time.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::aggregate::{AggregateBody, BUCKET, body};
use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, takes};
use super::params::Params;
use super::{ApiResult, now, reply, timing};
use crate::model::RecordFilter;
use crate::model::aggregate::{AggregateQuery, Bucket, Source};
use crate::service::Service;

/// Types when no limit is asked for.
const LIMIT: Spec = Spec::limit(20, AggregateQuery::LIMIT_MAX);

fn filters() -> Vec<Spec> {
    Source::Events.filters().filter_map(Spec::filter).collect()
}

fn specs() -> Vec<Spec> {
    [FROM, TO, BUCKET, LIMIT].into_iter().chain(filters()).collect()
}

takes!(EventCountParams, specs());

/// Events by type, most frequent first; a series a type.
#[utoipa::path(get, path = "/api/v1/event-counts", tag = "insight", params(EventCountParams), responses(
    (status = 200, description = "counts in columns", body = AggregateBody)))]
pub async fn event_counts(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs())?;
    let mut filter = RecordFilter::default();
    for spec in filters() {
        if let (Some(place), Some(word)) = (filter.field_mut(spec.name), params.get(spec.name)) {
            *place = Some(word.to_owned());
        }
    }
    let bucket = params.get("bucket").map(Bucket::parse).transpose()?;
    let range = range_spec(params.get("from"), params.get("to"));
    let limit = params.whole("limit").unwrap_or_default();
    let counts = timing::query(service.event_counts(&filter, &range, bucket, limit, now())).await?;
    reply::of_range(&params, &body(Source::Events, None, counts))
}
