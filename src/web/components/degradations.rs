//! What gets worse, over all agents and swarms: state in words and sign, a sentence with a link, evidence in small
//! print, and from when the list is.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::trend::{Degradations, Trend};
use crate::web::format::{self, NBSP};
use crate::web::view_state::ViewState;

use super::ids::{agent_href, leads_astray, short_id, swarm_href};
use super::trends::{TrendDownloads, change, metric_name, p_value, records_href, records_word, verdict_sign, written};
use super::view::use_view;

/// How many are shown at once.
const SHOWN: usize = 5;

/// The list.
#[component]
pub fn DegradationList(
    /// What was found; `None` = nobody has looked yet.
    found: Option<Degradations>,
    /// The server's clock.
    now: Micros,
) -> impl IntoView {
    let body = match &found {
        None => view! { <p class="nothing">"Nobody has looked yet: it happens right after the start."</p> }.into_any(),
        Some(found) if found.judged == 0 => teach().into_any(),
        Some(found) if found.trends.is_empty() => nothing(found).into_any(),
        Some(found) => list(found, now).into_any(),
    };
    let note = found.as_ref().map(|found| note(found, now));
    let fleet = found.as_ref().filter(|found| !found.fleet.is_empty()).map(fleet);
    let some = found.is_some_and(|found| found.judged > 0);
    view! {
        <section class="card" aria-labelledby="degradations-title" data-card="degradations">
            <header class="card-header">
                <h2 id="degradations-title">"What gets worse"</h2>
                <span class="muted">{note}</span>
                {some.then(|| view! {
                    <TrendDownloads
                        href="/api/v1/trends?group_by=agent_id&verdict=degrading&limit=5000".to_owned()
                        title="Agents that get worse"
                    />
                })}
            </header>
            {body}
            {fleet}
        </section>
    }
    .into_any()
}

fn note(found: &Degradations, now: Micros) -> String {
    let shown = found.trends.len().min(SHOWN) as u64;
    let of = if found.total > shown { format!("{shown} of {} · ", found.total) } else { String::new() };
    let looked = if found.subjects_truncated { "of those heard of last, " } else { "" };
    format!("{of}{looked}looked at {}", format::ago(found.computed_at, now))
}

/// Nothing has enough records for a verdict.
fn teach() -> impl IntoView {
    let (least, most) = (Trend::SAMPLES_MIN, Trend::RECORDS_DEFAULT);
    view! {
        <p class="nothing">
            {format!("Not enough data: no agent and no swarm has {least} records that carry a duration, tokens, a result or a reported number. From then on the newest {most} of each are judged.")}
        </p>
    }
}

fn nothing(found: &Degradations) -> impl IntoView {
    let (judged, subjects) = (format::count(found.judged), format::count(found.subjects));
    view! {
        <p class="nothing">
            {format!("Nothing got worse by more than 5{NBSP}% that was last recorded in this range: {judged} trends of {subjects} agents and swarms were judged, each over its newest {} records.", Trend::RECORDS_DEFAULT)}
        </p>
    }
}

fn list(found: &Degradations, now: Micros) -> impl IntoView {
    let state = use_view().state.get_untracked();
    let mut rows: Vec<AnyView> = found.trends.iter().map(|trend| row(trend, now, &state)).collect();
    let rest = rows.split_off(rows.len().min(SHOWN));
    let left = found.total.saturating_sub(found.trends.len() as u64);
    let more = (!rest.is_empty()).then(|| {
        let label = format!("{} more", rest.len());
        let left = (left > 0).then(|| {
            view! { <p class="muted small">{format!("{} others changed less; the download has those of agents.", format::count(left))}</p> }
        });
        view! {
            <details class="more">
                <summary>{label}</summary>
                <ul class="attention">{rest}</ul>
                {left}
            </details>
        }
    });
    view! {
        <ul class="attention">{rows}</ul>
        {more}
    }
}

fn row(trend: &Trend, now: Micros, state: &ViewState) -> AnyView {
    let (ink, sign, word) = verdict_sign(trend.verdict);
    let figures = &trend.figures;
    let value = |value: Option<f64>| value.map(|value| written(trend, value)).unwrap_or_default();
    let course = format!("{} {} → {}", metric_name(trend), value(figures.earlier), value(figures.recent));
    let last = figures.last.map(|last| {
        let exact = last.to_rfc3339();
        view! { <time datetime=exact.clone() title=exact>{format::moment(last, now)}</time> }
    });
    let (recent, all) = (figures.n.min(Trend::RECENT_SAMPLES as u64), format::count(figures.n));
    let records = format!("the last {recent} of {all} {}", records_word(trend));
    let external = (trend.source != crate::model::trend::TrendSource::Tasks).then_some("external");
    view! {
        <li>
            <span class="state" data-ink=ink.token()>
                <span aria-hidden="true">{sign}</span>
                " "
                {word}
            </span>
            <span class="sentence">{whose(trend, state)} ": " {course}</span>
            <small class="muted">
                {figures.change_percent.map(change)}
                " · "
                <a href=records_href(trend, true) rel=external>{records}</a>
                " · Mann–Kendall "
                {figures.p_value.map(p_value)}
            </small>
            <span class="muted when">{last}</span>
        </li>
    }
    .into_any()
}

/// Whose trend it is, leading to the page of it over the very records it was judged by.
fn whose(trend: &Trend, state: &ViewState) -> AnyView {
    let of_records = match (trend.figures.first, trend.figures.last) {
        (Some(first), Some(last)) => {
            let until = Micros(last.0.saturating_add(1));
            ViewState::default().with_range(&first.to_rfc3339(), &until.to_rfc3339())
        }
        _ => state.clone(),
    };
    let (id, kind, href) = match (&trend.agent_id, &trend.swarm_id) {
        (Some(agent), _) => (agent, "agent ", agent_href(agent, &of_records)),
        (None, Some(swarm)) => (swarm, "swarm ", swarm_href(swarm, &of_records)),
        (None, None) => return view! { <a href=records_href(trend, false)>"all tasks"</a> }.into_any(),
    };
    let rel = leads_astray(id).then_some("external");
    view! {
        {kind}
        <a href=href rel=rel title=id.clone()>
            <b>{short_id(id)}</b>
        </a>
    }
    .into_any()
}

/// How all tasks together do, in a line.
fn fleet(found: &Degradations) -> impl IntoView + use<> {
    let one = |trend: &Trend| {
        let (ink, sign, word) = verdict_sign(trend.verdict);
        let by = trend.figures.change_percent.map(|percent| format!(" ({})", change(percent)));
        view! {
            <span>
                {metric_name(trend)}
                " "
                <span class="state" data-ink=ink.token()>
                    <span aria-hidden="true">{sign}</span>
                    " "
                    {word}
                </span>
                {by}
            </span>
        }
    };
    let each = found.fleet.iter().map(one).collect_view();
    let tasks = found.fleet.iter().map(|trend| trend.figures.n + trend.figures.missing).max().unwrap_or_default();
    view! { <p class="fleet-trend small">{format!("The newest {} tasks of all: ", format::count(tasks))} {each}</p> }
}
