//! `task_metrics` of both generations.

use super::row::Aside;
use super::{Clock, PREFIX, Row, name};
use crate::model::cell::Cell;
use crate::model::{AgentId, Outcome, Record, TaskId, TaskRecord, TokenCounts};
use crate::wire::claude_code::key::short;
use crate::wire::lenient::{Haul, shown};

pub(super) fn read(row: &Row<'_>, clock: &Clock, haul: &mut Haul) -> Option<Record> {
    let task_id = name(row, "task_id", haul)?;
    let agent_id = name(row, "agent_id", haul)?;
    let timestamp = clock.read(row, "timestamp", true, haul)?;
    let mut aside = Aside::default();
    let tokens_used = aside.count(row, "tokens_used", haul);
    let files_changed = aside.count(row, "files_changed", haul);
    let duration_ms = aside.duration(row, "duration_ms", haul);
    let result = if row.has("result") { result(row, haul) } else { success(row, &mut aside, haul) };
    let key = key(row, &task_id, &agent_id);
    Some(Record::Task(TaskRecord {
        task_id: TaskId::new(task_id).ok()?,
        agent_id: AgentId::new(agent_id).ok()?,
        result,
        timestamp,
        duration_ms,
        tokens_used,
        files_changed,
        swarm_id: None,
        model: None,
        tokens: TokenCounts::default(),
        cost_usd: None,
        metadata: aside.beside(row.json("metadata", haul)),
        project: None,
        source: row.source(key),
    }))
}

/// v1 knows a task by its id and the text of its time; v2 numbers its rows. Both grow in the order of the
/// rows, so that the store's index of keys grows at its end.
fn key(row: &Row<'_>, task_id: &str, agent_id: &str) -> String {
    let time = row.get("timestamp").show();
    match row.integer(&["id"]) {
        Some(id) => format!("{PREFIX}t:{id:012}:{:016x}", short(&[task_id, agent_id, &time])),
        None => format!("{PREFIX}t:{time}:{task_id}"),
    }
}

/// v1: a word, of which four are known; any other is kept and counts as neither success nor failure.
fn result(row: &Row<'_>, haul: &mut Haul) -> Option<Outcome> {
    match row.get("result") {
        Cell::Null => None,
        Cell::Text(word) if word.is_empty() => None,
        Cell::Text(word) => Some(Outcome::known(word).unwrap_or_else(|| other(row, word, haul))),
        value => Some(other(row, &value.show(), haul)),
    }
}

fn other(row: &Row<'_>, word: &str, haul: &mut Haul) -> Outcome {
    haul.odd("unknown result, kept as it is", row.place(), shown(word));
    Outcome::Other(word.chars().take(64).collect())
}

/// v2: 1 or 0; the kind of failure is not recorded.
fn success(row: &Row<'_>, aside: &mut Aside, haul: &mut Haul) -> Option<Outcome> {
    match row.get("success") {
        Cell::Null => None,
        Cell::Int(0) => Some(Outcome::Failed),
        Cell::Int(1) => Some(Outcome::Success),
        value => {
            haul.odd("success is neither 0 nor 1", row.place(), shown(&value.show()));
            aside.keep(row, "success");
            None
        }
    }
}
