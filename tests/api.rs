//! The rest of the HTTP interface: lists and cursors, guards, problems, probes, metrics, the document.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::{Answer, NOON, Server, task};
use swarmscope::config::Config;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MILLIS: i64 = NOON / 1000;

/// 25 tasks in pairs of the same time, two agents, one failure.
async fn filled() -> Server {
    let server = Server::start().await;
    let lines: String = (0..25)
        .map(|n| {
            let (agent, result) = (["a1", "a2"][n as usize % 2], if n == 7 { "failure" } else { "success" });
            let time = MILLIS + n / 2 * 60_000;
            format!("{{\"kind\":\"task\",\"task_id\":\"t{n:02}\",\"agent_id\":\"{agent}\",\"result\":\"{result}\",\"timestamp\":{time}}}\n")
        })
        .collect();
    assert_eq!(server.send(&lines).await.counts(), [25, 0, 0, 0]);
    server
}

fn ids(answer: &Answer) -> Vec<String> {
    let json = answer.json();
    let items = json["items"].as_array().unwrap_or_else(|| panic!("{}", answer.text));
    items.iter().map(|item| item["task_id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat_in_both_orders() {
    let server = filled().await;
    let all = ids(&server.get("/api/v1/tasks?order=asc").await);
    assert_eq!(all.len(), 25);
    for order in ["asc", "desc"] {
        let (mut seen, mut path) = (Vec::new(), format!("/api/v1/tasks?order={order}&limit=4"));
        let mut pages = 0;
        loop {
            let page = server.get(&path).await;
            pages += 1;
            seen.extend(ids(&page));
            match page.json()["next_cursor"].as_str() {
                Some(cursor) => path = format!("/api/v1/tasks?limit=4&cursor={cursor}"),
                None => break,
            }
        }
        if order == "desc" {
            seen.reverse();
        }
        assert_eq!((pages, &seen), (7, &all), "{order}");
    }
}

#[tokio::test]
async fn a_cursor_keeps_its_range_while_the_clock_and_the_data_move_on() {
    let server = filled().await;
    let first = server.get("/api/v1/tasks?to=2026-01-01T12:05:00Z&order=asc&limit=3&agent_id=a1").await;
    assert_eq!(ids(&first), ["t00", "t02", "t04"]);
    let cursor = first.json()["next_cursor"].as_str().unwrap_or_default().to_owned();
    let next = server.get(&format!("/api/v1/tasks?cursor={cursor}")).await;
    assert_eq!(ids(&next), ["t06", "t08"], "12:05 itself is outside");
    assert!(next.json()["next_cursor"].is_null());
    for (beside, name) in [("agent_id=a2", "agent_id"), ("order=desc", "order"), ("from=now-1h", "from")] {
        let answer = server.get(&format!("/api/v1/tasks?cursor={cursor}&{beside}")).await;
        assert_eq!(answer.status, 400);
        assert!(answer.detail().starts_with(&format!("`{name}` differs")), "{}", answer.text);
    }
    assert_eq!(server.get(&format!("/api/v1/events?cursor={cursor}")).await.status, 400);
}

#[tokio::test]
async fn lists_filter_by_field_and_time_and_give_back_what_ingest_takes() {
    let server = filled().await;
    assert_eq!(ids(&server.get("/api/v1/tasks?result=failure").await), ["t07"]);
    assert_eq!(ids(&server.get("/api/v1/tasks?task_id=t03").await), ["t03"]);
    let range = format!("/api/v1/tasks?order=asc&from={}&to=2026-01-01T12:02:00Z", MILLIS + 60_000);
    assert_eq!(ids(&server.get(&range).await), ["t02", "t03"]);
    let item = &server.get("/api/v1/tasks?task_id=t07").await.json()["items"][0];
    assert_eq!(item["timestamp"], "2026-01-01T12:03:00Z");
    let again = server.send(&item.to_string()).await;
    assert_eq!(again.counts(), [0, 1, 0, 0], "an item sent back is the same record");
    for path in ["agent-metrics", "swarm-metrics", "events", "healings"] {
        let answer = server.get(&format!("/api/v1/{path}")).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, r#"{"items":[],"next_cursor":null}"#));
    }
}

#[tokio::test]
async fn what_a_list_cannot_answer_is_a_400_that_says_why() {
    let server = Server::start().await;
    for (query, reason) in [
        (
            "limt=5",
            "unknown query parameter `limt`; known: task_id, agent_id, swarm_id, result, model, project, from, to, sort, order, limit, cursor",
        ),
        ("limit=0", "`limit=0`: write a whole number from 1 to 10000"),
        ("limit=10001", "`limit=10001`: write a whole number from 1 to 10000"),
        ("order=up", "`order=up`: write asc or desc"),
        ("agent_id=", "filter `agent_id` is empty; leave it out to see all"),
        (
            "from=then",
            "`from`: `then` is no time; write RFC 3339 (2026-01-31T12:00:00Z), epoch milliseconds, or now-6h",
        ),
        ("from=now&to=now-1h", "the range is empty: `from` must lie before `to`"),
        ("cursor=abc", "`cursor` is not one that was given out here; start again without it"),
        ("agent_id=%ff", "`%ff` in the query string is not percent-encoded UTF-8"),
    ] {
        let answer = server.get(&format!("/api/v1/tasks?{query}")).await;
        assert_eq!((answer.status, answer.detail().as_str()), (400, reason));
    }
    assert!(server.get("/api/v1/tasks?from=now-6h&to=now").await.status == 200);
}

#[tokio::test]
async fn a_foreign_page_can_neither_read_nor_write() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    let post = |headers: &[(&'static str, &str)]| {
        let mut request =
            server.client.post(server.url("/api/v1/ingest")).header("content-type", "application/x-ndjson");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::of(request.body(task("t", MILLIS, "")))
    };
    for headers in [
        [("host", "evil.example"), ("accept", "*/*")],
        [("host", "127.0.0.1.evil.example:3000"), ("accept", "*/*")],
        [("origin", "http://evil.example"), ("accept", "*/*")],
        [("origin", "null"), ("accept", "*/*")],
        [("origin", "http://localhost:1"), ("accept", "*/*")],
        [("origin", &own), ("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site"), ("accept", "*/*")],
    ] {
        let answer = post(&headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(!answer.detail().is_empty());
    }
    assert_eq!(server.stored(swarmscope::model::Dataset::Tasks).await, []);
    assert_eq!(post(&[("origin", &own), ("sec-fetch-site", "same-origin")]).await.counts(), [1, 0, 0, 0]);
    let read = Answer::of(server.client.get(server.url("/api/v1/tasks")).header("host", "evil.example")).await;
    assert_eq!((read.status, read.text.contains("t1")), (403, false));
    let call = server.client.get(server.url("/rpc/load_overview")).header("origin", "http://evil.example");
    assert_eq!(Answer::of(call).await.status, 403);
}

#[tokio::test]
async fn every_answer_names_its_request_and_protects_itself() {
    let server = Server::start().await;
    let named = Answer::of(server.client.get(server.url("/api/v1/nothing")).header("x-request-id", "mine-1")).await;
    assert_eq!((named.status, named.header("x-request-id")), (404, "mine-1"));
    assert!(named.detail().starts_with("there is nothing at /api/v1/nothing"));
    let odd = Answer::of(server.client.get(server.url("/livez")).header("x-request-id", "two words")).await;
    assert_ne!(odd.header("x-request-id"), "two words");
    assert_eq!(odd.header("x-request-id").len(), 32);
    assert_eq!(odd.header("x-content-type-options"), "nosniff");
    assert!(odd.header("content-security-policy").contains("frame-ancestors 'none'"));
    let wrong = Answer::of(server.client.delete(server.url("/api/v1/tasks"))).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, "GET,HEAD"));
    assert_eq!(wrong.detail(), "DELETE is not answered at /api/v1/tasks");
}

#[tokio::test]
async fn probes_say_yes_and_list_their_checks() {
    let server = Server::start().await;
    for path in ["/livez", "/readyz", "/startupz"] {
        let answer = server.get(path).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "ok\n"), "{path}");
        let verbose = server.get(&format!("{path}?verbose")).await;
        assert!(verbose.text.starts_with("[+]") && verbose.text.ends_with(" ok\nok\n"), "{}", verbose.text);
        assert_eq!(server.get(&format!("{path}?verbos")).await.status, 400);
    }
    server.service.store().close().await;
    let answer = server.get("/readyz?verbose").await;
    assert_eq!(answer.status, 503);
    assert!(answer.text.contains("[-]") && answer.text.ends_with("not ok\n"), "{}", answer.text);
    assert_eq!(server.get("/livez").await.status, 200, "a closed store is no reason to be killed");
}

