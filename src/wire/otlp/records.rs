//! A session, and what is known of it → records.

mod events;

use std::collections::{BTreeMap, HashMap};

use super::PREFIX;
use super::facts::{Session, Turn};
use super::known::{Known, request_claim};
use super::note::{self, Request, Share, TurnNote, VIA};
use super::spans::TRACE;
use super::who::Dialect;
use crate::model::{AgentId, Json, Micros, Outcome, Record, Source, SwarmId, TaskId, TaskRecord, TokenCounts};
use crate::wire::claude_code::key::write_claims;

/// Most requests that a turn's metadata names; a task of more is matched by the first ones.
pub const CLAIMS_MAX: usize = 750;

/// What there is to store, and what a transcript tells better.
#[derive(Debug, Default)]
pub struct Told {
    /// The records.
    pub records: Vec<Record>,
    /// Records that were left out because a transcript brought them, by kind.
    pub kept: BTreeMap<&'static str, u64>,
    /// Ids that are too long.
    pub refused: u64,
}

/// Turns a session into records, those of `file`.
#[must_use]
pub fn records(session: &Session, known: &Known, file: &str) -> Told {
    let mut told = Told::default();
    let mut maker = Maker { file, known, told: &mut told, session, tasks: HashMap::new() };
    maker.turns();
    maker.events();
    maker.life();
    maker.costs();
    told
}

struct Maker<'a> {
    file: &'a str,
    known: &'a Known,
    told: &'a mut Told,
    session: &'a Session,
    /// The task of each turn.
    tasks: HashMap<String, TaskId>,
}

impl Maker<'_> {
    fn turns(&mut self) {
        let by_turn = by_turn(self.session, self.known);
        for (name, turn) in &self.session.turns {
            let requests: Vec<&Request> =
                by_turn.get(name.as_str()).into_iter().flat_map(|all| all.values().copied()).collect();
            let claims: Vec<u64> = requests.iter().map(|request| request_claim(&request.id)).collect();
            let own = format!("{PREFIX}{}:turn:{name}", self.session.id());
            let key = self.known.key_of(own, &claims);
            // An earlier part may have named the prompt's message. A trace goes by its own name, whoever
            // takes its place later.
            let stored = self.known.stored(&key).filter(|_| !name.starts_with(TRACE)).map(|task| task.task_id.clone());
            let said = turn.message.as_deref().and_then(|id| TaskId::new(id).ok());
            if let Some(id) = said.or(stored).or_else(|| TaskId::new(name.as_str()).ok()) {
                self.tasks.insert(name.clone(), id);
            }
            if requests.is_empty() && turn.failed.is_none() {
                continue; // nothing was asked of a model, or a log tells of it under its prompt
            }
            if self.known.is_told(&claims) {
                *self.told.kept.entry("task").or_default() += 1;
                continue;
            }
            match self.task(name, turn.clone(), &requests, &claims, key) {
                Some(task) => self.told.records.push(Record::Task(task)),
                None => self.told.refused += 1,
            }
        }
    }

    fn task(
        &self,
        name: &str,
        mut turn: Turn,
        requests: &[&Request],
        claims: &[u64],
        key: String,
    ) -> Option<TaskRecord> {
        // The part that an earlier import brought.
        if let Some(stored) = self.known.stored(&key) {
            turn.widen(stored.timestamp);
            if let Some(ms) = stored.duration_ms {
                turn.widen(micros_before(stored.timestamp, ms));
            }
        }
        let (began, ended) = (turn.began?, turn.ended?);
        let tokens = requests.iter().map(|request| request.tokens).fold(TokenCounts::default(), add);
        let costs: Vec<f64> = requests.iter().filter_map(|request| request.cost_usd).collect();
        Some(TaskRecord {
            task_id: self.tasks.get(name).cloned()?,
            agent_id: AgentId::new(self.session.id()).ok()?,
            result: Some(result(&turn)),
            timestamp: ended,
            duration_ms: Some(milliseconds(began, ended)),
            tokens_used: tokens.total(),
            files_changed: None,
            swarm_id: self.swarm(),
            model: most_used(requests),
            tokens,
            cost_usd: (!costs.is_empty()).then(|| costs.iter().sum()),
            metadata: self.turn_note(name, requests, claims),
            project: self.session.who.project.clone(),
            source: self.source(key),
        })
    }

    fn turn_note(&self, name: &str, requests: &[&Request], claims: &[u64]) -> Option<Json> {
        let tools = || self.session.tools.values().filter(|tool| tool.turn.as_deref() == Some(name));
        let mut agents: BTreeMap<String, Share> = BTreeMap::new();
        for (request, agent) in requests.iter().filter_map(|request| Some((request, request.agent.as_ref()?))) {
            let share = agents.entry(agent.clone()).or_default();
            share.requests += 1;
            share.tokens = share.tokens.saturating_add(request.tokens.total().unwrap_or(0));
            share.cost_usd += request.cost_usd.unwrap_or(0.0);
        }
        note::json(&TurnNote {
            via: VIA,
            of: "turn",
            service: &self.session.service,
            requests: requests.len(),
            tool_calls: tools().count(),
            tool_errors: tools().filter(|tool| tool.failed).count(),
            agents,
            request_ids: write_claims(&claims[..claims.len().min(CLAIMS_MAX)]),
        })
    }

    /// Lends what requests cost to the transcript's tasks.
    fn costs(&mut self) {
        let gathered = self.session.asked.values().map(|asked| &asked.request);
        let costs = gathered
            .chain(&self.known.requests)
            .filter_map(|request| Some((request_claim(&request.id), request.cost_usd?)));
        let costs: HashMap<u64, f64> = costs.collect();
        self.told.records.extend(self.known.priced(&costs).into_iter().map(Record::Task));
    }

    fn agent_type(&self) -> &str {
        match (&self.session.parent, self.session.who.dialect) {
            (Some(_), _) => "subagent",
            (None, Dialect::Claude) => "main",
            (None, _) => &self.session.service,
        }
    }

    fn swarm(&self) -> Option<SwarmId> {
        let swarm = self.session.parent.as_ref().or(self.session.who.swarm.as_ref())?;
        SwarmId::new(swarm.as_str()).ok()
    }

    fn source(&self, key: String) -> Option<Source> {
        Some(Source { file: self.file.to_owned(), key })
    }
}

