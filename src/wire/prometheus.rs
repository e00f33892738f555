//! Prometheus text 0.0.4 of a range: one current value a series, no timestamps, as a scrape or a
//! textfile collector reads it. Counters count the records of the range, gauges hold its last value,
//! durations are histograms in seconds.
//!
//! Not here: history (`openmetrics`), the text itself (`exposition`), our own metrics (`/metrics`).

use std::collections::BTreeMap;

use super::exposition::{Dialect, Exposition, Family, Histogram, Kind};
use super::measure::{self, Measure};
use crate::model::Record;

const AGENTS: Family = Family {
    name: "agents",
    kind: Kind::Gauge,
    unit: "",
    help: "Agents in the registry, by type and status of their latest life.",
};

fn family(measure: Measure) -> Family {
    let (name, kind, unit, help) = match measure {
        Measure::Task => ("tasks", Kind::Counter, "", "Tasks that ended, by agent and result."),
        Measure::TaskDuration => ("task_duration_seconds", Kind::Histogram, "seconds", "How long tasks took."),
        Measure::TaskTokens => ("task_tokens", Kind::Counter, "", "Tokens used by tasks; the kinds are disjoint."),
        Measure::TaskReasoning => {
            ("task_reasoning_tokens", Kind::Counter, "", "Tokens spent on reasoning, a part of the output tokens.")
        }
        Measure::TaskFiles => ("task_files_changed", Kind::Counter, "", "Files changed by tasks."),
        Measure::TaskCost => ("task_cost_usd", Kind::Counter, "usd", "What tasks cost, as their sources reported it."),
        Measure::AgentMetric => ("agent_metric", Kind::Gauge, "", "Last value of an agent's metric, in its own unit."),
        Measure::SwarmMetric => ("swarm_metric", Kind::Gauge, "", "Last value of a swarm's metric, in its own unit."),
        Measure::Event => ("events", Kind::Counter, "", "Agent events, by type."),
        Measure::Healing => ("healings", Kind::Counter, "", "Healing attempts, by strategy and outcome."),
        Measure::HealingDuration => {
            ("healing_duration_seconds", Kind::Histogram, "seconds", "How long healing attempts took.")
        }
    };
    Family { name, kind, unit, help }
}

#[derive(Debug)]
enum Series {
    Value(f64),
    Histogram(Histogram),
}

/// The current values of a range. Memory grows with the number of series.
#[derive(Debug, Default)]
pub struct CurrentValues {
    series: BTreeMap<Measure, BTreeMap<Vec<String>, Series>>,
    lives: BTreeMap<String, [String; 2]>,
}

impl CurrentValues {
    /// Takes a record in. Records come oldest first: the last value of a gauge stays.
    pub fn add(&mut self, record: &Record) {
        if let Record::Agent(life) = record {
            let state = [life.agent_type.clone(), life.status.as_str().to_owned()];
            self.lives.insert(life.agent_id.as_str().to_owned(), state);
        }
        measure::each(record, &mut |measure, labels, value| {
            let labels = labels.iter().map(|label| (*label).to_owned()).collect();
            let kind = family(measure).kind;
            let series = self.series.entry(measure).or_default().entry(labels).or_insert_with(|| match kind {
                Kind::Histogram => Series::Histogram(Histogram::new(Histogram::SECONDS)),
                Kind::Counter | Kind::Gauge => Series::Value(0.0),
            });
            match series {
                Series::Histogram(histogram) => histogram.observe(value),
                Series::Value(sum) if kind == Kind::Counter => *sum += value,
                Series::Value(last) => *last = value,
            }
        });
    }

