//! OpenMetrics 1.0 with all samples of a range and their times, as
//! `promtool tsdb create-blocks-from openmetrics` loads them.
//!
//! - Every number of a task or healing is a sample of a gauge (`…_sample_…`), every metric record a
//!   sample of its series; tasks, events and healings are counted by counters that start at 0 where
//!   the range starts and grow with each record.
//! - Families stand together, within them series, within them times ascend strictly. Prometheus keeps
//!   milliseconds, so "the same instant" means the same millisecond: of a counter only its value
//!   after that millisecond is written; of a gauge the second, third, … number becomes a series of
//!   its own under the label `sample="2"`, `sample="3"`, … Nothing is averaged or moved in time.
//! - `# EOF` ends it; without that line it is cut off.

use std::collections::HashMap;

use super::exposition::{Dialect, Exposition, Family, Kind};
use super::measure::{self, Measure};
use super::{EncodeError, Grouped, Place};
use crate::model::{Micros, Record};

fn family(measure: Measure) -> Family {
    let (name, kind, unit, help) = match measure {
        Measure::Task => ("tasks", Kind::Counter, "", "Tasks that ended since the range began."),
        Measure::TaskDuration => ("task_sample_duration_seconds", Kind::Gauge, "seconds", "How long each task took."),
        Measure::TaskTokens => ("task_sample_tokens", Kind::Gauge, "", "Tokens of each task; the kinds are disjoint."),
        Measure::TaskReasoning => {
            ("task_sample_reasoning_tokens", Kind::Gauge, "", "Reasoning tokens of each task, a part of the output.")
        }
        Measure::TaskFiles => ("task_sample_files_changed", Kind::Gauge, "", "Files each task changed."),
        Measure::TaskCost => ("task_sample_cost_usd", Kind::Gauge, "usd", "What each task cost, as reported."),
        Measure::AgentMetric => ("agent_metric", Kind::Gauge, "", "An agent's metric, in its own unit."),
        Measure::SwarmMetric => ("swarm_metric", Kind::Gauge, "", "A swarm's metric, in its own unit."),
        Measure::Event => ("events", Kind::Counter, "", "Agent events since the range began."),
        Measure::Healing => ("healings", Kind::Counter, "", "Healing attempts since the range began."),
        Measure::HealingDuration => {
            ("healing_sample_duration_seconds", Kind::Gauge, "seconds", "How long each healing attempt took.")
        }
    };
    Family { name, kind, unit, help }
}

#[derive(Debug)]
struct Series {
    measure: Measure,
    labels: Vec<String>,
    counted: f64,
    last: Option<i64>, // millisecond of the last sample
    tie: i64,          // how many samples of that millisecond came before the last
}

impl Series {
    /// Where the next sample stands and what it says.
    fn next(&mut self, value: f64, at: Micros) -> (i64, f64) {
        if family(self.measure).kind == Kind::Counter {
            self.counted += value;
            return (0, self.counted);
        }
        self.tie = if self.last == Some(at.millis()) { self.tie + 1 } else { 0 };
        self.last = Some(at.millis());
        (self.tie, value)
    }
}

/// Writes OpenMetrics. A place is [measure, series, tie, time].
#[derive(Debug)]
pub struct OpenMetricsWriter {
    series: Vec<Series>,
    index: HashMap<String, usize>,
    text: Exposition,
    family: Option<Measure>,
    waiting: Option<(Place, f64)>,
}

impl Default for OpenMetricsWriter {
    fn default() -> Self {
        Self {
            series: Vec::new(),
            index: HashMap::new(),
            text: Exposition::new(Dialect::OpenMetrics),
            family: None,
            waiting: None,
        }
    }
}

impl OpenMetricsWriter {
    fn write_waiting(&mut self) -> Result<(), EncodeError> {
        let Some(([_, series, tie, time], value)) = self.waiting.take() else { return Ok(()) };
        let series =
            usize::try_from(series).ok().and_then(|at| self.series.get(at)).ok_or(EncodeError::UnknownSeries)?;
        if self.family.replace(series.measure) != Some(series.measure) {
            self.text.family(&family(series.measure));
        }
        let tie = (tie > 0).then(|| (tie + 1).to_string());
        let labels: Vec<_> = (series.measure.labels().iter().copied())
            .zip(series.labels.iter().map(String::as_str))
            .chain(tie.as_deref().map(|tie| ("sample", tie)))
            .collect();
        self.text.sample_at(&labels, value, Micros(time));
        Ok(())
    }
}

impl Grouped for OpenMetricsWriter {
    fn split(&mut self, record: &Record, piece: &mut dyn FnMut(Place, &[u8])) {
        let at = time(record);
        measure::each(record, &mut |measure, labels, value| {
            let order = measure as i64;
            let key = format!("{order}\0{}", labels.join("\0"));
            let number = *self.index.entry(key).or_insert_with(|| {
                let labels = labels.iter().map(|label| (*label).to_owned()).collect();
                self.series.push(Series { measure, labels, counted: 0.0, last: None, tie: 0 });
                self.series.len() - 1
            });
            if let (Some(series), Ok(place)) = (self.series.get_mut(number), i64::try_from(number)) {
                let (tie, value) = series.next(value, at);
                piece([order, place, tie, at.0], &value.to_le_bytes());
            }
        });
    }

    fn begin(&mut self, _out: &mut Vec<u8>) {}

