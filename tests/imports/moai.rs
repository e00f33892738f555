//! MoAI-Flow databases.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::sqlite::SqliteJournalMode;
use swarmscope::model::time::parse_offset;
use swarmscope::model::{AgentStatus, Dataset, Outcome};
use swarmscope::service::import::{ImportReport, MoaiOptions};

use crate::moai_files::{SWARM, V1, V2, make, packed, write};
use crate::scene::{NOW, Scene, landed, run, silent};

async fn import_at(scene: &Scene, paths: &[&Path], offset: Option<&str>) -> ImportReport {
    let assume_offset = offset.map(|offset| parse_offset(offset).expect("an offset"));
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    scene.service.import_moai(paths, MoaiOptions { assume_offset, now: NOW }, silent()).await.expect("imports")
}

fn odd(report: &ImportReport) -> Vec<(&str, u64)> {
    report.odd.iter().map(|(kind, odd)| (*kind, odd.count)).collect()
}

const V1_ROWS: &str = "
insert into task_metrics values
    ('t1', 'a1', 1200, 'success', 100, 2, '2025-11-29T19:11:29.953194'),
    ('t2', 'a1', 12.7, 'partial', 0, 0, '2025-11-29T19:11:30'),
    ('t3', 'a2', null, 'failure', null, 1, '2025-11-29T10:11:31.000001+00:00'),
    ('t4', 'a2', 'slow', 'timeout', 5, 0, '2025-11-29 10:11:32');
insert into agent_metrics (agent_id, metric_type, value, metadata, timestamp) values
    ('a1', 'agent_success_rate', 0.5, '{}', '2025-11-29T19:12:00'),
    ('a1', 'duration', 7, '{\"a\": ', '2025-11-29T19:12:00'),
    ('a1', 'custom', 9e999, null, '2025-11-29T19:12:00');
insert into swarm_metrics (swarm_id, metric_type, value, metadata, timestamp) values
    ('s1', 'swarm_health', 0.9, null, '2025-11-29T19:12:00.5');";

