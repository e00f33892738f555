//! What alerts do reaches channels, in order, again after a failure, and after a restart.

use std::future::pending;
use std::path::Path;

use swarmscope::model::Micros;
use swarmscope::model::alert::{
    Alert, AlertState, Figures, Notification, NotificationStatus, Severity, Subject, fingerprint,
};
use swarmscope::model::channel::{Delivery, DeliveryQuery, DeliveryState, Standing};
use swarmscope::model::time::{MINUTE, SECOND};
use swarmscope::service::{Service, Settings};
use swarmscope::store::alerts::AlertMoves;
use swarmscope::store::{Store, StoreOptions};

use super::config;
use super::receivers::{DOWN, Http, OK, Smtp};
use crate::common::NOON;

pub(super) fn at(seconds: i64) -> Micros {
    Micros(NOON + seconds * SECOND)
}

pub(super) async fn service(path: &Path, channels: &str) -> Service {
    let store = Store::open(path, &StoreOptions::default()).await.expect("a store");
    let alerts = config(channels).alerts;
    Service::new(store, Settings { alerts, external_url: "https://swarm.example".into(), ..Settings::default() })
}

pub(super) fn alert(rule: &str, severity: Severity, agent: &str) -> Alert {
    let labels = [("alertname", rule), ("severity", severity.as_str()), ("agent_id", agent)];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Alert {
        rule: rule.to_owned(),
        description: None,
        subject: Some(Subject { label: "agent_id".to_owned(), value: agent.to_owned() }),
        severity,
        fingerprint: fingerprint(&labels),
        labels,
        state: AlertState::Firing,
        summary: format!("{rule} of {agent}"),
        figures: Figures::default(),
        since: at(0),
        active_at: Some(at(0)),
        fired_at: Some(at(0)),
        resolved_at: None,
        lacking_since: None,
        notified: true,
        silenced_by: Vec::new(),
    }
}

/// Alerts move: what is to be told is stored with them, as a look does it.
pub(super) async fn moved(service: &Service, status: NotificationStatus, alerts: &[Alert]) {
    let revision = service.store().snapshot().await.expect("a moment").alert_book().await.expect("readable").revision;
    let mut changed = alerts.to_vec();
    if status == NotificationStatus::Resolved {
        changed.iter_mut().for_each(|alert| (alert.state, alert.resolved_at) = (AlertState::Resolved, Some(at(60))));
    }
    let told = |alert: &Alert| Notification { id: 0, at: at(0), status, alert: alert.clone() };
    let notifications = changed.iter().map(told).collect();
    let moves = AlertMoves { revision, now: at(0), changed, notifications, ..AlertMoves::default() };
    assert!(service.store().keep_alerts(moves).await.expect("kept"));
}

/// Sends everything that is due, and returns how many attempts that were.
pub(super) async fn deliver(service: &Service, now: Micros) -> usize {
    let mut attempts = 0;
    for channel in service.deliveries_due(now).await.expect("readable") {
        while service.deliver_next(&channel, now, pending()).await.expect("runs") {
            attempts += 1;
        }
    }
    attempts
}

pub(super) fn hook(name: &str, http: &Http, more: &str) -> String {
    format!(
        "[[alerts.channels]]\nname = '{name}'\ntype = 'webhook'\nurl = '{}'\nallow_private = true\n{more}\n",
        http.url("/")
    )
}

pub(super) async fn log(service: &Service) -> Vec<Delivery> {
    service.deliveries(&DeliveryQuery::default()).await.expect("readable")
}

/// `firing a1`, `resolved a1`: the alerts of each request.
pub(super) fn told(http: &Http) -> Vec<String> {
    let alerts = |body: serde_json::Value| {
        let alerts = body["alerts"].as_array().expect("alerts").clone();
        let word = |alert: &serde_json::Value| {
            format!(
                "{} {}",
                alert["status"].as_str().expect("a status"),
                alert["labels"]["agent_id"].as_str().expect("an agent")
            )
        };
        alerts.iter().map(word).collect::<Vec<_>>().join(", ")
    };
    http.requests().iter().map(|request| alerts(request.json())).collect()
}

