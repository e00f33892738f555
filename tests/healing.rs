//! Healings over real files: what was reported and what is found in events, the rows that lie in the store, the
//! answers of page, route and command, late and sealed events, and what real transcripts hold.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use common::fixtures::Fixture;
use common::{NOON, Server, run};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use swarmscope::model::answer::Rate;
use swarmscope::model::healing::{HealingQuery, HealingReport, Mean, Origin, Origins};
use swarmscope::model::time::{DAY, MINUTE, SECOND};
use swarmscope::model::{Dataset, Micros, RangeSpec, Record, RecordFilter};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, SealOptions, Store, StoreOptions};
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};

/// A store with a fixed clock.
struct Ward {
    service: Service,
    folder: tempfile::TempDir,
}

/// A row as it lies in the file: time in seconds after noon, agent, strategy, failure type, success, milliseconds,
/// attempt.
type Row = (f64, String, String, String, Option<bool>, Option<f64>, i64);

fn at(second: i64) -> Micros {
    Micros(NOON + second * SECOND)
}

impl Ward {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), readers: 1, ..StoreOptions::default() };
        let store = Store::open(&folder.path().join("s.db"), &options).await.expect("a store");
        Self { service: Service::new(store, Settings::default()), folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("s.db")
    }

    async fn send(&self, lines: &[String]) {
        self.service.record(records(lines), Micros(NOON)).await.expect("stored");
    }

    /// Looks through what is new, as of `now`, and returns what lies in the file then.
    async fn look(&self, now: Micros) -> Vec<Row> {
        self.service.find_healings(now).await.expect("looked through");
        rows(&self.path()).await
    }

    async fn ask(&self, query: HealingQuery) -> HealingReport {
        self.service.healing(&query, at(86_400)).await.expect("an answer")
    }
}

