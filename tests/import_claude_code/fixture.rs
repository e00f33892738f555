//! Small transcripts that hold every trap real ones hold, with numbers small enough to add up by hand.
//!
//! Times are seconds after [`START`]. Every text that stands for a person's or a tool's words begins
//! with [`SECRET`], so that a test can look for it in the store's file.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// 2026-01-01T10:00:00Z in epoch milliseconds.
pub const START: i64 = 1_767_261_600_000;
/// Begins every text that must not be stored.
pub const SECRET: &str = "SECRET-WORDS";

pub const PROJECT: &str = "-home-dev-app";
pub const MAIN: &str = "aaaaaaaa-0000-4000-8000-00000000000a";
pub const RESUMED: &str = "bbbbbbbb-0000-4000-8000-00000000000b";
pub const FORKED: &str = "cccccccc-0000-4000-8000-00000000000c";
pub const ORPHANED: &str = "dddddddd-0000-4000-8000-00000000000d";

/// The instant `seconds` after [`START`], as transcripts write it.
pub fn time(seconds: f64) -> String {
    let millis = START + (seconds * 1000.0).round() as i64;
    chrono::DateTime::from_timestamp_millis(millis)
        .expect("a time of this century")
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

/// Tokens: input, output, cache creation, cache read.
pub type Tokens = [i64; 4];

fn base(session: &str, uuid: &str, at: f64, kind: &str) -> Value {
    json!({"type": kind, "uuid": uuid, "parentUuid": null, "sessionId": session, "isSidechain": false,
           "userType": "external", "cwd": "/home/dev/app", "version": "2.1.20", "gitBranch": "main",
           "timestamp": time(at)})
}

fn with(mut line: Value, more: Value) -> Value {
    let fields = more.as_object().expect("an object").clone();
    line.as_object_mut().expect("an object").extend(fields);
    line
}

pub fn prompt(session: &str, uuid: &str, at: f64) -> Value {
    let text = format!("{SECRET} please do {uuid}");
    with(base(session, uuid, at, "user"), json!({"message": {"role": "user", "content": text}}))
}

/// A part of a message: `content` blocks, tokens so far, and whether it is the last part.
pub fn reply(session: &str, uuid: &str, at: f64, message: &str, tokens: Tokens, last: bool, content: Value) -> Value {
    let [input, output, creation, read] = tokens;
    with(
        base(session, uuid, at, "assistant"),
        json!({"requestId": format!("req_{message}"), "message": {
            "id": format!("msg_{message}"), "type": "message", "role": "assistant", "model": "claude-opus-4-5-20251101",
            "content": content, "stop_reason": if last { json!("end_turn") } else { json!(null) },
            "usage": {"input_tokens": input, "output_tokens": output, "cache_creation_input_tokens": creation,
                      "cache_read_input_tokens": read,
                      "cache_creation": {"ephemeral_5m_input_tokens": creation, "ephemeral_1h_input_tokens": 0}}}}),
    )
}

pub fn text() -> Value {
    json!([{"type": "text", "text": format!("{SECRET} an answer")}])
}

pub fn thinking() -> Value {
    json!([{"type": "thinking", "thinking": format!("{SECRET} a thought"), "signature": "x"}])
}

pub fn call(id: &str, name: &str, input: Value) -> Value {
    json!([{"type": "tool_use", "id": id, "name": name, "input": input}])
}

pub fn bash() -> Value {
    json!({"command": format!("{SECRET} rm -rf"), "description": SECRET})
}

pub fn result(session: &str, uuid: &str, at: f64, call: &str, error: bool, note: Value) -> Value {
    let block = json!({"type": "tool_result", "tool_use_id": call, "is_error": error,
                       "content": format!("{SECRET} output of {call}")});
    with(
        base(session, uuid, at, "user"),
        json!({"message": {"role": "user", "content": [block]}, "toolUseResult": note}),
    )
}

pub fn of_agent(line: Value, agent: &str) -> Value {
    with(line, json!({"isSidechain": true, "agentId": agent}))
}

/// A message of a running sub-agent as its parent relays it.
pub fn relayed(session: &str, uuid: &str, agent: &str, launch: &str, line: &Value) -> Value {
    let keep = ["type", "message", "uuid", "timestamp", "requestId", "toolUseResult"];
    let inner: serde_json::Map<String, Value> =
        keep.iter().filter_map(|key| Some(((*key).to_owned(), line.get(*key)?.clone()))).collect();
    with(
        with(base(session, uuid, 0.0, "progress"), json!({"timestamp": line["timestamp"]})),
        json!({"parentToolUseID": launch, "toolUseID": "agent_msg",
               "data": {"type": "agent_progress", "agentId": agent, "prompt": SECRET, "message": inner}}),
    )
}

fn system(session: &str, uuid: &str, at: f64, subtype: &str, more: Value) -> Value {
    with(with(base(session, uuid, at, "system"), json!({"subtype": subtype})), more)
}

/// A local message: `failure` when it says that the API failed for good.
fn local(session: &str, uuid: &str, at: f64, failure: bool) -> Value {
    let mut line = reply(session, uuid, at, uuid, [0, 0, 0, 0], true, text());
    line["message"]["model"] = json!("<synthetic>");
    line.as_object_mut().expect("an object").remove("requestId");
    with(line, json!({"isApiErrorMessage": failure, "error": if failure { json!("rate_limit") } else { json!(null) }}))
}

pub fn write(path: &Path, lines: &[Value]) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("make the folder");
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    fs::write(path, text).expect("write the transcript");
}

