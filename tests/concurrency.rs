//! A crowd at one server, and other processes at the same file: nobody is told that it is locked, nothing is lost,
//! and every answer speaks of one instant.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::oracle::{Batch, Ledger, found};
use common::{Ended, Serving, eventually, program, run};
use serde_json::Value;
use swarmscope::model::Micros;

const WRITERS: usize = 64;
const READERS: usize = 16;
const BATCHES: usize = 8;
/// Records of a batch. Of 16, ten are tasks and six of those succeed; a batch is all or nothing, so an answer in which
/// six of ten did not succeed mixes two instants.
const RECORDS: usize = 32;
/// Records of each of the files that other processes bring, in one transaction.
const FILE_RECORDS: usize = 1600;

fn now() -> Micros {
    Micros(chrono::Utc::now().timestamp_micros())
}

fn batch(name: &str, records: usize) -> Batch {
    Batch { atomic: true, ..Batch::new(name, records, now) }
}

async fn write(address: std::net::SocketAddr, name: String) -> Vec<Batch> {
    let client = reqwest::Client::new();
    let mut sent = Vec::new();
    for number in 0..BATCHES {
        let mut batch = batch(&format!("{name}-b{number}"), RECORDS);
        assert!(batch.send(&client, address).await, "an answer");
        sent.push(batch);
    }
    sent
}

async fn get(client: &reqwest::Client, address: std::net::SocketAddr, path: &str) -> String {
    let answer = client.get(format!("http://{address}{path}")).send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a whole answer");
    assert_eq!(status, 200, "{path}: {text}");
    text
}

fn count(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field} in {value}"))
}

/// Tasks of a summary, once its figures agree with each other.
async fn summary(client: &reqwest::Client, address: std::net::SocketAddr) -> u64 {
    let summary: Value = serde_json::from_str(&get(client, address, "/api/v1/summary").await).expect("JSON");
    let [tasks, successes, rated, timed] =
        ["total_tasks", "successful_tasks", "rated_tasks", "n"].map(|field| count(&summary, field));
    assert_eq!((successes * 10, rated, timed), (tasks * 6, tasks, tasks), "torn: {summary}");
    tasks
}

/// Tasks of all agents, once their figures agree with each other.
async fn ranking(client: &reqwest::Client, address: std::net::SocketAddr) -> u64 {
    let ranking: Value =
        serde_json::from_str(&get(client, address, "/api/v1/top-agents?limit=1000").await).expect("JSON");
    let agents = ranking["items"].as_array().expect("agents");
    let sum = |field| agents.iter().map(|agent| count(agent, field)).sum::<u64>();
    let [tasks, successes, rated, timed] = ["task_count", "successful_tasks", "rated_tasks", "n"].map(sum);
    assert_eq!((successes * 10, rated, timed), (tasks * 6, tasks, tasks), "torn: {ranking}");
    tasks
}

/// Asks one kind of question until the writers are done; no answer may know less than the one before. Returns how
/// many it had.
async fn read(address: std::net::SocketAddr, reader: usize, done: Arc<AtomicBool>) -> usize {
    let client = reqwest::Client::new();
    let (mut answers, mut before) = (0, 0);
    while !done.load(Ordering::Relaxed) {
        let tasks = match reader % 5 {
            0 => summary(&client, address).await,
            1 => ranking(&client, address).await,
            2 => get(&client, address, "/api/v1/export/tasks.ndjson").await.lines().count() as u64,
            3 => {
                let page = get(&client, address, "/api/v1/tasks?limit=10000&order=asc").await;
                let page: Value = serde_json::from_str(&page).expect("JSON");
                page["items"].as_array().expect("items").len() as u64
            }
            _ => {
                get(&client, address, "/").await;
                continue;
            }
        };
        assert!(tasks >= before, "reader {reader}: {tasks} tasks after {before}");
        before = tasks;
        answers += 1;
    }
    answers
}

/// Another process that brings `batch` to the file.
fn ingest(serving: &Serving, name: &str, batch: &Batch) -> Child {
    let file = serving.db.with_file_name(name);
    std::fs::write(&file, batch.ndjson()).expect("written");
    let mut command = program();
    command.arg("--db").arg(&serving.db).args(["ingest", "--atomic"]).arg(file);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_of_writers_readers_and_processes_loses_nothing_and_sees_whole_batches_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(folder.path().join("s.db"));
    let (address, done) = (serving.address, Arc::new(AtomicBool::new(false)));
    let readers: Vec<_> = (0..READERS).map(|n| tokio::spawn(read(address, n, Arc::clone(&done)))).collect();
    let writers: Vec<_> = (0..WRITERS).map(|n| tokio::spawn(write(address, format!("w{n}")))).collect();
    let mut ledger = Ledger::default();
    for number in 0..4 {
        let mut batch = batch(&format!("file-{number}"), FILE_RECORDS);
        let child = ingest(&serving, &format!("{number}.ndjson"), &batch);
        let ended = tokio::task::block_in_place(|| Ended::of(child.wait_with_output().expect("it ends")));
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{ended:?}");
        batch.acknowledged = true;
        ledger.note(&batch);
    }
    for writer in writers {
        writer.await.expect("every batch is taken").iter().for_each(|batch| ledger.note(batch));
    }
    done.store(true, Ordering::Relaxed);
    for (number, reader) in readers.into_iter().enumerate() {
        let answers = reader.await.expect("every answer is whole");
        assert!(answers > 0 || number % 5 == 4, "reader {number} had its turn");
    }
    let records = found(&reqwest::Client::new(), address).await;
    let counts = ledger.judge(&records, "after the crowd");
    let sent = WRITERS * BATCHES * RECORDS + 4 * FILE_RECORDS;
    assert_eq!((counts.acknowledged, counts.unanswered, counts.lost), (sent, 0, 0));
    common::sums::assert_rollups_are_whole(&serving.db, &records, "after the crowd").await;
    let log = std::fs::read_to_string(folder.path().join("s.db.log")).expect("a log");
    assert!(!log.contains("locked") && !log.contains("ERROR") && !log.contains("panicked"), "{log}");
    assert_eq!(run(folder.path(), &["--db", "s.db", "check"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_process_writes_shows_without_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let serving = Serving::start(folder.path().join("s.db"));
    let client = reqwest::Client::new();
    for round in 1..=3 {
        // Asked before, so that whatever remembers answers remembers this one.
        let before = summary(&client, serving.address).await;
        assert_eq!(before, ranking(&client, serving.address).await);
        let child = ingest(&serving, "more.ndjson", &batch(&format!("more-{round}"), RECORDS));
        let ended = tokio::task::block_in_place(|| Ended::of(child.wait_with_output().expect("it ends")));
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        let after = before + RECORDS as u64 * 10 / 16;
        eventually("the summary shows it", async || summary(&client, serving.address).await == after).await;
        eventually("the ranking shows it", async || ranking(&client, serving.address).await == after).await;
        eventually("the page shows it", async || {
            get(&client, serving.address, "/").await.contains(&format!("{after} tasks"))
        })
        .await;
        // The writer remembers words and sums, which the other process has changed.
        let mut own = batch(&format!("own-{round}"), RECORDS);
        assert!(own.send(&client, serving.address).await);
        assert_eq!(summary(&client, serving.address).await, after + RECORDS as u64 * 10 / 16);
    }
    let records = found(&client, serving.address).await;
    common::sums::assert_rollups_are_whole(&serving.db, &records, "after three rounds").await;
}
