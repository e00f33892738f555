//! Fills a [`Session`] line by line.
//!
//! Lines are taken by position, not by time: after a compaction older times follow newer ones. Files
//! of sub-agents come before the main file, so that relayed messages only add what a file lacks.

mod agents;

use std::collections::HashMap;

use super::key;
use super::line::{AGENT_TOOLS, Body, Line, Notification, Outcome, Prompt, Reply, ToolCall, ToolResult, WRITING_TOOLS};
use super::session::{
    Answer, Call, Compaction, FileFacts, Kind, Place, Request, Retry, Session, Start, Tail, Thread, Turn, widen,
};
use crate::model::Micros;
use crate::wire::otlp::known::request_claim;

/// The model of a local message.
const SYNTHETIC: &str = "<synthetic>";

/// Builds one session.
#[derive(Debug, Default)]
pub struct Builder {
    session: Session,
    threads: HashMap<Option<Box<str>>, usize>,
    requests: HashMap<u64, usize>,
    calls: HashMap<Box<str>, usize>,
    /// For inline sub-agent lines without an agent id: line uuid → the uuid their chain began with.
    chains: HashMap<u64, Box<str>>,
    notes: Vec<(Notification, Option<Micros>)>,
    /// The agent of the file being read.
    file_agent: Option<Box<str>>,
}

impl Builder {
    /// An empty session.
    #[must_use]
    pub fn new(project: &str, id: &str) -> Self {
        Self { session: Session { project: project.into(), id: id.into(), ..Session::default() }, ..Self::default() }
    }

    /// Begins a file: of the sub-agent `agent`, or of the main thread.
    pub fn begin_file(&mut self, name: &str, agent: Option<&str>) {
        self.file_agent = agent.map(Into::into);
        self.session.files.push(FileFacts { name: name.into(), main: agent.is_none(), ..FileFacts::default() });
    }

    /// Counts a line that is no JSON object.
    pub fn malformed(&mut self) {
        if let Some(file) = self.session.files.last_mut() {
            file.lines += 1;
            file.malformed += 1;
        }
    }

    /// Counts a line with nothing on it.
    pub fn blank(&mut self) {
        if let Some(file) = self.session.files.last_mut() {
            file.lines += 1;
        }
    }

    /// Takes one line of the file begun last.
    pub fn line(&mut self, line: &Line<'_>) {
        let Some(file) = self.session.files.last_mut() else { return };
        file.lines += 1;
        let place = Place { line: file.lines, file: self.session.files.len() - 1 };
        widen(&mut self.session.first, &mut self.session.last, line.at);
        // Looked up before it is copied: nearly every line repeats them.
        if let Some(version) = line.version.text().filter(|version| !self.session.versions.contains(*version)) {
            self.session.versions.insert(version.to_owned());
        }
        let named = line.session.text().filter(|session| *session != self.session.id);
        if let Some(session) = named.filter(|session| !self.session.foreign.contains(*session)) {
            self.session.foreign.insert(session.to_owned());
        }
        if let Body::Relayed { launch, inner } = &line.body {
            self.relayed(line.agent.text(), launch, inner, line.at, place);
            return;
        }
        let agent = self.agent_of(line);
        let own_file = self.file_agent.is_some();
        let thread = self.thread(agent.as_deref(), place);
        self.touch(thread, line.at);
        if own_file {
            self.session.threads[thread].own_file = true;
            if let Some(kind) = line.agent_type.text() {
                self.session.threads[thread].agent_type = Some(self.session.names.number(kind));
            }
        }
        self.body(thread, line, place, None);
    }

    /// The session as far as it was read.
    #[must_use]
    pub fn finish(mut self) -> Session {
        self.settle_notes();
        // An unanswered prompt at the end: nothing was done for it yet. A sub-agent's run is kept.
        for thread in &mut self.session.threads {
            let main = thread.agent.is_none();
            if thread.turns.last().is_some_and(|turn| main && is_unanswered(turn)) {
                thread.turns.pop();
                self.session.unanswered_prompts += 1;
            }
        }
        let unanswered = self.session.calls.iter().filter(|call| !self.session.answers.contains_key(&call.id));
        self.session.pending = unanswered.map(|call| call.request).collect();
        self.session
    }

    fn thread(&mut self, agent: Option<&str>, place: Place) -> usize {
        let agent: Option<Box<str>> = agent.map(Into::into);
        if let Some(thread) = self.threads.get(&agent) {
            return *thread;
        }
        let thread = self.session.threads.len();
        self.session.threads.push(Thread { agent: agent.clone(), place, ..Thread::default() });
        self.threads.insert(agent, thread);
        thread
    }