/// The sub-agent `a1`, from its own file: two requests, one tool call.
fn explorer() -> Vec<Value> {
    let of = |line| of_agent(line, "a1");
    vec![
        of(prompt(MAIN, "00000000-0000-4000-8000-0000000000e1", 9.1)),
        of(reply(
            MAIN,
            "e2",
            10.0,
            "s1",
            [7, 30, 200, 0],
            true,
            call("toolu_read", "Read", json!({"file_path": SECRET})),
        )),
        of(result(MAIN, "e3", 11.0, "toolu_read", false, json!({"type": "text", "file": {}}))),
        of(reply(MAIN, "e4", 12.9, "s2", [1, 20, 0, 200], true, text())),
    ]
}

/// The first turn of the main session: four requests, three tool calls, one of them failed, and a
/// sub-agent that shows up in four places.
pub fn first_turn(session: &str) -> Vec<Value> {
    let inline = with(explorer()[1].clone(), json!({"uuid": "inline", "sessionId": session}));
    let edit = json!({"file_path": "/home/dev/app/a.rs", "old_string": SECRET, "new_string": SECRET});
    let task = json!({"subagent_type": "Explore", "prompt": SECRET, "description": SECRET});
    let early = {
        // What the parent saw while the message was still streaming.
        let mut line = explorer()[1].clone();
        line["message"]["usage"]["output_tokens"] = json!(2);
        line
    };
    vec![
        prompt(session, "00000000-0000-4000-8000-0000000000a1", 0.0),
        reply(session, "a2", 2.0, "m1", [10, 1, 100, 0], false, thinking()),
        reply(session, "a3", 3.0, "m1", [10, 1, 100, 0], false, call("toolu_bash", "Bash", bash())),
        with(base(session, "a4", 4.0, "progress"), json!({"data": {"type": "bash_progress", "output": SECRET}})),
        result(session, "a5", 5.0, "toolu_bash", false, json!({"stdout": SECRET, "stderr": "", "interrupted": false})),
        reply(session, "a6", 6.0, "m2", [5, 3, 0, 110], false, text()),
        reply(session, "a7", 7.0, "m2", [5, 40, 0, 110], true, call("toolu_edit", "Edit", edit)),
        result(session, "a8", 8.0, "toolu_edit", true, json!(format!("Error: {SECRET}"))),
        reply(session, "a9", 9.0, "m3", [2, 4, 0, 120], true, call("toolu_task", "Task", task)),
        relayed(session, "a10", "a1", "toolu_task", &explorer()[0]),
        relayed(session, "a11", "a1", "toolu_task", &early),
        inline,
        relayed(session, "a12", "a1", "toolu_task", &explorer()[2]),
        result(
            session,
            "a13",
            13.1,
            "toolu_task",
            false,
            json!({"status": "completed", "agentId": "a1", "totalDurationMs": 4000, "totalTokens": 221,
                   "totalToolUseCount": 1, "prompt": SECRET, "content": [{"type": "text", "text": SECRET}]}),
        ),
        reply(session, "a14", 15.0, "m4", [1, 50, 30, 130], true, text()),
        system(session, "a15", 15.1, "turn_duration", json!({"durationMs": 12000})),
    ]
}