fn records(lines: &[String]) -> Vec<Record> {
    let context = ParseContext { now: Micros(NOON + DAY), assume_offset: None };
    let mut records = Vec::new();
    for line in lines {
        parse(line.as_bytes(), &context, &mut records, &mut IgnoredFields::default())
            .unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    records
}

async fn connect(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a connection")
}

async fn rows(path: &Path) -> Vec<Row> {
    let mut file = connect(path).await;
    let rows = sqlx::query_as(
        "select (d.ts - ?1) / 1000000.0, a.name, s.name, f.name, d.success, d.duration_ms, d.attempt
         from derived_healing d join agent_name a on a.id = d.agent join strategy_name s on s.id = d.strategy
         join failure_name f on f.id = d.failure_type order by d.ts, a.name, f.name, d.attempt",
    )
    .bind(NOON)
    .fetch_all(&mut file)
    .await
    .expect("rows");
    file.close().await.expect("closed");
    rows
}

/// An event `second` seconds after noon that took `ms`; its id is made from all of that.
fn event(agent: &str, second: i64, event_type: &str, ms: i64) -> String {
    let time = (NOON / 1000) + second * 1000;
    format!(
        r#"{{"kind":"event","event_type":"{event_type}","agent_id":"{agent}","timestamp":{time},"event_id":"{agent}-{second}-{event_type}","project":"shop","metadata":{{"duration_ms":{ms}}}}}"#
    )
}

fn healing(second: i64, strategy: &str, success: bool, ms: f64, failure: &str) -> String {
    let time = (NOON / 1000) + second * 1000;
    format!(
        r#"{{"kind":"healing","strategy":"{strategy}","failure_type":"timeout","success":{success},"duration_ms":{ms},"failure_id":"{failure}","agent_id":"coder-1","detected_at":{},"timestamp":{time}}}"#,
        time - 5000
    )
}

fn row(second: f64, agent: &str, what: (&str, &str), success: Option<bool>, ms: Option<f64>, attempt: i64) -> Row {
    (second, agent.into(), what.0.into(), what.1.into(), success, ms, attempt)
}

const BASH: (&str, &str) = ("retry_tool", "tool_error:Bash");

fn all() -> HealingQuery {
    HealingQuery { range: RangeSpec { from: RangeSpec::ALL.into(), to: String::new() }, ..HealingQuery::default() }
}

#[tokio::test]
async fn healings_in_events_become_rows_once_and_failures_wait_until_the_limit() {
    let ward = Ward::new().await;
    ward.send(&[
        event("a", 0, "tool_error:Bash", 1000),
        event("a", 10, "tool_error:Bash", 0),
        event("a", 30, "tool:Bash", 2000),
        event("b", 40, "tool_error:Edit", 0),
        event("b", 45, "tool:Read", 500),
        event("c", 50, "tool_error:Bash", 0),
    ])
    .await;
    let decided =
        vec![row(10.0, "a", BASH, Some(false), Some(9000.0), 1), row(32.0, "a", BASH, Some(true), Some(22_000.0), 2)];
    let mut early = decided.clone();
    early.extend([
        row(40.0, "b", ("retry_tool", "tool_error:Edit"), None, None, 0),
        row(50.0, "c", BASH, None, None, 0),
    ]);
    assert_eq!(ward.look(at(60)).await, early);
    let report = ward.ask(all()).await;
    assert_eq!((report.waiting.failures, report.waiting.limit_ms, report.waiting.agents_behind), (2, 600_000, 0));
    assert_eq!((report.totals.total_failures, report.totals.total_healings), (1, 2));

    let mut late = decided;
    late.extend([
        row(45.5, "b", ("detour", "tool_error:Edit"), Some(true), Some(5500.0), 1),
        row(650.0, "c", BASH, Some(false), None, 1),
    ]);
    assert_eq!(ward.look(at(651)).await, late, "nobody wrote anything; the clock decided");
    assert_eq!(ward.service.find_healings(at(651)).await.expect("looked"), 0, "there is nothing to look through");
    assert_eq!(ward.ask(all()).await.waiting.failures, 0);
    ward.service.store().close().await;
}

#[tokio::test]
async fn what_comes_late_changes_what_was_found_and_twice_is_once() {
    let ward = Ward::new().await;
    ward.send(&[event("a", 0, "tool_error:Bash", 0), event("a", 900, "tool_error:Bash", 0)]).await;
    let alone = vec![row(600.0, "a", BASH, Some(false), None, 1), row(1500.0, "a", BASH, Some(false), None, 1)];
    assert_eq!(ward.look(at(2000)).await, alone);
    // Late: the first was healed after all, and a third failure joins both ends.
    ward.send(&[event("a", 500, "tool_error:Bash", 0)]).await;
    let joined = vec![
        row(500.0, "a", BASH, Some(false), Some(500_000.0), 1),
        row(900.0, "a", BASH, Some(false), Some(400_000.0), 2),
        row(1500.0, "a", BASH, Some(false), None, 3),
    ];
    assert_eq!(ward.look(at(2000)).await, joined);
    ward.send(&[event("a", 100, "tool:Bash", 0)]).await;
    let healed = vec![
        row(100.0, "a", BASH, Some(true), Some(100_000.0), 1),
        row(900.0, "a", BASH, Some(false), Some(400_000.0), 1),
        row(1500.0, "a", BASH, Some(false), None, 2),
    ];
    assert_eq!(ward.look(at(2000)).await, healed);
    ward.send(&[event("a", 100, "tool:Bash", 0)]).await;
    assert_eq!(ward.look(at(2000)).await, healed, "sent twice");
    ward.service.store().close().await;
}

#[tokio::test]
async fn events_in_any_order_and_in_sealed_days_give_the_same_rows() {
    let mut lines = Vec::new();
    for n in 0..40 {
        let tool = if n % 3 == 0 { "tool_error:Bash" } else { "tool:Bash" };
        lines.push(event("a", n * 97, tool, 500));
        lines.push(event("b", n * 61, if n % 5 == 0 { "api_error" } else { "tool:Read" }, 0));
    }
    let whole = Ward::new().await;
    whole.send(&lines).await;
    let expected = whole.look(at(100_000)).await;
    assert_eq!(expected.iter().filter(|row| row.1 == "a").count(), 14, "{expected:?}");

    let pieces = Ward::new().await;
    for chunk in lines.chunks(7).rev() {
        pieces.send(chunk).await;
        pieces.look(at(100_000)).await;
    }
    assert_eq!(rows(&pieces.path()).await, expected);

    let sealed = Ward::new().await;
    let (first, rest) = lines.split_at(30);
    sealed.send(rest).await;
    let day = Micros(NOON - NOON.rem_euclid(DAY));
    sealed.service.store().seal_day(Dataset::Events, day, &SealOptions::default()).await.expect("sealed");
    sealed.look(at(100_000)).await;
    sealed.send(first).await;
    sealed.service.store().seal_day(Dataset::Events, day, &SealOptions::default()).await.expect("sealed");
    assert_eq!(sealed.look(at(100_000)).await, expected);
    for ward in [whole, pieces, sealed] {
        ward.service.store().close().await;
    }
}

#[tokio::test]
async fn what_was_found_goes_with_its_events() {
    let ward = Ward::new().await;
    let next_day = 86_400;
    ward.send(&[
        event("a", 0, "tool_error:Bash", 0),
        event("a", 10, "tool:Bash", 0),
        event("a", next_day, "tool_error:Bash", 0),
        event("a", next_day + 20, "tool:Bash", 0),
    ])
    .await;
    assert_eq!(ward.look(at(next_day * 2)).await.len(), 2);
    let day = Micros(NOON - NOON.rem_euclid(DAY));
    ward.service.store().doom_day(Dataset::Events, day).await.expect("begun");
    while ward.service.store().delete_rows(Dataset::Events, day).await.expect("deleted").more {}
    #[expect(clippy::cast_precision_loss, reason = "small")]
    let left = vec![row((next_day + 20) as f64, "a", BASH, Some(true), Some(20_000.0), 1)];
    assert_eq!(rows(&ward.path()).await, left);
    assert_eq!(ward.look(at(next_day * 2)).await, left, "and does not come back");
    ward.service.store().close().await;
}

#[tokio::test]
async fn tasks_show_that_requests_were_answered_and_importers_correct_themselves() {
    let ward = Ward::new().await;
    let task = format!(
        r#"{{"kind":"task","task_id":"t-1","agent_id":"a","result":"success","timestamp":{},"duration_ms":60000}}"#,
        NOON / 1000 + 25_000
    );
    ward.send(&[event("a", 0, "api_retry", 0), task]).await;
    let request = ("retry_request", "api_error");
    assert_eq!(ward.look(at(5000)).await, [row(25.0, "a", request, Some(true), Some(25_000.0), 1)]);

    // A transcript's call is unanswered first, and turns out to have failed when more of it is read.
    let mut call = records(&[event("b", 100, "tool:Bash", 0), event("b", 130, "tool:Bash", 0)]);
    let source = |record: &mut Record, key: &str| {
        if let Record::Event(event) = record {
            event.source = Some(swarmscope::model::Source { file: "f".into(), key: key.into() });
        }
    };
    call.iter_mut().zip(["k-1", "k-2"]).for_each(|(record, key)| source(record, key));
    let mut failed = call[..1].to_vec();
    ward.service.record(call, Micros(NOON)).await.expect("stored");
    assert_eq!(ward.look(at(5000)).await.len(), 1);
    if let Record::Event(event) = &mut failed[0] {
        event.event_type = "tool_error:Bash".into();
    }
    ward.service.record(failed, Micros(NOON)).await.expect("stored");
    assert_eq!(ward.look(at(5000)).await[1], row(130.0, "b", BASH, Some(true), Some(30_000.0), 1));
    ward.service.store().close().await;
}

#[tokio::test]
async fn figures_of_reported_and_derived_attempts_stand_together_and_apart() {
    let ward = Ward::new().await;
    let mut lines = vec![event("a", 0, "tool_error:Bash", 0), event("a", 4, "tool:Bash", 0)];
    // Twenty attempts at ten failures, every second one of which works, in 100 and 300 ms.
    for n in 0..20 {
        lines.push(healing(
            100 + n,
            "restart",
            n % 2 == 1,
            if n % 2 == 1 { 300.0 } else { 100.0 },
            &format!("f{}", n / 2),
        ));
    }
    ward.send(&lines).await;
    let day = Micros(NOON - NOON.rem_euclid(DAY));
    ward.look(at(5000)).await;
    let rows = ward.ask(all()).await;
    ward.service.store().seal_day(Dataset::Healings, day, &SealOptions::default()).await.expect("sealed");
    let sealed = ward.ask(all()).await;
    assert_eq!(sealed.totals, rows.totals, "sealed or not");
    assert_eq!((rows.totals.total_failures, rows.totals.total_healings), (11, 21));
    let (origin, reported) = rows.by_origin[0];
    assert_eq!((origin, reported.total_failures, reported.healed_failures), (Origin::Reported, 10, Rate::new(10, 10)));
    assert_eq!(reported.success.map(|success| success.rate), Rate::new(10, 20));
    assert_eq!(reported.avg_healing_time_ms, Some(Mean { ms: 200.0, n: 20 }));
    assert_eq!(reported.mttr_ms, Some(Mean { ms: 300.0, n: 10 }));
    assert_eq!(reported.detection_to_recovery_ms, Some(Mean { ms: 5000.0, n: 10 }));
    let (origin, derived) = rows.by_origin[1];
    assert_eq!(
        (origin, derived.total_healings, derived.mttr_ms),
        (Origin::Derived, 1, Some(Mean { ms: 4000.0, n: 1 }))
    );

    let names = |report: &HealingReport| -> Vec<(String, Origin, u64, u64)> {
        let row = |row: &swarmscope::model::healing::StrategyRow| {
            (row.strategy.clone(), row.origin, row.success_count, row.failure_count)
        };
        report.by_strategy.iter().map(row).collect()
    };
    let restart = ("restart".to_owned(), Origin::Reported, 10, 10);
    let retry = ("retry_tool".to_owned(), Origin::Derived, 1, 0);
    assert_eq!(names(&rows), [restart.clone(), retry.clone()]);
    assert_eq!(
        names(&ward.ask(HealingQuery { origins: Origins::Reported, ..all() }).await),
        std::slice::from_ref(&restart)
    );
    assert_eq!(
        names(&ward.ask(HealingQuery { origins: Origins::Derived, ..all() }).await),
        std::slice::from_ref(&retry)
    );
    let by = async |filter: RecordFilter| names(&ward.ask(HealingQuery { filter, ..all() }).await);
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(by(RecordFilter { agent_id: some("a"), ..RecordFilter::default() }).await, std::slice::from_ref(&retry));
    assert_eq!(
        by(RecordFilter { project: some("shop"), ..RecordFilter::default() }).await,
        std::slice::from_ref(&retry)
    );
    assert_eq!(by(RecordFilter { failure_type: some("timeout"), ..RecordFilter::default() }).await, [restart]);
    assert_eq!(by(RecordFilter { strategy: some("retry_tool"), ..RecordFilter::default() }).await, [retry]);
    assert_eq!(by(RecordFilter { strategy: some("nobody's"), ..RecordFilter::default() }).await, []);
    let worked = by(RecordFilter { success: some("true"), ..RecordFilter::default() }).await;
    assert_eq!(worked.iter().map(|row| (row.2, row.3)).collect::<Vec<_>>(), [(10, 0), (1, 0)]);
    ward.service.store().close().await;
}

#[tokio::test]
async fn pages_of_attempts_hold_every_one_once_whatever_their_times() {
    let ward = Ward::new().await;
    let mut lines = Vec::new();
    for n in 0..6 {
        lines.push(event(&format!("a{n}"), 0, "tool_error:Bash", 0));
        lines.push(event(&format!("a{n}"), 10, "tool:Bash", 0));
        lines.push(healing(10, "restart", true, 5.0, &format!("f{n}"))); // all twelve at the same instant
    }
    ward.send(&lines).await;
    ward.look(at(5000)).await;
    for limit in [1, 4, 5, 12, 50] {
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let page = ward.service.healing_page(&all(), cursor.as_deref(), limit, at(5000)).await.expect("a page");
            assert!(page.items.len() <= limit as usize);
            seen.extend(page.items.into_iter().map(|item| (item.origin, std::cmp::Reverse(item.row))));
            match page.next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(seen.len(), 12, "limit {limit}");
        assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "limit {limit}: {seen:?}");
    }
    let page = ward.service.healing_page(&all(), None, 5, at(5000)).await.expect("a page");
    let other = HealingQuery { origins: Origins::Derived, ..all() };
    let refused = ward.service.healing_page(&other, page.next.as_deref(), 5, at(5000)).await.expect_err("refused");
    assert!(refused.problem().detail.contains("another question"));
    ward.service.store().close().await;
}

