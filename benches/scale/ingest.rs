//! How fast tasks become durable: by HTTP, and from a file without a server.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use swarmscope::model::Micros;
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};

use crate::Failure;
use crate::fleet::Fleet;
use crate::report::{Aim, millis, quantile, row};
use crate::server::Server;

pub const LINES_A_BODY: usize = 10_000;
/// Connections that send at the same time: one is parsed while the other is written.
const SENDERS: usize = 3;
/// Bodies made before the clock runs on; making them is not what is measured.
const BODIES_AT_ONCE: usize = 25;
/// Most tasks that are stored once more from a file.
const OFFLINE_MAX: usize = 300_000;

/// Sends the whole fleet; returns the tasks a second.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub fn over_http(server: &Server, fleet: &Fleet, rival: f64) -> Result<f64, Failure> {
    let at_rest = server.memory();
    let (mut time, mut each) = (Duration::ZERO, Vec::new());
    for first in (0..fleet.tasks).step_by(LINES_A_BODY * BODIES_AT_ONCE) {
        let until = (first + LINES_A_BODY * BODIES_AT_ONCE).min(fleet.tasks);
        let bodies: Result<Vec<_>, _> =
            (first..until).step_by(LINES_A_BODY).map(|first| fleet.body(first, LINES_A_BODY)).collect();
        let bodies = bodies?;
        let started = Instant::now();
        each.extend(send(server, &bodies)?);
        time += started.elapsed();
    }
    let rate = fleet.tasks as f64 / time.as_secs_f64();
    row("durable ingest, HTTP, bodies of 10 000, rollups on", rate, "tasks/s", Aim::AtLeast(80_000.0));
    row("  plain SQLite, same table and indices, no rollups", rival, "rows/s", Aim::None);
    row("  ours to plain SQLite", rate / rival, "times", Aim::AtLeast(0.4));
    row("  ack p99 of a body at full load", millis(quantile(&mut each, 0.99)), "ms", Aim::None);
    if let (Some((resting, _)), Some((_, highest))) = (at_rest, server.memory()) {
        row("resident memory at rest, empty store", resting, "MiB", Aim::None);
        row("resident memory while ingesting, highest", highest, "MiB", Aim::AtMost(250.0 * 1e6 / 1_048_576.0));
    }
    row("start to first answer, empty store", millis(server.first_answer), "ms", Aim::None);
    Ok(rate)
}

/// Sends `bodies` over several connections; returns how long each took.
fn send(server: &Server, bodies: &[String]) -> Result<Vec<Duration>, Failure> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SENDERS)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<Duration>, Failure> {
                    let mut connection = server.connect()?;
                    let mut took = Vec::new();
                    while let Some(body) = bodies.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let started = Instant::now();
                        connection.ingest(body)?;
                        took.push(started.elapsed());
                    }
                    Ok(took)
                })
            })
            .collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().map_err(|_| "a sender failed")??);
        }
        Ok(all)
    })
}

/// Reading alone, then `swarmscope ingest` of a part of the fleet, twice.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub fn offline(folder: &Path, fleet: &Fleet) -> Result<(), Failure> {
    let tasks = fleet.tasks.min(OFFLINE_MAX);
    let body = fleet.body(0, tasks)?;
    let rate = |started: Instant| tasks as f64 / started.elapsed().as_secs_f64();
    let started = Instant::now();
    parse_all(&body, fleet.until)?;
    row("reading NDJSON alone, one thread", rate(started), "tasks/s", Aim::None);
    let file = folder.join("tasks.ndjson");
    std::fs::write(&file, body)?;
    for what in ["swarmscope ingest FILE, start and end included", "  the same file again: all known"] {
        let started = Instant::now();
        let status = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
            .arg("--db")
            .arg(folder.join("offline.db"))
            .arg("ingest")
            .arg(&file)
            .stdout(Stdio::null())
            .status()?;
        if !status.success() {
            return Err("ingest failed".into());
        }
        row(what, rate(started), "tasks/s", Aim::None);
    }
    Ok(())
}

fn parse_all(body: &str, now: Micros) -> Result<(), Failure> {
    let context = ParseContext { now, assume_offset: None };
    let (mut records, mut ignored) = (Vec::new(), IgnoredFields::default());
    for line in body.lines() {
        if records.len() >= LINES_A_BODY {
            records.clear();
        }
        parse(line.as_bytes(), &context, &mut records, &mut ignored)?;
    }
    Ok(())
}
