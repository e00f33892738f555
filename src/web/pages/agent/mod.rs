//! `/agents/:id`: one agent: how it is doing and why, its life on one time axis, and all that it did.

mod life;

use leptos::prelude::*;

use crate::model::Micros;
use crate::model::overview::{AgentPage as Answer, HealingRow};
use crate::model::registry::AgentProfile;
use crate::web::calls::{ask, load_agent_page};
use crate::web::components::answer::answer;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::event_table::EventTable;
use crate::web::components::export_menu::ExportScope;
use crate::web::components::health::{state_sign, why};
use crate::web::components::ids::{SwarmName, session_href, short_id};
use crate::web::components::lane_panel::LanePanel;
use crate::web::components::live::keep_live;
use crate::web::components::page_header::PageHeader;
use crate::web::components::panel_grid::PanelGrid;
use crate::web::components::reported::{ReportedMetrics, health_example};
use crate::web::components::table_card::TableCard;
use crate::web::components::task_table::TaskTable;
use crate::web::components::tiles::Tiles;
use crate::web::components::trends::TrendsCard;
use crate::web::components::view::{provide_view, use_view};
use crate::web::components::work_marks::list_href;
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
    let state = use_view().state.get_untracked();
    let now = agent.scope.now;
    let title = [agent.agent_type.clone(), Some(short_id(&agent.agent_id)), agent.project.clone()];
    let title = title.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let lanes = life::lanes(&agent, &state);
    let drawn = (!lanes.lanes.is_empty()).then(|| {
        let (table, note) = life::table(&agent);
        view! { <LanePanel lanes=lanes table=table table_note=note names="What is drawn" /> }
    });
    let facts = view! { <Facts agent=agent.clone() state=state.clone() /> };
    let (tiles, panels) = (agent.totals.tasks > 0)
        .then(|| {
            let tiles = view! {
                <Tiles
                    totals=agent.totals.clone()
                    previous=agent.previous.clone()
                    timeline=agent.timeline.clone()
                    one_agent=true
                />
            };
            let panels = view! {
                <PanelGrid range=agent.scope.range timeline=agent.timeline totals=agent.totals previous=agent.previous />
            };
            (tiles, panels)
        })
        .unzip();
    let tasks = format!("the newest {}", agent.tasks.len());
    let events = format!("the newest {}", agent.events.len());
    view! {
        <PageHeader title=title kind="Agent" scope=agent.scope projects=false />
        {facts}
        {tiles}
        {drawn}
        {panels}
        <TrendsCard trends=agent.trends whose=("agent_id", agent.agent_id.clone()) />
        <ReportedMetrics metrics=agent.metrics example=health_example(&agent.agent_id) />
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
                <Healings rows=agent.healings now=now />
                <EventTypes types=agent.event_types />
            </div>
        </div>
        <EventTable note=events rows=agent.events now=now nothing="No event of this agent in this range." />
    }
    .into_any()
}

/// Who it is, how it is doing, and where the rest of it is.
#[component]
fn Facts(agent: Answer, state: ViewState) -> impl IntoView {
    let now = agent.scope.now;
    let list = |section: &str| list_href(section, "agent_id", &agent.agent_id, &state);
    let health = view! { <Health profile=agent.profile.clone() /> };
    let sessions = agent.profile.sessions.into_iter().map(|id| {
        view! { <a class="name" href=session_href(&id, &state) title=id.clone()><b>{short_id(&id)}</b></a> }
    });
    let sessions = sessions.collect::<Vec<_>>();
    let remembered = (!sessions.is_empty()).then(|| {
        view! {
            <div>
                <dt>"Memory of sessions"</dt>
                <dd class="names">{sessions}</dd>
            </div>
        }
    });
    view! {
        {health}
        <dl class="facts">
            <div>
                <dt>"Agent"</dt>
                <dd class="selectable mono">{agent.agent_id.clone()}</dd>
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
            {remembered}
            <div>
                <dt>"All of it"</dt>
                <dd class="names">
                    <a href=list("tasks")>"tasks"</a>
                    <a href=list("events")>"events"</a>
                    <a href=list("swarms")>"swarms"</a>
                </dd>
            </div>
        </dl>
    }
    .into_any()
}

/// The state, and why.
#[component]
fn Health(profile: AgentProfile) -> impl IntoView {
    let (ink, sign) = state_sign(profile.health.state);
    let now = profile.now;
    let stale = profile.stale_since.map(|since| {
        view! { <p>{format!("Marked as stale {}: it says it is at work, and was not heard of.", format::ago(since, now))}</p> }
    });
    let last = profile
        .last_event
        .map(|event| format!(" · last event: {}, {}", event.event_type, format::ago(event.timestamp, now)));
    view! {
        <section class="health-line" data-state=profile.health.state.as_str() aria-label="Agent health">
            <p>
                <b class="state" data-ink=ink.token()>
                    <span aria-hidden="true">{sign}</span>
                    " "
                    {profile.health.state.as_str()}
                </b>
                " "
                <span class="muted">{why(&profile.health)} {last}</span>
            </p>
            {stale}
        </section>
    }
    .into_any()
}

fn swarms(ids: Vec<String>) -> AnyView {
    if ids.is_empty() {
        return view! { <span class="muted">"none in this range"</span> }.into_any();
    }
    ids.into_iter().map(|id| view! { <SwarmName id=id /> }).collect_view().into_any()
}

/// Attempts to heal it.
#[component]
fn Healings(rows: Vec<HealingRow>, now: Micros) -> impl IntoView {
    let note = format!("the newest {}", rows.len());
    let empty = rows.is_empty();
    let heads = [("Strategy", ""), ("Failure", ""), ("Worked", ""), ("Took", "number minor"), ("At (UTC)", "number")];
    let heads = heads.into_iter().map(|(label, class)| Head::plain(label, class)).collect();
    let row = |healing: HealingRow| {
        let (ink, sign, word) = if healing.success { ("success", "●", "yes") } else { ("failure", "▲", "no") };
        vec![
            Cell::text(&healing.strategy).hint(healing.actions.join(" → ")),
            Cell::text(&healing.failure_type),
            Cell::state(ink, sign, word),
            Cell::figure(Some(format::duration(healing.duration_ms))),
            Cell::time(Some(healing.timestamp), now),
        ]
    };
    let rows = rows.into_iter().map(row).collect();
    view! {
        <section class="card" aria-labelledby="healings-title">
            <header class="card-header">
                <h2 id="healings-title">"Healings"</h2>
                <span class="muted">{note}</span>
            </header>
            {if empty {
                view! { <p class="nothing">"Nothing of this agent was healed in this range."</p> }.into_any()
            } else {
                view! { <DataTable table=Table { class: "", heads, rows } /> }.into_any()
            }}
        </section>
    }
    .into_any()
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