#[tokio::test]
async fn the_route_the_files_and_the_command_say_the_same() {
    let server = Server::start().await;
    let lines = [
        event("a", 0, "tool_error:Bash", 0),
        event("a", 4, "tool:Bash", 0),
        healing(100, "restart", true, 250.0, "f1"),
        healing(101, "=restart", false, 50.0, "f2"),
    ];
    assert_eq!(server.send(&lines.join("\n")).await.status, 200);
    server.service.find_healings(at(5000)).await.expect("looked through");
    let body = server.get("/api/v1/healing").await.json();
    assert_eq!((body["total_failures"].as_u64(), body["total_healings"].as_u64()), (Some(3), Some(3)), "{body}");
    assert_eq!(body["by_strategy"].as_array().map(Vec::len), Some(3));
    assert_eq!(body["newest"][2]["evidence"][1]["id"], "a-4-tool:Bash");
    assert_eq!(body["newest"][2]["origin"], "derived");
    let zone = server.get("/api/v1/healing?tz=Asia/Tokyo&origin=derived").await.json();
    assert_eq!(zone["failures_by_hour"]["counts"][0][21], 1, "noon in Tokyo is nine in the evening");
    let pages = server.get("/api/v1/healing/attempts?limit=2").await.json();
    let next = pages["next_cursor"].as_str().expect("more");
    let last = server.get(&format!("/api/v1/healing/attempts?cursor={next}")).await.json();
    assert_eq!((last["items"].as_array().map(Vec::len), &last["next_cursor"]), (Some(1), &serde_json::Value::Null));
    let differs = server.get(&format!("/api/v1/healing/attempts?origin=derived&cursor={next}")).await;
    assert!(differs.status == 400 && differs.detail().contains("`origin` differs"));

    let csv = server.get("/api/v1/healing/attempts.csv").await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"swarmscope-healing-attempts.csv\"");
    assert_eq!(csv.text.lines().count(), 4, "{}", csv.text);
    assert!(csv.text.contains("\r\nreported,2026-01-01T12:01:41Z,'=restart,timeout,false,50.0,"), "{}", csv.text);
    let json = server.get("/api/v1/healing/attempts.json").await.json();
    assert_eq!(json.as_array().map(Vec::len), Some(3));
    assert_eq!(server.get("/api/v1/healing/attempts.json?agent_id=nobody").await.json(), serde_json::json!([]));
    let csv = server.get("/api/v1/healing/strategies.csv?origin=derived").await.text;
    assert!(csv.lines().nth(1).is_some_and(|line| line.starts_with("retry_tool,derived,1,0,1.0,")), "{csv}");
    for (path, part) in [
        ("/api/v1/healing?swarm_id=s", "unknown query parameter"),
        ("/api/v1/healing?origin=all", "both, reported or derived"),
        ("/api/v1/healing?tz=Mars/Base", "there is no zone"),
        ("/api/v1/healing/attempts.xlsx", "there is no file"),
    ] {
        let refused = server.get(path).await;
        assert!(refused.detail().contains(part), "{path}: {}", refused.text);
    }
    server.stop().await;
}

