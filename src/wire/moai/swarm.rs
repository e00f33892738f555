//! The tables of `SwarmDB`: events, registry, memory.

use super::row::Aside;
use super::{Clock, PREFIX, Row, name};
use crate::model::cell::Cell;
use crate::model::{
    AgentId, AgentRecord, AgentStatus, EventId, EventRecord, Json, MemoryRecord, Micros, Record, TaskId,
};
use crate::wire::claude_code::key::{event_id, short};
use crate::wire::lenient::{Haul, Kept, as_json, shown};

pub(super) fn event(row: &Row<'_>, clock: &Clock, haul: &mut Haul) -> Option<Record> {
    let event_type = name(row, "event_type", haul)?;
    let agent_id = name(row, "agent_id", haul)?;
    let timestamp = clock.read(row, "timestamp", false, haul)?;
    let id = match row.get("event_id") {
        Cell::Text(id) if crate::model::id::checked(id).is_ok() => id.clone(),
        _ => event_id(&format!("{event_type}\0{agent_id}\0{}", row.get("timestamp").show())),
    };
    let metadata = row.json("metadata", haul);
    Some(Record::Event(EventRecord {
        event_type,
        agent_id: AgentId::new(agent_id).ok()?,
        agent_type: row.get("agent_type").text().filter(|kind| !kind.is_empty()).map(str::to_owned),
        task_id: task_of(metadata.as_ref()),
        event_id: EventId::new(id.as_str()).ok(),
        swarm_id: None,
        timestamp,
        metadata,
        project: None,
        source: row.source(format!("{PREFIX}e:{id}")),
    }))
}

/// The task an event's metadata names.
fn task_of(metadata: Option<&Json>) -> Option<TaskId> {
    #[derive(serde::Deserialize)]
    struct Names {
        task_id: String,
    }
    let Json(text) = metadata.filter(|json| json.0.contains("task_id"))?;
    serde_json::from_str::<Names>(text).ok().and_then(|names| TaskId::new(names.task_id).ok())
}

pub(super) fn life(row: &Row<'_>, clock: &Clock, haul: &mut Haul) -> Option<Record> {
    let agent = name(row, "agent_id", haul)?;
    let agent_type = name(row, "agent_type", haul)?;
    let spawn_time = clock.read(row, "spawn_time", false, haul)?;
    let complete_time = end(row, clock, haul);
    let mut aside = Aside::default();
    let duration_ms = aside.duration(row, "duration_ms", haul);
    let status = status(row, complete_time, &mut aside, haul);
    Some(Record::Agent(AgentRecord {
        agent_id: AgentId::new(agent.as_str()).ok()?,
        agent_type,
        status,
        spawn_time,
        complete_time,
        duration_ms,
        metadata: aside.beside(row.json("metadata", haul)),
        project: None,
        source: row.source(format!("{PREFIX}r:{}:{agent}", spawn_time.0)),
    }))
}

fn end(row: &Row<'_>, clock: &Clock, haul: &mut Haul) -> Option<Micros> {
    if *row.get("complete_time") == Cell::Null { None } else { clock.read(row, "complete_time", false, haul) }
}

/// Any word was taken there. One that is none of ours is kept aside; whether it ended decides.
fn status(row: &Row<'_>, end: Option<Micros>, aside: &mut Aside, haul: &mut Haul) -> AgentStatus {
    let word = row.get("status").show();
    AgentStatus::parse(&word).unwrap_or_else(|| {
        haul.odd("unknown status, kept beside", row.place(), shown(&word));
        aside.keep(row, "status");
        if end.is_some() { AgentStatus::Complete } else { AgentStatus::Running }
    })
}

pub(super) fn memory(row: &Row<'_>, clock: &Clock, haul: &mut Haul) -> Option<Record> {
    let session_id = name(row, "session_id", haul)?;
    let memory_type = name(row, "memory_type", haul)?;
    let key = name(row, "key", haul)?;
    let timestamp = clock.read(row, "timestamp", false, haul)?;
    let value = match row.get("value") {
        Cell::Null => Json("null".to_owned()),
        value => match as_json(&value.show()) {
            Kept::Json(json) => json,
            Kept::AsText(json) => {
                haul.odd("broken JSON, kept as text", row.place(), format!("value is {}", shown(&value.show())));
                json
            }
            Kept::TooLong(_) => return None, // a value may be of any length
        },
    };
    let ttl_hours = Aside::default().duration(row, "ttl_hours", haul);
    let said = short(&[&session_id, &memory_type, &key, &row.get("timestamp").show()]);
    let id = row.integer(&["id"]).or(row.number).unwrap_or(0);
    Some(Record::Memory(MemoryRecord {
        session_id,
        memory_type,
        key,
        value,
        timestamp,
        ttl_hours,
        id: None,
        project: None,
        source: row.source(format!("{PREFIX}m:{id:012}:{said:016x}")),
    }))
}
