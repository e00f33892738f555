//! `/patterns/:id`: one pattern, in a sentence, in figures, over time, and event by event.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::answer::Rate;
use crate::model::pattern::{
    Evidence, FrequencyEvidence, OccurrenceCounts, Pattern, PatternDetail, PatternPage as Answer, PatternQuery,
    WeekFigures,
};
use crate::web::calls::{ask, load_pattern};
use crate::web::charts::{Ink, Marks, Panel, Role, Series, Stroke, Unit};
use crate::web::components::answer::answer;
use crate::web::components::attention::AttentionCard;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::chart_panel::ChartPanel;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::histogram_panel::HistogramPanel;
use crate::web::components::ids::agent_href;
use crate::web::components::page_header::PageHeader;
use crate::web::components::view::{provide_view_of, use_view};
use crate::web::format::{self, NBSP};
use crate::web::view_state::{SKIP, ViewState};

use super::learned::Learned;
use super::{attention, occurrences, picture, statistics, words};

/// Changes shown before one asks for more.
const CHANGES: usize = 5;

/// The page of one pattern.
#[component]
pub fn PatternPage() -> impl IntoView {
    let view = provide_view_of(super::usual());
    let question = Memo::new(move |_| PatternQuery {
        pattern_id: view.id(),
        of: view.state.with(super::asked),
        skip: view.state.with(|state| state.own(SKIP).and_then(|skip| skip.parse().ok()).unwrap_or(0)),
    });
    let pattern = ask(move || question.get(), load_pattern);
    let pending = RwSignal::new(false);
    Cursor::provide();
    let again = Callback::new(move |()| pattern.refetch());
    answer(pattern, pending, move |pattern| view! { <PatternBody pattern=pattern again=again /> }.into_any())
}

/// The pattern, once it is there.
#[component]
pub fn PatternBody(
    /// The answer.
    pattern: Answer,
    /// Asks again.
    again: Callback<()>,
) -> impl IntoView {
    let Answer { scope, learning, progress, detail } = pattern;
    let now = scope.now;
    let (title, kind) = detail.as_ref().map_or(("Pattern".to_owned(), "Pattern"), |detail| {
        (detail.pattern.description.clone(), words::singular(detail.pattern.pattern_type))
    });
    let body = match detail {
        Some(detail) => view! { <Detail detail=detail now=now /> }.into_any(),
        None => view! { <p class="nothing">"The pattern appears here as soon as these events are looked through."</p> }
            .into_any(),
    };
    let back = format!("/patterns{}", use_view().state.get_untracked().with_own(SKIP, None).query());
    view! {
        <PageHeader title=title kind=kind scope=scope projects=false charts=false live=false exports=false />
        <p class="small"><a href=back>"← all patterns"</a></p>
        <Learned learning=learning progress=progress now=now again=again />
        {body}
    }
    .into_any()
}

#[component]
fn Detail(detail: PatternDetail, now: Micros) -> impl IntoView {
    let state = use_view().state.get_untracked();
    let pattern = detail.pattern.clone();
    let faded = detail.faded.map(|at| {
        view! {
            <p class="wrong" role="status">
                {format!("Not found any more since {} ({}). What follows is what was known then.", format::instant(at), format::ago(at, now))}
            </p>
        }
    });
    let changes = detail.changes.iter().map(|change| attention(change, &state)).collect::<Vec<_>>();
    let since = detail
        .appeared
        .map_or_else(|| "learned for this range".to_owned(), |at| format!("known since {}", format::moment(at, now)));
    let charts = (timeline(&detail), picture::large(&pattern));
    let missed = match &pattern.metadata {
        Evidence::Frequency(of) if !of.missed.is_empty() => Some(missed_beats(of, &state, now)),
        _ => None,
    };
    let drawn = picture::roomy(&pattern);
    view! {
        {faded}
        <section class="card" aria-label="In a sentence">
            <p class="explanation">{words::sentence(&pattern)}</p>
            {(!drawn.is_empty()).then(|| view! { <div class="pattern-picture" inner_html=drawn></div> })}
        </section>
        <div class="grid">
            <div class="stack">
                {charts.1.map(|histogram| view! { <HistogramPanel histogram=histogram /> })}
                {figures(&pattern)}
            </div>
            <div class="stack">
                {charts.0.map(|panel| view! { <ChartPanel panel=panel records=false /> })}
                {weeks(&detail)}
                <AttentionCard
                    id="pattern-changes"
                    title="What became of it"
                    note=since
                    entries=changes
                    shown=CHANGES
                    now=now
                    nothing="Nothing changed since it was first learned."
                />
            </div>
        </div>
        {missed}
        {occurrences::card(&detail, &state, now)}
    }
    .into_any()
}

/// Every figure, and what it means.
fn figures(pattern: &Pattern) -> AnyView {
    let heads = ["Figure", "Value", "What it means"].map(|label| Head::plain(label, ""));
    let rows = statistics::statistics(pattern).into_iter().map(|statistic| {
        vec![Cell::text(statistic.name), Cell::text(&statistic.value), Cell::text(&statistic.meaning)]
    });
    let rows = rows.collect();
    view! {
        <section class="card" aria-labelledby="statistics-title" data-panel="statistics">
            <header class="card-header"><h2 id="statistics-title">"Statistics"</h2></header>
            <DataTable table=Table { class: "statistics", heads: heads.to_vec(), rows } />
        </section>
    }
    .into_any()
}

