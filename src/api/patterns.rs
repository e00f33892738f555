//! `GET /api/v1/patterns`, `/patterns/{id}`: what recurs in the events, with the figures it rests on.
//!
//! What the server learns by itself is answered at once. Anything else is learned first: the answer comes when that is
//! done, or, with `wait=0`, at once as 202 with how far it is.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::insight::range_spec;
use super::parameter::{FROM, Spec, TO, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::overview::EventRow;
use crate::model::pattern::{
    FailedTask, LearnOverrides, LearnProgress, Learning, Occurrence, OccurrenceCounts, OccurrenceRow, Pattern,
    PatternChange, PatternDetail, PatternQuery, PatternType, PatternsPage, PatternsQuery, TypeCount, WeekFigures,
};
use crate::model::{Micros, Problem, RecordFilter};
use crate::service::patterns::Patience;
use crate::service::{Service, ServiceError};
use crate::wire;

/// Whose events patterns can be learned from.
const FILTERS: [&str; 3] = ["agent_id", "swarm_id", "project"];
/// Numbers with a fraction.
const FRACTION: &str = r"^([01]|[01]?\.[0-9]+)$";
const TYPES: &[&str] = &["sequence", "frequency", "correlation", "temporal", "precursor"];

const WINDOW: Takes = Takes::Number { default: None, min: 1, max: 86_400_000 };
const WAIT: Spec =
    Spec::new("wait", Takes::Switch, "0: do not wait until it is learned; 202 says how far it is.", "true");
const FRESH: Spec = Spec::new(
    "fresh",
    Takes::Switch,
    "Learn what the server learns by itself now, if anything arrived since.",
    "false",
);

/// Where patterns are looked for, and what counts as one.
fn scope_specs() -> Vec<Spec> {
    let own = [
        Spec {
            about: "First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`). Without range, filter and \
                    settings: what the server learns by itself, from the newest events of the whole store.",
            ..FROM
        },
        TO,
        Spec::new(
            "min_occurrences",
            Takes::Number { default: None, min: 2, max: 1_000_000 },
            "Times a pattern must have been seen; 5 unless set otherwise.",
            "5",
        ),
        Spec::new(
            "confidence_threshold",
            Takes::Like(FRACTION),
            "Confidence a pattern must have, 0 to 1; 0.7 unless set otherwise.",
            "0.7",
        ),
        Spec::new(
            "max_history_size",
            Takes::Number { default: None, min: 2, max: 10_000_000 },
            "Events considered, the newest; 10 000 unless set otherwise.",
            "10000",
        ),
        Spec::new(
            "max_gap_ms",
            WINDOW,
            "Milliseconds between two steps of a sequence; 300 000 unless set otherwise.",
            "300000",
        ),
        Spec::new(
            "time_window_ms",
            WINDOW,
            "Milliseconds within which one event counts as following another; 10 000 unless set otherwise.",
            "10000",
        ),
        Spec::new(
            "precursor_window_ms",
            WINDOW,
            "Milliseconds before a failure in which its precursors are looked for; 300 000 unless set otherwise.",
            "300000",
        ),
        Spec::new(
            "false_discovery_rate",
            Takes::Like(FRACTION),
            "The share of false patterns accepted of each kind, above 0; 0.05 unless set otherwise.",
            "0.05",
        ),
        Spec::new("tz", Takes::Text, "The zone of hours and weekdays: an IANA name; UTC unless set otherwise.", "UTC"),
        WAIT,
        FRESH,
    ];
    own.into_iter().chain(FILTERS.into_iter().filter_map(Spec::filter)).collect()
}

fn list_specs() -> Vec<Spec> {
    let own = [
        Spec::new("type", Takes::Word(TYPES), "Only patterns of this kind.", "sequence"),
        Spec::new(
            "min_confidence",
            Takes::Like(FRACTION),
            "Only patterns with at least this confidence, 0 to 1.",
            "0.8",
        ),
        Spec::new("format", Takes::Word(&["json", "csv"]), "`csv`: a row for each pattern.", "json"),
    ];
    own.into_iter().chain(scope_specs()).collect()
}

fn one_specs() -> Vec<Spec> {
    let skip = Takes::Number { default: Some(0), min: 0, max: u32::MAX };
    let skip = Spec::new("skip", skip, "How many newer occurrences to leave out.", "0");
    std::iter::once(skip).chain(scope_specs()).collect()
}

takes!(PatternsParams, list_specs());
takes!(PatternParams, one_specs());

/// Patterns, and what they were learned from.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternsBody {
    /// What they were learned from; null while that is being done, or when nothing was ever learned.
    pub learning: Option<Learning>,
    /// How far learning is; null when it is done.
    pub progress: Option<LearnProgress>,
    /// How many patterns fit.
    pub total: u64,
    /// Patterns by kind, whatever kind is asked for.
    pub counts: Vec<TypeCount>,
    /// The patterns by kind, the surest first; at most 500.
    pub items: Vec<Pattern>,
    /// What became of patterns that the server learns by itself, newest first; at most 50.
    pub changes: Vec<PatternChange>,
}

