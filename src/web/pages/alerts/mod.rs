//! `/alerts`: what is the matter, the rules, silences, what became of alerts, and who is told.
//!
//! The form of a rule stands in the URL: `?rule[kind]=absence&…`, with `edit=true` for a rule there is, `try=now-24h` for
//! what it would have done. So everything works without JavaScript, and a rule can be sent to somebody as a link.

mod actions;
mod editor;
mod now;
mod rules;
mod shown;
mod silences;
mod told;

#[cfg(test)]
mod tests;

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::alert::form::RuleForm;
use crate::model::alert::{AlertHistoryQuery, DryRun};
use crate::web::calls::{ask, load_alert_history, load_alerts, load_channels, try_alert_rule};
use crate::web::components::answer::answer_with;
use crate::web::components::view::provide_view;
use crate::web::platform;
use crate::web::view_state::{encode, pairs};

use actions::Actions;
use editor::Editor;
pub(super) use now::state_marks;
use shown::{Shown, Sources};

/// How often the page is read again: a look of the server takes at least as long.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Steps of the history that are shown.
const HISTORY: u32 = 50;

/// What the URL says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Asked {
    /// The form of a rule, if one is open.
    pub form: RuleForm,
    /// Whether it is a rule there is.
    pub edit: bool,
    /// Since when to try it.
    pub since: Option<String>,
    /// What was wrong when it was to be saved.
    pub problem: Option<String>,
    /// Only the history of this rule.
    pub rule: Option<String>,
}

impl Asked {
    fn of(search: &str) -> Self {
        let mut asked = Self::default();
        for (key, value) in pairs(search) {
            match key.as_str() {
                "edit" => asked.edit = value == "true",
                "try" => asked.since = Some(value),
                "problem" => asked.problem = Some(value),
                "rule" => asked.rule = Some(value),
                _ => {
                    if let Some(key) = key.strip_prefix("rule[").and_then(|key| key.strip_suffix(']')) {
                        asked.form.insert(key.to_owned(), value);
                    }
                }
            }
        }
        asked
    }
}

/// The page with this form open.
pub(super) fn form_href(form: &RuleForm, edit: bool, since: Option<&str>) -> String {
    let texts = form.iter().map(|(key, text)| format!("rule[{key}]={}", encode(text)));
    let edit = edit.then(|| "edit=true".to_owned());
    let since = since.map(|since| format!("try={}", encode(since)));
    format!("/alerts?{}#rule", texts.chain(edit).chain(since).collect::<Vec<_>>().join("&"))
}

/// The page.
#[component]
pub fn AlertsPage() -> impl IntoView {
    let view = provide_view();
    let asked = Memo::new(move |_| view.search.with(|search| Asked::of(search)));
    let alerts = ask(|| (), |()| load_alerts());
    let query = Memo::new(move |_| AlertHistoryQuery {
        rule: asked.with(|asked| asked.rule.clone()),
        limit: Some(HISTORY),
        ..AlertHistoryQuery::default()
    });
    let sources = Sources {
        alerts,
        history: ask(move || query.get(), load_alert_history),
        telling: ask(|| (), |()| load_channels()),
    };
    let tried = Memo::new(move |_| asked.with(|asked| asked.since.clone().map(|since| (asked.form.clone(), since))));
    let dry = ask(move || tried.get(), try_alert_rule);
    let actions = Actions::provide(Callback::new(move |()| sources.read_again()));
    Effect::new(move || {
        let look = move || {
            // Whoever selects a text is about to copy it.
            if !platform::is_selecting() {
                sources.read_again();
            }
        };
        if let Ok(handle) = set_interval_with_handle(look, LOOK_EVERY) {
            on_cleanup(move || handle.clear());
        }
    });
    let rule = Signal::derive(move || asked.with(|asked| asked.rule.clone()));
    let editor = move || {
        let asked = asked.get();
        let open = !asked.form.is_empty();
        let trying = asked.since.is_some();
        open.then(|| {
            view! {
                <Editor asked=asked />
                {trying.then(|| answer_with(dry, RwSignal::new(false), || std::future::ready(()), |dry: Option<DryRun>, ()| {
                    dry.map(|dry| view! { <editor::Tried dry=dry /> }).into_any()
                }))}
            }
        })
    };
    view! {
        <Title text="Alerts" />
        {editor}
        <div class="outcomes" role="status">
            {move || actions.outcome().into_iter().map(|(well, words)| view! {
                <p class={if well { "well" } else { "wrong" }}>{words}</p>
            }).collect_view()}
        </div>
        {sources.view(move |shown| view! { <AlertsBody shown=shown rule=rule /> }.into_any())}
    }
    .into_any()
}

/// The page, once everything is there.
#[component]
pub fn AlertsBody(
    /// What it shows.
    shown: Shown,
    /// The rule of which the history is.
    rule: Signal<Option<String>>,
) -> impl IntoView {
    let now = shown.now();
    view! {
        <header class="page-header">
            <div class="page-title">
                <h1>"Alerts"</h1>
                <span class="muted">{shown.in_short()} " · " {shown.looked()}</span>
            </div>
            <div class="page-actions">{rules::new_menu()}</div>
        </header>
        <div class="stack alerts">
            <now::Now alerts=shown.alerts() silences=shown.silences() now=now />
            <rules::Rules rules=shown.rules() />
            <silences::Silences silences=shown.silences() now=now />
            {told::history(shown.history(), rule, now)}
            {told::channels(shown.telling, now)}
        </div>
    }
    .into_any()
}
