//! `GET /api/v1/aggregate`: any function of any number, grouped and bucketed.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::Response;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::ApiResult;
use super::insight::{fresh, range_spec};
use super::params::Params;
use super::problem::ProblemBody;
use crate::model::aggregate::{
    AggregateAnswer, AggregateColumn, AggregateQuery, AggregateSeries, Bucket, Field, Function, GroupBy, OrderBy,
    Source,
};
use crate::model::{Problem, RecordFilter};
use crate::service::{Service, ServiceError};
use crate::wire::figures;

/// Parameters beside the filters.
const PLAIN: [&str; 11] =
    ["source", "field", "fn", "from", "to", "group_by", "bucket", "tz", "order_by", "limit", "format"];

/// What can be asked.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes parameters; they are read by `Params`, which refuses unknown ones")]
struct Asked {
    /// tasks (default), agent-metrics, swarm-metrics, events or healings.
    source: Option<String>,
    /// The number: duration_ms, tokens_used, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write,
    /// tokens_reasoning, files_changed or cost_usd of tasks, value of metrics, duration_ms of healings.
    field: Option<String>,
    /// A comma list of avg sum count (default) min max stddev stddev_samp p0…p100 (p99.9) rate (a second)
    /// success_rate.
    #[param(rename = "fn")]
    functions: Option<String>,
    /// First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`); everything without it.
    from: Option<String>,
    /// First instant after the range.
    to: Option<String>,
    /// Up to two words, comma-separated: agent_id, swarm_id, project, model or result of tasks; what the filters
    /// below name of the others.
    group_by: Option<String>,
    /// 1m 2m 5m 10m 15m 30m 1h 2h 3h 4h 6h 8h 12h or 1d; at most 5 000 buckets. The range as a whole without it.
    bucket: Option<String>,
    /// An IANA zone whose midnight and hours the buckets start at; UTC without it.
    tz: Option<String>,
    /// A function asked for, over the whole range, or a word grouped by; `-` before it for descending.
    order_by: Option<String>,
    /// At most so many groups, 1 to 1 000; default 100.
    limit: Option<u32>,
    /// `json` (default), or `csv`: a row for each bucket of each group.
    format: Option<String>,
    /// Only this agent.
    agent_id: Option<String>,
    /// Only this swarm.
    swarm_id: Option<String>,
    /// Only this project.
    project: Option<String>,
    /// Only this model.
    model: Option<String>,
    /// Only tasks with this result; `none` = without one.
    result: Option<String>,
    /// Only this metric type.
    metric_type: Option<String>,
    /// Only this event type.
    event_type: Option<String>,
    /// Only events of this kind of agent.
    agent_type: Option<String>,
    /// Only this healing strategy.
    strategy: Option<String>,
    /// Only this kind of failure.
    failure_type: Option<String>,
    /// Only healings that succeeded, or did not: true or false.
    success: Option<String>,
}

/// Figures in columns; null = no data.
#[derive(Debug, Serialize, ToSchema)]
pub struct AggregateBody {
    /// First instant of the range.
    pub from: String,
    /// First instant after it.
    pub to: String,
    /// Of which records.
    pub source: &'static str,
    /// Of which of their numbers.
    pub field: Option<&'static str>,
    /// The steps that were really used; null = the range as a whole.
    pub bucket: Option<String>,
    /// The zone that was really used.
    pub zone: String,
    /// The coarsest rows that answered: `raw`, `1m`, `1h` or `1d`.
    pub tier: Option<&'static str>,
    /// Whether the range starts inside the first bucket.
    pub partial_first: bool,
    /// Whether the last bucket is still being filled, or the range ends inside it.
    pub partial_last: bool,
    /// Whether groups were left out.
    pub truncated: bool,
    /// How many groups there are.
    pub group_count: u64,
    /// Where the answer is not quite what was asked for, and why.
    pub note: Option<String>,
    /// Starts of the buckets, epoch milliseconds; none is left out.
    pub time: Vec<i64>,
    /// The end of the last bucket, epoch milliseconds.
    pub end: i64,
    /// One series a group.
    pub series: Vec<SeriesBody>,
}

/// The figures of one group.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesBody {
    /// Its words by name; null = the records have none.
    pub group: BTreeMap<&'static str, Option<String>>,
    /// How many records it has in the range.
    pub records: u64,
    /// One column a function.
    pub columns: Vec<ColumnBody>,
}

