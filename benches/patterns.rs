//! What learning patterns costs: time by number of events, and memory. Prints, asserts nothing.
//!
//! `cargo bench --bench patterns`
//!
//! The events are of 50 types by 20 agents in two swarms, the commonest types by far the most, with a workflow of four
//! steps in them. Reading them from a store is not in the figures.

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

#[path = "scale/report.rs"]
#[expect(dead_code, reason = "the other benchmarks use the rest")]
mod report;

use std::time::{Duration, Instant};

use report::{Aim, millis, quantile, row};
use swarmscope::analytics::patterns::{Counts, EventLog, EventLogBuilder, Zone, learn};
use swarmscope::model::Micros;
use swarmscope::model::pattern::LearnSettings;
use swarmscope::model::time::SECOND;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// 2026-01-05T00:00:00Z.
const START: i64 = 1_767_571_200_000_000;
const AGENTS: u64 = 20;
const TYPES: u64 = 50;
/// One event in so many starts a workflow.
const WORKFLOW: u64 = 20;

/// SplitMix64 (Steele et al. 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}

/// When, which type and which agent.
type Event = (i64, u64, u64);

fn events(count: usize) -> Vec<Event> {
    let mut dice = Dice(7);
    let mut events = Vec::with_capacity(count);
    let mut time = START;
    while events.len() < count {
        time += i64::try_from(dice.below(2_400_000)).unwrap_or(0);
        let agent = dice.below(AGENTS);
        if dice.below(WORKFLOW) == 0 && events.len() + 4 <= count {
            events.extend((0..4).map(|step| (time + step * 2 * SECOND, TYPES - 4 + step.unsigned_abs(), agent)));
        } else {
            // Twice among fewer and fewer: the first types are the commonest.
            let most = 1 + dice.below(TYPES - 4);
            events.push((time, dice.below(most), agent));
        }
    }
    events.sort_unstable();
    events
}

fn log(events: &[Event]) -> EventLog {
    let mut builder = EventLogBuilder::with_capacity(events.len());
    for (time, kind, agent) in events {
        let swarm = if agent.is_multiple_of(2) { "even" } else { "odd" };
        builder.push(Micros(*time), &format!("kind-{kind:02}"), Some(&format!("agent-{agent:02}")), Some(swarm));
    }
    builder.finish()
}

/// The highest resident memory so far, in MB (Linux; elsewhere there is none).
fn peak() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1000.0)
}

/// The median time of learning, and how many patterns there were.
fn measure(log: &EventLog, settings: &LearnSettings, rounds: usize) -> (Duration, usize) {
    let now = log.span().map_or(Micros(START), |(_, last)| last);
    let mut patterns = 0;
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let started = Instant::now();
            patterns = learn(log, settings, &Zone::utc(), now).patterns.len();
            started.elapsed()
        })
        .collect();
    (quantile(&mut times, 0.5), patterns)
}

/// The median time of learning when 1 000 events arrived and as many are gone, `rounds` times over.
fn measure_again(count: usize, settings: &LearnSettings, rounds: usize) -> Duration {
    const NEW: usize = 1_000;
    let all = events(count + rounds * NEW);
    let mut before = log(&all[..count]);
    let mut counts = Some(Counts::new(&before, settings, &Zone::utc()));
    let mut times: Vec<Duration> = (1..=rounds)
        .map(|round| {
            let next = log(&all[round * NEW..round * NEW + count]);
            let now = next.span().map_or(Micros(START), |(_, last)| last);
            let started = Instant::now();
            let learned = counts.take().map(|counts| {
                let counts = counts.follow(&before, &next, settings, &Zone::utc());
                (counts.learned(&next, settings, now), counts)
            });
            let took = started.elapsed();
            counts = learned.map(|(learned, counts)| {
                std::hint::black_box(learned);
                counts
            });
            before = next;
            took
        })
        .collect();
    quantile(&mut times, 0.5)
}

fn main() {
    let million = LearnSettings { max_history_size: 1_000_000, ..LearnSettings::default() };
    for (count, rounds, aim) in [(1_000, 100, 3.0), (10_000, 30, 30.0), (1_000_000, 3, 3_000.0)] {
        let before = peak();
        let log = log(&events(count));
        let (time, patterns) = measure(&log, &million, rounds);
        row(&format!("learn from {count} events of 50 types"), millis(time), "ms", Aim::AtMost(aim));
        row("  patterns found", f64::from(u32::try_from(patterns).unwrap_or(u32::MAX)), "", Aim::None);
        if let (Some(before), Some(after), 1_000_000) = (before, peak(), count) {
            row("  memory, with the events", after - before, "MB", Aim::AtMost(200.0));
            let (time, _) = measure(&log, &LearnSettings::default(), 10);
            row("  from the newest 10000 of them, as is the default", millis(time), "ms", Aim::AtMost(50.0));
        }
    }
    for (count, aim) in [(10_000, 30.0), (1_000_000, 50.0)] {
        let time = measure_again(count, &million, 7);
        row(&format!("learn again after 1000 new events on {count}"), millis(time), "ms", Aim::AtMost(aim));
    }
}