    fn touch(&mut self, thread: usize, at: Option<Micros>) {
        let thread = &mut self.session.threads[thread];
        thread.lines += 1;
        widen(&mut thread.first, &mut thread.last, at);
    }

    /// `relay`: the line came through its parent, by this call.
    fn body(&mut self, thread: usize, line: &Line<'_>, place: Place, relay: Option<&str>) {
        match &line.body {
            Body::Prompt(prompt) => self.prompt(thread, line, prompt, place, relay),
            Body::Reply(reply) => self.reply(thread, line, reply, place),
            Body::Results(results, outcome) => self.results(thread, line, results, outcome, place),
            Body::Retry { attempt, most, wait_ms, status } => {
                let Some(at) = line.at else { return };
                let key = key::short(&["retry", &at.0.to_string(), &format!("{attempt:?} {wait_ms:?}")]);
                let turn = self.session.threads[thread].turns.len().checked_sub(1);
                let (attempt, most, wait_ms, status) = (*attempt, *most, *wait_ms, *status);
                let turn = (thread, turn);
                self.session.retries.push(Retry { key, turn, at, attempt, most, wait_ms, status, place });
            }
            Body::TurnEnd(reported) => {
                if let Some(turn) = self.session.threads[thread].turns.last_mut() {
                    turn.closed = true;
                    turn.reported_ms = match (turn.reported_ms, reported) {
                        (Some(before), Some(more)) => Some(before + more),
                        (before, more) => before.or(*more),
                    };
                }
            }
            Body::Compaction { trigger, tokens_before, tokens_after } => {
                let Some(at) = line.at else { return };
                let key = key::short(&["compaction", &at.0.to_string(), &format!("{tokens_before:?}")]);
                let trigger = trigger.text().map(|trigger| self.session.names.number(trigger));
                let (tokens_before, tokens_after) = (*tokens_before, *tokens_after);
                self.session.compactions.push(Compaction {
                    key,
                    thread,
                    at,
                    trigger,
                    tokens_before,
                    tokens_after,
                    place,
                });
            }
            Body::Aside | Body::Known | Body::Unknown | Body::Relayed { .. } => {}
        }
    }

    fn prompt(&mut self, thread: usize, line: &Line<'_>, prompt: &Prompt, place: Place, relay: Option<&str>) {
        if let Some(note) = &prompt.notification {
            self.notes.push((note.clone(), line.at));
        }
        let of_agent = self.session.threads[thread].agent.is_some();
        let own_file = self.session.threads[thread].own_file;
        let turns = &mut self.session.threads[thread].turns;
        if prompt.interruption {
            if let Some(turn) = turns.last_mut() {
                turn.interrupted = true;
                turn.ended = turn.ended.max(line.at);
            }
            return;
        }
        if let Some(turn) = turns.last() {
            let goes_on = match (of_agent, relay) {
                // A file is the authority on its agent's runs.
                (true, Some(_)) if own_file => true,
                (true, Some(call)) => turn.launch.as_deref() == Some(call),
                // Notes reach a sub-agent while it works; a new run begins only after an answer.
                (true, None) => !matches!(turn.tail, Tail::Reply(_) | Tail::ApiError),
                (false, _) => false,
            };
            if goes_on {
                return;
            }
            if is_unanswered(turn) && !of_agent {
                turns.pop();
                self.session.unanswered_prompts += 1;
            }
        }
        if let Some(before) = turns.last_mut() {
            before.followed = true;
        }
        let start = if prompt.notification.is_some() { Start::Notification } else { Start::Prompt };
        let turn = Turn {
            id: line.uuid.text().unwrap_or_default().into(),
            start,
            began: line.at,
            warm_up: prompt.warm_up,
            place,
            launch: relay.map(Into::into),
            ..Turn::default()
        };
        self.session.threads[thread].turns.push(turn);
    }

    /// The turn going on in `thread`, made up if there is none.
    fn turn(&mut self, thread: usize, line: &Line<'_>, place: Place) -> usize {
        let turns = &mut self.session.threads[thread].turns;
        if turns.is_empty() {
            let id = line.uuid.text().unwrap_or_default().into();
            turns.push(Turn { id, start: Start::Missing, began: line.at, place, ..Turn::default() });
        }
        turns.len() - 1
    }

