//! Small sessions, built from lines as they stand in transcripts.

use super::build::Builder;
use super::claims::{Claims, order, share_answers};
use super::line::{self, Body};
use super::records::{Group, records};
use super::report::Figures;
use super::session::{Session, Start};
use super::verdict;
use crate::model::{EventRecord, Outcome, Record, TaskRecord};

/// `10:00:<seconds>` of one day.
fn at(seconds: u32) -> String {
    format!("2026-01-01T10:{:02}:{:02}.000Z", seconds / 60, seconds % 60)
}

fn prompt(uuid: &str, seconds: u32) -> String {
    format!(r#"{{"type":"user","uuid":"{uuid}","timestamp":"{}","message":{{"content":"do it"}}}}"#, at(seconds))
}

fn reply(uuid: &str, seconds: u32, message: &str, content: &str) -> String {
    format!(
        r#"{{"type":"assistant","uuid":"{uuid}","timestamp":"{}","requestId":"r","message":{{"id":"{message}","model":"m","content":[{content}],"stop_reason":"end_turn","usage":{{"input_tokens":1,"output_tokens":2}}}}}}"#,
        at(seconds)
    )
}

fn call(id: &str, name: &str) -> String {
    format!(r#"{{"type":"tool_use","id":"{id}","name":"{name}","input":{{}}}}"#)
}

fn answer(uuid: &str, seconds: u32, call: &str, error: bool, note: &str) -> String {
    format!(
        r#"{{"type":"user","uuid":"{uuid}","timestamp":"{}","toolUseResult":{note},"message":{{"content":[{{"type":"tool_result","tool_use_id":"{call}","is_error":{error}}}]}}}}"#,
        at(seconds)
    )
}

fn marker(seconds: u32, text: &str) -> String {
    format!(
        r#"{{"type":"user","uuid":"m{seconds}","timestamp":"{}","message":{{"content":[{{"type":"text","text":"{text}"}}]}}}}"#,
        at(seconds)
    )
}

/// Adds fields to the front of a line.
fn with(line: &str, fields: &str) -> String {
    line.replacen('{', &format!("{{{fields},"), 1)
}

fn session(id: &str, files: &[(Option<&str>, &[String])]) -> Session {
    let mut builder = Builder::new("p", id);
    for (agent, lines) in files {
        builder.begin_file("p/file.jsonl", *agent);
        for text in *lines {
            builder.line(&line::parse(text.as_bytes()).expect("a line"));
        }
    }
    builder.finish()
}

fn main_thread(lines: &[String]) -> Session {
    session("s", &[(None, lines)])
}

fn of_turn(session: &Session, index: usize) -> Option<Outcome> {
    verdict::of_turn(session, &session.threads[0], index).result
}

fn all(session: &Session) -> Vec<Group> {
    let (groups, refused) = records(session, &Claims::default().divide(session));
    assert!(refused.is_empty(), "{refused:?}");
    groups
}

fn tasks(session: &Session) -> Vec<TaskRecord> {
    let records = all(session).into_iter().flat_map(|group| group.records);
    records.filter_map(|record| if let Record::Task(task) = record { Some(task) } else { None }).collect()
}

fn events(session: &Session) -> Vec<EventRecord> {
    let records = all(session).into_iter().flat_map(|group| group.records);
    records.filter_map(|record| if let Record::Event(event) = record { Some(event) } else { None }).collect()
}

#[test]
fn a_field_of_another_type_costs_the_field_and_not_the_line() {
    let text = r#"{"type":"assistant","uuid":7,"timestamp":["x"],"isSidechain":"no","message":{"id":null,"model":{},
        "content":[3,{"type":"tool_use","id":"t","name":"Bash","input":"none"}],"usage":{"input_tokens":"1","output_tokens":5}}}"#;
    let line = line::parse(text.as_bytes()).expect("a line");
    assert_eq!((line.uuid.text(), line.at, line.sidechain), (None, None, false));
    let Body::Reply(reply) = line.body else { panic!("no reply") };
    assert_eq!((reply.usage.input, reply.usage.output, reply.calls.len()), (None, Some(5), 1));
    assert!(line::parse(b"5").is_err());
    assert!(line::parse(b"{\"type\":").is_err());
    assert!(matches!(line::parse(b"{\"type\":\"brand-new\"}").expect("a line").body, Body::Unknown));
}