impl From<PatternsPage> for PatternsBody {
    fn from(page: PatternsPage) -> Self {
        Self {
            learning: page.learning,
            progress: page.progress,
            total: page.matching,
            counts: page.counts,
            items: page.patterns,
            changes: page.changes,
        }
    }
}

/// One pattern with its occurrences.
#[derive(Debug, Serialize, ToSchema)]
pub struct PatternBody {
    /// What it was learned from; null while that is being done.
    pub learning: Option<Learning>,
    /// How far learning is; null when it is done.
    pub progress: Option<LearnProgress>,
    /// The pattern; null while it is being looked for.
    pub pattern: Option<Pattern>,
    /// Since when the server knows it; null for what it does not learn by itself.
    #[schema(format = DateTime)]
    pub appeared: Option<String>,
    /// Since when it is not found any more; null while it is.
    #[schema(format = DateTime)]
    pub faded: Option<String>,
    /// What became of it, newest first; at most 50.
    pub changes: Vec<PatternChange>,
    /// How many occurrences there are.
    pub occurrence_count: u64,
    /// How many newer ones were left out.
    pub skip: u64,
    /// At most 20 occurrences, newest first.
    pub occurrences: Vec<OccurrenceBody>,
    /// Occurrences over time; null without any.
    pub timeline: Option<OccurrenceCounts>,
    /// The seven days up to the last event considered.
    pub this_week: Option<WeekFigures>,
    /// The seven days before.
    pub last_week: Option<WeekFigures>,
}

/// One occurrence with its records.
#[derive(Debug, Serialize, ToSchema)]
pub struct OccurrenceBody {
    /// When and where.
    #[serde(flatten)]
    pub occurrence: Occurrence,
    /// Its events, oldest first; at most 20.
    pub events: Vec<OccurrenceEvent>,
    /// Its failed tasks, oldest first; at most 20.
    pub tasks: Vec<FailedTask>,
}

/// An event of an occurrence.
#[derive(Debug, Serialize, ToSchema)]
pub struct OccurrenceEvent {
    /// What happened.
    pub event_type: String,
    /// When.
    #[schema(format = DateTime)]
    pub timestamp: String,
    /// To whom.
    pub agent_id: String,
    /// During which task.
    pub task_id: Option<String>,
}

impl From<EventRow> for OccurrenceEvent {
    fn from(event: EventRow) -> Self {
        Self {
            event_type: event.event_type,
            timestamp: event.timestamp.to_rfc3339(),
            agent_id: event.agent_id,
            task_id: event.task_id,
        }
    }
}

impl From<OccurrenceRow> for OccurrenceBody {
    fn from(row: OccurrenceRow) -> Self {
        let events = row.events.into_iter().map(Into::into).collect();
        Self { occurrence: row.occurrence, events, tasks: row.tasks }
    }
}

impl PatternBody {
    /// One pattern, or how far it is from being found.
    #[must_use]
    pub fn new(learning: Option<Learning>, progress: Option<LearnProgress>, detail: Option<PatternDetail>) -> Self {
        let Some(detail) = detail else {
            return Self {
                learning,
                progress,
                pattern: None,
                appeared: None,
                faded: None,
                changes: Vec::new(),
                occurrence_count: 0,
                skip: 0,
                occurrences: Vec::new(),
                timeline: None,
                this_week: None,
                last_week: None,
            };
        };
        Self {
            learning,
            progress,
            pattern: Some(detail.pattern),
            appeared: detail.appeared.map(Micros::to_rfc3339),
            faded: detail.faded.map(Micros::to_rfc3339),
            changes: detail.changes,
            occurrence_count: detail.occurrence_count,
            skip: detail.skip,
            occurrences: detail.occurrences.into_iter().map(Into::into).collect(),
            timeline: detail.timeline,
            this_week: Some(detail.this_week),
            last_week: Some(detail.last_week),
        }
    }
}

