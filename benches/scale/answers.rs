//! How long questions take over the whole store. Each is asked many times with ranges that end a second apart, so
//! that no answer is one that was remembered.

use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use serde_json::Value;
use swarmscope::model::overview::PageQuery;
use swarmscope::model::time::{DAY, HOUR, SECOND};
use swarmscope::model::{Micros, RangeSpec, RecordFilter};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};

use crate::Failure;
use crate::fleet::{DAYS, Fleet};
use crate::report::{Aim, millis, quantile, row};
use crate::server::{Connection, Server};

/// How often each question is asked; the first time is not counted.
const ROUNDS: i64 = 40;
/// The most tasks whose percentiles are exact.
const EXACT_MAX: usize = 200_000;
/// Most tasks that are exported.
const EXPORT_MAX: usize = 1_000_000;
/// The aims for sorting speak of so many tasks.
const MILLION: usize = 1_000_000;

pub async fn questions(server: &Server, db: &Path, fleet: &Fleet) -> Result<(), Failure> {
    let mut asker = Asker { connection: server.connect()?, fleet: *fleet };
    overview(db, fleet).await?;
    for (name, span) in [("24 h", DAY), ("90 d", DAYS * DAY)] {
        asker.ask(&format!("summary, {name}"), "/api/v1/summary?", span, 20.0)?;
        asker.ask(&format!("top agents, {name}"), "/api/v1/top-agents?limit=10&", span, 20.0)?;
    }
    let percentiles = "/api/v1/aggregate?source=tasks&field=duration_ms&fn=p50,p95,p99";
    asker.ask("p50, p95, p99 by hour over 30 d", &format!("{percentiles}&bucket=1h&"), 30 * DAY, 30.0)?;
    asker.ask("p50, p95, p99 by day over 90 d", &format!("{percentiles}&bucket=1d&"), DAYS * DAY, 30.0)?;
    let exact = fleet.until.0 - fleet.last(EXACT_MAX.min(fleet.tasks)).0 - HOUR;
    asker.ask(
        "p95 of one range of at most 200 000 tasks",
        "/api/v1/aggregate?source=tasks&field=duration_ms&fn=p95&",
        exact,
        250.0,
    )?;
    let depths = 0..fleet.tasks;
    asker.pages("page of 100 in time order, any depth", "", depths.clone(), 5.0)?;
    asker.pages("  one agent of 200", "agent_id=agent-077&", depths.clone(), 10.0)?;
    asker.pages("  1 % by result (timeout)", "result=timeout&", depths.clone(), 10.0)?;
    asker.pages("  1 % by model", "model=rare&", depths, 10.0)?;
    let million = fleet.until.0 - fleet.last(MILLION.min(fleet.tasks)).0;
    asker.ask("100 longest of at most 1 000 000 tasks", "/api/v1/slowest-tasks?limit=100&", million, 600.0)
}

/// Pages of the part that was sealed.
pub fn sealed(server: &Server, fleet: &Fleet) -> Result<(), Failure> {
    let mut asker = Asker { connection: server.connect()?, fleet: *fleet };
    let depths = fleet.tasks - fleet.tasks.min(MILLION) * 4 / 5..fleet.tasks;
    asker.pages("page of 100 in time order, sealed", "", depths.clone(), 5.0)?;
    asker.pages("  one agent of 200", "agent_id=agent-077&", depths, 10.0)
}

/// The overview's one answer, without its page.
async fn overview(db: &Path, fleet: &Fleet) -> Result<(), Failure> {
    let service = Service::new(Store::open(db, &StoreOptions::default()).await?, Settings::default());
    for (name, from) in [("24 h", "now-24h"), ("90 d", "now-90d")] {
        let range = RangeSpec { from: from.into(), to: "now".into() };
        let query = PageQuery { range, filter: RecordFilter::default(), ..PageQuery::default() };
        let mut times = Vec::new();
        for round in 0..=ROUNDS {
            let started = Instant::now();
            service.overview(&query, Micros(fleet.until.0 - round * SECOND)).await?;
            times.push(started.elapsed());
        }
        p95(&format!("Overview batch, {name}"), times, 20.0, "");
    }
    service.store().close().await;
    Ok(())
}

