//! Importing Claude Code transcripts: what is read, what is stored, and that nothing is counted twice.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

mod fixture;
mod shared_data;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fixture::{FORKED, MAIN, ORPHANED, PROJECT, RESUMED, SECRET, START, projects};
use swarmscope::model::filter::PageRequest;
use swarmscope::model::{
    AgentRecord, AgentStatus, Dataset, EventRecord, Micros, Order, Outcome, Record, RecordFilter, TaskRecord, TimeRange,
};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use swarmscope::wire::claude_code::report::{Landed, Report};

struct Scene {
    folder: tempfile::TempDir,
    service: Service,
}

impl Scene {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("store.db"), &StoreOptions::default()).await.expect("a store");
        Self { service: Service::new(store, Settings::default()), folder }
    }

    async fn import(&self, path: &Path) -> Report {
        self.service.import_claude_code(vec![path.to_owned()], Arc::new(|_| {})).await.expect("imports")
    }

    async fn rows(&self, dataset: Dataset) -> Vec<Record> {
        let request = PageRequest {
            range: TimeRange::ALL,
            filter: RecordFilter::default(),
            order: Order::Asc,
            after: None,
            limit: 10_000,
        };
        let rows = self.service.store().page(dataset, &request).await.expect("reads");
        rows.into_iter().map(|row| row.record).collect()
    }

    async fn tasks(&self) -> Vec<TaskRecord> {
        let task = |record| if let Record::Task(task) = record { Some(task) } else { None };
        self.rows(Dataset::Tasks).await.into_iter().filter_map(task).collect()
    }

    async fn events(&self) -> Vec<EventRecord> {
        let event = |record| if let Record::Event(event) = record { Some(event) } else { None };
        self.rows(Dataset::Events).await.into_iter().filter_map(event).collect()
    }

    async fn agents(&self) -> BTreeMap<String, AgentRecord> {
        let agent = |record| if let Record::Agent(agent) = record { Some(agent) } else { None };
        let agents = self.rows(Dataset::Agents).await.into_iter().filter_map(agent);
        agents.map(|agent| (agent.agent_id.as_str().to_owned(), agent)).collect()
    }

    /// Everything stored, as text: equal when nothing changed.
    async fn everything(&self) -> String {
        let mut text = String::new();
        for dataset in Dataset::ALL {
            for row in self.rows(dataset).await {
                text.push_str(&serde_json::to_string(&row).expect("records are JSON"));
                text.push('\n');
            }
        }
        text
    }
}

fn at(seconds: f64) -> Micros {
    Micros(START * 1000 + (seconds * 1e6) as i64)
}

fn find<'a>(tasks: &'a [TaskRecord], id: &str) -> &'a TaskRecord {
    tasks.iter().find(|task| task.task_id.as_str() == id).unwrap_or_else(|| panic!("no task {id}"))
}

fn note(metadata: &Option<swarmscope::model::Json>) -> serde_json::Value {
    serde_json::from_str(&metadata.as_ref().expect("metadata").0).expect("JSON")
}

fn landed(report: &Report, kind: &str) -> Landed {
    report.records.get(kind).copied().unwrap_or_default()
}

/// Input, output, cache writes, cache reads.
fn tokens(task: &TaskRecord) -> [Option<i64>; 4] {
    [task.tokens.input, task.tokens.output, task.tokens.cache_write, task.tokens.cache_read]
}

const FIRST_TURN: &str = "00000000-0000-4000-8000-0000000000a1";

