//! Slack's incoming webhooks: a line of text, and an attachment for each alert with its colour, link and labels
//! (api.slack.com/reference/messaging/attachments). Limits of Slack: 3 000 characters a text, 1 024 a title.

use serde::Serialize;

use super::cut;
use crate::model::channel::{Message, Notice};

const TITLE_MAX: usize = 1024;
const TEXT_MAX: usize = 3000;

#[derive(Serialize)]
struct Body<'a> {
    text: String,
    attachments: Vec<Attachment<'a>>,
}

#[derive(Serialize)]
struct Attachment<'a> {
    fallback: String,
    color: &'static str,
    title: String,
    title_link: String,
    text: String,
    fields: Vec<Field>,
    mrkdwn_in: [&'a str; 0],
    ts: i64,
}

#[derive(Serialize)]
struct Field {
    title: String,
    value: String,
    short: bool,
}

/// The body.
#[must_use]
pub fn body(message: &Message<'_>) -> Vec<u8> {
    let mut text = message.title();
    if message.left_out > 0 {
        text.push_str(&format!(" ({} more are not listed)", message.left_out));
    }
    let attachments = message.notices.iter().map(|notice| attachment(message, notice)).collect();
    serde_json::to_vec(&Body { text: escaped(&text, TEXT_MAX), attachments }).unwrap_or_default()
}

fn attachment<'a>(message: &Message<'_>, notice: &Notice) -> Attachment<'a> {
    let summary = notice.summary();
    let field = |(name, value): (&String, &String)| Field {
        title: escaped(name, TITLE_MAX),
        value: escaped(value, TITLE_MAX),
        short: value.chars().count() <= 40,
    };
    Attachment {
        fallback: escaped(summary, TITLE_MAX),
        color: colour(notice),
        title: escaped(summary, TITLE_MAX),
        title_link: message.link(notice),
        text: escaped(notice.description().unwrap_or_default(), TEXT_MAX),
        fields: notice.labels.iter().filter(|(name, _)| *name != "alertname").map(field).collect(),
        mrkdwn_in: [],
        ts: notice.ends_at.unwrap_or(notice.starts_at).millis().div_euclid(1000),
    }
}

/// As on the pages: red, amber, blue; green when it is over.
fn colour(notice: &Notice) -> &'static str {
    match (notice.ends_at, notice.severity()) {
        (Some(_), _) => "#2e7d32",
        (None, "critical") => "#c62828",
        (None, "warning") => "#b26a00",
        (None, _) => "#1565c0",
    }
}

/// Cut, and without what Slack would take for a link, a mention or an entity.
fn escaped(text: &str, most: usize) -> String {
    cut(text, most).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{message, notices};
    use super::*;

    #[test]
    fn alerts_become_attachments_and_nothing_in_them_becomes_a_link() {
        let both = notices();
        let expected = concat!(
            r##"{"text":"[FIRING:1] SlowTasks","attachments":[{"fallback":"p99 is 6.2 s, above 5 s","color":"#c62828","##,
            r##""title":"p99 is 6.2 s, above 5 s","title_link":"https://swarm.example/alerts?rule=SlowTasks","##,
            r##""text":"p99 of 41 tasks &amp; more","fields":[{"title":"agent_id","value":"coder-1","short":true},"##,
            r##"{"title":"severity","value":"critical","short":true}],"mrkdwn_in":[],"ts":1767268800},"##,
            r##"{"fallback":"p99 is 1.0 s","color":"#2e7d32","title":"p99 is 1.0 s","##,
            r##""title_link":"https://swarm.example/alerts?rule=SlowTasks","text":"","##,
            r##""fields":[{"title":"agent_id","value":"&lt;b&gt;","short":true},"##,
            r##"{"title":"severity","value":"critical","short":true}],"mrkdwn_in":[],"ts":1767269250}]}"##,
        );
        assert_eq!(String::from_utf8(body(&message(&both))).as_deref(), Ok(expected));
    }

    #[test]
    fn long_texts_are_cut_where_slack_would_refuse_them() {
        let [mut firing, _] = notices();
        firing.annotations.insert("description".to_owned(), "ä".repeat(5000));
        let json: serde_json::Value = serde_json::from_slice(&body(&message(&[firing]))).expect("JSON");
        let text = json["attachments"][0]["text"].as_str().expect("text");
        assert_eq!((text.chars().count(), text.chars().last()), (3000, Some('…')));
    }
}
