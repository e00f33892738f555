//! What became of alerts, and who was told.

use leptos::form::ActionForm;
use leptos::prelude::*;

use super::actions::Actions;
use super::now::{Marks, list, marked, state_marks};
use crate::model::alert::{AlertChange, ChangeReason};
use crate::model::channel::{ChannelReport, Delivery, DeliveryState, Standing, Telling};
use crate::model::{Micros, Problem};
use crate::web::charts::Ink;
use crate::web::components::command_block::CommandBlock;
use crate::web::components::data_table::{Cell, DataTable, Head, Table};
use crate::web::components::rows::rows;
use crate::web::components::table_card::TableCard;
use crate::web::format;

/// What to write for a first channel.
const FIRST_CHANNEL: &str =
    "[[alerts.channels]]\nname = \"team\"\ntype = \"slack\"\nurl = { env = \"SLACK_WEBHOOK_URL\" }";

fn table(heads: &[(&'static str, &'static str)], rows: Vec<Vec<Cell>>) -> Table {
    Table { class: "log", heads: heads.iter().map(|(label, class)| Head::plain(*label, class)).collect(), rows }
}

fn lacking(problem: Problem) -> AnyView {
    view! { <p class="card nothing" role="alert">{problem.detail}</p> }.into_any()
}

/// Every step of every alert, with the figures at the time. The table is made anew when there is another step.
pub(super) fn history(
    history: Signal<Result<Vec<AlertChange>, Problem>>,
    rule: Signal<Option<String>>,
    now: Signal<Micros>,
) -> AnyView {
    let steps = move || match history.get() {
        // The clock is there for the year only.
        Ok(changes) => steps(&changes, rule.get(), now.get_untracked()),
        Err(problem) => lacking(problem),
    };
    view! { <div id="history" data-panel="history">{steps}</div> }.into_any()
}

