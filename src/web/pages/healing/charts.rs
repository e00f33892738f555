//! The charts about healing: success over time, how long it takes, and when and in whom things fail.

use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::healing::{HealingReport, HeatMap as Counts, OverTime, StrategyOverTime};
use crate::model::time::{DAY, HOUR};
use crate::web::charts::{Bin, Histogram, Ink, Marks, Panel, Role, Series, Stroke, Unit, ValueMark};
use crate::web::components::heat_map::{HeatMap, HeatRow};
use crate::web::components::ids::short_id;
use crate::web::format;
use crate::web::view_state::{ViewState, encode};

/// The share of attempts that worked, a line a strategy; `None` without attempts.
pub(super) fn over_time(report: &HealingReport) -> Option<Panel> {
    let OverTime { step_ms, time, strategies } = &report.over_time;
    if strategies.is_empty() || time.is_empty() {
        return None;
    }
    let range = (report.scope.range.from.millis(), report.scope.range.until.millis());
    let (first, last) = (time.first().copied()?, time.last().copied()?);
    let more = report.strategy_count.saturating_sub(strategies.len() as u64);
    let of = if more > 0 {
        format!(", the {} tried most of {}", strategies.len(), report.strategy_count)
    } else {
        String::new()
    };
    let counts = (0..time.len()).map(|bucket| {
        let of = |strategy: &StrategyOverTime| strategy.success.get(bucket).copied().flatten();
        strategies.iter().filter_map(of).map(|rate| rate.denominator).sum()
    });
    let start = range.0.max(first);
    Some(Panel {
        id: "healing-success",
        title: "Success by strategy".into(),
        subtitle: format!("share of attempts that worked, per {}{of}", format::step(*step_ms)),
        marks: Marks::Lines,
        unit: Unit::Ratio,
        range_ms: (start, range.1.min(last + step_ms).max(start + 1)),
        step_ms: (*step_ms).max(1),
        time: time.clone(),
        series: strategies.iter().enumerate().map(line).collect(),
        hidden: 0,
        ceiling: Some(1.0),
        floats: true,
        counts: counts.collect(),
        method: None,
        partial: (first < range.0, last + step_ms > range.1),
        notes: Default::default(),
    })
}

fn line((place, of): (usize, &StrategyOverTime)) -> Series {
    let whole = of
        .success
        .iter()
        .flatten()
        .fold((0, 0), |(worked, all), rate| (worked + rate.numerator, all + rate.denominator));
    Series {
        key: encode(&format!("{}.{}", of.origin.as_str(), of.strategy)),
        label: format!("{} ({})", short_id(&of.strategy), of.origin.as_str()),
        ink: Ink::Series(u8::try_from(place % 8).unwrap_or(0) + 1),
        stroke: [Stroke::Solid, Stroke::Dashed, Stroke::Dotted][place % 3],
        role: Role::Figure,
        values: of.success.iter().map(|rate| rate.map(Rate::ratio)).collect(),
        total: Rate::new(whole.0, whole.1).map(|rate| format::percent(rate).to_string()),
    }
}

/// How long attempts took, with the mean time to recovery; `None` without attempts.
pub(super) fn times(report: &HealingReport) -> Option<Histogram> {
    let distribution = report.distribution.as_ref()?;
    let bins = distribution.bins.iter().map(|bin| Bin {
        from: bin.from_ms,
        until: bin.until_ms,
        counts: vec![bin.success, bin.failure],
    });
    let mttr = distribution.mttr_ms;
    Some(Histogram {
        id: "healing-times",
        title: "How long healing takes".into(),
        subtitle: format!("{} attempts by duration", format::count(report.totals.total_healings)),
        what: "attempt",
        unit: Unit::Millis,
        parts: vec![(Ink::Success, "worked"), (Ink::Failure, "did not work")],
        bins: bins.collect(),
        marks: mttr
            .map(|mttr| ValueMark { at: mttr.ms, words: format!("MTTR {}", format::duration(mttr.ms)) })
            .into_iter()
            .collect(),
    })
}