#[test]
fn repeats_of_a_message_count_once_with_the_largest_of_each_count() {
    let early = reply("a", 2, "m", "").replace("\"input_tokens\":1", "\"input_tokens\":9");
    let late = reply("b", 3, "m", "").replace("\"output_tokens\":2", "\"output_tokens\":40");
    let other = reply("c", 4, "m", "").replace("\"requestId\":\"r\"", "\"requestId\":\"q\"");
    let session = main_thread(&[prompt("p", 0), early, late, other]);
    let task = &tasks(&session)[0];
    assert_eq!((task.tokens.input, task.tokens.output), (Some(10), Some(42)));
    assert_eq!(session.requests.len(), 2, "another request with the same message id is another message");
}

#[test]
fn a_turn_that_stops_at_a_tool_is_cancelled_by_the_next_prompt_and_open_without_one() {
    let half = |p: &str, start: u32, answered: bool| {
        let mut lines = vec![prompt(p, start), reply(&format!("{p}r"), start + 1, p, &call(&format!("t{p}"), "Bash"))];
        if answered {
            lines.push(answer(&format!("{p}a"), start + 2, &format!("t{p}"), true, "\"rejected\""));
        }
        lines
    };
    for answered in [false, true] {
        let mut lines = half("one", 0, answered);
        lines.extend(half("two", 10, answered));
        let session = main_thread(&lines);
        assert_eq!(of_turn(&session, 0), Some(Outcome::Cancelled));
        assert_eq!(of_turn(&session, 1), None);
        // A prompt that nothing answered is no task, but it shows that the turn before is over.
        lines.push(prompt("three", 20));
        let session = main_thread(&lines);
        assert_eq!((of_turn(&session, 1), session.threads[0].turns.len()), (Some(Outcome::Cancelled), 2));
        assert_eq!(session.unanswered_prompts, 1);
    }
}

