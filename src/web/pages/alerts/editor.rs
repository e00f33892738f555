//! The form of a rule. It is a plain form: trying it puts it into the URL, saving it posts it.

use leptos::prelude::*;

use super::Asked;
use super::rules::kind_words;
use crate::model::aggregate::{Field, GroupBy, Source};
use crate::model::alert::form::keys;
use crate::model::alert::{DryRun, Kind, Severity};
use crate::model::pattern::PatternType;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::format;

/// Where the form is posted to.
const SAVE: &str = "/rpc/save_alert_rule";

/// What a key is called, and an example of what it takes.
fn label(key: &str) -> (&'static str, &'static str) {
    match key {
        "source" => ("Records", ""),
        "function" => ("Function", "p99, success_rate, avg, count"),
        "field" => ("Number", ""),
        "metric" => ("Metric", "queue_depth"),
        "filter" => ("Only where", "agent_id=coder-1, model=…"),
        "per" => ("An alert for each", ""),
        "above" => ("Bad above", "50; shares from 0 to 1"),
        "below" => ("Bad below", "0.9"),
        "clear" => ("Good again at", "the same value"),
        "min_samples" => ("Least records", "20 of rates"),
        "agent_id" => ("Only agent", "every agent"),
        "pattern_type" => ("Kind of pattern", ""),
        "pattern_id" => ("Only pattern", "every pattern"),
        "event_type" => ("With event type", "any"),
        "min_confidence" => ("Least confidence", "0 to 1"),
        "severity" => ("Severity", ""),
        "for" => ("Must hold for", "0s, 2m, 1h"),
        "window" => ("Looks back", "5m"),
        "labels" => ("Labels", "team=blue"),
        _ => ("Description", "what it means, what to do"),
    }
}

/// The words a key takes; empty = any text.
fn choices(key: &str) -> Vec<&'static str> {
    match key {
        "source" => Source::ALL.map(Source::as_str).to_vec(),
        "field" => Field::ALL.map(Field::as_str).to_vec(),
        "per" => GroupBy::ALL.map(GroupBy::as_str).to_vec(),
        "pattern_type" => PatternType::ALL.map(PatternType::as_str).to_vec(),
        "severity" => Severity::ALL.map(Severity::as_str).to_vec(),
        _ => Vec::new(),
    }
}

/// The form.
#[component]
pub(super) fn Editor(asked: Asked) -> impl IntoView {
    let Asked { form, edit, since, problem, .. } = asked;
    let text = |key: &str| form.get(key).cloned().unwrap_or_default();
    let kind = Kind::parse(&text("kind")).unwrap_or_default();
    let name = text("name");
    let title = if edit { format!("Edit {name}") } else { "New rule".to_owned() };
    let fields = keys(kind).map(|key| field(key, text(key))).collect_view();
    let enabled = if text("enabled") == "false" { "false" } else { "true" };
    let since = since.unwrap_or_else(|| "now-24h".to_owned());
    view! {
        <section class="card editor" aria-labelledby="rule" data-panel="editor">
            <header class="card-header">
                <h2 id="rule">{title}</h2>
                <span class="muted">{kind_words(kind)}</span>
                <a class="all" href="/alerts">"Close"</a>
            </header>
            {problem.map(|problem| view! { <p role="alert" class="wrong">{problem}</p> })}
            <form method="get" action="/alerts" class="form wide">
                <input type="hidden" name="rule[kind]" value=kind.as_str() />
                <input type="hidden" name="rule[enabled]" value=enabled />
                <input type="hidden" name="edit" value=edit.to_string() />
                <label>
                    "Name"
                    <input name="rule[name]" value=name required maxlength="64" pattern="[A-Za-z0-9_.\\-]+" readonly=edit placeholder="slow_coders" />
                </label>
                {fields}
                <label>"Try since" <input name="try" value=since placeholder="now-24h" /></label>
                <p class="actions">
                    <button type="submit" class="button primary" formmethod="post" formaction=SAVE>"Save"</button>
                    <button type="submit" class="button">"Try on history"</button>
                </p>
            </form>
        </section>
    }
    .into_any()
}

fn field(key: &'static str, value: String) -> AnyView {
    let (words, example) = label(key);
    let name = format!("rule[{key}]");
    let known = choices(key);
    if known.is_empty() {
        return view! { <label>{words} <input name=name value=value placeholder=example maxlength="1000" /></label> }
            .into_any();
    }
    let none = value.is_empty();
    let options = known.into_iter().map(|word| {
        let selected = word == value;
        view! { <option value=word selected=selected>{word}</option> }
    });
    view! {
        <label>
            {words}
            <select name=name>
                <option value="" selected=none>"–"</option>
                {options.collect_view()}
            </select>
        </label>
    }
    .into_any()
}

/// What a rule would have done.
#[component]
pub(super) fn Tried(dry: DryRun) -> impl IntoView {
    let now = dry.now;
    let looks = format!(
        "{} looks, one every {} s; at {} of them there was not enough data",
        format::count(dry.looks),
        dry.step_seconds,
        format::count(dry.looks_without_data)
    );
    let heads =
        [("Whom", ""), ("Fired", "number"), ("Resolved", "number"), ("What it would have said", "after-number")];
    let rows = dry.firings.iter().map(|firing| {
        vec![
            Cell::text(firing.subject.as_ref().map_or("everything", |subject| subject.value.as_str())),
            Cell::time(Some(firing.fired_at), now),
            Cell::time(firing.resolved_at, now),
            Cell::text(&firing.summary),
        ]
    });
    let table = Table {
        class: "",
        heads: heads.map(|(label, class)| Head::plain(label, class)).to_vec(),
        rows: rows.collect(),
    };
    let any = dry.fired > 0;
    view! {
        <section class="card" aria-labelledby="tried-title" data-panel="tried">
            <header class="card-header">
                <h2 id="tried-title">{format!("It {}", dry.summary)}</h2>
                <span class="muted">{looks}</span>
            </header>
            {any.then(|| view! { <DataTable table=table /> })}
            {dry.note.map(|note| view! { <p class="muted note">{note}</p> })}
        </section>
    }
    .into_any()
}
