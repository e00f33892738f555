//! Whose telemetry it is: which program, session, swarm and agent.

use serde_json::Value;

use super::Attributes;
use crate::wire::lenient::text;

/// The programs whose words are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Claude Code.
    Claude,
    /// Codex.
    Codex,
    /// Gemini CLI.
    Gemini,
    /// Any other, by the conventions for generative AI.
    Other,
}

/// Whose it is.
#[derive(Debug, Clone)]
pub(super) struct Who {
    pub dialect: Dialect,
    /// The session; without one, the program stands for it.
    pub session: String,
    /// Whether a session was named.
    pub named: bool,
    pub swarm: Option<String>,
    pub project: Option<String>,
}

impl Who {
    pub(super) fn of(resource: &Attributes, attributes: &Attributes) -> Self {
        let either = |name: &str| find(attributes, name).or_else(|| find(resource, name));
        let service = either("service.name").unwrap_or("otlp");
        let session = ["session.id", "conversation.id", "gen_ai.conversation.id"].into_iter().find_map(either);
        let swarm = ["swarm.id", "team.id", "workflow.run_id"].into_iter().find_map(either);
        Self {
            dialect: match service {
                "claude-code" | "claude-code-desktop" => Dialect::Claude,
                _ if service.starts_with("codex") => Dialect::Codex,
                _ if service.starts_with("gemini") => Dialect::Gemini,
                _ => Dialect::Other,
            },
            session: session.unwrap_or(service).to_owned(),
            named: session.is_some(),
            swarm: swarm.or(session).map(str::to_owned),
            project: either("project").map(str::to_owned),
        }
    }
}

/// A text among the attributes.
pub(super) fn find<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(text)
}

/// A value among the attributes, null when there is none.
pub(super) fn get<'a>(attributes: &'a Attributes, name: &str) -> &'a Value {
    static NULL: Value = Value::Null;
    attributes.get(name).unwrap_or(&NULL)
}

/// Parts of names whose text is what people or models said, or who they are.
const PRIVATE: [&str; 22] = [
    "user.",
    "organization.",
    "installation.",
    "account",
    "email",
    "host.",
    "process.",
    "terminal.",
    "_text",
    "arguments",
    "messages",
    "instructions",
    "hook_input",
    "tool_input",
    "tool_parameters",
    "stdout",
    "stderr",
    "content",
    "command",
    "reasoning",
    "error.message",
    "description",
];
/// Names of the same kind that are parts of harmless ones.
const PRIVATE_NAMES: [&str; 8] =
    ["prompt", "user_prompt", "response", "output", "hook_output", "body", "error", "hook_name"];
/// The longest text kept.
const TEXT_BYTES_MAX: usize = 128;

/// Attributes that may be kept: numbers, truth values, and short words that are nobody's.
pub(super) fn harmless(attributes: &Attributes) -> Attributes {
    let keep = |name: &str, value: &Value| match value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::String(text) => {
            let private = PRIVATE.iter().any(|part| name.contains(part)) || PRIVATE_NAMES.contains(&name);
            !private && !text.is_empty() && text.len() <= TEXT_BYTES_MAX && text != "REDACTED"
        }
        _ => false,
    };
    attributes
        .iter()
        .filter(|(name, value)| keep(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
