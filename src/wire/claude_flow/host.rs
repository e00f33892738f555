//! `performance.json` and `system-metrics.json`: counters of the last process, and samples of the host.

use serde_json::{Value, json};

use super::{Setting, metadata, snake};
use crate::model::Record;
use crate::wire::claude_code::key::short;
use crate::wire::lenient::{Haul, number, shown, text};

/// How deep groups of counters are searched.
const DEPTH_MAX: usize = 4;
/// When a counter file was written; no counters.
const TIMES: [&str; 3] = ["startTime", "lastActivity", "timestamp"];

/// The numbers of one sample and their names here.
const SAMPLE: [(&str, &str); 8] = [
    ("memoryTotal", "memory_total_bytes"),
    ("memoryUsed", "memory_used_bytes"),
    ("memoryFree", "memory_free_bytes"),
    ("memoryUsagePercent", "memory_usage_percent"),
    ("memoryEfficiency", "memory_efficiency_percent"),
    ("cpuCount", "cpu_count"),
    ("cpuLoad", "cpu_load"),
    ("uptime", "uptime_seconds"),
];

pub(super) fn performance(json: &Value, setting: Setting<'_>, haul: &mut Haul) {
    if !json.is_object() {
        return haul.odd("no object of counters", "the file", shown(&json.to_string()));
    }
    haul.rows += 1;
    let started = number(&json["startTime"]);
    let Some(at) = setting.time(number(&json["lastActivity"]).or(started), "the file", haul) else { return };
    // The file is rewritten as its process works: the same process moves the same counters on.
    let session = text(&json["sessionId"]).unwrap_or_default();
    let key = format!("performance:{session}:{}", started.unwrap_or_default());
    counters(json, "", 0, &mut |name, value| {
        haul.records.push(Record::SwarmMetric(setting.metric(setting.project, name, value, at, &key)));
    });
}

/// Calls `each` with every number in `json` and its name, groups before a dot.
fn counters(json: &Value, before: &str, depth: usize, each: &mut dyn FnMut(&str, f64)) {
    for (name, value) in json.as_object().into_iter().flatten() {
        if TIMES.contains(&name.as_str()) {
            continue;
        }
        let name = if before.is_empty() { snake(name) } else { format!("{before}.{}", snake(name)) };
        match value {
            Value::Number(_) => number(value).into_iter().for_each(|number| each(&name, number)),
            Value::Object(_) if depth < DEPTH_MAX => counters(value, &name, depth + 1, each),
            _ => {}
        }
    }
}

pub(super) fn system(json: &Value, setting: Setting<'_>, haul: &mut Haul) {
    let Some(samples) = json.as_array() else {
        return haul.odd("no list of samples", "the file", shown(&json.to_string()));
    };
    for (index, sample) in samples.iter().enumerate() {
        haul.rows += 1;
        let place = format!("sample {}", index + 1);
        let Some(at) = setting.time(number(&sample["timestamp"]), &place, haul) else { continue };
        // Several processes write, on several hosts: a sample is what it says, not when.
        let key = format!("system:{}:{:016x}", at.millis(), short(&[&sample.to_string()]));
        let note = text(&sample["platform"]).and_then(|platform| metadata(&json!({ "platform": platform })));
        for (theirs, ours) in SAMPLE {
            match number(&sample[theirs]) {
                Some(value) => {
                    let mut metric = setting.metric(setting.project, ours, value, at, &key);
                    metric.metadata.clone_from(&note);
                    haul.records.push(Record::SwarmMetric(metric));
                }
                None if sample[theirs].is_null() => {}
                None => {
                    haul.odd("no number", place.as_str(), format!("{theirs} is {}", shown(&sample[theirs].to_string())))
                }
            }
        }
    }
}
