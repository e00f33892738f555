//! One session as structure: threads of turns, requests, tool calls. No text of prompts or tools.
//!
//! A session is the main thread and its sub-agents. A thread is a list of turns: for the main thread
//! a turn is a prompt and everything up to the end of its answer, for a sub-agent it is one run.
//! Not here: filling it from lines (`build`), deciding how a turn ended (`verdict`).

use std::collections::{BTreeSet, HashMap, HashSet};

use super::line::Usage;
use crate::model::Micros;

/// Words that recur, stored once a session.
#[derive(Debug, Default)]
pub struct Names {
    list: Vec<Box<str>>,
    index: HashMap<Box<str>, u32>,
}

impl Names {
    /// The number of `name`, new or known.
    pub fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.index.get(name) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(name.into());
        self.index.insert(name.into(), number);
        number
    }

    /// The word numbered `number`.
    #[must_use]
    pub fn name(&self, number: u32) -> &str {
        self.list.get(number as usize).map_or("", |name| name)
    }
}

/// One file of a session.
#[derive(Debug, Clone, Default)]
pub struct FileFacts {
    /// Its name below the projects folder.
    pub name: String,
    /// Lines in it.
    pub lines: u64,
    /// Lines of it that are no JSON object.
    pub malformed: u64,
    /// Whether it holds the main thread.
    pub main: bool,
}

/// Where a thing stands: a file of the session and a line in it, from 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Index into [`Session::files`].
    pub file: usize,
    /// Line, from 1.
    pub line: u64,
}

/// What a message stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A request to the API.
    Request,
    /// A local note that a request failed for good.
    ApiError,
    /// Another local message (`<synthetic>`); nothing was asked and nothing is to be paid.
    Local,
}

/// One message of the model, gathered from all its lines.
#[derive(Debug)]
pub struct Request {
    /// Stands for (`message.id`, `requestId`).
    pub key: u64,
    /// Stands for `requestId` alone, which telemetry of the same session names, too.
    pub api: Option<u64>,
    /// Its kind.
    pub kind: Kind,
    /// The thread and turn it belongs to.
    pub turn: (usize, usize),
    /// The model, a number of [`Session::names`].
    pub model: Option<u32>,
    /// The largest count of each field over its lines.
    pub usage: Usage,
    /// Whether a line carried the final usage.
    pub stopped: bool,
    /// When its first line was written.
    pub at: Option<Micros>,
    /// For [`Kind::ApiError`]: what failed, such as `rate_limit`.
    pub error: Option<u32>,
    /// Its first line.
    pub place: Place,
}

/// One tool call.
#[derive(Debug)]
pub struct Call {
    /// `tool_use.id`.
    pub id: Box<str>,
    /// The tool, a number of [`Session::names`].
    pub name: u32,
    /// Index into [`Session::requests`].
    pub request: usize,
    /// When it was made.
    pub at: Option<Micros>,
    /// Stands for the file it writes; `Some(None)` = it writes one, and which is not known.
    pub writes: Option<Option<u64>>,
    /// For the sub-agent tool: the type asked for.
    pub agent_type: Option<u32>,
    /// Where it stands.
    pub place: Place,
}

/// One tool's answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// When it came.
    pub at: Option<Micros>,
    /// Whether it is an error; once an error, always one.
    pub error: bool,
    /// Where it stands.
    pub place: Place,
    /// The thread it came to.
    pub thread: usize,
    /// It was found in a copy of the session; `place` and `thread` are not of this one.
    pub shared: bool,
}

/// What the last line of a turn is, as far as it decides how the turn ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tail {
    /// Nothing answered yet.
    #[default]
    Nothing,
    /// The model, in this request.
    Reply(usize),
    /// A local note that the API failed.
    ApiError,
    /// A tool.
    Answer {
        /// Stands for the line's uuid.
        line: u64,
        /// A person stopped the tool.
        stopped: bool,
    },
}

/// Why a turn began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Start {
    /// Somebody asked.
    #[default]
    Prompt,
    /// A background task reported its end.
    Notification,
    /// It is not in the file: the turn is made up to hold what follows.
    Missing,
}

/// A prompt and its answer, or one run of a sub-agent.
#[derive(Debug, Default)]
pub struct Turn {
    /// The uuid of the line that began it.
    pub id: Box<str>,
    /// Why it began.
    pub start: Start,
    /// When it began.
    pub began: Option<Micros>,
    /// The latest time of an answering line.
    pub ended: Option<Micros>,
    /// What its last line is.
    pub tail: Tail,
    /// Somebody interrupted it.
    pub interrupted: bool,
    /// Another prompt came after it.
    pub followed: bool,
    /// The program closed it.
    pub closed: bool,
    /// A prompt came in between and the answer went on after it.
    pub steered: bool,
    /// It only filled a cache.
    pub warm_up: bool,
    /// How long the program says it worked, in milliseconds: without waiting for a person.
    pub reported_ms: Option<f64>,
    /// Where it begins.
    pub place: Place,
    /// For a relayed run: the call that started it.
    pub launch: Option<Box<str>>,
}

