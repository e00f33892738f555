//! `/api/v1/alerts…`: what is the matter, what was, which rules there are, and silences.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, Takes, takes, words};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, body, now, reply, timing};
use crate::model::Problem;
use crate::model::alert::{
    AlertChange, AlertHistoryQuery, AlertState, AlertsPage, DryRun, DryRunQuery, RuleSpec, RuleStatus, Silence,
    SilenceSpec,
};
use crate::service::Service;

fn history_specs() -> Vec<Spec> {
    let more = [
        Spec::new("rule", Takes::Text, "Only of this rule.", "low_success_rate"),
        Spec::new("state", Takes::Word(words!(AlertState)), "Only where an alert went to this state.", "firing"),
        Spec::limit(AlertHistoryQuery::LIMIT_DEFAULT, AlertHistoryQuery::LIMIT_MAX),
        Spec::new("cursor", Takes::Like("^[0-9]{1,18}$"), "`next_cursor` of the page before.", "1000"),
    ];
    [FROM, TO].into_iter().chain(more).collect()
}

takes!(HistoryParams, history_specs());

/// What became of alerts, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct AlertHistoryBody {
    /// One page.
    pub items: Vec<AlertChange>,
    /// Send it as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

/// Whether a rule is looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleSwitch {
    /// Whether it is.
    pub enabled: bool,
}

/// What became of a rule that was deleted.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeletedRule {
    /// The rule of the configuration or the documents that holds again; null when there is none of the name.
    pub restored: Option<RuleStatus>,
}

/// Firing, pending and lately resolved alerts, the rules with what they say, and the silences.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts",
    responses((status = 200, description = "everything there is to see now", body = AlertsPage)))]
pub async fn alerts(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&timing::query(service.alerts(now())).await?)
}

/// Every step of every alert, with the figures at the time; the newest 10 000 are kept.
#[utoipa::path(get, path = "/api/v1/alerts/history", tag = "alerts", operation_id = "alert_history",
    params(HistoryParams), responses((status = 200, description = "one page", body = AlertHistoryBody)))]
pub async fn history(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), history_specs())?;
    let before = params.get("cursor").map(|cursor| {
        let unreadable = |_| Problem::bad_request(format!("`cursor={cursor}`: send `next_cursor` of the page before"));
        cursor.parse::<i64>().map_err(unreadable)
    });
    let query = AlertHistoryQuery {
        range: Some(range_spec(params.get("from"), params.get("to"))),
        rule: params.get("rule").map(str::to_owned),
        to: params.get("state").and_then(AlertState::parse),
        before: before.transpose()?,
        limit: params.whole("limit"),
    };
    let history = timing::query(service.alert_history(&query, now())).await?;
    let body = AlertHistoryBody { items: history.changes, next_cursor: history.next.map(|next| next.to_string()) };
    reply::of_range(&params, &body)
}

/// What a rule would have done: the same looks as the server's, over history.
#[utoipa::path(post, path = "/api/v1/alerts/dry-run", tag = "alerts", operation_id = "dry_run",
    request_body(content = DryRunQuery, content_type = "application/json",
        example = json!({"rule": {"name": "slow_tasks", "kind": "aggregate", "function": "p95", "field": "duration_ms", "above": 30000, "for": "1m"}, "from": "now-6h"})),
    responses((status = 200, description = "how often it would have fired, and when", body = DryRun),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json")))]
pub async fn dry_run(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let asked: DryRunQuery = sent(&headers, body).await?;
    reply::fresh(&timing::query(service.dry_run(asked, now())).await?)
}

/// Makes a rule.
#[utoipa::path(post, path = "/api/v1/alerts/rules", tag = "alerts", operation_id = "create_alert_rule",
    request_body(content = RuleSpec, content_type = "application/json",
        example = json!({"name": "slow_tasks", "kind": "aggregate", "severity": "warning", "for": "1m", "window": "10m", "function": "p95", "field": "duration_ms", "above": 30000, "clear": 20000})),
    responses((status = 201, description = "it is watched", body = RuleStatus),
        (status = 409, description = "there is a rule of this name, or there are too many"),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn create_rule(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let spec: RuleSpec = sent(&headers, body).await?;
    created(&timing::query(service.create_alert_rule(spec, now())).await?)
}

/// One rule, and what it says.
#[utoipa::path(get, path = "/api/v1/alerts/rules/{name}", tag = "alerts", operation_id = "alert_rule",
    params(("name" = String, Path, description = "the rule", min_length = 1, example = "low_success_rate")),
    responses((status = 200, description = "the rule", body = RuleStatus),
        (status = 404, description = "there is no such rule")))]
