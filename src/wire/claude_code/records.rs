//! A session and what it owns → records.
//!
//! One session is one swarm; its main thread and sub-agents are agents, with a registry row and `spawn`
//! and `complete` events; turns and sub-agent runs are tasks; a tool call is one event, `tool:<Name>` or
//! `tool_error:<Name>`; failed requests are `api_error` (for good) and `api_retry` (tried again), a
//! compaction is `compaction`. Not here: writing them (`service::import`).

mod events;
mod tasks;

use std::collections::{HashMap, HashSet};

use super::claims::Owned;
use super::key::PREFIX;
use super::session::{Kind, Place, Session, Tail, Thread};
use super::verdict::{self, Ending};
use crate::model::{AgentId, IdError, Micros, Record, Source};

/// Why a record cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// An id in the transcript is too long.
    #[error("an id {0}")]
    Id(#[from] IdError),
    /// Neither it nor anything else in the session has a time.
    #[error("no line of the session has a time")]
    NoTime,
}

/// A record that could not be made, and where it would have come from.
#[derive(Debug)]
pub struct Refused {
    /// The kind of record.
    pub kind: &'static str,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// Why.
    pub error: RecordError,
}

/// Records that stand and fall together: where the store knows more of the task, it knows more of all.
#[derive(Debug)]
pub struct Group {
    /// The source key of the task; `None` for what belongs to no task.
    pub task: Option<String>,
    /// How much is known of that task.
    pub knows: Knowledge,
    /// Stand for the requests of the task, by their ids alone.
    pub requests: Vec<u64>,
    /// The task, unless it is in another group, and what belongs to it.
    pub records: Vec<Record>,
}

/// How much is known of a task: a part of a session's files says less than all of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Knowledge {
    /// API requests.
    pub requests: u64,
    /// Tokens of all kinds.
    pub tokens: i64,
    /// For a sub-agent's run: the call that started it was seen.
    pub launched: bool,
}

impl Knowledge {
    /// Whether `self` knows something that `other` does not.
    #[must_use]
    pub fn exceeds(self, other: Self) -> bool {
        self.requests > other.requests
            || self.tokens > other.tokens
            || (self.requests == other.requests && self.launched && !other.launched)
    }
}

/// The agent type of a main thread.
pub const MAIN: &str = "main";
/// The agent type of a sub-agent whose type is not known.
pub const SUB_AGENT: &str = "subagent";

pub use events::UNMATCHED;

/// Turns `session` into records, as far as it owns them.
#[must_use]
pub fn records(session: &Session, owned: &Owned) -> (Vec<Group>, Vec<Refused>) {
    let mut maker = Maker::new(session, owned);
    let mut groups = Vec::new();
    for (thread, own) in owned.threads.iter().enumerate() {
        if *own {
            maker.thread(thread, &mut groups);
        }
    }
    maker.loose_events(&mut groups);
    (groups, maker.refused)
}

struct Maker<'a> {
    session: &'a Session,
    owned: &'a Owned,
    /// Owned messages by turn.
    by_turn: HashMap<(usize, usize), Vec<usize>>,
    /// Owned calls by message.
    calls: HashMap<usize, Vec<usize>>,
    /// Turns of which another session owns a part.
    shared: HashSet<(usize, usize)>,
    /// Owned retries by turn, if one was going on.
    retries: HashMap<(usize, usize), Vec<usize>>,
    /// The type of each thread's agent.
    agent_types: Vec<&'a str>,
    refused: Vec<Refused>,
}

/// One task to be.
struct Draft<'a> {
    thread: usize,
    index: usize,
    id: String,
    key: String,
    place: Place,
    ending: Ending,
    requests: &'a [usize],
}