    fn piece(&mut self, place: Place, piece: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let value = f64::from_le_bytes(piece.try_into().map_err(|_| EncodeError::UnknownSeries)?);
        // A gauge never has two samples of one series and tie in a millisecond; a counter's earlier one goes.
        let replaces = self.waiting.is_some_and(|(waiting, _)| {
            waiting[..3] == place[..3] && Micros(waiting[3]).millis() == Micros(place[3]).millis()
        });
        if !replaces {
            self.write_waiting()?;
        }
        self.waiting = Some((place, value));
        out.append(&mut self.text.take());
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.write_waiting()?;
        let text = std::mem::replace(&mut self.text, Exposition::new(Dialect::OpenMetrics));
        out.append(&mut text.finish());
        Ok(())
    }
}

/// The instant a record is about.
pub(super) fn time(record: &Record) -> Micros {
    match record {
        Record::Task(r) => r.timestamp,
        Record::AgentMetric(r) | Record::SwarmMetric(r) => r.timestamp,
        Record::Event(r) => r.timestamp,
        Record::Healing(r) => r.timestamp,
        Record::Agent(r) => r.spawn_time,
        Record::Memory(r) => r.timestamp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, TaskRecord};
    use crate::wire::samples::{self, NOON, grouped, noon_plus};

    fn text(records: &[Record]) -> String {
        grouped(&mut OpenMetricsWriter::default(), records)
    }

    #[test]
    fn nothing_is_an_ended_document() {
        assert_eq!(text(&[]), "# EOF\n");
    }

    #[test]
    fn series_stand_together_though_records_are_mixed() {
        let metrics = [
            samples::metric("a", "load", 1.0, NOON),
            samples::metric("b", "load", 2.0, Micros(NOON.0 + 500)),
            samples::metric("a", "load", 1.5, noon_plus(250)),
        ];
        assert_eq!(
            text(&metrics.map(Record::AgentMetric)),
            "# TYPE moai_flow_agent_metric gauge\n\
             # HELP moai_flow_agent_metric An agent's metric, in its own unit.\n\
             moai_flow_agent_metric{agent=\"a\",metric_type=\"load\"} 1 1767268800\n\
             moai_flow_agent_metric{agent=\"a\",metric_type=\"load\"} 1.5 1767268800.25\n\
             moai_flow_agent_metric{agent=\"b\",metric_type=\"load\"} 2 1767268800.0005\n\
             # EOF\n"
        );
    }

    #[test]
    fn numbers_of_one_millisecond_become_series_of_their_own() {
        let at = [NOON, Micros(NOON.0 + 999), NOON, noon_plus(1), Micros(NOON.0 + 1999)];
        let mut at = at.map(|time| time.0);
        at.sort_unstable();
        let metrics: Vec<_> = (1..6_u8)
            .zip(at)
            .map(|(value, time)| Record::SwarmMetric(samples::metric("s", "x", value.into(), Micros(time))))
            .collect();
        let text = text(&metrics);
        let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                r#"moai_flow_swarm_metric{swarm="s",metric_type="x"} 1 1767268800"#,
                r#"moai_flow_swarm_metric{swarm="s",metric_type="x"} 4 1767268800.001"#,
                r#"moai_flow_swarm_metric{swarm="s",metric_type="x",sample="2"} 2 1767268800"#,
                r#"moai_flow_swarm_metric{swarm="s",metric_type="x",sample="2"} 5 1767268800.001999"#,
                r#"moai_flow_swarm_metric{swarm="s",metric_type="x",sample="3"} 3 1767268800.000999"#,
            ]
        );
    }

    #[test]
    fn tasks_are_counted_and_each_of_their_numbers_is_a_sample() {
        let task = |at, duration_ms| {
            Record::Task(TaskRecord {
                duration_ms: Some(duration_ms),
                files_changed: Some(2),
                ..samples::task("t", "a", Some(Outcome::Success), at)
            })
        };
        assert_eq!(
            text(&[task(NOON, 1500.0), task(NOON, 250.0), task(noon_plus(60_000), 1000.0)]),
            "# TYPE moai_flow_tasks counter\n# HELP moai_flow_tasks Tasks that ended since the range began.\n\
             moai_flow_tasks_total{agent=\"a\",result=\"success\"} 2 1767268800\n\
             moai_flow_tasks_total{agent=\"a\",result=\"success\"} 3 1767268860\n\
             # TYPE moai_flow_task_sample_duration_seconds gauge\n\
             # UNIT moai_flow_task_sample_duration_seconds seconds\n\
             # HELP moai_flow_task_sample_duration_seconds How long each task took.\n\
             moai_flow_task_sample_duration_seconds{agent=\"a\",result=\"success\"} 1.5 1767268800\n\
             moai_flow_task_sample_duration_seconds{agent=\"a\",result=\"success\"} 1 1767268860\n\
             moai_flow_task_sample_duration_seconds{agent=\"a\",result=\"success\",sample=\"2\"} 0.25 1767268800\n\
             # TYPE moai_flow_task_sample_files_changed gauge\n\
             # HELP moai_flow_task_sample_files_changed Files each task changed.\n\
             moai_flow_task_sample_files_changed{agent=\"a\"} 2 1767268800\n\
             moai_flow_task_sample_files_changed{agent=\"a\"} 2 1767268860\n\
             moai_flow_task_sample_files_changed{agent=\"a\",sample=\"2\"} 2 1767268800\n\
             # EOF\n"
        );
    }
}
