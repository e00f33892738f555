//! `/`: what the agents did in a range, all together.

use leptos::prelude::*;

use crate::model::Problem;
use crate::model::alert::AlertsBrief;
use crate::model::healing::HealingReport;
use crate::model::overview::Overview;
use crate::model::pattern::PatternsBrief;
use crate::web::calls::{ask, load_alerts_brief, load_healing, load_overview, load_patterns_brief};
use crate::web::components::agent_table::{AgentOrder, AgentTable};
use crate::web::components::answer::answer_with;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::cost_table::CostTable;
use crate::web::components::degradations::DegradationList;
use crate::web::components::live::keep_live;
use crate::web::components::notices::{FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::panel_grid::PanelGrid;
use crate::web::components::reported::ResourceCharts;
use crate::web::components::task_table::TaskTable;
use crate::web::components::tiles::Tiles;
use crate::web::components::view::provide_view;

use super::findings::{AlertsInShort, HealingInShort, PatternsInShort, healing_of, refresh_with};
use super::import::ImportOffers;

/// What was found in the records, read beside them.
type Findings = (Result<PatternsBrief, Problem>, Result<HealingReport, Problem>, Result<AlertsBrief, Problem>);

/// The overview.
#[component]
pub fn OverviewPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| view.state.with(crate::web::view_state::ViewState::page_query));
    let overview = ask(move || question.get(), load_overview);
    let about = Memo::new(move |_| view.state.with(healing_of));
    let healing = ask(move || about.get(), load_healing);
    let patterns = ask(|| (), |()| load_patterns_brief());
    let alerts = ask(|| (), |()| load_alerts_brief());
    refresh_with(overview, alerts);
    refresh_with(overview, healing);
    refresh_with(overview, patterns);
    let pending = RwSignal::new(false);
    Cursor::provide();
    keep_live(overview, view, pending);
    let beside = move || async move { (patterns.await, healing.await, alerts.await) };
    answer_with(overview, pending, beside, |overview, findings| {
        view! { <OverviewBody overview=overview findings=Some(findings) /> }.into_any()
    })
}

/// The overview, once it is there.
#[component]
pub fn OverviewBody(
    /// The answer.
    overview: Overview,
    /// What recurs and how failures heal, beside it.
    #[prop(optional_no_strip)]
    findings: Option<Findings>,
) -> impl IntoView {
    let scope = overview.scope.clone();
    let body = match scope.bounds {
        None => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
        Some(bounds) if overview.totals.tasks == 0 && overview.totals.active_agents == 0 => {
            view! { <NothingHere scope=scope.clone() bounds=bounds /> }.into_any()
        }
        Some(_) => view! { <Figures overview=overview findings=findings /> }.into_any(),
    };
    view! {
        <PageHeader title="Overview" scope=scope />
        {body}
    }
    .into_any()
}

#[component]
fn Figures(overview: Overview, #[prop(optional_no_strip)] findings: Option<Findings>) -> impl IntoView {
    let Overview {
        scope,
        totals,
        previous,
        timeline,
        costs,
        fastest,
        slowest,
        busiest,
        slowest_tasks,
        recent_failures,
        degradations,
        resources,
    } = overview;
    let least = format!("by mean duration, at least {} timed tasks", Overview::AGENT_TASKS_MIN);
    let now = scope.now;
    let too_few = "Not enough data: no agent has three timed tasks in this range.";
    let busy = format!("busiest {} of {}", busiest.len(), totals.active_agents);
    let failures = format!("the newest {}", recent_failures.len());
    let slow = format!("the longest {}", slowest_tasks.len());
    let (found, alerts) = match findings {
        Some((patterns, healing, alerts)) => (Some((patterns, healing)), Some(alerts)),
        None => (None, None),
    };
    view! {
        {alerts.map(|alerts| match alerts {
            Ok(brief) => view! { <AlertsInShort brief=brief /> }.into_any(),
            Err(problem) => lacking(problem),
        })}
        <Tiles
            totals=totals.clone()
            previous=previous.clone()
            timeline=timeline.clone()
            costs=costs.clone()
        />
        <PanelGrid range=scope.range timeline=timeline totals=totals previous=previous />
        <div class="grid">
            <div class="stack">
                <DegradationList found=degradations now=scope.now />
                <TaskTable
                    title="Recent failures"
                    note=failures
                    rows=recent_failures
                    now=scope.now
                    nothing="No task failed in this range."
                />
                <TaskTable
                    title="Slowest tasks"
                    note=slow
                    rows=slowest_tasks
                    now=scope.now
                    nothing="No task in this range has a duration."
                />
            </div>
            <div class="stack">
                <AgentTable
                    title="Busiest agents"
                    note=busy
                    rows=busiest
                    order=AgentOrder::Busiest
                    nothing="No agent ended a task in this range."
                />
                <AgentTable
                    title="Slowest agents"
                    note=least.clone()
                    rows=slowest
                    order=AgentOrder::Slowest
                    nothing=too_few
                />
                <AgentTable title="Fastest agents" note=least rows=fastest order=AgentOrder::Fastest nothing=too_few />
            </div>
        </div>
        {found.map(|(patterns, healing)| view! {
            <div class="grid">
                {match patterns {
                    Ok(brief) => view! { <PatternsInShort brief=brief now=now /> }.into_any(),
                    Err(problem) => lacking(problem),
                }}
                {match healing {
                    Ok(report) => view! { <HealingInShort report=report /> }.into_any(),
                    Err(problem) => lacking(problem),
                }}
            </div>
        })}
        <ResourceCharts resources=resources />
        <CostTable report=costs />
    }
    .into_any()
}

/// In the place of a finding that could not be read; the page around it reads again.
fn lacking(problem: Problem) -> AnyView {
    view! { <p class="card nothing" role="alert">{problem.detail}</p> }.into_any()
}
