//! What is kept quiet, and the form for another silence.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::actions::Actions;
use super::now::{list, marked};
use crate::model::Micros;
use crate::model::alert::Silence;
use crate::web::charts::Ink;
use crate::web::components::rows::rows;
use crate::web::format;

/// Lengths of a silence to choose from.
const LENGTHS: [(&str, &str); 5] =
    [("1h", "1 hour"), ("4h", "4 hours"), ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days")];

/// Silences that hold, and the last that ended.
#[component]
pub(super) fn Silences(silences: Signal<Vec<Silence>>, now: Signal<Micros>) -> impl IntoView {
    let empty = Memo::new(move |_| silences.with(Vec::is_empty));
    let one = move |silence| view! { <One silence=silence now=now /> }.into_any();
    let nothing = "Nothing is silenced: whoever a channel names is told of every alert.";
    view! {
        <section class="card" aria-labelledby="silences-title" id="silences" data-panel="silences">
            <header class="card-header">
                <h2 id="silences-title">"Silences"</h2>
                <span class="muted">"alerts go on, nobody is told"</span>
            </header>
            {list("attention", empty.into(), nothing, move || rows(silences, |silence| silence.id, one).into_any())}
            <SilenceForm />
        </section>
    }
    .into_any()
}

/// A form for another silence.
#[component]
fn SilenceForm() -> impl IntoView {
    let add = Actions::around().silence;
    let lengths = LENGTHS.map(|(value, words)| view! { <option value=value>{words}</option> });
    view! {
        <details class="add" data-panel="silence-form">
            <summary class="button">"Silence alerts"</summary>
            <ActionForm action=add attr:class="form row">
                <label>"With the labels" <input name="matchers" required placeholder="alertname=high_latency" /></label>
                <label>"For" <select name="length">{lengths.collect_view()}</select></label>
                <label>"Why" <input name="comment" maxlength="1000" /></label>
                <button type="submit" class="button primary">"Silence"</button>
            </ActionForm>
        </details>
    }
    .into_any()
}

#[component]
fn One(silence: Signal<Silence>, now: Signal<Micros>) -> impl IntoView {
    let end = Actions::around().end;
    // Of a silence only its end can change.
    let Silence { id, matchers, comment, created_by, .. } = silence.get_untracked();
    let ends_at = Memo::new(move |_| silence.with(|silence| silence.ends_at));
    let holds = Memo::new(move |_| ends_at.get() > now.get());
    let marks = Memo::new(move |_| match holds.get() {
        true => ("◐", "silent", Ink::Timeout),
        false => ("○", "ended", Ink::Cancelled),
    });
    let labels = matchers.iter().map(|(label, value)| format!("{label} = {value}")).collect::<Vec<_>>().join(", ");
    let exact = move || ends_at.get().to_rfc3339();
    let form = move || {
        holds.get().then(|| {
            view! {
                <ActionForm action=end>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button type="submit" class="button">"End it"</button>
                </ActionForm>
            }
        })
    };
    view! {
        <li>
            {marked(marks.into())}
            <span class="what">
                {labels}
                " "
                <small class="muted">{comment} {created_by.map(|who| format!(" · {who}"))}</small>
            </span>
            <time class="muted" datetime=exact title=exact>
                {move || format!("until {}", format::moment(ends_at.get(), now.get()))}
            </time>
            {form}
        </li>
    }
    .into_any()
}
