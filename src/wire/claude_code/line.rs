//! One line of a transcript, reduced to structure: ids, times, counts, names.
//!
//! The text of prompts, answers, tool inputs and tool outputs is skipped while parsing; the only looks
//! at text are three fixed markers that the program itself writes (an interruption, a task
//! notification, a warm-up). Not here: what lines mean together (`session`, `turns`).

mod parse;
mod raw;

use super::loose::Loose;
use crate::model::Micros;

pub use parse::parse;

/// One line, with what every kind of line may carry.
#[derive(Debug, Default)]
pub struct Line<'a> {
    /// Its own id.
    pub uuid: Loose<'a>,
    /// The line it follows in the tree.
    pub parent: Loose<'a>,
    /// The session it names; not always that of its file.
    pub session: Loose<'a>,
    /// The sub-agent it names.
    pub agent: Loose<'a>,
    /// Whether it belongs to a sub-agent.
    pub sidechain: bool,
    /// When it was written.
    pub at: Option<Micros>,
    /// The program's version.
    pub version: Loose<'a>,
    /// The sub-agent's type, as newer versions repeat it on their lines.
    pub agent_type: Loose<'a>,
    /// What it says.
    pub body: Body<'a>,
}

/// What a line says, as far as it is read.
#[derive(Debug, Default)]
pub enum Body<'a> {
    /// A person, a command or a notification asks.
    Prompt(Prompt),
    /// A line of type `user` that nobody typed: it belongs to what is going on.
    Aside,
    /// Tools answer.
    Results(Vec<ToolResult<'a>>, Box<Outcome<'a>>),
    /// A part of a message of the model, or a local one.
    Reply(Box<Reply<'a>>),
    /// A request failed and will be tried again.
    Retry { attempt: Option<i64>, most: Option<i64>, wait_ms: Option<f64>, status: Option<i64> },
    /// The program closes a turn; its own measure of how long it worked, in milliseconds.
    TurnEnd(Option<f64>),
    /// The conversation was compacted.
    Compaction { trigger: Loose<'a>, tokens_before: Option<i64>, tokens_after: Option<i64> },
    /// One message of a running sub-agent, wrapped in a line of its parent; `launch` is the call that started it.
    Relayed { launch: Loose<'a>, inner: Box<Line<'a>> },
    /// A known type that carries nothing for us.
    Known,
    /// A type not known here.
    #[default]
    Unknown,
}

/// A prompt, without its text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// It is the note that a person interrupted the turn before.
    pub interruption: bool,
    /// It is the note that a background task ended.
    pub notification: Option<Notification>,
    /// It only fills a cache.
    pub warm_up: bool,
}

/// The end of a background task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notification {
    /// The call that started it.
    pub call: Option<String>,
    /// The task, which for a sub-agent is its id.
    pub task: Option<String>,
    /// `completed`, `failed`, `killed`, …
    pub status: Option<String>,
}

/// One tool's answer, without its content.
#[derive(Debug)]
pub struct ToolResult<'a> {
    /// The call answered.
    pub call: Loose<'a>,
    /// Whether it is an error.
    pub error: bool,
}

/// What the program noted beside a tool's answer.
#[derive(Debug, Default)]
pub struct Outcome<'a> {
    /// `completed`, `async_launched`, …
    pub status: Loose<'a>,
    /// The sub-agent that answered or was launched.
    pub agent: Loose<'a>,
    /// How long that one ran.
    pub total_duration_ms: Option<f64>,
    /// The size of its last request in tokens; not a sum.
    pub last_request_tokens: Option<i64>,
    /// How many tool calls it made.
    pub tool_calls: Option<i64>,
    /// A person stopped the tool.
    pub interrupted: bool,
    /// A background sub-agent whose result was fetched, and its status.
    pub fetched: Option<(Loose<'a>, Loose<'a>)>,
}

/// A part of a message.
#[derive(Debug, Default)]
pub struct Reply<'a> {
    /// The message.
    pub id: Loose<'a>,
    /// The API request.
    pub request: Loose<'a>,
    /// The model; `<synthetic>` for a local message.
    pub model: Loose<'a>,
    /// Whether this part knows why the message ended, and so its final usage.
    pub stopped: bool,
    /// Tokens so far.
    pub usage: Usage,
    /// Tool calls in this part.
    pub calls: Vec<ToolCall<'a>>,
    /// The message says that the API failed for good.
    pub api_error: bool,
    /// How, in one word such as `rate_limit`.
    pub error: Loose<'a>,
}

/// Tokens of one request; `None` where the line has no such field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Neither read from nor written to a cache.
    pub input: Option<i64>,
    /// The answer, thinking included.
    pub output: Option<i64>,
    /// Written to a cache.
    pub cache_creation: Option<i64>,
    /// The part of `cache_creation` that is kept for an hour, which costs more.
    pub cache_creation_1h: Option<i64>,
    /// Read from a cache.
    pub cache_read: Option<i64>,
    /// The part of `output` spent on thinking.
    pub thinking: Option<i64>,
    /// Searches the server ran.
    pub web_searches: Option<i64>,
}

impl Usage {
    /// The larger of both, field by field: repeats of a message carry what was counted so far.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            output: self.output.max(other.output),
            cache_creation: self.cache_creation.max(other.cache_creation),
            cache_creation_1h: self.cache_creation_1h.max(other.cache_creation_1h),
            cache_read: self.cache_read.max(other.cache_read),
            thinking: self.thinking.max(other.thinking),
            web_searches: self.web_searches.max(other.web_searches),
        }
    }
}

/// A tool call, without its input.
#[derive(Debug)]
pub struct ToolCall<'a> {
    /// Its id.
    pub id: Loose<'a>,
    /// The tool.
    pub name: Loose<'a>,
    /// For the sub-agent tool: the type asked for.
    pub agent_type: Loose<'a>,
    /// For a tool that writes a file: the file, to be hashed and forgotten.
    pub file: Loose<'a>,
}

/// Tools whose success changes the file they name.
pub const WRITING_TOOLS: [&str; 4] = ["Edit", "MultiEdit", "NotebookEdit", "Write"];
/// The sub-agent tool, under its older and newer name.
pub const AGENT_TOOLS: [&str; 2] = ["Task", "Agent"];