/// Requests by turn: those gathered now, and those stored earlier.
fn by_turn<'a>(session: &'a Session, known: &'a Known) -> BTreeMap<&'a str, BTreeMap<&'a str, &'a Request>> {
    let mut best: BTreeMap<&str, &Request> = BTreeMap::new();
    let gathered = session.asked.values().map(|asked| &asked.request);
    for request in known.requests.iter().chain(gathered) {
        let entry = best.entry(&request.id).or_insert(request);
        if entry.rank < request.rank {
            *entry = request;
        }
    }
    let mut turns: BTreeMap<&str, BTreeMap<&str, &Request>> = BTreeMap::new();
    for (id, request) in best {
        turns.entry(&request.turn).or_default().insert(id, request);
    }
    turns
}

/// It failed when the last thing that a model was asked failed; a request that came later recovered it.
fn result(turn: &Turn) -> Outcome {
    let last = |at: Option<Micros>| at.is_some_and(|at| Some(at) >= turn.ended);
    match (last(turn.stopped), last(turn.failed)) {
        (true, _) => Outcome::Cancelled,
        (_, true) => Outcome::Failure,
        _ => Outcome::Success,
    }
}

/// The model of most requests; of several the first by name.
fn most_used(requests: &[&Request]) -> Option<String> {
    let mut models: BTreeMap<&str, usize> = BTreeMap::new();
    for model in requests.iter().filter_map(|request| request.model.as_deref()) {
        *models.entry(model).or_default() += 1;
    }
    models.into_iter().max_by_key(|(name, count)| (*count, std::cmp::Reverse(*name))).map(|(name, _)| name.to_owned())
}

fn add(a: TokenCounts, b: TokenCounts) -> TokenCounts {
    let sum = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    };
    TokenCounts {
        input: sum(a.input, b.input),
        output: sum(a.output, b.output),
        cache_read: sum(a.cache_read, b.cache_read),
        cache_write: sum(a.cache_write, b.cache_write),
        reasoning: sum(a.reasoning, b.reasoning),
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration stays far below 2^53 microseconds")]
fn milliseconds(began: Micros, ended: Micros) -> f64 {
    ended.0.saturating_sub(began.0).max(0) as f64 / 1000.0
}

#[expect(clippy::cast_possible_truncation, reason = "a duration is below 10^12 ms")]
fn micros_before(at: Micros, ms: f64) -> Micros {
    Micros(at.0.saturating_sub((ms * 1000.0).round() as i64))
}