#[tokio::test]
async fn the_report_counts_every_message_call_and_agent_once() {
    let scene = Scene::new().await;
    let report = scene.import(&projects(scene.folder.path())).await;
    let all = &report.figures;
    assert_eq!((all.files, report.sessions, all.sub_agents), (7, 4, 4));
    assert_eq!(all.malformed, 2);
    // m1–m8, two local ones, s1–s3 · m9 · m10 · w, o1, o1b, o2
    assert_eq!((all.messages, all.synthetic_messages), (19, 2));
    // 10+5+2+1 +3 +1+1+1 +7+1+4 | 8 | 2 | 100+30+1+20
    assert_eq!(all.tokens.input, 36 + 8 + 2 + 151);
    // 1+40+4+50 +9 +5+6+7 +30+20+60 | 80 | 10 | 2+40+1+30
    assert_eq!(all.tokens.output, 232 + 80 + 10 + 73);
    // 100+30 +200+40
    assert_eq!(all.tokens.cache_creation, 370);
    // 110+120+130 +140 +150+160+170 +200 | 300
    assert_eq!(all.tokens.cache_read, 1180 + 300);
    let calls = [("Agent", 1), ("Bash", 2), ("Edit", 1), ("Read", 1), ("Task", 1), ("Write", 2)];
    assert_eq!(all.tool_calls, 8);
    assert_eq!(all.tool_calls_by_name, calls.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!(all.tool_errors_by_name, [("?unmatched", 1), ("Edit", 1)].map(|(n, c)| (n.to_owned(), c)).into());
    assert_eq!(all.first_timestamp, Some(at(0.0)));
    assert_eq!(all.last_timestamp, Some(at(2020.0)));
}

#[tokio::test]
async fn what_a_resumed_session_copied_belongs_to_the_original() {
    let scene = Scene::new().await;
    let report = scene.import(&projects(scene.folder.path())).await;
    let resumed = &report.by_session[&format!("{PROJECT}/{RESUMED}")];
    // m1–m4 and s1 are copies; m9 is its own. The sub-agent it copied is not its own either.
    assert_eq!((resumed.messages, resumed.copied_messages, resumed.sub_agents, resumed.tool_calls), (1, 5, 0, 0));
    let forked = &report.by_session[&format!("{PROJECT}/{FORKED}")];
    assert_eq!((forked.messages, forked.tokens.output), (1, 10));
    let tasks = scene.tasks().await;
    let of =
        |session: &str| tasks.iter().filter(|t| t.swarm_id.as_ref().is_some_and(|s| s.as_str() == session)).count();
    assert_eq!([MAIN, RESUMED, FORKED, ORPHANED].map(of), [7, 1, 1, 2]);
}

#[tokio::test]
async fn a_turn_is_a_task_with_its_time_its_tokens_and_its_end() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    let tasks = scene.tasks().await;
    let turn = find(&tasks, FIRST_TURN);
    assert_eq!((turn.timestamp, turn.duration_ms), (at(15.0), Some(15_000.0)));
    assert_eq!(turn.result, Some(Outcome::Success));
    // m1 [10,1,100,0] + m2 [5,40,0,110] + m3 [2,4,0,120] + m4 [1,50,30,130]
    assert_eq!(tokens(turn), [Some(18), Some(95), Some(130), Some(360)]);
    assert_eq!(turn.tokens_used, Some(603));
    assert_eq!(turn.files_changed, Some(0), "the only edit failed");
    assert_eq!(turn.model.as_deref(), Some("claude-opus-4-5-20251101"));
    assert_eq!(turn.agent_id.as_str(), MAIN);
    assert_eq!(turn.project.as_deref(), Some(PROJECT));
    let source = turn.source.as_ref().expect("a source");
    assert_eq!(source.file, format!("{PROJECT}/{MAIN}.jsonl"));
    let metadata = note(&turn.metadata);
    assert_eq!(metadata["line"], 3, "after a comment and a summary");
    assert_eq!(metadata["requests"], 4);
    assert_eq!((&metadata["tool_calls"], &metadata["tool_errors"]), (&3.into(), &1.into()));
    assert_eq!(metadata["reported_duration_ms"], 12000.0);
    assert_eq!(metadata["output_is_lower_bound"], true, "m1 never carried its final count");
}

