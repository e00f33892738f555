//! How many task records a second become durable through the program's doors: HTTP with bodies of
//! 10 000 lines, and `swarmscope ingest`. Beside them: how fast lines are parsed alone, how long the
//! server takes from its start to its first answer, and its memory at rest and after the load.
//! Prints figures, asserts nothing about time.
//!
//! `cargo bench --bench ingest_http`; `SWARMSCOPE_BENCH_TASKS` changes the number of tasks (300 000).

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use swarmscope::model::Micros;
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};

const LINES_A_BODY: usize = 10_000;
const AGENTS: u64 = 50;
const MINUTE_MS: i64 = 60_000;
/// 2026-01-01T00:00:00Z
const START_MS: i64 = 1_767_225_600_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let tasks = std::env::var("SWARMSCOPE_BENCH_TASKS").ok().map_or(Ok(300_000), |text| text.parse::<usize>())?;
    let folder = tempfile::tempdir_in(std::env::var_os("SWARMSCOPE_BENCH_DIR").unwrap_or_else(|| ".".into()))?;
    let lines: Vec<String> = (0..tasks).map(line).collect();
    let bytes: usize = lines.iter().map(String::len).sum();
    println!("{tasks} tasks of {AGENTS} agents, ascending, UUID ids, {} bytes a line", bytes / tasks.max(1));
    rate("parse alone, one thread", tasks, time(|| parse_all(&lines))?);
    for senders in [1, 2, 4] {
        over_http(&folder.path().join(format!("http-{senders}.db")), &lines, senders)?;
    }
    let file = folder.path().join("tasks.ndjson");
    std::fs::write(&file, lines.concat())?;
    let took = time(|| ingest(&folder.path().join("cli.db"), &file))?;
    rate("swarmscope ingest, start and end included", tasks, took);
    let took = time(|| ingest(&folder.path().join("cli.db"), &file))?;
    rate("the same file again: all known", tasks, took);
    Ok(())
}

fn time(work: impl FnOnce() -> Result<(), Failure>) -> Result<Duration, Failure> {
    let started = Instant::now();
    work()?;
    Ok(started.elapsed())
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn rate(what: &str, tasks: usize, time: Duration) {
    println!("{what:<52} {:>9.0} tasks/s {:>7.2} s", tasks as f64 / time.as_secs_f64(), time.as_secs_f64());
}

/// Task `index`, the same on every run, with its line feed.
fn line(index: usize) -> String {
    // SplitMix64: numbers that look random and follow from the index alone.
    let random = |salt: u64| {
        let mut z = (index as u64 + salt * 0x1_0000_0000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let result = ["failure", "timeout"].get((random(1) % 20) as usize).unwrap_or(&"success");
    let time = Micros::from_millis(START_MS + index as i64 * MINUTE_MS / 60).to_rfc3339();
    format!(
        r#"{{"kind":"task","task_id":"{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}","agent_id":"agent-{:02}","swarm_id":"swarm-{}","result":"{result}","timestamp":"{time}","duration_ms":{}.5,"tokens_input":{},"tokens_output":{},"tokens_cache_read":{},"model":"model-{}","files_changed":{},"metadata":{{"retry_count":{}}}}}{}"#,
        index >> 16,
        index & 0xffff,
        random(2) & 0xfff,
        random(3) & 0xfff,
        random(4) & 0xffff_ffff_ffff,
        random(5) % AGENTS,
        random(6) % 5,
        random(7) % 60_000,
        random(8) % 4000,
        random(9) % 2000,
        random(10) % 90_000,
        random(11) % 3,
        random(12) % 10,
        random(13) % 3,
        "\n"
    )
}

fn parse_all(lines: &[String]) -> Result<(), Failure> {
    let context = ParseContext { now: Micros::from_millis(START_MS * 2), assume_offset: None };
    let (mut records, mut ignored) = (Vec::new(), IgnoredFields::default());
    for line in lines {
        if records.len() >= LINES_A_BODY {
            records.clear();
        }
        parse(line.trim_ascii_end().as_bytes(), &context, &mut records, &mut ignored)?;
    }
    Ok(())
}

/// Starts the server, sends everything over `senders` connections, and stops it.
fn over_http(db: &Path, lines: &[String], senders: usize) -> Result<(), Failure> {
    let started = Instant::now();
    let (mut server, address) = serve(db)?;
    exchange(&mut TcpStream::connect(&address)?, &format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\n\r\n"), "")?;
    let first_answer = started.elapsed();
    std::thread::sleep(Duration::from_millis(500));
    let idle = resident_mib(server.id());
    let bodies: Vec<String> = lines.chunks(LINES_A_BODY).map(<[String]>::concat).collect();
    let took = time(|| send(&bodies, &address, senders))?;
    rate(&format!("HTTP, bodies of {LINES_A_BODY} lines, {senders} connections"), lines.len(), took);
    println!(
        "  start to first answer {} ms, resident at rest {idle:.0} MiB, after the load {:.0} MiB",
        first_answer.as_millis(),
        resident_mib(server.id())
    );
    server.kill()?;
    server.wait()?;
    Ok(())
}

fn send(bodies: &[String], address: &str, senders: usize) -> Result<(), Failure> {
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..senders)
            .map(|sender| {
                scope.spawn(move || -> Result<(), Failure> {
                    let mut stream = TcpStream::connect(address)?;
                    for body in bodies.iter().skip(sender).step_by(senders) {
                        let head = format!(
                            "POST /api/v1/ingest HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\n\r\n",
                            body.len()
                        );
                        let answer = exchange(&mut stream, &head, body)?;
                        if !answer.contains("\"rejected_count\":0") {
                            return Err(answer.into());
                        }
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a sender failed")?)
    })
}

/// One request on a kept connection; returns the body of the answer.
fn exchange(stream: &mut TcpStream, head: &str, body: &str) -> Result<String, Failure> {
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse()?;
        }
        if line.trim().is_empty() {
            break;
        }
    }
    let mut answer = vec![0; length];
    reader.read_exact(&mut answer)?;
    Ok(String::from_utf8(answer)?)
}

fn serve(db: &Path) -> Result<(Child, String), Failure> {
    let mut server = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .arg("--db")
        .arg(db)
        .args(["serve", "--bind", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    BufReader::new(server.stdout.take().ok_or("no output")?).read_line(&mut line)?;
    let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).ok_or("no address")?;
    Ok((server, address.to_owned()))
}

fn ingest(db: &Path, file: &Path) -> Result<(), Failure> {
    let status = Command::new(env!("CARGO_BIN_EXE_swarmscope"))
        .arg("--db")
        .arg(db)
        .arg("ingest")
        .arg(file)
        .stdout(Stdio::null())
        .status()?;
    if status.success() { Ok(()) } else { Err("ingest failed".into()) }
}

/// Resident memory of a process; 0 where `/proc` is not there to ask.
fn resident_mib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    let kib: f64 = line.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or_default();
    kib / 1024.0
}
