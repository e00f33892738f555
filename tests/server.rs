//! The program itself: starting, stopping, the command line, and what it says when something is wrong.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use common::{Ended, NOON, Serving, program, run, stored, task};
use swarmscope::model::{Dataset, Record};
use swarmscope::store::{Store, StoreOptions};

const MILLIS: i64 = NOON / 1000;

async fn tasks_in(db: &Path) -> BTreeSet<String> {
    let store = Store::open(db, &StoreOptions::default()).await.expect("a store");
    let tasks = stored(&store, Dataset::Tasks).await;
    store.close().await;
    tasks
        .into_iter()
        .map(|record| match record {
            Record::Task(task) => task.task_id.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// Posts batches of `prefix` until the server is gone; returns what was acknowledged.
async fn post_until_gone(address: std::net::SocketAddr, prefix: String) -> Vec<String> {
    let client = reqwest::Client::new();
    let mut acknowledged = Vec::new();
    for batch in 0.. {
        let ids: Vec<String> = (0..200).map(|n| format!("{prefix}-{batch}-{n}")).collect();
        let body: String = ids.iter().map(|id| task(id, MILLIS, "") + "\n").collect();
        let request =
            client.post(format!("http://{address}/api/v1/ingest")).header("content-type", "application/x-ndjson");
        match request.body(body).send().await {
            Ok(answer) if answer.status() == 200 => acknowledged.extend(ids),
            _ => break,
        }
    }
    acknowledged
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_signal_under_load_loses_nothing_that_was_acknowledged() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("s.db");
    let mut serving = Serving::start(db.clone());
    let senders: Vec<_> =
        (0..4).map(|sender| tokio::spawn(post_until_gone(serving.address, format!("s{sender}")))).collect();
    tokio::time::sleep(Duration::from_millis(700)).await;
    serving.signal("TERM");
    let code = tokio::task::block_in_place(|| serving.wait(Duration::from_secs(10)));
    assert_eq!(code, Some(0));
    let found = tasks_in(&db).await;
    let mut acknowledged = 0;
    for sender in senders {
        for id in sender.await.expect("it ends") {
            assert!(found.contains(&id), "{id} was acknowledged and is gone");
            acknowledged += 1;
        }
    }
    assert!(acknowledged > 0, "the load was real");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut serving = Serving::start(folder.path().join("s.db"));
    // A request that never ends keeps the first signal waiting.
    let mut slow = std::net::TcpStream::connect(serving.address).expect("connected");
    let head = format!(
        "POST /api/v1/ingest HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: 1000\r\n\r\n{{",
        serving.address
    );
    slow.write_all(head.as_bytes()).expect("sent");
    std::thread::sleep(Duration::from_millis(200));
    serving.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    assert!(serving.child.try_wait().expect("it can be asked").is_none(), "it waits for the request");
    serving.signal("INT");
    assert_ne!(tokio::task::block_in_place(|| serving.wait(Duration::from_secs(2))), Some(0));
}

#[test]
fn what_cannot_be_served_is_said_in_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let busy = busy.local_addr().expect("an address").to_string();
    std::fs::write(path.join("text.db"), "this is no database, but long enough to look at ".repeat(40))
        .expect("written");
    std::fs::write(path.join("bad.toml"), "[server]\nbimd = \"127.0.0.1:1\"\n").expect("written");
    std::fs::write(path.join("broken.toml"), "[server\n").expect("written");
    let listener = std::net::TcpListener::bind(&busy).ok();
    for (words, code, reason) in [
        (
            vec!["serve", "--bind", "0.0.0.0:3999"],
            2,
            "whoever reaches that address could read and change everything; set SWARMSCOPE_ADMIN_TOKEN",
        ),
        (
            vec!["serve", "--bind", "127.0.0.1:0", "--allowed-hosts", "swarm.example"],
            2,
            "setting `server.allowed_hosts`",
        ),
        (vec!["serve", "--admin-token-file", "absent"], 2, "could not read the configuration absent"),
        (vec!["serve", "--bind", "nowhere"], 2, "setting `server.bind`: `nowhere` is no address"),
        (vec!["--config", "bad.toml", "serve"], 2, "bad.toml, line 2: unknown field `bimd`, expected one of `bind`"),
        (vec!["--config", "broken.toml", "check"], 2, "broken.toml, line 1: "),
        (vec!["--config", "absent.toml", "check"], 2, "could not read the configuration absent.toml"),
        (vec!["--log-level", "loud=x=y", "check"], 2, "setting `log.level`"),
        (vec!["--db", "text.db", "serve", "--bind", "127.0.0.1:0"], 1, "text.db is not a database"),
        (vec!["--db", "absent.db", "check"], 1, "there is no store at absent.db"),
        (vec!["serve", "--bnd", "x"], 2, "--bnd"),
    ] {
        let ended = run(path, &words);
        assert_eq!(ended.code, Some(code), "{words:?}: {}", ended.err);
        assert!(ended.err.contains(reason), "{words:?}: {}", ended.err);
        assert!(!ended.err.contains("panicked") && !ended.err.contains("RUST_BACKTRACE"), "{}", ended.err);
    }
    if listener.is_some() {
        let ended = run(path, &["serve", "--bind", &busy]);
        assert_eq!(ended.code, Some(1));
        assert!(ended.err.contains(&format!("{busy} is in use")), "{}", ended.err);
    }
    assert!(!path.join("absent.db").exists(), "asking made no store");
}

#[tokio::test]
async fn files_are_ingested_plain_compressed_and_from_standard_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let lines = |prefix: &str| (0..300).map(|n| task(&format!("{prefix}{n}"), MILLIS, "") + "\n").collect::<String>();
    std::fs::write(path.join("plain.ndjson"), format!("\u{feff}{}", lines("p"))).expect("written");
    let mut gz = Vec::new();
    let text = lines("g");
    tokio::io::AsyncReadExt::read_to_end(
        &mut async_compression::tokio::bufread::GzipEncoder::new(text.as_bytes()),
        &mut gz,
    )
    .await
    .expect("in memory");
    std::fs::write(path.join("any-name"), &gz).expect("written");
    let ended = run(path, &["--db", "s.db", "ingest", "plain.ndjson"]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(0), "300 read: 300 new, 0 known, 0 known with other values, 0 refused\n"),
        "{}",
        ended.err
    );
    let ended = run(path, &["--db", "s.db", "ingest", "plain.ndjson", "--json"]);
    assert!(ended.out.starts_with(r#"{"accepted":0,"duplicates":300,"#), "{}", ended.out);
    assert_eq!(run(path, &["--db", "s.db", "ingest", "any-name"]).code, Some(0));
    let mut child = program()
        .current_dir(path)
        .args(["--db", "s.db", "ingest", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("its input").write_all(lines("s").as_bytes()).expect("it reads");
    let ended = Ended::of(child.wait_with_output().expect("it ends"));
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(tasks_in(&path.join("s.db")).await.len(), 900);

    std::fs::write(path.join("cut.gz"), &gz[..gz.len() - 20]).expect("written");
    let ended = run(path, &["--db", "s.db", "ingest", "cut.gz"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.err.contains("cut.gz could not be read to its end"), "{}", ended.err);
    assert!(run(path, &["--db", "s.db", "check"]).out.contains("s.db is sound: tasks 900"));
}

#[tokio::test]
async fn lines_that_are_refused_are_named_by_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let bad = format!(
        "{}\n\n{{\"kind\":\"task\"}}\nnonsense\n{}\n",
        task("t1", MILLIS, r#","colour":1"#),
        task("t2", MILLIS, "")
    );
    std::fs::write(path.join("bad.ndjson"), bad).expect("written");
    let ended = run(path, &["--db", "s.db", "ingest", "bad.ndjson"]);
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (Some(1), "4 read: 2 new, 0 known, 0 known with other values, 2 refused\n")
    );
    let errors: Vec<&str> = ended.err.lines().collect();
    assert!(errors[0].starts_with("bad.ndjson:3: `"), "{errors:?}");
    assert!(errors[1].starts_with("bad.ndjson:4: not JSON: "), "{errors:?}");
    assert_eq!(errors[2], "fields that nothing reads: colour (1)");
    assert_eq!(tasks_in(&path.join("s.db")).await.len(), 2);

    let ended = run(path, &["--db", "atomic.db", "ingest", "--atomic", "bad.ndjson"]);
    assert_eq!(ended.code, Some(1));
    assert!(ended.out.contains("so none was stored"), "{}", ended.out);
    assert_eq!(tasks_in(&path.join("atomic.db")).await.len(), 0);

    for (name, content, reason) in [
        ("binary", b"\x7fELF\0\0\0".as_slice(), "binary is no NDJSON: byte 4 is NUL"),
        ("array.json", b" [{}]".as_slice(), "array.json is a JSON array, not NDJSON"),
        ("notgzip", b"\x1f\x8bnot really".as_slice(), "notgzip"),
    ] {
        std::fs::write(path.join(name), content).expect("written");
        let ended = run(path, &["--db", "s.db", "ingest", name]);
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(ended.err.contains(reason), "{name}: {}", ended.err);
    }
    let ended = run(path, &["--db", "s.db", "ingest", "absent"]);
    assert!(ended.err.contains("could not read absent"), "{}", ended.err);
    let ended = run(path, &["--db", "s.db", "ingest", "."]);
    assert!(ended.err.contains("it is a folder"), "{}", ended.err);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offline_commands_share_the_file_with_a_running_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let serving = Serving::start(path.join("s.db"));
    std::fs::write(path.join("in.ndjson"), task("offline", MILLIS, "")).expect("written");
    assert_eq!(run(path, &["--db", "s.db", "ingest", "in.ndjson"]).code, Some(0));
    let shown = reqwest::get(format!("http://{}/api/v1/tasks", serving.address)).await.expect("an answer");
    assert!(shown.text().await.expect("a body").contains("\"offline\""));
    assert!(run(path, &["--db", "s.db", "check"]).out.contains("tasks 1"));
    assert_eq!(run(path, &["--db", "s.db", "backup", "copy.db"]).code, Some(0));
    assert_eq!(tasks_in(&path.join("copy.db")).await.len(), 1);
    let refused = run(path, &["--db", "s.db", "backup", "copy.db"]);
    assert_eq!(refused.code, Some(1), "a copy is not overwritten");
    let url = format!("http://{}", serving.address);
    assert_eq!(run(path, &["health", "--url", &url]).code, Some(0));
    drop(serving);
    assert_eq!(run(path, &["health", "--url", &url]).code, Some(1));
}
