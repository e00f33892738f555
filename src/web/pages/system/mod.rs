//! `/system`: what the store holds and costs, and the tasks that keep it so.

mod report;

use std::time::Duration;

use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::maintain::StoreReport;
use crate::web::calls::{Answer, StartTask, TaskName, ask, load_store_report};
use crate::web::components::answer::answer;
use crate::web::components::view::provide_view;

pub use report::ReportBody;

/// How often a running task is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The tasks, each with what it does, in full: nobody should have to guess before pressing.
const TASKS: [(TaskName, &str, &str, &str); 4] = [
    (
        TaskName::Cleanup,
        "cleanup",
        "Clean up",
        "Seals old records into compressed chunks and takes away what is older than retention keeps. \
         What is taken away is gone.",
    ),
    (
        TaskName::Vacuum,
        "vacuum",
        "Vacuum",
        "Gives pages that are free inside the file back to the disk. Nothing is lost.",
    ),
    (
        TaskName::Backup,
        "backup",
        "Back up",
        "Copies the store into the folder “backups” beside it while it is in use, and reads the copy back.",
    ),
    (
        TaskName::Check,
        "check",
        "Check integrity",
        "Reads every page and every index and says what is wrong. Changes nothing.",
    ),
];

/// The page of the store.
#[component]
pub fn SystemPage() -> impl IntoView {
    provide_view();
    let report = ask(|| (), |()| load_store_report());
    let running = RwSignal::new(false);
    Effect::new(move || {
        if running.get()
            && let Ok(handle) = set_interval_with_handle(move || report.refetch(), LOOK_EVERY)
        {
            on_cleanup(move || handle.clear());
        }
    });
    let tasks = TASKS.map(|(_, name, title, words)| view! { <Task name=name title=title words=words report=report /> });
    let body = move |report: StoreReport| view! { <ReportBody report=report running=running /> }.into_any();
    view! {
        <Title text="System" />
        <header class="page-header">
            <div class="page-title">
                <h1>"System"</h1>
                <span class="muted">"the store, and what keeps it"</span>
            </div>
        </header>
        <section class="tasks-row" aria-label="Maintenance">{tasks.collect_view()}</section>
        {answer(report, RwSignal::new(false), body)}
    }
    .into_any()
}

/// One task: a button that opens what it does, and a second one that does it. Both work without JavaScript.
#[component]
fn Task(name: &'static str, title: &'static str, words: &'static str, report: Answer<StoreReport>) -> impl IntoView {
    let start = ServerAction::<StartTask>::new();
    let value = start.value();
    Effect::new(move || {
        // The report then shows how far it is.
        if value.with(Option::is_some) {
            report.refetch();
        }
    });
    let says = move || {
        value.get().map(|answer| match answer {
            Ok(_) => "Started.".to_owned(),
            Err(problem) => problem.detail,
        })
    };
    view! {
        <details class="card confirm" data-task=name>
            <summary class="button">{title}</summary>
            <p>{words}</p>
            <ActionForm action=start>
                <input type="hidden" name="task" value=name />
                <button type="submit" class="button primary" disabled=move || start.pending().get()>
                    {format!("{title} now")}
                </button>
            </ActionForm>
            <p role="status">{says}</p>
        </details>
    }
    .into_any()
}
