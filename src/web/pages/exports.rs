//! `/exports`: every data set in every form, with its size before it is downloaded.

use leptos::prelude::*;

use crate::model::export::{ExportOptions, ExportQuery, ExportSize, ExportSizes};
use crate::model::listing::Total;
use crate::model::{Dataset, Format, Selection};
use crate::web::calls::{ask, load_export_sizes};
use crate::web::components::answer::answer;
use crate::web::components::command_block::{CommandBlock, authorization};
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::export_menu::{ExportScope, format_name};
use crate::web::components::list_form::{FilterField, FilterMenu, RESULTS};
use crate::web::components::page_header::PageHeader;
use crate::web::components::view::{provide_view, use_view};
use crate::web::view_state::ViewState;
use crate::web::{format, platform};

/// What exports can be filtered by.
const FIELDS: [FilterField; 11] = [
    FilterField::text("project", "Project"),
    FilterField::text("agent_id", "Agent"),
    FilterField::text("swarm_id", "Swarm"),
    FilterField::text("model", "Model"),
    RESULTS,
    FilterField::text("agent_type", "Agent type"),
    FilterField::text("metric_type", "Metric type"),
    FilterField::text("event_type", "Event type"),
    FilterField::text("strategy", "Strategy"),
    FilterField::text("failure_type", "Failure type"),
    FilterField::text("status", "Status"),
];

/// The switches of the form: their names in the URL, the values that switch them on, and what they do.
const SWITCHES: [(&str, &str, &str); 3] =
    [("metadata", "0", "Without metadata"), ("pretty", "1", "Indented JSON"), ("gzip", "1", "Compressed (.gz)")];

/// The page of exports.
#[component]
pub fn ExportsPage() -> impl IntoView {
    let view = provide_view();
    let question = Memo::new(move |_| view.state.with(question));
    let sizes = ask(move || question.get(), load_export_sizes);
    answer(sizes, RwSignal::new(false), |sizes| view! { <ExportsBody sizes=sizes /> }.into_any())
}

fn question(state: &ViewState) -> ExportQuery {
    ExportQuery { page: state.page_query(), options: options(state) }
}

/// How the URL asks for files to be written.
fn options(state: &ViewState) -> ExportOptions {
    let on = |key: &str| SWITCHES.iter().any(|(name, value, _)| *name == key && state.own(name) == Some(*value));
    ExportOptions { no_metadata: on("metadata"), pretty: on("pretty"), gzip: on("gzip") }
}

/// The exports, once their sizes are there.
#[component]
pub fn ExportsBody(
    /// The answer.
    sizes: ExportSizes,
) -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let heads = vec![Head::plain("Data set", ""), Head::plain("Rows", "number"), Head::plain("Download", "downloads")];
    let rows = sizes.datasets.iter().map(|size| row(size, &state)).chain([all_row(&state)]);
    let table = Table { class: "exports-table", heads, rows: rows.collect() };
    let example = href(Selection::One(Dataset::Tasks), Format::Ndjson, &state);
    let quiet = if options(&state).gzip { "--output tasks.ndjson.gz" } else { "--output tasks.ndjson" };
    let command = format!("curl '{}{}'{} {quiet}", platform::origin(), example.replace('\'', "%27"), authorization());
    view! {
        <PageHeader title="Exports" scope=sizes.scope charts=false live=false exports=false />
        <div class="list-bar">
            <p class="count">"All records of this range and these filters, streamed; sizes are estimated from the newest."</p>
            <FilterMenu fields=&FIELDS />
        </div>
        <SwitchForm />
        <section class="card" aria-label="Data sets">
            <DataTable table=table />
        </section>
        <section class="card">
            <header class="card-header"><h2>"From a script"</h2></header>
            <CommandBlock command=command />
        </section>
    }
    .into_any()
}

