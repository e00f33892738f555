//! `/patterns` and `/patterns/:id`: what recurs in the events, with the evidence for it.

mod card;
mod learned;
mod occurrences;
mod one;
mod picture;
mod statistics;
mod words;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod tests;

use leptos::prelude::*;

use crate::model::pattern::{
    ChangeKind, Pattern, PatternChange, PatternType, PatternsPage as Answer, PatternsQuery, TypeCount,
};
use crate::model::{Micros, RangeSpec};
use crate::web::calls::{ask, load_patterns};
use crate::web::charts::Ink;
use crate::web::components::answer::answer;
use crate::web::components::attention::{Attention, AttentionCard};
use crate::web::components::list_form::{FilterField, FilterMenu};
use crate::web::components::notices::{Example, FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::view::{provide_view_of, use_view};
use crate::web::format;
use crate::web::view_state::{CONFIDENCE, PATTERN_TYPE, ViewState, encode};

use super::import::ImportOffers;
use learned::Learned;

pub(super) use card::pattern_href;
pub use one::PatternPage;
pub(super) use words::in_short as pattern_words;

/// Confidences to choose from.
const THRESHOLDS: [f64; 5] = [0.5, 0.7, 0.8, 0.9, 0.95];
/// Patterns of a kind shown where all kinds are.
const LISTED: usize = 12;
/// Changes shown before one asks for more.
const CHANGES: usize = 5;
/// An event as somebody would send it.
const FIRST_EVENT: &str = r#"{"kind":"event","event_type":"heartbeat","agent_id":"coder-1","swarm_id":"team"}"#;

/// Whose events patterns can be learned from.
const FILTERS: [FilterField; 2] = [FilterField::text("agent_id", "Agent"), FilterField::text("swarm_id", "Swarm")];

/// Where the URL names no range, it is everything: what the server learns by itself.
fn usual() -> RangeSpec {
    RangeSpec { from: RangeSpec::ALL.to_owned(), to: "now".to_owned() }
}

/// The page of all patterns.
#[component]
pub fn PatternsPage() -> impl IntoView {
    let view = provide_view_of(usual());
    let question = Memo::new(move |_| view.state.with(asked));
    let patterns = ask(move || question.get(), load_patterns);
    let pending = RwSignal::new(false);
    let again = Callback::new(move |()| patterns.refetch());
    answer(patterns, pending, move |patterns| view! { <PatternsBody patterns=patterns again=again /> }.into_any())
}

/// The question that the URL asks.
fn asked(state: &ViewState) -> PatternsQuery {
    PatternsQuery {
        range: Some(state.range.clone()).filter(|range| !range.is_all()),
        filter: state.filter.clone(),
        pattern_type: state.own(PATTERN_TYPE).and_then(PatternType::parse),
        min_confidence: state.own(CONFIDENCE).and_then(|text| text.parse().ok()),
        ..PatternsQuery::default()
    }
}

/// The patterns, once they are there.
#[component]
pub fn PatternsBody(
    /// The answer.
    patterns: Answer,
    /// Asks again.
    again: Callback<()>,
) -> impl IntoView {
    let state = use_view().state.get_untracked();
    let Answer { scope, learning, progress, patterns, matching, counts, changes } = patterns;
    let now = scope.now;
    let standard = learning.as_ref().map_or(THRESHOLDS[1], |learning| learning.settings.confidence_threshold);
    let threshold = asked(&state).min_confidence.unwrap_or(standard);
    let events = learning.as_ref().map_or(0, |learning| learning.events);
    let body = match (scope.bounds, &learning) {
        (None, _) => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
        (Some(_), None) => not_learned(progress.is_some()),
        (Some(bounds), Some(_)) if events == 0 && progress.is_none() => {
            view! { <NothingHere scope=scope.clone() bounds=bounds what="event" example=FIRST_EVENT /> }.into_any()
        }
        (Some(_), Some(_)) if patterns.is_empty() => none_found(&state, threshold, progress.is_some()),
        (Some(_), Some(_)) => sections(&patterns, &counts, threshold, &state, now),
    };
    let listed = patterns.len() as u64;
    let cut = (matching > listed).then(|| {
        let (listed, all) = (format::count(listed), format::count(matching));
        view! { <p class="muted small" role="status">{format!("{listed} of {all} patterns are listed, the surest of each kind; the files have all of them.")}</p> }
    });
    let bar = (scope.bounds.is_some() && learning.is_some()).then(|| bar(&counts, standard, &state));
    let changed = (!changes.is_empty()).then(|| {
        let entries = changes.iter().map(|change| attention(change, &state)).collect::<Vec<_>>();
        let note = format!("the newest {} changes", entries.len());
        view! {
            <AttentionCard
                id="changes"
                title="What changed lately"
                note=note
                entries=entries
                shown=CHANGES
                now=now
                nothing=""
            />
        }
    });
    view! {
        <PageHeader title="Patterns" scope=scope charts=false live=false />
        <Learned learning=learning progress=progress now=now again=again />
        {bar}
        {cut}
        {changed}
        {body}
    }
    .into_any()
}

/// Which kinds, from which confidence on, of whose events.
fn bar(counts: &[TypeCount], standard: f64, state: &ViewState) -> AnyView {
    let view = use_view();
    let chosen = asked(state);
    let all = counts.iter().map(|of| of.count).sum::<u64>();
    let kind = |kind: Option<PatternType>, name: &'static str, count: u64| {
        let href = view.href(&state.with_own(PATTERN_TYPE, kind.map(|kind| kind.as_str().to_owned())));
        let current = (chosen.pattern_type == kind).then_some("true");
        view! {
            <a href=href aria-current=current data-noscroll="">
                {name}
                " "
                <small>{format::count(count).to_string()}</small>
            </a>
        }
    };
    let kinds = std::iter::once(kind(None, "All", all))
        .chain(counts.iter().map(|of| kind(Some(of.pattern_type), words::plural(of.pattern_type), of.count)));
    let threshold = chosen.min_confidence.unwrap_or(standard);
    let thresholds = THRESHOLDS.map(|value| {
        let own = Some(value.to_string()).filter(|_| (value - standard).abs() > 1e-9);
        let href = view.href(&state.with_own(CONFIDENCE, own));
        let current = ((value - threshold).abs() < 1e-9).then_some("true");
        view! { <a href=href aria-current=current data-noscroll="">{words::share(value)}</a> }
    });
    view! {
        <div class="list-bar patterns-bar">
            <nav class="tabs" aria-label="Kind of pattern">{kinds.collect::<Vec<_>>()}</nav>
            <nav class="tabs thresholds" aria-label="Least confidence">
                <span class="muted">"Confidence from"</span>
                {thresholds.collect_view()}
            </nav>
            <FilterMenu fields=const { &FILTERS } />
            <a class="button" href=file_href(state, "csv") download="patterns.csv">"CSV"</a>
            <a class="button" href=file_href(state, "json") download="patterns.json">"JSON"</a>
        </div>
    }
    .into_any()
}

