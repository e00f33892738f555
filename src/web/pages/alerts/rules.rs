//! The rules: what each says now, and what can be done about it.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::actions::Actions;
use super::form_href;
use super::now::state_marks;
use crate::model::alert::form::{RuleForm, write};
use crate::model::alert::{AlertState, Kind, ReadingVerdict, RuleOrigin, RuleStatus};
use crate::web::charts::Ink;
use crate::web::components::menu::Menu;

/// How far back a rule is tried.
const TRIED: &str = "now-24h";

/// What a kind watches, in words.
pub(super) fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::Aggregate => "a figure over records",
        Kind::Latest => "the newest value of a metric",
        Kind::TokenUse => "tokens of the budget",
        Kind::Absence => "that records come",
        Kind::Trend => "that a number gets worse",
        Kind::AgentStale => "that agents are heard of",
        Kind::Pattern => "that a pattern is seen",
    }
}

/// A new rule of every kind.
pub(super) fn new_menu() -> impl IntoView {
    let links = Kind::ALL.map(|kind| {
        let form = RuleForm::from([("kind".to_owned(), kind.as_str().to_owned())]);
        // A whole page: the form is the browser's.
        view! { <a class="menu-item" href=form_href(&form, false, None)>{kind_words(kind)}</a> }
    });
    view! { <Menu label="New rule"><div class="choices">{links.collect_view()}</div></Menu> }
}

/// The rules by name.
#[component]
pub(super) fn Rules(rules: Vec<RuleStatus>) -> impl IntoView {
    let note = format!("{} rules, looked at over the records of their windows", rules.len());
    let empty = rules.is_empty();
    let rows = rules.into_iter().map(|rule| view! { <Row status=rule /> });
    view! {
        <section class="card" aria-labelledby="rules-title" id="rules" data-panel="rules">
            <header class="card-header">
                <h2 id="rules-title">"Rules"</h2>
                <span class="muted">{note}</span>
            </header>
            {if empty {
                view! { <p class="nothing">"There are no rules: [alerts] builtin is false. Make one with New rule."</p> }.into_any()
            } else {
                view! { <ul class="attention rules">{rows.collect_view()}</ul> }.into_any()
            }}
        </section>
    }
    .into_any()
}

/// Sign, word and colour of what a rule says.
fn says(status: &RuleStatus) -> (&'static str, &'static str, Ink) {
    if !status.rule.enabled {
        return ("○", "switched off", Ink::Cancelled);
    }
    match (status.state, status.reading.as_ref().map(|reading| reading.verdict)) {
        (AlertState::Firing | AlertState::Pending, _) => state_marks(status.state, status.rule.severity),
        (_, None | Some(ReadingVerdict::NotEnoughData)) => ("○", "not enough data", Ink::Cancelled),
        (_, Some(ReadingVerdict::Failed)) => ("▲", "could not be read", Ink::Failure),
        (_, Some(ReadingVerdict::Clear | ReadingVerdict::Holds)) => ("●", "fine", Ink::Success),
    }
}

fn origin(status: &RuleStatus) -> &'static str {
    match (status.origin, status.edited) {
        (RuleOrigin::Builtin, false) => "documented",
        (RuleOrigin::Builtin, true) => "documented, edited here",
        (RuleOrigin::Config, false) => "from the configuration",
        (RuleOrigin::Config, true) => "from the configuration, edited here",
        (RuleOrigin::Store, _) => "made here",
    }
}

#[component]
fn Row(status: RuleStatus) -> impl IntoView {
    let (sign, word, ink) = says(&status);
    let Actions { switch, delete, .. } = Actions::around();
    let form = write(&status.rule);
    let (edit, tried) = (form_href(&form, true, None), form_href(&form, true, Some(TRIED)));
    let name = status.rule.name.clone();
    let history = format!("/alerts?rule={}#history", crate::web::view_state::encode(&name));
    let reading = status.reading.as_ref().map(|reading| reading.summary.clone());
    let more = format!(
        "{} · {}{} · {}",
        status.rule.severity.as_str(),
        kind_words(status.rule.kind),
        if status.rule.hold.as_seconds() > 0 { format!(", for {}", status.rule.hold) } else { String::new() },
        origin(&status)
    );
    let described = status.rule.description.clone();
    let enabled = status.rule.enabled;
    let remove = match (status.origin, status.edited) {
        (RuleOrigin::Store, _) => Some("Delete"),
        (_, true) => Some("Undo edits"),
        _ => None,
    };
    let (switched, deleted, tag) = (name.clone(), name.clone(), name.clone());
    view! {
        <li data-rule=tag>
            <span class="state" data-ink=ink.token()><span aria-hidden="true">{sign}</span> " " {word}</span>
            <span class="what">
                <b>{name}</b>
                " "
                {reading}
                <small class="muted">{more}</small>
                {described.map(|text| view! { <small class="muted">{text}</small> })}
            </span>
            <span class="row-actions">
                <a class="button" href=edit>"Edit"</a>
                <a class="button" href=tried title="what it would have done in the last 24 hours">"Try"</a>
                <a class="button" href=history>"History"</a>
                <ActionForm action=switch>
                    <input type="hidden" name="name" value=switched />
                    <input type="hidden" name="enabled" value=(!enabled).to_string() />
                    <button type="submit" class="button">{if enabled { "Switch off" } else { "Switch on" }}</button>
                </ActionForm>
                {remove.map(|words| view! {
                    <ActionForm action=delete>
                        <input type="hidden" name="name" value=deleted />
                        <button type="submit" class="button">{words}</button>
                    </ActionForm>
                })}
            </span>
        </li>
    }
    .into_any()
}
