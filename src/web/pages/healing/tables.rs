//! The tables about healing: strategies, kinds of failures, and the attempts themselves.

use leptos::prelude::*;

use crate::model::healing::{
    HealingEntry, HealingPage, HealingReport, Origin, StrategyRow, StrategyVerdict, Success, Trend, TrendWord, TypeRow,
};
use crate::model::listing::Total;
use crate::model::{Micros, answer::Rate};
use crate::web::charts::{Ink, Unit};
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::ids::agent_href;
use crate::web::components::pager::{Pager, count_words};
use crate::web::components::pictures;
use crate::web::components::view::use_view;
use crate::web::format;
use crate::web::view_state::{ORIGINS, ViewState};

use super::charts::rows;

/// Rates at which the verdict on a strategy changes.
const LIMITS: [f64; 2] = [0.5, 0.9];

/// The interval of a rate in words: `51 – 77 %`.
pub(crate) fn interval(success: &Success) -> String {
    let low = Unit::Ratio.write(success.low);
    format!("{} – {}", low.trim_end_matches(['%', format::NBSP]), Unit::Ratio.write(success.high))
}

/// Colour, sign and word of a verdict.
pub(crate) fn verdict_sign(verdict: Option<StrategyVerdict>) -> (Ink, &'static str, &'static str) {
    match verdict {
        Some(StrategyVerdict::Keep) => (Ink::Success, "●", "keep"),
        Some(StrategyVerdict::Tune) => (Ink::Timeout, "◆", "tune"),
        Some(StrategyVerdict::Replace) => (Ink::Failure, "▲", "replace"),
        None => (Ink::Cancelled, "○", "not enough data"),
    }
}

fn trend_cell(trend: Option<Trend>) -> Cell {
    let Some(trend) = trend else {
        return Cell::state("cancelled", "○", "not enough data")
            .hint(format!("a trend needs {} attempts", Trend::ATTEMPTS_MIN));
    };
    let (ink, sign, word) = match trend.word {
        TrendWord::Improving => ("success", "↗", "improving"),
        TrendWord::Stable => ("cancelled", "→", "stable"),
        TrendWord::Degrading => ("timeout", "↘", "degrading"),
    };
    let percent = |rate: Rate| format!("{} ({})", format::percent(rate), format::percent(rate).exact);
    let why = format!("newest {}: {}; before: {}", Trend::RECENT, percent(trend.recent), percent(trend.earlier));
    Cell::state(ink, sign, word)
        .small(&format!("{} → {}", format::percent(trend.earlier), format::percent(trend.recent)))
        .hint(why)
}

fn success_cell(success: &Success) -> Cell {
    let words = format!("{} ({})", format::percent(success.rate), interval(success));
    let picture = pictures::interval(success.rate.ratio(), success.low, success.high, &LIMITS);
    Cell::picture(&picture, &words).hint(format!("{}, Wilson interval of 95 %", format::percent(success.rate).exact))
}

/// The state of the page narrowed to what has this origin.
fn of_origin(state: &ViewState, origin: Origin) -> ViewState {
    state.with_own(ORIGINS, Some(origin.as_str().to_owned()))
}

fn count_cell(count: u64, state: &ViewState, success: Option<bool>) -> Cell {
    let success = success.map(|success| success.to_string());
    let state = success.map_or_else(|| state.clone(), |success| state.with_filter("success", Some(success)));
    Cell::link(&format::count(count).to_string(), &rows(&state))
}

