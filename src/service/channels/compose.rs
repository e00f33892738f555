//! Alerts → what is told of them, and which of it goes into one message.

use super::{Channel, Micros, Notice, Notification, Via};
use crate::model::alert::{Alert, NotificationStatus, Severity};

/// What is told of an alert as it stands.
pub(super) fn notice(alert: &Alert) -> Notice {
    let summary = [("summary", Some(&alert.summary)), ("description", alert.description.as_ref())];
    Notice {
        fingerprint: alert.fingerprint.clone(),
        labels: alert.labels.clone(),
        annotations: summary
            .into_iter()
            .filter_map(|(name, text)| text.map(|text| (name.to_owned(), text.clone())))
            .collect(),
        starts_at: alert.fired_at.unwrap_or(alert.since),
        ends_at: None,
        path: format!("/alerts?rule={}", alert.rule),
    }
}

fn told(notification: &Notification) -> Notice {
    let ends_at = match notification.status {
        NotificationStatus::Firing => None,
        NotificationStatus::Resolved => Some(notification.alert.resolved_at.unwrap_or(notification.at)),
    };
    Notice { ends_at, ..notice(&notification.alert) }
}

/// What `channel` is told of `waiting`, oldest first: one message a rule. Where an alert moved twice, the second move is
/// a message of its own, and PagerDuty takes one alert at a time.
pub(super) fn messages(channel: &Channel, waiting: &[Notification]) -> Vec<Vec<Notice>> {
    let mut messages: Vec<Vec<Notice>> = Vec::new();
    let single = matches!(channel.via, Via::PagerDuty { .. });
    for notification in waiting {
        let resolved = notification.status == NotificationStatus::Resolved;
        if !channel.wants(notification.alert.severity, resolved) {
            continue;
        }
        let notice = told(notification);
        let open = messages.iter_mut().rev().find(|message| message[0].alertname() == notice.alertname());
        match open {
            Some(message) if !single && message.iter().all(|other| other.fingerprint != notice.fingerprint) => {
                message.push(notice);
            }
            _ => messages.push(vec![notice]),
        }
    }
    messages
}

/// An alert that is none, to try `channel`.
pub(super) fn test_notice(channel: &Channel, now: Micros) -> Notice {
    let severity = channel.severities.first().copied().unwrap_or(Severity::Info);
    let labels = [("alertname", "SwarmscopeTest"), ("severity", severity.as_str()), ("channel", &channel.name)];
    Notice {
        fingerprint: crate::model::alert::fingerprint(
            &labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        ),
        labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        annotations: [("summary".to_owned(), "this is a test; nothing is the matter".to_owned())].into(),
        starts_at: now,
        ends_at: None,
        path: "/alerts".to_owned(),
    }
}
