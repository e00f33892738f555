//! `/alerts`: what is the matter, the rules, silences, what became of alerts, and who is told.
//!
//! The form of a rule stands in the URL: `?rule[kind]=absence&…`, with `edit=true` for a rule there is, `try=now-24h` for
//! what it would have done. So everything works without JavaScript, and a rule can be sent to somebody as a link.

mod actions;
mod editor;
mod now;
mod rules;
mod told;

#[cfg(test)]
mod tests;

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::Problem;
use crate::model::alert::form::RuleForm;
use crate::model::alert::{AlertHistory, AlertHistoryQuery, AlertsPage as Answer, DryRun};
use crate::model::channel::Telling;
use crate::web::calls::{ask, load_alert_history, load_alerts, load_channels, try_alert_rule};
use crate::web::components::answer::answer_with;
use crate::web::components::view::provide_view;
use crate::web::format;
use crate::web::view_state::{encode, pairs};

use actions::Actions;
use editor::Editor;
pub(super) use now::state_marks;

/// How often the page is read again: a look of the server takes at least as long.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Steps of the history that are shown.
const HISTORY: u32 = 50;

/// What is read beside the alerts.
type Beside = (Result<AlertHistory, Problem>, Result<Telling, Problem>);

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
    let history = ask(move || query.get(), load_alert_history);
    let telling = ask(|| (), |()| load_channels());
    let tried = Memo::new(move |_| asked.with(|asked| asked.since.clone().map(|since| (asked.form.clone(), since))));
    let dry = ask(move || tried.get(), try_alert_rule);
    let again = Callback::new(move |()| {
        alerts.refetch();
        history.refetch();
        telling.refetch();
    });
    let actions = Actions::provide(again);
    Effect::new(move || {
        if let Ok(handle) = set_interval_with_handle(move || again.run(()), LOOK_EVERY) {
            on_cleanup(move || handle.clear());
        }
    });
    let beside = move || async move { (history.await, telling.await) };
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
        {answer_with(alerts, RwSignal::new(false), beside, move |alerts, beside| {
            let rule = asked.with_untracked(|asked| asked.rule.clone());
            view! { <AlertsBody alerts=alerts beside=beside rule=rule /> }.into_any()
        })}
        <now::SilenceForm />
    }
    .into_any()
}

/// The page, once everything is there.
#[component]
pub fn AlertsBody(
    /// Alerts, rules, silences.
    alerts: Answer,
    /// History and channels.
    beside: Beside,
    /// The rule of which the history is.
    #[prop(optional_no_strip)]
    rule: Option<String>,
) -> impl IntoView {
    let (history, telling) = beside;
    let Answer { now, watching, evaluated_at, counts, alerts, rules, silences } = alerts;
    let looked = if watching {
        format!("looked {}", format::ago(evaluated_at, now))
    } else {
        "nobody watches: [alerts] enabled is false, or no server ran lately; figures are of now".to_owned()
    };
    let in_short = match (counts.firing, counts.pending) {
        (0, 0) => "nothing fires".to_owned(),
        (firing, pending) => format!("{firing} firing, {pending} pending"),
    };
    view! {
        <header class="page-header">
            <div class="page-title">
                <h1>"Alerts"</h1>
                <span class="muted">{format!("{in_short} · {looked}")}</span>
            </div>
            <div class="page-actions">{rules::new_menu()}</div>
        </header>
        <div class="stack alerts">
            <now::Now alerts=alerts silences=silences.clone() now=now />
            <rules::Rules rules=rules />
            {told::history(history, rule, now)}
            {told::channels(telling, now)}
            <now::Silences silences=silences now=now />
        </div>
    }
    .into_any()
}