#[tokio::test]
async fn a_turn_fails_when_the_api_does_and_is_cancelled_when_a_person_interrupts() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    let tasks = scene.tasks().await;
    let failed = find(&tasks, "00000000-0000-4000-8000-0000000000b1");
    assert_eq!((&failed.result, failed.duration_ms), (&Some(Outcome::Failure), Some(3000.0)));
    assert_eq!((failed.model.as_deref(), failed.tokens_used), (None, Some(0)), "<synthetic> is no model");
    let interrupted = find(&tasks, "00000000-0000-4000-8000-0000000000b5");
    assert_eq!((&interrupted.result, interrupted.duration_ms), (&Some(Outcome::Cancelled), Some(5000.0)));
    assert!(!tasks.iter().any(|task| task.task_id.as_str().starts_with('b')), "a command is no task");

    let events = scene.events().await;
    let retries: Vec<_> = events.iter().filter(|event| event.event_type == "api_retry").collect();
    assert_eq!(retries.len(), 2);
    assert_eq!(note(&retries[1].metadata)["attempt"], 2);
    assert_eq!(note(&retries[1].metadata)["status"], 529);
    assert!(retries.iter().all(|retry| retry.task_id.as_ref() == Some(&failed.task_id)));
    let errors: Vec<_> = events.iter().filter(|event| event.event_type == "api_error").collect();
    assert_eq!(errors.len(), 1);
    assert_eq!(note(&errors[0].metadata)["error"], "rate_limit");
}

#[tokio::test]
async fn a_sub_agent_seen_in_four_places_is_one_run() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    let tasks = scene.tasks().await;
    let run = find(&tasks, "00000000-0000-4000-8000-0000000000e1");
    // The parent waited: its result says 4000 ms, and came at 13.1 s.
    assert_eq!((run.timestamp, run.duration_ms), (at(13.1), Some(4000.0)));
    // s1 [7,30,200,0] + s2 [1,20,0,200]; 221 is the size of the last request, not a sum.
    assert_eq!(tokens(run), [Some(8), Some(50), Some(200), Some(200)]);
    assert_eq!(note(&run.metadata)["last_request_tokens"], 221);
    assert_eq!(run.agent_id.as_str(), format!("a1@{MAIN}"));
    let agents = scene.agents().await;
    let agent = &agents[&format!("a1@{MAIN}")];
    assert_eq!((agent.agent_type.as_str(), &agent.status), ("Explore", &AgentStatus::Complete));
    assert_eq!((agent.spawn_time, agent.complete_time), (at(9.1), Some(at(13.1))));
}

#[tokio::test]
async fn a_background_run_ends_with_its_own_last_line() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    let tasks = scene.tasks().await;
    let run = find(&tasks, "00000000-0000-4000-8000-0000000000f1");
    assert_eq!((run.timestamp, run.duration_ms), (at(351.0), Some(50_000.0)), "not the 25 ms of its launch");
    assert_eq!(run.result, Some(Outcome::Success));
    let metadata = note(&run.metadata);
    assert_eq!((&metadata["agent_type"], &metadata["mode"]), (&"reviewer".into(), &"background".into()));
    let told = find(&tasks, "00000000-0000-4000-8000-0000000000c5");
    assert_eq!(note(&told.metadata)["prompt"], "task-notification");
    assert_eq!(told.duration_ms, Some(2000.0));
}

#[tokio::test]
async fn sub_agents_without_a_parent_are_kept_and_a_warm_up_says_so() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    let tasks = scene.tasks().await;
    let warm = find(&tasks, "w1");
    assert_eq!((note(&warm.metadata)["warm_up"].as_bool(), tokens(warm)[0]), (Some(true), Some(100)));
    let run = find(&tasks, "o1");
    assert_eq!(note(&run.metadata)["prompt"], "missing");
    assert_eq!(run.files_changed, Some(1), "one file written twice");
    // Two requests of opus, one of haiku.
    assert_eq!(run.model.as_deref(), Some("claude-opus-4-5-20251101"));
    let models = &note(&run.metadata)["models"];
    assert_eq!(models["claude-opus-4-5-20251101"]["input"], 31);
    assert_eq!(models["claude-haiku-4-5-20251001"]["output"], 30);
    let agents = scene.agents().await;
    assert!(!agents.contains_key(ORPHANED), "there is no main thread to speak of");
    assert_eq!(agents[&format!("0ld2@{ORPHANED}")].agent_type, "subagent");
}

