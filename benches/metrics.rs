//! How long `/metrics` takes and how large it is, with 500 agents that each work every one of 90 days. Prints, asserts
//! nothing about time.
//!
//! `cargo bench --bench metrics`

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

#[path = "scale/report.rs"]
#[expect(dead_code, reason = "the other benchmarks use the rest")]
mod report;

use std::error::Error;
use std::time::{Duration, Instant, SystemTime};

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use report::{Aim, millis, quantile, row};
use swarmscope::api::{self, ApiState, Limits, Meters};
use swarmscope::model::time::{DAY, SECOND};
use swarmscope::model::{AgentId, Micros, Outcome, Record, TaskId, TaskRecord, TokenCounts};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use tower::ServiceExt as _;

const AGENTS: i64 = 500;
const DAYS: i64 = 90;
const ROUNDS: i64 = 40;

type Failure = Box<dyn Error>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let store = Store::open(&folder.path().join("m.db"), &StoreOptions::default()).await?;
    let service = Service::new(store, Settings::default());
    let now = api::now();
    for day in (0..DAYS).rev() {
        let tasks: Result<Vec<_>, Failure> =
            (0..AGENTS).map(|agent| task(agent, now, Micros(now.0 - day * DAY))).collect();
        service.record(tasks?, now).await?;
    }
    let limits = Limits { json_bytes: 1 << 20, ndjson_bytes: 1 << 20, line_bytes: 1 << 20 };
    let meters = Meters::new(SystemTime::now());
    let routes = api::router::build(ApiState { service: service.clone(), limits, meters });
    let scrape = async || -> Result<(Duration, usize), Failure> {
        let begun = Instant::now();
        let response = routes.clone().oneshot(Request::get("/metrics").body(Body::empty())?).await?;
        let bytes = response.into_body().collect().await?.to_bytes().len();
        Ok((begun.elapsed(), bytes))
    };
    let (first, bytes) = scrape().await?;
    row(&format!("/metrics, {AGENTS} agents: size"), bytes as f64 / 1000.0, "kB", Aim::AtMost(1000.0));
    row("  first time, past days included", millis(first), "ms", Aim::None);
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        // As it is while agents work: something new each time.
        service.record(vec![task(round % AGENTS, now, Micros(now.0 - round * SECOND))?], now).await?;
        times.push(scrape().await?.0);
    }
    row("  while tasks come in, p95", millis(quantile(&mut times, 0.95)), "ms", Aim::AtMost(20.0));
    service.store().close().await;
    Ok(())
}

/// One task of an agent.
fn task(agent: i64, now: Micros, at: Micros) -> Result<Record, Failure> {
    let tokens =
        TokenCounts { input: Some(agent), output: Some(7), cache_read: Some(3), cache_write: Some(1), reasoning: None };
    Ok(Record::Task(TaskRecord {
        task_id: TaskId::new(format!("task-{agent}-{}-{}", now.0, at.0))?,
        agent_id: AgentId::new(format!("agent-{agent:03}"))?,
        timestamp: at,
        result: Some(if agent % 20 == 0 { Outcome::Failure } else { Outcome::Success }),
        duration_ms: Some(f64::from(u32::try_from(agent)?) * 10.0),
        tokens_used: tokens.total(),
        tokens,
        files_changed: None,
        swarm_id: None,
        model: None,
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    }))
}
