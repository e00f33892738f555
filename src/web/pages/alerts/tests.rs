//! The page rendered to text from an answer made by hand.

use leptos::prelude::*;

use super::{AlertsBody, Asked, Shown, form_href, told};
use crate::model::alert::form::write;
use crate::model::alert::{
    Alert, AlertCounts, AlertHistory, AlertState, AlertsPage, Figures, ReadingVerdict, RuleOrigin, RuleReading,
    RuleSpec, RuleStatus, Severity, Subject, builtin_rules, fingerprint,
};
use crate::model::channel::{ChannelKind, ChannelReport, Delivery, DeliveryState, Standing, Telling};
use crate::model::time::MINUTE;
use crate::model::{Micros, Problem};
use crate::web::pages::fixture::{HOSTILE, MIDNIGHT};
use crate::web::pages::tests::{between, html, words};

fn ago(minutes: i64) -> Micros {
    Micros(MIDNIGHT.0 - minutes * MINUTE)
}

fn alert(state: AlertState) -> Alert {
    let labels = [("alertname".to_owned(), "slow".to_owned())].into();
    Alert {
        rule: "slow".into(),
        description: Some("Look at the planner.".into()),
        subject: Some(Subject { label: "agent_id".into(), value: HOSTILE.into() }),
        severity: Severity::Critical,
        fingerprint: fingerprint(&labels),
        labels,
        state,
        summary: format!("agent {HOSTILE}: p99 6.2 s"),
        figures: Figures::default(),
        since: ago(3),
        active_at: Some(ago(5)),
        fired_at: Some(ago(3)),
        resolved_at: None,
        lacking_since: None,
        notified: true,
        silenced_by: Vec::new(),
    }
}

fn page() -> AlertsPage {
    let alerts = vec![alert(AlertState::Firing)];
    let rules = builtin_rules().map(|rule| RuleStatus {
        state: AlertState::Inactive,
        reading: Some(RuleReading {
            verdict: ReadingVerdict::NotEnoughData,
            figures: None,
            subject: None,
            summary: "not enough data: 3 of at least 20".into(),
            subjects: 1,
            subjects_truncated: false,
        }),
        rule: RuleSpec::from(rule),
        origin: RuleOrigin::Builtin,
        edited: false,
    });
    AlertsPage {
        now: MIDNIGHT,
        watching: true,
        evaluated_at: MIDNIGHT,
        counts: AlertCounts::of(&alerts),
        alerts,
        rules: rules.into(),
        silences: Vec::new(),
    }
}

fn telling() -> Telling {
    let failed = Delivery {
        id: 7,
        channel: "team".into(),
        title: "[FIRING] slow".into(),
        alerts: 1,
        test: false,
        state: DeliveryState::Waiting,
        attempts: 2,
        created: ago(2),
        next: Some(Micros(MIDNIGHT.0 + MINUTE)),
        finished: None,
        duration_ms: Some(12),
        status: Some(503),
        error: Some("answered 503: down".into()),
    };
    let channel = ChannelReport {
        name: "team".into(),
        kind: ChannelKind::Slack,
        target: "$SLACK_WEBHOOK_URL".into(),
        severities: vec![Severity::Critical],
        send_resolved: false,
        trouble: None,
        standing: Standing { waiting: 1, next: failed.next, given_up: 0, error: failed.error.clone() },
        last: Some(failed.clone()),
    };
    Telling { channels: vec![channel], deliveries: vec![failed] }
}

fn rendered(alerts: AlertsPage, telling: Result<Telling, Problem>) -> String {
    let history = Ok(AlertHistory { now: MIDNIGHT, changes: Vec::new(), next: None });
    html("/alerts", move || {
        let shown = Shown {
            page: Signal::stored(alerts),
            trouble: Signal::stored(None),
            history: Signal::stored(history),
            telling: Signal::stored(telling),
        };
        view! { <AlertsBody shown=shown rule=Signal::stored(None) /> }
    })
}

#[test]
fn what_fires_leads_to_whom_it_is_about_and_a_script_stays_text() {
    let page = rendered(page(), Ok(telling()));
    let now = between(&page, "data-panel=\"now\"", "</section>");
    assert!(words(now).contains("▲ firing"), "{now}");
    assert!(now.contains("href=\"/agents/%3Cscript%3E") && now.contains("Look at the planner."), "{now}");
    assert!(!page.contains("<script>alert") && !page.contains(" style="));
    assert!(words(&page).contains("1 firing, 0 pending"));
}

#[test]
fn a_rule_without_enough_data_says_so_and_can_be_edited_and_tried() {
    let page = rendered(page(), Ok(telling()));
    let row = between(&page, "data-rule=\"low_success_rate\"", "</li>");
    assert!(words(row).contains("○ not enough data") && words(row).contains("3 of at least 20"), "{row}");
    assert!(row.contains("rule[function]=success_rate") && row.contains("try=now-24h"), "{row}");
    assert!(words(row).contains("Switch off") && !words(row).contains("Delete"), "a documented rule stays: {row}");
}

#[test]
fn channels_say_what_they_were_sent_and_when_it_is_tried_again() {
    let page = rendered(page(), Ok(telling()));
    let sent = words(between(&page, "data-panel=\"deliveries\"", "</table>"));
    assert!(sent.contains("◐ waiting 2 attempts; answered 503: down; again"), "{sent}");
    let team = words(between(&page, "data-channel=\"team\"", "</li>"));
    assert!(team.contains("slack to $SLACK_WEBHOOK_URL") && team.contains("◐ trying again"), "{team}");
    assert!(team.contains("1 message waits, the next is tried "), "{team}");
    assert!(team.contains("; last error: answered 503: down"), "{team}");

    let mut given_up = telling();
    let standing = Standing { waiting: 0, next: None, given_up: 2, error: Some("answered 404".into()) };
    given_up.channels[0].standing = standing;
    let team = words(between(&rendered(self::page(), Ok(given_up)), "data-channel=\"team\"", "</li>"));
    assert!(team.contains("▲ gave up"), "{team}");
    assert!(team.contains("2 messages given up since one last arrived; last error: answered 404"), "{team}");
}

#[test]
fn nothing_is_said_as_plainly_as_something_and_a_part_that_fails_leaves_the_rest() {
    let nothing = AlertsPage { alerts: Vec::new(), counts: AlertCounts::default(), watching: false, ..page() };
    let text = words(&rendered(nothing.clone(), Ok(Telling::default())));
    for expected in [
        "Nothing is the matter.",
        "Nothing is silenced",
        "No alert ever moved.",
        "Nobody is told of alerts yet",
        "nobody watches",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let broken = words(&rendered(nothing, Err(Problem::bad_request("the disk is gone"))));
    assert!(broken.contains("the disk is gone") && broken.contains("low_success_rate"));
}

#[test]
fn the_form_of_a_rule_survives_the_url() {
    for rule in builtin_rules() {
        let form = write(&RuleSpec::from(rule));
        let href = form_href(&form, true, Some("now-24h"));
        let search = href.split_once('?').and_then(|(_, rest)| rest.split_once('#')).map_or("", |(search, _)| search);
        let asked = Asked::of(search);
        assert_eq!((asked.form, asked.edit, asked.since.as_deref()), (form, true, Some("now-24h")));
    }
}

#[test]
fn one_step_is_the_newest_and_not_the_newest_one_of_steps() {
    assert_eq!(told::newest(1, "step"), "the newest step");
    assert_eq!(told::newest(50, "message"), "the newest 50 messages");
}
