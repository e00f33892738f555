//! The tasks that keep the store: each says what it does before the button that does it. All works without JavaScript.

use leptos::form::ActionForm;
use leptos::prelude::*;

use crate::model::maintain::StoreReport;
use crate::web::calls::{Answer, StartTask, TaskName};

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

/// All of them in a row.
#[component]
pub fn Tasks(
    /// Read again when one was started.
    report: Answer<StoreReport>,
) -> impl IntoView {
    let tasks = TASKS.map(|(task, name, title, words)| {
        let more = (task == TaskName::Cleanup).then(cleanup_fields);
        view! { <Task name=name title=title words=words more=more report=report /> }
    });
    view! {
        <section class="tasks-row" aria-label="Maintenance">
            {tasks.collect_view()}
        </section>
    }
    .into_any()
}

/// One task: a button that opens what it does, and a second one that does it.
#[component]
fn Task(
    name: &'static str,
    title: &'static str,
    words: &'static str,
    more: Option<AnyView>,
    report: Answer<StoreReport>,
) -> impl IntoView {
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
            <ActionForm action=start attr:class="form">
                <input type="hidden" name="task" value=name />
                {more}
                <button type="submit" class="button primary" disabled=move || start.pending().get()>
                    {format!("{title} now")}
                </button>
            </ActionForm>
            <p role="status">{says}</p>
        </details>
    }
    .into_any()
}

/// What else can be said about a cleanup.
fn cleanup_fields() -> AnyView {
    view! {
        <label>
            "Older than"
            <span class="with-unit">
                <input
                    type="number"
                    name="older_than_days"
                    min="1"
                    max="36500"
                    step="1"
                    inputmode="numeric"
                    placeholder="as retention says"
                />
                "days"
            </span>
        </label>
        <label class="check">
            <input type="checkbox" name="dry_run" value="true" />
            "Dry run: only say what would be done"
        </label>
    }
    .into_any()
}
