//! The stream of new records, from outside: every record once and in order, whoever writes it and whatever happens
//! to the connection or the server in between.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;

mod client;
mod session;

use std::collections::BTreeMap;
use std::time::Duration;

use client::{Client, Event};
use common::{NOON, Server, Serving, eventually, run, task};
use swarmscope::config::Config;
use swarmscope::model::maintain::StreamSettings;
use swarmscope::model::{Dataset, HighWater, Micros, Record};
use swarmscope::service::live::{Delivery, Reset, Wanted};
use swarmscope::store::SealOptions;

const MILLIS: i64 = NOON / 1000;

fn event(id: &str, more: &str) -> String {
    format!(r#"{{"kind":"event","event_type":"step","agent_id":"a1","event_id":"{id}","timestamp":{MILLIS}{more}}}"#)
}

/// The ids of the records in `events`, by kind.
fn ids(events: &[Event]) -> BTreeMap<String, Vec<String>> {
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in events {
        let field = if event.kind == "task" { "task_id" } else { "event_id" };
        ids.entry(event.kind.clone()).or_default().push(event.text(field).to_owned());
    }
    ids
}

async fn with_stream(stream: StreamSettings) -> Server {
    Server::start_with(Config { stream, ..Config::default() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_record_of_several_senders_arrives_once_and_in_the_order_of_its_row() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url("/api/v1/stream"), None).await;
    assert_eq!(client.retry, Some(2000));
    let send = async |sender: usize| {
        for batch in 0..10 {
            let ids = (0..20).map(|n| format!("s{sender}-{batch}-{n}"));
            let lines: String = ids.map(|id| format!("{}\n{}\n", task(&id, MILLIS, ""), event(&id, ""))).collect();
            assert_eq!(server.send(&lines).await.counts()[0], 40);
        }
    };
    let senders = futures::future::join4(send(0), send(1), send(2), send(3));
    let (events, _) = futures::future::join(client.take(1600), senders).await;
    let got = ids(&events);
    for (kind, dataset) in [("task", Dataset::Tasks), ("event", Dataset::Events)] {
        let got = &got[kind];
        assert_eq!(got.len(), 800);
        let mut stored: Vec<(i64, String)> = rows(&server, dataset).await;
        stored.sort();
        assert_eq!(*got, stored.into_iter().map(|(_, id)| id).collect::<Vec<_>>(), "{kind}");
    }
    let places: Vec<HighWater> = events.iter().map(|event| event.id.parse().expect("a place")).collect();
    assert!(places.windows(2).all(|pair| pair[0].distance_to(&pair[1]) == 1), "one row an event");
    assert_eq!(Some(&events[0].data), server_item(&server, &events[0]).await.as_ref(), "as lists write it");
}

/// Row ids and record ids of a dataset.
async fn rows(server: &Server, dataset: Dataset) -> Vec<(i64, String)> {
    let news = server.service.store().news(HighWater::default(), 1_000_000).await.expect("readable");
    let of = news.rows.into_iter().filter(|(found, _)| *found == dataset);
    of.map(|(_, row)| match row.record {
        Record::Task(task) => (row.id, task.task_id.to_string()),
        Record::Event(event) => (row.id, event.event_id.expect("an id").to_string()),
        other => panic!("{other:?}"),
    })
    .collect()
}

/// The same record from a list route.
async fn server_item(server: &Server, event: &Event) -> Option<serde_json::Value> {
    let (list, field) = if event.kind == "task" { ("tasks", "task_id") } else { ("events", "event_id") };
    let answer = server.get(&format!("/api/v1/{list}?{field}={}", event.text(field))).await.json();
    answer["items"].as_array()?.first().cloned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_comes_back_gets_what_it_missed_and_nothing_twice() {
    let server = Server::start().await;
    let url = server.url("/api/v1/stream");
    let lines = |from: usize| (from..from + 10).map(|n| task(&format!("t{n}"), MILLIS, "") + "\n").collect::<String>();
    let mut client = Client::connect(&url, None).await;
    server.send(&lines(0)).await;
    let mut seen = client.take(7).await; // it goes away in the middle
    let last = seen[6].id.clone();
    drop(client);
    server.send(&lines(10)).await;
    let mut client = Client::connect(&url, Some(&last)).await;
    server.send(&lines(20)).await;
    seen.extend(client.take(23).await);
    let expected: Vec<String> = (0..30).map(|n| format!("t{n}")).collect();
    assert_eq!(ids(&seen)["task"], expected);
    // The same place as a parameter, for who cannot set the header.
    let mut other = Client::connect(&format!("{url}?since={last}"), None).await;
    assert_eq!(ids(&other.take(23).await)["task"], expected[7..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_missed_across_a_restart_nor_when_other_processes_write() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("s.db");
    let ingest = |name: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, task(name, MILLIS, "")).expect("written");
        assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", name]).code, Some(0));
    };
    let mut serving = Serving::start(db.clone());
    let mut client = Client::connect(&format!("http://{}/api/v1/stream", serving.address), None).await;
    ingest("beside");
    let mut seen = client.take(1).await;
    serving.signal("TERM");
    assert_eq!(client.next().await, None, "the server ends the stream");
    assert_eq!(tokio::task::block_in_place(|| serving.wait(Duration::from_secs(10))), Some(0));
    ingest("between");
    let serving = Serving::start(db);
    let mut client = Client::connect(&format!("http://{}/api/v1/stream", serving.address), Some(&client.last_id)).await;
    ingest("after");
    seen.extend(client.take(2).await);
    assert_eq!(ids(&seen)["task"], ["beside", "between", "after"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_missed_too_much_or_comes_from_elsewhere_starts_anew() {
    let server = with_stream(StreamSettings { replay_max: 5, ..StreamSettings::default() }).await;
    let url = server.url("/api/v1/stream");
    let lines: String = (1..=6).map(|n| task(&format!("t{n}"), MILLIS, "") + "\n").collect();
    server.send(&lines).await;
    let mut clients = Vec::new();
    for (last, reason) in [("0.0.0.0.0.0.0", "too_old"), ("99.0.0.0.0.0.0", "unknown"), ("what?", "unknown")] {
        let mut client = Client::connect(&url, Some(last)).await;
        let reset = client.next().await.expect("an event");
        assert_eq!((reset.kind.as_str(), reset.text("reason"), reset.id.as_str()), ("reset", reason, "6.0.0.0.0.0.0"));
        clients.push(client);
    }
    let mut near = Client::connect(&url, Some("1.0.0.0.0.0.0")).await;
    assert_eq!(ids(&near.take(5).await)["task"], ["t2", "t3", "t4", "t5", "t6"], "five are read again");
    server.send(&task("t7", MILLIS, "")).await;
    for mut client in clients {
        assert_eq!(ids(&client.take(1).await)["task"], ["t7"], "it goes on from where it was told");
    }
}

#[tokio::test]
async fn what_was_sealed_meanwhile_is_not_passed_over_in_silence_and_what_was_deleted_disturbs_nothing() {
    let server = Server::start().await;
    let url = server.url("/api/v1/stream");
    server.send(&format!("{}\n{}\n", task("t1", MILLIS, ""), event("e1", ""))).await;
    let midnight = Micros(NOON - NOON.rem_euclid(86_400_000_000));
    let store = server.service.store();
    store.seal_day(Dataset::Tasks, midnight, &SealOptions::default()).await.expect("sealed");
    let mut client = Client::connect(&url, Some("0.0.0.0.0.0.0")).await;
    assert_eq!(client.next().await.map(|event| event.kind).as_deref(), Some("reset"));
    assert_eq!(client.last_id, "1.0.0.1.0.0.0");
    let mut client = Client::connect(&url, Some("1.0.0.0.0.0.0")).await;
    assert_eq!(ids(&client.take(1).await)["event"], ["e1"], "the sealed task lies before its place");
    store.doom_day(Dataset::Events, midnight).await.expect("marked");
    store.delete_rows(Dataset::Events, midnight).await.expect("deleted");
    server.send(&event("e2", "")).await;
    let mut next = client.take(1).await.remove(0);
    while next.kind == "changed" {
        next = client.take(1).await.remove(0); // a day was marked, its rows went
    }
    assert_eq!((next.kind.as_str(), next.id.as_str()), ("event", "1.0.0.2.0.0.0"));
}

#[tokio::test]
async fn a_client_that_does_not_read_costs_a_bounded_amount_and_is_told_to_start_anew() {
    let server = Server::start().await;
    let mut slow = server.service.follow(Wanted::default(), None).await.expect("a seat");
    let mut quick = server.service.follow(Wanted::default(), None).await.expect("a seat");
    let wide = format!(r#","metadata":{{"note":"{}"}}"#, "x".repeat(60_000));
    let mut given = 0;
    for batch in 0..40 {
        let lines: String = (0..20).map(|n| task(&format!("t{batch}-{n}"), MILLIS, &wide) + "\n").collect();
        assert_eq!(server.send(&lines).await.counts()[0], 20);
        while given < (batch + 1) * 20 {
            match quick.next().await {
                Some(Delivery::Records { rows, .. }) => given += rows.len(),
                Some(Delivery::Changed) => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(server.service.feed_gauge().bytes <= 16 << 20, "48 MB went through");
    }
    assert_eq!(slow.next().await, Some(Delivery::Reset(Reset::TooSlow)));
    assert_eq!(slow.place().to_string(), "800.0.0.0.0.0.0");
    server.send(&task("next", MILLIS, "")).await;
    assert!(matches!(slow.next().await, Some(Delivery::Records { rows, .. }) if rows.len() == 1));
}

#[tokio::test]
async fn what_is_written_by_the_ten_thousands_is_passed_over_for_all() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url("/api/v1/stream"), None).await;
    let lines: String = (0..20_001).map(|n| task(&format!("t{n}"), MILLIS, "") + "\n").collect();
    let answer = server.send_to("/api/v1/ingest?atomic=true", &lines).await;
    assert_eq!(answer.counts()[0], 20_001);
    let reset = client.next().await.expect("an event");
    assert_eq!((reset.kind.as_str(), reset.text("reason")), ("reset", "too_much"));
    assert_eq!(reset.id, "20001.0.0.0.0.0.0");
}

#[tokio::test]
async fn kinds_and_fields_narrow_the_stream() {
    let server = Server::start().await;
    let url = |query: &str| server.url(&format!("/api/v1/stream?{query}"));
    let mut errors = Client::connect(&url("kinds=event&event_type=error&project=p"), None).await;
    let mut tasks = Client::connect(&url("kinds=task,healing&agent_id=a1"), None).await;
    let of = |id: &str, kind: &str, agent: &str, project: &str| {
        event(id, &format!(r#","project":"{project}""#))
            .replace("step", kind)
            .replace("\"a1\"", &format!("\"{agent}\""))
    };
    let lines = [of("e1", "error", "a1", "p"), of("e2", "step", "a1", "p"), of("e3", "error", "a2", "q")];
    let more = [task("t1", MILLIS, ""), of("e4", "error", "a2", "p"), task("t2", MILLIS, "").replace("a1", "a2")];
    let last = [task("t3", MILLIS, "")];
    server.send(&lines.iter().chain(&more).chain(&last).map(|line| format!("{line}\n")).collect::<String>()).await;
    assert_eq!(ids(&errors.take(2).await)["event"], ["e1", "e4"]);
    assert_eq!(ids(&tasks.take(2).await)["task"], ["t1", "t3"]);
}

#[tokio::test]
async fn who_only_counts_is_told_how_many_came() {
    let server = Server::start().await;
    let place = server.service.store().high_water().await.expect("readable");
    let lines: String =
        (0..5).map(|n| format!("{}\n{}\n", task(&format!("t{n}"), MILLIS, ""), event(&format!("e{n}"), ""))).collect();
    server.send(&lines).await;
    let mut client = Client::connect(&server.url(&format!("/api/v1/stream?form=counts&since={place}")), None).await;
    let mut counted = [0, 0];
    while counted != [5, 5] {
        let news = client.next().await.expect("the stream goes on");
        assert_eq!(news.kind, "news");
        counted[0] += news.data["task"].as_u64().unwrap_or(0);
        counted[1] += news.data["event"].as_u64().unwrap_or(0);
    }
    assert_eq!(client.last_id, "5.0.0.5.0.0.0");
}

#[tokio::test]
async fn a_quiet_stream_shows_that_it_is_alive_and_moves_the_place_on() {
    let server = with_stream(StreamSettings { heartbeat_seconds: 1, ..StreamSettings::default() }).await;
    let mut client = Client::connect(&server.url("/api/v1/stream?kinds=healing"), None).await;
    server.send(&task("t1", MILLIS, "")).await;
    client.heartbeat().await;
    client.heartbeat().await; // the first may have been on its way
    assert_eq!(client.last_id, "1.0.0.0.0.0.0", "what it does not want, it need not be told again");
}

#[tokio::test]
async fn more_clients_than_may_follow_are_asked_to_come_back() {
    let server = with_stream(StreamSettings { clients_max: 1, ..StreamSettings::default() }).await;
    let client = Client::connect(&server.url("/api/v1/stream"), None).await;
    let refused = server.get("/api/v1/stream").await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, "1"));
    assert_eq!(refused.detail(), "1 clients follow the stream already; come back later, or raise stream.clients_max");
    let metrics = server.get("/metrics").await.text;
    assert!(metrics.contains("moai_flow_stream_clients 1\n"), "{metrics}");
    assert!(metrics.contains("moai_flow_stream_refused_total 1\n"), "{metrics}");
    drop(client);
    eventually("the seat is free", async || server.service.feed_gauge().followers == 0).await;
    Client::connect(&server.url("/api/v1/stream"), None).await;
}

#[tokio::test]
async fn a_misspelt_question_is_refused_with_what_is_known() {
    let server = Server::start().await;
    for (query, reason) in [
        ("kind=task", "unknown query parameter `kind`; known: kinds, since, form, task_id"),
        ("kinds=tasks", "`kinds=tasks`: there is no kind `tasks`"),
        ("form=rows", "`form=rows`: write records or counts"),
        ("since=7", "`since=7` is no place in the order of arrival"),
        ("kinds=event&model=m", "no record of kind event has `model`"),
    ] {
        let answer = server.get(&format!("/api/v1/stream?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.detail().starts_with(reason), "{}", answer.detail());
    }
}

#[tokio::test]
async fn streams_end_with_the_server_and_do_not_hold_it_up() {
    let server = Server::start().await;
    let mut client = Client::connect(&server.url("/api/v1/stream"), None).await;
    assert!(server.stop().await, "every request was finished");
    assert_eq!(client.next().await, None);
}