#[tokio::test]
async fn metrics_have_the_documented_names() {
    let server = filled().await;
    let event = |n: u32| format!("{{\"kind\":\"event\",\"event_type\":\"spawn\\\"{n}\",\"agent_id\":\"now\"}}\n");
    assert_eq!(server.send(&(event(1) + &event(1) + &event(2))).await.counts(), [3, 0, 0, 0]);
    server.get("/api/v1/tasks").await;
    let answer = server.get("/metrics").await;
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "moai_flow_events_total{event_type=\"spawn\\\"1\"} 2",
        "moai_flow_events_total{event_type=\"spawn\\\"2\"} 1",
        "moai_flow_agents_active 1",
        "moai_flow_query_duration_seconds_count{query_type=\"tasks\"} 1",
        "moai_flow_errors_total 0",
        "moai_flow_records_stored_total 28",
        "# TYPE moai_flow_db_size_bytes gauge",
        "# TYPE process_resident_memory_bytes gauge",
    ] {
        assert!(answer.text.lines().any(|have| have == line), "{line} is missing in\n{}", answer.text);
    }
    let open =
        Answer::of(server.client.get(server.url("/metrics")).header("accept", "application/openmetrics-text")).await;
    assert!(open.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(open.text.ends_with("# EOF\n"));
}