#[tokio::test]
async fn a_tool_call_is_one_event_of_its_turn() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    let events = scene.events().await;
    let mut names: Vec<&str> = events.iter().map(|e| e.event_type.as_str()).filter(|n| n.starts_with("tool")).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "tool:Agent",
            "tool:Bash",
            "tool:Bash",
            "tool:Read",
            "tool:Task",
            "tool:Write",
            "tool:Write",
            "tool_error:?unmatched",
            "tool_error:Edit",
        ]
    );
    let edit = events.iter().find(|event| event.event_type == "tool_error:Edit").expect("the edit");
    assert_eq!((edit.timestamp, note(&edit.metadata)["duration_ms"].as_f64()), (at(7.0), Some(1000.0)));
    assert_eq!(edit.task_id.as_ref().map(|id| id.as_str()), Some(FIRST_TURN));
    let read = events.iter().find(|event| event.event_type == "tool:Read").expect("the read");
    assert_eq!(read.agent_id.as_str(), format!("a1@{MAIN}"));
    assert_eq!(read.agent_type.as_deref(), Some("Explore"));
    let slow = events.iter().find(|event| note(&event.metadata)["call"] == "toolu_slow").expect("the slow one");
    assert_eq!(note(&slow.metadata)["unanswered"], true);
    let compaction = events.iter().find(|event| event.event_type == "compaction").expect("the compaction");
    assert_eq!(note(&compaction.metadata)["tokens_before"], 150_000);
    for (word, count) in [("spawn", 7), ("complete", 7)] {
        assert_eq!(events.iter().filter(|event| event.event_type == word).count(), count, "{word}");
    }
}

#[tokio::test]
async fn the_tokens_of_the_tasks_add_up_to_the_report() {
    let scene = Scene::new().await;
    let report = scene.import(&projects(scene.folder.path())).await;
    let tasks = scene.tasks().await;
    let sum = |index: usize| tasks.iter().filter_map(|task| tokens(task)[index]).sum::<i64>();
    let said = report.figures.tokens;
    assert_eq!([sum(0), sum(1), sum(2), sum(3)], [said.input, said.output, said.cache_creation, said.cache_read]);
}

#[tokio::test]
async fn importing_twice_changes_nothing() {
    let scene = Scene::new().await;
    let path = projects(scene.folder.path());
    let first = scene.import(&path).await;
    let before = scene.everything().await;
    let second = scene.import(&path).await;
    assert_eq!(scene.everything().await, before);
    assert_eq!(first.figures, second.figures);
    for kind in ["task", "event", "agent"] {
        let Landed { stored, .. } = landed(&first, kind);
        assert!(stored > 0);
        assert_eq!(landed(&second, kind), Landed { duplicate: stored, ..Landed::default() }, "{kind}");
    }
}

#[tokio::test]
async fn the_way_a_path_is_given_does_not_matter() {
    let scene = Scene::new().await;
    let path = projects(scene.folder.path());
    scene.import(&path).await;
    let before = scene.everything().await;
    let project = path.join(PROJECT);
    // One by one, from other starting points, in another order: parts know less and change nothing.
    let parts = [
        project.join(format!("{RESUMED}.jsonl")),
        project.join(MAIN),
        project.join(format!("{MAIN}.jsonl")),
        project.join("..").join(PROJECT).join("agent-0ld2.jsonl"),
        project.clone(),
    ];
    for part in parts {
        let report = scene.import(&part).await;
        for kind in ["task", "event", "agent"] {
            let Landed { stored, updated, differing, .. } = landed(&report, kind);
            assert_eq!((stored, updated, differing), (0, 0, 0), "{kind} of {}", part.display());
        }
    }
    assert_eq!(scene.everything().await, before);
}

