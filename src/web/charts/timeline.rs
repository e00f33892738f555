//! The four panels of a [`Timeline`]: throughput, latency, success, tokens.

use crate::model::answer::{Estimator, Rate};
use crate::model::overview::{Earlier, Timeline, TokenTotals, Totals};
use crate::model::{Outcome, TimeRange};
use crate::web::format::{self, Figure};

use super::{Ink, Marks, Panel, Role, Series, Stroke, Unit};

/// All four, in the order of the pages. Where the timeline knows what was earlier, each shows it too, with the
/// figures of `previous` in its legend.
#[must_use]
pub fn panels(timeline: &Timeline, range: TimeRange, totals: &Totals, previous: Option<&Totals>) -> Vec<Panel> {
    vec![
        throughput(timeline, range, totals, previous),
        latency(timeline, range, totals, previous),
        success(timeline, range, totals, previous),
        tokens(timeline, range, &totals.tokens, previous.map(|totals| &totals.tokens)),
    ]
}

/// Tasks a bucket by result, as stacked bars.
#[must_use]
pub fn throughput(timeline: &Timeline, range: TimeRange, totals: &Totals, previous: Option<&Totals>) -> Panel {
    let known = Outcome::KNOWN.iter().map(|word| (*word).to_owned());
    let other = timeline.results.keys().filter(|word| !Outcome::KNOWN.contains(&word.as_str())).cloned();
    let series = known.chain(other).filter_map(|word| {
        let values = counts(timeline.results.get(&word)?);
        let total = totals.results.get(&word).map(|n| format::count(*n).to_string());
        let label = if word == NO_RESULT { "no result recorded".to_owned() } else { word.clone() };
        Some(Series { label, total, ..line(word.clone(), result_ink(&word), values) })
    });
    let before = ghost(timeline, "previous tasks", previous.map(|totals| format::count(totals.tasks)), |earlier| {
        counts(&earlier.tasks)
    });
    Panel {
        id: "throughput",
        title: "Throughput by result".into(),
        subtitle: format!("tasks per {}", format::step(timeline.step_ms)),
        marks: Marks::Bars,
        unit: Unit::Count,
        series: series.chain(before).collect(),
        ..frame(timeline, range)
    }
}

/// What a timeline calls tasks without a result.
const NO_RESULT: &str = "none";

/// The colour of a result word, wherever it is shown.
#[must_use]
pub fn result_ink(word: &str) -> Ink {
    match word {
        "success" => Ink::Success,
        "failure" | "failed" => Ink::Failure,
        "timeout" => Ink::Timeout,
        "cancelled" => Ink::Cancelled,
        _ => Ink::Series(7),
    }
}

/// Percentiles of task duration, as lines.
#[must_use]
pub fn latency(timeline: &Timeline, range: TimeRange, totals: &Totals, previous: Option<&Totals>) -> Panel {
    let percentile = |key: &str, ink, stroke, values: &[Option<f64>], total: Option<f64>| Series {
        stroke,
        total: total.map(|ms| format::duration(ms).to_string()),
        ..line(key.to_owned(), ink, values.to_vec())
    };
    let all = totals.durations;
    let spread = Series {
        key: "spread".into(),
        label: "shortest – longest".into(),
        role: Role::Band(timeline.shortest.clone()),
        total: all.map(|d| format!("up to {}", format::duration(d.max))),
        ..line(String::new(), Ink::Accent, timeline.longest.clone())
    };
    let before = previous.and_then(|totals| totals.durations).map(|durations| format::duration(durations.p95));
    let mut series = vec![
        percentile("p50", Ink::Accent, Stroke::Solid, &timeline.p50, all.map(|d| d.p50)),
        percentile("p95", Ink::Series(2), Stroke::Dashed, &timeline.p95, all.map(|d| d.p95)),
        percentile("p99", Ink::Series(5), Stroke::Dotted, &timeline.p99, all.map(|d| d.p99)),
        spread,
    ];
    series.extend(ghost(timeline, "previous p95", before, |earlier| earlier.p95.clone()));
    Panel {
        id: "latency",
        title: "Latency".into(),
        subtitle: format!("task duration, percentiles per {}", format::step(timeline.step_ms)),
        marks: Marks::Lines,
        unit: Unit::Millis,
        series,
        counts: timeline.timed.clone(),
        method: timeline.estimator.map(|estimator| estimator_words(estimator).to_owned()),
        ..frame(timeline, range)
    }
}

/// How a percentile came about, in words.
#[must_use]
pub fn estimator_words(estimator: Estimator) -> &'static str {
    match estimator {
        Estimator::Exact => "exact",
        Estimator::Sketch => "sketch ±1\u{a0}%",
    }
}