#[test]
fn the_command_looks_for_itself_and_speaks_text_and_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let lines = [
        event("a", 0, "tool_error:Bash", 0),
        event("a", 4, "tool:Bash", 0),
        healing(100, "restart", true, 250.0, "f1"),
    ];
    std::fs::write(folder.path().join("r.ndjson"), lines.join("\n")).expect("written");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]).code, Some(0));
    let text = run(folder.path(), &["--db", "s.db", "healing"]);
    assert_eq!(text.code, Some(0), "{text:?}");
    for part in ["retry_tool  derived   1 of 1", "1 of 1", "not enough data", "250.0 ms", "4.00 s"] {
        assert!(text.out.contains(part), "{part}: {}", text.out);
    }
    let json = run(folder.path(), &["--db", "s.db", "healing", "--origin", "derived", "--json"]);
    let body: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!((body["total_healings"].as_u64(), body["agents_behind"].as_u64()), (Some(1), Some(0)));
    assert_eq!(run(folder.path(), &["--db", "s.db", "healing", "--origin", "any"]).code, Some(2));
    assert_eq!(run(folder.path(), &["--db", "s.db", "healing", "--from", "yesterday"]).code, Some(2));
}

#[tokio::test]
async fn what_older_stores_hold_is_looked_through_once() {
    for fixture in Fixture::all().into_iter().filter(|fixture| fixture.version < 7) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.db");
        fixture.build(&path).await;
        let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), readers: 1, ..StoreOptions::default() };
        let store = Store::open(&path, &options).await.expect("a store");
        let service = Service::new(store, Settings::default());
        let (first, second) = (service.find_healings(at(0)).await, service.find_healings(at(0)).await);
        assert!(first.expect("looked through") > 0, "schema {}", fixture.version);
        assert_eq!(second.expect("looked through"), 0, "schema {}", fixture.version);
        service.store().close().await;
    }
}

