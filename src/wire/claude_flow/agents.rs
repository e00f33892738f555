//! `agent-metrics.json`: totals and last actions by agent type.

use serde_json::{Value, json};

use super::{PREFIX, Setting, metadata, snake};
use crate::model::{AgentId, AgentRecord, AgentStatus, EventId, EventRecord, Micros, Record, SwarmId};
use crate::wire::claude_code::key::event_id;
use crate::wire::lenient::{Haul, number, shown, text};

const TOTALS: [&str; 4] = ["total", "successful", "failed", "totalDuration"];

pub(super) fn read(json: &Value, setting: Setting<'_>, haul: &mut Haul) {
    let Some(agents) = json.as_object() else {
        return haul.odd("no object of agents", "the file", shown(&json.to_string()));
    };
    for (agent_type, entry) in agents {
        haul.rows += 1;
        let Ok(agent) = AgentId::new(format!("{agent_type}@{}", setting.project)) else {
            haul.odd("an id is too long", "an agent", shown(agent_type));
            continue;
        };
        let mut last = None;
        for (index, action) in entry["actions"].as_array().into_iter().flatten().enumerate() {
            let place = format!("action {} of {agent_type}", index + 1);
            if let Some(at) = act(action, &agent, agent_type, setting, &place, haul) {
                last = last.max(Some(at));
            }
        }
        let Some(at) = last else {
            // Totals without any time stand for no moment.
            haul.odd("totals without a time", agent_type.as_str(), shown(&entry.to_string()));
            continue;
        };
        for name in TOTALS {
            if let Some(value) = number(&entry[name]) {
                let name = if name == "totalDuration" { "total_duration_ms".into() } else { snake(name) };
                let key = format!("agent:{}", agent.as_str());
                haul.records.push(Record::AgentMetric(setting.metric(agent.as_str(), &name, value, at, &key)));
            }
        }
    }
}

/// One action: an event, and a registry row when it started the agent.
fn act(
    action: &Value,
    agent: &AgentId,
    agent_type: &str,
    setting: Setting<'_>,
    place: &str,
    haul: &mut Haul,
) -> Option<Micros> {
    let at = setting.time(number(&action["timestamp"]), place, haul)?;
    let word = text(&action["action"]).unwrap_or("action");
    let id = text(&action["id"]).map_or_else(|| format!("{agent_type}-{}", at.millis()), str::to_owned);
    let key = format!("{PREFIX}action:{id}:{word}");
    let success = action["success"].as_bool();
    haul.records.push(Record::Event(EventRecord {
        event_type: word.to_owned(),
        agent_id: agent.clone(),
        agent_type: Some(agent_type.to_owned()),
        event_id: EventId::new(event_id(&key)).ok(),
        task_id: None,
        swarm_id: SwarmId::new(setting.project).ok(),
        timestamp: at,
        metadata: metadata(&json!({ "id": id, "duration_ms": number(&action["duration"]), "success": success })),
        project: Some(setting.project.to_owned()),
        source: setting.source(key),
    }));
    if word == "spawn" {
        haul.records.push(Record::Agent(AgentRecord {
            agent_id: agent.clone(),
            agent_type: agent_type.to_owned(),
            // claude-flow notes no end.
            status: if success == Some(false) { AgentStatus::Error } else { AgentStatus::Spawned },
            spawn_time: at,
            complete_time: None,
            duration_ms: None,
            metadata: None,
            project: Some(setting.project.to_owned()),
            source: setting.source(format!("{PREFIX}life:{id}")),
        }));
    }
    Some(at)
}
