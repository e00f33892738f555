//! How long the overview's one answer takes over a full store. Prints figures, asserts nothing about time.
//!
//! `cargo bench --bench overview`; `SWARMSCOPE_BENCH_TASKS` changes the number of tasks (1 000 000),
//! `SWARMSCOPE_BENCH_DB` names a store of an earlier run to use again (it is made when it is not there).

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use swarmscope::model::overview::{Overview, PageQuery};
use swarmscope::model::{Micros, Outcome, RangeSpec, Record, RecordFilter, TaskRecord, TokenCounts};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, Store, StoreOptions};

const AGENTS: u64 = 50;
const SWARMS: u64 = 5;
const DAY: i64 = 86_400_000_000;
const SPAN: i64 = 14 * DAY;
const BATCH: i64 = 10_000;
/// 2026-01-15T10:23:45Z: the ragged end of ordinary ranges.
const NOW: i64 = 1_768_472_625_000_000;
const ROUNDS: usize = 15;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let tasks = std::env::var("SWARMSCOPE_BENCH_TASKS").ok().map_or(Ok(1_000_000), |text| text.parse::<i64>())?;
    tokio::runtime::Runtime::new()?.block_on(run(tasks))
}

async fn run(tasks: i64) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let path = std::env::var_os("SWARMSCOPE_BENCH_DB").map_or_else(|| folder.path().join("s.db"), PathBuf::from);
    let filled = path.exists();
    let clock = Arc::new(AtomicI64::new(NOW));
    let told = Arc::clone(&clock);
    let clock_of_store = Clock::new(move || Micros(told.load(Ordering::SeqCst)));
    let store = Store::open(&path, &StoreOptions { clock: clock_of_store, ..StoreOptions::default() }).await?;
    if !filled {
        fill(&store, tasks, &clock).await?;
    }
    let service = Service::new(store, Settings::default());
    println!("{tasks} tasks of {AGENTS} agents in {SWARMS} swarms over 14 days; {ROUNDS} rounds, first one cold");
    let none = RecordFilter::default();
    let agent = RecordFilter { agent_id: Some("agent-7".into()), ..RecordFilter::default() };
    let swarm = RecordFilter { swarm_id: Some("swarm-2".into()), ..RecordFilter::default() };
    let project = RecordFilter { project: Some("project-1".into()), ..RecordFilter::default() };
    for (name, from, to, filter) in [
        ("last hour", "now-1h", "now", &none),
        ("last 24 h", "now-24h", "now", &none),
        ("last 7 d", "now-7d", "now", &none),
        ("all", "all", "", &none),
        ("24 h, ten days ago", "now-11d", "now-10d", &none),
        ("last 24 h, one agent", "now-24h", "now", &agent),
        ("last 7 d, one agent", "now-7d", "now", &agent),
        ("last 7 d, one swarm", "now-7d", "now", &swarm),
        ("last 24 h, one project", "now-24h", "now", &project),
    ] {
        let range = RangeSpec { from: from.into(), to: to.into() };
        measure(&service, name, &PageQuery { range, filter: filter.clone(), ..PageQuery::default() }).await?;
    }
    service.store().close().await;
    Ok(())
}

async fn measure(service: &Service, name: &str, query: &PageQuery) -> Result<(), Failure> {
    let mut times = Vec::new();
    let mut answer: Option<Overview> = None;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        answer = Some(service.overview(query, Micros(NOW)).await?);
        times.push(start.elapsed());
    }
    let Some(answer) = answer else { return Ok(()) };
    let first = times[0];
    times.sort_unstable();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{name:<24} median {:>7.2} ms   best {:>7.2}   worst {:>7.2}   first {:>7.2}   {:>8} tasks, {} x {} s, {} / {}",
        ms(times[times.len() / 2]),
        ms(times[0]),
        ms(times[times.len() - 1]),
        ms(first),
        answer.totals.tasks,
        answer.timeline.time.len(),
        answer.timeline.step_ms / 1000,
        answer.timeline.tier.map_or("none", |tier| tier.as_str()),
        answer.timeline.estimator.map_or("none", |estimator| estimator.as_str()),
    );
    Ok(())
}

/// Writes the tasks as they would have come in, ten thousand at a time.
async fn fill(store: &Store, tasks: i64, clock: &AtomicI64) -> Result<(), Failure> {
    for first in (0..tasks).step_by(usize::try_from(BATCH)?) {
        let batch: Vec<Record> = (first..tasks.min(first + BATCH))
            .map(|index| task(index, tasks).map(Record::Task))
            .collect::<Result<_, _>>()?;
        clock.store(NOW - SPAN + SPAN * (first + BATCH).min(tasks) / tasks, Ordering::SeqCst);
        store.write(batch).await?;
    }
    Ok(())
}

/// Task `index` of `of`, the same on every run.
fn task(index: i64, of: i64) -> Result<TaskRecord, Failure> {
    // SplitMix64: numbers that look random and follow from the index alone.
    let random = |salt: u64| {
        let mut z = (index.unsigned_abs() + salt * 0x1_0000_0000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let (agent, model) = (random(1) % AGENTS, random(2) % 3);
    let result = match random(3) % 100 {
        0..93 => Outcome::Success,
        93..97 => Outcome::Failure,
        97..99 => Outcome::Timeout,
        _ => Outcome::Cancelled,
    };
    let uniform = (random(4) >> 11) as f64 / (1_u64 << 53) as f64;
    let ts = NOW - SPAN + SPAN * index / of;
    let (high, low) = (random(5), random(6));
    let uuid = format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high & 0xffff,
        high >> 16 & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    );
    let tokens = |salt, most| i64::try_from(random(salt) % most).ok();
    let kinds = TokenCounts {
        input: tokens(7, 500),
        output: tokens(8, 2_000),
        cache_read: tokens(9, 90_000),
        cache_write: tokens(10, 5_000),
        reasoning: None,
    };
    Ok(TaskRecord {
        task_id: uuid.try_into()?,
        agent_id: format!("agent-{agent}").try_into()?,
        result: Some(result),
        timestamp: Micros(ts),
        duration_ms: Some((1200.0 * (1.0 / (1.0 - uniform * 0.999)).powf(0.7) * 1000.0).round() / 1000.0),
        tokens_used: kinds.total(),
        files_changed: tokens(11, 4),
        swarm_id: Some(format!("swarm-{}", agent % SWARMS).try_into()?),
        model: Some(["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"][usize::try_from(model)?].into()),
        tokens: kinds,
        cost_usd: None,
        metadata: None,
        project: Some(format!("project-{}", agent % 3)),
        source: None,
    })
}
