//! The part of a page that waits for its data: a skeleton at first, then the old picture dimmed while the
//! new one is read.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::web::calls::Answer;

use super::notices::ProblemNotice;

/// Shows an answer or its problem. `pending` is true while it is read again.
pub fn answer<T>(
    resource: Answer<T>,
    pending: RwSignal<bool>,
    show: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    let content = move || {
        let show = show.clone();
        Suspend::new(async move {
            match resource.await {
                Ok(answer) => show(answer),
                Err(problem) => view! { <ProblemNotice problem=problem retry=move || resource.refetch() /> }.into_any(),
            }
        })
    };
    view! {
        <div class="answer" aria-busy=move || pending.get().to_string()>
            <Transition fallback=skeleton set_pending=pending>
                {content}
            </Transition>
        </div>
    }
}

fn skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <p class="sr-only">"Loading"</p>
            <div class="bone"></div>
            <div class="bone"></div>
            <div class="bone"></div>
        </div>
    }
}
