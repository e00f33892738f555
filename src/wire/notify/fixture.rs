//! Two alerts of one rule: one fires, one resolved.

use crate::model::Micros;
use crate::model::channel::{Message, Notice};

const NOON: i64 = 1_767_268_800_000_000;

pub(super) fn notices() -> [Notice; 2] {
    let notice = |fingerprint: &str, agent: &str, summary: &str, ends_at| Notice {
        fingerprint: fingerprint.to_owned(),
        labels: [("alertname", "SlowTasks"), ("severity", "critical"), ("agent_id", agent)]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        annotations: [("summary".to_owned(), summary.to_owned())].into(),
        starts_at: Micros(NOON),
        ends_at,
        path: "/alerts?rule=SlowTasks".to_owned(),
    };
    let mut firing = notice("00000000000000a1", "coder-1", "p99 is 6.2 s, above 5 s", None);
    firing.annotations.insert("description".to_owned(), "p99 of 41 tasks & more".to_owned());
    let resolved = notice("00000000000000a2", "<b>", "p99 is 1.0 s", Some(Micros(NOON + 450_000_000)));
    [firing, resolved]
}

pub(super) fn message(notices: &[Notice]) -> Message<'_> {
    Message { channel: "ops", notices, left_out: 0, external_url: "https://swarm.example" }
}
