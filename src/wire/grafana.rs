//! Series for Grafana's JSON data sources: `[{"target":…,"datapoints":[[value, epoch_ms],…]},…]`,
//! oldest first in each series.
//!
//! Targets: `<agent>.duration_ms`, `.tokens_used`, `.files_changed`, `.cost_usd` of tasks;
//! `<agent or swarm>.<metric type>`; the event type, with the value 1 for each event;
//! `<strategy>.duration_ms` and `<strategy>.success` (1 or 0) of healings. Numbers that are not
//! recorded are no points. Registry and memory hold no series.

use std::collections::HashMap;

use super::openmetrics::time;
use super::text::{number, push_json_string};
use super::{EncodeError, Grouped, Place};
use crate::model::{Micros, Record};

/// Writes series for Grafana. A place is [series, 0, 0, time].
#[derive(Debug, Default)]
pub struct GrafanaWriter {
    targets: Vec<String>,
    index: HashMap<String, i64>,
    open: Option<i64>,
}

impl GrafanaWriter {
    fn series(&mut self, target: String) -> i64 {
        if let Some(series) = self.index.get(&target) {
            return *series;
        }
        let series = i64::try_from(self.targets.len()).unwrap_or(i64::MAX);
        self.targets.push(target.clone());
        self.index.insert(target, series);
        series
    }

    fn open(&mut self, series: i64, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let target =
            usize::try_from(series).ok().and_then(|at| self.targets.get(at)).ok_or(EncodeError::UnknownSeries)?;
        out.extend_from_slice(if self.open.is_some() { b"]},\n" } else { b"\n" });
        out.extend_from_slice(b"{\"target\":");
        push_json_string(out, target);
        out.extend_from_slice(b",\"datapoints\":[");
        self.open = Some(series);
        Ok(())
    }
}

impl Grouped for GrafanaWriter {
    fn split(&mut self, record: &Record, piece: &mut dyn FnMut(Place, &[u8])) {
        let at = time(record);
        each(record, &mut |target, value| {
            let series = self.series(target);
            piece([series, 0, 0, at.0], &value.to_le_bytes());
        });
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'[');
    }

    fn piece(&mut self, place: Place, piece: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let value = f64::from_le_bytes(piece.try_into().map_err(|_| EncodeError::UnknownSeries)?);
        if self.open == Some(place[0]) {
            out.push(b',');
        } else {
            self.open(place[0], out)?;
        }
        out.extend_from_slice(format!("[{},{}]", number(value), Micros(place[3]).millis()).as_bytes());
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(if self.open.is_some() { b"]}\n]\n" } else { b"]\n" });
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of tokens and files stay far below 2^53")]
fn each(record: &Record, visit: &mut dyn FnMut(String, f64)) {
    match record {
        Record::Task(task) => {
            for (field, value) in [
                ("duration_ms", task.duration_ms),
                ("tokens_used", task.tokens_used.map(|count| count as f64)),
                ("files_changed", task.files_changed.map(|count| count as f64)),
                ("cost_usd", task.cost_usd),
            ] {
                if let Some(value) = value {
                    visit(format!("{}.{field}", task.agent_id), value);
                }
            }
        }
        Record::AgentMetric(r) | Record::SwarmMetric(r) => visit(format!("{}.{}", r.subject, r.metric_type), r.value),
        Record::Event(r) => visit(r.event_type.clone(), 1.0),
        Record::Healing(r) => {
            visit(format!("{}.duration_ms", r.strategy), r.duration_ms);
            visit(format!("{}.success", r.strategy), if r.success { 1.0 } else { 0.0 });
        }
        Record::Agent(_) | Record::Memory(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TaskRecord;
    use crate::wire::samples::{self, NOON, grouped, noon_plus};

    fn text(records: &[Record]) -> String {
        grouped(&mut GrafanaWriter::default(), records)
    }

    #[test]
    fn nothing_is_an_empty_array() {
        assert_eq!(text(&[]), "[]\n");
    }

    #[test]
    fn points_of_one_target_stand_together_value_first() {
        let task = |agent, at, duration_ms, cost_usd| {
            Record::Task(TaskRecord { duration_ms, cost_usd, ..samples::task("t", agent, None, at) })
        };
        assert_eq!(
            text(&[
                task("a\"", NOON, Some(1500.0), Some(0.5)),
                task("b", noon_plus(1), Some(2.0), None),
                task("a\"", noon_plus(2), Some(7.25), None),
            ]),
            "[\n{\"target\":\"a\\\".duration_ms\",\"datapoints\":[[1500,1767268800000],[7.25,1767268800002]]},\n\
             {\"target\":\"a\\\".cost_usd\",\"datapoints\":[[0.5,1767268800000]]},\n\
             {\"target\":\"b.duration_ms\",\"datapoints\":[[2,1767268800001]]}\n]\n"
        );
    }

    #[test]
    fn healings_and_events_have_their_targets() {
        let records = [
            Record::Healing(samples::healing("restart", false, 12.5, NOON)),
            Record::Event(samples::event("spawn", "a", NOON)),
        ];
        let text = text(&records);
        let series: Vec<serde_json::Value> = serde_json::from_str(&text).expect("JSON");
        let targets: Vec<_> = series.iter().map(|one| (&one["target"], &one["datapoints"][0][0])).collect();
        assert_eq!(
            format!("{targets:?}"),
            r#"[(String("restart.duration_ms"), Number(12.5)), (String("restart.success"), Number(0)), (String("spawn"), Number(1))]"#
        );
    }
}
