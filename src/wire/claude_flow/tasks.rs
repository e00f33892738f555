//! `task-metrics.json`: what commands did and how long they took.

use serde_json::{Value, json};

use super::{PREFIX, Setting, metadata};
use crate::model::{AgentId, Outcome, Record, SwarmId, TaskId, TaskRecord, TokenCounts};
use crate::wire::lenient::{Haul, is_duration, number, shown, text};

pub(super) fn read(json: &Value, setting: Setting<'_>, haul: &mut Haul) {
    let Some(entries) = json.as_array() else {
        return haul.odd("no list of tasks", "the file", shown(&json.to_string()));
    };
    for (index, entry) in entries.iter().enumerate() {
        haul.rows += 1;
        let place = format!("entry {}", index + 1);
        if let Some(task) = task(entry, setting, &place, haul) {
            haul.records.push(Record::Task(task));
        }
    }
}

fn task(entry: &Value, setting: Setting<'_>, place: &str, haul: &mut Haul) -> Option<TaskRecord> {
    let Some(id) = text(&entry["id"]) else {
        haul.odd("no id", place, shown(&entry.to_string()));
        return None;
    };
    let at = setting.time(number(&entry["timestamp"]), place, haul)?;
    let command = text(&entry["type"]).unwrap_or("command");
    let ids = (TaskId::new(id), AgentId::new(format!("{command}@{}", setting.project)), SwarmId::new(setting.project));
    let (Ok(task_id), Ok(agent_id), Ok(swarm_id)) = ids else {
        haul.odd("an id is too long", place, shown(id));
        return None;
    };
    let duration_ms = number(&entry["duration"]).filter(|ms| is_duration(*ms));
    if duration_ms.is_none() && !entry["duration"].is_null() {
        haul.odd("duration is no number of milliseconds", place, shown(&entry["duration"].to_string()));
    }
    let result = match &entry["success"] {
        Value::Bool(true) => Some(Outcome::Success),
        Value::Bool(false) => Some(Outcome::Failed),
        Value::Null => None,
        other => {
            haul.odd("success is neither true nor false", place, shown(&other.to_string()));
            None
        }
    };
    Some(TaskRecord {
        task_id,
        agent_id,
        result,
        timestamp: at,
        duration_ms,
        tokens_used: None,
        files_changed: None,
        swarm_id: Some(swarm_id),
        model: None,
        tokens: TokenCounts::default(),
        cost_usd: None,
        metadata: note(entry, id, command),
        project: Some(setting.project.to_owned()),
        // The same entry is rewritten by the next command, and committed to many repositories.
        source: setting.source(format!("{PREFIX}task:{id}:{}", at.millis())),
    })
}

/// The command, when it started (the id ends in that), and what else the entry says.
fn note(entry: &Value, id: &str, command: &str) -> Option<crate::model::Json> {
    let mut note = json!({ "command": command });
    if let Some(started) = id.rsplit('-').next().and_then(|millis| millis.parse::<i64>().ok()) {
        note["started_ms"] = json!(started);
    }
    if metadata(&entry["metadata"]).is_some() {
        note["metadata"] = entry["metadata"].clone();
    }
    metadata(&note)
}