fn heads(heads: &[(&str, &'static str)]) -> Vec<Head> {
    heads.iter().map(|(label, class)| Head::plain(*label, class)).collect()
}

fn listed(shown: usize, all: u64) -> String {
    if all > shown as u64 { format!("{shown} of {}", format::count(all)) } else { format!("all {shown}") }
}

/// What each strategy achieves, and what to do about it.
pub(super) fn strategies(report: &HealingReport, state: &ViewState) -> AnyView {
    let note = format!(
        "{} · rates with their 95 % interval; marks at 50 and 90 %, where the verdict changes",
        listed(report.by_strategy.len(), report.strategy_count)
    );
    let heads = heads(&[
        ("Strategy", "strategy"),
        ("Success", "rate"),
        ("Verdict", "after"),
        ("Worked", "number minor"),
        ("Failed", "number minor"),
        ("Mean", "number minor"),
        ("p50", "number spare"),
        ("p95", "number spare"),
        ("Trend", "after minor"),
    ]);
    let rows = report.by_strategy.iter().map(|row| strategy(row, state)).collect();
    view! {
        <section class="card" aria-labelledby="strategies-title" data-panel="strategies">
            <header class="card-header">
                <h2 id="strategies-title">"Strategies"</h2>
                <span class="muted">{note}</span>
            </header>
            <DataTable table=Table { class: "strategies", heads, rows } />
        </section>
    }
    .into_any()
}

fn strategy(row: &StrategyRow, state: &ViewState) -> Vec<Cell> {
    let own = of_origin(&state.with_filter("strategy", Some(row.strategy.clone())), row.origin);
    let (ink, sign, word) = verdict_sign(row.verdict);
    vec![
        Cell::whole_id(&row.strategy, &rows(&own)).small(&format!("{} · {}", row.origin.as_str(), row.why)),
        success_cell(&row.success),
        Cell::state(ink.token(), sign, word).hint(row.why.clone()),
        count_cell(row.success_count, &own, Some(true)),
        count_cell(row.failure_count, &own, Some(false)),
        Cell::figure(row.avg_healing_time_ms.map(|mean| format::duration(mean.ms))),
        Cell::figure(row.p50_ms.map(format::duration)),
        Cell::figure(row.p95_ms.map(format::duration)),
        trend_cell(row.trend),
    ]
}

/// How often which kind of failure heals.
pub(super) fn failure_types(report: &HealingReport, state: &ViewState) -> AnyView {
    let note = listed(report.by_failure_type.len(), report.type_count);
    let heads =
        heads(&[("Failure", "strategy"), ("Failures", "number"), ("Success", "rate after"), ("MTTR", "number")]);
    let rows = report.by_failure_type.iter().map(|row| failure_type(row, state)).collect();
    view! {
        <section class="card" aria-labelledby="failure-types-title" data-panel="failure-types">
            <header class="card-header">
                <h2 id="failure-types-title">"Failures by type"</h2>
                <span class="muted">{note}</span>
            </header>
            <DataTable table=Table { class: "strategies", heads, rows } />
        </section>
    }
    .into_any()
}

fn failure_type(row: &TypeRow, state: &ViewState) -> Vec<Cell> {
    let own = of_origin(&state.with_filter("failure_type", Some(row.failure_type.clone())), row.origin);
    vec![
        Cell::whole_id(&row.failure_type, &rows(&own)).small(row.origin.as_str()),
        count_cell(row.failures, &own, None),
        success_cell(&row.success),
        Cell::figure(row.mttr_ms.map(|mean| format::duration(mean.ms))),
    ]
}

/// A page of attempts, each with its events.
pub(super) fn attempts(page: HealingPage, total: u64, now: Micros) -> AnyView {
    let state = use_view().state.get_untracked();
    let heads = heads(&[
        ("Strategy", ""),
        ("Failure", ""),
        ("Worked", ""),
        ("Agent", "minor"),
        ("From", "spare"),
        ("What was done", "spare detail"),
        ("Took", "number minor"),
        ("Ended (UTC)", "number"),
    ]);
    let shown = page.items.len() as u64;
    let total = Total::Exact(total);
    let rows = page.items.iter().map(|entry| attempt(entry, &state, now)).collect();
    let note = format!("{} · the newest first, a time leads to its events", count_words(&state, shown, total));
    view! {
        <section class="card list-card" id="healings" aria-labelledby="attempts-title" data-panel="attempts">
            <header class="card-header">
                <h2 id="attempts-title">"Attempts"</h2>
                <span class="muted">{note}</span>
            </header>
            <DataTable table=Table { class: "list", heads, rows } />
        </section>
        <Pager rows=shown total=total next=page.next />
    }
    .into_any()
}

fn attempt(entry: &HealingEntry, state: &ViewState, now: Micros) -> Vec<Cell> {
    let (ink, sign, word) = if entry.success { ("success", "●", "yes") } else { ("failure", "▲", "no") };
    let only = |key: &str, value: &str| rows(&state.with_filter(key, Some(value.to_owned())));
    let done = match entry.evidence.is_empty() {
        true => entry.actions.join(" → "),
        false => entry.evidence.iter().map(|event| event.event_type.as_str()).collect::<Vec<_>>().join(" → "),
    };
    let details = if done.is_empty() { Cell::none() } else { Cell::text(&done).hint(done.clone()) };
    vec![
        Cell::whole_id(&entry.strategy, &only("strategy", &entry.strategy)),
        Cell::whole_id(&entry.failure_type, &only("failure_type", &entry.failure_type)),
        Cell::state(ink, sign, word),
        entry.agent_id.as_deref().map_or_else(Cell::none, |agent| Cell::id(agent, &agent_href(agent, state))),
        Cell::text(entry.origin.as_str()),
        details,
        Cell::figure(entry.duration_ms.map(format::duration)),
        Cell::link(&format::moment_exact(entry.timestamp, now), &events_href(entry)).hint("its events"),
    ]
}

/// The events from the failure to the end of the attempt, of its agent where one is known.
fn events_href(entry: &HealingEntry) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates; healings take seconds")]
    let started = Micros(entry.timestamp.0.saturating_sub((entry.duration_ms.unwrap_or(0.0) * 1000.0) as i64));
    let known = entry.evidence.iter().map(|event| event.timestamp).chain(entry.detected_at);
    let from = known.clone().chain([started]).min().unwrap_or(started);
    let last = known.chain([entry.timestamp]).max().unwrap_or(entry.timestamp);
    let state = ViewState::default().with_range(&from.to_rfc3339(), &Micros(last.0 + 1).to_rfc3339());
    format!("/events{}", state.with_filter("agent_id", entry.agent_id.clone()).query())
}