#[tokio::test]
async fn a_copy_imported_before_its_original_is_not_counted_again() {
    let scene = Scene::new().await;
    let project = projects(scene.folder.path()).join(PROJECT);
    // The copy alone: the first turn is its own now, as nobody else claims it.
    scene.import(&project.join(format!("{RESUMED}.jsonl"))).await;
    let turn = scene.tasks().await.into_iter().find(|task| task.task_id.as_str() == FIRST_TURN).expect("the turn");
    assert_eq!(turn.swarm_id.as_ref().map(|swarm| swarm.as_str()), Some(RESUMED));
    // The original later: only what is new.
    let report = scene.import(&project).await;
    let tasks = scene.tasks().await;
    let sum = |index: usize| tasks.iter().filter_map(|task| tokens(task)[index]).sum::<i64>();
    let said = report.figures.tokens;
    assert_eq!([sum(0), sum(1), sum(2), sum(3)], [said.input, said.output, said.cache_creation, said.cache_read]);
    assert_eq!(tasks.iter().filter(|task| task.task_id.as_str() == FIRST_TURN).count(), 1);
    let before = scene.everything().await;
    scene.import(&project).await;
    assert_eq!(scene.everything().await, before);
}

#[tokio::test]
async fn a_grown_transcript_moves_its_last_turn_on() {
    let scene = Scene::new().await;
    let folder = scene.folder.path().join("projects").join(PROJECT);
    let path = folder.join(format!("{MAIN}.jsonl"));
    let turn = fixture::first_turn(MAIN);
    fixture::write(&path, &turn[..3]);
    let report = scene.import(&path).await;
    let tasks = scene.tasks().await;
    let task = find(&tasks, FIRST_TURN);
    assert_eq!((&task.result, task.tokens_used), (&None, Some(111)), "a call is open: no end yet");
    assert_eq!(note(&task.metadata)["unfinished"], true);
    assert_eq!(scene.agents().await[MAIN].status, AgentStatus::Running);
    assert_eq!(landed(&report, "task").stored, 1);

    fixture::write(&path, &turn);
    let report = scene.import(&path).await;
    assert_eq!(
        (landed(&report, "task").updated, landed(&report, "task").stored),
        (1, 1),
        "the turn grew, a run is new"
    );
    let tasks = scene.tasks().await;
    let task = find(&tasks, FIRST_TURN);
    assert_eq!((&task.result, task.tokens_used, task.timestamp), (&Some(Outcome::Success), Some(603), at(15.0)));
    assert_eq!(tasks.len(), 2);
    assert_eq!(scene.agents().await[MAIN].status, AgentStatus::Complete);
    let bash: Vec<_> = scene.events().await.into_iter().filter(|event| event.event_type == "tool:Bash").collect();
    assert_eq!(bash.len(), 1);
    assert_eq!(note(&bash[0].metadata)["duration_ms"], 2000.0);
}

#[tokio::test]
async fn no_word_of_a_prompt_or_a_tool_reaches_the_store() {
    let scene = Scene::new().await;
    scene.import(&projects(scene.folder.path())).await;
    scene.service.store().close().await;
    let mut searched = 0;
    for entry in fs::read_dir(scene.folder.path()).expect("the folder").flatten() {
        if entry.path().is_file() {
            let bytes = fs::read(entry.path()).expect("a file");
            searched += bytes.len();
            let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
            assert!(!found, "{} holds text of the transcripts", entry.path().display());
            for path in ["/home/dev/app/a.rs", "/home/dev/app"] {
                assert!(!bytes.windows(path.len()).any(|window| window == path.as_bytes()), "{path} is stored");
            }
        }
    }
    assert!(searched > 10_000, "the store's file was searched");
}

