//! What exports cost: rows per second, bytes, and how much memory they take on top. Prints, asserts
//! nothing. Rows: `SWARMSCOPE_BENCH_ROWS`, default 300 000.
//!
//! Each form is written twice as many rows apart, so that memory that grew with the rows would show.

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench reports to the terminal and stops on any failure"
)]

use std::time::Instant;

use futures::StreamExt;
use swarmscope::model::{
    Dataset, Format, Json, Micros, Outcome, Record, RecordFilter, Selection, TaskRecord, TimeRange, TokenCounts,
};
use swarmscope::service::export::ExportRequest;
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use swarmscope::wire::Layout;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START: i64 = 1_767_268_800_000_000; // 2026-01-01T12:00:00Z
const AGENTS: i64 = 200;

fn task(n: i64) -> Record {
    Record::Task(TaskRecord {
        task_id: format!("0190a6e5-9c3b-7d2e-8f10-{n:012x}").try_into().expect("an id"),
        agent_id: format!("agent-{}", n * 7919 % AGENTS).try_into().expect("an id"),
        result: Some(if n % 10 == 0 { Outcome::Failure } else { Outcome::Success }),
        timestamp: Micros(START + n * 250_000),
        duration_ms: Some(f64::from(u32::try_from(n * 48_271 % 60_000).expect("small")) + 0.5),
        tokens_used: Some(n % 5000),
        files_changed: Some(n % 7),
        swarm_id: Some(format!("swarm-{}", n % 20).try_into().expect("an id")),
        model: Some("model-a".into()),
        tokens: TokenCounts { input: Some(n % 3000), output: Some(n % 2000), ..TokenCounts::default() },
        cost_usd: None,
        metadata: Some(Json(r#"{"branch": "main", "attempt": 1}"#.into())),
        project: Some("apollo".into()),
        source: None,
    })
}

/// Resident memory now and at its highest since [`forget_peak`], in KiB.
fn memory() -> Option<(u64, u64)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let field = |name: &str| status.lines().find(|l| l.starts_with(name))?.split_whitespace().nth(1)?.parse().ok();
    Some((field("VmRSS:")?, field("VmHWM:")?))
}

/// Starts the highest mark anew (Linux; elsewhere there is none).
fn forget_peak() {
    drop(std::fs::write("/proc/self/clear_refs", "5"));
}

async fn measure(service: &Service, selection: Selection, format: Format, range: TimeRange, rows: i64) {
    forget_peak();
    let before = memory();
    let started = Instant::now();
    let request = ExportRequest {
        selection,
        format,
        range,
        filter: RecordFilter::default(),
        layout: Layout::default(),
        gzip: false,
    };
    let mut chunks = service.export(request).expect("a form that fits");
    let (mut bytes, mut first) = (0, None);
    while let Some(chunk) = chunks.next().await {
        bytes += chunk.expect("readable").len();
        first.get_or_insert(started.elapsed());
    }
    let seconds = started.elapsed().as_secs_f64();
    let grown = match (before, memory()) {
        (Some((resident, _)), Some((_, peak))) => format!("{:.1} MiB", peak.saturating_sub(resident) as f64 / 1024.0),
        _ => "not measured".into(),
    };
    println!(
        "{:>5}.{:<12} {rows:>9} rows {:>9.0} rows/s {:>7.1} MB {:>7.1} MB/s  first byte {:>6.0} ms  memory on top {grown}",
        selection.as_str(),
        format.extension(),
        rows as f64 / seconds,
        bytes as f64 / 1e6,
        bytes as f64 / 1e6 / seconds,
        first.unwrap_or_default().as_secs_f64() * 1e3,
    );
}

#[tokio::main]
async fn main() {
    let rows = std::env::var("SWARMSCOPE_BENCH_ROWS").ok().and_then(|text| text.parse().ok()).unwrap_or(300_000_i64);
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(&folder.path().join("bench.db"), &StoreOptions::default()).await.expect("a store");
    for start in (0..rows).step_by(10_000) {
        store.write((start..rows.min(start + 10_000)).map(task).collect()).await.expect("stored");
    }
    let service = Service::new(store, Settings::default());
    let half = TimeRange::new(Micros(START), Micros(START + rows / 2 * 250_000)).expect("half the rows");
    for format in Format::ALL {
        for (range, rows) in [(half, rows / 2), (TimeRange::ALL, rows)] {
            measure(&service, Selection::One(Dataset::Tasks), format, range, rows).await;
        }
    }
    measure(&service, Selection::All, Format::Json, half, rows / 2).await;
    measure(&service, Selection::All, Format::Json, TimeRange::ALL, rows).await;
    service.store().close().await;
}
