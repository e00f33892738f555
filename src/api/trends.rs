//! `GET /api/v1/trends`: what gets better or worse, with what it was judged by and a link to its records.

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::figures::Time;
use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, Takes, takes, words};
use super::params::Params;
use super::{ApiResult, reply, timing};
use crate::model::RecordFilter;
use crate::model::trend::{Better, Lacking, Trend, TrendAnswer, TrendPer, TrendQuery, TrendSource, Verdict};
use crate::service::{Service, ServiceError};
use crate::wire;

/// What records can be narrowed by; which of these, the source decides.
const FILTERS: [&str; 4] = ["agent_id", "swarm_id", "project", "model"];

fn specs() -> Vec<Spec> {
    let own = [
        Spec::new("source", Takes::Word(words!(TrendSource)), "Of which records; `tasks` without it.", "tasks"),
        Spec::new(
            "metric",
            Takes::Text,
            "Only this metric: of tasks duration_ms, tokens_used or success_rate, else a metric type; all without it.",
            "duration_ms",
        ),
        Spec::new(
            "group_by",
            Takes::Word(words!(TrendPer)),
            "A trend of all records together (`fleet`, also without it), or of each agent or swarm: the 1 000 heard \
             of last.",
            "agent_id",
        ),
        Spec::new("verdict", Takes::Word(words!(Verdict)), "Only trends with this verdict.", "degrading"),
        Spec {
            about: "First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`). Without it and `to` the \
                    newest 500 records are looked at, with one of them the newest 100 000 of the range.",
            ..FROM
        },
        TO,
        Spec::limit(TrendQuery::LIMIT_DEFAULT, TrendQuery::LIMIT_MAX),
        Spec::new("format", Takes::Word(&["json", "csv"]), "`csv`: a row for each trend.", "json"),
    ];
    own.into_iter().chain(FILTERS.into_iter().filter_map(Spec::filter)).collect()
}

takes!(TrendsParams, specs());

/// Trends. The rule: the mean of the last 5 moving averages of 10 samples against the mean of those before; over 5 %
/// apart is a change, exactly 5 % is stable; below 15 samples, or where it was 0 before, nothing is said.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendsBody {
    /// First instant of the range; null = the newest records, whenever they are from.
    #[schema(format = DateTime)]
    pub from: Option<String>,
    /// First instant after it.
    #[schema(format = DateTime)]
    pub to: Option<String>,
    /// Most records that are looked at for each trend, the newest.
    pub records_max: u32,
    /// How many trends there are.
    pub total: u64,
    /// How many agents or swarms were looked at.
    pub subjects: u64,
    /// Whether there are more of them, or of their metric types, than are looked at.
    pub truncated: bool,
    /// The trends: of agents or swarms the worst verdict first, of one verdict those that rose or fell steadily, then
    /// by change.
    pub items: Vec<TrendBody>,
}

/// One metric of one agent, one swarm, or all.
#[derive(Debug, Serialize, ToSchema)]
pub struct TrendBody {
    /// Of which records.
    pub source: TrendSource,
    /// Whose; null = not of one agent.
    pub agent_id: Option<String>,
    /// Whose; null = not of one swarm.
    pub swarm_id: Option<String>,
    /// What else the records were narrowed by.
    pub project: Option<String>,
    /// The same.
    pub model: Option<String>,
    /// The metric.
    pub metric: String,
    /// Its good direction; null = nobody said, so it rises or falls.
    pub better: Option<Better>,
    /// What became of it.
    pub verdict: Verdict,
    /// Why nothing can be said.
    pub lacking: Option<Lacking>,
    /// Records that carry the number.
    pub n: u64,
    /// Records that do not, and were left out.
    pub missing: u64,
    /// Successes among the `n`; of the success rate of tasks.
    pub successes: Option<u64>,
    /// Mean of the last 5 moving averages.
    pub recent: Option<f64>,
    /// Mean of the moving averages before.
    pub earlier: Option<f64>,
    /// From `earlier` to `recent` in percent of the size of `earlier`; positive = it grew.
    pub change_percent: Option<f64>,
    /// Of the Mann–Kendall test over all samples, two-sided.
    #[schema(minimum = 0, maximum = 1)]
    pub p_value: Option<f64>,
    /// Time of the first sample.
    pub first: Option<Time>,
    /// Time of the first sample that `recent` looks at.
    pub recent_from: Option<Time>,
    /// Time of the last sample.
    pub last: Option<Time>,
    /// Whether the range holds older records that were not looked at.
    pub truncated: bool,
    /// Where the records are that it was made from.
    pub records: Option<String>,
    /// Where those are that `recent` looks at.
    pub recent_records: Option<String>,
    /// The moving average, thinned, oldest first.
    pub curve: Vec<f64>,
}

