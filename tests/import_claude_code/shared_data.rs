//! The run over real transcripts, where they are: every figure against counts made by another program.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Scene, data, landed, tokens};

#[tokio::test]
async fn real_transcripts_are_counted_exactly() {
    let Some(folder) = data() else {
        println!("SKIPPED: no claude-code/expected.json in SWARMSCOPE_DATA or ../shared/data");
        return;
    };
    let expected = std::fs::read_to_string(folder.join("expected.json")).expect("readable");
    let expected: Value = serde_json::from_str(&expected).expect("JSON");
    let scene = Scene::new().await;
    let begun = std::time::Instant::now();
    let report = scene.import(&folder.join("projects")).await;
    println!("imported in {:?}", begun.elapsed());
    let said = serde_json::to_value(&report).expect("JSON");

    let totals = &expected["totals"];
    let same = [
        "sessions",
        "files",
        "sub_agents",
        "lines",
        "first_timestamp",
        "last_timestamp",
        "synthetic_messages",
        "tokens",
        "tool_calls",
        "tool_calls_by_name",
        "tool_errors",
        "tool_errors_by_name",
    ];
    for field in same {
        assert_eq!(said[field], totals[field], "{field}");
    }
    assert_eq!(said["messages"], totals["unique_assistant_messages"]);
    assert_eq!(said["malformed"], totals["malformed_lines"]);

    let sessions = expected["sessions"].as_object().expect("sessions");
    assert_eq!(report.by_session.len(), sessions.len());
    for (name, session) in sessions {
        let (said, total) = (&said["by_session"][name], &session["session_total"]);
        assert_eq!(said["files"], session["files"], "{name}");
        assert_eq!(said["sub_agents"], session["sub_agent_count"], "{name}");
        assert_eq!(said["messages"], total["unique_assistant_messages"], "{name}");
        for field in ["first_timestamp", "last_timestamp", "tokens", "tool_calls", "tool_calls_by_name", "tool_errors"]
        {
            assert_eq!(said[field], total[field], "{field} of {name}");
        }
    }

    // The same from the rows: what was reported is what is stored.
    let tasks = scene.tasks().await;
    assert_eq!(tasks.len() as u64, landed(&report, "task").stored);
    let mut by_session: BTreeMap<String, [i64; 4]> = BTreeMap::new();
    for task in &tasks {
        let project = task.project.clone().expect("a project");
        let swarm = task.swarm_id.as_ref().expect("a swarm");
        let sums = by_session.entry(format!("{project}/{swarm}")).or_default();
        for (sum, count) in sums.iter_mut().zip(tokens(task)) {
            *sum += count.unwrap_or(0);
        }
    }
    for (name, figures) in &report.by_session {
        let said = figures.tokens;
        let stored = by_session.get(name).copied().unwrap_or_default();
        assert_eq!(stored, [said.input, said.output, said.cache_creation, said.cache_read], "{name}");
    }
    let mut events: BTreeMap<String, u64> = BTreeMap::new();
    for event in scene.events().await {
        *events.entry(event.event_type).or_default() += 1;
    }
    for (name, calls) in &report.figures.tool_calls_by_name {
        let count = |word: &str| events.get(&format!("{word}:{name}")).copied().unwrap_or(0);
        assert_eq!(count("tool") + count("tool_error"), *calls, "{name}");
        assert_eq!(count("tool_error"), report.figures.tool_errors_by_name.get(name).copied().unwrap_or(0), "{name}");
    }
    assert_eq!(events.get("tool_error:?unmatched"), report.figures.tool_errors_by_name.get("?unmatched"));

    let before = scene.everything().await;
    let again = scene.import(&folder.join("projects")).await;
    assert_eq!(again.figures, report.figures);
    assert_eq!(scene.everything().await, before, "the second import changed something");
}