#[tokio::test]
async fn files_that_are_no_transcripts_get_one_clear_word_each() {
    let scene = Scene::new().await;
    let path = projects(scene.folder.path());
    let project = path.join(PROJECT);
    fs::write(project.join("binary.jsonl"), b"\x7fELF\0\0\0").expect("write");
    fs::write(project.join("empty.jsonl"), b"").expect("write");
    fs::write(project.join("other.jsonl"), b"{\"a\":1}\n").expect("write");
    fs::write(project.join("notes.txt"), b"none of ours").expect("write");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, project.join("loop")).expect("a link");
    let report = scene
        .service
        .import_claude_code(vec![path.clone(), scene.folder.path().join("missing")], Arc::new(|_| {}))
        .await
        .expect("imports what it can");
    assert_eq!(report.sessions, 4, "the good ones");
    let said = |name: &str, what: &str| {
        let matching = |problem: &&swarmscope::wire::claude_code::report::Trouble| {
            problem.file.ends_with(name) && problem.reason.contains(what)
        };
        assert_eq!(report.problems.iter().filter(matching).count(), 1, "{name}: {:?}", report.problems);
    };
    said("binary.jsonl", "is binary");
    said("empty.jsonl", "is empty");
    said("other.jsonl", "holds no line of a session");
    said("missing", "cannot be opened");
    #[cfg(unix)]
    said("loop", "was not searched");
    let main = format!("{MAIN}.jsonl");
    said(&main, "is no JSON object");
    said(&main, "is cut off");
    let cut = report.problems.iter().find(|problem| problem.reason.contains("cut off")).expect("the cut line");
    assert_eq!(cut.line, Some(38));
}

#[tokio::test]
async fn a_session_without_times_is_reported_and_its_records_are_refused() {
    let scene = Scene::new().await;
    let path = scene.folder.path().join("projects").join(PROJECT).join("timeless.jsonl");
    let mut line = fixture::reply("timeless", "t1", 0.0, "t", [3, 4, 0, 0], true, fixture::text());
    line.as_object_mut().expect("an object").remove("timestamp");
    fixture::write(&path, &[line]);
    let report = scene.import(&path).await;
    assert_eq!((report.sessions, report.figures.messages, report.figures.tokens.output), (1, 1, 4));
    assert_eq!((landed(&report, "task").refused, landed(&report, "task").stored), (1, 0));
    let problem = report.problems.iter().find(|problem| problem.line == Some(1)).expect("a problem with its line");
    assert_eq!(problem.reason, "no line of the session has a time");
}

#[tokio::test]
async fn two_stores_on_one_file_import_and_write_at_the_same_time() {
    let scene = Scene::new().await;
    let path = projects(scene.folder.path());
    let file = scene.folder.path().join("store.db");
    let other = Store::open(&file, &StoreOptions::default()).await.expect("a second store on the file");
    let importer = Service::new(other, Settings::default());
    let importing = tokio::spawn(async move {
        let report = importer.import_claude_code(vec![path], Arc::new(|_| {})).await;
        importer.store().close().await;
        report
    });
    for index in 0..20 {
        let event = serde_json::json!({"kind": "event", "event_type": "heartbeat", "agent_id": "live", "agent_type": null,
            "event_id": format!("live-{index}"), "task_id": null, "swarm_id": null, "timestamp": START * 1000 + index,
            "metadata": null, "project": null, "source": null});
        let record: Record = serde_json::from_value(event).expect("a record");
        scene.service.store().write(vec![record]).await.expect("a live write beside the import");
    }
    let report = importing.await.expect("the import").expect("imports");
    assert_eq!(scene.tasks().await.len() as u64, landed(&report, "task").stored);
    let live = scene.events().await.iter().filter(|event| event.agent_id.as_str() == "live").count();
    assert_eq!(live, 20);
}

