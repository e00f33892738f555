//! How long a new record takes to whoever follows the stream: many clients of the real server, events at a steady
//! rate. Prints, asserts nothing about time.
//!
//! `cargo bench --bench stream`
//! - `SWARMSCOPE_BENCH_CLIENTS` (200), `SWARMSCOPE_BENCH_RATE` (1 000 events a second), `SWARMSCOPE_BENCH_SECONDS` (30).
//!
//! The time runs from before the request that brings a record until a client has read its line, so ingest and commit
//! are in it, and so is what clients on the same machine cost.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

#[path = "scale/report.rs"]
mod report;
#[path = "scale/server.rs"]
#[expect(dead_code, reason = "the other benchmark uses the rest")]
mod server;

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use report::{Aim, millis, quantile, row};
use server::Server;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Requests a second.
const REQUESTS: u32 = 20;

fn main() -> Result<(), Failure> {
    let (clients, rate, seconds) = (
        asked("SWARMSCOPE_BENCH_CLIENTS", 200)?,
        asked("SWARMSCOPE_BENCH_RATE", 1000)?,
        asked("SWARMSCOPE_BENCH_SECONDS", 30)?,
    );
    let folder = tempfile::tempdir_in(
        std::env::var_os("SWARMSCOPE_BENCH_DIR").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into()),
    )?;
    let server = Server::start(&folder.path().join("store.db"))?;
    println!("{clients} clients follow {rate} events a second for {seconds} s");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let started = Instant::now();
    let connected = Arc::new(AtomicUsize::new(0));
    let total = rate * seconds;
    let following: Vec<_> = (0..clients)
        .map(|_| runtime.spawn(follow(server.address.clone(), total, started, Arc::clone(&connected))))
        .collect();
    while connected.load(Ordering::Relaxed) < clients {
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = server.memory();
    server.forget_peak();
    send(&server, rate, total, started)?;
    let mut times = Vec::new();
    for client in following {
        times.extend(runtime.block_on(client)??);
    }
    let after = server.memory();
    row(
        "events received, of all that were sent",
        times.len() as f64 / (total * clients) as f64 * 100.0,
        "%",
        Aim::AtLeast(100.0),
    );
    for (what, share, aim) in [("p50", 0.5, Aim::None), ("p95", 0.95, Aim::AtMost(250.0)), ("p99", 0.99, Aim::None)] {
        row(&format!("event to client, {what}"), millis(quantile(&mut times, share)), "ms", aim);
    }
    if let (Some((before, _)), Some((after, peak))) = (before, after) {
        row("memory before", before, "MiB", Aim::None);
        row("memory after", after, "MiB", Aim::None);
        row("memory at its highest", peak, "MiB", Aim::None);
    }
    server.stop()
}

fn asked(name: &str, default: usize) -> Result<usize, Failure> {
    Ok(std::env::var(name).ok().map_or(Ok(default), |text| usize::from_str(&text))?)
}

/// Sends `total` events, `rate` a second; each carries when it was sent.
fn send(server: &Server, rate: usize, total: usize, started: Instant) -> Result<(), Failure> {
    let mut connection = server.connect()?;
    let batch = (rate / REQUESTS as usize).max(1);
    let begun = Instant::now();
    for (turn, first) in (0..total).step_by(batch).enumerate() {
        let due = begun + Duration::from_secs(1) / REQUESTS * u32::try_from(turn)?;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let sent = started.elapsed().as_micros();
        let lines: String = (first..(first + batch).min(total))
            .map(|n| {
                format!(
                    "{{\"kind\":\"event\",\"event_type\":\"step\",\"agent_id\":\"agent-{}\",\"metadata\":{{\"sent\":{sent}}}}}\n",
                    n % 50
                )
            })
            .collect();
        connection.ingest(&lines)?;
    }
    Ok(())
}

/// Reads until `total` events came; returns how long each took.
async fn follow(
    address: String,
    total: usize,
    started: Instant,
    connected: Arc<AtomicUsize>,
) -> Result<Vec<Duration>, Failure> {
    let mut stream = TcpStream::connect(&address).await?;
    let head = format!("GET /api/v1/stream?kinds=event HTTP/1.1\r\nhost: {address}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let mut lines = BufReader::new(stream).lines();
    let (mut times, mut begun) = (Vec::with_capacity(total), false);
    while times.len() < total {
        let line = lines.next_line().await?.ok_or("the stream ended")?;
        if line.starts_with("id: ") && !begun {
            begun = true; // the place comes at once, before any event
            connected.fetch_add(1, Ordering::Relaxed);
        }
        // Chunks of the transfer end with events, so a line is never cut.
        let Some(sent) = line.strip_prefix("data: ").and_then(|data| data.split("\"sent\":").nth(1)) else { continue };
        let digits = sent.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        times.push(started.elapsed().saturating_sub(Duration::from_micros(digits.parse()?)));
    }
    Ok(times)
}