    /// The text, families and series in alphabetical order of their labels.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut text = Exposition::new(Dialect::Text);
        for (measure, series) in &self.series {
            text.family(&family(*measure));
            for (values, series) in series {
                let labels: Vec<_> = measure.labels().iter().copied().zip(values.iter().map(String::as_str)).collect();
                match series {
                    Series::Value(value) => text.sample(&labels, *value),
                    Series::Histogram(histogram) => text.histogram(&labels, histogram),
                }
            }
        }
        self.encode_agents(&mut text);
        text.finish()
    }

    fn encode_agents(&self, text: &mut Exposition) {
        let mut counts = BTreeMap::<_, u32>::new();
        for state in self.lives.values() {
            *counts.entry(state).or_default() += 1;
        }
        if !counts.is_empty() {
            text.family(&AGENTS);
        }
        for ([agent_type, status], count) in counts {
            text.sample(&[("agent_type", agent_type), ("status", status)], f64::from(count));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, TaskRecord, TokenCounts};
    use crate::wire::samples::{self, NOON, noon_plus};

    fn text(records: &[Record]) -> String {
        let mut values = CurrentValues::default();
        records.iter().for_each(|record| values.add(record));
        String::from_utf8(values.encode()).expect("UTF-8")
    }

    fn samples_of(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.starts_with('#')).collect()
    }

    #[test]
    fn nothing_is_no_text() {
        assert_eq!(text(&[]), "");
    }

    #[test]
    fn tasks_are_counted_by_agent_and_result() {
        let task = |result, tokens_used, input| {
            Record::Task(TaskRecord {
                tokens_used,
                tokens: TokenCounts { input, ..TokenCounts::default() },
                ..samples::task("t", "a\"1\"", result, NOON)
            })
        };
        let tasks = [
            task(Some(Outcome::Success), Some(10), Some(10)),
            task(Some(Outcome::Success), Some(7), None),
            task(Some(Outcome::Failed), Some(5), None),
            task(None, None, Some(1)),
        ];
        let text = text(&tasks);
        assert_eq!(
            samples_of(&text),
            [
                r#"moai_flow_tasks_total{agent="a\"1\"",result="failed"} 1"#,
                r#"moai_flow_tasks_total{agent="a\"1\"",result="none"} 1"#,
                r#"moai_flow_tasks_total{agent="a\"1\"",result="success"} 2"#,
                r#"moai_flow_task_tokens_total{agent="a\"1\"",kind="input"} 11"#,
                r#"moai_flow_task_tokens_total{agent="a\"1\"",kind="unsplit"} 12"#,
            ]
        );
    }

    #[test]
    fn a_gauge_holds_its_last_value() {
        let metrics = [
            samples::metric("a", "load", 0.5, NOON),
            samples::metric("b", "load", 0.25, noon_plus(1)),
            samples::metric("a", "load", -2.0, noon_plus(2)),
        ];
        let text = text(&metrics.map(Record::AgentMetric));
        assert_eq!(
            text,
            "# HELP moai_flow_agent_metric Last value of an agent's metric, in its own unit.\n\
             # TYPE moai_flow_agent_metric gauge\n\
             moai_flow_agent_metric{agent=\"a\",metric_type=\"load\"} -2\n\
             moai_flow_agent_metric{agent=\"b\",metric_type=\"load\"} 0.25\n"
        );
    }

    #[test]
    fn healings_are_counted_by_outcome_and_timed_in_seconds() {
        let healings = [
            samples::healing("restart", true, 12.0, NOON),
            samples::healing("restart", true, 2000.0, NOON),
            samples::healing("restart", false, 500.0, NOON),
        ];
        let text = text(&healings.map(Record::Healing));
        for line in [
            r#"moai_flow_healings_total{strategy="restart",outcome="failure"} 1"#,
            r#"moai_flow_healings_total{strategy="restart",outcome="success"} 2"#,
            r#"moai_flow_healing_duration_seconds_bucket{strategy="restart",outcome="success",le="0.05"} 1"#,
            r#"moai_flow_healing_duration_seconds_sum{strategy="restart",outcome="success"} 2.012"#,
            r#"moai_flow_healing_duration_seconds_count{strategy="restart",outcome="failure"} 1"#,
        ] {
            assert!(samples_of(&text).contains(&line), "{line} in {text}");
        }
    }

    #[test]
    fn events_and_the_registry_are_counted() {
        let mut records = samples::one_of_each();
        records.retain(|record| matches!(record, Record::Event(_) | Record::Agent(_) | Record::Memory(_)));
        assert_eq!(
            samples_of(&text(&records)),
            [
                r#"moai_flow_events_total{event_type="tool:Bash"} 1"#,
                r#"moai_flow_agents{agent_type="planner",status="complete"} 1"#,
            ]
        );
    }
}
