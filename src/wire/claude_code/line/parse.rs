//! Bytes → [`Line`].

use serde::Deserialize;
use serde_json::value::RawValue;

use super::super::loose::Loose;
use super::raw::{RawBlock, RawDetails, RawExtra, RawInput, RawLine, RawMessage, RawOutcome, RawTask, RawUsage};
use super::{
    AGENT_TOOLS, Body, Line, Notification, Outcome, Prompt, Reply, ToolCall, ToolResult, Usage, WRITING_TOOLS,
};
use crate::model::Micros;

/// What a prompt line starts with when a person pressed Escape.
const INTERRUPTION: &str = "[Request interrupted by user";
/// What a prompt line starts with when a background task reports its end.
const NOTIFICATION: &str = "<task-notification>";
/// The whole prompt of a sub-agent that is started only to fill a cache.
const WARM_UP: &str = "Warmup";

/// Reads a part whose shape is not promised: another shape reads as nothing.
fn part<'a, T: Deserialize<'a> + Default>(raw: Option<&'a RawValue>) -> T {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// Reads one line.
///
/// # Errors
/// When it is no JSON object.
pub fn parse(bytes: &[u8]) -> Result<Line<'_>, serde_json::Error> {
    Ok(assemble(serde_json::from_slice(bytes)?))
}

fn assemble(raw: RawLine<'_>) -> Line<'_> {
    let at = raw.timestamp.text().and_then(|text| Micros::parse_rfc3339(text, None).ok());
    let kind = raw.r#type.text().unwrap_or_default().to_owned();
    let mut agent = raw.agent_id;
    let body = match kind.as_str() {
        "assistant" => Body::Reply(Box::new(reply(&raw.message, raw.request_id, &raw.is_api_error_message, raw.error))),
        "user" => {
            user(&raw.message, raw.tool_use_result, raw.origin, raw.is_meta.is_true(), raw.is_compact_summary.is_true())
        }
        "system" => match raw.subtype.text() {
            Some("turn_duration") => Body::TurnEnd(raw.duration_ms.amount()),
            Some("stop_hook_summary") => Body::TurnEnd(None),
            Some("api_error") => Body::Retry {
                attempt: raw.retry_attempt.count(),
                most: raw.max_retries.count(),
                wait_ms: raw.retry_in_ms.amount(),
                status: part::<RawExtra<'_>>(raw.error).status.count(),
            },
            Some("compact_boundary") => {
                let extra: RawExtra<'_> = part(raw.compact_metadata);
                Body::Compaction {
                    tokens_before: extra.pre_tokens.count(),
                    tokens_after: extra.post_tokens.count(),
                    trigger: extra.trigger,
                }
            }
            _ => Body::Known,
        },
        "progress" => {
            let extra: RawExtra<'_> = part(raw.data);
            match (extra.r#type.text(), extra.message) {
                (Some("agent_progress"), Some(message)) => {
                    agent = extra.agent_id;
                    let inner = Box::new(assemble(part(Some(message))));
                    Body::Relayed { launch: raw.parent_tool_use_id, inner }
                }
                _ => Body::Known,
            }
        }
        "summary"
        | "file-history-snapshot"
        | "queue-operation"
        | "attachment"
        | "pr-link"
        | "last-prompt"
        | "mode"
        | "atis-latch"
        | "cost-state" => Body::Known,
        _ => Body::Unknown,
    };
    Line {
        uuid: raw.uuid,
        parent: raw.parent_uuid,
        session: raw.session_id,
        agent,
        sidechain: raw.is_sidechain.is_true(),
        at,
        version: raw.version,
        agent_type: raw.attribution_agent,
        body,
    }
}

fn blocks(content: Option<&RawValue>) -> Vec<RawBlock<'_>> {
    // A list with an element that is no object loses that element only.
    part::<Vec<&RawValue>>(content.filter(|raw| raw.get().starts_with('[')))
        .into_iter()
        .filter_map(|raw| serde_json::from_str(raw.get()).ok())
        .collect()
}

