//! `/tasks`, `/agents`, `/swarms`, `/events`: everything there is of a range, page by page, sorted and filtered. All of it
//! is in the URL, and all of it is links and forms.

mod agents;
mod events;
mod rows;

use leptos::prelude::*;

use crate::model::Order;
use crate::model::listing::{AGENT_SORTS, ListAnswer, ListQuery, SWARM_SORTS, TASK_SORTS, Total};
use crate::model::overview::Scope;
use crate::web::calls::{Agents, List, ListKind, ask, load_list};
use crate::web::components::answer::answer;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::data_table::{DataTable, Head, Table};
use crate::web::components::list_form::{FilterField, FilterMenu, RESULTS};
use crate::web::components::live::keep_live;
use crate::web::components::notices::{FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::pager::{Pager, count_words};
use crate::web::components::view::{provide_view, use_view};
use crate::web::view_state::{CURSOR, ViewState};

use super::import::ImportOffers;

/// What agents are sorted by where nothing else is asked for.
const LAST_HEARD: &str = "last_heard";

/// The list of tasks.
#[component]
pub fn TasksPage() -> impl IntoView {
    page(ListKind::Tasks)
}

/// The list of agents.
#[component]
pub fn AgentsPage() -> impl IntoView {
    page(ListKind::Agents)
}

/// The list of swarms.
#[component]
pub fn SwarmsPage() -> impl IntoView {
    page(ListKind::Swarms)
}

/// The list of events.
#[component]
pub fn EventsPage() -> impl IntoView {
    page(ListKind::Events)
}

fn page(kind: ListKind) -> impl IntoView {
    let view = provide_view();
    Cursor::provide();
    // How the rows are shown is no question to the server, but the list is drawn again for it.
    let question = Memo::new(move |_| {
        view.state.with(|state| (question(kind, state), state.own(agents::VIEW).map(str::to_owned)))
    });
    let list = ask(move || question.get(), move |(query, _)| load_list(kind, query));
    let pending = RwSignal::new(false);
    keep_live(list, view, pending);
    answer(list, pending, |list| view! { <ListBody list=list /> }.into_any())
}

/// What the URL asks for.
fn question(kind: ListKind, state: &ViewState) -> ListQuery {
    let default = ListQuery::default();
    // Of agents the last sign of life is shown, so that is what they are sorted by.
    let first = if kind == ListKind::Agents { LAST_HEARD } else { "" };
    ListQuery {
        range: state.range.clone(),
        filter: state.filter.clone(),
        sort: state.own("sort").unwrap_or(first).to_owned(),
        order: if state.own("order") == Some("asc") { Order::Asc } else { Order::Desc },
        cursor: state.own(CURSOR).map(str::to_owned),
        limit: state.own("limit").and_then(|limit| limit.parse().ok()).unwrap_or(default.limit),
    }
}

/// What all lists have in common.
struct Shown {
    title: &'static str,
    one: &'static str,
    scope: Scope,
    total: Total,
    next: Option<String>,
    filters: &'static [FilterField],
    table: Table,
    /// What stands between the header and the list.
    above: Option<AnyView>,
    /// The rows as cards, where those are asked for.
    cards: Option<AnyView>,
}

/// The list, once it is there.
#[component]
pub fn ListBody(
    /// The answer.
    list: List,
) -> impl IntoView {
    let state = use_view().state.get_untracked();
    let shown = match list {
        List::Tasks(list) => tasks(list, &state),
        List::Agents(list) => agents(list, &state),
        List::Swarms(list) => swarms(list, &state),
        List::Events(list) => events::events(list, &state),
    };
    let Shown { title, one, scope, total, next, filters, table, above, cards } = shown;
    let rows = table.rows.len() as u64;
    let body = match scope.bounds {
        None => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
        Some(bounds) if rows == 0 && state.own(CURSOR).is_none() => {
            view! { <NothingHere scope=scope.clone() bounds=bounds what=one /> }.into_any()
        }
        Some(_) => view! {
            {match cards {
                Some(cards) => cards,
                None => view! {
                    <section class="card list-card" aria-label=title>
                        <DataTable table=table />
                    </section>
                }
                .into_any(),
            }}
            <Pager rows=rows total=total next=next />
        }
        .into_any(),
    };
    let by_id = (title == "Tasks").then(|| view! { <TaskById /> });
    view! {
        <PageHeader title=title scope=scope charts=false />
        {above}
        <div class="list-bar">
            <p class="count" role="status">{count_words(&state, rows, total)}</p>
            {by_id}
            <FilterMenu fields=filters />
        </div>
        {body}
    }
    .into_any()
}

/// Opens the newest task of an id, without a search: the store knows it.
#[component]
fn TaskById() -> impl IntoView {
    view! {
        <form class="by-id" method="get" action="/tasks/-">
            <input name="id" placeholder="Task id" aria-label="Task id" autocomplete="off" spellcheck="false" required />
            <button type="submit" class="button">"Open"</button>
        </form>
    }
}

/// The heads of a list: label, class, and what it is sorted by (empty = nothing).
fn heads(columns: &[(&str, &'static str, &'static str)], sort: &str, order: Order, state: &ViewState) -> Vec<Head> {
    let view = use_view();
    let head = |(label, class, key): &(&str, &'static str, &'static str)| {
        let sorted = (*key == sort && !key.is_empty()).then_some(order);
        // Numbers are most interesting where they are large, words where the alphabet starts.
        let largest_first = class.contains("number");
        let next = match sorted {
            Some(Order::Desc) => "asc",
            None if !largest_first => "asc",
            _ => "desc",
        };
        let sorted_by = || {
            let state = state.from_the_start().with_own("sort", Some((*key).to_owned()));
            view.href(&state.with_own("order", Some(next.to_owned())))
        };
        Head { label: (*label).to_owned(), class, href: (!key.is_empty()).then(sorted_by), sorted }
    };
    columns.iter().map(head).collect()
}

fn shown<R>(
    list: ListAnswer<R>,
    state: &ViewState,
    [title, one]: [&'static str; 2],
    filters: &'static [FilterField],
    columns: &[(&str, &'static str, &'static str)],
    row: impl Fn(R, &Scope, &ViewState) -> Vec<crate::web::components::data_table::Cell>,
) -> Shown {
    let heads = heads(columns, &list.sort, list.order, state);
    let rows = list.rows.into_iter().map(|each| row(each, &list.scope, state)).collect();
    let table = Table { class: "list", heads, rows };
    Shown {
        title,
        one,
        scope: list.scope,
        total: list.total,
        next: list.next,
        filters,
        table,
        above: None,
        cards: None,
    }
}

const AGENT: FilterField = FilterField::text("agent_id", "Agent");
const SWARM: FilterField = FilterField::text("swarm_id", "Swarm");
const PROJECT: FilterField = FilterField::text("project", "Project");
const MODEL: FilterField = FilterField::text("model", "Model");
const AGENT_TYPE: FilterField = FilterField::text("agent_type", "Agent type");
const STATE: FilterField = FilterField {
    key: "state",
    label: "State",
    choices: &[
        ("healthy", "healthy"),
        ("degraded", "degraded"),
        ("critical", "critical"),
        ("failed", "failed"),
        ("unknown", "unknown: never beat"),
        ("finished", "finished"),
        ("stale", "stale: marked as such"),
    ],
};
const STATUS: FilterField = FilterField {
    key: "status",
    label: "Status",
    choices: &[
        ("active", "spawned or running"),
        ("spawned", "spawned"),
        ("running", "running"),
        ("complete", "complete"),
        ("error", "error"),
    ],
};

fn tasks(list: ListAnswer<crate::model::overview::TaskRow>, state: &ViewState) -> Shown {
    let [ended, duration, tokens, files, agent, swarm, project, model, result] = TASK_SORTS;
    let columns = [
        ("Task", "", ""),
        ("Agent", "minor", agent),
        ("Swarm", "spare", swarm),
        ("Project", "spare", project),
        ("Model", "spare", model),
        ("Result", "", result),
        ("Duration", "number", duration),
        ("Tokens", "number minor", tokens),
        ("Files", "number spare", files),
        ("Ended (UTC)", "number", ended),
    ];
    let filters = const { &[RESULTS, AGENT, SWARM, PROJECT, MODEL] };
    shown(list, state, ["Tasks", "task"], filters, &columns, rows::task)
}

fn agents(answer: Agents, state: &ViewState) -> Shown {
    let [_, id, kind, project, status, tasks, success, _, p95, tokens, cost, health, _, heard] = AGENT_SORTS;
    let columns = [
        ("Agent", "", id),
        ("State", "", health),
        ("Type", "minor", kind),
        ("Project", "spare", project),
        ("Status", "spare", status),
        ("Tasks", "number", tasks),
        ("Success", "number minor", success),
        ("p95", "number minor", p95),
        ("Tokens", "number spare", tokens),
        ("Reported cost", "number spare", cost),
        ("Last heard (UTC)", "number", heard),
    ];
    let filters = const { &[AGENT, STATE, AGENT_TYPE, STATUS, SWARM, PROJECT, MODEL, RESULTS] };
    let above = Some(agents::above(&answer, state));
    let cards = (state.own(agents::VIEW) == Some(agents::CARDS)).then(|| agents::cards(&answer.list));
    Shown { above, cards, ..shown(answer.list, state, ["Agents", "agent"], filters, &columns, rows::agent) }
}

fn swarms(list: ListAnswer<crate::model::listing::SwarmListRow>, state: &ViewState) -> Shown {
    let [last, first, id, project, agents, tasks, success, mean, longest, tokens] = SWARM_SORTS;
    let columns = [
        ("Swarm", "", id),
        ("Project", "minor", project),
        ("Agents", "number", agents),
        ("Tasks", "number", tasks),
        ("Success", "number", success),
        ("Mean", "number minor", mean),
        ("Longest", "number spare", longest),
        ("Tokens", "number spare", tokens),
        ("First seen (UTC)", "number spare", first),
        ("Last seen (UTC)", "number minor", last),
    ];
    let filters = const { &[SWARM, AGENT, PROJECT, MODEL, RESULTS] };
    shown(list, state, ["Swarms", "swarm"], filters, &columns, rows::swarm)
}
