//! `/healing`: how failures are healed, by which strategy, how long it takes, and what to do about it.

mod charts;
mod tables;
mod tiles;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::healing::{HealingPage, HealingQuery, HealingReport, Origins, Recommendation, RecommendationKind};
use crate::model::time::DAY;
use crate::web::calls::{ask, load_healing, load_healing_attempts};
use crate::web::charts::Ink;
use crate::web::components::answer::answer_with;
use crate::web::components::attention::{Attention, AttentionCard};
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::chart_panel::ChartPanel;
use crate::web::components::heat_map::HeatMapPanel;
use crate::web::components::histogram_panel::HistogramPanel;
use crate::web::components::list_form::{FilterField, FilterMenu};
use crate::web::components::live::keep_live;
use crate::web::components::menu::Menu;
use crate::web::components::notices::{FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::view::{provide_view, use_view};
use crate::web::format;
use crate::web::view_state::{CURSOR, ORIGINS, ViewState, encode};

use super::import::ImportOffers;

pub(super) use tables::{interval, verdict_sign};

/// A healing as somebody would send it.
const FIRST_HEALING: &str = r#"{"kind":"healing","strategy":"TaskRetryStrategy","failure_type":"task_timeout","success":true,"duration_ms":850,"agent_id":"coder-1","failure_id":"f-1","actions":["requeue_task"]}"#;

/// What healings can be narrowed to.
const FILTERS: [FilterField; 4] = [
    FilterField::text("strategy", "Strategy"),
    FilterField::text("failure_type", "Failure type"),
    FilterField { key: "success", label: "Worked", choices: &[("true", "yes"), ("false", "no")] },
    FilterField::text("agent_id", "Agent"),
];

/// Files of what is shown, and what they are called.
const FILES: [(&str, &str); 4] = [
    ("attempts.csv", "Attempts as CSV"),
    ("attempts.json", "Attempts as JSON"),
    ("strategies.csv", "Strategies as CSV"),
    ("strategies.json", "Strategies as JSON"),
];

/// The page about healing.
#[component]
pub fn HealingsPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| view.state.with(asked));
    let report = ask(move || question.get(), load_healing);
    let pending = RwSignal::new(false);
    let later = Memo::new(move |_| view.state.with(|state| state.own(CURSOR).map(str::to_owned)));
    let older = ask(
        move || (question.get(), later.get()),
        |(query, cursor)| async move {
            match cursor {
                Some(cursor) => load_healing_attempts(query, Some(cursor)).await,
                // The first page comes with the report.
                None => Ok(HealingPage::default()),
            }
        },
    );
    Cursor::provide();
    keep_live(report, view, pending);
    let beside = move || async move { older.await };
    answer_with(report, pending, beside, |report, older| {
        view! { <HealingBody report=report older=Some(older) /> }.into_any()
    })
}

/// The question that the URL asks.
fn asked(state: &ViewState) -> HealingQuery {
    HealingQuery {
        range: state.range.clone(),
        filter: state.filter.clone(),
        origins: state.own(ORIGINS).and_then(Origins::parse).unwrap_or_default(),
        zone: state.own("tz").unwrap_or_default().to_owned(),
    }
}

/// A file of what the page is about.
fn file_href(state: &ViewState, file: &str) -> String {
    let asked = asked(state);
    let range = [("from", asked.range.from), ("to", asked.range.to), ("origin", asked.origins.as_str().to_owned())];
    let filter = asked.filter.asked().map(|(key, value)| (key, value.to_owned()));
    let pairs = range.into_iter().chain(filter).filter(|(_, value)| !value.is_empty());
    let pairs = pairs.map(|(key, value)| format!("{key}={}", encode(&value))).collect::<Vec<_>>();
    format!("/api/v1/healing/{file}?{}", pairs.join("&"))
}

/// The report, once it is there.
#[component]
pub fn HealingBody(
    /// The answer.
    report: HealingReport,
    /// The attempts of a later page, where one is asked for.
    #[prop(optional_no_strip)]
    older: Option<Result<HealingPage, Problem>>,
) -> impl IntoView {
    let scope = report.scope.clone();
    let query = report.query.clone();
    let counts = report.totals.total_healings + report.waiting.failures;
    let body = match scope.bounds {
        None => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
        Some(bounds) if counts == 0 => {
            view! { <NothingHere scope=scope.clone() bounds=bounds what="healing" example=FIRST_HEALING /> }.into_any()
        }
        Some(_) => view! { <Figures report=report older=older /> }.into_any(),
    };
    view! {
        <PageHeader title="Healing" scope=scope charts=false />
        <OriginBar query=query />
        {body}
    }
    .into_any()
}