/// Failures by kind and hour of the day. An hour leads to its healings where the range holds it but once.
pub(super) fn by_hour(report: &HealingReport, state: &ViewState) -> Option<HeatMap> {
    let range = report.scope.range;
    let once = report.zone == "UTC" && range.length() <= DAY;
    let hour_of = |column: usize| {
        let hour = i64::try_from(column).ok().filter(|_| once)?;
        let start = range.from.0.div_euclid(DAY) * DAY + hour * HOUR;
        let start = if start + HOUR <= range.from.0 { start + DAY } else { start };
        let (from, until) = (Micros(start.max(range.from.0)), Micros((start + HOUR).min(range.until.0)));
        (from < until).then_some((from, until))
    };
    let href = |kind: &str, column: usize| {
        let (from, until) = hour_of(column)?;
        let state = state.with_filter("failure_type", Some(kind.to_owned()));
        Some(rows(&state.with_range(&from.to_rfc3339(), &until.to_rfc3339())))
    };
    let columns =
        report.by_hour.columns.iter().map(|hour| (hour.clone(), format!("{hour}:00 to {hour}:59 {}", report.zone)));
    let more = if once { "" } else { "; a kind leads to its healings" };
    let subtitle = format!("failures by hour of the day, {}{}{more}", report.zone, more_rows(&report.by_hour));
    map("healing-hours", "When things fail", subtitle, columns.collect(), &report.by_hour, state, href)
}

/// Failures by kind and agent.
pub(super) fn by_agent(report: &HealingReport, state: &ViewState) -> Option<HeatMap> {
    let counts = &report.by_agent;
    let href = |kind: &str, column: usize| {
        let agent = counts.columns.get(column).filter(|agent| *agent != Counts::OTHERS)?;
        let state = state.with_filter("failure_type", Some(kind.to_owned()));
        Some(rows(&state.with_filter("agent_id", Some(agent.clone()))))
    };
    let columns = counts.columns.iter().map(|agent| (short_id(agent), agent.clone()));
    let shown = counts.columns.iter().filter(|agent| *agent != Counts::OTHERS).count() as u64;
    let of = if counts.column_count > shown {
        format!(", the {shown} with most of {} agents", format::count(counts.column_count))
    } else {
        String::new()
    };
    let without = match counts.without_column {
        0 => String::new(),
        n => format!(", {} more name no agent", format::count(n)),
    };
    let subtitle = format!("failures by agent{of}{without}{}", more_rows(counts));
    map("healing-agents", "In whom things fail", subtitle, columns.collect(), counts, state, href)
}

fn more_rows(counts: &Counts) -> String {
    let shown = counts.rows.iter().filter(|kind| *kind != Counts::OTHERS).count() as u64;
    if counts.row_count > shown {
        format!(", the {shown} most frequent of {} kinds", format::count(counts.row_count))
    } else {
        String::new()
    }
}

fn map(
    id: &'static str,
    title: &'static str,
    subtitle: String,
    columns: Vec<(String, String)>,
    counts: &Counts,
    state: &ViewState,
    href: impl Fn(&str, usize) -> Option<String>,
) -> Option<HeatMap> {
    if counts.rows.is_empty() || columns.is_empty() {
        return None;
    }
    let rows = counts.rows.iter().enumerate().map(|(row, kind)| {
        let count = |column: usize| {
            let cell = counts.cells.iter().find(|cell| (cell.row, cell.column) == (row, column));
            cell.map_or(0, |cell| cell.count)
        };
        let named = kind != Counts::OTHERS;
        let cell = |column: usize| (count(column), href(kind, column).filter(|_| named));
        HeatRow {
            label: kind.clone(),
            href: named.then(|| self::rows(&state.with_filter("failure_type", Some(kind.clone())))),
            cells: (0..columns.len()).map(cell).collect(),
        }
    });
    Some(HeatMap { id, title, subtitle, rows_are: "Failure", rows: rows.collect(), columns })
}

/// The healings of `state`.
pub(super) fn rows(state: &ViewState) -> String {
    format!("/healing{}#healings", state.query())
}
