//! `GET /api/v1/aggregate`: any function of any number, grouped and bucketed.
//!
//! Not here: which functions fit which source, which `service::aggregate` knows.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, Takes, takes, words};
use super::params::Params;
use super::{ApiResult, reply, timing};
use crate::model::aggregate::{
    AggregateAnswer, AggregateColumn, AggregateQuery, AggregateSeries, Bucket, Field, Function, GroupBy, OrderBy,
    Source,
};
use crate::model::answer::{Estimator, Tier};
use crate::model::{Problem, RecordFilter};
use crate::service::{Service, ServiceError};
use crate::wire::figures;

/// Parameters beside the filters.
fn plain() -> Vec<Spec> {
    vec![
        Spec::new("source", Takes::Word(words!(Source)), "Of which records; `tasks` without it.", "tasks"),
        Spec::new(
            "field",
            Takes::Word(words!(Field)),
            "The number: of tasks duration_ms, tokens, files_changed or cost_usd, of metrics value, of healings \
             duration_ms.",
            "duration_ms",
        ),
        Spec::new(
            "fn",
            Takes::Like(FUNCTIONS),
            "A comma list of avg sum count (default) min max stddev stddev_samp p0…p100 (p99.9) rate (a second) \
             success_rate; all but count, rate and success_rate need a field.",
            "count,success_rate",
        ),
        FROM,
        TO,
        Spec::new(
            "group_by",
            Takes::Like(r"^[a-z_]+(,[a-z_]+)?$"),
            "Up to two words, comma-separated: agent_id, swarm_id, project, model or result of tasks; what the \
             filters name of the others.",
            "agent_id",
        ),
        BUCKET,
        Spec::new(
            "tz",
            Takes::Like("^[A-Za-z0-9_+/-]+$"),
            "An IANA zone whose midnight and hours the buckets start at; UTC without it.",
            "Europe/Berlin",
        ),
        Spec::new(
            "order_by",
            Takes::Like("^-?[a-z0-9_.]+$"),
            "A function asked for, over the whole range, or a word grouped by; `-` before it for descending.",
            "-count",
        ),
        Spec::limit(AggregateQuery::LIMIT_DEFAULT, AggregateQuery::LIMIT_MAX),
        Spec::new("format", Takes::Word(&["json", "csv"]), "`csv`: a row for each bucket of each group.", "json"),
    ]
}

/// How wide buckets are.
pub(super) const BUCKET: Spec = Spec::new(
    "bucket",
    Takes::Like("^((1|2|5|10|15|30)m|(1|2|3|4|6|8|12)h|1d)$"),
    "The width of a bucket; at most 5 000 buckets. The range as a whole without it.",
    "1d",
);

/// The functions, as an ECMA-262 pattern.
const FUNCTIONS: &str = "^(avg|sum|count|min|max|stddev|stddev_samp|rate|success_rate|p(100|[0-9]{1,2}(\\.[0-9]{1,3})?))\
                         (,(avg|sum|count|min|max|stddev|stddev_samp|rate|success_rate|p(100|[0-9]{1,2}(\\.[0-9]{1,3})?)))*$";

fn specs() -> Vec<Spec> {
    let filters = GroupBy::ALL.into_iter().filter_map(|group| Spec::filter(group.as_str()));
    plain().into_iter().chain(filters).collect()
}

takes!(AggregateParams, specs());

/// Figures in columns; null = no data.
#[derive(Debug, Serialize, ToSchema)]
pub struct AggregateBody {
    /// First instant of the range.
    #[schema(format = DateTime)]
    pub from: String,
    /// First instant after it.
    #[schema(format = DateTime)]
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
    pub tier: Option<Tier>,
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
    pub estimator: Option<Estimator>,
    /// A value for each bucket.
    pub values: Vec<Option<f64>>,
    /// How many values each stands on; the denominators of a success rate.
    pub samples: Vec<u64>,
    /// The numerators of a success rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successes: Option<Vec<u64>>,
}

/// Figures over records: any function of any number, grouped and bucketed.
#[utoipa::path(get, path = "/api/v1/aggregate", tag = "insight", params(AggregateParams), responses(
    (status = 200, description = "figures in columns", content((AggregateBody = "application/json"), (String = "text/csv")))))]
pub async fn aggregate(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), specs())?;
    let query = question(&params)?;
    let answer = timing::query(service.aggregate(&query, super::now())).await?;
    if params.get("format") == Some("csv") {
        let csv = figures::csv(&query, &answer).map_err(ServiceError::from)?;
        let keeps = reply::is_absolute(params.get("from"), params.get("to"));
        return Ok(reply::bytes("text/csv; charset=utf-8; header=present", csv, keeps));
    }
    reply::of_range(&params, &body(query.source, query.field, answer))
}

fn question(params: &Params) -> Result<AggregateQuery, Problem> {
    let words = |name| params.get(name).into_iter().flat_map(|list| list.split(',')).map(str::trim);
    let mut functions = words("fn").map(Function::parse).collect::<Result<Vec<_>, _>>()?;
    if params.get("fn").is_none() {
        functions.push(Function::Count);
    }
    let mut filter = RecordFilter::default();
    let plain = plain();
    for (name, value) in params.iter().filter(|(name, _)| plain.iter().all(|spec| spec.name != *name)) {
        if let Some(place) = filter.field_mut(name) {
            *place = Some(value.to_owned());
        }
    }
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
        limit: params.whole("limit"),
    })
}

pub(super) fn body(source: Source, field: Option<Field>, answer: AggregateAnswer) -> AggregateBody {
    let series = answer.series.into_iter().map(|series| series_body(&answer.group_by, series)).collect();
    AggregateBody {
        from: answer.range.from.to_rfc3339(),
        to: answer.range.until.to_rfc3339(),
        source: source.as_str(),
        field: field.map(Field::as_str),
        bucket: answer.bucket.map(|bucket| bucket.to_string()),
        zone: answer.zone,
        tier: answer.tier,
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
        estimator: column.estimator,
        values: column.values,
        samples: column.samples,
        successes: column.successes,
    }
}
