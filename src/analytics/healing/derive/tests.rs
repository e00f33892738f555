//! Each rule on a handful of events. Times are seconds; a tool's event begins with its call.

use super::*;
use crate::model::{AgentId, EventId, EventRecord, Json, TaskId};

const AT: i64 = 1_767_268_800;

fn at(second: f64) -> Micros {
    #[expect(clippy::cast_possible_truncation, reason = "small")]
    Micros(AT * 1_000_000 + (second * 1e6) as i64)
}

/// An event `second` seconds in, which took `ms`; its id is its second and type.
fn event(second: f64, event_type: &str, ms: f64) -> Sign {
    noted(second, event_type, &format!(r#"{{"duration_ms":{ms}}}"#))
}

fn record(second: f64, event_type: &str, metadata: &str) -> EventRecord {
    EventRecord {
        event_type: event_type.to_owned(),
        agent_id: AgentId::new("a").expect("an id"),
        agent_type: None,
        event_id: EventId::new(format!("{second}-{event_type}")).ok(),
        task_id: None,
        swarm_id: None,
        timestamp: at(second),
        metadata: Some(Json(metadata.to_owned())),
        project: Some("shop".to_owned()),
        source: None,
    }
}

fn noted(second: f64, event_type: &str, metadata: &str) -> Sign {
    Sign::of_event(&record(second, event_type, metadata)).expect("it matters")
}

/// Strategy, kind, outcome, duration and end (in seconds) of each healing found long after.
fn found(signs: Vec<Sign>) -> Vec<(&'static str, String, bool, Option<f64>, f64)> {
    let findings = derive(signs, at(1e6));
    assert_eq!(findings.pending, []);
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let second = |time: Micros| (time.0 - AT * 1_000_000) as f64 / 1e6;
    let row = |one: Derived| (one.strategy, one.failure_type, one.success, one.duration_ms, second(one.ended));
    findings.healings.into_iter().map(row).collect()
}

#[test]
fn a_failed_tool_that_works_when_called_again_was_retried() {
    // The call fails after 2 s; it is called again at 5 s and works within 1 s: 4 s after the failure was known.
    let signs = vec![event(0.0, "tool_error:Bash", 2000.0), event(5.0, "tool:Bash", 1000.0)];
    assert_eq!(found(signs.clone()), [("retry_tool", "tool_error:Bash".into(), true, Some(4000.0), 6.0)]);
    let healing = derive(signs, at(1e6)).healings.remove(0);
    assert_eq!((healing.detected_at, healing.failure_id.as_str()), (at(2.0), "0-tool_error:Bash"));
    assert_eq!((healing.attempt, healing.project.as_deref()), (1, Some("shop")));
    let evidence: Vec<(&str, Micros)> =
        healing.evidence.iter().map(|one| (one.event_type.as_str(), one.timestamp)).collect();
    assert_eq!(evidence, [("tool_error:Bash", at(0.0)), ("tool:Bash", at(5.0))]);
    assert_eq!(healing.span, Span { from: at(0.0), until: at(5.0) });
}

#[test]
fn each_call_that_fails_again_is_an_attempt_at_the_first_failure() {
    let signs = vec![
        event(0.0, "tool_error:Bash", 0.0),
        event(10.0, "tool_error:Bash", 1000.0),
        event(20.0, "tool:Bash", 2000.0),
    ];
    let expected = [
        ("retry_tool", "tool_error:Bash".to_owned(), false, Some(11_000.0), 11.0),
        ("retry_tool", "tool_error:Bash".to_owned(), true, Some(11_000.0), 22.0),
    ];
    assert_eq!(found(signs.clone()), expected);
    let healings = derive(signs, at(1e6)).healings;
    assert!(healings.iter().all(|one| one.failure_id == "0-tool_error:Bash" && one.detected_at == at(0.0)));
    assert_eq!(healings.iter().map(|one| one.attempt).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn another_tool_is_a_detour_only_if_the_same_one_does_not_come_back_in_time() {
    let detour = vec![event(0.0, "tool_error:Edit", 0.0), event(3.0, "tool:Read", 500.0)];
    assert_eq!(found(detour.clone()), [("detour", "tool_error:Edit".into(), true, Some(3500.0), 3.5)]);
    let mut back = detour.clone();
    back.push(event(600.0, "tool:Edit", 0.0)); // the last instant
    assert_eq!(found(back), [("retry_tool", "tool_error:Edit".into(), true, Some(600_000.0), 600.0)]);
    let mut late = detour;
    late.push(event(600.001, "tool:Edit", 0.0));
    assert_eq!(found(late), [("detour", "tool_error:Edit".into(), true, Some(3500.0), 3.5)]);
}

#[test]
fn calls_made_side_by_side_never_heal_each_other() {
    // Both began before the failure was known at 5 s; the third at that very instant.
    let signs = vec![
        event(0.0, "tool_error:Bash", 5000.0),
        event(1.0, "tool:Bash", 100.0),
        event(2.0, "tool_error:Bash", 1000.0),
        event(5.0, "tool:Bash", 100.0),
    ];
    assert_eq!(found(signs), [("retry_tool", "tool_error:Bash".into(), false, None, 605.0)]);
}

#[test]
fn failures_of_the_same_instant_are_one_in_whatever_order_they_come() {
    let signs = [event(0.0, "tool_error:Bash", 0.0), event(0.0, "tool:Bash", 0.0), event(9.0, "tool:Bash", 0.0)];
    let expected = [("retry_tool", "tool_error:Bash".to_owned(), true, Some(9000.0), 9.0)];
    assert_eq!(found(signs.to_vec()), expected);
    assert_eq!(found(signs.into_iter().rev().collect()), expected);
}

#[test]
fn what_nothing_heals_counts_as_failed_after_the_limit_and_not_before() {
    let signs = vec![event(0.0, "tool_error:Bash", 1000.0)];
    let until_the_limit = derive(signs.clone(), at(601.0));
    assert_eq!(until_the_limit.healings, []);
    let pending = &until_the_limit.pending[0];
    assert_eq!((pending.failure_type.as_str(), pending.strategy), ("tool_error:Bash", "retry_tool"));
    assert_eq!((pending.detected_at, pending.span.until), (at(1.0), at(601.0)));
    assert_eq!(derive(signs.clone(), Micros(at(601.0).0 + 1)).pending, []);
    assert_eq!(found(signs), [("retry_tool", "tool_error:Bash".into(), false, None, 601.0)]);
}

#[test]
fn a_request_is_healed_by_whatever_only_an_answer_can_bring() {
    let failed = |second: f64| noted(second, "api_retry", r#"{"error":"overloaded","attempt":1}"#);
    for answer in ["api_request", "gemini_cli.api_response", "tool:Bash", "tool_error:ExitPlanMode"] {
        let signs = vec![failed(0.0), failed(1.0), event(4.0, answer, 9000.0)];
        let found = found(signs);
        let of_requests: Vec<_> = found.iter().filter(|row| row.0 == "retry_request").collect();
        assert_eq!(of_requests.len(), 2, "{answer}");
        assert_eq!(of_requests[0], &("retry_request", "api_error:overloaded".into(), false, Some(1000.0), 1.0));
        assert!(of_requests[1].2, "{answer}");
    }
    let task = Sign::of_success("t-1", at(30.0), None);
    let last = found(vec![failed(0.0), task]).remove(0);
    assert_eq!(last, ("retry_request", "api_error:overloaded".into(), true, Some(30_000.0), 30.0));
    let other = vec![failed(0.0), noted(1.0, "codex.sse_event", r#"{"request":{"id":"r"}}"#)];
    assert!(found(other)[0].2, "codex was answered");
    assert_eq!(Sign::of_event(&record(0.0, "codex.sse_event", "{}")), None, "and here nobody knows");
}

#[test]
fn an_agent_that_is_spawned_again_was_healed_and_one_that_goes_on_was_not_down() {
    let down = || vec![event(0.0, "error", 0.0), event(0.5, "agent_down", 0.0)];
    let mut respawned = down();
    respawned.push(event(8.5, "spawn", 0.0));
    assert_eq!(found(respawned), [("respawn", "agent_error".into(), true, Some(8000.0), 8.5)]);
    for sign in [event(3.0, "heartbeat", 0.0), event(3.0, "tool:Bash", 0.0), Sign::of_success("t", at(3.0), None)] {
        let mut alive = down();
        alive.extend([sign, event(8.5, "spawn", 0.0)]);
        assert_eq!(found(alive), []);
    }
    assert_eq!(found(down()), [("respawn", "agent_error".into(), false, None, 600.5)]);
}

#[test]
fn people_who_say_no_and_calls_nobody_answered_are_neither_failure_nor_healing() {
    assert_eq!(found(vec![event(0.0, "tool_error:ExitPlanMode", 0.0), event(0.0, "tool_error:?unmatched", 0.0)]), []);
    let signs = vec![event(0.0, "tool_error:Bash", 0.0), noted(4.0, "tool:Bash", r#"{"unanswered":true}"#)];
    assert_eq!(found(signs), [("retry_tool", "tool_error:Bash".into(), false, None, 600.0)]);
}

#[test]
fn metadata_of_any_shape_is_read_as_far_as_it_can_be() {
    for metadata in ["", "[]", "7", r#"{"duration_ms":"12"}"#, r#"{"duration_ms":-5}"#, r#"{"duration_ms":1e400}"#] {
        let sign = noted(1.0, "tool_error:Bash", metadata);
        assert_eq!((sign.at, sign.known), (at(1.0), at(1.0)), "{metadata}");
    }
    assert_eq!(Sign::of_event(&record(0.0, "checkpoint", "{}")), None);
}

#[test]
fn calls_of_one_answer_never_heal_each_other_however_long_it_takes_to_write_them() {
    // As a model streams them: three edits, each refused at once; then another answer tries again.
    let edit = |second: f64, word: &str, reply: &str| {
        noted(second, &format!("{word}:Edit"), &format!(r#"{{"duration_ms":0,"reply":"{reply}"}}"#))
    };
    let signs = vec![
        edit(0.0, "tool_error", "r1"),
        edit(1.5, "tool_error", "r1"),
        edit(3.0, "tool", "r1"),
        edit(4.0, "tool_error", "r1"),
        edit(9.0, "tool", "r2"),
    ];
    assert_eq!(found(signs), [("retry_tool", "tool_error:Edit".into(), true, Some(5000.0), 9.0)]);
    let unknown = vec![event(0.0, "tool_error:Edit", 0.0), event(1.5, "tool_error:Edit", 0.0)];
    assert_eq!(found(unknown).len(), 2, "where nobody says which answer asked, time alone decides");
}

#[test]
fn an_error_that_names_a_task_is_not_the_agents() {
    let mut error = record(0.0, "error", "{}");
    error.task_id = TaskId::new("t-1").ok();
    assert_eq!(Sign::of_event(&error), None);
    error.event_type = "agent_down".to_owned();
    assert!(Sign::of_event(&error).is_some());
}

#[test]
fn the_documentation_shows_the_rules_as_they_are() {
    let page = include_str!("../../../../docs/healing.md");
    for rule in RULES {
        let words = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        let row = format!(
            "| `{}` | `{}` | {} | {} | {} |",
            rule.strategy,
            rule.failure_type,
            words(rule.failed),
            words(rule.healed),
            rule.when
        );
        assert!(page.contains(&row), "docs/healing.md lacks\n{row}");
    }
}