/// The route that answers what the page shows, as a file.
fn file_href(state: &ViewState, format: &'static str) -> String {
    let asked = asked(state);
    let range = asked.range.map(|range| [("from", range.from), ("to", range.to)]);
    let kind = asked.pattern_type.map(|kind| ("type", kind.as_str().to_owned()));
    let least = asked.min_confidence.map(|least| ("min_confidence", least.to_string()));
    let filter = asked.filter.asked().map(|(key, value)| (key, value.to_owned())).collect::<Vec<_>>();
    let pairs = range.into_iter().flatten().chain(filter).chain(kind).chain(least);
    let pairs = pairs.filter(|(_, value)| !value.is_empty()).chain([("format", format.to_owned())]);
    let pairs = pairs.map(|(key, value)| format!("{key}={}", encode(&value))).collect::<Vec<_>>();
    format!("/api/v1/patterns?{}", pairs.join("&"))
}

fn sections(patterns: &[Pattern], counts: &[TypeCount], threshold: f64, state: &ViewState, now: Micros) -> AnyView {
    let view = use_view();
    let one_kind = asked(state).pattern_type.is_some();
    let sections = counts.iter().filter_map(|of| {
        let kind = of.pattern_type;
        let own = patterns.iter().filter(|pattern| pattern.pattern_type == kind).collect::<Vec<_>>();
        let shown = if one_kind { own.len() } else { own.len().min(LISTED) };
        let cards = own.iter().take(shown).map(|pattern| card::card(pattern, threshold, state, now)).collect_view();
        let id = format!("{}-title", kind.as_str());
        let label = id.clone();
        let more = (own.len() > shown).then(|| {
            let href = view.href(&state.with_own(PATTERN_TYPE, Some(kind.as_str().to_owned())));
            view! { <p><a class="button" href=href>{format!("All {} {}", own.len(), words::plural(kind).to_lowercase())}</a></p> }
        });
        let note = format!("{} · {}", of_all(shown, own.len()), words::meaning(kind));
        (!own.is_empty()).then(|| view! {
            <section class="section" aria-labelledby=label>
                <header class="section-header">
                    <h2 id=id>{words::plural(kind)}</h2>
                    <span class="muted">{note}</span>
                </header>
                <div class="pattern-cards">{cards}</div>
                {more}
            </section>
        })
    });
    sections.collect::<Vec<_>>().into_any()
}