#[tokio::test]
async fn the_document_lists_every_route_that_answers() {
    let server = Server::start().await;
    let document = server.get("/api/v1/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths: BTreeSet<&str> = document["paths"].as_object().expect("paths").keys().map(String::as_str).collect();
    for path in [
        "/api/v1/ingest",
        "/api/v1/tasks",
        "/api/v1/agent-metrics",
        "/api/v1/swarm-metrics",
        "/api/v1/events",
        "/api/v1/healings",
        "/api/v1/export/{file}",
        "/api/v1/openapi.json",
        "/livez",
        "/readyz",
        "/startupz",
        "/metrics",
    ] {
        assert!(paths.contains(path), "{path} is missing");
    }
    // A stream has no end; tests/stream follows it.
    for path in paths.into_iter().filter(|path| *path != "/api/v1/stream") {
        let operations = document["paths"][path].as_object().expect("operations");
        for (method, operation) in operations {
            assert!(operation["responses"].as_object().is_some_and(|all| !all.is_empty()), "{method} {path}");
            let method = method.to_uppercase().parse().expect("a method");
            let concrete = path.replace("{file}", "tasks.csv").replace("{task}", "check");
            let status = Answer::of(server.client.request(method, server.url(&concrete))).await.status;
            assert!(status != 405 && status < 500, "{path} answers {status}");
        }
    }
}

#[tokio::test]
async fn clients_that_stop_sending_are_let_go() {
    let mut config = Config::default();
    config.server.header_seconds = 1;
    config.server.body_idle_seconds = 1;
    let server = Server::start_with(config).await;
    let head = format!("POST /api/v1/ingest HTTP/1.1\r\nhost: {}\r\ncontent-length: 9\r\n", server.address);
    let mut silent = tokio::net::TcpStream::connect(server.address).await.expect("connected");
    silent.write_all(head.as_bytes()).await.expect("sent");
    let mut slow = tokio::net::TcpStream::connect(server.address).await.expect("connected");
    slow.write_all(format!("{head}content-type: application/json\r\n\r\n[").as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), silent.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "the connection without a whole head is closed");
    let mut answer = vec![0; 4096];
    let length = slow.read(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("nothing came for 1 s"), "{answer}");
}

#[tokio::test]
async fn answers_are_compressed_for_who_takes_it() {
    let server = filled().await;
    let answer = server
        .client
        .get(server.url("/api/v1/tasks"))
        .header("accept-encoding", "gzip")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers().get("content-encoding").map(|value| value.as_bytes()), Some(b"gzip".as_slice()));
    assert_eq!(server.get("/api/v1/tasks").await.header("content-encoding"), "");
}