#[tokio::test]
async fn a_file_of_the_first_generation_comes_in_with_every_microsecond_and_every_oddity_named() {
    let scene = Scene::new().await;
    let path = scene.folder.path().join("metrics.db");
    make(&path, &format!("{V1}{V1_ROWS}")).await;
    let report = import_at(&scene, &[&path], Some("+09:00")).await;
    assert_eq!((report.files, report.rows, landed(&report)), (1, 8, [7, 0, 0]), "{report}");
    let tasks = scene.tasks().await;
    let seen: Vec<_> = tasks
        .iter()
        .map(|task| {
            let result = task.result.as_ref().map_or("", Outcome::as_str);
            (task.task_id.as_str(), task.timestamp.to_rfc3339(), task.duration_ms, result, task.tokens_used)
        })
        .collect();
    let time = |text: &str| text.to_owned();
    assert_eq!(
        seen,
        [
            ("t1", time("2025-11-29T10:11:29.953194Z"), Some(1200.0), "success", Some(100)),
            ("t2", time("2025-11-29T10:11:30Z"), Some(12.7), "partial", Some(0)),
            ("t3", time("2025-11-29T10:11:31.000001Z"), None, "failure", None),
            ("t4", time("2025-11-29T10:11:32Z"), None, "timeout", Some(5)),
        ]
    );
    let metrics = scene.metrics(Dataset::AgentMetrics).await;
    let seen: Vec<_> = metrics
        .iter()
        .map(|m| (m.metric_type.as_str(), m.value, m.metadata.as_ref().map_or("", |json| json.0.as_str())))
        .collect();
    assert_eq!(seen, [("success_rate", 0.5, "{}"), ("duration", 7.0, r#""{\"a\": ""#)]);
    let swarm = scene.metrics(Dataset::SwarmMetrics).await;
    assert_eq!(
        (swarm[0].metric_type.as_str(), swarm[0].timestamp.to_rfc3339()),
        ("health", "2025-11-29T10:12:00.500Z".into())
    );
    assert_eq!(
        odd(&report),
        [
            ("blank-separated time, read as UTC", 1),
            ("broken JSON, kept as text", 1),
            ("no number, kept as text", 1),
            ("unknown result, kept as it is", 1),
            ("value is no finite number, left out", 1),
        ]
    );
    assert_eq!(report.odd["unknown result, kept as it is"].examples[0].place, "task_metrics row 2");

    let before = scene.everything().await;
    assert_eq!(landed(&import_at(&scene, &[&path], Some("+09:00")).await), [0, 0, 7]);
    // A vacuumed copy elsewhere is the same data.
    let copy = scene.folder.path().join("elsewhere.db");
    fs::copy(&path, &copy).expect("copied");
    make(&copy, "delete from task_metrics where task_id = 't1'; vacuum;").await;
    assert_eq!(landed(&import_at(&scene, &[&copy], Some("+09:00")).await), [0, 0, 6]);
    assert_eq!(scene.everything().await, before, "the second import changed something");
}

#[tokio::test]
async fn naive_times_are_refused_until_somebody_says_where_they_were_written() {
    let scene = Scene::new().await;
    make(
        &scene.folder.path().join("m.db"),
        &format!("{V1}insert into task_metrics values ('t', 'a', 1, 'success', 0, 0, '2025-11-29T19:11:29');"),
    )
    .await;
    let folder = scene.folder.path();
    let (code, out, err) = run(folder, &["--db", "s.db", "import", "moai", "m.db"]);
    assert_eq!(code, Some(1), "{out}{err}");
    assert!(out.contains("1 × time without an offset, left out"), "{out}");
    assert!(out.contains("say it with --assume-offset, such as +09:00"), "{out}");
    let (code, out, _) = run(folder, &["--db", "s.db", "import", "moai", "m.db", "--assume-offset", "-05:00"]);
    assert_eq!((code, out.contains("1 stored")), (Some(0), true), "{out}");
    let (code, _, err) = run(folder, &["--db", "s.db", "import", "moai", "m.db", "--assume-offset", "Seoul"]);
    assert_eq!(code, Some(2), "{err}");
}

#[tokio::test]
async fn rows_of_the_second_generation_and_of_its_archives_are_the_same_rows() {
    let scene = Scene::new().await;
    let path = scene.folder.path().join("metrics_persistent.db");
    let archived = json!([
        {"id": 1, "task_id": "t1", "agent_id": "a1", "timestamp": 1_764_411_089, "duration_ms": 5, "tokens_used": 7,
         "success": 0, "metadata": "{\"k\": [1]}"},
        {"id": 2, "task_id": "t1", "agent_id": "a1", "timestamp": 1_764_411_089, "duration_ms": 6, "tokens_used": 7,
         "success": 1, "metadata": "{}"},
    ]);
    let metrics = json!([{"id": 1, "agent_id": "a1", "timestamp": 1_764_411_000, "metric_type": "duration", "value": 2.5, "metadata": "{}"}]);
    let sql = format!(
        "{V2}
        insert into task_metrics values (3, 't2', 'a1', 1764411090, 8, 9, 1, '{{}}');
        insert into metrics_archive values (1, '2025-12-01', 'task_metrics', 'detailed', {}, 2, 1764500000),
            (2, '2025-12-01', 'agent_metrics', 'detailed', {}, 1, 1764500000),
            (3, '2025-12-01', 'task_metrics', 'detailed', x'0011', 5, 1764500000),
            (4, '2025-12-01', 'unheard_of', 'detailed', {}, 1, 1764500000);",
        packed(&archived),
        packed(&metrics),
        packed(&json!([{"a": 1}])),
    );
    make(&path, &sql).await;
    let report = import_at(&scene, &[&path], None).await;
    assert_eq!(landed(&report), [4, 0, 0], "{report}");
    let seen: Vec<_> = scene
        .tasks()
        .await
        .iter()
        .map(|task| {
            (
                task.duration_ms,
                task.result.clone(),
                task.metadata.clone().map(|json| json.0),
                task.source.clone().map(|s| s.file.contains("#archive:1")),
            )
        })
        .collect();
    // Two of one id in one second are two: the file allows that.
    assert_eq!(
        seen,
        [
            (Some(5.0), Some(Outcome::Failed), Some(r#"{"k": [1]}"#.into()), Some(true)),
            (Some(6.0), Some(Outcome::Success), Some("{}".into()), Some(true)),
            (Some(8.0), Some(Outcome::Success), Some("{}".into()), Some(false)),
        ]
    );
    assert_eq!(odd(&report), [("archive that cannot be unpacked", 1), ("archived row of an unknown table", 1)]);

    // Before it went into the archive, a row was a row.
    let before = scene.everything().await;
    let live = scene.folder.path().join("live.db");
    make(
        &live,
        &format!("{V2}insert into task_metrics values (1, 't1', 'a1', 1764411089, 5, 7, 0, '{{\"k\": [1]}}');"),
    )
    .await;
    assert_eq!(landed(&import_at(&scene, &[&live, &path], None).await), [0, 0, 5]);
    assert_eq!(scene.everything().await, before, "the second import changed something");
}

#[tokio::test]
async fn any_mix_in_one_file_is_read_the_zone_is_inferred_and_unknown_tables_are_named() {
    let scene = Scene::new().await;
    let path = scene.file(".moai/memory/swarm.db", "");
    let sql = format!(
        "{SWARM}{V1}create table semantic_knowledge (id integer primary key, what text); insert into semantic_knowledge values (1, 'x'), (2, 'y');
        insert into agent_events (event_id, event_type, agent_id, agent_type, timestamp, metadata, created_at) values
            ('e1', 'spawn', 'a1', 'expert', '2025-11-29T19:11:29.953194', '{{\"model\": \"m\"}}', '2025-11-29 10:11:29'),
            ('e2', 'celebrated', 'a1', 'expert', '2025-11-29T19:11:30.059204', null, '2025-11-29 10:11:30');
        insert into agent_registry values
            ('a1', 'expert', 'complete', 1764411089.9537652, 1764411090.06011, 100, '{{}}', '2025-11-29T19:11:30.060105'),
            ('a2', 'expert', 'paused', 1764411090, null, null, '{{}}', null);
        insert into session_memory (session_id, memory_type, key, value, timestamp, ttl_hours, created_at) values
            ('s1', 'semantic', 'k', '{{\"v\": null}}', '2025-11-29T19:12:00', 0, '2025-11-29 10:12:00'),
            ('s1', 'semantic', 'k', 'null', '2025-11-29T19:13:00', 24, '2025-11-29 10:13:00'),
            ('s1', 'dream', 'k', 'not json', '2025-11-29T19:14:00', null, '2025-11-29 10:14:00');
        insert into task_metrics values ('t1', 'a1', 5, 'success', 0, 0, '2025-11-29T19:15:00');"
    );
    make(&path, &sql).await;
    let report = import_at(&scene, &[&path], None).await;
    assert_eq!(landed(&report), [8, 0, 0], "{report}");
    let notes: Vec<_> = report.notes.iter().map(String::as_str).collect();
    assert_eq!(
        notes,
        [
            ".moai/memory/swarm.db: local times lie at +09:00, inferred from created_at of 5 rows; --assume-offset says otherwise",
            ".moai/memory/swarm.db: table `semantic_knowledge` (2 rows) is not known and was left out",
        ]
    );
    let events = scene.events().await;
    let seen: Vec<_> = events.iter().map(|e| (e.event_type.as_str(), e.timestamp.to_rfc3339())).collect();
    assert_eq!(
        seen,
        [("spawn", "2025-11-29T10:11:29.953194Z".into()), ("celebrated", "2025-11-29T10:11:30.059204Z".into())]
    );
    assert_eq!(scene.tasks().await[0].timestamp.to_rfc3339(), "2025-11-29T10:15:00Z");
    let lives: Vec<_> =
        scene.agents().await.into_iter().map(|life| (life.status, life.spawn_time.0, life.duration_ms)).collect();
    assert_eq!(
        lives,
        [
            (AgentStatus::Complete, 1_764_411_089_953_765, Some(100.0)),
            (AgentStatus::Running, 1_764_411_090_000_000, None),
        ]
    );
    let memories: Vec<_> =
        scene.memories().await.into_iter().map(|m| (m.memory_type, m.value.0, m.ttl_hours)).collect();
    assert_eq!(
        memories,
        [
            ("semantic".into(), r#"{"v": null}"#.into(), Some(0.0)),
            ("semantic".into(), "null".into(), Some(24.0)),
            ("dream".into(), r#""not json""#.into(), None),
        ]
    );
    // The agent's status moves on; everything else stays.
    make(&path, "update agent_registry set status = 'complete', complete_time = 1764411099, duration_ms = 9000 where agent_id = 'a2'").await;
    assert_eq!(landed(&import_at(&scene, &[&path], None).await), [0, 1, 7]);
}

#[tokio::test]
async fn a_bad_file_costs_one_line_and_a_busy_one_is_read() {
    let scene = Scene::new().await;
    let folder = scene.folder.path();
    let rows: String = (0..3000)
        .map(|n| {
            format!("insert into task_metrics values ('t{n}', 'a', 1, 'success', 0, 0, '2025-11-29T10:00:00.{n:06}Z');")
        })
        .collect();
    make(&folder.join("good.db"), &format!("{V1}begin;{rows}commit;")).await;
    let whole = fs::read(folder.join("good.db")).expect("readable");
    fs::write(folder.join("half.db"), &whole[..whole.len() / 2 / 4096 * 4096]).expect("written");
    scene.file("text.db", "this is a text that only says it is a database");
    scene.file("empty.db", "");
    make(&folder.join("other.db"), "create table notes (id integer primary key, note text); create table tags (t)")
        .await;
    let v1_row = |id: &str| {
        format!("insert into task_metrics values ('{id}', 'a', 1, 'success', 0, 0, '2025-11-29T10:00:00.5Z');")
    };
    make(&folder.join("locked.db"), &format!("{V1}{}", v1_row("locked"))).await;
    let locker = write(&folder.join("locked.db"), SqliteJournalMode::Delete, "begin exclusive").await;
    let writer = write(&folder.join("wal.db"), SqliteJournalMode::Wal, &format!("{V1}{}", v1_row("in the log"))).await;
    let states = |name: &str| fs::metadata(folder.join(name)).map(|found| (found.len(), found.modified().ok())).ok();
    let before = ["good.db", "wal.db", "wal.db-wal", "wal.db-shm"].map(states);

    let names = ["good.db", "half.db", "text.db", "empty.db", "other.db", "locked.db", "wal.db", "missing.db"];
    let mut words = vec!["--db", "cli.db", "import", "moai"];
    words.extend(names);
    let (code, out, err) = run(folder, &words);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("task          3001 stored"), "{out}");
    let has = |text: &str| assert!(err.lines().any(|line| line.contains(text)), "no `{text}` in {err}");
    has("half.db: is damaged or was not copied to its end");
    has("text.db: is no SQLite database");
    has("empty.db: is empty");
    has("other.db: cannot be read: it is a database of another program (its tables: notes, tags)");
    has("locked.db: is locked by another program; end it or try again later");
    has("missing.db: cannot be opened");
    assert_eq!(err.lines().count(), 6, "{err}");
    assert_eq!(["good.db", "wal.db", "wal.db-wal", "wal.db-shm"].map(states), before, "a source was touched");
    let (_, listed, _) = run(folder, &["--db", "cli.db", "export", "tasks", "--format", "ndjson"]);
    assert!(listed.contains(r#""task_id":"in the log""#), "the row in the log of a writer at work is read");
    assert!(!listed.contains(r#""task_id":"locked""#));
    drop(writer);
    locker.close().await.expect("closed");

    let (code, _, err) = run(folder, &["--db", "cli.db", "import", "moai", "text.db", "empty.db"]);
    assert_eq!(code, Some(1));
    assert!(err.contains("nothing was imported"), "{err}");
}

#[tokio::test]
async fn the_real_swarm_database_comes_in_with_its_three_forms_of_time() {
    let name = "other/moai-flow/swarm-db.export.json";
    let root = std::env::var_os("SWARMSCOPE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let Ok(text) = fs::read_to_string(root.join(name)) else {
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), "SKIPPED: no {name} in SWARMSCOPE_DATA or ../shared/data");
        return;
    };
    let export: Value = serde_json::from_str(&text).expect("JSON");
    let scene = Scene::new().await;
    let path = scene.folder.path().join("swarm.db");
    let mut connection = write(&path, SqliteJournalMode::Delete, &format!("{SWARM}{V1}")).await;
    for table in ["agent_events", "agent_registry"] {
        for row in export[table].as_array().expect("rows") {
            let row = row.as_object().expect("a row");
            let columns: Vec<_> = row.keys().map(String::as_str).collect();
            let marks = vec!["?"; columns.len()].join(", ");
            let sql = format!("insert into {table} ({}) values ({marks})", columns.join(", "));
            let mut insert = sqlx::query(sqlx::AssertSqlSafe(sql));
            for value in row.values() {
                insert = match value {
                    Value::String(text) => insert.bind(text.clone()),
                    Value::Number(number) if number.is_i64() => insert.bind(number.as_i64()),
                    Value::Number(number) => insert.bind(number.as_f64()),
                    other => insert.bind(other.to_string()),
                };
            }
            insert.execute(&mut connection).await.expect("inserted");
        }
    }
    connection.close().await.expect("closed");
    let report = import_at(&scene, &[&path], None).await;
    assert_eq!(landed(&report), [6, 0, 0], "{report}");
    assert!(report.notes.iter().any(|note| note.contains("+09:00, inferred from created_at of 4 rows")), "{report}");
    assert!(report.odd.is_empty(), "{report}");
    let events = scene.events().await;
    assert_eq!(events[0].timestamp.to_rfc3339(), "2025-11-29T10:11:29.953194Z");
    assert_eq!(
        events[0].event_id.as_ref().map(swarmscope::model::EventId::as_str),
        Some("3346ab61-8407-4f50-99ef-270c4d0120d8")
    );
    let lives = scene.agents().await;
    // The event and the registry tell one instant in two clocks' ways: they differ by less than a millisecond.
    assert!((lives[0].spawn_time.0 - events[0].timestamp.0).abs() < 1000);
    assert_eq!(lives[1].duration_ms, Some(1500.0), "what the file says, though its times are 104 ms apart");
}
