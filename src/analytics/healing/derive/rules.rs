//! The rules by which healings are found in events, in one table. The documentation shows the same table.

use crate::model::time::MINUTE;

/// How long a failure may take to heal, in microseconds. After it nothing counts as its healing, and a failure that
/// nothing healed counts as one failed attempt.
pub const LIMIT: i64 = 10 * MINUTE;

/// One way in which agents heal failures. What happened is matched by event type: as it is, or by what it begins
/// with when the pattern ends in `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The strategy of the healings it finds.
    pub strategy: &'static str,
    /// The kind of failure they are about. `…` stands for what the event says more.
    pub failure_type: &'static str,
    /// Event types that are such a failure.
    pub failed: &'static [&'static str],
    /// Event types that show it healed.
    pub healed: &'static [&'static str],
    /// What else must hold, for people.
    pub when: &'static str,
}

/// Failures of requests to a model.
pub const RETRY_REQUEST: Rule = Rule {
    strategy: "retry_request",
    failure_type: "api_error:…",
    failed: &["api_error", "api_retry", "api_retries_exhausted", "gemini_cli.api_error"],
    healed: &[
        "api_request",
        "gemini_cli.api_response",
        "gen_ai.client.inference.operation.details",
        "tool:*",
        "tool_error:*",
    ],
    when: "a later request of the same agent was answered: an event of one, a tool call (which only an answer can ask \
           for), or a task that ended in success; each further failure before it is an attempt that failed",
};

/// Failed tool calls that are tried again.
pub const RETRY_TOOL: Rule = Rule {
    strategy: "retry_tool",
    failure_type: "tool_error:…",
    failed: &["tool_error:*"],
    healed: &["tool:*"],
    when: "the same agent called the same tool after the failure was known, in another answer of the model where the \
           source tells answers apart, and it worked; a call that failed again is an attempt that failed",
};

/// Failed tool calls that are worked around.
pub const DETOUR: Rule = Rule {
    strategy: "detour",
    failure_type: "tool_error:…",
    failed: &["tool_error:*"],
    healed: &["tool:*"],
    when: "the same agent did not call the same tool again within the limit, but another one that worked; known only \
           where it worked",
};

/// Agents that failed and were started again.
pub const RESPAWN: Rule = Rule {
    strategy: "respawn",
    failure_type: "agent_error",
    failed: &["error", "agent_error", "agent_failed", "agent_down"],
    healed: &["spawn"],
    when: "the same agent was spawned again; an `error` that names a task is the task's and not the agent's, and an agent that goes on by itself (heartbeats, calls tools, starts tasks, \
           ends one in success) was not down, and nothing is counted",
};

/// Every rule.
pub const RULES: [Rule; 4] = [RETRY_REQUEST, RETRY_TOOL, DETOUR, RESPAWN];

/// Event types of an agent that goes on by itself, beside those that answer a request.
pub(super) const ALIVE: [&str; 4] = ["heartbeat", "task_start", "task_started", "running"];

/// Tools that ask a person: their answer is no failure. Errors whose call is unknown name no tool.
pub(super) const NOT_JUDGED: [&str; 3] = ["ExitPlanMode", "AskUserQuestion", "?unmatched"];

/// Whether `event_type` fits one of `patterns`; what a `*` stood for, else nothing.
pub(super) fn fits<'a>(patterns: &[&str], event_type: &'a str) -> Option<&'a str> {
    patterns.iter().find_map(|pattern| match pattern.strip_suffix('*') {
        Some(start) => event_type.strip_prefix(start),
        None => (*pattern == event_type).then_some(""),
    })
}