#[tokio::test]
async fn no_data_says_so() {
    let ward = Ward::new().await;
    let report = ward.ask(all()).await;
    assert_eq!((report.totals.total_healings, report.totals.success, report.totals.mttr_ms), (0, None, None));
    assert!(report.recommendations[0].text.starts_with("No healings here"), "{:?}", report.recommendations);
    assert!(report.by_strategy.is_empty() && report.distribution.is_none());
    ward.service.store().close().await;
}

/// A tool call of a transcript, as its event says: its agent, tool, id, whether it failed, and from when to when.
struct Call {
    agent: String,
    tool: String,
    id: String,
    failed: bool,
    reply: String,
    from: i64,
    until: i64,
}

async fn calls(service: &Service) -> Vec<Call> {
    let stored = common::stored(service.store(), Dataset::Events).await.into_iter();
    let call = |record: Record| {
        let Record::Event(event) = record else { return None };
        let failed = event.event_type.strip_prefix("tool_error:");
        let tool = failed.or_else(|| event.event_type.strip_prefix("tool:"))?.to_owned();
        let note: serde_json::Value = serde_json::from_str(&event.metadata?.0).expect("JSON");
        let from = event.timestamp.0;
        let until = from + (note["duration_ms"].as_f64().unwrap_or(0.0) * 1000.0) as i64;
        let (agent, id) = (event.agent_id.as_str().to_owned(), event.event_id?.as_str().to_owned());
        let (failed, reply) = (failed.is_some(), note["reply"].as_str().unwrap_or_default().to_owned());
        Some(Call { agent, tool, id, failed, reply, from, until }).filter(|_| note["unanswered"].is_null())
    };
    stored.filter_map(call).collect()
}

