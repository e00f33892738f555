//! What fires and what is about to, and what is kept quiet.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::actions::Actions;
use crate::model::Micros;
use crate::model::alert::{Alert, AlertState, Severity, Silence};
use crate::web::charts::Ink;
use crate::web::components::ids::{agent_href, swarm_href};
use crate::web::components::view::use_view;
use crate::web::format;
use crate::web::pages::patterns::pattern_href;

/// Lengths of a silence to choose from.
const LENGTHS: [(&str, &str); 5] =
    [("1h", "1 hour"), ("4h", "4 hours"), ("1d", "1 day"), ("7d", "7 days"), ("30d", "30 days")];

/// Sign, word and colour of a state.
pub(in crate::web::pages) fn state_marks(state: AlertState, severity: Severity) -> (&'static str, &'static str, Ink) {
    match (state, severity) {
        (AlertState::Firing, Severity::Critical) => ("▲", "firing", Ink::Failure),
        (AlertState::Firing, _) => ("▲", "firing", Ink::Timeout),
        (AlertState::Pending, _) => ("◐", "pending", Ink::Timeout),
        (AlertState::Resolved, _) => ("●", "resolved", Ink::Success),
        (AlertState::Inactive, _) => ("○", "inactive", Ink::Cancelled),
    }
}

/// The alerts, the worst first.
#[component]
pub(super) fn Now(alerts: Vec<Alert>, silences: Vec<Silence>, now: Micros) -> impl IntoView {
    let empty = alerts.is_empty();
    let items = alerts.into_iter().map(|alert| view! { <Item alert=alert silences=silences.clone() now=now /> });
    view! {
        <section class="card" aria-labelledby="now-title" data-panel="now">
            <header class="card-header">
                <h2 id="now-title">"Firing and pending"</h2>
                <span class="muted">"the worst first, resolved ones for 15 minutes"</span>
            </header>
            {if empty {
                view! { <p class="nothing">"Nothing is the matter."</p> }.into_any()
            } else {
                view! { <ul class="attention">{items.collect_view()}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

#[component]
fn Item(alert: Alert, silences: Vec<Silence>, now: Micros) -> impl IntoView {
    let (sign, word, ink) = state_marks(alert.state, alert.severity);
    let subject = subject_href(&alert);
    let quiet =
        silences.iter().filter(|silence| alert.silenced_by.contains(&silence.id)).map(|silence| silence.ends_at).max();
    let quiet = quiet.map(|until| format!(" · silenced until {}", format::moment(until, now)));
    let since = alert.since.to_rfc3339();
    let matchers = std::iter::once(format!("alertname={}", alert.rule))
        .chain(alert.subject.iter().map(|subject| format!("{}={}", subject.label, subject.value)))
        // A value with a comma cannot be written in the form; then the whole rule is kept quiet.
        .filter(|pair| !pair.contains(','))
        .collect::<Vec<_>>()
        .join(", ");
    let loud = quiet.is_none() && matches!(alert.state, AlertState::Firing | AlertState::Pending);
    let add = Actions::around().silence;
    view! {
        <li data-alert=alert.rule.clone()>
            <span class="state" data-ink=ink.token()>
                <span aria-hidden="true">{sign}</span>
                " "
                {word}
            </span>
            <span class="what">
                <b>{alert.rule.clone()}</b>
                ": "
                {match subject {
                    Some(href) => view! { <a href=href>{alert.summary}</a> }.into_any(),
                    None => view! { {alert.summary} }.into_any(),
                }}
                <small class="muted">{alert.severity.as_str()} {alert.description.map(|text| format!(" · {text}"))} {quiet}</small>
            </span>
            <time class="muted" datetime=since.clone() title=since>{format!("{word} {}", format::ago(alert.since, now))}</time>
            {loud.then(|| view! {
                <ActionForm action=add>
                    <input type="hidden" name="matchers" value=matchers />
                    <input type="hidden" name="length" value="1h" />
                    <button type="submit" class="button">"Silence 1 h"</button>
                </ActionForm>
            })}
        </li>
    }
    .into_any()
}

/// Where what an alert names is.
pub(super) fn subject_href(alert: &Alert) -> Option<String> {
    let state = use_view().state.get_untracked();
    let subject = alert.subject.as_ref()?;
    match subject.label.as_str() {
        "agent_id" => Some(agent_href(&subject.value, &state)),
        "swarm_id" => Some(swarm_href(&subject.value, &state)),
        "pattern_id" => Some(pattern_href(&subject.value, &state)),
        _ => None,
    }
}

/// Silences that hold, and the last that ended.
#[component]
pub(super) fn Silences(silences: Vec<Silence>, now: Micros) -> impl IntoView {
    let empty = silences.is_empty();
    let items = silences.into_iter().map(|silence| view! { <One silence=silence now=now /> });
    view! {
        <section class="card" aria-labelledby="silences-title" id="silences" data-panel="silences">
            <header class="card-header">
                <h2 id="silences-title">"Silences"</h2>
                <span class="muted">"alerts go on, nobody is told"</span>
            </header>
            {if empty {
                view! { <p class="nothing">"Nothing is silenced."</p> }.into_any()
            } else {
                view! { <ul class="attention">{items.collect_view()}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// A form for another silence. It does not belong to the answer, so what is being written in it stays.
#[component]
pub(super) fn SilenceForm() -> impl IntoView {
    let add = Actions::around().silence;
    let lengths = LENGTHS.map(|(value, words)| view! { <option value=value>{words}</option> });
    view! {
        <details class="card add" data-panel="silence-form">
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
fn One(silence: Silence, now: Micros) -> impl IntoView {
    let end = Actions::around().end;
    let holds = silence.ends_at > now;
    let (sign, word, ink) = if holds { ("◐", "silent", Ink::Timeout) } else { ("○", "ended", Ink::Cancelled) };
    let labels =
        silence.matchers.iter().map(|(label, value)| format!("{label} = {value}")).collect::<Vec<_>>().join(", ");
    let ends = silence.ends_at.to_rfc3339();
    view! {
        <li>
            <span class="state" data-ink=ink.token()><span aria-hidden="true">{sign}</span> " " {word}</span>
            <span class="what">
                {labels}
                <small class="muted">{silence.comment} {silence.created_by.map(|who| format!(" · {who}"))}</small>
            </span>
            <time class="muted" datetime=ends.clone() title=ends>{format!("until {}", format::moment(silence.ends_at, now))}</time>
            {holds.then(|| view! {
                <ActionForm action=end>
                    <input type="hidden" name="id" value=silence.id.to_string() />
                    <button type="submit" class="button">"End it"</button>
                </ActionForm>
            })}
        </li>
    }
    .into_any()
}
