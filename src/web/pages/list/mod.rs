//! `/tasks`, `/agents`, `/swarms`: everything there is of a range, page by page, sorted and filtered. All of it
//! is in the URL, and all of it is links and forms.

mod rows;

use leptos::prelude::*;

use crate::model::Order;
use crate::model::listing::{AGENT_SORTS, ListAnswer, ListQuery, SWARM_SORTS, TASK_SORTS, Total};
use crate::model::overview::Scope;
use crate::web::calls::{List, ListKind, ask, load_list};
use crate::web::components::answer::answer;
use crate::web::components::data_table::{DataTable, Head, Table};
use crate::web::components::list_form::{FilterField, FilterMenu, RESULTS};
use crate::web::components::live::keep_live;
use crate::web::components::notices::{FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::view::{provide_view, use_view};
use crate::web::format;
use crate::web::view_state::{BACK, CURSOR, SEEN, ViewState};

use super::import::ImportOffers;

/// How many pages one can go back, one by one; each adds its place to the URL.
const BACK_MAX: usize = 8;
/// Between two places of the way back; no cursor holds it.
const BETWEEN: char = '~';
/// What stands for the first page in the way back.
const FIRST: &str = "-";

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

fn page(kind: ListKind) -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| view.state.with(question));
    let list = ask(move || question.get(), move |query| load_list(kind, query));
    let pending = RwSignal::new(false);
    keep_live(list, view, pending);
    answer(list, pending, |list| view! { <ListBody list=list /> }.into_any())
}