#[test]
fn a_prompt_while_a_tool_runs_does_not_cancel_the_turn() {
    let lines = [
        prompt("p", 0),
        reply("r", 1, "m1", &call("t", "Bash")),
        answer("a", 2, "t", false, "{}"),
        prompt("q", 3),
        with(&reply("s", 4, "m2", ""), r#""parentUuid":"a""#),
    ];
    let session = main_thread(&lines);
    assert_eq!((of_turn(&session, 0), of_turn(&session, 1)), (Some(Outcome::Success), Some(Outcome::Success)));
}

#[test]
fn an_interrupted_tool_cancels_the_turn_unless_the_model_goes_on() {
    let mut lines = vec![
        prompt("p", 0),
        reply("r", 1, "m1", &call("t", "Bash")),
        answer("a", 2, "t", false, r#"{"stdout":"","interrupted":true}"#),
    ];
    assert_eq!(of_turn(&main_thread(&lines), 0), Some(Outcome::Cancelled));
    lines.push(reply("s", 3, "m2", ""));
    assert_eq!(of_turn(&main_thread(&lines), 0), Some(Outcome::Success));
}

#[test]
fn a_prompt_interrupted_before_any_answer_is_a_cancelled_task_without_tokens() {
    let session = main_thread(&[prompt("p", 0), marker(4, "[Request interrupted by user]"), prompt("q", 9)]);
    let tasks = tasks(&session);
    assert_eq!(tasks.len(), 1);
    assert_eq!((&tasks[0].result, tasks[0].duration_ms), (&Some(Outcome::Cancelled), Some(4000.0)));
    assert_eq!((tasks[0].tokens_used, tasks[0].tokens.input), (None, None));
}

#[test]
fn work_before_any_prompt_gets_a_turn_made_up_for_it() {
    let session = main_thread(&[reply("r", 1, "m1", "")]);
    assert_eq!(session.threads[0].turns[0].start, Start::Missing);
    let task = &tasks(&session)[0];
    assert_eq!((task.task_id.as_str(), task.tokens_used), ("r", Some(3)));
}

#[test]
fn lines_are_taken_by_position_when_their_times_go_back() {
    let session = main_thread(&[prompt("p", 10), reply("r", 20, "m1", ""), reply("s", 15, "m2", "")]);
    assert_eq!(tasks(&session)[0].duration_ms, Some(10_000.0), "to the latest line of the answer");
    let backwards = main_thread(&[prompt("p", 10), reply("r", 5, "m1", "")]);
    assert_eq!(tasks(&backwards)[0].duration_ms, None, "a clock that went back measures nothing");
}

#[test]
fn a_sub_agent_known_only_by_its_result_is_a_run_without_tokens() {
    let launched = |status: &str, more: &str| format!(r#"{{"agentId":"x","status":"{status}"{more}}}"#);
    let lines = |note: &str| {
        vec![
            prompt("p", 0),
            reply("r", 1, "m1", r#"{"type":"tool_use","id":"t","name":"Task","input":{"subagent_type":"Plan"}}"#),
            answer("a", 31, "t", false, note),
            reply("s", 32, "m2", ""),
        ]
    };
    let done = launched("completed", r#","totalDurationMs":29000,"totalTokens":999,"totalToolUseCount":3"#);
    let session = main_thread(&lines(&done));
    let run = tasks(&session).into_iter().find(|task| task.agent_id.as_str() == "x@s").expect("the run");
    assert_eq!((run.duration_ms, run.tokens_used, run.files_changed), (Some(29_000.0), None, None));
    assert_eq!((&run.result, run.task_id.as_str()), (&Some(Outcome::Success), "t"));
    assert!(events(&session).iter().any(|e| e.event_type == "spawn" && e.agent_type.as_deref() == Some("Plan")));

    let background = main_thread(&lines(&launched("async_launched", "")));
    let run = tasks(&background).into_iter().find(|task| task.agent_id.as_str() == "x@s").expect("the run");
    assert_eq!((run.result, run.duration_ms), (None, None), "its end is not in the transcript");
    let mut fetched = lines(&launched("async_launched", ""));
    fetched.push(answer(
        "b",
        50,
        "u",
        false,
        r#"{"retrieval_status":"success","task":{"task_id":"x","task_type":"local_agent","status":"completed"}}"#,
    ));
    let run = tasks(&main_thread(&fetched)).into_iter().find(|task| task.agent_id.as_str() == "x@s").expect("the run");
    assert_eq!((run.result, run.duration_ms), (Some(Outcome::Success), None), "it ended some time before 10:00:50");
}

#[test]
fn a_run_ends_as_its_parent_or_its_own_last_line_says() {
    let launch = reply("r", 1, "m1", &call("t", "Task"));
    let relay = |uuid: &str, inner: &str| {
        format!(
            r#"{{"type":"progress","uuid":"{uuid}","timestamp":"{}","parentToolUseID":"t","data":{{"type":"agent_progress","agentId":"x","message":{inner}}}}}"#,
            at(5)
        )
    };
    let working =
        [prompt("p", 0), launch, relay("a", &prompt("xp", 2)), relay("b", &reply("xr", 3, "x1", &call("xt", "Bash")))];
    let ended = |more: &[String]| {
        let mut lines = working.to_vec();
        lines.extend_from_slice(more);
        let session = main_thread(&lines);
        let thread = session.threads.iter().find(|thread| thread.agent.is_some()).expect("the sub-agent");
        verdict::of_run(&session, thread, 0).result
    };
    assert_eq!(ended(&[]), None);
    assert_eq!(ended(&[answer("c", 9, "t", true, "\"rejected\"")]), Some(Outcome::Cancelled));
    assert_eq!(
        ended(&[relay("c", &answer("xa", 4, "xt", false, "{}")), relay("d", &reply("xs", 5, "x2", ""))]),
        Some(Outcome::Success)
    );
    let failed = with(&reply("xe", 5, "x3", ""), r#""isApiErrorMessage":true"#);
    assert_eq!(ended(&[relay("c", &failed)]), Some(Outcome::Failure));
}

#[test]
fn a_sub_agent_that_is_resumed_runs_twice() {
    let file = [
        prompt("p1", 0),
        reply("r1", 5, "m1", &call("t", "Bash")),
        answer("a1", 6, "t", false, "{}"),
        reply("r2", 7, "m2", ""),
        prompt("p2", 100),
        reply("r3", 130, "m3", ""),
    ];
    let session = session("s", &[(Some("x"), &file)]);
    let tasks = tasks(&session);
    let seen: Vec<_> = tasks.iter().map(|task| (task.task_id.as_str(), task.duration_ms, task.tokens_used)).collect();
    assert_eq!(seen, [("p1", Some(7000.0), Some(6)), ("p2", Some(30_000.0), Some(3))]);
}

#[test]
fn inline_lines_without_an_agent_id_are_told_apart_by_their_chain() {
    let side = |line: &str, parent: &str| with(line, &format!(r#""isSidechain":true,"parentUuid":{parent}"#));
    let lines = [
        prompt("p", 0),
        side(&prompt("11111111-x", 1), "null"),
        side(&reply("y", 2, "m1", ""), r#""11111111-x""#),
        side(&prompt("22222222-x", 3), "null"),
        side(&reply("z", 4, "m2", ""), r#""22222222-x""#),
        reply("r", 5, "m3", ""),
    ];
    let session = main_thread(&lines);
    let mut agents: Vec<_> = tasks(&session).iter().map(|task| task.agent_id.as_str().to_owned()).collect();
    agents.sort();
    assert_eq!(agents, ["inline-11111111@s", "inline-22222222@s", "s"]);
}

#[test]
fn a_session_asks_after_those_it_was_copied_from() {
    let ends = |id: &str, seconds: u32, from: Option<&str>| {
        let mut line = prompt("p", seconds);
        if let Some(from) = from {
            line = with(&line, &format!(r#""sessionId":"{from}""#));
        }
        session(id, &[(None, &[line])])
    };
    // By last time it would be c, b, a; but b names a, and a names itself.
    let sessions = [ends("a", 30, Some("a")), ends("b", 20, Some("a")), ends("c", 10, None)];
    assert_eq!(order(&sessions), [2, 0, 1]);
    let circle = [ends("a", 1, Some("b")), ends("b", 2, Some("a"))];
    assert_eq!(order(&circle).len(), 2);
}

#[test]
fn an_error_that_only_a_copy_saw_counts_for_the_original() {
    let start = [prompt("p", 0), reply("r", 1, "m1", &call("t", "Bash"))];
    let mut longer = start.to_vec();
    longer.push(answer("a", 3, "t", true, "\"no\""));
    let mut sessions = [session("original", &[(None, &start)]), session("fork", &[(None, &longer)])];
    share_answers(&mut sessions);
    let mut claims = Claims::default();
    let figures: Vec<_> =
        order(&sessions).into_iter().map(|i| Figures::of(&sessions[i], &claims.divide(&sessions[i]))).collect();
    assert_eq!(figures.iter().map(|figures| figures.tool_errors).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(of_turn(&sessions[0], 0), None, "in the original it never came");
}

#[test]
fn a_copy_that_went_on_in_the_middle_of_a_turn_gets_only_what_is_new() {
    let start = [prompt("p", 0), reply("r", 1, "m1", "")];
    let mut longer = start.to_vec();
    longer.push(reply("s", 9, "m2", ""));
    let sessions = [session("original", &[(None, &start)]), session("fork", &[(None, &longer)])];
    let mut claims = Claims::default();
    let ids: Vec<_> = sessions
        .iter()
        .flat_map(|session| records(session, &claims.divide(session)).0)
        .flat_map(|group| group.records)
        .filter_map(
            |record| if let Record::Task(task) = record { Some((task.task_id, task.tokens_used)) } else { None },
        )
        .map(|(id, tokens)| (id.as_str().to_owned(), tokens))
        .collect();
    assert_eq!(ids, [("p".to_owned(), Some(3)), ("p@fork".to_owned(), Some(3))]);
}

#[test]
fn a_session_without_any_time_is_refused_and_not_guessed() {
    let line = r#"{"type":"assistant","uuid":"u","message":{"id":"m","usage":{"output_tokens":1}}}"#.to_owned();
    let session = main_thread(&[line]);
    let (groups, refused) = records(&session, &Claims::default().divide(&session));
    assert!(groups.iter().all(|group| group.records.is_empty()));
    assert!(refused.iter().any(|refused| refused.kind == "task" && refused.line == 1));
    assert_eq!(refused[0].error.to_string(), "no line of the session has a time");
}

#[test]
fn absurd_counts_are_added_up_without_running_over() {
    let mut lines = vec![prompt("p", 0)];
    for index in 0..2000 {
        let line = reply(&format!("r{index}"), 1, &format!("m{index}"), "");
        lines.push(line.replace("\"output_tokens\":2", "\"output_tokens\":9007199254740991"));
    }
    let session = main_thread(&lines);
    assert_eq!(tasks(&session)[0].tokens.output, Some(i64::MAX));
    assert_eq!(Figures::of(&session, &Claims::default().divide(&session)).tokens.output, i64::MAX);
}
