//! What the store already holds of a session: a session is counted from one source.
//!
//! A transcript knows most of a session, then logs, then spans. Tasks of two sources are the same when they
//! share a request of the model, which all of them name. So a turn that a transcript's task shares a request
//! with is not stored; it only lends its cost, which transcripts do not know. The other way round, the
//! transcript's task takes the place of the turn (`service::import::known`). Whatever comes first, the sums
//! are the same.

use std::collections::{HashMap, HashSet};

use super::PREFIX;
use super::note::{Request, StoredEvent, StoredTask, VIA};
use super::spans::TRACE;
use crate::model::{Micros, Record, TaskRecord};
use crate::wire::claude_code::key::{read_claims, short};

/// Stands for a request of a model in the metadata of a task.
#[must_use]
pub fn request_claim(id: &str) -> u64 {
    short(&["request", id])
}

/// A stored task of the session.
#[derive(Debug)]
struct Task {
    record: TaskRecord,
    key: String,
    claims: HashSet<u64>,
    of_transcript: bool,
}

/// What is stored of one session.
#[derive(Debug, Default)]
pub struct Known {
    tasks: Vec<Task>,
    /// Keys of events and lives that a transcript brought.
    of_transcript: HashSet<String>,
    /// How well the other events are told, by key.
    ranks: HashMap<String, u8>,
    /// From when to when telemetry saw the session so far.
    pub(super) seen: Option<(Micros, Option<Micros>)>,
    /// Requests that events tell of.
    pub(super) requests: Vec<Request>,
}

impl Known {
    /// Takes a stored record that is about the session.
    pub fn note(&mut self, record: Record) {
        match record {
            Record::Task(task) => self.task(task),
            Record::Event(event) => {
                let note: StoredEvent = parse(event.metadata.as_ref());
                self.requests.extend(note.request);
                let Some(key) = event.source.map(|source| source.key) else { return };
                if note.via == VIA {
                    self.ranks.insert(key, note.rank);
                } else {
                    self.of_transcript.insert(key);
                }
            }
            Record::Agent(life) => {
                let note: StoredEvent = parse(life.metadata.as_ref());
                match life.source {
                    Some(_) if note.via == VIA => self.seen = Some((life.spawn_time, life.complete_time)),
                    Some(source) => drop(self.of_transcript.insert(source.key)),
                    None => {}
                }
            }
            _ => {}
        }
    }

    fn task(&mut self, record: TaskRecord) {
        let Some(key) = record.source.as_ref().map(|source| source.key.clone()) else { return };
        if self.tasks.iter().any(|task| task.key == key) {
            return; // found by its swarm and by its agent
        }
        let note: StoredTask = parse(record.metadata.as_ref());
        let claims = read_claims(&note.request_ids).collect();
        self.tasks.push(Task { record, key, claims, of_transcript: note.via != VIA });
    }

    /// Whether a transcript brought the event or life of this key.
    pub(super) fn is_of_transcript(&self, key: &str) -> bool {
        self.of_transcript.contains(key)
    }

    /// Whether the event of this key is stored already, told better than `rank`.
    pub(super) fn is_told_better(&self, key: &str, rank: u8) -> bool {
        self.ranks.get(key).is_some_and(|known| *known > rank)
    }

    /// Whether a transcript's task holds one of these requests.
    pub(super) fn is_told(&self, claims: &[u64]) -> bool {
        self.tasks.iter().any(|task| task.of_transcript && claims.iter().any(|claim| task.claims.contains(claim)))
    }

    /// The key under which the turn with these requests is stored already: its own, or that of the trace
    /// that told of it first.
    pub(super) fn key_of(&self, own: String, claims: &[u64]) -> String {
        let told = |task: &&Task| {
            task.key.starts_with(PREFIX)
                && task.key.contains(TRACE)
                && claims.iter().any(|claim| task.claims.contains(claim))
        };
        match self.tasks.iter().find(|task| task.key == own).or_else(|| self.tasks.iter().find(told)) {
            Some(task) => task.key.clone(),
            None => own,
        }
    }

    /// The stored task of this key.
    pub(super) fn stored(&self, key: &str) -> Option<&TaskRecord> {
        self.tasks.iter().find(|task| task.key == key).map(|task| &task.record)
    }

    /// The transcript's tasks of which all requests have a cost in `costs` that they do not carry yet.
    pub(super) fn priced(&self, costs: &HashMap<u64, f64>) -> Vec<TaskRecord> {
        let mut priced = Vec::new();
        for task in self.tasks.iter().filter(|task| task.of_transcript) {
            if let Some(cost) =
                cost_of(task.claims.iter().copied(), costs).filter(|cost| task.record.cost_usd != Some(*cost))
            {
                priced.push(TaskRecord { cost_usd: Some(cost), ..task.record.clone() });
            }
        }
        priced
    }
}

/// The cost of some requests, if all of theirs are known and there is one.
#[must_use]
pub fn cost_of(claims: impl Iterator<Item = u64>, costs: &HashMap<u64, f64>) -> Option<f64> {
    let mut claims: Vec<u64> = claims.collect();
    // Added in one order, so that the sum is the same to the last bit whoever adds.
    claims.sort_unstable();
    claims.dedup();
    let known: Vec<f64> = claims.iter().filter_map(|claim| costs.get(claim).copied()).collect();
    (!claims.is_empty() && known.len() == claims.len()).then(|| known.iter().sum())
}

fn parse<T: serde::de::DeserializeOwned + Default>(metadata: Option<&crate::model::Json>) -> T {
    metadata.and_then(|json| serde_json::from_str(&json.0).ok()).unwrap_or_default()
}