pub async fn rule(
    State(service): State<Service>,
    Segments(name): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&timing::query(service.alert_rule(&name, now())).await?)
}

/// Edits a rule, wherever it comes from; its name stays.
#[utoipa::path(put, path = "/api/v1/alerts/rules/{name}", tag = "alerts", operation_id = "edit_alert_rule",
    params(("name" = String, Path, description = "the rule", min_length = 1, example = "high_backlog")),
    request_body(content = RuleSpec, content_type = "application/json",
        example = json!({"name": "high_backlog", "kind": "latest", "metric": "queue_depth", "above": 80, "severity": "critical"})),
    responses((status = 200, description = "the rule as it is now", body = RuleStatus),
        (status = 404, description = "there is no such rule"),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn edit_rule(
    State(service): State<Service>,
    Segments(name): Segments<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let spec: RuleSpec = sent(&headers, body).await?;
    reply::fresh(&timing::query(service.edit_alert_rule(&name, spec, now())).await?)
}

/// Switches a rule on or off.
#[utoipa::path(patch, path = "/api/v1/alerts/rules/{name}", tag = "alerts", operation_id = "switch_alert_rule",
    params(("name" = String, Path, description = "the rule", min_length = 1, example = "high_latency")),
    request_body(content = RuleSwitch, content_type = "application/json", example = json!({"enabled": false})),
    responses((status = 200, description = "the rule as it is now", body = RuleStatus),
        (status = 404, description = "there is no such rule"),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn switch_rule(
    State(service): State<Service>,
    Segments(name): Segments<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let RuleSwitch { enabled } = sent(&headers, body).await?;
    reply::fresh(&timing::query(service.enable_alert_rule(&name, enabled, now())).await?)
}

/// Deletes a rule that was made here; of another, takes back what was edited.
#[utoipa::path(delete, path = "/api/v1/alerts/rules/{name}", tag = "alerts", operation_id = "delete_alert_rule",
    params(("name" = String, Path, description = "the rule", min_length = 1, example = "old_rule")),
    responses((status = 200, description = "it is gone", body = DeletedRule),
        (status = 404, description = "there is no such rule"),
        (status = 409, description = "it is not from here, and was not edited"),
        (status = 507, description = "the disk is full")))]
pub async fn delete_rule(
    State(service): State<Service>,
    Segments(name): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let restored = timing::query(service.delete_alert_rule(&name, now())).await?;
    reply::fresh(&DeletedRule { restored })
}

/// Keeps alerts quiet for a while. They are watched and shown all the same.
#[utoipa::path(post, path = "/api/v1/alerts/silences", tag = "alerts", operation_id = "add_silence",
    request_body(content = SilenceSpec, content_type = "application/json",
        example = json!({"matchers": {"alertname": "high_backlog", "swarm_id": "swarm-1"}, "for": "2h", "comment": "a large import"})),
    responses((status = 201, description = "it holds", body = Silence),
        (status = 413, description = "the body has more than 1 MiB"),
        (status = 415, description = "the body is not application/json"),
        (status = 507, description = "the disk is full")))]
pub async fn add_silence(
    State(service): State<Service>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let spec: SilenceSpec = sent(&headers, body).await?;
    created(&timing::query(service.add_silence(spec, now())).await?)
}

/// Ends a silence now; nothing happens to one that ended before.
#[utoipa::path(delete, path = "/api/v1/alerts/silences/{id}", tag = "alerts", operation_id = "end_silence",
    params(("id" = i64, Path, description = "the silence", minimum = 1, maximum = 9007199254740991_i64, example = 1)),
    responses((status = 200, description = "the silence, which ended", body = Silence),
        (status = 404, description = "there is no such silence"),
        (status = 507, description = "the disk is full")))]
pub async fn end_silence(
    State(service): State<Service>,
    Segments(id): Segments<i64>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&timing::query(service.end_silence(id, now())).await?)
}

/// What a body says, refused by the words of its reader.
async fn sent<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> ApiResult<T> {
    let bytes = body::json(headers, body).await?;
    Ok(serde_json::from_slice(&bytes).map_err(|error| Problem::bad_request(format!("the body: {error}")))?)
}

fn created(body: &impl Serialize) -> ApiResult<Response> {
    let mut response = reply::fresh(body)?;
    *response.status_mut() = StatusCode::CREATED;
    Ok(response)
}
