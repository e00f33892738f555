//! What the overview of an empty store offers: imports of the telemetry found on this machine.

use leptos::form::ActionForm;
use leptos::prelude::*;

use crate::model::FoundSource;
use crate::web::calls::{ImportSource, ask, list_sources};
use crate::web::format;

/// One button for each source found; a sentence where there is none.
#[component]
pub fn ImportOffers() -> impl IntoView {
    let sources = ask(|| (), |()| list_sources());
    let offers = move || {
        Suspend::new(async move {
            match sources.await {
                Ok(found) => view! { <Offers found=found /> }.into_any(),
                Err(problem) => view! { <p class="muted">{problem.detail}</p> }.into_any(),
            }
        })
    };
    view! {
        <Suspense fallback=|| view! { <p class="muted">"Looking for telemetry on this machine"</p> }>{offers}</Suspense>
    }
}

#[component]
fn Offers(found: Vec<FoundSource>) -> impl IntoView {
    if found.is_empty() {
        let places = "Nothing was found in ~/.claude/projects and .claude-flow/metrics to import at a click.";
        return view! { <p class="muted">{places}</p> }.into_any();
    }
    let offers = found.into_iter().map(|source| view! { <Offer source=source /> }).collect_view();
    view! { <div class="offers">{offers}</div> }.into_any()
}

/// One source and its button: a real form, which works without JavaScript.
#[component]
fn Offer(source: FoundSource) -> impl IntoView {
    let import = ServerAction::<ImportSource>::new();
    let (pending, value) = (import.pending(), import.value());
    let size = format!("{}{} files", if source.more { "more than " } else { "" }, format::count(source.files));
    let newest = source.newest.map(|newest| format!(", the newest of {}", format::instant(newest)));
    let says = move || {
        value.get().map(|answer| match answer {
            Ok(done) => {
                let left_out = if done.problems > 0 { format!(", {} left out", done.problems) } else { String::new() };
                let of = if done.sessions > 0 { format!(" of {} sessions", done.sessions) } else { String::new() };
                format!("Imported {} records{of}{left_out}.", format::count(done.stored))
            }
            Err(problem) => problem.detail,
        })
    };
    let button = if source.importable {
        view! {
            <button type="submit" class="button primary" disabled=move || pending.get()>
                {move || if pending.get() { "Importing…" } else { "Import" }}
            </button>
        }
        .into_any()
    } else {
        view! { <span class="muted">"cannot be imported yet"</span> }.into_any()
    };
    view! {
        <ActionForm action=import>
            <input type="hidden" name="kind" value=source.kind.as_str() />
            <span>
                <b>{source.kind.title()}</b>
                <br />
                <code class="selectable">{source.path}</code>
                <br />
                <small class="muted">{size} {newest}</small>
            </span>
            {button}
            <p role="status">{says}</p>
        </ActionForm>
    }
}