fn reply<'a>(
    message: &Option<&'a RawValue>,
    request: Loose<'a>,
    api_error: &Loose<'a>,
    error: Option<&'a RawValue>,
) -> Reply<'a> {
    let message: RawMessage<'_> = part(*message);
    let calls = blocks(message.content).into_iter().filter(|block| block.r#type.text() == Some("tool_use"));
    Reply {
        calls: calls.map(call).collect(),
        id: message.id,
        request,
        model: message.model,
        stopped: message.stop_reason.text().is_some(),
        usage: usage(message.usage),
        api_error: api_error.is_true(),
        error: part(error),
    }
}

fn call(block: RawBlock<'_>) -> ToolCall<'_> {
    let name = block.name.text().unwrap_or_default();
    let input: RawInput<'_> = if AGENT_TOOLS.contains(&name) || WRITING_TOOLS.contains(&name) {
        part(block.input)
    } else {
        RawInput::default()
    };
    let file = if input.file_path.text().is_some() { input.file_path } else { input.notebook_path };
    ToolCall { id: block.id, name: block.name, agent_type: input.subagent_type, file }
}

fn usage(raw: Option<&RawValue>) -> Usage {
    let raw: RawUsage<'_> = part(raw);
    Usage {
        input: raw.input_tokens.count(),
        output: raw.output_tokens.count(),
        cache_creation: raw.cache_creation_input_tokens.count(),
        cache_creation_1h: part::<RawDetails<'_>>(raw.cache_creation).ephemeral_1h_input_tokens.count(),
        cache_read: raw.cache_read_input_tokens.count(),
        thinking: part::<RawDetails<'_>>(raw.output_tokens_details).thinking_tokens.count(),
        web_searches: part::<RawDetails<'_>>(raw.server_tool_use).web_search_requests.count(),
    }
}

fn user<'a>(
    message: &Option<&'a RawValue>,
    outcome: Option<&'a RawValue>,
    origin: Option<&'a RawValue>,
    meta: bool,
    compaction: bool,
) -> Body<'a> {
    let content = part::<RawMessage<'_>>(*message).content;
    let mut results = Vec::new();
    // The raw JSON text of the first text; only its beginning is looked at.
    let mut text = content.map(RawValue::get).filter(|raw| raw.starts_with('"'));
    for block in blocks(content) {
        match block.r#type.text() {
            Some("tool_result") => {
                results.push(ToolResult { error: block.is_error.is_true(), call: block.tool_use_id });
            }
            Some("text") => text = text.or(block.text.map(RawValue::get)),
            _ => {}
        }
    }
    if !results.is_empty() {
        return Body::Results(results, Box::new(noted(outcome)));
    }
    if meta || compaction {
        return Body::Aside;
    }
    let text = text.unwrap_or_default().trim_matches('"');
    let notified =
        text.starts_with(NOTIFICATION) || part::<RawExtra<'_>>(origin).kind.text() == Some("task-notification");
    Body::Prompt(Prompt {
        interruption: text.starts_with(INTERRUPTION),
        notification: notified.then(|| notification(text)),
        warm_up: text == WARM_UP,
    })
}

fn noted(raw: Option<&RawValue>) -> Outcome<'_> {
    let raw: RawOutcome<'_> = part(raw.filter(|raw| raw.get().starts_with('{')));
    let fetched = raw.retrieval_status.text().and_then(|_| {
        let task: RawTask<'_> = part(raw.task);
        (task.task_type.text() == Some("local_agent")).then_some((task.task_id, task.status))
    });
    Outcome {
        status: raw.status,
        agent: raw.agent_id,
        total_duration_ms: raw.total_duration_ms.amount(),
        last_request_tokens: raw.total_tokens.count(),
        tool_calls: raw.total_tool_use_count.count(),
        interrupted: raw.interrupted.is_true(),
        fetched,
    }
}

/// Takes the ids and the status out of `<task-notification>…`, and nothing else.
fn notification(text: &str) -> Notification {
    let tag = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        let (value, _) = rest.split_once(&format!("</{name}>"))?;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (!value.is_empty() && value.len() <= 128 && value.chars().all(plain)).then(|| value.to_owned())
    };
    Notification { call: tag("tool-use-id"), task: tag("task-id"), status: tag("status") }
}