fn steps(changes: &[AlertChange], rule: Option<String>, now: Micros) -> AnyView {
    let heads =
        [("Rule", ""), ("Step", ""), ("When", "number"), ("What was the matter", "after-number"), ("Why", "minor")];
    let rows = changes.iter().map(|change| {
        let (sign, word, ink) = state_marks(change.to, change.severity);
        let why = match change.reason {
            ChangeReason::Holds => "the condition holds",
            ChangeReason::Cleared => "it does not hold any more",
            ChangeReason::NotEnoughData => "not enough data any more",
            ChangeReason::RuleGone => "the rule is switched off or gone",
        };
        vec![
            Cell::name(&change.rule),
            Cell::state(ink.token(), sign, word).small(if change.silenced { "silenced" } else { "" }),
            Cell::instant(change.at, now),
            Cell::text(&change.summary),
            Cell::text(why),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let of = rule.map(|rule| format!(" of {rule}")).unwrap_or_default();
    let note = format!("{}{of}", newest(rows.len(), "step"));
    let all = (!of.is_empty()).then(|| view! { <p><a class="button" href="/alerts#history">"Of all rules"</a></p> });
    view! {
        <TableCard title="What happened" note=note empty=rows.is_empty() nothing="No alert ever moved.">
            <DataTable table=table(&heads, rows) />
        </TableCard>
        {all}
    }
    .into_any()
}

/// `the newest step`, `the newest 50 steps`.
pub(super) fn newest(count: usize, one: &str) -> String {
    if count == 1 { format!("the newest {one}") } else { format!("the newest {count} {one}s") }
}

/// The channels, each with a button to try it, and what was sent.
pub(super) fn channels(telling: Signal<Result<Telling, Problem>>, now: Signal<Micros>) -> AnyView {
    let trouble = Memo::new(move |_| telling.with(|telling| telling.as_ref().err().cloned()));
    let part = move || match trouble.get() {
        Some(problem) => lacking(problem),
        None => view! { <Told telling=telling now=now /> }.into_any(),
    };
    view! { {part} }.into_any()
}

#[component]
fn Told(telling: Signal<Result<Telling, Problem>>, now: Signal<Micros>) -> impl IntoView {
    let channels = Memo::new(move |_| {
        telling.with(|telling| telling.as_ref().map_or_else(|_| Vec::new(), |it| it.channels.clone()))
    });
    let deliveries = Memo::new(move |_| {
        telling.with(|telling| telling.as_ref().map_or_else(|_| Vec::new(), |it| it.deliveries.clone()))
    });
    let count = Memo::new(move |_| channels.with(Vec::len));
    let empty = Memo::new(move |_| count.get() == 0);
    let channel = move |channel| view! { <Channel channel=channel now=now /> }.into_any();
    let key = |channel: &ChannelReport| channel.name.clone();
    let nothing = "Nobody is told of alerts yet. Write a channel into the configuration: a webhook, Slack, PagerDuty, an Alertmanager, or e-mail.";
    let sent = move || {
        let deliveries = deliveries.get();
        let note = newest(deliveries.len(), "message");
        (!deliveries.is_empty()).then(|| {
            view! {
                <div data-panel="deliveries">
                    <TableCard title="What was sent" note=note>
                        <DataTable table=log(&deliveries, now.get_untracked()) />
                    </TableCard>
                </div>
            }
        })
    };
    view! {
        <section class="card" aria-labelledby="channels-title" id="channels" data-panel="channels">
            <header class="card-header">
                <h2 id="channels-title">"Channels"</h2>
                <span class="muted">{count} " in the configuration"</span>
            </header>
            {list("attention untimed", empty.into(), nothing, move || rows(channels.into(), key, channel).into_any())}
            {move || empty.get().then(|| view! { <CommandBlock command=FIRST_CHANNEL /> })}
        </section>
        {sent}
    }
    .into_any()
}

/// Of a message that ended.
fn sent_word(state: DeliveryState) -> &'static str {
    if state == DeliveryState::Failed { "given up" } else { "sent" }
}

fn delivery_marks(state: DeliveryState) -> Marks {
    match state {
        DeliveryState::Sent => ("●", "sent", Ink::Success),
        DeliveryState::Waiting => ("◐", "waiting", Ink::Timeout),
        DeliveryState::Failed => ("▲", "failed", Ink::Failure),
    }
}

fn channel_marks(channel: &ChannelReport) -> Marks {
    match (&channel.trouble, &channel.last) {
        (Some(_), _) => ("▲", "cannot send", Ink::Failure),
        (None, _) if channel.standing.given_up > 0 => ("▲", "gave up", Ink::Failure),
        (None, _) if channel.standing.error.is_some() => ("◐", "trying again", Ink::Timeout),
        (None, Some(last)) => delivery_marks(last.state),
        (None, None) => ("○", "nothing sent yet", Ink::Cancelled),
    }
}

#[component]
fn Channel(channel: Signal<ChannelReport>, now: Signal<Micros>) -> impl IntoView {
    let test = Actions::around().test;
    // The configuration is read once, when the server starts.
    let ChannelReport { name, kind, target, severities, send_resolved, .. } = channel.get_untracked();
    let (tag, shown) = (name.clone(), name.clone());
    let marks = Memo::new(move |_| channel.with(channel_marks));
    let severities = severities.iter().map(|severity| severity.as_str()).collect::<Vec<_>>().join(", ");
    let told = if send_resolved { "" } else { ", only what fires" };
    let when = move || {
        let ended = |channel: &ChannelReport| channel.last.as_ref().and_then(|last| Some((last.state, last.finished?)));
        let (state, at) = channel.with(ended)?;
        Some(format!(" · the last message was {} {}", sent_word(state), format::ago(at, now.get())))
    };
    let wrong = Memo::new(move |_| {
        channel.with(|channel| {
            let undelivered = undelivered(&channel.standing, now.get_untracked());
            let wrong: Vec<String> = channel.trouble.clone().into_iter().chain(undelivered).collect();
            (!wrong.is_empty()).then(|| wrong.join("; "))
        })
    });
    view! {
        <li data-channel=tag>
            {marked(marks.into())}
            <span class="what">
                <b>{shown}</b>
                {format!(" {kind} to {target}")}
                " "
                <small class="muted">{format!("{severities}{told}")} {when}</small>
                {move || wrong.get().map(|wrong| view! { <small class="wrong">{wrong}</small> })}
            </span>
            <ActionForm action=test>
                <input type="hidden" name="name" value=name />
                <button type="submit" class="button" disabled=move || test.pending().get()>"Send a test"</button>
            </ActionForm>
        </li>
    }
    .into_any()
}

/// `2 messages wait, the next is tried at 12:03:10; 1 was given up; last error: answered 503: down`, if there is a word to say.
fn undelivered(standing: &Standing, now: Micros) -> Option<String> {
    let error = standing.error.as_deref()?;
    let messages = |count: u32| if count == 1 { "1 message".to_owned() } else { format!("{count} messages") };
    let wait = if standing.waiting == 1 { "waits" } else { "wait" };
    let next = standing.next.map(|next| format!(", the next is tried {}", format::moment_exact(next, now)));
    let waiting =
        (standing.waiting > 0).then(|| format!("{} {wait}{}", messages(standing.waiting), next.unwrap_or_default()));
    let given_up =
        (standing.given_up > 0).then(|| format!("{} given up since one last arrived", messages(standing.given_up)));
    let parts = [waiting, given_up, Some(format!("last error: {error}"))];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join("; "))
}

fn log(deliveries: &[Delivery], now: Micros) -> Table {
    let heads =
        [("Channel", ""), ("Result", ""), ("When", "number"), ("Message", "after-number"), ("Took", "number minor")];
    let rows = deliveries.iter().map(|delivery| {
        let (sign, word, ink) = delivery_marks(delivery.state);
        let tries = if delivery.attempts > 1 { format!("{} attempts", delivery.attempts) } else { String::new() };
        let next = delivery.next.map(|next| format!("again {}", format::moment_exact(next, now)));
        let small = [Some(tries), delivery.error.clone(), next].into_iter().flatten().filter(|text| !text.is_empty());
        vec![
            Cell::name(&delivery.channel),
            Cell::state(ink.token(), sign, word).small(&small.collect::<Vec<_>>().join("; ")),
            Cell::instant(delivery.finished.unwrap_or(delivery.created), now),
            Cell::text(&delivery.title).small(if delivery.test { "test" } else { "" }),
            Cell::figure(delivery.duration_ms.map(|ms| format::duration(f64::from(ms)))),
        ]
    });
    table(&heads, rows.collect())
}
