//! What fires and what is about to.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::actions::Actions;
use crate::model::Micros;
use crate::model::alert::{Alert, AlertState, Severity, Silence, Subject};
use crate::web::charts::Ink;
use crate::web::components::data_table::breakable;
use crate::web::components::ids::{agent_href, swarm_href};
use crate::web::components::rows::rows;
use crate::web::components::view::use_view;
use crate::web::format;
use crate::web::pages::patterns::pattern_href;

/// Sign, word and colour.
pub(super) type Marks = (&'static str, &'static str, Ink);

/// Those of a state.
pub(in crate::web::pages) fn state_marks(state: AlertState, severity: Severity) -> Marks {
    match (state, severity) {
        (AlertState::Firing, Severity::Critical) => ("▲", "firing", Ink::Failure),
        (AlertState::Firing, _) => ("▲", "firing", Ink::Timeout),
        (AlertState::Pending, _) => ("◐", "pending", Ink::Timeout),
        (AlertState::Resolved, _) => ("●", "resolved", Ink::Success),
        (AlertState::Inactive, _) => ("○", "inactive", Ink::Cancelled),
    }
}

/// A state, as it is at the time.
pub(super) fn marked(marks: Signal<Marks>) -> impl IntoView {
    view! {
        <span class="state" data-ink=move || marks.get().2.token()>
            <span aria-hidden="true">{move || marks.get().0}</span>
            " "
            {move || marks.get().1}
        </span>
    }
}

/// A list of rows in a card, or a sentence where there are none.
pub(super) fn list(
    class: &'static str,
    empty: Signal<bool>,
    nothing: &'static str,
    rows: impl Fn() -> AnyView + Send + Sync + 'static,
) -> impl IntoView {
    view! {
        <Show when=move || !empty.get() fallback=move || view! { <p class="nothing">{nothing}</p> }>
            <ul class=class>{rows()}</ul>
        </Show>
    }
}

/// The alerts, the worst first.
#[component]
pub(super) fn Now(alerts: Signal<Vec<Alert>>, silences: Signal<Vec<Silence>>, now: Signal<Micros>) -> impl IntoView {
    let empty = Memo::new(move |_| alerts.with(Vec::is_empty));
    let key = |alert: &Alert| (alert.rule.clone(), alert.subject.clone());
    let item = move |alert| view! { <Item alert=alert silences=silences now=now /> }.into_any();
    view! {
        <section class="card" aria-labelledby="now-title" data-panel="now">
            <header class="card-header">
                <h2 id="now-title">"Firing and pending"</h2>
                <span class="muted">"the worst first, resolved ones for 15 minutes"</span>
            </header>
            {list("attention", empty.into(), "Nothing is the matter.", move || rows(alerts, key, item).into_any())}
        </section>
    }
    .into_any()
}

#[component]
fn Item(alert: Signal<Alert>, silences: Signal<Vec<Silence>>, now: Signal<Micros>) -> impl IntoView {
    // What the row is about stays; everything else may change.
    let Alert { rule, subject, .. } = alert.get_untracked();
    let marks = Memo::new(move |_| alert.with(|alert| state_marks(alert.state, alert.severity)));
    let quiet_until = Memo::new(move |_| {
        let by = alert.with(|alert| alert.silenced_by.clone());
        silences.with(|silences| silences.iter().filter(|silence| by.contains(&silence.id)).map(|it| it.ends_at).max())
    });
    let more = move || {
        let severity = alert.with(|alert| alert.severity.as_str());
        let described = alert.with(|alert| alert.description.as_ref().map(|text| format!(" · {text}")));
        let quiet = quiet_until.get().map(|until| format!(" · silenced until {}", format::moment(until, now.get())));
        [Some(severity.to_owned()), described, quiet].into_iter().flatten().collect::<String>()
    };
    let loud = Memo::new(move |_| {
        let going = alert.with(|alert| matches!(alert.state, AlertState::Firing | AlertState::Pending));
        going && quiet_until.get().is_none()
    });
    let summary = move || alert.with(|alert| alert.summary.clone());
    let since = Memo::new(move |_| alert.with(|alert| alert.since));
    let exact = move || since.get().to_rfc3339();
    let matchers = matchers(&rule, subject.as_ref());
    let tag = rule.clone();
    let add = Actions::around().silence;
    let silence = move || {
        let matchers = matchers.clone();
        loud.get().then(|| {
            view! {
                <ActionForm action=add>
                    <input type="hidden" name="matchers" value=matchers />
                    <input type="hidden" name="length" value="1h" />
                    <button type="submit" class="button">"Silence 1 h"</button>
                </ActionForm>
            }
        })
    };
    view! {
        <li data-alert=tag>
            {marked(marks.into())}
            <span class="what">
                <b inner_html=breakable(&rule)></b>
                ": "
                {match subject.as_ref().and_then(subject_href) {
                    Some(href) => view! { <a href=href>{summary}</a> }.into_any(),
                    None => view! { {summary} }.into_any(),
                }}
                " "
                <small class="muted">{more}</small>
            </span>
            <time class="muted" datetime=exact title=exact>
                {move || format!("{} {}", marks.get().1, format::ago(since.get(), now.get()))}
            </time>
            {silence}
        </li>
    }
    .into_any()
}

/// The labels that name one alert, as the form writes them.
fn matchers(rule: &str, subject: Option<&Subject>) -> String {
    std::iter::once(format!("alertname={rule}"))
        .chain(subject.map(|subject| format!("{}={}", subject.label, subject.value)))
        // A value with a comma cannot be written in the form; then the whole rule is kept quiet.
        .filter(|pair| !pair.contains(','))
        .collect::<Vec<_>>()
        .join(", ")
}

/// Where whom an alert names is.
fn subject_href(subject: &Subject) -> Option<String> {
    let state = use_view().state.get_untracked();
    match subject.label.as_str() {
        "agent_id" => Some(agent_href(&subject.value, &state)),
        "swarm_id" => Some(swarm_href(&subject.value, &state)),
        "pattern_id" => Some(pattern_href(&subject.value, &state)),
        _ => None,
    }
}
