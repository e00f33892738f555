//! How long a sender waits for its acknowledgement when the server is half busy. Requests leave by the clock, whether
//! or not the ones before are answered, and wait from the moment they were due: a stall counts for all it delays.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use swarmscope::model::{Micros, Record};
use swarmscope::wire::ndjson::push_object;

use crate::Failure;
use crate::fleet::{self, Fleet};
use crate::ingest::LINES_A_BODY;
use crate::report::{Aim, millis, quantile, row};
use crate::rival::fdatasync;
use crate::server::Server;

/// Senders of single records.
const SENDERS: usize = 64;
/// How long the peak of single records is looked for, and how long half of it is kept up.
const PEAK_TIME: Duration = Duration::from_secs(3);
const HALF_TIME: Duration = Duration::from_secs(10);
/// Bodies of 10 000 that are sent.
const BODIES: usize = 60;
/// Numbers of tasks that no fleet has.
static NEXT: AtomicU64 = AtomicU64::new(1 << 40);

pub fn at_half_of_peak(server: &Server, folder: &Path, fleet: &Fleet, peak: f64) -> Result<(), Failure> {
    let mut bare = fdatasync(folder, 1000)?;
    let bare = millis(quantile(&mut bare, 0.99));
    row("bare fdatasync of 4 KiB, p99", bare, "ms", Aim::None);

    let peak_of_singles = singles_peak(server, fleet)?;
    row("single records, 64 connections, peak", peak_of_singles, "acks/s", Aim::None);
    let gap = Duration::from_secs_f64(2.0 / peak_of_singles);
    let count = (HALF_TIME.as_secs_f64() / gap.as_secs_f64()).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some ten thousand")]
    let mut times = by_the_clock(server, SENDERS, count as usize, gap, &|| lines(fleet, 1))?;
    let p99 = millis(quantile(&mut times, 0.99));
    row("  ack p50 at half of that", millis(quantile(&mut times, 0.5)), "ms", Aim::None);
    row("  ack p99 at half of that", p99, "ms", Aim::AtMost(5.0 + 3.0 * bare));

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let gap = Duration::from_secs_f64(2.0 * LINES_A_BODY as f64 / peak);
    let bodies: Result<Vec<_>, _> = (0..BODIES).map(|_| lines(fleet, LINES_A_BODY)).collect();
    let bodies = Mutex::new(bodies?);
    let take = || bodies.lock().map_err(|_| "a sender failed")?.pop().ok_or_else(|| "no body is left".into());
    let mut times = by_the_clock(server, 4, BODIES, gap, &take)?;
    row("bodies of 10 000 at half of peak, ack p50", millis(quantile(&mut times, 0.5)), "ms", Aim::None);
    row("  ack p99", millis(quantile(&mut times, 0.99)), "ms", Aim::AtMost(400.0));
    Ok(())
}

/// New tasks of the last hour or so.
fn lines(fleet: &Fleet, count: usize) -> Result<String, Failure> {
    let mut body = Vec::new();
    for _ in 0..count {
        let index = NEXT.fetch_add(1, Ordering::Relaxed);
        let ago = i64::try_from(index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32)?; // microseconds, up to 72 minutes
        push_object(&mut body, &Record::Task(fleet::task(index, Micros(fleet.until.0 - ago))?), true);
        body.push(b'\n');
    }
    Ok(String::from_utf8(body)?)
}

/// Single records a second when every sender sends the next as soon as the last is acknowledged.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn singles_peak(server: &Server, fleet: &Fleet) -> Result<f64, Failure> {
    let acknowledged = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SENDERS)
            .map(|_| {
                scope.spawn(|| -> Result<(), Failure> {
                    let mut connection = server.connect()?;
                    while started.elapsed() < PEAK_TIME {
                        connection.ingest(&lines(fleet, 1)?)?;
                        acknowledged.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a sender failed")?)
    })?;
    Ok(acknowledged.into_inner() as f64 / started.elapsed().as_secs_f64())
}

/// Sends `count` bodies, one every `gap`, over `senders` connections; returns how long after its time each was
/// acknowledged.
fn by_the_clock(
    server: &Server,
    senders: usize,
    count: usize,
    gap: Duration,
    body: &(impl Fn() -> Result<String, Failure> + Sync),
) -> Result<Vec<Duration>, Failure> {
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..senders)
            .map(|_| {
                scope.spawn(|| -> Result<Vec<Duration>, Failure> {
                    let mut connection = server.connect()?;
                    let mut took = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            return Ok(took);
                        }
                        let body = body()?;
                        let due = started + gap * u32::try_from(number)?;
                        std::thread::sleep(due.saturating_duration_since(Instant::now()));
                        connection.ingest(&body)?;
                        took.push(due.elapsed());
                    }
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
