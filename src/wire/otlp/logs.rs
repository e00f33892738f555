//! Log records: what each of them says about its session.

use super::facts::{Asked, Facts, Happening, Session};
use super::note::Request;
use super::who::{Dialect, Who, find, get, harmless};
use super::{Attributes, Log, PREFIX, tokens};
use crate::model::Micros;
use crate::wire::claude_code::key::short;
use crate::wire::lenient::{self, flag, number};

/// The name of an event that has none.
const NAMELESS: &str = "log";
/// Claude Code's events are known by what follows this.
const CLAUDE: &str = "claude_code.";

/// When it was made.
pub(super) fn time(log: &Log) -> Option<Micros> {
    log.at.or_else(|| lenient::time(find(&log.attributes, "event.timestamp")?, None).ok())
}

pub(super) fn take(facts: &mut Facts, resource: &Attributes, log: Log, at: Micros) {
    let Log { name, attributes, .. } = log;
    let who = Who::of(resource, &attributes);
    let dialect = who.dialect;
    // Codex has prose in its bodies.
    let body = name.as_deref().filter(|name| !name.contains(char::is_whitespace) && *name != "REDACTED");
    let name = find(&attributes, "event.name").or(body).unwrap_or(NAMELESS);
    let name = name.strip_prefix(CLAUDE).unwrap_or(name).to_owned();
    if name == "codex.agent_communication" {
        family(facts, &who, &attributes);
    }
    let service = find(resource, "service.name").unwrap_or("otlp").to_owned();
    let session = facts.session(who, &service);
    let turn = turn(session, &name, &attributes, at);
    session.see(at, turn.as_deref());
    note_turn(session, turn.as_deref(), &name, &attributes, at);
    if is_request(dialect, &name, &attributes) {
        return ask(session, turn, name, attributes, at);
    }
    if matches!(name.as_str(), "tool_result" | "codex.tool_result" | "gemini_cli.tool_call") {
        return tool(session, turn, &attributes, at);
    }
    let said = short(&[&name, &at.0.to_string(), &serde_json::Value::Object(attributes.clone()).to_string()]);
    let duration_ms = duration(&attributes);
    let attributes = harmless(&attributes);
    let happening = Happening { event_type: name, at, turn, duration_ms, attributes };
    session.happenings.insert(format!("{PREFIX}log:{said:016x}"), happening);
}

/// The prompt it follows.
fn turn(session: &mut Session, name: &str, attributes: &Attributes, at: Micros) -> Option<String> {
    match session.who.dialect {
        Dialect::Claude => find(attributes, "prompt.id").map(str::to_owned),
        Dialect::Gemini => find(attributes, "prompt_id").map(str::to_owned).or_else(|| session.turn_now.clone()),
        Dialect::Codex if !session.who.named => None,
        Dialect::Codex => {
            if name == "codex.user_prompt" {
                session.turn_now = Some(format!("{}:{}", session.id(), at.millis()));
            }
            // What a spawned agent is told is no prompt.
            session.turn_now.clone().or_else(|| Some(session.id().to_owned()))
        }
        Dialect::Other => find(attributes, "prompt.id").or(Some(session.id())).map(str::to_owned),
    }
}

/// What says how a turn began and ended.
fn note_turn(session: &mut Session, turn: Option<&str>, name: &str, attributes: &Attributes, at: Micros) {
    if session.who.dialect == Dialect::Gemini && name == "gemini_cli.user_prompt" {
        session.turn_now = turn.map(str::to_owned);
    }
    let Some(turn) = turn.and_then(|turn| session.turns.get_mut(turn)) else { return };
    match name {
        "user_prompt" => turn.message = find(attributes, "message.uuid").map(str::to_owned),
        "api_error" | "api_retries_exhausted" | "api_refusal" | "gemini_cli.api_error" => {
            turn.failed = turn.failed.max(Some(at))
        }
        "tool_decision" if matches!(find(attributes, "source"), Some("user_abort" | "user_reject")) => {
            turn.stopped = turn.stopped.max(Some(at));
        }
        _ => {}
    }
}

fn is_request(dialect: Dialect, name: &str, attributes: &Attributes) -> bool {
    match dialect {
        Dialect::Claude => name == "api_request",
        Dialect::Codex => name == "codex.sse_event" && find(attributes, "event.kind") == Some("response.completed"),
        Dialect::Gemini => name == "gemini_cli.api_response",
        Dialect::Other => name == "gen_ai.client.inference.operation.details",
    }
}

fn ask(session: &mut Session, turn: Option<String>, event_type: String, attributes: Attributes, at: Micros) {
    let named =
        ["request_id", "client_request_id", "gen_ai.response.id"].into_iter().find_map(|name| find(&attributes, name));
    let said = || short(&[session.id(), &at.0.to_string(), &serde_json::Value::Object(attributes.clone()).to_string()]);
    let id = named.map_or_else(|| format!("{:016x}", said()), str::to_owned);
    let model =
        ["model", "gen_ai.response.model", "gen_ai.request.model"].into_iter().find_map(|name| find(&attributes, name));
    let request = Request {
        id,
        turn: turn.unwrap_or_else(|| session.id().to_owned()),
        rank: 2,
        agent: find(&attributes, "agent.name").map(str::to_owned),
        model: model.map(str::to_owned),
        tokens: tokens::of(session.who.dialect, &attributes),
        cost_usd: number(get(&attributes, "cost_usd")).filter(|cost| *cost >= 0.0),
        duration_ms: duration(&attributes),
    };
    // It stands for all before it, as far as a turn's start goes.
    if let Some(ms) = request.duration_ms {
        session.see(before(at, ms), Some(&request.turn));
    }
    session.ask(Asked { request, event_type, at, attributes: harmless(&attributes) });
}

fn tool(session: &mut Session, turn: Option<String>, attributes: &Attributes, at: Micros) {
    let duration_ms = duration(attributes);
    let call = find(attributes, "tool_use_id").or_else(|| find(attributes, "call_id"));
    let name = find(attributes, "tool_name").or_else(|| find(attributes, "function_name"));
    let said = || format!("{}:{}", at.0, name.unwrap_or_default());
    let tool = session.tools.entry(call.map_or_else(said, str::to_owned)).or_default();
    tool.rank = 2;
    tool.name = name.map(str::to_owned).or(tool.name.take());
    tool.failed |= flag(get(attributes, "success")) == Some(false);
    tool.turn = turn.or(tool.turn.take());
    tool.at = Some(duration_ms.map_or(at, |ms| before(at, ms)));
    tool.duration_ms = duration_ms;
    tool.attributes = harmless(attributes);
}

/// Who started whom.
fn family(facts: &mut Facts, who: &Who, attributes: &Attributes) {
    let (from, to) = (find(attributes, "sender_thread_id"), find(attributes, "receiver_thread_id"));
    if let (Some("spawn"), Some(from), Some(to)) = (find(attributes, "kind"), from, to) {
        let child = Who { session: to.to_owned(), named: true, ..who.clone() };
        facts.session(child, "codex").parent = Some(from.to_owned());
    }
}

pub(super) fn duration(attributes: &Attributes) -> Option<f64> {
    let names = ["duration_ms", "total_duration_ms", "interaction.duration_ms"];
    names.into_iter().find_map(|name| number(get(attributes, name))).filter(|ms| lenient::is_duration(*ms))
}

/// So many milliseconds before `at`.
#[expect(clippy::cast_possible_truncation, reason = "a duration is below 10^12 ms")]
fn before(at: Micros, ms: f64) -> Micros {
    Micros(at.0.saturating_sub((ms * 1000.0) as i64))
}