/// The share of tasks that succeeded, and the health that swarms reported, as lines.
#[must_use]
pub fn success(timeline: &Timeline, range: TimeRange, totals: &Totals, previous: Option<&Totals>) -> Panel {
    let ratios = timeline.success.iter().map(|rate| rate.map(Rate::ratio)).collect();
    let total = totals.success.map(|rate| format::percent(rate).to_string());
    let mut series = vec![Series { total, ..line("success".into(), Ink::Accent, ratios) }];
    series.extend(reported_health(&timeline.health));
    let before = previous.and_then(|totals| totals.success).map(format::percent);
    series.extend(ghost(timeline, "previous success", before, |earlier| {
        earlier.success.iter().map(|rate| rate.map(Rate::ratio)).collect()
    }));
    Panel {
        id: "success",
        title: "Success and health".into(),
        subtitle: "share of tasks that succeeded".into(),
        marks: Marks::Lines,
        unit: Unit::Ratio,
        series,
        ceiling: Some(1.0),
        floats: true,
        counts: timeline.success.iter().map(|rate| rate.map_or(0, |rate| rate.denominator)).collect(),
        ..frame(timeline, range)
    }
}

/// Health as swarms send it, 0 to 1 or 0 to 100; anything else has no place on an axis of shares.
fn reported_health(health: &[Option<f64>]) -> Option<Series> {
    let highest = health
        .iter()
        .flatten()
        .copied()
        .fold(None, |highest: Option<f64>, value| Some(highest.map_or(value, |highest| highest.max(value))))?;
    let lowest = health.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    if lowest < 0.0 || highest > 100.0 {
        return None;
    }
    let scale = if highest > 1.0 { 100.0 } else { 1.0 };
    let values = health.iter().map(|value| value.map(|value| value / scale)).collect();
    Some(Series {
        label: "reported health".into(),
        stroke: Stroke::Dashed,
        ..line("health".into(), Ink::Series(3), values)
    })
}

/// Tokens a bucket by kind, as stacked areas.
#[must_use]
pub fn tokens(timeline: &Timeline, range: TimeRange, totals: &TokenTotals, previous: Option<&TokenTotals>) -> Panel {
    let kinds = [
        ("cache_read", "cache read", Ink::Series(6), totals.cache_read),
        ("cache_write", "cache write", Ink::Series(1), totals.cache_write),
        ("output", "output", Ink::Series(2), totals.output),
        ("input", "input", Ink::Series(3), totals.input),
        ("unsplit", "kind not recorded", Ink::Cancelled, totals.unsplit),
    ];
    let series = kinds.into_iter().filter_map(|(key, label, ink, total)| {
        let column = timeline.tokens.get(key)?;
        // A kind that nobody recorded has no place in the legend: its 0 would look like a finding.
        if total == 0 && column.iter().flatten().all(|value| *value == 0) {
            return None;
        }
        Some(Series {
            label: label.to_owned(),
            total: Some(format::tokens(total).to_string()),
            ..line(key.to_owned(), ink, floats(column))
        })
    });
    let before = previous.filter(|totals| totals.recorded > 0).map(|totals| format::tokens(totals.used));
    let before = ghost(timeline, "previous tokens", before, |earlier| floats(&earlier.tokens));
    Panel {
        id: "tokens",
        title: "Tokens by kind".into(),
        subtitle: format!("per {}", format::step(timeline.step_ms)),
        marks: Marks::Areas,
        unit: Unit::Tokens,
        series: series.chain(before).collect(),
        ..frame(timeline, range)
    }
}

/// A figure drawn as one unbroken line, called what its key says.
fn line(key: String, ink: Ink, values: Vec<Option<f64>>) -> Series {
    Series { label: key.clone(), key, ink, stroke: Stroke::Solid, role: Role::Figure, values, total: None }
}

/// What `column` says about the range before; `None` when nobody asked for it.
fn ghost(
    timeline: &Timeline,
    label: &str,
    total: Option<Figure>,
    column: impl Fn(&Earlier) -> Vec<Option<f64>>,
) -> Option<Series> {
    let earlier = timeline.earlier.as_ref()?;
    Some(Series {
        label: label.to_owned(),
        stroke: Stroke::Dashed,
        role: Role::Ghost,
        total: total.map(|figure| figure.to_string()),
        ..line("previous".into(), Ink::Muted, column(earlier))
    })
}

/// A panel without series: the time axis of `timeline`.
fn frame(timeline: &Timeline, range: TimeRange) -> Panel {
    Panel {
        id: "",
        title: "".into(),
        subtitle: String::new(),
        marks: Marks::Lines,
        unit: Unit::Count,
        range_ms: (range.from.millis(), range.until.millis().max(range.from.millis() + 1)),
        step_ms: timeline.step_ms.max(1),
        time: timeline.time.clone(),
        series: Vec::new(),
        hidden: 0,
        ceiling: None,
        floats: false,
        counts: Vec::new(),
        method: None,
        partial: (timeline.partial_first, timeline.partial_last),
        notes: timeline.notes.clone(),
    }
}

#[expect(clippy::cast_precision_loss, reason = "drawn, and rounded to three digits anyway")]
fn counts(column: &[Option<u64>]) -> Vec<Option<f64>> {
    column.iter().map(|value| value.map(|value| value as f64)).collect()
}

#[expect(clippy::cast_precision_loss, reason = "drawn, and rounded to three digits anyway")]
fn floats(column: &[Option<i64>]) -> Vec<Option<f64>> {
    column.iter().map(|value| value.map(|value| value as f64)).collect()
}