/// Each healing of real transcripts against the calls themselves, by other means than those that found it.
#[tokio::test]
async fn what_is_found_in_real_transcripts_holds_against_their_calls() {
    let data = std::env::var_os("SWARMSCOPE_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let folder = data.join("claude-code/projects");
    if !folder.is_dir() {
        println!("SKIPPED: no claude-code/projects in SWARMSCOPE_DATA or ../shared/data");
        return;
    }
    let ward = Ward::new().await;
    ward.service.import_claude_code(vec![folder], Arc::new(|_| {})).await.expect("imports");
    ward.look(Micros(NOON + 400 * DAY)).await;
    let query = HealingQuery { origins: Origins::Derived, ..all() };
    let page = ward.service.healing_page(&query, None, 10_000, at(0)).await.expect("a page");
    let calls = calls(&ward.service).await;
    let judged =
        |call: &&Call| call.failed && !["ExitPlanMode", "AskUserQuestion", "?unmatched"].contains(&&*call.tool);
    let of_tools: Vec<_> = page.items.iter().filter(|item| item.failure_type.starts_with("tool_error:")).collect();
    let by_id = |id: &str| calls.iter().find(|call| call.id == id).expect("evidence is stored");
    let mut told = std::collections::BTreeSet::new();
    for item in &of_tools {
        let failure = by_id(item.failure_id.as_deref().expect("a failure"));
        assert!(failure.failed && item.failure_type == format!("tool_error:{}", failure.tool));
        told.insert(failure.id.clone());
        let [last, ending @ ..] = item.evidence.as_slice() else { panic!("no evidence: {item:?}") };
        let last = by_id(&last.id);
        let of_agent = || {
            calls.iter().filter(|call| call.agent == last.agent && call.from > last.until && call.reply != last.reply)
        };
        let in_time = || of_agent().filter(|call| call.from <= last.until + 10 * MINUTE);
        let same = || in_time().filter(|call| call.tool == last.tool);
        match ending {
            [] => assert!(!item.success && in_time().all(|call| call.failed && call.tool != last.tool)),
            [ending] => {
                let ending = by_id(&ending.id);
                told.insert(ending.id.clone());
                assert_eq!(item.success, !ending.failed);
                assert_eq!(item.timestamp.0, ending.until.max(last.until));
                assert!(ending.from > last.until && ending.from <= last.until + 10 * MINUTE);
                if item.strategy == "detour" {
                    assert!(same().next().is_none() && ending.tool != last.tool);
                } else {
                    assert_eq!(same().map(|call| call.from).min(), Some(ending.from), "the first call after it");
                }
            }
            more => panic!("{more:?}"),
        }
    }
    // A failed call that no healing tells of ran side by side with one that failed, too.
    for call in calls.iter().filter(judged).filter(|call| !told.contains(&call.id)) {
        let beside = |other: &&Call| {
            other.id != call.id
                && other.failed
                && (&other.agent, &other.tool) == (&call.agent, &call.tool)
                && other.from <= call.from
                && (call.from <= other.until || call.reply == other.reply)
        };
        assert!(calls.iter().any(|other| beside(&other)), "{} of {} is in no healing", call.id, call.agent);
    }
    let failed = calls.iter().filter(judged).count();
    println!("{} attempts, {} of tools, over {failed} failed calls", page.items.len(), of_tools.len());
    assert!(failed > 0 && !of_tools.is_empty());
    ward.service.store().close().await;
}