/// What recurs in the events: sequences, rhythms, correlations, habits, and what precedes failures.
#[utoipa::path(get, path = "/api/v1/patterns", tag = "insight", params(PatternsParams), responses(
    (status = 200, description = "patterns", content((PatternsBody = "application/json"), (String = "text/csv"))),
    (status = 202, description = "with `wait=0`: they are being learned; ask again", body = PatternsBody)))]
pub async fn patterns(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), list_specs())?;
    let mut asked = question(&params)?;
    asked.pattern_type = params.get("type").and_then(PatternType::parse);
    asked.min_confidence = fraction(&params, "min_confidence")?;
    let page = timing::query(service.patterns(&asked, patience(&params), now())).await?;
    let going = page.progress.is_some() && page.learning.is_none();
    if params.get("format") == Some("csv") && !going {
        let csv = wire::patterns::csv(&page.patterns).map_err(ServiceError::from)?;
        let mut response = reply::bytes("text/csv; charset=utf-8; header=present", csv, false);
        let name = HeaderValue::from_static("attachment; filename=\"swarmscope-patterns.csv\"");
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        return Ok(response);
    }
    answer(&params, going, &PatternsBody::from(page))
}

/// One pattern: its occurrences with their records, over time, and this week against the last.
#[utoipa::path(get, path = "/api/v1/patterns/{pattern_id}", tag = "insight",
    params(("pattern_id" = String, Path, description = "the pattern", min_length = 1, example = "freq_2798d380ed509dc2"), PatternParams),
    responses((status = 200, description = "the pattern", body = PatternBody),
        (status = 202, description = "with `wait=0`: it is being looked for; ask again", body = PatternBody),
        (status = 404, description = "there is no such pattern there")))]
pub async fn pattern(
    State(service): State<Service>,
    Segments(pattern_id): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), one_specs())?;
    let skip = params.whole("skip").unwrap_or_default().into();
    let asked = PatternQuery { pattern_id, of: question(&params)?, skip };
    let page = timing::query(service.pattern(&asked, patience(&params), now())).await?;
    answer(&params, page.detail.is_none(), &PatternBody::new(page.learning, page.progress, page.detail))
}

fn answer(params: &Params, going: bool, body: &impl Serialize) -> ApiResult<Response> {
    if going {
        let mut response = reply::fresh(body)?;
        *response.status_mut() = StatusCode::ACCEPTED;
        return Ok(response);
    }
    reply::of_range(params, body)
}

fn patience(params: &Params) -> Patience {
    if params.on("wait").unwrap_or(true) { Patience::Endless } else { Patience::AtMost(std::time::Duration::ZERO) }
}

fn question(params: &Params) -> Result<PatternsQuery, Problem> {
    let (from, to) = (params.get("from"), params.get("to"));
    let mut filter = RecordFilter::default();
    for (name, value) in params.iter().filter(|(name, _)| FILTERS.contains(name)) {
        if let Some(place) = filter.field_mut(name) {
            *place = Some(value.to_owned());
        }
    }
    Ok(PatternsQuery {
        range: (from.is_some() || to.is_some()).then(|| range_spec(from, to)),
        filter,
        settings: LearnOverrides {
            min_occurrences: params.whole("min_occurrences"),
            confidence_threshold: fraction(params, "confidence_threshold")?,
            max_history_size: params.whole("max_history_size"),
            max_gap_ms: params.whole("max_gap_ms"),
            time_window_ms: params.whole("time_window_ms"),
            precursor_window_ms: params.whole("precursor_window_ms"),
            false_discovery_rate: fraction(params, "false_discovery_rate")?,
            tz: params.get("tz").map(str::to_owned),
        },
        fresh: params.on("fresh").unwrap_or(false),
        ..PatternsQuery::default()
    })
}

fn fraction(params: &Params, name: &str) -> Result<Option<f64>, Problem> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let refused = || Problem::bad_request(format!("`{name}={text}`: write a number from 0 to 1, such as 0.8"));
    text.parse().ok().filter(|number: &f64| (0.0..=1.0).contains(number)).map(Some).ok_or_else(refused)
}
