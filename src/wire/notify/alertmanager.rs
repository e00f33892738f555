//! `POST /api/v2/alerts` of Alertmanager: an array of alerts (prometheus/alertmanager: `api/v2/openapi.yaml`).
//!
//! An alert that fires carries an end in the future, as Prometheus sends it: when nobody says any more that it fires, it
//! resolves by itself. So whoever sends this must send it again before that.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::model::Micros;
use crate::model::channel::{Message, Notice};

/// Where alerts are sent, below the root of an Alertmanager.
pub const PATH: &str = "/api/v2/alerts";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    labels: BTreeMap<String, &'a str>,
    annotations: BTreeMap<String, &'a str>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
}

/// The body; alerts that fire are said to until `fires_until`.
#[must_use]
pub fn body(message: &Message<'_>, fires_until: Micros) -> Vec<u8> {
    let alerts: Vec<Alert<'_>> = message.notices.iter().map(|notice| alert(message, notice, fires_until)).collect();
    serde_json::to_vec(&alerts).unwrap_or_default()
}

fn alert<'a>(message: &Message<'_>, notice: &'a Notice, fires_until: Micros) -> Alert<'a> {
    Alert {
        labels: named(&notice.labels).collect(),
        annotations: named(&notice.annotations).collect(),
        starts_at: notice.starts_at.to_rfc3339(),
        ends_at: notice.ends_at.unwrap_or(fires_until).to_rfc3339(),
        generator_url: message.link(notice),
    }
}

/// With names that Alertmanager takes: letters, digits and `_`, no digit first. Empty values mean nothing to it.
fn named(of: &BTreeMap<String, String>) -> impl Iterator<Item = (String, &str)> {
    of.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| {
        let first = name.starts_with(|c: char| c.is_ascii_digit()).then_some('_');
        let rest = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        (first.into_iter().chain(rest).collect(), value.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{message, notices};
    use super::*;

    #[test]
    fn what_fires_ends_in_the_future_and_what_resolved_when_it_did() {
        let expected = concat!(
            r#"[{"labels":{"agent_id":"coder-1","alertname":"SlowTasks","severity":"critical"},"#,
            r#""annotations":{"description":"p99 of 41 tasks & more","summary":"p99 is 6.2 s, above 5 s"},"#,
            r#""startsAt":"2026-01-01T12:00:00Z","endsAt":"2026-01-01T12:10:00Z","#,
            r#""generatorURL":"https://swarm.example/alerts?rule=SlowTasks"},"#,
            r#"{"labels":{"agent_id":"<b>","alertname":"SlowTasks","severity":"critical"},"#,
            r#""annotations":{"summary":"p99 is 1.0 s"},"#,
            r#""startsAt":"2026-01-01T12:00:00Z","endsAt":"2026-01-01T12:07:30Z","#,
            r#""generatorURL":"https://swarm.example/alerts?rule=SlowTasks"}]"#,
        );
        let until = Micros(1_767_268_800_000_000 + 600_000_000);
        assert_eq!(String::from_utf8(body(&message(&notices()), until)).as_deref(), Ok(expected));
    }

    #[test]
    fn names_that_alertmanager_refuses_are_made_fit_and_empty_values_left_out() {
        let labels = [("team name", "a"), ("2nd", "b"), ("empty", "")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let named: Vec<_> = named(&labels.into()).map(|(name, _)| name).collect();
        assert_eq!(named, ["_2nd", "team_name"]);
    }
}
