//! What only the list of agents has: counts by state above it, and its rows as cards.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::health::HealthState;
use crate::model::listing::{AgentList, AgentListRow};
use crate::web::calls::Agents;
use crate::web::components::health::{state_sign, why};
use crate::web::components::ids::AgentName;
use crate::web::components::view::use_view;
use crate::web::format::{self, NONE};
use crate::web::view_state::ViewState;

/// How the rows are shown: the key, and its one value beside the default.
pub(super) const VIEW: &str = "view";
pub(super) const CARDS: &str = "cards";

/// Counts by state, each a way to those agents; and the switch between table and cards.
pub(super) fn above(answer: &Agents, state: &ViewState) -> AnyView {
    let view = use_view();
    let chosen = state.filter.state.clone();
    let start = state.from_the_start();
    let tab = |label: AnyView, wanted: Option<String>| {
        let current = (chosen == wanted).then_some("true");
        let href = view.href(&start.with_filter("state", wanted));
        view! { <li><a href=href data-noscroll="" aria-current=current>{label}</a></li> }
    };
    let all: u64 = answer.states.by_state.values().sum();
    let mut tabs = vec![tab(view! { <b>{format::count(all).to_string()}</b> " all" }.into_any(), None)];
    for each in HealthState::ALL {
        let n = answer.states.by_state.get(&each).copied().unwrap_or(0);
        if n == 0 && chosen.as_deref() != Some(each.as_str()) {
            continue;
        }
        let (ink, sign) = state_sign(each);
        let label = view! {
            <b>{format::count(n).to_string()}</b>
            " "
            <span class="state" data-ink=ink.token()>
                <span aria-hidden="true">{sign}</span>
                " "
                {each.as_str()}
            </span>
        };
        tabs.push(tab(label.into_any(), Some(each.as_str().to_owned())));
    }
    if answer.states.stale > 0 || chosen.as_deref() == Some("stale") {
        let label = view! { <b>{format::count(answer.states.stale).to_string()}</b> " stale" };
        tabs.push(tab(label.into_any(), Some("stale".to_owned())));
    }
    let cards = state.own(VIEW) == Some(CARDS);
    let switch = |label: &'static str, value: Option<&str>, on: bool| {
        let href = view.href(&state.with_own(VIEW, value.map(str::to_owned)));
        view! { <a href=href data-noscroll="" aria-current=on.then_some("true")>{label}</a> }
    };
    view! {
        <div class="list-bar states">
            <ul class="tabs" aria-label="Agents by state">{tabs}</ul>
            <nav class="tabs switch" aria-label="Show as">
                {switch("Table", None, !cards)}
                {switch("Cards", Some(CARDS), cards)}
            </nav>
        </div>
    }
    .into_any()
}

/// The rows as cards.
pub(super) fn cards(list: &AgentList) -> AnyView {
    let now = list.scope.now;
    let cards = list.rows.iter().map(|row| card(row.clone(), now)).collect_view();
    view! { <ul class="agent-cards" aria-label="Agents">{cards}</ul> }.into_any()
}

fn card(row: AgentListRow, now: Micros) -> AnyView {
    let AgentListRow { agent, standing, .. } = row;
    let (ink, sign) = state_sign(standing.health.state);
    let word = standing.health.state.as_str();
    let stale = standing.stale_since.map(|since| format!(" · stale, marked {}", format::ago(since, now)));
    let figure = |label: &'static str, value: Option<format::Figure>| {
        let exact = value.as_ref().map(|value| value.exact.clone());
        let text = value.map_or(NONE.to_owned(), |value| value.to_string());
        view! { <div><dt>{label}</dt><dd title=exact>{text}</dd></div> }
    };
    let heard =
        standing.last_heard.map_or("never heard of".to_owned(), |at| format!("heard of {}", format::ago(at, now)));
    view! {
        <li class="card agent-card" data-state=word>
            <header>
                <AgentName id=agent.agent_id kind=agent.agent_type project=agent.project />
                <span class="state" data-ink=ink.token()>
                    <span aria-hidden="true">{sign}</span>
                    " "
                    {word}
                </span>
            </header>
            <p class="muted small why">{why(&standing.health)} {stale}</p>
            <dl>
                {figure("Tasks", Some(format::count(agent.tasks)))}
                {figure("Success", agent.success.map(format::percent))}
                {figure("p95", agent.durations.map(|durations| format::duration(durations.p95)))}
                {figure("Tokens", Some(format::tokens(agent.tokens)))}
            </dl>
            <p class="muted small">{heard}</p>
        </li>
    }
    .into_any()
}