#[tokio::test]
async fn a_receiver_that_is_down_is_tried_again_later_and_what_resolved_waits_for_what_fired() {
    let folder = tempfile::tempdir().expect("a folder");
    let http = Http::start(&[DOWN, DOWN, OK]).await;
    let service = service(&folder.path().join("s.db"), &hook("ops", &http, "")).await;
    moved(&service, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    assert_eq!(deliver(&service, at(0)).await, 1);
    moved(&service, NotificationStatus::Resolved, &[alert("Slow", Severity::Warning, "a1")]).await;
    assert_eq!(deliver(&service, at(1)).await, 0, "neither the first, nor past it the second");
    let waiting = &log(&service).await[1];
    assert_eq!((waiting.state, waiting.attempts, waiting.status), (DeliveryState::Waiting, 1, Some(503)));
    assert_eq!(waiting.error.as_deref(), Some("answered 503: down"));
    let next = waiting.next.expect("another attempt").0 - NOON;
    assert!((10 * SECOND..11 * SECOND).contains(&next), "10 s after the attempt ended: {next}");

    assert_eq!(deliver(&service, at(12)).await, 1, "down again");
    assert_eq!(deliver(&service, at(20)).await, 0, "30 s from now");
    assert_eq!(deliver(&service, at(50)).await, 2, "the first, and after it the second");
    assert_eq!(told(&http), ["firing a1", "firing a1", "firing a1", "resolved a1"]);
    let ids: Vec<_> =
        http.requests().iter().map(|request| request.header("x-swarmscope-delivery").map(str::to_owned)).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "a receiver can tell a repeat: {ids:?}");
    let ended: Vec<_> = log(&service).await.iter().map(|one| (one.state, one.attempts, one.next)).collect();
    assert_eq!(ended, [(DeliveryState::Sent, 1, None), (DeliveryState::Sent, 3, None)]);
}

