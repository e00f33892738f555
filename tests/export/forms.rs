//! The forms that hold records: CSV, JSON, NDJSON, and the nested document.

use std::collections::BTreeMap;

use serde_json::Value;
use swarmscope::model::{Dataset, Micros, Outcome, Record};
use swarmscope::wire::native::{self, IgnoredFields, ParseContext};

use super::fixture::{NASTY, NOON, Server, mixed, of, task};

fn parse(line: &str) -> Record {
    let context = ParseContext { now: Micros(NOON), assume_offset: None };
    let (mut records, mut ignored) = (Vec::new(), IgnoredFields::default());
    native::parse(line.as_bytes(), &context, &mut records, &mut ignored).unwrap_or_else(|e| panic!("{e} in {line}"));
    assert!(ignored.into_inner().is_empty(), "{line}");
    records.remove(0)
}

#[tokio::test]
async fn ndjson_reads_back_as_the_records_that_were_stored() {
    let records = mixed();
    let server = Server::with(records.clone()).await;
    for dataset in Dataset::ALL {
        let text = server.export(&format!("{}.ndjson", dataset.as_str())).await;
        let read: Vec<_> = text.lines().map(parse).collect();
        assert_eq!(read, of(dataset, &records), "{}", dataset.as_str());
    }
    let all = server.export("all.ndjson").await;
    assert_eq!(all.lines().map(parse).collect::<Vec<_>>(), records);
}

#[tokio::test]
async fn everything_fed_into_an_empty_store_gives_the_same_bytes_again() {
    let mut records = mixed();
    if let Record::AgentMetric(metric) = &mut records[8] {
        metric.metric_type = "task_agent_twice_prefixed".into();
    }
    let first = Server::with(records).await.export("all.ndjson").await;
    assert!(first.ends_with('\n') && first.lines().count() == 56);
    let server = Server::start().await;
    let ingest = reqwest::Client::new().post(format!("{}/api/v1/ingest", server.base));
    let receipt = ingest.header("content-type", "application/x-ndjson").body(first.clone()).send().await.expect("sent");
    let receipt: Value = receipt.json().await.expect("a receipt");
    assert_eq!(receipt["accepted"], 56, "{receipt}");
    assert_eq!(server.export("all.ndjson").await, first);
}

#[tokio::test]
async fn json_is_an_array_of_the_same_objects() {
    let server = Server::with(mixed()).await;
    for dataset in Dataset::ALL.map(Dataset::as_str) {
        let lines = server.lines(&format!("{dataset}.ndjson")).await;
        for query in ["", "?pretty=1"] {
            let text = server.export(&format!("{dataset}.json{query}")).await;
            let array: Vec<Value> = serde_json::from_str(&text).expect("an array");
            assert_eq!(array, lines, "{dataset}{query}");
        }
    }
}

/// What a CSV cell must hold for a JSON value.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn csv_holds_the_same_values_row_by_row() {
    let server = Server::with(mixed()).await;
    for dataset in Dataset::ALL {
        let lines = server.lines(&format!("{}.ndjson", dataset.as_str())).await;
        let text = server.export(&format!("{}.csv?guard=0", dataset.as_str())).await;
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), lines.len());
        for (row, line) in rows.iter().zip(&lines) {
            let line = line.as_object().expect("an object");
            let filled = row.values().filter(|cell| !cell.is_empty()).count();
            assert_eq!(filled, line.len() + usize::from(line.contains_key("source")), "{row:?} {line:?}");
            for (name, value) in line {
                compare(row, name, value);
            }
        }
    }
}

fn compare(row: &BTreeMap<String, String>, name: &str, value: &Value) {
    match (name, value) {
        ("source", _) => {
            assert_eq!((&row["source"], &row["source_key"]), (&cell(&value["file"]), &cell(&value["key"])));
        }
        ("success", Value::Bool(false)) if row.contains_key("result") => assert_eq!(row["result"], "failed"),
        // Metadata and values keep their spacing, which a parsed value has lost.
        ("metadata" | "actions", _) | (_, Value::Object(_) | Value::Array(_)) => {
            assert_eq!(&serde_json::from_str::<Value>(&row[name]).expect("JSON"), value);
        }
        ("value", Value::String(_)) => assert_eq!(row[name], value.to_string()),
        (_, Value::Number(number)) => assert_eq!(row[name].parse().ok(), number.as_f64(), "{name}"),
        _ => assert_eq!(row[name], cell(value), "{name}"),
    }
}

#[tokio::test]
async fn spreadsheets_get_no_formulas() {
    let server = Server::with(mixed()).await;
    for dataset in Dataset::ALL.map(Dataset::as_str) {
        let text = server.export(&format!("{dataset}.csv")).await;
        for row in csv::Reader::from_reader(text.as_bytes()).records() {
            for cell in row.expect("a row").iter().filter(|cell| cell.parse::<f64>().is_err()) {
                assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{dataset}: {cell:?}");
            }
        }
    }
    let tasks = server.export("tasks.csv").await;
    assert!(tasks.contains(",'=1+1,") && tasks.contains(",'-5,") && tasks.contains("'=old.db"), "{tasks}");
    assert_eq!(tasks.matches("\r\n").count(), 9, "a header and eight rows, CRLF each");
}

