//! Spans: requests, tools and turns as a trace shows them. Children may arrive before their parents.

use super::facts::{Asked, Facts, Happening, Session};
use super::logs::duration;
use super::note::Request;
use super::who::{Who, find, get, harmless};
use super::{Attributes, PREFIX, Span, tokens};
use crate::model::Micros;
use crate::wire::lenient::{flag, number};

/// The turn of spans that name no prompt is their trace.
pub(super) const TRACE: &str = "trace:";

pub(super) fn take(facts: &mut Facts, resource: &Attributes, span: Span, ended: Micros) {
    let who = Who::of(resource, &span.attributes);
    let service = find(resource, "service.name").unwrap_or("otlp").to_owned();
    let began = span.began.unwrap_or(ended);
    let turn = find(&span.attributes, "prompt.id").map_or_else(|| format!("{TRACE}{}", span.trace), str::to_owned);
    let session = facts.session(who, &service);
    session.see(began, Some(&turn));
    session.see(ended, Some(&turn));
    let kind = find(&span.attributes, "span.type").or_else(|| find(&span.attributes, "gen_ai.operation.name"));
    match kind.unwrap_or_default() {
        "llm_request" | "chat" | "generate_content" | "text_completion" => {
            if span.failed || flag(get(&span.attributes, "success")) == Some(false) {
                fail(session, &turn, ended);
            }
            return ask(session, turn, &span, ended);
        }
        "tool" | "execute_tool" => return tool(session, turn, span, began),
        "tool.execution" => execution(session, &span),
        "interaction" | "invoke_agent" | "invoke_workflow" if span.failed => fail(session, &turn, ended),
        _ => {}
    }
    let name = span.name.strip_prefix("claude_code.").unwrap_or(&span.name);
    let happening = Happening {
        event_type: if name.is_empty() { "span".to_owned() } else { name.to_owned() },
        at: began,
        turn: Some(turn),
        duration_ms: Some(length(began, ended)),
        attributes: harmless(&span.attributes),
    };
    session.happenings.insert(format!("{PREFIX}span:{}:{}", span.trace, span.id), happening);
}

fn fail(session: &mut Session, turn: &str, at: Micros) {
    let turn = session.turns.entry(turn.to_owned()).or_default();
    turn.failed = turn.failed.max(Some(at));
}

fn ask(session: &mut Session, turn: String, span: &Span, ended: Micros) {
    let attributes = &span.attributes;
    let named = ["request_id", "gen_ai.response.id"].into_iter().find_map(|name| find(attributes, name));
    let model =
        ["model", "gen_ai.response.model", "gen_ai.request.model"].into_iter().find_map(|name| find(attributes, name));
    let agent = find(attributes, "agent.name").or_else(|| find(attributes, "gen_ai.agent.name"));
    let request = Request {
        id: named.unwrap_or(&span.id).to_owned(),
        turn,
        rank: 1,
        agent: agent.map(str::to_owned),
        model: model.map(str::to_owned),
        tokens: tokens::of(session.who.dialect, attributes),
        cost_usd: number(get(attributes, "cost_usd")).filter(|cost| *cost >= 0.0),
        duration_ms: duration(attributes).or_else(|| span.began.map(|began| length(began, ended))),
    };
    session.ask(Asked { request, event_type: "api_request".to_owned(), at: ended, attributes: harmless(attributes) });
}

fn tool(session: &mut Session, turn: String, span: Span, began: Micros) {
    let attributes = &span.attributes;
    let name = find(attributes, "tool_name").or_else(|| find(attributes, "gen_ai.tool.name"));
    let call = find(attributes, "tool_use_id").or_else(|| find(attributes, "gen_ai.tool.call.id")).unwrap_or(&span.id);
    let tool = session.tools.entry(call.to_owned()).or_default();
    tool.rank = tool.rank.max(1);
    tool.name = tool.name.take().or(name.map(str::to_owned));
    tool.failed |= span.failed || flag(get(attributes, "success")) == Some(false);
    tool.turn = tool.turn.take().or(Some(turn));
    tool.at = tool.at.or(Some(began));
    let took = duration(attributes).or_else(|| span.ended.map(|ended| length(began, ended)));
    tool.duration_ms = tool.duration_ms.or(took);
    if tool.attributes.is_empty() {
        tool.attributes = harmless(attributes);
    }
}

/// The part of a tool's span that says whether it worked.
fn execution(session: &mut Session, span: &Span) {
    let failed = span.failed || flag(get(&span.attributes, "success")) == Some(false);
    if let (true, Some(call)) = (failed, find(&span.attributes, "tool_use_id")) {
        session.tools.entry(call.to_owned()).or_default().failed = true;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration stays far below 2^53 microseconds")]
fn length(began: Micros, ended: Micros) -> f64 {
    ended.0.saturating_sub(began.0).max(0) as f64 / 1000.0
}
