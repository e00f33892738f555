//! `/swarms/:id`: one swarm, its agents and its tasks.

use leptos::prelude::*;

use crate::model::overview::SwarmPage as Answer;
use crate::web::calls::{ask, load_swarm_page};
use crate::web::components::agent_table::{AgentOrder, AgentTable};
use crate::web::components::answer::answer;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::export_menu::ExportScope;
use crate::web::components::ids::short_id;
use crate::web::components::live::keep_live;
use crate::web::components::page_header::PageHeader;
use crate::web::components::panel_grid::PanelGrid;
use crate::web::components::task_table::TaskTable;
use crate::web::components::tiles::Tiles;
use crate::web::components::view::provide_view;
use crate::web::format::{self, NONE};
use crate::web::view_state::ViewState;

/// The page of one swarm.
#[component]
pub fn SwarmPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| (view.id(), view.state.with(ViewState::page_query)));
    let swarm = ask(move || question.get(), |(id, query)| load_swarm_page(id, query));
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
    let now = swarm.scope.now;
    let title = [Some(short_id(&swarm.swarm_id)), swarm.project.clone()];
    let title = title.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let figures = (swarm.totals.tasks > 0).then(|| {
        view! {
            <Tiles totals=swarm.totals.clone() previous=swarm.previous.clone() timeline=swarm.timeline.clone() />
            <PanelGrid range=swarm.scope.range timeline=swarm.timeline totals=swarm.totals previous=swarm.previous />
        }
    });
    let agents = format!("busiest {} of {}", swarm.agents.len(), format::count(swarm.agent_count));
    let tasks = format!("the newest {}", swarm.tasks.len());
    view! {
        <PageHeader title=title kind="Swarm" scope=swarm.scope projects=false />
        <dl class="facts">
            <div>
                <dt>"Swarm"</dt>
                <dd class="selectable mono">{swarm.swarm_id}</dd>
            </div>
            <div>
                <dt>"First heard"</dt>
                <dd>{swarm.heard.map_or(NONE.to_owned(), |heard| format::instant(heard.from))}</dd>
            </div>
            <div>
                <dt>"Last heard"</dt>
                <dd>{swarm.heard.map_or(NONE.to_owned(), |heard| format!("{}, {}", format::instant(heard.until), format::ago(heard.until, now)))}</dd>
            </div>
        </dl>
        {figures}
        <div class="grid">
            <AgentTable
                title="Agents"
                note=agents
                rows=swarm.agents
                order=AgentOrder::Busiest
                nothing="No agent of this swarm ended a task in this range."
            />
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