/// A turn that fails for good after two retries, and one that is interrupted.
fn bad_turns() -> Vec<Value> {
    let retry = |uuid: &str, at: f64, attempt: i64| {
        let wait = json!({"retryAttempt": attempt, "maxRetries": 10, "retryInMs": 500.5, "error": {"status": 529, "message": SECRET}});
        system(MAIN, uuid, at, "api_error", wait)
    };
    vec![
        prompt(MAIN, "00000000-0000-4000-8000-0000000000b1", 60.0),
        retry("b2", 61.0, 1),
        retry("b3", 62.0, 2),
        local(MAIN, "b4", 63.0, true),
        prompt(MAIN, "00000000-0000-4000-8000-0000000000b5", 120.0),
        reply(MAIN, "b6", 122.0, "m5", [3, 9, 0, 140], true, call("toolu_slow", "Bash", bash())),
        with(
            base(MAIN, "b7", 125.0, "user"),
            json!({"message": {"role": "user", "content": [{"type": "text", "text": "[Request interrupted by user]"}]}}),
        ),
        // A command the program runs itself: two prompts and a local answer, no work.
        prompt(MAIN, "b8", 130.0),
        prompt(MAIN, "b9", 130.0),
        local(MAIN, "b10", 190.0, false),
    ]
}

/// A background sub-agent, the note of its end, and a compaction with an older line after it.
fn background() -> Vec<Value> {
    let task = json!({"subagent_type": "reviewer", "prompt": SECRET, "run_in_background": true});
    let note = format!(
        "<task-notification><tool-use-id>toolu_bg</tool-use-id><status>completed</status><summary>{SECRET}</summary></task-notification>"
    );
    vec![
        prompt(MAIN, "00000000-0000-4000-8000-0000000000c1", 300.0),
        reply(MAIN, "c2", 301.0, "m6", [1, 5, 0, 150], true, call("toolu_bg", "Agent", task)),
        result(
            MAIN,
            "c3",
            301.025,
            "toolu_bg",
            false,
            json!({"status": "async_launched", "agentId": "a2", "isAsync": true}),
        ),
        reply(MAIN, "c4", 303.0, "m7", [1, 6, 0, 160], true, text()),
        with(
            base(MAIN, "00000000-0000-4000-8000-0000000000c5", 400.0, "user"),
            json!({"message": {"role": "user", "content": note}, "origin": {"kind": "task-notification"}}),
        ),
        reply(MAIN, "c6", 402.0, "m8", [1, 7, 0, 170], true, text()),
        system(
            MAIN,
            "c7",
            500.0,
            "compact_boundary",
            json!({"compactMetadata": {"trigger": "auto", "preTokens": 150_000}}),
        ),
        with(
            base(MAIN, "c8", 499.0, "user"),
            json!({"isCompactSummary": true, "message": {"role": "user", "content": format!("{SECRET} summary")}}),
        ),
        // A result without its call: the call was made before the session was cleared.
        result(MAIN, "c9", 501.0, "toolu_gone", true, json!("Error")),
    ]
}

