//! `/agents/:id`: one agent, its lives, its tasks and its events.

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::overview::{AgentPage as Answer, LifeRow};
use crate::web::calls::{ask, load_agent_page};
use crate::web::components::answer::answer;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::event_table::EventTable;
use crate::web::components::export_menu::ExportScope;
use crate::web::components::ids::{SwarmName, short_id};
use crate::web::components::live::keep_live;
use crate::web::components::page_header::PageHeader;
use crate::web::components::panel_grid::PanelGrid;
use crate::web::components::table_card::TableCard;
use crate::web::components::task_table::TaskTable;
use crate::web::components::tiles::Tiles;
use crate::web::components::view::provide_view;
use crate::web::format::{self, NONE};
use crate::web::view_state::ViewState;

/// The page of one agent.
#[component]
pub fn AgentPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| (view.id(), view.state.with(ViewState::page_query)));
    let agent = ask(move || question.get(), |(id, query)| load_agent_page(id, query));
    let pending = RwSignal::new(false);
    Cursor::provide();
    keep_live(agent, view, pending);
    answer(agent, pending, |agent| view! { <AgentBody agent=agent /> }.into_any())
}

/// The agent, once it is there.
#[component]
pub fn AgentBody(
    /// The answer.
    agent: Answer,
) -> impl IntoView {
    provide_context(ExportScope(vec![("agent_id", agent.agent_id.clone())]));
    let now = agent.scope.now;
    let title = [agent.agent_type.clone(), Some(short_id(&agent.agent_id)), agent.project.clone()];
    let title = title.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let idle = agent.totals.tasks == 0;
    let figures = (!idle).then(|| {
        view! {
            <Tiles
                totals=agent.totals.clone()
                previous=agent.previous.clone()
                timeline=agent.timeline.clone()
                one_agent=true
            />
            <PanelGrid range=agent.scope.range timeline=agent.timeline totals=agent.totals previous=agent.previous />
        }
    });
    let tasks = format!("the newest {}", agent.tasks.len());
    let events = format!("the newest {}", agent.events.len());
    view! {
        <PageHeader title=title kind="Agent" scope=agent.scope projects=false />
        <dl class="facts">
            <div>
                <dt>"Agent"</dt>
                <dd class="selectable mono">{agent.agent_id}</dd>
            </div>
            <div>
                <dt>"First heard"</dt>
                <dd>{agent.heard.map_or(NONE.to_owned(), |heard| format::instant(heard.from))}</dd>
            </div>
            <div>
                <dt>"Last heard"</dt>
                <dd>{agent.heard.map_or(NONE.to_owned(), |heard| format!("{}, {}", format::instant(heard.until), format::ago(heard.until, now)))}</dd>
            </div>
            <div>
                <dt>"Swarms"</dt>
                <dd class="names">{swarms(agent.swarms)}</dd>
            </div>
        </dl>
        {figures}
        <div class="grid">
            <TaskTable
                title="Tasks"
                note=tasks
                rows=agent.tasks
                now=now
                agents=false
                nothing="No task of this agent ended in this range."
            />
            <div class="stack">
                <Lives lives=agent.lives now=now />
                <EventTypes types=agent.event_types />
            </div>
        </div>
        <EventTable note=events rows=agent.events now=now nothing="No event of this agent in this range." />
    }
    .into_any()
}

fn swarms(ids: Vec<String>) -> AnyView {
    if ids.is_empty() {
        return view! { <span class="muted">"none in this range"</span> }.into_any();
    }
    ids.into_iter().map(|id| view! { <SwarmName id=id /> }).collect_view().into_any()
}

/// The registry's rows: when it was started, and how that ended.
#[component]
fn Lives(lives: Vec<LifeRow>, now: Micros) -> impl IntoView {
    let empty = lives.is_empty();
    let rows = lives.into_iter().map(move |life| {
        let ended = life.complete_time.map_or(NONE.to_owned(), |time| format::moment(time, now));
        let ink = if life.status == "error" { "failure" } else { "success" };
        view! {
            <tr>
                <th scope="row">
                    <span class="state" data-ink=ink>
                        {if life.status == "error" { "▲ " } else { "● " }}
                        {life.status}
                    </span>
                </th>
                <td class="number">{format::moment(life.spawn_time, now)}</td>
                <td class="number">{ended}</td>
                <td class="number">
                    {life.duration_ms.map_or(NONE.to_owned(), |ms| format::duration(ms).to_string())}
                </td>
            </tr>
        }
    });
    view! {
        <TableCard title="Lives" note="as registered, the newest first" empty=empty nothing="This agent is not in the registry.">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Status"</th>
                        <th scope="col" class="number">"Started (UTC)"</th>
                        <th scope="col" class="number">"Ended (UTC)"</th>
                        <th scope="col" class="number">"Lived"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableCard>
    }
}

/// What it did, by how often.
#[component]
fn EventTypes(types: Vec<(String, u64)>) -> impl IntoView {
    let empty = types.is_empty();
    let rows = types.into_iter().map(|(name, n)| {
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td class="number">{format::count(n).to_string()}</td>
            </tr>
        }
    });
    view! {
        <TableCard title="Events by type" note="most frequent first" empty=empty nothing="No event in this range.">
            <table>
                <thead>
                    <tr>
                        <th scope="col">"Type"</th>
                        <th scope="col" class="number">"Events"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
        </TableCard>
    }
}
