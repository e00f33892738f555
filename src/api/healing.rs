//! `GET /api/v1/healing`, `/healing/attempts`, `/healing/{file}`: how well failures are healed, attempt by attempt,
//! and as files. `/api/v1/healings` has the records as they were sent; derived attempts are only here.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::healing_body::{HealingAttemptBody, HealingBody};
use super::insight::range_spec;
use super::lists::CURSOR;
use super::parameter::{FROM, Spec, TO, Takes, takes, words};
use super::params::Params;
use super::path::Segments;
use super::problem::chain;
use super::{ApiResult, now, reply, timing};
use crate::model::healing::{HealingQuery, Origins};
use crate::model::{Format, Problem, RecordFilter};
use crate::service::Service;
use crate::service::healing::{FILTERS, resume};

const ORIGINS: &[&str] = words!(Origins);
const ORIGIN: Spec = Spec::new(
    "origin",
    Takes::Word(ORIGINS),
    "`reported`: healing records that were sent; `derived`: attempts found in events; `both` without it.",
    "derived",
);
const ZONE: Spec =
    Spec::new("tz", Takes::Text, "IANA zone in which hours of the day are counted; UTC without it.", "Europe/Berlin");
const LIMIT: Spec = Spec::limit(100, 10_000);

fn specs(more: &[Spec]) -> Vec<Spec> {
    let filters = FILTERS.into_iter().filter_map(Spec::filter);
    [FROM, TO].into_iter().chain(filters).chain([ORIGIN]).chain(more.iter().copied()).collect()
}

takes!(HealingReportParams, specs(&[ZONE]));
takes!(AttemptParams, specs(&[LIMIT, CURSOR]));
takes!(FileParams, specs(&[]));

/// The question of a request.
fn question(params: &Params) -> HealingQuery {
    let mut filter = RecordFilter::default();
    for name in FILTERS {
        if let (Some(value), Some(place)) = (params.get(name), filter.field_mut(name)) {
            *place = Some(value.to_owned());
        }
    }
    HealingQuery {
        range: range_spec(params.get("from"), params.get("to")),
        filter,
        origins: params.get("origin").and_then(Origins::parse).unwrap_or_default(), // checked by `take`
        zone: params.get("tz").unwrap_or_default().to_owned(),
    }
}

/// How well failures are healed: rates with intervals, times, trends, verdicts, failures by hour and agent, and what
/// to do. Figures of reported and of derived attempts stand apart.
#[utoipa::path(get, path = "/api/v1/healing", tag = "insight", params(HealingReportParams),
    responses((status = 200, description = "the figures", body = HealingBody)))]
pub async fn healing(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs(&[ZONE]))?;
    let report = timing::query(service.healing(&question(&params), now())).await?;
    reply::of_range(&params, &HealingBody::from(report))
}

/// One page of attempts.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttemptPage {
    /// The attempts, newest first.
    pub items: Vec<HealingAttemptBody>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// Attempts to heal failures, reported and derived, newest first.
#[utoipa::path(get, path = "/api/v1/healing/attempts", tag = "insight", params(AttemptParams),
    responses((status = 200, description = "one page", body = AttemptPage)))]
pub async fn attempts(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs(&[LIMIT, CURSOR]))?;
    let limit = params.whole("limit").unwrap_or(100);
    let cursor = params.get("cursor");
    let asked = match cursor {
        Some(cursor) => resumed(resume(cursor)?, &params)?,
        None => question(&params),
    };
    let page = timing::query(service.healing_page(&asked, cursor, limit, now())).await?;
    let items = page.items.into_iter().map(Into::into).collect();
    reply::of_range(&params, &AttemptPage { items, next_cursor: page.next })
}

/// The question a cursor was made for; what is sent beside it must say the same.
fn resumed(frozen: HealingQuery, params: &Params) -> Result<HealingQuery, Problem> {
    let sent = question(params);
    for (name, _) in params.iter() {
        let same = match name {
            "from" => frozen.range.from == sent.range.from,
            "to" => frozen.range.to == sent.range.to,
            "origin" => frozen.origins == sent.origins,
            "cursor" | "limit" => true,
            field => {
                let (mut before, mut now) = (frozen.filter.clone(), sent.filter.clone());
                before.field_mut(field) == now.field_mut(field)
            }
        };
        if !same {
            return Err(Problem::bad_request(format!(
                "`{name}` differs from what `cursor` was made for; leave it out, or start again without the cursor"
            )));
        }
    }
    Ok(frozen)
}

/// A file of attempts or strategies, `attempts.csv`, `attempts.json`, `strategies.csv` or `strategies.json`: everything
/// of the range, attempts newest first.
#[utoipa::path(get, path = "/api/v1/healing/{file}", tag = "export",
    params(("file" = String, Path, description = "what, a dot, and the form", example = "attempts.csv"), FileParams),
    responses(
        (status = 200, description = "The file", content((String = "text/csv"), (String = "application/json"))),
        (status = 404, description = "No such file"),
    ))]
pub async fn file(
    State(service): State<Service>,
    Segments(file): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let (what, form) = match file.as_str() {
        "attempts.csv" => ("attempts", Format::Csv),
        "attempts.json" => ("attempts", Format::Json),
        "strategies.csv" => ("strategies", Format::Csv),
        "strategies.json" => ("strategies", Format::Json),
        _ => {
            let known = "attempts.csv, attempts.json, strategies.csv, strategies.json";
            return Err(Problem::not_found(format!("there is no file `{file}`; known: {known}")).into());
        }
    };
    let params = Params::take(query.as_deref(), specs(&[]))?;
    let asked = question(&params);
    let body = if what == "strategies" {
        Body::from(timing::query(service.healing_strategies_file(&asked, form, now())).await?)
    } else {
        let mut pieces = Box::pin(service.healing_attempts_file(asked, form, now()));
        let first = timing::query(pieces.next()).await.transpose()?;
        let rest = stream::iter(first.map(Ok)).chain(pieces).inspect(|piece| {
            if let Err(error) = piece {
                tracing::error!(error = %chain(error), "a file of healings broke off");
            }
        });
        Body::from_stream(rest)
    };
    let media_type = if form == Format::Csv { "text/csv; charset=utf-8; header=present" } else { "application/json" };
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    let name = format!("attachment; filename=\"swarmscope-healing-{file}\"");
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}