/// Occurrences over time, as bars.
fn timeline(detail: &PatternDetail) -> Option<Panel> {
    let OccurrenceCounts { step_ms, time, end, counts } = detail.timeline.as_ref()?;
    let (step_ms, start) = ((*step_ms).max(1), *time.first()?);
    #[expect(clippy::cast_precision_loss, reason = "drawn, and rounded to three digits anyway")]
    let values = counts.iter().map(|count| (*count > 0).then_some(*count as f64)).collect();
    let series = Series {
        key: "occurrences".into(),
        label: "occurrences".into(),
        ink: Ink::Accent,
        stroke: Stroke::Solid,
        role: Role::Figure,
        values,
        total: Some(format::count(detail.occurrence_count).to_string()),
    };
    Some(Panel {
        id: "occurrences",
        title: "Occurrences".into(),
        subtitle: format!("begun per {}", format::step(step_ms)),
        marks: Marks::Bars,
        unit: Unit::Count,
        range_ms: (start, (*end).max(start + 1)),
        step_ms,
        time: time.clone(),
        series: vec![series],
        hidden: 0,
        ceiling: None,
        floats: false,
        counts: Vec::new(),
        method: None,
        partial: (false, false),
        notes: Default::default(),
    })
}

/// This week beside the one before.
fn weeks(detail: &PatternDetail) -> AnyView {
    let heads = [("Week", ""), ("Occurrences", "number"), ("Held", "number")];
    let heads = heads.into_iter().map(|(label, class)| Head::plain(label, class)).collect();
    let rows = [("The last 7 days", &detail.this_week), ("The 7 days before", &detail.last_week)];
    let rows = rows.into_iter().map(|(name, week)| week_row(name, week)).collect();
    let change = week_words(&detail.this_week, &detail.last_week);
    view! {
        <section class="card" aria-labelledby="weeks-title" data-panel="weeks">
            <header class="card-header">
                <h2 id="weeks-title">"Since last week"</h2>
                <span class="muted">{change}</span>
            </header>
            <DataTable table=Table { class: "weeks", heads, rows } />
        </section>
    }
    .into_any()
}

fn week_row(name: &str, week: &WeekFigures) -> Vec<Cell> {
    let part = if week.complete { "" } else { ", only a part of it" };
    let days = format!("{} – {}{part}", format::day(week.from), format::day(Micros(week.until.0 - 1)));
    let held = week
        .support
        .map_or_else(Cell::none, |rate| Cell::figure(Some(format::percent(rate))).small(&format::percent(rate).exact));
    vec![Cell::text(name).small(&days), Cell::figure(Some(format::count(week.occurrences))), held]
}

/// What changed, as far as it can be said.
fn week_words(this: &WeekFigures, last: &WeekFigures) -> String {
    if !this.complete || !last.complete {
        return "no comparison: one of the weeks is known in part only".to_owned();
    }
    if last.occurrences == 0 {
        return if this.occurrences == 0 { "not seen in either week" } else { "new this week" }.to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "rounded to a percent")]
    let change = (this.occurrences as f64 / last.occurrences as f64 - 1.0) * 100.0;
    let often = match change {
        change if change.abs() < 0.5 => "as often".to_owned(),
        change if change > 0.0 => format!("{change:.0}{NBSP}% more often"),
        change => format!("{:.0}{NBSP}% less often", -change),
    };
    match this.support.zip(last.support) {
        Some((now, before)) => format!("{often}; held {}, before {}", percent(now), percent(before)),
        None => often,
    }
}

fn percent(rate: Rate) -> String {
    format::percent(rate).to_string()
}

/// Beats that did not come.
fn missed_beats(of: &FrequencyEvidence, state: &ViewState, now: Micros) -> AnyView {
    let heads =
        [("Silent from (UTC)", ""), ("Until (UTC)", ""), ("Missed beats", "number"), ("Events", "after-number")];
    let heads = heads.into_iter().map(|(label, class)| Head::plain(label, class)).collect();
    let listed = of.missed.iter().map(|beat| beat.missed).sum::<u64>();
    let note = format!(
        "{} missed in all; the newest {} silences hold {}",
        format::count(of.missed_beats).exact,
        of.missed.len(),
        format::count(listed).exact
    );
    let rows = of.missed.iter().map(|beat| {
        let until = beat.until.map_or_else(|| Cell::state("failure", "▲", "still silent"), |at| Cell::instant(at, now));
        let end = beat.until.unwrap_or(now);
        let range = ViewState::default().with_range(&beat.after.to_rfc3339(), &Micros(end.0 + 1).to_rfc3339());
        let events = format!("/events{}", range.with_filter("agent_id", Some(of.agent_id.clone())).query());
        vec![
            Cell::instant(beat.after, now),
            until,
            Cell::figure(Some(format::count(beat.missed))),
            Cell::link("what came meanwhile", &events),
        ]
    });
    let rows = rows.collect();
    let agent = agent_href(&of.agent_id, state);
    view! {
        <section class="card" aria-labelledby="missed-title" data-panel="missed">
            <header class="card-header">
                <h2 id="missed-title">"Missed beats"</h2>
                <span class="muted">{note}</span>
                <a class="all" href=agent>"the agent →"</a>
            </header>
            <DataTable table=Table { class: "", heads, rows } />
        </section>
    }
    .into_any()
}
