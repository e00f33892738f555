//! `agent-performance.json`: how the work of agents did when it was verified, scores from 0 to 1.

use serde_json::Value;

use super::Setting;
use crate::model::{AgentId, Record};
use crate::wire::lenient::{Haul, number, shown, text, time};

pub(super) fn read(json: &Value, setting: Setting<'_>, haul: &mut Haul) {
    if !json.is_object() {
        return haul.odd("no object of verifications", "the file", shown(&json.to_string()));
    }
    haul.rows += 1;
    let created = text(&json["created"]).unwrap_or_default();
    let written = text(&json["lastUpdated"]).unwrap_or(created);
    let Ok(at) = time(written, None) else {
        return haul.odd("no time", "the file", shown(written));
    };
    let Some(at) = setting.time(Some(at.0 as f64 / 1000.0), "the file", haul) else { return };
    // The file is rewritten with each verification: it moves the same figures on.
    let key = |whose: &str| format!("verified:{created}:{whose}");
    let whole = [("totalVerifications", "total"), ("passedVerifications", "passed"), ("averageScore", "score")];
    for (theirs, ours) in whole {
        if let Some(value) = number(&json[theirs]) {
            let metric = setting.metric(setting.project, &format!("verification_{ours}"), value, at, &key(""));
            haul.records.push(Record::SwarmMetric(metric));
        }
    }
    for (agent_type, entry) in json["byAgent"].as_object().into_iter().flatten() {
        let Ok(agent) = AgentId::new(format!("{agent_type}@{}", setting.project)) else {
            haul.odd("an id is too long", "an agent", shown(agent_type));
            continue;
        };
        for (theirs, ours) in [("total", "total"), ("passed", "passed"), ("avgScore", "score")] {
            if let Some(value) = number(&entry[theirs]) {
                let name = format!("verification_{ours}");
                let metric = setting.metric(agent.as_str(), &name, value, at, &key(agent.as_str()));
                haul.records.push(Record::AgentMetric(metric));
            }
        }
    }
}