#[tokio::test]
async fn only_the_usual_places_are_offered_and_read() {
    let scene = Scene::new().await;
    let home = scene.folder.path().join("home");
    let here = scene.folder.path().join("here");
    let made = projects(scene.folder.path());
    fs::create_dir_all(home.join(".claude")).expect("a folder");
    fs::rename(made, home.join(".claude").join("projects")).expect("move");
    fs::create_dir_all(here.join(".claude-flow/metrics")).expect("a folder");
    fs::write(here.join(".claude-flow/metrics/task-metrics.json"), "[]").expect("write");
    fs::create_dir_all(here.join(".swarm")).expect("a folder");
    fs::write(here.join(".swarm/metrics.db"), "no database").expect("write");
    fs::write(here.join(".swarm/swarmscope.db"), "ours").expect("write");
    let settings = Settings { home: Some(home), folder: Some(here), ..Settings::default() };
    let service = Service::new(scene.service.store().clone(), settings);
    let found = service.discover_sources().await.expect("looks");
    let seen: Vec<_> = found.iter().map(|source| (source.kind.as_str(), source.files, source.importable)).collect();
    assert_eq!(seen, [("claude-code", 7, true), ("claude-flow", 1, true), ("moai", 1, true)]);
    assert!(found.iter().all(|source| source.newest.is_some()));
    let summary =
        service.import_found(swarmscope::model::SourceKind::ClaudeCode, Micros(START * 1000)).await.expect("imports");
    assert_eq!((summary.files, summary.sessions, summary.updated, summary.problems), (7, 4, 0, 2));
    assert_eq!(scene.tasks().await.len(), 11);
    let nowhere = Service::new(scene.service.store().clone(), Settings::default());
    assert!(nowhere.import_found(swarmscope::model::SourceKind::ClaudeCode, Micros(START * 1000)).await.is_err());
}

#[tokio::test]
async fn a_file_beside_a_sub_agent_names_its_type() {
    let scene = Scene::new().await;
    let project = projects(scene.folder.path()).join(PROJECT);
    fs::write(project.join("agent-0ld2.meta.json"), r#"{"agentType":"archivist","description":"SECRET-WORDS"}"#)
        .expect("write");
    scene.import(&project).await;
    assert_eq!(scene.agents().await[&format!("0ld2@{ORPHANED}")].agent_type, "archivist");
}

/// Runs the program; its exit code, standard output and standard error.
fn swarmscope(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .current_dir(folder)
        .env_remove("SWARMSCOPE_DB")
        .env_remove("SWARMSCOPE_CONFIG")
        .args(args)
        .output()
        .expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_command_reports_stores_and_says_what_it_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    projects(folder.path());
    let (code, out, err) = swarmscope(folder.path(), &["import", "claude-code", "projects", "--dry-run", "--json"]);
    assert_eq!(code, Some(0), "{err}");
    let report: serde_json::Value = serde_json::from_str(&out).expect("the report is JSON");
    assert_eq!((&report["messages"], &report["dry_run"]), (&19.into(), &true.into()));
    assert!(!folder.path().join(".swarm").exists(), "a dry run makes no store");
    assert!(err.contains(&format!("{MAIN}.jsonl:1: is no JSON object")), "{err}");

    let (code, out, _) = swarmscope(folder.path(), &["--db", "s.db", "import", "claude-code", "projects"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("task        11 stored, 0 updated, 0 known"), "{out}");
    let (_, out, _) = swarmscope(folder.path(), &["--db", "s.db", "import", "claude-code", "projects"]);
    assert!(out.contains("task        0 stored, 0 updated, 11 known"), "{out}");
}

#[test]
fn nothing_to_read_is_a_failure_and_no_path_a_usage_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let (code, _, err) = swarmscope(folder.path(), &["import", "claude-code", "nowhere", "--dry-run"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("nowhere: cannot be opened") && err.contains("no transcript could be read"), "{err}");
    assert_eq!(swarmscope(folder.path(), &["import", "claude-code"]).0, Some(2));
}

fn data() -> Option<PathBuf> {
    let set = std::env::var_os("SWARMSCOPE_DATA").map(PathBuf::from);
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = set.unwrap_or_else(beside).join("claude-code");
    folder.join("expected.json").is_file().then_some(folder)
}