/// Writes the projects folder below `root` and returns its path.
pub fn projects(root: &Path) -> PathBuf {
    let projects = root.join("projects");
    let project = projects.join(PROJECT);
    let mut main = vec![json!({"type": "summary", "summary": SECRET, "leafUuid": "elsewhere"})];
    main.extend(first_turn(MAIN));
    main.extend(bad_turns());
    main.extend(background());
    write(&project.join(format!("{MAIN}.jsonl")), &main);
    // Two lines that are no JSON object: cut short, and a comment.
    let path = project.join(format!("{MAIN}.jsonl"));
    let mut whole = fs::read_to_string(&path).expect("read it back");
    whole.insert_str(0, "# a comment\n");
    whole.push_str("{\"type\":\"user\",\"mess");
    fs::write(&path, whole).expect("write it again");

    let agents = project.join(MAIN).join("subagents");
    write(&agents.join("agent-a1.jsonl"), &explorer());
    let of = |line| of_agent(line, "a2");
    write(
        &agents.join("agent-a2.jsonl"),
        &[
            of(prompt(MAIN, "00000000-0000-4000-8000-0000000000f1", 301.0)),
            of(reply(MAIN, "f2", 351.0, "s3", [4, 60, 40, 0], true, text())),
        ],
    );

    // Resumed: the first turn again under another session's name, then a prompt of its own.
    let mut resumed = first_turn(RESUMED);
    resumed.insert(1, with(base(MAIN, "old", 0.5, "progress"), json!({"data": {"type": "hook_progress"}})));
    resumed.push(prompt(RESUMED, "00000000-0000-4000-8000-0000000000d1", 900.0));
    resumed.push(reply(RESUMED, "d2", 910.0, "m9", [8, 80, 0, 300], true, text()));
    write(&project.join(format!("{RESUMED}.jsonl")), &resumed);

    // Forked into itself: the same turn twice, with new line ids and the same messages.
    let turn = |a: &str, b: &str| {
        vec![prompt(FORKED, a, 1000.0), reply(FORKED, b, 1004.0, "m10", [2, 10, 0, 0], true, text())]
    };
    let mut forked = turn("00000000-0000-4000-8000-000000000011", "g2");
    forked.extend(turn("00000000-0000-4000-8000-000000000012", "g4"));
    write(&project.join(format!("{FORKED}.jsonl")), &forked);

    // Older sub-agents without a main file: one warm-up, one that worked, on two models.
    let warm = with(
        base(ORPHANED, "w1", 2000.0, "user"),
        json!({"message": {"role": "user", "content": "Warmup"}, "isSidechain": true, "agentId": "0ld1"}),
    );
    let of = |line| of_agent(line, "0ld1");
    write(
        &project.join("agent-0ld1.jsonl"),
        &[warm, of(reply(ORPHANED, "w2", 2001.0, "w", [100, 2, 0, 0], true, text()))],
    );
    let of = |line| of_agent(line, "0ld2");
    let mut other = of(reply(ORPHANED, "o3", 2020.0, "o2", [20, 30, 0, 0], true, text()));
    other["message"]["model"] = json!("claude-haiku-4-5-20251001");
    let write_file = json!({"file_path": "/home/dev/app/b.rs", "content": SECRET});
    write(
        &project.join("agent-0ld2.jsonl"),
        &[
            of(reply(
                ORPHANED,
                "o1",
                2010.0,
                "o1",
                [30, 40, 0, 0],
                true,
                call("toolu_write", "Write", write_file.clone()),
            )),
            of(result(ORPHANED, "o2", 2011.0, "toolu_write", false, json!({"type": "create"}))),
            of(reply(ORPHANED, "o2b", 2012.0, "o1b", [1, 1, 0, 0], true, call("toolu_again", "Write", write_file))),
            of(result(ORPHANED, "o2c", 2013.0, "toolu_again", false, json!({"type": "update"}))),
            other,
        ],
    );
    projects
}
