//! Metric points. They repeat what logs and spans say about tokens and cost, so they stay what they are:
//! numbers about the session's agent, never tokens of a task.

use super::facts::Facts;
use super::note::{self, EventNote, VIA};
use super::who::{Who, find, harmless};
use super::{Adding, Attributes, PREFIX, Point};
use crate::model::{MetricRecord, Micros, Source};
use crate::wire::claude_code::key::short;

/// Attributes that tell the series of a metric apart and belong into its name.
const IN_NAME: [&str; 2] = ["type", "token_type"];

pub(super) fn take(facts: &mut Facts, resource: &Attributes, point: &Point, at: Micros, file: &str) {
    let who = Who::of(resource, &point.attributes);
    let part = IN_NAME.iter().find_map(|name| find(&point.attributes, name));
    let name = part.map_or_else(|| point.metric.clone(), |part| format!("{}.{part}", point.metric));
    let series = serde_json::Value::Object(point.attributes.clone()).to_string();
    let began = point.started.map_or(0, |started| started.0).to_string();
    // A cumulative series has one record for each start, which grows; other points have one each.
    let moment = if point.adding == Adding::Cumulative { String::new() } else { at.0.to_string() };
    let key = short(&[&who.session, &point.metric, &series, &began, &moment]);
    let mut attributes = harmless(&point.attributes);
    if !point.unit.is_empty() {
        attributes.insert("unit".to_owned(), point.unit.as_str().into());
    }
    let note = EventNote { via: VIA, attributes, ..EventNote::default() };
    let values = match point.count {
        None => vec![(name, point.value)],
        Some(count) => vec![(format!("{name}.sum"), point.value), (format!("{name}.count"), count)],
    };
    for (name, value) in values {
        let key = format!("{PREFIX}metric:{key:016x}:{name}");
        let metric = MetricRecord {
            subject: who.session.clone(),
            metric_type: name,
            value,
            timestamp: at,
            id: None,
            metadata: note::json(&note),
            project: who.project.clone(),
            source: Some(Source { file: file.to_owned(), key: key.clone() }),
        };
        // Exports can arrive out of order.
        match facts.metrics.get_mut(&key) {
            Some(known) if known.timestamp >= at => {}
            Some(known) => *known = metric,
            None => {
                facts.metrics.insert(key, metric);
            }
        }
    }
}