impl From<TrendAnswer> for TrendsBody {
    fn from(answer: TrendAnswer) -> Self {
        Self {
            from: answer.range.map(|range| range.from.to_rfc3339()),
            to: answer.range.map(|range| range.until.to_rfc3339()),
            records_max: if answer.range.is_some() { Trend::RECORDS_MAX } else { Trend::RECORDS_DEFAULT },
            total: answer.total,
            subjects: answer.subjects,
            truncated: answer.subjects_truncated || answer.metrics_truncated,
            items: answer.trends.into_iter().map(TrendBody::from).collect(),
        }
    }
}

impl From<Trend> for TrendBody {
    fn from(trend: Trend) -> Self {
        let (records, recent_records) = (link(&trend, false), link(&trend, true));
        let figures = trend.figures;
        Self {
            source: trend.source,
            agent_id: trend.agent_id,
            swarm_id: trend.swarm_id,
            project: trend.project,
            model: trend.model,
            metric: trend.metric,
            better: trend.better,
            verdict: trend.verdict,
            lacking: trend.lacking,
            n: figures.n,
            missing: figures.missing,
            successes: trend.successes,
            recent: figures.recent,
            earlier: figures.earlier,
            change_percent: figures.change_percent,
            p_value: figures.p_value,
            first: figures.first.map(Time),
            recent_from: figures.recent_from.map(Time),
            last: figures.last.map(Time),
            truncated: trend.truncated,
            records,
            recent_records,
            curve: figures.curve,
        }
    }
}

/// The list of the records, oldest first.
fn link(trend: &Trend, recent: bool) -> Option<String> {
    let (dataset, filter, range) = trend.records(recent)?;
    let encoded = |text: &str| -> String { form_urlencoded(text) };
    let filters: String = filter.asked().map(|(field, value)| format!("&{field}={}", encoded(value))).collect();
    let (from, to) = (range.from.to_rfc3339(), range.until.to_rfc3339());
    Some(format!("/api/v1/{}?from={from}&to={to}&order=asc&limit=10000{filters}", dataset.as_str()))
}

/// Percent-encoding of everything but letters, digits and `-._~`.
fn form_urlencoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// What gets better or worse: duration, tokens and success of tasks, or any metric series.
#[utoipa::path(get, path = "/api/v1/trends", tag = "insight", params(TrendsParams), responses(
    (status = 200, description = "trends", content((TrendsBody = "application/json"), (String = "text/csv")))))]
pub async fn trends(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs())?;
    let answer = timing::query(service.trends(&question(&params), super::now())).await?;
    if params.get("format") == Some("csv") {
        let csv = wire::trends::csv(&answer.trends).map_err(ServiceError::from)?;
        let keeps = reply::is_absolute(params.get("from"), params.get("to"));
        return Ok(reply::bytes("text/csv; charset=utf-8; header=present", csv, keeps));
    }
    reply::of_range(&params, &TrendsBody::from(answer))
}

fn question(params: &Params) -> TrendQuery {
    let (from, to) = (params.get("from"), params.get("to"));
    let mut filter = RecordFilter::default();
    for (name, value) in params.iter().filter(|(name, _)| FILTERS.contains(name)) {
        if let Some(place) = filter.field_mut(name) {
            *place = Some(value.to_owned());
        }
    }
    TrendQuery {
        source: params.get("source").and_then(TrendSource::parse).unwrap_or_default(),
        metric: params.get("metric").map(str::to_owned),
        range: (from.is_some() || to.is_some()).then(|| range_spec(from, to)),
        filter,
        per: params.get("group_by").and_then(TrendPer::parse).unwrap_or_default(),
        verdict: params.get("verdict").and_then(Verdict::parse),
        limit: params.whole("limit"),
    }
}