/// One start of a sub-agent, from its parent's side.
#[derive(Debug, Default)]
pub struct Launch {
    /// The call that started it.
    pub call: Box<str>,
    /// `completed`, `async_launched`, …; `None` when only relayed messages or an error name it.
    pub status: Option<Box<str>>,
    /// When that status was noted.
    pub at: Option<Micros>,
    /// How long it ran, in milliseconds, as its parent noted.
    pub duration_ms: Option<f64>,
    /// The size of its last request; not a sum of usage.
    pub last_request_tokens: Option<i64>,
    /// Tool calls it made, as its parent noted.
    pub tool_calls: Option<i64>,
    /// Where the status stands.
    pub place: Place,
    /// A later note about a background run: its status and when it was noted.
    pub end: Option<(Box<str>, Option<Micros>)>,
}

/// The main thread, or one sub-agent.
#[derive(Debug, Default)]
pub struct Thread {
    /// The sub-agent; `None` = the main thread.
    pub agent: Option<Box<str>>,
    /// Its type where its own file says it.
    pub agent_type: Option<u32>,
    /// Whether it has a file of its own, which is then the authority on its runs.
    pub own_file: bool,
    /// Its turns.
    pub turns: Vec<Turn>,
    /// Its starts, in order.
    pub launches: Vec<Launch>,
    /// The earliest and latest time on its lines.
    pub first: Option<Micros>,
    /// See `first`.
    pub last: Option<Micros>,
    /// Lines of it, relayed ones included.
    pub lines: u64,
    /// Its first line.
    pub place: Place,
}

/// A request that failed and was tried again.
#[derive(Debug)]
pub struct Retry {
    /// Stands for its time and numbers, which copies keep.
    pub key: u64,
    /// Thread, and turn if one was going on.
    pub turn: (usize, Option<usize>),
    /// When.
    pub at: Micros,
    /// Which attempt failed, from 1.
    pub attempt: Option<i64>,
    /// How many are made.
    pub most: Option<i64>,
    /// How long was waited, in milliseconds.
    pub wait_ms: Option<f64>,
    /// The HTTP status, where there was one.
    pub status: Option<i64>,
    /// Where it stands.
    pub place: Place,
}

/// The conversation was replaced by its summary.
#[derive(Debug)]
pub struct Compaction {
    /// Stands for its time, which copies keep.
    pub key: u64,
    /// The thread.
    pub thread: usize,
    /// When.
    pub at: Micros,
    /// `auto` or `manual`.
    pub trigger: Option<u32>,
    /// Tokens before.
    pub tokens_before: Option<i64>,
    /// Tokens after.
    pub tokens_after: Option<i64>,
    /// Where it stands.
    pub place: Place,
}

/// One session, as structure.
#[derive(Debug, Default)]
pub struct Session {
    /// The name of the project's folder.
    pub project: String,
    /// The session id.
    pub id: String,
    /// Its files.
    pub files: Vec<FileFacts>,
    /// Recurring words.
    pub names: Names,
    /// The main thread, if there are lines of it, and the sub-agents, in order of appearance.
    pub threads: Vec<Thread>,
    /// Every message once.
    pub requests: Vec<Request>,
    /// Every call once.
    pub calls: Vec<Call>,
    /// Every answer once, by `tool_use_id`.
    pub answers: HashMap<Box<str>, Answer>,
    /// Messages with a call that nothing answered, as indices.
    pub pending: HashSet<usize>,
    /// Failed attempts.
    pub retries: Vec<Retry>,
    /// Compactions.
    pub compactions: Vec<Compaction>,
    /// Other sessions its lines name: those it was copied from.
    pub foreign: BTreeSet<String>,
    /// Versions of the program.
    pub versions: BTreeSet<String>,
    /// Earliest time on any line.
    pub first: Option<Micros>,
    /// Latest time on any line.
    pub last: Option<Micros>,
    /// Prompts nothing answered; commands the program ran itself look the same.
    pub unanswered_prompts: u64,
}

/// Widens `[first, last]` to hold `at`.
pub fn widen(first: &mut Option<Micros>, last: &mut Option<Micros>, at: Option<Micros>) {
    if let Some(at) = at {
        *first = Some(first.map_or(at, |first| first.min(at)));
        *last = Some(last.map_or(at, |last| last.max(at)));
    }
}
