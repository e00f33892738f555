//! One data set, asked for in every way there is: the overview, REST, the command line, the
//! terminal dashboard, `/metrics`, the exports. Each
//! is compared with sums over the lines that were sent.

use std::path::Path;

use serde_json::Value;
use swarmscope::model::overview::PageQuery;
use swarmscope::model::{Micros, RangeSpec, RecordFilter};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};

use crate::common::{Answer, Serving, run};
use crate::scene::{Exposed, lines};

/// 2026-01-01T12:00:00Z in milliseconds.
const NOON_MS: i64 = 1_767_268_800_000;

/// What everybody must say.
#[derive(Debug, Clone, PartialEq)]
struct Figures {
    tasks: u64,
    succeeded: u64,
    failed: u64,
    timed_out: u64,
    tokens: u64,
    /// Added up, in milliseconds.
    duration_ms: f64,
}

impl Figures {
    /// By hand, over tasks as JSON.
    fn of<'a>(tasks: impl Iterator<Item = &'a Value>) -> Self {
        let mut figures = Self { tasks: 0, succeeded: 0, failed: 0, timed_out: 0, tokens: 0, duration_ms: 0.0 };
        for task in tasks {
            figures.tasks += 1;
            match task["result"].as_str() {
                Some("success") => figures.succeeded += 1,
                Some("failure") => figures.failed += 1,
                Some("timeout") => figures.timed_out += 1,
                other => panic!("{other:?}"),
            }
            figures.tokens += task["tokens_used"].as_u64().expect("tokens");
            figures.duration_ms += task["duration_ms"].as_f64().expect("a duration");
        }
        figures
    }

    /// From series of `/metrics` or of an export as Prometheus text.
    fn exposed(text: &str) -> Self {
        let exposed = Exposed::read(text);
        let count = |metric: &str, labels: &[&str]| exposed.sum(metric, labels) as u64;
        Self {
            tasks: count("moai_flow_tasks_total", &[]),
            succeeded: count("moai_flow_tasks_total", &["result=\"success\""]),
            failed: count("moai_flow_tasks_total", &["result=\"failure\""]),
            timed_out: count("moai_flow_tasks_total", &["result=\"timeout\""]),
            tokens: count("moai_flow_task_tokens_total", &[]),
            duration_ms: (exposed.sum("moai_flow_task_duration_seconds_sum", &[]) * 1e3).round(),
        }
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What the overview shows of everything.
async fn overview(db: &Path) -> swarmscope::model::overview::Overview {
    let store = Store::open(db, &StoreOptions::default()).await.expect("a store");
    let service = Service::new(store, Settings::default());
    let range = RangeSpec { from: RangeSpec::ALL.into(), to: String::new() };
    let query = PageQuery { range, filter: RecordFilter::default(), compare: false };
    let overview = service.overview(&query, Micros((NOON_MS + 60_000) * 1000)).await.expect("an overview");
    service.store().close().await;
    overview
}

#[tokio::test]
async fn everybody_who_is_asked_says_the_same() {
    let sent = lines(NOON_MS);
    let records: Vec<Value> = sent.lines().map(json).collect();
    let expected = Figures::of(records.iter().filter(|record| record["kind"] == "task"));
    assert_eq!((expected.tasks, expected.succeeded, expected.failed, expected.timed_out), (60, 51, 6, 3));

    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("s.db");
    std::fs::write(folder.path().join("r.ndjson"), &sent).expect("written");
    assert_eq!(run(folder.path(), &["--db", "s.db", "ingest", "r.ndjson"]).code, Some(0));
    let serving = Serving::start(db.clone());
    let client = reqwest::Client::new();
    let get = async |path: &str| {
        let answer = Answer::of(client.get(format!("http://{}{path}", serving.address))).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.text
    };

    // Prometheus text, made twice by different code: of the store's sums, and of its records.
    assert_eq!(Figures::exposed(&get("/metrics").await), expected, "/metrics");
    assert_eq!(Figures::exposed(&get("/api/v1/export/tasks.prom?from=all").await), expected, "the export as .prom");

    // Records, one by one.
    let ndjson: Vec<Value> = get("/api/v1/export/tasks.ndjson?from=all").await.lines().map(json).collect();
    assert_eq!(Figures::of(ndjson.iter()), expected, "the export as NDJSON");
    let ended = run(folder.path(), &["--db", "s.db", "export", "tasks", "--format", "ndjson"]);
    assert_eq!(Figures::of(ended.out.lines().map(json).collect::<Vec<_>>().iter()), expected, "`export`");
    let csv = get("/api/v1/export/tasks.csv?from=all").await;
    let mut rows = csv.lines().map(|line| line.split(',').collect::<Vec<_>>()); // no field of these has a comma
    let head = rows.next().expect("a head");
    let place = |name: &str| head.iter().position(|column| *column == name).unwrap_or_else(|| panic!("{name}: {csv}"));
    let (result, tokens, duration) = (place("result"), place("tokens_used"), place("duration_ms"));
    let tasks: Vec<Value> = rows
        .map(|row| {
            serde_json::json!({ "result": row[result], "tokens_used": json(row[tokens]), "duration_ms": json(row[duration]) })
        })
        .collect();
    assert_eq!(Figures::of(tasks.iter()), expected, "the export as CSV");
    let listed = json(&get("/api/v1/tasks?limit=1000").await);
    assert_eq!(Figures::of(listed["items"].as_array().expect("tasks").iter()), expected, "the list");

    // Figures: the summary by REST and on the command line are one object; the overview has the same ones.
    let summary = json(&get("/api/v1/summary").await);
    let printed = run(folder.path(), &["--db", "s.db", "summary", "--json"]);
    assert_eq!(json(&printed.out), summary, "`summary --json`");
    assert_eq!(summary["total_tasks"], expected.tasks);
    assert_eq!(summary["successful_tasks"], expected.succeeded);
    assert_eq!(summary["total_tokens_used"], expected.tokens);
    assert_eq!(summary["avg_duration_ms"], expected.duration_ms / 60.0);
    let text = run(folder.path(), &["--db", "s.db", "summary"]).out;
    assert!(text.contains("85.0 %  (51 of 60)"), "{text}");

    // The terminal dashboard, over the file and over the server.
    let range = ["--from", "2026-01-01T11:00:00Z", "--to", "2026-01-01T13:00:00Z"];
    let top = run(folder.path(), &[&["--db", "s.db", "top", "--once", "--json"], range.as_slice()].concat());
    let url = format!("http://{}", serving.address);
    let remote = run(folder.path(), &[&["top", "--once", "--json", "--url", url.as_str()], range.as_slice()].concat());
    for (how, ended) in [("`top --once`", top), ("`top --once --url`", remote)] {
        assert_eq!(ended.code, Some(0), "{how}: {ended:?}");
        let shown = &json(&ended.out)["summary"];
        for name in
            ["total_tasks", "successful_tasks", "rated_tasks", "success_rate", "total_tokens_used", "avg_duration_ms"]
        {
            assert_eq!(shown[name], summary[name], "{how}: {name}");
        }
        assert_eq!(
            (&shown["p95_duration_ms"], &shown["p99_duration_ms"]),
            (&summary["p95_duration_ms"], &summary["p99_duration_ms"])
        );
    }

    let totals = overview(&db).await.totals;
    assert_eq!((totals.tasks, totals.tokens.used.unsigned_abs()), (expected.tasks, expected.tokens), "the overview");
    let results = |word: &str| totals.results.get(word).copied().unwrap_or(0);
    assert_eq!([results("success"), results("failure"), results("timeout")], [51, 6, 3]);
    let durations = totals.durations.expect("durations");
    assert_eq!(durations.mean, expected.duration_ms / 60.0);
    assert_eq!(summary["p95_duration_ms"], durations.p95);
    assert_eq!(summary["p99_duration_ms"], durations.p99);
    assert_eq!(summary["unique_agents"], totals.active_agents);
    let rate = totals.success.expect("a rate");
    assert_eq!((rate.numerator, rate.denominator), (expected.succeeded, expected.tasks));

    // The page shows them.
    let page = get("/?from=all").await;
    assert!(page.contains("85.0"), "the success rate is on the page");
}