impl<'a> Maker<'a> {
    fn new(session: &'a Session, owned: &'a Owned) -> Self {
        let mut by_turn: HashMap<_, Vec<usize>> = HashMap::new();
        let mut shared = HashSet::new();
        for (index, (request, own)) in session.requests.iter().zip(&owned.requests).enumerate() {
            match (request.kind, own) {
                (Kind::Local, _) => {}
                (_, true) => by_turn.entry(request.turn).or_default().push(index),
                (_, false) => {
                    shared.insert(request.turn);
                }
            }
        }
        let mut calls: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, (call, own)) in session.calls.iter().zip(&owned.calls).enumerate() {
            if *own {
                calls.entry(call.request).or_default().push(index);
            }
        }
        let mut retries: HashMap<_, Vec<usize>> = HashMap::new();
        for (index, (retry, own)) in session.retries.iter().zip(&owned.retries).enumerate() {
            if let ((thread, Some(turn)), true) = (retry.turn, *own) {
                retries.entry((thread, turn)).or_default().push(index);
            }
        }
        let agent_types = agent_types(session);
        Self { session, owned, by_turn, calls, shared, retries, agent_types, refused: Vec::new() }
    }

    fn thread(&mut self, index: usize, groups: &mut Vec<Group>) {
        let session = self.session;
        let thread = &session.threads[index];
        let by_turn = std::mem::take(&mut self.by_turn);
        let mut tasks = Vec::new();
        let runs =
            if thread.agent.is_some() { thread.turns.len().max(thread.launches.len()) } else { thread.turns.len() };
        let mut last = None;
        let mut began = None;
        for number in 0..runs {
            let requests = by_turn.get(&(index, number)).map_or(&[][..], Vec::as_slice);
            let draft = match &thread.agent {
                None => self.turn(index, number, requests),
                Some(agent) => self.run(index, number, agent, requests),
            };
            let Some(draft) = draft else { continue };
            let start = match &thread.agent {
                None => thread.turns.get(number).and_then(|turn| turn.began),
                Some(_) => verdict::run_began(session, thread, number),
            };
            began = began.or(start);
            tasks.push(self.task(&draft));
            last = Some(draft.ending);
        }
        self.by_turn = by_turn;
        let first = tasks.first().map(|group| (group.task.clone(), group.knows)).unwrap_or_default();
        self.life(index, began, last, groups, first);
        groups.append(&mut tasks);
    }

    fn turn(&self, thread: usize, index: usize, requests: &'a [usize]) -> Option<Draft<'a>> {
        let turn = &self.session.threads[thread].turns[index];
        let cancelled_at_once = turn.interrupted && self.owned.bare_turns.contains(&(thread, index));
        if requests.is_empty() && !cancelled_at_once {
            return None; // a copy, or a command that asked nobody
        }
        let name = if turn.id.is_empty() { format!("line-{}", turn.place.line) } else { turn.id.to_string() };
        let key = format!("{PREFIX}{}:turn:{name}", self.session.id);
        Some(Draft {
            thread,
            index,
            id: self.task_id(&turn.id, &key, (thread, index)),
            key,
            place: turn.place,
            ending: verdict::of_turn(self.session, &self.session.threads[thread], index),
            requests,
        })
    }

    fn run(&self, thread: usize, index: usize, agent: &str, requests: &'a [usize]) -> Option<Draft<'a>> {
        let whole = &self.session.threads[thread];
        let turn = whole.turns.get(index);
        let launch = whole.launches.get(index);
        if requests.is_empty() && turn.is_some_and(|turn| turn.tail != Tail::Nothing) {
            return None; // a copy
        }
        let key = format!("{PREFIX}{}:run:{agent}:{index}", self.session.id);
        let id = turn.map(|turn| &*turn.id).or_else(|| launch.map(|launch| &*launch.call)).unwrap_or_default();
        Some(Draft {
            thread,
            index,
            id: self.task_id(id, &key, (thread, index)),
            key,
            place: turn.map(|turn| turn.place).or_else(|| launch.map(|launch| launch.place)).unwrap_or(whole.place),
            ending: verdict::of_run(self.session, whole, index),
            requests,
        })
    }

    /// The id from the transcript, or else the task's place in its session. What is left of a task that
    /// another session owns a part of has the same id there, so it gets the session's as well.
    fn task_id(&self, id: &str, key: &str, turn: (usize, usize)) -> String {
        if id.is_empty() {
            key.trim_start_matches(PREFIX).to_owned()
        } else if self.shared.contains(&turn) {
            format!("{id}@{}", self.session.id)
        } else {
            id.to_owned()
        }
    }

    fn file(&self, place: Place) -> &'a str {
        self.session.files.get(place.file).map_or("", |file| &file.name)
    }

    fn source(&self, place: Place, key: String) -> Option<Source> {
        Some(Source { file: self.file(place).to_owned(), key })
    }

    fn agent_id(&self, thread: usize) -> Result<AgentId, IdError> {
        match &self.session.threads[thread].agent {
            None => AgentId::new(self.session.id.as_str()),
            Some(agent) => AgentId::new(format!("{agent}@{}", self.session.id)),
        }
    }

    fn time(&self, at: Option<Micros>) -> Result<Micros, RecordError> {
        at.or(self.session.last).ok_or(RecordError::NoTime)
    }

    fn keep(&mut self, record: Result<Record, RecordError>, kind: &'static str, place: Place, into: &mut Vec<Record>) {
        match record {
            Ok(record) => into.push(record),
            Err(error) => {
                let file = self.file(place).to_owned();
                self.refused.push(Refused { kind, file, line: place.line, error });
            }
        }
    }
}

/// For each thread, the type its parent asked for, else the one its own file names.
fn agent_types(session: &Session) -> Vec<&str> {
    let asked: HashMap<&str, u32> =
        session.calls.iter().filter_map(|call| Some((&*call.id, call.agent_type?))).collect();
    let of = |thread: &Thread| {
        if thread.agent.is_none() {
            return MAIN;
        }
        let asked = thread.launches.iter().find_map(|launch| asked.get(&*launch.call).copied());
        asked.or(thread.agent_type).map_or(SUB_AGENT, |kind| session.names.name(kind))
    };
    session.threads.iter().map(of).collect()
}
