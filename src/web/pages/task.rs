//! `/tasks/:id?at=`: one task, everything that is known about it, and where that comes from.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::overview::{CostBasis, TaskPage as Answer};
use crate::model::{Micros, TokenCounts};
use crate::web::calls::{ask, load_task_page};
use crate::web::components::answer::answer;
use crate::web::components::event_table::EventTable;
use crate::web::components::ids::{AgentName, ResultWord, SwarmName, short_id};
use crate::web::components::view::provide_view;
use crate::web::format::{self, NONE};
use crate::web::view_state::pairs;

/// The page of one task.
#[component]
pub fn TaskPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| {
        let at = view.search.with(|search| pairs(search).find(|(key, _)| key == "at").map(|(_, at)| at));
        // `at` names an instant; one that moves with the clock would name another task every time.
        let at = at.filter(|at| !at.starts_with("now")).and_then(|at| Micros::parse_expression(&at, Micros(0)).ok());
        (view.id(), at)
    });
    let task = ask(move || question.get(), |(id, at)| load_task_page(id, at));
    answer(task, RwSignal::new(false), |task| view! { <TaskBody task=task /> }.into_any())
}

/// The task, once it is there.
#[component]
pub fn TaskBody(
    /// The answer.
    task: Answer,
) -> impl IntoView {
    let Answer { now, task, tokens, usd, basis, metadata, source, events, event_count, .. } = task;
    let started = task.duration_ms.map(|ms| {
        #[expect(clippy::cast_possible_truncation, reason = "saturates; durations are far smaller")]
        let micros = (ms * 1000.0) as i64;
        Micros(task.timestamp.0.saturating_sub(micros))
    });
    let note = format!("{} of {}, the oldest first", events.len(), format::count(event_count));
    let duration = task.duration_ms.map(format::duration);
    let fact = |name: &'static str, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> };
    let text = |value: Option<String>| value.unwrap_or_else(|| NONE.to_owned()).into_any();
    let swarm = task.swarm_id.map_or(NONE.into_any(), |id| view! { <SwarmName id=id /> }.into_any());
    let title = format!("Task {}", short_id(&task.task_id));
    view! {
        <Title text=title />
        <header class="page-header">
            <div class="page-title">
                <span class="kind">"Task"</span>
                <h1 title=task.task_id.clone()>{short_id(&task.task_id)}</h1>
                <ResultWord result=task.result />
                <span class="muted">{format!("ended {}", format::ago(task.timestamp, now))}</span>
            </div>
        </header>
        <section class="tiles" aria-label="Figures of the task">
            <Fact label="Duration" exact=duration.as_ref().map(|d| d.exact.clone()) value=duration.map(|d| d.to_string()) />
            <TokenFacts used=task.tokens_used />
            <Fact label=basis_words(basis) value=usd.map(|usd| format::usd(usd).to_string()) />
            <Fact label="Files changed" value=task.files_changed.map(format::grouped) />
        </section>
        <div class="grid">
            <section class="card">
                <header class="card-header"><h2>"Details"</h2></header>
                <dl class="facts column">
                    {fact("Task", view! { <span class="selectable mono">{task.task_id}</span> }.into_any())}
                    {fact("Agent", view! { <AgentName id=task.agent_id kind=task.agent_type project=None /> }.into_any())}
                    {fact("Swarm", swarm)}
                    {fact("Project", text(task.project))}
                    {fact("Model", text(task.model))}
                    {fact("Started", text(started.map(format::instant)))}
                    {fact("Ended", text(Some(format::instant(task.timestamp))))}
                    {fact("Source file", text(source.as_ref().map(|source| source.file.clone())))}
                    {fact("Source key", text(source.map(|source| source.key)))}
                </dl>
            </section>
            <TokenCard tokens=tokens used=task.tokens_used />
        </div>
        <EventTable note=note rows=events now=now nothing="No event names this task." />
        {metadata.map(|metadata| view! {
            <section class="card">
                <header class="card-header">
                    <h2>"Metadata"</h2>
                    <span class="muted">"as it was sent"</span>
                </header>
                <pre class="metadata" tabindex="0"><code>{metadata}</code></pre>
            </section>
        })}
    }
    .into_any()
}

fn basis_words(basis: CostBasis) -> &'static str {
    match basis {
        CostBasis::Unpriced => "Cost, unpriced",
        CostBasis::Reported => "Cost, as reported",
        CostBasis::Priced => "Cost, from the price table",
        CostBasis::Mixed => "Cost, partly reported",
    }
}

/// One figure of the task.
#[component]
fn Fact(
    label: &'static str,
    #[prop(optional_no_strip)] value: Option<String>,
    #[prop(optional_no_strip)] exact: Option<String>,
) -> impl IntoView {
    let known = value.is_some();
    view! {
        <div class="tile">
            <h2>{label}</h2>
            <p class="figure" title=exact>
                <b>{value.unwrap_or_else(|| NONE.to_owned())}</b>
                {(!known).then(|| view! { <span class="unit">"not recorded"</span> })}
            </p>
        </div>
    }
}

#[component]
fn TokenFacts(#[prop(optional_no_strip)] used: Option<i64>) -> impl IntoView {
    let figure = used.map(format::tokens);
    view! { <Fact label="Tokens" exact=figure.as_ref().map(|f| f.exact.clone()) value=figure.map(|f| f.to_string()) /> }
}

/// Tokens by kind.
#[component]
fn TokenCard(tokens: TokenCounts, #[prop(optional_no_strip)] used: Option<i64>) -> impl IntoView {
    let row = |name: &'static str, value: Option<i64>| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="number">{value.map_or(NONE.to_owned(), format::grouped)}</td>
            </tr>
        }
    };
    view! {
        <section class="card">
            <header class="card-header">
                <h2>"Tokens by kind"</h2>
                <span class="muted">"– = not recorded"</span>
            </header>
            <table>
                <tbody>
                    {row("Input, not cached", tokens.input)}
                    {row("Output", tokens.output)}
                    {row("of it reasoning", tokens.reasoning)}
                    {row("Cache read", tokens.cache_read)}
                    {row("Cache write", tokens.cache_write)}
                    {row("All", used)}
                </tbody>
            </table>
        </section>
    }
}