/// Which attempts: all, those that were reported, or those found in events.
#[component]
fn OriginBar(query: HealingQuery) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let links = Origins::ALL.map(|origins| {
        let own = Some(origins.as_str().to_owned()).filter(|_| origins != Origins::default());
        let href = view.href(&state.with_own(ORIGINS, own));
        let current = (origins == query.origins).then_some("true");
        let name = match origins {
            Origins::Both => "Reported and derived",
            Origins::Reported => "Reported",
            Origins::Derived => "Derived",
        };
        view! { <a href=href aria-current=current data-noscroll="">{name}</a> }
    });
    let files = FILES.map(|(file, name)| {
        view! { <a href=file_href(&state, file) download=file class="menu-item">{name}</a> }
    });
    view! {
        <div class="list-bar">
            <nav class="tabs" aria-label="Where attempts come from">{links.collect_view()}</nav>
            <FilterMenu fields=const { &FILTERS } />
            <Menu label="Download" name="Download healings">{files}</Menu>
        </div>
        <p class="muted small">
            "Reported: somebody sent a healing record. Derived: found in the events, such as a failed tool call and the \
             same tool succeeding within ten minutes."
        </p>
    }
    .into_any()
}

#[component]
fn Figures(
    report: HealingReport,
    #[prop(optional_no_strip)] older: Option<Result<HealingPage, Problem>>,
) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let now = report.scope.now;
    let over_time = charts::over_time(&report);
    let times = charts::times(&report);
    let advice = report.recommendations.iter().map(|advice| attention(advice, &state, &report)).collect::<Vec<_>>();
    let by_hour = charts::by_hour(&report, &state);
    let by_agent = charts::by_agent(&report, &state);
    let total = report.totals.total_healings;
    let attempts = match older.filter(|_| state.own(CURSOR).is_some()) {
        Some(Ok(page)) => tables::attempts(page, total, now),
        Some(Err(problem)) => view! { <p class="card nothing" role="alert">{problem.detail}</p> }.into_any(),
        None => {
            let page = HealingPage { items: report.newest.clone(), next: report.next.clone() };
            tables::attempts(page, total, now)
        }
    };
    let charts = view! {
        <div class="grid">
            {over_time.map(|panel| view! { <ChartPanel panel=panel records=false /> })}
            {times.map(|histogram| view! { <HistogramPanel histogram=histogram /> })}
        </div>
    };
    view! {
        {tiles::tiles(&report, &state)}
        {waiting(&report)}
        {charts}
        {tables::strategies(&report, &state)}
        <div class="grid">
            <AttentionCard
                id="recommendations"
                title="Recommendations"
                note="each with the figures it stands on"
                entries=advice
                now=now
                nothing="Nothing to recommend: no rule applies to these figures."
            />
            {tables::failure_types(&report, &state)}
        </div>
        {by_hour.map(|map| view! { <HeatMapPanel map=map /> })}
        {by_agent.map(|map| view! { <HeatMapPanel map=map /> })}
        {attempts}
    }
    .into_any()
}

/// What is not in the figures yet.
fn waiting(report: &HealingReport) -> Option<AnyView> {
    let waiting = report.waiting;
    let mut words = Vec::new();
    if waiting.failures > 0 {
        words.push(format!(
            "{} failures of the last {} may still heal; they are counted nowhere yet.",
            format::count(waiting.failures),
            format::step(waiting.limit_ms)
        ));
    }
    if waiting.agents_behind > 0 {
        words.push(format!(
            "The events of {} agents are still being looked through; the derived figures grow until that is done.",
            format::count(waiting.agents_behind)
        ));
    }
    (!words.is_empty()).then(|| view! { <p class="muted small" role="status">{words.join(" ")}</p> }.into_any())
}

fn attention(advice: &Recommendation, state: &ViewState, report: &HealingReport) -> Attention {
    let (ink, sign, word) = match advice.kind {
        RecommendationKind::LowSuccess => (Ink::Failure, "▲", "low success"),
        RecommendationKind::Degrading => (Ink::Timeout, "◆", "degrading"),
        RecommendationKind::Slow => (Ink::Timeout, "◆", "slow"),
        RecommendationKind::OptimalMttr => (Ink::Success, "●", "optimal"),
        RecommendationKind::NotEnoughData => (Ink::Cancelled, "○", "too few"),
        RecommendationKind::NoData => (Ink::Cancelled, "○", "no data"),
    };
    let mut rows = state.clone();
    for (key, value) in advice.filter.asked() {
        rows = rows.with_filter(key, Some(value.to_owned()));
    }
    if let Some(origin) = advice.origin {
        rows = rows.with_own(ORIGINS, Some(origin.as_str().to_owned()));
    }
    let days = report.scope.range.length() / DAY;
    let when = if days > 1 { format!(" in {days} days") } else { String::new() };
    Attention {
        ink,
        sign,
        word,
        sentence: advice.text.clone(),
        href: (advice.n > 0).then(|| format!("/healing{}#healings", rows.query())),
        evidence: format!("{} attempts{when}", format::count(advice.n)),
        at: None,
    }
}
