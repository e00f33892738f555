//! The rules: what each says now, and what can be done about it.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::actions::Actions;
use super::form_href;
use super::now::{Marks, list, marked, state_marks};
use crate::model::alert::form::{RuleForm, write};
use crate::model::alert::{AlertState, Kind, ReadingVerdict, RuleOrigin, RuleStatus};
use crate::web::charts::Ink;
use crate::web::components::data_table::breakable;
use crate::web::components::menu::Menu;
use crate::web::components::rows::rows;

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
pub(super) fn Rules(rules: Signal<Vec<RuleStatus>>) -> impl IntoView {
    let count = Memo::new(move |_| rules.with(Vec::len));
    let empty = Memo::new(move |_| count.get() == 0);
    let nothing = "There are no rules: [alerts] builtin is false. Make one with New rule.";
    let key = |status: &RuleStatus| status.rule.name.clone();
    let row = |status| view! { <Row status=status /> }.into_any();
    view! {
        <section class="card" aria-labelledby="rules-title" id="rules" data-panel="rules">
            <header class="card-header">
                <h2 id="rules-title">"Rules"</h2>
                <span class="muted">{count} " rules, looked at over the records of their windows"</span>
            </header>
            {list("attention untimed", empty.into(), nothing, move || rows(rules, key, row).into_any())}
        </section>
    }
    .into_any()
}

/// Sign, word and colour of what a rule says.
fn says(status: &RuleStatus) -> Marks {
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

/// What can be done about a rule, which its figures do not change.
#[derive(Clone, PartialEq)]
struct Handles {
    edit: String,
    tried: String,
    enabled: bool,
    /// What the button says that takes it, or what was edited of it, away.
    remove: Option<&'static str>,
}

impl Handles {
    fn of(status: &RuleStatus) -> Self {
        let form = write(&status.rule);
        let remove = match (status.origin, status.edited) {
            (RuleOrigin::Store, _) => Some("Delete"),
            (_, true) => Some("Undo edits"),
            _ => None,
        };
        Self {
            edit: form_href(&form, true, None),
            tried: form_href(&form, true, Some(TRIED)),
            enabled: status.rule.enabled,
            remove,
        }
    }
}

#[component]
fn Row(status: Signal<RuleStatus>) -> impl IntoView {
    let name = status.with_untracked(|status| status.rule.name.clone());
    let marks = Memo::new(move |_| status.with(says));
    let reading = move || status.with(|status| status.reading.as_ref().map(|reading| reading.summary.clone()));
    let more = move || {
        status.with(|status| {
            let hold = status.rule.hold;
            let held = if hold.as_seconds() > 0 { format!(", for {hold}") } else { String::new() };
            let kind = kind_words(status.rule.kind);
            format!("{} · {kind}{held} · {}", status.rule.severity.as_str(), origin(status))
        })
    };
    let described = Memo::new(move |_| status.with(|status| status.rule.description.clone()));
    let described = move || described.get().map(|text| view! { <small class="muted">{text}</small> });
    let handles = Memo::new(move |_| status.with(Handles::of));
    let tag = name.clone();
    view! {
        <li data-rule=tag>
            {marked(marks.into())}
            <span class="what">
                <b inner_html=breakable(&name)></b>
                " "
                {reading}
                " "
                <small class="muted">{more}</small>
                {described}
            </span>
            <RowActions name=name.clone() handles=handles.into() />
        </li>
    }
    .into_any()
}

#[component]
fn RowActions(name: String, handles: Signal<Handles>) -> impl IntoView {
    let Actions { switch, delete, .. } = Actions::around();
    let history = format!("/alerts?rule={}#history", crate::web::view_state::encode(&name));
    let enabled = Memo::new(move |_| handles.with(|handles| handles.enabled));
    let remove = Memo::new(move |_| handles.with(|handles| handles.remove));
    let deleted = name.clone();
    let remove = move || {
        let name = deleted.clone();
        remove.get().map(|words| {
            view! {
                <ActionForm action=delete>
                    <input type="hidden" name="name" value=name />
                    <button type="submit" class="button">{words}</button>
                </ActionForm>
            }
        })
    };
    view! {
        <span class="row-actions">
            <a class="button" href=move || handles.with(|handles| handles.edit.clone())>"Edit"</a>
            <a
                class="button"
                href=move || handles.with(|handles| handles.tried.clone())
                title="what it would have done in the last 24 hours"
            >
                "Try"
            </a>
            <a class="button" href=history>"History"</a>
            <ActionForm action=switch>
                <input type="hidden" name="name" value=name />
                <input type="hidden" name="enabled" value=move || (!enabled.get()).to_string() />
                <button type="submit" class="button">{move || if enabled.get() { "Switch off" } else { "Switch on" }}</button>
            </ActionForm>
            {remove}
        </span>
    }
    .into_any()
}