/// What the URL asks for.
fn question(state: &ViewState) -> ListQuery {
    let default = ListQuery::default();
    ListQuery {
        range: state.range.clone(),
        filter: state.filter.clone(),
        sort: state.own("sort").unwrap_or_default().to_owned(),
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
    };
    let Shown { title, one, scope, total, next, filters, table } = shown;
    let rows = table.rows.len() as u64;
    let body = match scope.bounds {
        None => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
        Some(bounds) if rows == 0 && state.own(CURSOR).is_none() => {
            view! { <NothingHere scope=scope.clone() bounds=bounds what=one /> }.into_any()
        }
        Some(_) => view! {
            <section class="card list-card" aria-label=title>
                <DataTable table=table />
            </section>
            <Pager rows=rows total=total next=next />
        }
        .into_any(),
    };
    let by_id = (title == "Tasks").then(|| view! { <TaskById /> });
    view! {
        <PageHeader title=title scope=scope charts=false />
        <div class="list-bar">
            <p class="count" role="status">{count(seen(&state), rows, total)}</p>
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

/// The pages before and after.
#[component]
fn Pager(rows: u64, total: Total, #[prop(optional_no_strip)] next: Option<String>) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let first = state.own(CURSOR).map(|_| view.href(&state.from_the_start()));
    let before = back(&state).map(|state| view.href(&state));
    let after = next.map(|next| view.href(&forward(&state, next, rows)));
    let link =
        |href: Option<String>, name: &'static str| href.map(|href| view! { <a class="button" href=href>{name}</a> });
    view! {
        <nav class="pager" aria-label="Pages of the list">
            {link(first, "First page")}
            {link(before, "← Previous")}
            {link(after, "Next →")}
            <span class="muted">{count(seen(&state), rows, total)}</span>
        </nav>
    }
    .into_any()
}

fn seen(state: &ViewState) -> u64 {
    state.own(SEEN).and_then(|seen| seen.parse().ok()).unwrap_or(0)
}

/// `101–200 of 4,502`.
fn count(seen: u64, rows: u64, total: Total) -> String {
    let grouped = |n: u64| format::count(n).exact;
    let total = match total {
        Total::Exact(0) => return "none".to_owned(),
        Total::Exact(n) => grouped(n),
        Total::MoreThan(n) => format!("more than {}", grouped(n)),
    };
    if rows == 0 {
        format!("none of {total}")
    } else {
        format!("{}–{} of {total}", grouped(seen + 1), grouped(seen + rows))
    }
}

/// The state of the page after this one, which shows `rows` rows.
fn forward(state: &ViewState, next: String, rows: u64) -> ViewState {
    let here = state.own(CURSOR).unwrap_or(FIRST);
    let way = format!("{}{BETWEEN}{here}~{}", state.own(BACK).unwrap_or_default(), seen(state));
    let places = way.split(BETWEEN).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    let kept = places[places.len().saturating_sub(2 * BACK_MAX)..].join("~");
    let state = state.with_own(CURSOR, Some(next)).with_own(SEEN, Some((seen(state) + rows).to_string()));
    state.with_own(BACK, Some(kept))
}

/// The state of the page before this one; `None` where the way back is not known.
fn back(state: &ViewState) -> Option<ViewState> {
    let places = state.own(BACK)?.split(BETWEEN).collect::<Vec<_>>();
    let [rest @ .., cursor, seen] = &places[..] else { return None };
    let (cursor, seen) = (Some(*cursor).filter(|cursor| *cursor != FIRST), Some(*seen).filter(|seen| *seen != "0"));
    let rest = Some(rest.join("~")).filter(|rest| !rest.is_empty());
    let state = state.with_own(CURSOR, cursor.map(str::to_owned)).with_own(SEEN, seen.map(str::to_owned));
    Some(state.with_own(BACK, rest))
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
    Shown { title, one, scope: list.scope, total: list.total, next: list.next, filters, table }
}

const AGENT: FilterField = FilterField::text("agent_id", "Agent");
const SWARM: FilterField = FilterField::text("swarm_id", "Swarm");
const PROJECT: FilterField = FilterField::text("project", "Project");
const MODEL: FilterField = FilterField::text("model", "Model");
const AGENT_TYPE: FilterField = FilterField::text("agent_type", "Agent type");
const STATUS: FilterField = FilterField {
    key: "status",
    label: "Status",
    choices: &[("spawned", "spawned"), ("running", "running"), ("complete", "complete"), ("error", "error")],
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

fn agents(list: ListAnswer<crate::model::listing::AgentListRow>, state: &ViewState) -> Shown {
    let [seen, id, kind, project, status, tasks, success, p50, p95, tokens, cost, ..] = AGENT_SORTS;
    let columns = [
        ("Agent", "", id),
        ("Type", "minor", kind),
        ("Project", "spare", project),
        ("Status", "spare", status),
        ("Tasks", "number", tasks),
        ("Success", "number", success),
        ("p50", "number spare", p50),
        ("p95", "number minor", p95),
        ("Tokens", "number spare", tokens),
        ("Reported cost", "number spare", cost),
        ("Last task (UTC)", "number minor", seen),
    ];
    let filters = const { &[AGENT, AGENT_TYPE, STATUS, SWARM, PROJECT, MODEL, RESULTS] };
    shown(list, state, ["Agents", "agent"], filters, &columns, rows::agent)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_says_which_rows_of_how_many() {
        assert_eq!(count(0, 100, Total::Exact(4502)), "1–100 of 4,502");
        assert_eq!(count(4500, 2, Total::Exact(4502)), "4,501–4,502 of 4,502");
        assert_eq!(count(100, 100, Total::MoreThan(10_000)), "101–200 of more than 10,000");
        assert_eq!(count(0, 0, Total::Exact(0)), "none");
    }

    #[test]
    fn the_way_back_leads_through_the_pages_one_came_through() {
        let start = ViewState::parse("?sort=tokens_used&from=all");
        let second = forward(&start, "c2".into(), 100);
        let third = forward(&second, "c3".into(), 100);
        assert_eq!((third.own(CURSOR), seen(&third)), (Some("c3"), 200));
        assert_eq!(back(&third), Some(second.clone()));
        assert_eq!(back(&second), Some(start.clone()));
        assert_eq!(back(&start), None);
    }

    #[test]
    fn the_way_back_ends_after_so_many_pages_and_the_url_stays_short() {
        let mut state = ViewState::default();
        for n in 0..50 {
            state = forward(&state, format!("c{n}"), 100);
        }
        let mut steps = 0;
        while let Some(before) = back(&state) {
            state = before;
            steps += 1;
        }
        assert_eq!((steps, seen(&state)), (BACK_MAX, 4200));
    }
}