fn of_all(shown: usize, all: usize) -> String {
    if shown == all { format!("{all}, the surest first") } else { format!("the surest {shown} of {all}") }
}

/// Nothing was learned so far.
fn not_learned(busy: bool) -> AnyView {
    if busy {
        return view! { <p class="nothing">"Patterns appear here as soon as they are learned."</p> }.into_any();
    }
    view! {
        <section class="notice" data-kind="nothing">
            <h2>"Nothing was learned yet"</h2>
            <p>
                "The server looks for patterns every few minutes. It is told not to where "
                <code>"[patterns] auto_learn"</code> " is false; then choose a range or an agent, and it learns those at once."
            </p>
        </section>
    }
    .into_any()
}

/// There are events, and nothing recurs in them.
fn none_found(state: &ViewState, threshold: f64, busy: bool) -> AnyView {
    let view = use_view();
    let kind = asked(state).pattern_type;
    let lower = THRESHOLDS.into_iter().rev().find(|value| *value < threshold - 1e-9);
    let lower = lower.map(|value| {
        let href = view.href(&state.with_own(CONFIDENCE, Some(value.to_string())));
        view! { <a class="button primary" href=href>{format!("Show those from {} on", words::share(value))}</a> }
    });
    let every = kind.is_some().then(|| {
        let href = view.href(&state.with_own(PATTERN_TYPE, None));
        view! { <a class="button" href=href>"Show every kind"</a> }
    });
    let needs = PatternType::ALL.into_iter().filter(|each| kind.is_none_or(|kind| kind == *each)).map(|kind| {
        view! {
            <div>
                <dt>{words::plural(kind)}</dt>
                <dd>{words::needs(kind)}</dd>
            </div>
        }
    });
    let title = if busy { "No pattern so far" } else { "No pattern in these events" };
    view! {
        <section class="notice" data-kind="nothing">
            <h2>{title}</h2>
            <p>
                {format!("Nothing was seen often enough, with a confidence of {} or more, to be told from chance. What each kind needs:", words::share(threshold))}
            </p>
            <dl class="facts column needs">{needs.collect::<Vec<_>>()}</dl>
            <h3>"Send what your agents do"</h3>
            <Example record=FIRST_EVENT />
            <p class="actions">{lower} {every}</p>
        </section>
    }
    .into_any()
}

/// A change of what the server learns by itself, as an entry of a list.
pub(super) fn change_entry(change: &PatternChange) -> Attention {
    attention(change, &ViewState::parse_for("", &usual()))
}

/// A change as an entry of a list.
fn attention(change: &PatternChange, state: &ViewState) -> Attention {
    let (ink, sign, word) = match change.change {
        ChangeKind::Appeared => (Ink::Success, "●", "appeared"),
        ChangeKind::Strengthened => (Ink::Accent, "↑", "stronger"),
        ChangeKind::Faded => (Ink::Cancelled, "○", "faded"),
    };
    let figures = |confidence: Option<f64>, occurrences: Option<u64>| {
        let confidence = confidence.map(words::share);
        let seen = occurrences.map(|n| format!("{} times", format::count(n).exact));
        confidence.into_iter().chain(seen).collect::<Vec<_>>().join(", ")
    };
    let before = figures(change.confidence_before, change.occurrences_before);
    let after = figures(change.confidence_after, change.occurrences_after);
    let evidence = match change.change {
        ChangeKind::Appeared => after,
        ChangeKind::Strengthened => format!("{before} → {after}"),
        ChangeKind::Faded => format!("was {before}"),
    };
    Attention {
        ink,
        sign,
        word,
        sentence: change.description.clone(),
        href: Some(pattern_href(&change.pattern_id, state)),
        evidence: format!("{} · {evidence}", words::singular(change.pattern_type)),
        at: Some(change.timestamp),
    }
}
