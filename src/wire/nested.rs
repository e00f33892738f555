//! Everything as one nested JSON document, tasks in agents in swarms:
//!
//! ```json
//! {"swarms": [
//!    {"swarm_id": "s-1",
//!     "metrics": [swarm_metric, …],
//!     "agents": [
//!        {"agent_id": "a", "lives": [agent, …], "metrics": [agent_metric, …],
//!         "events": [event, …], "healings": [healing, …], "tasks": [task, …]}, …]}, …],
//!  "memory": [memory, …]}
//! ```
//!
//! Every record stands exactly once, where its own fields put it; nothing is inferred. So what names
//! no swarm (agent metrics, lives and healings never do) stands under `"swarm_id": null`, which comes
//! last, and a healing that names no agent under `"agent_id": null`. Arrays without elements are left
//! out, but for `swarms` and `memory`. Elements are the objects of [`super::ndjson`], oldest first;
//! swarms and agents come in the order in which they first appear. Without the closing brace the
//! document is cut off.

use std::collections::HashMap;

use super::ndjson;
use super::openmetrics::time;
use super::text::push_json_string;
use super::{EncodeError, Grouped, Layout, Place};
use crate::model::Record;

/// The `swarm` of a place under `"swarm_id": null`.
const NO_SWARM: i64 = i64::MAX - 1;
/// The `swarm` of a place in `memory`.
const MEMORY: i64 = i64::MAX;
/// The `agent` of a swarm's own metrics: they come before its agents.
const SWARM_ITSELF: i64 = -1;
/// The `agent` of a place under `"agent_id": null`.
const NO_AGENT: i64 = i64::MAX;

/// The arrays of an agent in their order; a swarm's own metrics stand under [`METRICS`] too.
const SECTIONS: [&str; 5] = ["lives", "metrics", "events", "healings", "tasks"];
const METRICS: i64 = 1;

/// Texts numbered in the order in which they first appear.
#[derive(Debug, Default)]
struct Names {
    names: Vec<String>,
    index: HashMap<String, i64>,
}

impl Names {
    fn number(&mut self, name: &str) -> i64 {
        if let Some(number) = self.index.get(name) {
            return *number;
        }
        let number = i64::try_from(self.names.len()).unwrap_or(NO_SWARM - 1);
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), number);
        number
    }

    fn get(&self, number: i64) -> Option<&str> {
        usize::try_from(number).ok().and_then(|at| self.names.get(at)).map(String::as_str)
    }
}

/// Writes the nested document. A place is [swarm, agent, section, time].
#[derive(Debug)]
pub struct NestedWriter {
    layout: Layout,
    swarms: Names,
    agents: Names,
    open: Option<[i64; 3]>, // swarm, agent and section the last element stands in
    scratch: Vec<u8>,
}