/// One function of one group.
#[derive(Debug, Serialize, ToSchema)]
pub struct ColumnBody {
    /// The function.
    #[serde(rename = "fn")]
    pub function: String,
    /// The function of the whole range.
    pub total: Option<f64>,
    /// How many values `total` stands on; the denominator of a success rate.
    pub n: u64,
    /// How percentiles were computed: `exact` or `ddsketch(0.01)`; null for other functions, which are exact.
    pub estimator: Option<&'static str>,
    /// A value for each bucket.
    pub values: Vec<Option<f64>>,
    /// How many values each stands on; the denominators of a success rate.
    pub samples: Vec<u64>,
    /// The numerators of a success rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successes: Option<Vec<u64>>,
}

/// Figures over records: any function of any number, grouped and bucketed.
#[utoipa::path(get, path = "/api/v1/aggregate", tag = "insight", params(Asked), responses(
    (status = 200, description = "figures in columns", content((AggregateBody = "application/json"), (String = "text/csv"))),
    (status = 400, description = "an unknown parameter, an unreadable value, or too many buckets", body = ProblemBody,
        content_type = "application/problem+json")))]
pub async fn aggregate(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let known: Vec<&str> = PLAIN.into_iter().chain(GroupBy::ALL.into_iter().map(GroupBy::as_str)).collect();
    let params = Params::read(query.as_deref(), &known)?;
    let query = question(&params)?;
    let as_csv = match params.get("format") {
        None | Some("json") => false,
        Some("csv") => true,
        Some(other) => return Err(Problem::bad_request(format!("`format={other}`: write json or csv")).into()),
    };
    let answer = service.aggregate(&query, super::now()).await?;
    if as_csv {
        let csv = figures::csv(&query, &answer).map_err(ServiceError::from)?;
        return Ok(fresh(([(header::CONTENT_TYPE, "text/csv; charset=utf-8; header=present")], csv)));
    }
    Ok(fresh(Json(body(&query, answer))))
}

fn question(params: &Params) -> Result<AggregateQuery, Problem> {
    let words = |name| params.get(name).into_iter().flat_map(|list| list.split(',')).map(str::trim);
    let mut functions = words("fn").map(Function::parse).collect::<Result<Vec<_>, _>>()?;
    if params.get("fn").is_none() {
        functions.push(Function::Count);
    }
    let mut filter = RecordFilter::default();
    for (name, value) in params.iter().filter(|(name, _)| !PLAIN.contains(name)) {
        if let Some(place) = filter.field_mut(name) {
            *place = Some(value.to_owned());
        }
    }
    let limit = params.number("limit", AggregateQuery::LIMIT_DEFAULT, 1, AggregateQuery::LIMIT_MAX)?;
    Ok(AggregateQuery {
        source: params.get("source").map(Source::parse).transpose()?.unwrap_or_default(),
        field: params.get("field").map(Field::parse).transpose()?,
        functions,
        range: range_spec(params.get("from"), params.get("to")),
        filter,
        group_by: words("group_by").map(GroupBy::parse).collect::<Result<_, _>>()?,
        bucket: params.get("bucket").map(Bucket::parse).transpose()?,
        tz: params.get("tz").map(str::to_owned),
        order_by: params.get("order_by").map(OrderBy::parse).transpose()?,
        limit: Some(limit),
    })
}

fn body(query: &AggregateQuery, answer: AggregateAnswer) -> AggregateBody {
    let series = answer.series.into_iter().map(|series| series_body(&answer.group_by, series)).collect();
    AggregateBody {
        from: answer.range.from.to_rfc3339(),
        to: answer.range.until.to_rfc3339(),
        source: query.source.as_str(),
        field: query.field.map(Field::as_str),
        bucket: answer.bucket.map(|bucket| bucket.to_string()),
        zone: answer.zone,
        tier: answer.tier.map(|tier| tier.as_str()),
        partial_first: answer.partial_first,
        partial_last: answer.partial_last,
        truncated: answer.truncated,
        group_count: answer.group_count,
        note: answer.note,
        time: answer.time,
        end: answer.end,
        series,
    }
}

fn series_body(group_by: &[GroupBy], series: AggregateSeries) -> SeriesBody {
    SeriesBody {
        group: group_by.iter().map(|group| group.as_str()).zip(series.group).collect(),
        records: series.records,
        columns: series.columns.into_iter().map(column_body).collect(),
    }
}

fn column_body(column: AggregateColumn) -> ColumnBody {
    ColumnBody {
        function: column.function.to_string(),
        total: column.total,
        n: column.n,
        estimator: column.estimator.map(|estimator| estimator.as_str()),
        values: column.values,
        samples: column.samples,
        successes: column.successes,
    }
}
