//! When a pattern was seen: its newest occurrences, and the events of each.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::overview::EventRow;
use crate::model::pattern::{FailedTask, Occurrence, OccurrenceRow, PatternDetail};
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::ids::{agent_href, any_task_href, task_href};
use crate::web::components::view::use_view;
use crate::web::format;
use crate::web::view_state::{SKIP, ViewState};

use super::words;

/// The card of them.
pub(super) fn card(detail: &PatternDetail, state: &ViewState, now: Micros) -> AnyView {
    let (shown, all) = (detail.occurrences.len() as u64, detail.occurrence_count);
    let note = match shown {
        0 => "none".to_owned(),
        _ => format!(
            "{}–{} of {}, the newest first",
            format::count(detail.skip + 1).exact,
            format::count(detail.skip + shown).exact,
            format::count(all).exact
        ),
    };
    // Where an occurrence is one event, there is nothing to unfold.
    let single = detail.occurrences.iter().all(|row| row.occurrence.from == row.occurrence.until);
    let body = if detail.occurrences.is_empty() {
        view! { <p class="nothing">"No occurrence lies in these events."</p> }.into_any()
    } else if single {
        let rows = detail.occurrences.iter().flat_map(|row| rows(row, state, now)).collect();
        view! { <DataTable table=Table { class: "list", heads: heads(), rows } /> }.into_any()
    } else {
        let each = detail.occurrences.iter().enumerate();
        let each = each.map(|(place, row)| folded(row, place == 0 && detail.skip == 0, state, now));
        view! { <div class="occurrences">{each.collect::<Vec<_>>()}</div> }.into_any()
    };
    view! {
        <section class="card list-card" id="occurrences" aria-labelledby="occurrences-list-title" data-panel="occurrence-list">
            <header class="card-header">
                <h2 id="occurrences-list-title">"Where it was seen"</h2>
                <span class="muted">{note}</span>
            </header>
            {body}
            {pager(detail, state)}
        </section>
    }
    .into_any()
}

fn pager(detail: &PatternDetail, state: &ViewState) -> Option<AnyView> {
    let view = use_view();
    let shown = detail.occurrences.len() as u64;
    let page = PatternDetail::OCCURRENCES_LISTED as u64;
    let at = |skip: u64| view.href(&state.with_own(SKIP, Some(skip.to_string()).filter(|_| skip > 0)));
    let before = (detail.skip > 0).then(|| at(detail.skip.saturating_sub(page)));
    let after = (detail.skip + shown < detail.occurrence_count && shown > 0).then(|| at(detail.skip + shown));
    let link = |href: Option<String>, name: &'static str| {
        href.map(|href| view! { <a class="button" href=href data-noscroll="">{name}</a> })
    };
    (before.is_some() || after.is_some()).then(|| {
        view! {
            <nav class="pager" aria-label="Pages of occurrences">
                {link(before, "← Newer")}
                {link(after, "Older →")}
            </nav>
        }
        .into_any()
    })
}

/// One occurrence, with its events folded away.
fn folded(row: &OccurrenceRow, open: bool, state: &ViewState, now: Micros) -> AnyView {
    let occurrence = &row.occurrence;
    let exact = occurrence.from.to_rfc3339();
    let took = words::time(millis(occurrence.until.0 - occurrence.from.0));
    let who = occurrence.agent_id.clone().map(|agent| {
        let href = agent_href(&agent, state);
        view! { <a class="name" href=href title=agent.clone()>{agent.clone()}</a> }
    });
    let table = Table { class: "list", heads: heads(), rows: rows(row, state, now) };
    view! {
        <details class="occurrence" open=open>
            <summary>
                <time datetime=exact.clone() title=exact>{format::moment_exact(occurrence.from, now)}</time>
                <span class="muted">{format!("took {took} · {} events", row.events.len() + row.tasks.len())}</span>
            </summary>
            <p class="occurrence-links">
                {who}
                <a href=events_href(occurrence)>"all events of that time →"</a>
            </p>
            <DataTable table=table />
        </details>
    }
    .into_any()
}

fn heads() -> Vec<Head> {
    let heads = [("Event", ""), ("Agent", ""), ("Task", ""), ("Took", "number minor"), ("At (UTC)", "number")];
    heads.into_iter().map(|(label, class)| Head::plain(label, class)).collect()
}

/// The events and failed tasks of an occurrence, oldest first.
fn rows(row: &OccurrenceRow, state: &ViewState, now: Micros) -> Vec<Vec<Cell>> {
    let events = row.events.iter().map(|event| (event.timestamp, event_row(event, &row.occurrence, state, now)));
    let tasks = row.tasks.iter().map(|task| (task.timestamp, task_row(task, state, now)));
    let mut all = events.chain(tasks).collect::<Vec<_>>();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, cells)| cells).collect()
}

fn event_row(event: &EventRow, occurrence: &Occurrence, state: &ViewState, now: Micros) -> Vec<Cell> {
    let failed = event.event_type == "error" || event.event_type.starts_with("tool_error");
    vec![
        Cell::event(&event.event_type, failed, &events_href(occurrence)),
        Cell::id(&event.agent_id, &agent_href(&event.agent_id, state)),
        event.task_id.as_deref().map_or_else(Cell::none, |task| Cell::id(task, &any_task_href(task))),
        Cell::figure(event.duration_ms.map(format::duration)),
        Cell::instant(event.timestamp, now),
    ]
}

fn task_row(task: &FailedTask, state: &ViewState, now: Micros) -> Vec<Cell> {
    vec![
        Cell::result(task.result.as_deref()),
        Cell::id(&task.agent_id, &agent_href(&task.agent_id, state)),
        Cell::id(&task.task_id, &task_href(&task.task_id, task.timestamp)),
        Cell::none(),
        Cell::instant(task.timestamp, now),
    ]
}

/// The list of events of an occurrence: of its agent, or of its swarm, in its time.
fn events_href(occurrence: &Occurrence) -> String {
    let until = Micros(occurrence.until.0.saturating_add(1));
    let mut state = ViewState::default().with_range(&occurrence.from.to_rfc3339(), &until.to_rfc3339());
    state.filter.agent_id = occurrence.agent_id.clone();
    if state.filter.agent_id.is_none() {
        state.filter.swarm_id = occurrence.swarm_id.clone();
    }
    format!("/events{}", state.query())
}

#[expect(clippy::cast_precision_loss, reason = "rounded to three digits anyway")]
fn millis(micros: i64) -> f64 {
    micros as f64 / 1000.0
}
