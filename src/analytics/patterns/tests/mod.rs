//! The learner held against lists whose patterns are known, and lists that have none.

mod boundaries;
mod chance;
mod follow;
mod formulas;
mod planted;

use super::{EventLog, EventLogBuilder, Learned, Zone, learn};
use crate::model::Micros;
use crate::model::pattern::{LearnSettings, Pattern, PatternType};
use crate::model::time::{DAY, HOUR, SECOND};

/// 2026-01-05T00:00:00Z, a Monday.
const START: i64 = 1_767_571_200_000_000;

/// One event: microseconds since [`START`], type, agent.
type Event = (i64, String, String);

/// SplitMix64 (Steele et al. 2014): numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Between 0 and 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Below `end`.
    fn below(&mut self, end: i64) -> i64 {
        (self.next() % u64::try_from(end).expect("positive")) as i64
    }

    /// A waiting time with the mean `mean`, as between independent events.
    fn wait(&mut self, mean: i64) -> i64 {
        (-(1.0 - self.share()).ln() * mean as f64) as i64
    }

    /// A type of `kinds`, the first far more often than the last.
    fn heavy(&mut self, kinds: i64) -> i64 {
        let x = self.share() * (1.0 + kinds as f64).ln();
        (x.exp() - 1.0) as i64
    }
}

fn log(events: &[Event]) -> EventLog {
    let mut builder = EventLogBuilder::with_capacity(events.len());
    for (time, kind, agent) in events {
        builder.push(Micros(START + time), kind, Some(agent), Some("swarm"));
    }
    builder.finish()
}

fn learned(events: &[Event], settings: &LearnSettings) -> Learned {
    let log = log(events);
    let now = log.span().map_or(Micros(START), |(_, last)| last);
    learn(&log, settings, &Zone::utc(), now)
}

fn of(learned: &Learned, kind: PatternType) -> Vec<&Pattern> {
    learned.patterns.iter().filter(|pattern| pattern.pattern_type == kind).collect()
}

fn event(time: i64, kind: &str, agent: &str) -> Event {
    (time, kind.to_owned(), agent.to_owned())
}

/// Independent events of 10 types by 4 agents, the commonest types by far the most: nothing to learn.
fn noise(dice: &mut Dice, count: usize, mean_wait: i64) -> Vec<Event> {
    let mut time = 0;
    (0..count)
        .map(|_| {
            time += dice.wait(mean_wait);
            (time, format!("kind-{}", dice.heavy(10)), format!("agent-{}", dice.below(4)))
        })
        .collect()
}
