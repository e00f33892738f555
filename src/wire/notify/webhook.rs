//! The body of Alertmanager's webhooks, version 4, field by field in its order
//! (prometheus/alertmanager: `template.Data`, `notify/webhook`), so that what receives those receives these.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::channel::{Message, Notice};

/// Alertmanager's way to say that an alert has no end yet.
const NO_END: &str = "0001-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    receiver: &'a str,
    status: &'static str,
    alerts: Vec<Alert<'a>>,
    group_labels: BTreeMap<&'a str, &'a str>,
    common_labels: BTreeMap<&'a str, &'a str>,
    common_annotations: BTreeMap<&'a str, &'a str>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: String,
    truncated_alerts: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    status: &'static str,
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: &'a str,
}

/// The body.
#[must_use]
pub fn body(message: &Message<'_>) -> Vec<u8> {
    let alert = |notice| alert(message, notice);
    let body = Body {
        receiver: message.channel,
        status: message.status(),
        alerts: message.notices.iter().map(alert).collect(),
        group_labels: BTreeMap::from([("alertname", message.alertname())]),
        common_labels: common(message.notices, |notice| &notice.labels),
        common_annotations: common(message.notices, |notice| &notice.annotations),
        external_url: message.external_url,
        version: "4",
        group_key: format!("{{}}:{{alertname={:?}}}", message.alertname()),
        truncated_alerts: message.left_out,
    };
    // Maps with text keys always can be written.
    serde_json::to_vec(&body).unwrap_or_default()
}

fn alert<'a>(message: &Message<'_>, notice: &'a Notice) -> Alert<'a> {
    Alert {
        status: notice.status(),
        labels: &notice.labels,
        annotations: &notice.annotations,
        starts_at: notice.starts_at.to_rfc3339(),
        ends_at: notice.ends_at.map_or_else(|| NO_END.to_owned(), |end| end.to_rfc3339()),
        generator_url: message.link(notice),
        fingerprint: &notice.fingerprint,
    }
}

/// What all of them say.
fn common(notices: &[Notice], of: impl Fn(&Notice) -> &BTreeMap<String, String>) -> BTreeMap<&str, &str> {
    let Some((first, others)) = notices.split_first() else { return BTreeMap::new() };
    let shared = |key: &str, value: &str| others.iter().all(|other| of(other).get(key).is_some_and(|its| its == value));
    of(first)
        .iter()
        .filter(|(key, value)| shared(key, value))
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{message, notices};
    use super::*;

    #[test]
    fn a_firing_alert_looks_as_alertmanager_writes_it() {
        let [firing, _] = notices();
        let expected = concat!(
            r#"{"receiver":"ops","status":"firing","alerts":[{"status":"firing","#,
            r#""labels":{"agent_id":"coder-1","alertname":"SlowTasks","severity":"critical"},"#,
            r#""annotations":{"description":"p99 of 41 tasks & more","summary":"p99 is 6.2 s, above 5 s"},"#,
            r#""startsAt":"2026-01-01T12:00:00Z","endsAt":"0001-01-01T00:00:00Z","#,
            r#""generatorURL":"https://swarm.example/alerts?rule=SlowTasks","fingerprint":"00000000000000a1"}],"#,
            r#""groupLabels":{"alertname":"SlowTasks"},"#,
            r#""commonLabels":{"agent_id":"coder-1","alertname":"SlowTasks","severity":"critical"},"#,
            r#""commonAnnotations":{"description":"p99 of 41 tasks & more","summary":"p99 is 6.2 s, above 5 s"},"#,
            r#""externalURL":"https://swarm.example","version":"4","#,
            r#""groupKey":"{}:{alertname=\"SlowTasks\"}","truncatedAlerts":0}"#,
        );
        assert_eq!(String::from_utf8(body(&message(&[firing]))).as_deref(), Ok(expected));
    }

    #[test]
    fn of_several_alerts_only_what_they_share_is_common() {
        let both = notices();
        let mut message = message(&both);
        message.left_out = 3;
        let json: serde_json::Value = serde_json::from_slice(&body(&message)).expect("JSON");
        assert_eq!(json["status"], "firing", "one of them still fires");
        assert_eq!(json["commonLabels"], serde_json::json!({"alertname": "SlowTasks", "severity": "critical"}));
        assert_eq!(json["commonAnnotations"], serde_json::json!({}));
        assert_eq!(
            (&json["alerts"][1]["status"], &json["alerts"][1]["endsAt"]),
            (&"resolved".into(), &"2026-01-01T12:07:30Z".into())
        );
        assert_eq!(json["truncatedAlerts"], 3);
    }
}