impl NestedWriter {
    /// A writer.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self { layout, swarms: Names::default(), agents: Names::default(), open: None, scratch: Vec::new() }
    }

    /// Where a record stands: swarm, agent, section, and how deep.
    fn place(&mut self, record: &Record) -> ([i64; 3], usize) {
        let (swarm, agent, section) = match record {
            Record::Task(r) => (r.swarm_id.as_ref(), Some(r.agent_id.as_str()), 4),
            Record::Event(r) => (r.swarm_id.as_ref(), Some(r.agent_id.as_str()), 2),
            Record::AgentMetric(r) => (None, Some(r.subject.as_str()), METRICS),
            Record::Healing(r) => (None, r.agent_id.as_ref().map(|id| id.as_str()), 3),
            Record::Agent(r) => (None, Some(r.agent_id.as_str()), 0),
            Record::SwarmMetric(r) => return ([self.swarms.number(&r.subject), SWARM_ITSELF, METRICS], 4),
            Record::Memory(_) => return ([MEMORY, SWARM_ITSELF, 0], 2),
        };
        let swarm = swarm.map_or(NO_SWARM, |id| self.swarms.number(id.as_str()));
        let agent = agent.map_or(NO_AGENT, |id| self.agents.number(id));
        ([swarm, agent, section], 6)
    }

    fn line(&self, out: &mut Vec<u8>, depth: usize) {
        out.push(b'\n');
        if self.layout.pretty {
            out.extend(std::iter::repeat_n(b' ', depth * 2));
        }
    }

    fn key(&self, out: &mut Vec<u8>, depth: usize, name: &str) {
        self.line(out, depth);
        push_json_string(out, name);
        out.extend_from_slice(if self.layout.pretty { b": " } else { b":" });
    }

    /// Opens an object that begins with its id.
    fn object(&self, out: &mut Vec<u8>, depth: usize, name: &str, id: Option<&str>) {
        self.line(out, depth);
        out.push(b'{');
        self.key(out, depth + 1, name);
        match id {
            Some(id) => push_json_string(out, id),
            None => out.extend_from_slice(b"null"),
        }
    }

    /// Closes what the last element stands in, as far as the next element does not stand in it.
    fn close(&self, out: &mut Vec<u8>, next: Option<[i64; 3]>) {
        let Some(open) = self.open else { return };
        if open[0] == MEMORY || next == Some(open) {
            return;
        }
        let of_agent = open[1] != SWARM_ITSELF;
        self.line(out, if of_agent { 5 } else { 3 });
        out.push(b']');
        let same_swarm = next.is_some_and(|next| next[0] == open[0]);
        if same_swarm && next.is_some_and(|next| next[1] == open[1]) {
            return;
        }
        if of_agent {
            self.line(out, 4);
            out.push(b'}');
        }
        if !same_swarm {
            if of_agent {
                self.line(out, 3);
                out.push(b']');
            }
            self.line(out, 2);
            out.push(b'}');
        }
    }

    /// Opens what the next element stands in, and separates it from the one before.
    fn open(&mut self, out: &mut Vec<u8>, next: [i64; 3]) {
        let open = self.open.replace(next);
        if open == Some(next) {
            out.push(b',');
            return;
        }
        if next[0] == MEMORY {
            self.end_of_swarms(out);
            return;
        }
        let same_swarm = open.is_some_and(|open| open[0] == next[0]);
        if !same_swarm {
            if open.is_some() {
                out.push(b',');
            }
            self.object(out, 2, "swarm_id", self.swarms.get(next[0]));
        }
        let of_agent = next[1] != SWARM_ITSELF;
        if of_agent && open.is_none_or(|open| open[..2] != next[..2]) {
            out.push(b',');
            if open.is_none_or(|open| !same_swarm || open[1] == SWARM_ITSELF) {
                self.key(out, 3, "agents");
                out.push(b'[');
            }
            self.object(out, 4, "agent_id", self.agents.get(next[1]));
        }
        out.push(b',');
        let section = usize::try_from(next[2]).ok().and_then(|at| SECTIONS.get(at)).copied().unwrap_or_default();
        self.key(out, if of_agent { 5 } else { 3 }, section);
        out.push(b'[');
    }

    fn end_of_swarms(&self, out: &mut Vec<u8>) {
        self.line(out, 1);
        out.extend_from_slice(b"],");
        self.key(out, 1, "memory");
        out.push(b'[');
    }
}

impl Grouped for NestedWriter {
    fn split(&mut self, record: &Record, piece: &mut dyn FnMut(Place, &[u8])) {
        let ([swarm, agent, section], depth) = self.place(record);
        self.scratch.clear();
        let indent = self.layout.pretty.then_some((depth + 1) * 2);
        ndjson::object(&mut self.scratch, record, self.layout.metadata, indent);
        piece([swarm, agent, section, time(record).0], &self.scratch);
    }

    fn begin(&mut self, out: &mut Vec<u8>) {
        out.push(b'{');
        self.key(out, 1, "swarms");
        out.push(b'[');
    }

    fn piece(&mut self, place: Place, piece: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let [swarm, agent, section, _] = place;
        let next = [swarm, agent, section];
        self.close(out, Some(next));
        self.open(out, next);
        self.line(
            out,
            if swarm == MEMORY {
                2
            } else if agent == SWARM_ITSELF {
                4
            } else {
                6
            },
        );
        out.extend_from_slice(piece);
        Ok(())
    }

    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.close(out, None);
        if self.open.is_none_or(|open| open[0] != MEMORY) {
            self.end_of_swarms(out);
        }
        self.line(out, 1);
        out.push(b']');
        self.line(out, 0);
        out.extend_from_slice(b"}\n");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::model::{SwarmId, TaskRecord};
    use crate::wire::samples::{self, NOON, grouped, noon_plus};

