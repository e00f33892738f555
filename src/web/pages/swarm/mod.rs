//! `/swarms/:id`: one swarm, its agents and tasks on one time axis, its health, its members.

mod gantt;

use leptos::prelude::*;

use crate::model::overview::{AgentRow, SwarmPage as Answer};
use crate::model::registry::AgentStanding;
use crate::web::calls::{ask, load_swarm_page};
use crate::web::components::answer::answer;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::export_menu::ExportScope;
use crate::web::components::health::{SwarmHealthCard, state_cell};
use crate::web::components::ids::{agent_href, short_id};
use crate::web::components::lane_panel::LanePanel;
use crate::web::components::live::keep_live;
use crate::web::components::page_header::PageHeader;
use crate::web::components::panel_grid::PanelGrid;
use crate::web::components::reported::{ReportedMetrics, resource_example};
use crate::web::components::task_table::TaskTable;
use crate::web::components::tiles::Tiles;
use crate::web::components::trends::TrendsCard;
use crate::web::components::view::{provide_view, use_view};
use crate::web::components::work_marks::list_href;
use crate::web::format::{self, NONE};
use crate::web::view_state::{SKIP, ViewState};

/// The page of one swarm.
#[component]
pub fn SwarmPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| {
        let skip = view.state.with(|state| state.own(SKIP).and_then(|skip| skip.parse().ok()).unwrap_or(0));
        (view.id(), view.state.with(ViewState::page_query), skip)
    });
    let swarm = ask(move || question.get(), |(id, query, skip)| load_swarm_page(id, query, skip));
    let pending = RwSignal::new(false);
    Cursor::provide();
    keep_live(swarm, view, pending);
    answer(swarm, pending, |swarm| view! { <SwarmBody swarm=swarm /> }.into_any())
}

/// The swarm, once it is there.
#[component]
pub fn SwarmBody(
    /// The answer.
    swarm: Answer,
) -> impl IntoView {
    provide_context(ExportScope(vec![("swarm_id", swarm.swarm_id.clone())]));
    let state = use_view().state.get_untracked();
    let now = swarm.scope.now;
    let title = [Some(short_id(&swarm.swarm_id)), swarm.project.clone()];
    let title = title.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let drawn = (!swarm.agents.is_empty()).then(|| {
        let (table, note) = gantt::table(&swarm, &state);
        let lanes = gantt::lanes(&swarm, &state);
        view! { <LanePanel lanes=lanes table=table table_note=note names="Agents" /> }
    });
    let members = view! { <Members swarm=swarm.clone() /> };
    let (tiles, panels) = (swarm.totals.tasks > 0)
        .then(|| {
            let tiles = view! {
                <Tiles totals=swarm.totals.clone() previous=swarm.previous.clone() timeline=swarm.timeline.clone() />
            };
            let panels = view! {
                <PanelGrid range=swarm.scope.range timeline=swarm.timeline totals=swarm.totals previous=swarm.previous />
            };
            (tiles, panels)
        })
        .unzip();
    let tasks = format!("the newest {}", swarm.tasks.len());
    let all = |section: &str| list_href(section, "swarm_id", &swarm.swarm_id, &state);
    view! {
        <PageHeader title=title kind="Swarm" scope=swarm.scope projects=false />
        <dl class="facts">
            <div>
                <dt>"Swarm"</dt>
                <dd class="selectable mono">{swarm.swarm_id.clone()}</dd>
            </div>
            <div>
                <dt>"First heard"</dt>
                <dd>{swarm.heard.map_or(NONE.to_owned(), |heard| format::instant(heard.from))}</dd>
            </div>
            <div>
                <dt>"Last heard"</dt>
                <dd>{swarm.heard.map_or(NONE.to_owned(), |heard| format!("{}, {}", format::instant(heard.until), format::ago(heard.until, now)))}</dd>
            </div>
            <div>
                <dt>"All of it"</dt>
                <dd class="names">
                    <a href=all("tasks")>"tasks"</a>
                    <a href=all("agents")>"agents"</a>
                    <a href=all("events")>"events"</a>
                </dd>
            </div>
        </dl>
        {tiles}
        {drawn}
        <SwarmHealthCard health=swarm.health />
        {panels}
        <TrendsCard trends=swarm.trends whose=("swarm_id", swarm.swarm_id.clone()) />
        <ReportedMetrics metrics=swarm.metrics example=resource_example(&swarm.swarm_id) />
        <div class="grid">
            {members}
            <TaskTable
                title="Tasks"
                note=tasks
                rows=swarm.tasks
                now=now
                nothing="No task of this swarm ended in this range."
            />
        </div>
    }
    .into_any()
}

/// A page of the agents, and the way to the next.
#[component]
fn Members(swarm: Answer) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let which = gantt::which(&swarm);
    let (from, shown) = (swarm.agents_from, swarm.agents.len() as u64);
    let at = |skip: u64| view.href(&state.with_own(SKIP, Some(skip.to_string()).filter(|skip| skip != "0")));
    let before = (from > 0).then(|| at(from.saturating_sub(Answer::AGENTS_LISTED)));
    let last = swarm.agent_count.min(Answer::AGENTS_PAGED);
    let after = (from + shown < last).then(|| at(from + shown));
    let more = (swarm.agent_count > last)
        .then(|| format!("The {} busiest can be paged through here; the list of agents has all.", format::count(last)));
    let heads = [
        ("Agent", ""),
        ("State", ""),
        ("Tasks", "number"),
        ("Success", "number"),
        ("p95", "number minor"),
        ("Tokens", "number minor"),
    ];
    let heads = heads.into_iter().map(|(label, class)| Head::plain(label, class)).collect();
    let rows = swarm.agents.iter().zip(&swarm.standings);
    let rows = rows.map(|(agent, standing)| member(agent, standing, &state)).collect::<Vec<_>>();
    let body = if rows.is_empty() {
        view! { <p class="nothing">"No agent of this swarm ended a task in this range."</p> }.into_any()
    } else {
        view! { <DataTable table=Table { class: "members", heads, rows } /> }.into_any()
    };
    let link = |href: Option<String>, name: &'static str| {
        href.map(|href| view! { <a class="button" href=href data-noscroll="">{name}</a> })
    };
    let paged = before.is_some() || after.is_some();
    view! {
        <section class="card" aria-labelledby="members-title">
            <header class="card-header">
                <h2 id="members-title">"Agents"</h2>
                <span class="muted">{which}</span>
            </header>
            {body}
            {paged.then(|| view! {
                <nav class="pager" aria-label="Pages of agents">
                    {link(before, "← Busier")}
                    {link(after, "Less busy →")}
                    <span class="muted">{more}</span>
                </nav>
            })}
        </section>
    }
    .into_any()
}

fn member(agent: &AgentRow, standing: &AgentStanding, state: &ViewState) -> Vec<Cell> {
    let kind = agent.agent_type.as_deref().filter(|kind| *kind != agent.agent_id).unwrap_or_default();
    vec![
        Cell::id(&agent.agent_id, &agent_href(&agent.agent_id, state)).small(kind),
        state_cell(&standing.health, standing.stale_since.is_some()),
        Cell::figure(Some(format::count(agent.tasks))),
        Cell::figure(agent.success.map(format::percent)),
        Cell::figure(agent.durations.map(|durations| format::duration(durations.p95))),
        Cell::figure(Some(format::tokens(agent.tokens))),
    ]
}
