//! `/explore`: any function of any number, grouped and bucketed, as chart, table and file. The URL is the
//! question, so that it is the permalink too.

mod form;
mod panels;
mod question;

use leptos::prelude::*;

use crate::model::aggregate::{AggregateAnswer, AggregateQuery, GroupBy};
use crate::model::explore::Explored;
use crate::web::calls::{ask, load_explore};
use crate::web::charts::timeline::estimator_words;
use crate::web::components::answer::answer;
use crate::web::components::chart_cursor::Cursor;
use crate::web::components::chart_panel::ChartPanel;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::ids::{agent_href, swarm_href};
use crate::web::components::live::keep_live;
use crate::web::components::notices::{FirstUse, NothingHere};
use crate::web::components::page_header::PageHeader;
use crate::web::components::view::{provide_view, use_view};
use crate::web::format;
use crate::web::view_state::ViewState;

use super::import::ImportOffers;
use form::QuestionForm;
use question::{asked, export_href};

/// The page that explores.
#[component]
pub fn ExplorePage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| view.state.with(|state| asked(state).0));
    let explored = ask(move || question.get(), load_explore);
    let pending = RwSignal::new(false);
    Cursor::provide();
    keep_live(explored, view, pending);
    answer(explored, pending, |explored| view! { <ExploreBody explored=explored /> }.into_any())
}

/// The answer, once it is there.
#[component]
pub fn ExploreBody(
    /// The answer.
    explored: Explored,
) -> impl IntoView {
    let Explored { scope, query, answer } = explored;
    let state = use_view().state.get_untracked();
    let (_, mut wrong) = asked(&state);
    let records = |answer: &AggregateAnswer| answer.series.iter().map(|series| series.records).sum::<u64>();
    let body = match answer {
        Err(problem) => {
            wrong.push(problem.detail);
            ().into_any()
        }
        Ok(answer) => match scope.bounds {
            None => view! { <FirstUse><ImportOffers /></FirstUse> }.into_any(),
            Some(bounds) if records(&answer) == 0 => {
                view! { <NothingHere scope=scope.clone() bounds=bounds what="record" /> }.into_any()
            }
            Some(_) => view! { <Figures query=query.clone() answer=answer /> }.into_any(),
        },
    };
    let wrong = wrong.into_iter().map(|words| view! { <p class="wrong" role="alert">{words}</p> }).collect_view();
    view! {
        <PageHeader title="Explore" scope=scope charts=false exports=false />
        <QuestionForm query=query />
        {wrong}
        {body}
    }
    .into_any()
}

/// Charts, table and exports of an answer.
#[component]
fn Figures(query: AggregateQuery, answer: AggregateAnswer) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let charts = panels::panels(&query, &answer);
    let charts = charts.into_iter().map(|panel| view! { <ChartPanel panel=panel records=false /> }).collect_view();
    let fixed = state.with_range(&answer.range.from.to_rfc3339(), &answer.range.until.to_rfc3339());
    let (csv, json) = (export_href(&query, &answer, Some("csv")), export_href(&query, &answer, None));
    let permalink = view.href(&fixed);
    view! {
        <div class="list-bar">
            <p class="count">{told(&answer)}</p>
            <a class="button" href=permalink title="the same range, fixed to its instants">"Permalink"</a>
            <a class="button" href=csv download="explore.csv">"CSV"</a>
            <a class="button" href=json download="explore.json">"JSON"</a>
        </div>
        <div class="explore-charts">{charts}</div>
        <section class="card" aria-label="Figures of the range">
            <header class="card-header">
                <h2>"Whole range"</h2>
                <span class="muted">{format::range(answer.range)}</span>
            </header>
            <DataTable table=table(&query, &answer, &state) />
        </section>
    }
    .into_any()
}

/// How the answer came about.
fn told(answer: &AggregateAnswer) -> String {
    let mut parts = Vec::new();
    let records = answer.series.iter().map(|series| series.records).sum::<u64>();
    parts.push(format!("{} records", format::count(records).exact));
    parts.extend(answer.bucket.map(|bucket| format!("per {}", format::step(bucket.micros() / 1000))));
    if answer.zone != "UTC" {
        parts.push(format!("buckets start at midnight of {}", answer.zone));
    }
    parts.push("times are UTC".to_owned());
    parts.extend(answer.tier.map(|tier| format!("tier {}", tier.as_str())));
    if answer.truncated {
        parts.push(format!("{} of {} groups", answer.series.len(), format::count(answer.group_count).exact));
    }
    parts.extend(answer.note.clone());
    parts.join(" · ")
}

/// One row a group: its words, and each function over the whole range.
fn table(query: &AggregateQuery, answer: &AggregateAnswer, state: &ViewState) -> Table {
    let mut heads: Vec<Head> = answer.group_by.iter().map(|group| Head::plain(group_name(*group), "")).collect();
    if heads.is_empty() {
        heads.push(Head::plain("Group", ""));
    }
    heads.push(Head::plain("Records", "number"));
    heads.extend(query.functions.iter().map(|function| Head::plain(function.to_string(), "number")));
    let rows = answer.series.iter().map(|series| {
        let mut cells: Vec<Cell> =
            answer.group_by.iter().zip(&series.group).map(|(by, word)| group(*by, word, state)).collect();
        if cells.is_empty() {
            cells.push(Cell::text("all"));
        }
        cells.push(Cell::figure(Some(format::count(series.records))));
        cells.extend(series.columns.iter().map(|column| {
            let unit = panels::unit(column.function, query.field);
            let cell = Cell::word(column.total.map(|value| unit.write(value)).as_deref());
            let method = column.estimator.map(|estimator| format!(", {}", estimator_words(estimator)));
            cell.hint(format!("n = {}{}", format::count(column.n).exact, method.unwrap_or_default()))
        }));
        cells
    });
    Table { class: "", rows: rows.collect(), heads }
}

fn group(by: GroupBy, word: &Option<String>, state: &ViewState) -> Cell {
    match (by, word) {
        (_, None) => Cell::none(),
        (GroupBy::Agent, Some(id)) => Cell::id(id, &agent_href(id, state)),
        (GroupBy::Swarm, Some(id)) => Cell::id(id, &swarm_href(id, state)),
        (GroupBy::Result, Some(word)) => Cell::result(Some(word)),
        (_, Some(word)) => Cell::text(word),
    }
}

/// What a word to group by is called.
fn group_name(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Agent => "Agent",
        GroupBy::Swarm => "Swarm",
        GroupBy::Project => "Project",
        GroupBy::Model => "Model",
        GroupBy::Result => "Result",
        GroupBy::MetricType => "Metric type",
        GroupBy::EventType => "Event type",
        GroupBy::AgentType => "Agent type",
        GroupBy::Strategy => "Strategy",
        GroupBy::FailureType => "Failure type",
        GroupBy::Success => "Success",
    }
}
