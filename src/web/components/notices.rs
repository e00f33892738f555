//! What a page says when it has nothing to show: what is the case, why, and what to do.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::overview::Scope;
use crate::model::time::DAY;
use crate::model::{Micros, Problem, ProblemKind, TimeRange};
use crate::web::view_state::encode;
use crate::web::{format, platform};

use super::command_block::{CommandBlock, authorization};
use super::view::use_view;

/// A problem: what, why, what to do, and under which name the log has it.
#[component]
pub fn ProblemNotice(
    /// The problem.
    problem: Problem,
    /// Asks again.
    retry: impl Fn() + 'static,
) -> impl IntoView {
    let view = use_view();
    let again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        retry();
    };
    // Without JavaScript the link reads the page again.
    let here = move || view.state.with(|state| view.href(state));
    let unknown = problem.kind == ProblemKind::Unauthenticated;
    let log_in = unknown.then(|| {
        let address = move || format!("/login?to={}", encode(&here()));
        view! { <a class="button primary" href=address rel="external">"Log in"</a> }
    });
    view! {
        <Title text=problem.kind.title() />
        <section class="notice" role="alert" data-kind="problem">
            <h1>{problem.kind.title()}</h1>
            <p>{problem.detail}</p>
            <p class="actions">
                {log_in}
                <a class="button" class:primary=!unknown href=here rel="external" on:click=again>
                    "Try again"
                </a>
                <a class="button" href="/">"Back to the overview"</a>
            </p>
            {problem.request_id.map(|id| {
                view! {
                    <p class="muted">"Request " <code class="selectable">{id}</code> " in the log"</p>
                }
            })}
        </section>
    }
}

/// There are records, none of them here.
#[component]
pub fn NothingHere(
    /// What was asked.
    scope: Scope,
    /// Where records lie.
    bounds: TimeRange,
    /// What there is none of.
    #[prop(default = "task")]
    what: &'static str,
    /// A record that would be shown here; taught where the whole store has none.
    #[prop(optional)]
    example: Option<&'static str>,
) -> impl IntoView {
    let view = use_view();
    let filters = move || {
        view.state.with(|state| {
            state.filters().into_iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
        })
    };
    let filtered = Memo::new(move |_| view.state.with(|state| !state.filter.is_empty()));
    let everywhere = Memo::new(move |_| view.state.with(|state| state.range.is_all()));
    let title = move || match (filtered.get(), everywhere.get()) {
        (true, _) => format!("No {what} matches"),
        (false, true) => format!("No {what} yet"),
        (false, false) => format!("No {what} in this range"),
    };
    let unfiltered = move || view.state.with(|state| view.href(&state.unfiltered()));
    let jump = move || view.state.with(|state| view.href(&state.with_range("all", "now")));
    let last = TimeRange { from: Micros((bounds.until.0 - DAY).max(bounds.from.0)), until: bounds.until };
    let jump_last = move || {
        view.state.with(|state| view.href(&state.with_range(&last.from.to_rfc3339(), &last.until.to_rfc3339())))
    };
    let asked = format::range(scope.range);
    view! {
        <section class="notice" data-kind="nothing">
            <h2>{title}</h2>
            <p>{format!("Asked for {asked}. The data lies from {} to {}.", format::instant(bounds.from), format::instant(bounds.until))}</p>
            {move || filtered.get().then(|| view! { <p>"Filtered by " {filters}</p> })}
            {move || example.filter(|_| everywhere.get() && !filtered.get()).map(|record| view! {
                <h3>"Send one"</h3>
                <CommandBlock command=curl(record) />
            })}
            <p class="actions">
                {move || (!everywhere.get()).then(|| view! {
                    <a class="button primary" href=jump data-noscroll="">"Show all data"</a>
                    <a class="button" href=jump_last data-noscroll="">"Show the last day with data"</a>
                })}
                {move || filtered.get().then(|| view! {
                    <a class="button" href=unfiltered data-noscroll="">"Clear the filters"</a>
                })}
            </p>
        </section>
    }
}

/// An empty store: how to feed it.
#[component]
pub fn FirstUse(
    /// What can be imported at once.
    children: Children,
) -> impl IntoView {
    view! {
        <section class="notice first-use" data-kind="first-use">
            <h2>"Nothing recorded yet"</h2>
            <p>"Swarmscope shows what your agents did as soon as one of these has run."</p>
            {children()}
            <h3>"Import Claude Code transcripts"</h3>
            <CommandBlock command="swarmscope import claude-code ~/.claude/projects" />
            <h3>"Send a record while agents run"</h3>
            <CommandBlock command=curl(FIRST_TASK) />
            <h3>"Load a file of records, one JSON object a line"</h3>
            <CommandBlock command="swarmscope ingest records.ndjson" />
            <p class="muted">
                "Only looking around? " <code>"make demo"</code>
                " starts beside it with a simulated swarm, marked as such."
            </p>
        </section>
    }
}

/// A command that sends `record`, to copy.
#[component]
pub fn Example(
    /// A record that is accepted as it stands.
    record: &'static str,
) -> impl IntoView {
    view! { <CommandBlock command=curl(record) /> }
}

/// A task with as little as people would send.
const FIRST_TASK: &str = r#"{"kind":"task","task_id":"first","agent_id":"planner-1","result":"success","duration_ms":1200,"tokens_used":950}"#;

/// Sends `record`, which is accepted as it stands, to the server this page comes from.
#[must_use]
pub fn curl(record: &str) -> String {
    format!(
        "curl {}/api/v1/ingest{} -H 'Content-Type: application/json' \\\n  -d '{record}'",
        platform::origin(),
        authorization()
    )
}
