//! The part of a page that waits for its data: a skeleton at first, then the old picture dimmed while the
//! new one is read.

use leptos::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::web::calls::Answer;

use super::live::Live;
use super::notices::ProblemNotice;

/// Shows an answer or its problem. `pending` is true while it is read again. A page that reads again by itself neither
/// dims meanwhile nor gives up what it shows when that fails.
pub fn answer<T>(
    resource: Answer<T>,
    pending: RwSignal<bool>,
    show: impl Fn(T) -> AnyView + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    answer_with(resource, pending, || std::future::ready(()), move |answer, ()| show(answer))
}

/// The same with something that is read `beside`. One answer must not wait inside another: when the outer one is shown
/// anew, the inner one is gone, and what it waits for finds nobody.
pub fn answer_with<T, X, F>(
    resource: Answer<T>,
    pending: RwSignal<bool>,
    beside: impl Fn() -> F + Clone + Send + Sync + 'static,
    show: impl Fn(T, X) -> AnyView + Clone + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    X: Send + 'static,
    F: Future<Output = X> + Send + 'static,
{
    let live = use_context::<Live>();
    let last = StoredValue::new(None::<T>);
    let content = move || {
        let (show, beside) = (show.clone(), beside());
        Suspend::new(async move {
            let answer = resource.await;
            let beside = beside.await;
            let kept = || live.filter(|live| answer.is_err() && live.failed()).and_then(|_| last.get_value());
            match kept().map_or(answer, Ok) {
                Ok(answer) => {
                    if live.is_some() {
                        last.set_value(Some(answer.clone()));
                    }
                    show(answer, beside)
                }
                Err(problem) => view! { <ProblemNotice problem=problem retry=move || resource.refetch() /> }.into_any(),
            }
        })
    };
    view! {
        <div class="answer" aria-busy=move || (pending.get() && !live.is_some_and(|live| live.is_quiet())).to_string()>
            <Transition fallback=skeleton set_pending=pending>
                {content}
            </Transition>
        </div>
    }
}

/// What stands there until there is something.
pub fn skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" role="status">
            <p class="sr-only">"Loading"</p>
            <div class="bone"></div>
            <div class="bone"></div>
            <div class="bone"></div>
        </div>
    }
}
