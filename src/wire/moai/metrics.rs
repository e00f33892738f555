//! `agent_metrics` and `swarm_metrics` of both generations.

use super::{Clock, PREFIX, Row, name};
use crate::model::cell::Cell;
use crate::model::record::metric_type_name;
use crate::model::{MetricRecord, Record};
use crate::wire::claude_code::key::short;
use crate::wire::lenient::{Haul, shown};

/// `subject` is the column that says whom the metric is about.
pub(super) fn read(row: &Row<'_>, subject: &'static str, clock: &Clock, haul: &mut Haul) -> Option<Record> {
    let of = name(row, subject, haul)?;
    let metric_type = name(row, "metric_type", haul)?;
    let timestamp = clock.read(row, "timestamp", true, haul)?;
    let value = value(row, haul)?;
    let letter = if subject == "agent_id" { 'a' } else { 's' };
    let said = short(&[&of, &metric_type, &row.get("timestamp").show(), &value.to_bits().to_string()]);
    let id = row.integer(&["metric_id", "id"]).or(row.number).unwrap_or(0);
    let metric = MetricRecord {
        subject: of,
        metric_type: metric_type_name(&metric_type).to_owned(),
        value,
        timestamp,
        id: None,
        metadata: row.json("metadata", haul),
        project: None,
        source: row.source(format!("{PREFIX}{letter}:{id:012}:{said:016x}")),
    };
    Some(if letter == 'a' { Record::AgentMetric(metric) } else { Record::SwarmMetric(metric) })
}

#[expect(clippy::cast_precision_loss, reason = "a measured value; 53 bits are what a double has")]
fn value(row: &Row<'_>, haul: &mut Haul) -> Option<f64> {
    match row.get("value") {
        Cell::Int(number) => Some(*number as f64),
        Cell::Real(number) if number.is_finite() => Some(*number),
        Cell::Text(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
            haul.odd("number written as text", row.place(), format!("value is {}", shown(text)));
            text.trim().parse().ok()
        }
        other => {
            haul.odd("value is no finite number, left out", row.place(), shown(&other.show()));
            None
        }
    }
}
