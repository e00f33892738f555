//! PagerDuty's Events API, version 2: one event an alert, `trigger` and `resolve` with the same key
//! (PagerDuty/api-schema: `reference/events-v2`). A summary has at most 1 024 characters.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cut;
use crate::model::channel::{Message, Notice};

const SUMMARY_MAX: usize = 1024;
/// Most bytes of the values of labels and annotations that are sent; PagerDuty refuses events above 512 KiB.
const DETAILS_MAX: usize = 256 << 10;

#[derive(Serialize)]
struct Event<'a> {
    routing_key: &'a str,
    event_action: &'static str,
    dedup_key: &'a str,
    client: &'static str,
    client_url: &'a str,
    links: [Link; 1],
    payload: Payload<'a>,
}

#[derive(Serialize)]
struct Link {
    href: String,
    text: &'static str,
}

#[derive(Serialize)]
struct Payload<'a> {
    summary: String,
    source: &'a str,
    severity: &'static str,
    timestamp: String,
    class: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_details: Option<BTreeMap<&'a str, &'a str>>,
}

/// The event of one alert.
#[must_use]
pub fn body(message: &Message<'_>, notice: &Notice, routing_key: &str) -> Vec<u8> {
    let event = Event {
        routing_key,
        event_action: if notice.ends_at.is_some() { "resolve" } else { "trigger" },
        dedup_key: &notice.fingerprint,
        client: "Swarmscope",
        client_url: message.external_url,
        links: [Link { href: message.link(notice), text: "Show in Swarmscope" }],
        payload: Payload {
            summary: cut(&format!("{}: {}", notice.alertname(), notice.summary()), SUMMARY_MAX),
            source: source(notice),
            severity: severity(notice),
            timestamp: notice.ends_at.unwrap_or(notice.starts_at).to_rfc3339(),
            class: notice.alertname(),
            custom_details: details(notice),
        },
    };
    serde_json::to_vec(&event).unwrap_or_default()
}

/// Whose alert it is.
fn source(notice: &Notice) -> &str {
    ["agent_id", "swarm_id"].into_iter().find_map(|name| notice.labels.get(name)).map_or("swarmscope", String::as_str)
}

/// One of the four words that are known there.
fn severity(notice: &Notice) -> &'static str {
    match notice.severity() {
        "critical" => "critical",
        "info" => "info",
        _ => "warning",
    }
}

/// Labels and annotations, unless they are too large.
fn details(notice: &Notice) -> Option<BTreeMap<&str, &str>> {
    let all = || notice.labels.iter().chain(&notice.annotations);
    let bytes: usize = all().map(|(name, value)| name.len() + value.len()).sum();
    (bytes <= DETAILS_MAX).then(|| all().map(|(name, value)| (name.as_str(), value.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{message, notices};
    use super::*;

    #[test]
    fn an_alert_triggers_and_resolves_by_the_same_key() {
        let both = notices();
        let expected = concat!(
            r#"{"routing_key":"R0","event_action":"trigger","dedup_key":"00000000000000a1","client":"Swarmscope","#,
            r#""client_url":"https://swarm.example","#,
            r#""links":[{"href":"https://swarm.example/alerts?rule=SlowTasks","text":"Show in Swarmscope"}],"#,
            r#""payload":{"summary":"SlowTasks: p99 is 6.2 s, above 5 s","source":"coder-1","severity":"critical","#,
            r#""timestamp":"2026-01-01T12:00:00Z","class":"SlowTasks","custom_details":{"agent_id":"coder-1","#,
            r#""alertname":"SlowTasks","description":"p99 of 41 tasks & more","severity":"critical","#,
            r#""summary":"p99 is 6.2 s, above 5 s"}}}"#,
        );
        let message = message(&both);
        assert_eq!(String::from_utf8(body(&message, &both[0], "R0")).as_deref(), Ok(expected));
        let mut over = both[0].clone();
        over.ends_at = both[1].ends_at;
        let json: serde_json::Value = serde_json::from_slice(&body(&message, &over, "R0")).expect("JSON");
        assert_eq!((&json["event_action"], &json["dedup_key"]), (&"resolve".into(), &"00000000000000a1".into()));
    }

    #[test]
    fn details_that_pagerduty_would_refuse_are_left_out() {
        let [mut firing, _] = notices();
        firing.annotations.insert("description".to_owned(), "x".repeat(DETAILS_MAX));
        let bytes = body(&message(&[]), &firing, "R0");
        assert!(bytes.len() < 2000 && !String::from_utf8_lossy(&bytes).contains("custom_details"));
    }
}
