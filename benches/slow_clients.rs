//! What thousands of clients that send slowly, or never finish, cost everybody else. Prints, asserts nothing about time.
//!
//! `cargo bench --bench slow_clients`
//! - `SWARMSCOPE_BENCH_CLIENTS` (5 000 slow connections), `SWARMSCOPE_BENCH_SECONDS` (20, each time).
//!
//! A third of them send the head of a request, a third its body, a byte a second each; a third connect and say nothing.
//! Who is cut off comes back at once. Beside them four ordinary clients ask and write, first alone, then among them. None
//! of the slow ones ever gets a question across: what answering many costs is another matter.

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
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Ordinary clients.
const ORDINARY: usize = 4;

fn main() -> Result<(), Failure> {
    let (slow, seconds) = (asked("SWARMSCOPE_BENCH_CLIENTS", 5000)?, asked("SWARMSCOPE_BENCH_SECONDS", 20)?);
    let time = Duration::from_secs(seconds as u64);
    let folder = tempfile::tempdir_in(
        std::env::var_os("SWARMSCOPE_BENCH_DIR").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into()),
    )?;
    let server = Server::start(&folder.path().join("store.db"))?;
    println!("{ORDINARY} ordinary clients, alone and beside {slow} slow ones, {seconds} s each");
    ordinary(&server, Duration::from_secs(3), "warm")?;
    let (mut reads, mut writes) = ordinary(&server, time, "alone")?;
    let alone = [quantile(&mut reads, 0.99), quantile(&mut writes, 0.99)];
    let before = server.memory();

    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let open = Arc::new(AtomicUsize::new(0));
    for n in 0..slow {
        runtime.spawn(crawl(server.address.clone(), n, Arc::clone(&open)));
    }
    let started = Instant::now();
    while open.load(Ordering::Relaxed) < slow && started.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(50));
    }
    row("slow connections opened", open.load(Ordering::Relaxed) as f64, "", Aim::AtLeast(slow as f64));
    let (mut reads, mut writes) = ordinary(&server, time, "among")?;
    for (what, times, alone) in [("reading", &mut reads, alone[0]), ("writing", &mut writes, alone[1])] {
        let among = quantile(times, 0.99);
        row(&format!("{what}, p99 alone"), millis(alone), "ms", Aim::None);
        row(&format!("{what}, p99 among them"), millis(among), "ms", Aim::None);
        row(&format!("{what}, how much longer"), millis(among) / millis(alone), "times", Aim::AtMost(2.0));
    }
    if let (Some((before, _)), Some((after, _))) = (before, server.memory()) {
        row("memory of each slow connection", (after - before) * 1024.0 / slow as f64, "KiB", Aim::None);
    }
    runtime.shutdown_background();
    server.stop()
}

/// The times of questions and of writes of ordinary clients.
fn ordinary(server: &Server, time: Duration, name: &str) -> Result<(Vec<Duration>, Vec<Duration>), Failure> {
    let until = Instant::now() + time;
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..ORDINARY)
            .map(|client| {
                scope.spawn(move || -> Result<_, Failure> {
                    let mut connection = server.connect()?;
                    let (mut reads, mut writes) = (Vec::new(), Vec::new());
                    for n in 0_u64.. {
                        let started = Instant::now();
                        if started >= until {
                            break;
                        }
                        if client % 2 == 0 {
                            connection.get("/api/v1/summary")?;
                            reads.push(started.elapsed());
                        } else {
                            let record = format!(
                                r#"{{"kind":"task","task_id":"{name}-{client}-{n}","agent_id":"a{client}","result":"success"}}"#
                            );
                            connection.ingest(&record)?;
                            writes.push(started.elapsed());
                        }
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    Ok((reads, writes))
                })
            })
            .collect();
        let mut all = (Vec::new(), Vec::new());
        for client in clients {
            let (reads, writes) = client.join().map_err(|_| "a client panicked")??;
            all.0.extend(reads);
            all.1.extend(writes);
        }
        Ok(all)
    })
}

/// One slow client, for ever.
async fn crawl(address: String, n: usize, open: Arc<AtomicUsize>) {
    let head = format!("host: {address}\r\ncontent-type: application/x-ndjson\r\n");
    let start = match n % 3 {
        0 => "GET /api/v1/tasks HTTP/1.1\r\nx-slow: ".to_owned(),
        1 => format!("POST /api/v1/ingest HTTP/1.1\r\n{head}content-length: 1000000\r\n\r\n"),
        _ => String::new(),
    };
    // Not all in the same moment, now and whenever they are cut off.
    tokio::time::sleep(Duration::from_millis(2 * n as u64)).await;
    let mut counted = false;
    loop {
        if let Ok(mut stream) = TcpStream::connect(&address).await
            && stream.write_all(start.as_bytes()).await.is_ok()
        {
            if !counted {
                open.fetch_add(1, Ordering::Relaxed);
                counted = true;
            }
            // Those that say nothing hear nothing of it when they are cut off; they come back after a while.
            for _ in 0..60 {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if n % 3 != 2 && stream.write_all(b" ").await.is_err() {
                    break;
                }
            }
        } else {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

fn asked(name: &str, default: usize) -> Result<usize, Failure> {
    Ok(std::env::var(name).ok().map_or(Ok(default), |text| usize::from_str(&text))?)
}
