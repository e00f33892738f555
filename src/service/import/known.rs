//! What the store already holds of a project's sessions, from earlier imports.

use std::collections::{HashMap, HashSet};

use crate::model::filter::PageRequest;
use crate::model::{Cursor, Dataset, Json, Micros, Order, Record, RecordFilter, TaskRecord, TimeRange};
use crate::service::ServiceError;
use crate::store::Store;
use crate::wire::claude_code::claims::Claims;
use crate::wire::claude_code::key::{PREFIX, read_claims};
use crate::wire::claude_code::metadata::StoredNote;
use crate::wire::claude_code::records::{Group, Knowledge};
use crate::wire::claude_code::session::Session;
use crate::wire::otlp::PREFIX as TELEMETRY;
use crate::wire::otlp::known::{cost_of, request_claim};
use crate::wire::otlp::note::{StoredEvent, StoredTask};

/// Rows asked for at once.
const PAGE: u32 = 5000;
/// The event that telemetry of Claude Code tells a request with.
const REQUEST: &str = "api_request";

/// What the store holds of some sessions.
#[derive(Debug, Default)]
pub struct Known {
    /// Tasks, by source key.
    tasks: HashMap<String, Knowledge>,
    /// What telemetry told of them, by session.
    told: HashMap<String, Told>,
}

/// What OpenTelemetry told of a session.
#[derive(Debug, Default)]
struct Told {
    /// What requests cost.
    costs: HashMap<u64, f64>,
    /// Tasks under keys of telemetry, with their requests; they are the transcript's tasks as well.
    tasks: Vec<(String, HashSet<u64>)>,
}

impl Known {
    /// Reads the imported tasks of the sessions' project from their first time on, and notes in
    /// `claims` what they hold: copies keep the times of their originals.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn load(store: &Store, sessions: &[Session], claims: &mut Claims) -> Result<Self, ServiceError> {
        let mut known = Self::default();
        let Some(first) = sessions.iter().filter_map(|session| session.first).min() else { return Ok(known) };
        let project = sessions.first().map(|session| session.project.clone());
        let mut request = PageRequest {
            range: TimeRange { from: first, until: Micros(i64::MAX) },
            filter: RecordFilter { project, ..RecordFilter::default() },
            order: Order::Asc,
            after: None,
            limit: PAGE,
        };
        loop {
            let rows = store.page(Dataset::Tasks, &request).await?;
            request.after = rows.last().map(|row| Cursor { time: row.time, row: row.id });
            let full = rows.len() == PAGE as usize;
            for row in rows {
                if let Record::Task(task) = row.record {
                    known.note(&task, claims);
                }
            }
            if !full {
                break;
            }
        }
        for session in sessions {
            known.listen(store, &session.id).await?;
        }
        Ok(known)
    }

    /// Reads what telemetry told of a session.
    async fn listen(&mut self, store: &Store, session: &str) -> Result<(), ServiceError> {
        let of_session = RecordFilter { agent_id: Some(session.to_owned()), ..RecordFilter::default() };
        let requests = RecordFilter { event_type: Some(REQUEST.to_owned()), ..of_session.clone() };
        let mut told = Told::default();
        for record in all(store, Dataset::Events, requests).await? {
            let Record::Event(event) = record else { continue };
            let note: StoredEvent = read_note(event.metadata.as_ref());
            let cost = note.request.and_then(|request| Some((request_claim(&request.id), request.cost_usd?)));
            told.costs.extend(cost);
        }
        for record in all(store, Dataset::Tasks, of_session).await? {
            let Record::Task(task) = record else { continue };
            let Some(source) = task.source.filter(|source| source.key.starts_with(TELEMETRY)) else { continue };
            let note: StoredTask = read_note(task.metadata.as_ref());
            told.tasks.push((source.key, read_claims(&note.request_ids).collect()));
        }
        self.told.insert(session.to_owned(), told);
        Ok(())
    }

    /// Gives the tasks of a session what telemetry knows of them: what they cost, and the key under which
    /// they are stored already.
    pub fn settle(&self, session: &str, groups: &mut [Group]) {
        let Some(told) = self.told.get(session) else { return };
        let mut taken = HashSet::new();
        for (key, claims) in &told.tasks {
            let shared = |group: &Group| group.requests.iter().filter(|claim| claims.contains(claim)).count();
            let best =
                (0..groups.len()).filter(|index| !taken.contains(index)).max_by_key(|index| shared(&groups[*index]));
            if let Some(index) = best.filter(|index| shared(&groups[*index]) > 0) {
                taken.insert(index);
                groups[index].task = Some(key.clone());
                if let Some(source) = task_of(&mut groups[index]).and_then(|task| task.source.as_mut()) {
                    source.key.clone_from(key);
                }
            }
        }
        for group in groups {
            let cost = cost_of(group.requests.iter().copied(), &told.costs);
            if let (Some(task), Some(cost)) = (task_of(group), cost) {
                task.cost_usd = Some(cost);
            }
        }
    }

    fn note(&mut self, task: &TaskRecord, claims: &mut Claims) {
        let (Some(source), Some(swarm)) = (&task.source, &task.swarm_id) else { return };
        let note: StoredNote = read_note(task.metadata.as_ref());
        // A task that telemetry told of first has its key.
        let ours = source.key.starts_with(PREFIX) || (source.key.starts_with(TELEMETRY) && note.via.is_empty());
        if !ours {
            return;
        }
        for claim in read_claims(&note.claims) {
            claims.hold(swarm.as_str(), claim);
        }
        let tokens = task.tokens.total().unwrap_or(0);
        let knowledge = Knowledge { requests: note.requests, tokens, launched: note.launched_by.is_some() };
        self.tasks.insert(source.key.clone(), knowledge);
    }

    /// Whether the store knows more of the task of `group` than `group` does. That happens when only a
    /// part of a session's files is read: a parent alone, or a sub-agent's file without its parent.
    pub fn knows_more(&self, group: &Group) -> bool {
        let stored = group.task.as_ref().and_then(|key| self.tasks.get(key));
        stored.is_some_and(|stored| stored.exceeds(group.knows))
    }
}

/// The task among a group's records.
fn task_of(group: &mut Group) -> Option<&mut TaskRecord> {
    group.records.iter_mut().find_map(|record| if let Record::Task(task) = record { Some(task) } else { None })
}

fn read_note<T: serde::de::DeserializeOwned + Default>(metadata: Option<&Json>) -> T {
    metadata.and_then(|json| serde_json::from_str(&json.0).ok()).unwrap_or_default()
}

/// Every record that `filter` takes, oldest first.
pub async fn all(store: &Store, dataset: Dataset, filter: RecordFilter) -> Result<Vec<Record>, ServiceError> {
    let mut request = PageRequest { range: TimeRange::ALL, filter, order: Order::Asc, after: None, limit: PAGE };
    let mut records = Vec::new();
    loop {
        let rows = store.page(dataset, &request).await?;
        request.after = rows.last().map(|row| Cursor { time: row.time, row: row.id });
        let full = rows.len() == PAGE as usize;
        records.extend(rows.into_iter().map(|row| row.record));
        if !full {
            return Ok(records);
        }
    }
}