/// The switches, as a form that works without JavaScript.
#[component]
fn SwitchForm() -> impl IntoView {
    let view = use_view();
    let state = view.state.get_untracked();
    let own = |key: &str| SWITCHES.iter().any(|(name, ..)| *name == key);
    let hidden = state.fields().into_iter().filter(|(key, _)| !own(key));
    let hidden = hidden.map(|(key, value)| view! { <input type="hidden" name=key value=value /> }).collect_view();
    let boxes = SWITCHES.map(|(name, value, label)| {
        let on = state.own(name) == Some(value);
        view! {
            <label class="check">
                <input type="checkbox" name=name value=value checked=on />
                {label}
            </label>
        }
    });
    view! {
        <form class="form wide" method="get" action=view.path.get_untracked()>
            {hidden}
            <fieldset>{boxes.collect_view()}</fieldset>
            <button type="submit" class="button">"Apply"</button>
        </form>
    }
    .into_any()
}

fn row(size: &ExportSize, state: &ViewState) -> Vec<Cell> {
    let name = Cell::text(title(size.dataset));
    let missing = ExportScope::default().missing(size.dataset, state);
    let name = if missing.is_empty() { name } else { name.small(&format!("not filtered by {}", missing.join(", "))) };
    let rows = match size.rows {
        Total::Exact(n) => Cell::figure(Some(format::count(n))),
        Total::MoreThan(n) => Cell::text(&format!("more than {}", format::count(n).exact)),
    };
    let mut links = Cell::default();
    for (form, bytes) in &size.forms {
        let href = href(Selection::One(size.dataset), *form, state);
        links =
            links.download(&href, format_name(*form), &format!("{} as {}", title(size.dataset), format_name(*form)));
        let size = bytes.map(|bytes| format!("≈\u{a0}{}", format::bytes(bytes)));
        links = links.small(&size.unwrap_or_default());
    }
    vec![name, rows, links]
}

/// Everything in one file.
fn all_row(state: &ViewState) -> Vec<Cell> {
    let mut links = Cell::default();
    for form in Selection::All.formats() {
        links = links.download(
            &href(Selection::All, *form, state),
            format_name(*form),
            &format!("Everything as {}", format_name(*form)),
        );
    }
    vec![Cell::text("Everything").small("JSON: tasks in agents in swarms"), Cell::none(), links]
}

/// The route of one file, with range, filters and switches.
fn href(selection: Selection, format: Format, state: &ViewState) -> String {
    let mut href =
        ExportScope::default().href_of(selection, format, state, if options(state).gzip { ".gz" } else { "" });
    for (name, value, _) in SWITCHES {
        if state.own(name) == Some(value) && name != "gzip" {
            href.push(if href.contains('?') { '&' } else { '?' });
            href.push_str(&format!("{name}={value}"));
        }
    }
    href
}

fn title(dataset: Dataset) -> &'static str {
    match dataset {
        Dataset::Tasks => "Tasks",
        Dataset::AgentMetrics => "Agent metrics",
        Dataset::SwarmMetrics => "Swarm metrics",
        Dataset::Events => "Events",
        Dataset::Healings => "Healings",
        Dataset::Agents => "Agent registry",
        Dataset::Memory => "Session memory",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_download_carries_range_filters_and_switches() {
        let state = ViewState::parse("?from=now-7d&project=a%26b&agent_id=x&metadata=0&pretty=1&gzip=1");
        assert_eq!(
            href(Selection::One(Dataset::SwarmMetrics), Format::Json, &state),
            "/api/v1/export/swarm-metrics.json.gz?from=now-7d&to=now&project=a%26b&metadata=0&pretty=1"
        );
        assert_eq!(href(Selection::All, Format::Ndjson, &ViewState::parse("?from=all")), "/api/v1/export/all.ndjson");
        assert_eq!(options(&state), ExportOptions { no_metadata: true, pretty: true, gzip: true });
        assert_eq!(options(&ViewState::parse("?metadata=1&gzip=0")), ExportOptions::default());
    }
}