    fn document(records: &[Record], pretty: bool) -> (String, Value) {
        let text = grouped(&mut NestedWriter::new(Layout { pretty, ..Layout::default() }), records);
        let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
        (text, value)
    }

    fn task(id: &str, agent: &str, swarm: Option<&str>, millis: i64) -> Record {
        let swarm_id = swarm.map(|id| SwarmId::new(id).expect("an id"));
        Record::Task(TaskRecord { swarm_id, ..samples::task(id, agent, None, noon_plus(millis)) })
    }

    #[test]
    fn nothing_is_two_empty_arrays() {
        let (_, value) = document(&[], false);
        assert_eq!(value, serde_json::json!({"swarms": [], "memory": []}));
        assert_eq!(document(&[], true).1, value);
    }

    #[test]
    fn tasks_stand_in_agents_and_agents_in_swarms() {
        let records = [
            task("t1", "a", Some("s1"), 0),
            task("t2", "b", None, 1),
            task("t3", "a", Some("s2"), 2),
            task("t4", "b", Some("s1"), 3),
            task("t5", "a", Some("s1"), 4),
            Record::AgentMetric(samples::metric("a", "load", 1.0, NOON)),
            Record::SwarmMetric(samples::metric("s3", "health", 1.0, NOON)),
            Record::Event(samples::event("spawn", "b", NOON)),
            Record::Healing(samples::healing("restart", true, 1.0, NOON)),
        ];
        let (_, value) = document(&records, false);
        let shape: Vec<_> = value["swarms"].as_array().expect("swarms").iter().map(shape_of_swarm).collect();
        assert_eq!(
            shape,
            [
                r#""s1" metrics 0: "a" tasks ["t1","t5"]; "b" tasks ["t4"]"#,
                r#""s2" metrics 0: "a" tasks ["t3"]"#,
                r#""s3" metrics 1: "#,
                r#"null metrics 0: "a" metrics [1]; "b" events ["spawn"] tasks ["t2"]; null healings ["restart"]"#,
            ]
        );
        assert_eq!(document(&records, true).1, value);
    }

    fn shape_of_swarm(swarm: &Value) -> String {
        let metrics = swarm["metrics"].as_array().map_or(0, Vec::len);
        let agents: Vec<_> = swarm["agents"].as_array().into_iter().flatten().map(shape_of_agent).collect();
        format!("{} metrics {metrics}: {}", swarm["swarm_id"], agents.join("; "))
    }

    fn shape_of_agent(agent: &Value) -> String {
        let mut text = agent["agent_id"].to_string();
        for section in SECTIONS {
            let Some(elements) = agent[section].as_array() else { continue };
            let names: Vec<_> = elements
                .iter()
                .filter_map(|one| ["task_id", "value", "event_type", "strategy"].iter().find_map(|key| one.get(key)))
                .map(|value| value.to_string().trim_end_matches(".0").to_owned())
                .collect();
            text.push_str(&format!(" {section} [{}]", names.join(",")));
        }
        text
    }

    #[test]
    fn pretty_is_indented_by_depth() {
        let (text, _) = document(&[Record::SwarmMetric(samples::metric("s", "x", 1.0, NOON))], true);
        assert_eq!(
            text,
            "{\n  \"swarms\": [\n    {\n      \"swarm_id\": \"s\",\n      \"metrics\": [\n        {\n          \
             \"kind\": \"swarm_metric\",\n          \"swarm_id\": \"s\",\n          \"metric_type\": \"x\",\n          \
             \"value\": 1,\n          \"timestamp\": \"2026-01-01T12:00:00Z\"\n        }\n      ]\n    }\n  ],\n  \
             \"memory\": [\n  ]\n}\n"
        );
    }

    #[test]
    fn every_record_stands_exactly_once() {
        let records = samples::one_of_each();
        let (text, value) = document(&records, false);
        for dataset in crate::model::Dataset::ALL {
            let kind = format!("{{\"kind\":\"{}\"", dataset.kind());
            assert_eq!(text.matches(&kind).count(), 1, "{kind} in {text}");
        }
        assert_eq!(value["memory"][0]["value"], -5);
    }
}
