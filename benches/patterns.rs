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
use swarmscope::analytics::patterns::{EventLog, EventLogBuilder, Zone, learn};
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

fn events(count: usize) -> EventLog {
    let mut dice = Dice(7);
    let kinds: Vec<String> = (0..TYPES).map(|kind| format!("kind-{kind:02}")).collect();
    let mut builder = EventLogBuilder::with_capacity(count);
    let mut time = START;
    let mut add = |time: i64, kind: u64, agent: u64| {
        let (agent, swarm) = (format!("agent-{agent:02}"), if agent.is_multiple_of(2) { "even" } else { "odd" });
        builder.push(Micros(time), &kinds[usize::try_from(kind).unwrap_or(0)], Some(&agent), Some(swarm));
    };
    let mut added = 0;
    while added < count {
        time += i64::try_from(dice.below(2_400_000)).unwrap_or(0);
        let agent = dice.below(AGENTS);
        if dice.below(WORKFLOW) == 0 && added + 4 <= count {
            (0..4).for_each(|step| add(time + step * 2 * SECOND, TYPES - 4 + step.unsigned_abs(), agent));
            added += 4;
        } else {
            // Twice among fewer and fewer: the first types are the commonest.
            let most = 1 + dice.below(TYPES - 4);
            add(time, dice.below(most), agent);
            added += 1;
        }
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

fn main() {
    let million = LearnSettings { max_history_size: 1_000_000, ..LearnSettings::default() };
    for (count, rounds, aim) in [(1_000, 100, 3.0), (10_000, 30, 30.0), (1_000_000, 3, 3_000.0)] {
        let before = peak();
        let log = events(count);
        let (time, patterns) = measure(&log, &million, rounds);
        row(&format!("learn from {count} events of 50 types"), millis(time), "ms", Aim::AtMost(aim));
        row("  patterns found", f64::from(u32::try_from(patterns).unwrap_or(u32::MAX)), "", Aim::None);
        if let (Some(before), Some(after), 1_000_000) = (before, peak(), count) {
            row("  memory, with the events", after - before, "MB", Aim::AtMost(200.0));
            let (time, _) = measure(&log, &LearnSettings::default(), 10);
            row("  from the newest 10000 of them, as is the default", millis(time), "ms", Aim::AtMost(50.0));
        }
    }
}