#[tokio::test]
async fn the_nested_document_holds_every_record_once_under_its_swarm_and_agent() {
    let server = Server::with(mixed()).await;
    let mut lines: Vec<String> = server.lines("all.ndjson").await.iter().map(Value::to_string).collect();
    let document: Value = serde_json::from_str(&server.export("all.json").await).expect("JSON");
    let mut found = Vec::new();
    for swarm in document["swarms"].as_array().expect("swarms") {
        for record in swarm["metrics"].as_array().into_iter().flatten() {
            assert_eq!(record["swarm_id"], swarm["swarm_id"]);
            found.push(record.to_string());
        }
        for agent in swarm["agents"].as_array().into_iter().flatten() {
            for section in ["lives", "metrics", "events", "healings", "tasks"] {
                for record in agent[section].as_array().into_iter().flatten() {
                    assert_eq!(record["swarm_id"], swarm["swarm_id"], "{record}");
                    assert_eq!(record["agent_id"], agent["agent_id"], "{record}");
                    found.push(record.to_string());
                }
            }
        }
    }
    found.extend(document["memory"].as_array().expect("memory").iter().map(Value::to_string));
    lines.sort();
    found.sort();
    assert_eq!(found, lines);
    let pretty: Value = serde_json::from_str(&server.export("all.json?pretty=1").await).expect("JSON");
    assert_eq!(pretty, document);
}

#[tokio::test]
async fn metadata_can_be_left_out_of_every_form() {
    let server = Server::with(mixed()).await;
    for file in ["tasks.csv", "tasks.json", "tasks.ndjson", "all.json", "all.ndjson"] {
        assert!(server.export(file).await.contains("metadata"), "{file}");
        assert!(!server.export(&format!("{file}?metadata=0")).await.contains("metadata"), "{file}");
    }
}

#[tokio::test]
async fn range_and_filters_choose_the_rows() {
    let server = Server::with(mixed()).await;
    let ids = |lines: Vec<Value>| -> Vec<String> { lines.iter().map(|line| cell(&line["task_id"])).collect() };
    let range = "from=2026-01-01T12:00:02Z&to=2026-01-01T12:00:04Z";
    assert_eq!(ids(server.lines(&format!("tasks.ndjson?{range}")).await), ["task-2", "task-3"]);
    assert_eq!(ids(server.lines("tasks.ndjson?from=1767268804000").await), ["task-4", "task-5", "task-6", "task-7"]);
    assert_eq!(ids(server.lines("tasks.ndjson?result=failed").await), ["task-4"]);
    assert_eq!(ids(server.lines("tasks.ndjson?result=none").await), ["task-6"]);
    assert_eq!(ids(server.lines("tasks.ndjson?agent_id=a%2C%22b%22").await), ["task-1"]);
    assert!(server.lines("tasks.ndjson?from=now-1h&to=now").await.is_empty(), "the records are older");
    let kinds: Vec<_> =
        server.lines("all.ndjson?agent_id=plain").await.iter().map(|line| cell(&line["kind"])).collect();
    assert_eq!(kinds, ["task", "agent_metric", "agent_metric", "agent_metric", "agent_metric", "agent"]);
}

#[tokio::test]
async fn no_row_is_cut_off_by_a_silent_limit() {
    const TASKS: usize = 25_000;
    let tasks = (0..TASKS).map(|n| {
        // Five tasks share each instant, so that pages end among rows of equal time.
        Record::Task(task(&format!("t-{n}"), NASTY[n % 8], Some(Outcome::Success), NOON + n as i64 / 5 * 1000))
    });
    let server = Server::with(tasks.collect()).await;
    for file in ["tasks.ndjson", "tasks.csv?guard=0"] {
        let text = server.export(file).await;
        let mut ids: Vec<usize> = text
            .split("t-")
            .skip(1)
            .map(|rest| {
                rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse().ok()).expect("a number")
            })
            .collect();
        ids.dedup();
        assert!(ids.iter().copied().eq(0..TASKS), "{file} has {} rows", ids.len());
    }
    let array: Vec<Value> = serde_json::from_str(&server.export("tasks.json").await).expect("an array");
    assert_eq!(array.len(), TASKS);
    let text = server.export("tasks.prom").await;
    let counted: f64 =
        text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.rsplit(' ').next()?.parse::<f64>().ok()).sum();
    assert_eq!(counted, 25_000.0);
    let document: Value = serde_json::from_str(&server.export("all.json").await).expect("JSON");
    let agents = document["swarms"][0]["agents"].as_array().expect("agents");
    assert_eq!(agents.iter().filter_map(|agent| Some(agent["tasks"].as_array()?.len())).sum::<usize>(), TASKS);
}