/// Prints the p95 of all but the first of `times`.
fn p95(what: &str, mut times: Vec<Duration>, most: f64, note: &str) {
    let first = times.remove(0);
    let figure = millis(quantile(&mut times, 0.95));
    row(&format!("{what}{note}"), figure, "ms p95", Aim::AtMost(most));
    if millis(first) > most.max(figure * 2.0) {
        row("  the first time", millis(first), "ms", Aim::None);
    }
}

/// Asks over one connection.
struct Asker {
    connection: Connection,
    fleet: Fleet,
}

impl Asker {
    /// Asks `path` about `span` up to now.
    fn ask(&mut self, what: &str, path: &str, span: i64, most: f64) -> Result<(), Failure> {
        let (mut times, mut answer) = (Vec::new(), String::new());
        for round in 0..=ROUNDS {
            let until = self.fleet.until.0 - round * SECOND;
            let (from, to) = (Micros(until - span).millis(), Micros(until).millis());
            let started = Instant::now();
            answer = match self.connection.get(&format!("{path}from={from}&to={to}")) {
                Ok(answer) => answer,
                Err(error) => {
                    println!("{what:<62} not answered: {}", error.to_string().lines().next().unwrap_or_default());
                    return Ok(());
                }
            };
            times.push(started.elapsed());
        }
        let answer: Value = serde_json::from_str(&answer)?;
        let said = ["tier", "estimator"].into_iter().filter_map(|field| answer[field].as_str());
        let said: Vec<&str> = said.collect();
        let note = if said.is_empty() { String::new() } else { format!(" ({})", said.join(", ")) };
        p95(what, times, most, &note);
        Ok(())
    }

    /// Asks for the second of two pages that begin below so many tasks: the first one gives the cursor.
    fn pages(&mut self, what: &str, filter: &str, depths: Range<usize>, most: f64) -> Result<(), Failure> {
        let mut times = Vec::new();
        for round in 0..=ROUNDS {
            let depth = depths.start + usize::try_from(round)? * depths.len() / (usize::try_from(ROUNDS)? + 2);
            let path = format!("/api/v1/tasks?{filter}limit=100&from=0&to={}", self.fleet.last(depth).millis());
            let page: Value = serde_json::from_str(&self.connection.get(&path)?)?;
            let Some(cursor) = page["next_cursor"].as_str() else { continue };
            let path = format!("{path}&cursor={cursor}");
            let started = Instant::now();
            self.connection.get(&path)?;
            times.push(started.elapsed());
        }
        if times.len() > 1 {
            p95(what, times, most, "");
        }
        Ok(())
    }
}

/// The tasks of the newest part of the fleet as CSV.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub async fn export(server: &Server, fleet: &Fleet) -> Result<(), Failure> {
    let tasks = fleet.tasks.min(EXPORT_MAX);
    let url = format!(
        "http://{}/api/v1/export/tasks.csv?from={}&to={}",
        server.address,
        fleet.last(tasks).millis(),
        fleet.until.millis()
    );
    server.forget_peak();
    let before = server.memory();
    let started = Instant::now();
    let mut chunks = reqwest::get(url).await?.error_for_status()?.bytes_stream();
    let (mut bytes, mut lines) = (0, 0);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        bytes += chunk.len();
        lines += chunk.iter().filter(|byte| **byte == b'\n').count();
    }
    let seconds = started.elapsed().as_secs_f64();
    row("export as CSV over HTTP", lines as f64 / seconds, "rows/s", Aim::AtLeast(500_000.0));
    row("  bytes", bytes as f64 / seconds / 1e6, "MB/s", Aim::None);
    if let (Some((resident, _)), Some((_, highest))) = (before, server.memory()) {
        row("  memory on top", highest - resident, "MiB", Aim::AtMost(32.0));
    }
    Ok(())
}