    fn reply(&mut self, thread: usize, line: &Line<'_>, reply: &Reply<'_>, place: Place) {
        let key = match (reply.id.text(), line.uuid.text()) {
            (Some(id), _) => key::short(&["message", id, reply.request.text().unwrap_or_default()]),
            (None, Some(uuid)) => key::short(&["line", uuid]),
            (None, None) => key::short(&["place", &self.session.id, &format!("{place:?}")]),
        };
        let turn = self.turn(thread, line, place);
        let request = self.request(key, (thread, turn), line, reply, place);
        for call in &reply.calls {
            self.call(call, request, line.at, place);
        }
        let kind = self.session.requests[request].kind;
        if kind == Kind::Local {
            return; // not an answer, and it can come hours later
        }
        let turns = &mut self.session.threads[thread].turns;
        if let (Some(parent), Some(before)) = (line.parent.text(), turn.checked_sub(1).and_then(|t| turns.get_mut(t))) {
            before.steered |= matches!(before.tail, Tail::Answer { line, .. } if line == key::short(&[parent]));
        }
        let turn = &mut turns[turn];
        turn.tail = if kind == Kind::ApiError { Tail::ApiError } else { Tail::Reply(request) };
        turn.closed = false;
        turn.ended = turn.ended.max(line.at);
    }

    fn request(&mut self, key: u64, turn: (usize, usize), line: &Line<'_>, reply: &Reply<'_>, place: Place) -> usize {
        if let Some(&index) = self.requests.get(&key) {
            let request = &mut self.session.requests[index];
            request.usage = request.usage.max(reply.usage);
            request.stopped |= reply.stopped;
            return index;
        }
        let kind = match (reply.api_error, reply.model.text()) {
            (true, _) => Kind::ApiError,
            (false, Some(SYNTHETIC)) => Kind::Local,
            (false, _) => Kind::Request,
        };
        let word = |text: &str| {
            !text.is_empty() && text.len() <= 64 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
        };
        let names = &mut self.session.names;
        let request = Request {
            key,
            api: reply.request.text().map(request_claim),
            kind,
            turn,
            model: reply.model.text().filter(|model| *model != SYNTHETIC).map(|model| names.number(model)),
            usage: reply.usage,
            stopped: reply.stopped,
            at: line.at,
            error: reply.error.text().filter(|text| word(text)).map(|error| names.number(error)),
            place,
        };
        self.session.requests.push(request);
        self.requests.insert(key, self.session.requests.len() - 1);
        self.session.requests.len() - 1
    }

    fn call(&mut self, call: &ToolCall<'_>, request: usize, at: Option<Micros>, place: Place) {
        let Some(id) = call.id.text() else { return };
        if self.calls.contains_key(id) {
            return;
        }
        let name = call.name.text().unwrap_or("?");
        let agent_type = call.agent_type.text().filter(|_| AGENT_TOOLS.contains(&name));
        let call = Call {
            id: id.into(),
            name: self.session.names.number(name),
            request,
            at,
            writes: WRITING_TOOLS
                .contains(&name)
                .then(|| call.file.text().filter(|p| is_path(p)).map(|p| key::short(&[p]))),
            agent_type: agent_type.map(|kind| self.session.names.number(kind)),
            place,
        };
        self.calls.insert(id.into(), self.session.calls.len());
        self.session.calls.push(call);
    }

    fn results(
        &mut self,
        thread: usize,
        line: &Line<'_>,
        results: &[ToolResult<'_>],
        outcome: &Outcome<'_>,
        place: Place,
    ) {
        for result in results {
            let Some(call) = result.call.text() else { continue };
            let answer = Answer { at: line.at, error: result.error, place, thread, shared: false };
            let known = self.session.answers.entry(call.into()).or_insert(answer);
            known.error |= result.error;
        }
        // An answer whose call is not in the file is no part of what goes on.
        let known = results.iter().any(|result| result.call.text().is_some_and(|call| self.calls.contains_key(call)));
        if let Some(turn) = self.session.threads[thread].turns.last_mut().filter(|_| known) {
            let line_key = line.uuid.text().map_or(0, |uuid| key::short(&[uuid]));
            turn.tail = Tail::Answer { line: line_key, stopped: outcome.interrupted };
            turn.closed = false;
            turn.ended = turn.ended.max(line.at);
        }
        let call = results.first().and_then(|result| result.call.text());
        self.outcome(call, outcome, line.at, place);
    }
}

/// Nothing came after the prompt, not even an interruption.
fn is_unanswered(turn: &Turn) -> bool {
    turn.tail == Tail::Nothing && !turn.interrupted
}

/// The tools demand absolute paths; anything else is a placeholder.
fn is_path(text: &str) -> bool {
    text.starts_with(['/', '~', '\\']) || text.as_bytes().get(1) == Some(&b':')
}