#[tokio::test]
async fn what_the_receiver_refuses_is_given_up_and_what_it_never_hears_after_eight_attempts() {
    let folder = tempfile::tempdir().expect("a folder");
    let (refusing, down) = (Http::start(&["HTTP/1.1 400 Bad\r\n\r\nno such field"]).await, Http::start(&[DOWN]).await);
    let channels = hook("refusing", &refusing, "") + &hook("down", &down, "");
    let service = service(&folder.path().join("s.db"), &channels).await;
    moved(&service, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    let mut clock = 0;
    for _ in 0..12 {
        deliver(&service, at(clock)).await;
        clock += 31 * MINUTE / SECOND;
    }
    assert_eq!((refusing.requests().len(), down.requests().len()), (1, 8));
    let ended: Vec<_> = log(&service).await.into_iter().map(|one| (one.channel, one.state, one.attempts)).collect();
    assert_eq!(ended, [("down".into(), DeliveryState::Failed, 8), ("refusing".into(), DeliveryState::Failed, 1)]);
}

#[tokio::test]
async fn a_channel_says_what_waits_what_was_given_up_and_why_until_something_arrives() {
    let folder = tempfile::tempdir().expect("a folder");
    let http = Http::start(&["HTTP/1.1 404 No\r\n\r\nno such hook", DOWN, OK]).await;
    let service = service(&folder.path().join("s.db"), &hook("ops", &http, "")).await;
    let standing = async || service.channels().await.expect("readable").remove(0).standing;
    assert_eq!(standing().await, Standing::default());

    moved(&service, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    deliver(&service, at(0)).await;
    let gone = standing().await;
    assert_eq!((gone.waiting, gone.next, gone.given_up), (0, None, 1));
    assert_eq!(gone.error.as_deref(), Some("answered 404: no such hook"));

    moved(&service, NotificationStatus::Firing, &[alert("Failing", Severity::Warning, "a1")]).await;
    moved(&service, NotificationStatus::Resolved, &[alert("Failing", Severity::Warning, "a1")]).await;
    deliver(&service, at(1)).await;
    let down = standing().await;
    assert_eq!((down.waiting, down.given_up, down.error.as_deref()), (2, 1, Some("answered 503: down")));
    assert_eq!(down.next, Some(at(1)), "the second of the two, as soon as the first is told");

    deliver(&service, at(60)).await;
    assert_eq!(standing().await, Standing::default(), "what arrived says that the channel works");
}

#[tokio::test]
async fn a_restart_loses_nothing_and_tells_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let http = Http::start(&[OK]).await;
    let channels = hook("ops", &http, "");
    let first = service(&path, &channels).await;
    moved(&first, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    first.store().close().await;

    let second = service(&path, &channels).await;
    assert_eq!(deliver(&second, at(5)).await, 1);
    second.store().close().await;
    let third = service(&path, &channels).await;
    assert_eq!(deliver(&third, at(500)).await, 0);
    assert_eq!(told(&http), ["firing a1"]);

    // A server that died while it sent leaves its claim, which ends.
    moved(&third, NotificationStatus::Resolved, &[alert("Slow", Severity::Warning, "a1")]).await;
    let dying = http.clone();
    drop(tokio::time::timeout(std::time::Duration::ZERO, deliver(&third, at(600))).await);
    let before = dying.requests().len();
    third.store().close().await;
    let fourth = service(&path, &channels).await;
    deliver(&fourth, at(800)).await;
    assert!(http.requests().len() > before, "sent after the claim ended");
    assert_eq!(told(&http).last().map(String::as_str), Some("resolved a1"));
}

#[tokio::test]
async fn channels_are_told_of_their_severities_and_alerts_of_one_rule_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let (all, critical) = (Http::start(&[OK]).await, Http::start(&[OK]).await);
    let channels =
        hook("all", &all, "") + &hook("critical", &critical, "severities = ['critical']\nsend_resolved = false");
    let service = service(&folder.path().join("s.db"), &channels).await;
    let slow = ["a1", "a2"].map(|agent| alert("Slow", Severity::Warning, agent));
    let failing = [alert("Failing", Severity::Critical, "a3")];
    moved(&service, NotificationStatus::Firing, &[&slow[..], &failing[..]].concat()).await;
    moved(&service, NotificationStatus::Resolved, &failing).await;
    deliver(&service, at(0)).await;
    assert_eq!(told(&critical), ["firing a3"]);
    assert_eq!(told(&all), ["firing a1, firing a2", "firing a3", "resolved a3"]);
}

#[tokio::test]
async fn with_no_channels_nothing_waits() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = service(&folder.path().join("s.db"), "").await;
    moved(&service, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    assert_eq!(deliver(&service, at(0)).await, 0);
    let left = service.store().snapshot().await.expect("a moment").alert_notifications(10).await.expect("readable");
    assert!(left.is_empty() && log(&service).await.is_empty());
}

#[tokio::test]
async fn a_mail_server_that_is_busy_gets_the_same_mail_again_and_an_unknown_receiver_ends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let smtp = Smtp::start().await;
    let mail = |name: &str, to: &str| {
        format!(
            "[[alerts.channels]]\nname = '{name}'\ntype = 'email'\nhost = '127.0.0.1'\nport = {}\ntls = 'none'\n\
             from = 'swarm@example.org'\nto = ['{to}']\nallow_private = true\n",
            smtp.address.port()
        )
    };
    let busy = service(&folder.path().join("busy.db"), &mail("busy", "busy@example.org")).await;
    moved(&busy, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    deliver(&busy, at(0)).await;
    let waiting = &log(&busy).await[0];
    assert_eq!((waiting.state, waiting.status), (DeliveryState::Waiting, Some(451)), "{waiting:?}");
    assert!(waiting.error.as_deref().is_some_and(|error| error.contains("try again later")), "{waiting:?}");
    deliver(&busy, at(15)).await;
    assert_eq!(log(&busy).await[0].state, DeliveryState::Sent);
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    for line in [
        "Subject: [FIRING] Slow: Slow of a1",
        "Date: Thu, 01 Jan 2026 12:00:00 +0000",
        "https://swarm.example/alerts?rule=3DSlow",
        "Message-ID: <swarmscope.1.",
    ] {
        assert!(mails[0].contains(line) || mails[0].contains(&line.replace("=3D", "=")), "{line} in {}", mails[0]);
    }

    let unknown = service(&folder.path().join("unknown.db"), &mail("unknown", "nobody@example.org")).await;
    moved(&unknown, NotificationStatus::Firing, &[alert("Slow", Severity::Warning, "a1")]).await;
    deliver(&unknown, at(0)).await;
    let failed = &log(&unknown).await[0];
    assert_eq!((failed.state, failed.attempts, failed.status), (DeliveryState::Failed, 1, Some(550)), "{failed:?}");
}
