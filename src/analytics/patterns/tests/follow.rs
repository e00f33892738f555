//! Counts that follow a log are those made anew: compared over lists that grow, lose their oldest events, and get late
//! ones.

use super::super::counts::{Change, Counts};
use super::super::tally::Tally;
use super::*;

/// Events of one list, of which a window is looked at.
struct Stage {
    dice: Dice,
    /// Time, type, agent and swarm, by time.
    events: Vec<(i64, usize, Option<i64>, i64)>,
    /// How many of the oldest are gone.
    gone: usize,
    /// Types and agents that may come.
    kinds: i64,
    agents: i64,
    /// Between two events, in the mean.
    wait: i64,
    /// Instants are multiples of this.
    unit: i64,
    now: i64,
}

const NAMES: [&str; 10] = ["plan", "edit", "error", "check", "commit", "ask", "task_failed", "answer", "beat", "zoom"];

impl Stage {
    fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let wait = [SECOND / 10, SECOND, 5 * SECOND, 60 * SECOND, HOUR][dice.below(5) as usize];
        let unit = [1, SECOND / 2, SECOND][dice.below(3) as usize];
        let (kinds, agents) = (2 + dice.below(5), 1 + dice.below(3));
        Self { dice, events: Vec::new(), gone: 0, kinds, agents, wait, unit, now: 0 }
    }

    /// Adds about so many events: single ones, and the steps of a workflow that two agents may share.
    fn add(&mut self, count: usize) {
        for _ in 0..count {
            self.now += self.dice.wait(self.wait) / self.unit * self.unit;
            let agent = Some(self.dice.below(self.agents)).filter(|agent| *agent != 3);
            // Now and then an agent turns up in another swarm.
            let swarm = if self.dice.below(50) == 0 { 9 } else { agent.map_or(7, |agent| agent / 2) };
            if self.dice.below(4) == 0 {
                let mut time = self.now;
                for step in 0..3 {
                    time += self.dice.below(2 * SECOND) / self.unit * self.unit;
                    self.events.push((time, step, agent, swarm));
                }
            } else {
                let kind = self.dice.below(self.kinds) as usize;
                self.events.push((self.now, kind, agent, swarm));
            }
        }
        // Late ones, most of them a little.
        for _ in 0..self.dice.below(4) {
            let most = if self.dice.below(20) == 0 { 200 } else { 5 };
            let late = self.dice.below(most * self.wait);
            let kind = self.dice.below(self.kinds) as usize;
            self.events.push(((self.now - late) / self.unit * self.unit, kind, Some(0), 0));
        }
        self.gone_first();
    }

    /// What is gone stays in front: what arrives later than that is gone, too.
    fn gone_first(&mut self) {
        let gone = self.gone;
        if let Some((_, rest)) = self.events.split_at_mut_checked(gone) {
            rest.sort_unstable();
        }
    }

    fn log(&self) -> EventLog {
        let mut builder = EventLogBuilder::default();
        for (time, kind, agent, swarm) in &self.events[self.gone..] {
            let agent = agent.map(|agent| format!("agent-{agent}"));
            builder.push(Micros(START + time), NAMES[*kind], agent.as_deref(), Some(&format!("swarm-{swarm}")));
        }
        builder.finish()
    }
}

/// Everything that was counted, with names for numbers.
fn told(tally: &Tally, log: &EventLog, streams: &[String]) -> Vec<String> {
    let mut told = Vec::new();
    for group in tally.streams.all.iter().flat_map(|stream| &stream.groups) {
        let rows: Vec<u32> = (0..group.times.len()).map(|nth| tally.streams.row(group, nth)).collect();
        let sums = group.sums();
        let (stream, kind) = (&streams[group.stream as usize], &log.kind_names[group.kind as usize]);
        told.push(format!("{stream} {kind} {:?} {rows:?} {:?} {sums:?}", &*group.times, &*group.apart));
    }
    let name = |kind: u32| &log.kind_names[kind as usize];
    for &first in &tally.pairs.kinds {
        told.push(format!("{} {:?}", name(first), tally.pairs.trials(first)));
        for &then in &tally.pairs.kinds {
            told.push(format!("{} {} {:?}", name(first), name(then), tally.pairs.get(first, then)));
        }
    }
    told
}

#[test]
fn counts_that_follow_a_log_are_those_made_anew_whatever_comes_and_goes() {
    let (mut followed, mut patterns) = (0, 0);
    for seed in 0..60 {
        let mut stage = Stage::new(seed);
        let settings = LearnSettings {
            min_occurrences: 2,
            confidence_threshold: 0.3,
            false_discovery_rate: if seed % 2 == 0 { 1.0 } else { 0.05 },
            ..LearnSettings::default()
        };
        // Clocks are put forward an hour after the start.
        let zone = Zone::new("here", 0, vec![(Micros(START + HOUR), HOUR)]);
        stage.add(300);
        let mut log = stage.log();
        let mut counts = Counts::new(&log, &settings, &zone);
        for round in 0..8 {
            if round == 4 {
                // Names that come before others move the numbers of these.
                (stage.kinds, stage.agents) = (10, 5);
            }
            stage.gone += stage.dice.below(40) as usize;
            let added = stage.dice.below(40) as usize;
            stage.add(added);
            let next = stage.log();
            let change = Change::new(&log, &next);
            let whole = counts.change(&change, &log, &next, &settings, &zone);
            let anew = Counts::new(&next, &settings, &zone);
            let now = next.span().expect("events").1;
            if whole {
                followed += u64::from(change.stayed * 2 > next.len());
                for (tally, of, streams) in [
                    (&counts.agents, &anew.agents, &next.agent_names),
                    (&counts.swarms, &anew.swarms, &next.swarm_names),
                ] {
                    let (one, other) = (told(tally, &next, streams), told(of, &next, streams));
                    let different = one.iter().zip(&other).find(|(one, other)| one != other);
                    assert_eq!((different, one.len()), (None, other.len()), "seed {seed}, round {round}");
                }
                let (one, other) = (counts.learned(&next, &settings, now), learn(&next, &settings, &zone, now));
                patterns += one.patterns.len();
                assert_eq!(one, other, "seed {seed}, round {round}");
            } else {
                counts = anew;
            }
            log = next;
        }
    }
    println!("{followed} of 480 changes followed, {patterns} patterns compared");
    assert!(followed > 240 && patterns > 1_000, "{followed} {patterns}");
}

#[test]
fn another_log_altogether_is_counted_anew() {
    let (mut one, mut other) = (Stage::new(1), Stage::new(2));
    one.add(200);
    other.add(200);
    let (one, other) = (one.log(), other.log());
    let settings = LearnSettings { confidence_threshold: 0.3, ..LearnSettings::default() };
    let now = other.span().expect("events").1;
    let counts = Counts::new(&one, &settings, &Zone::utc()).follow(&one, &other, &settings, &Zone::utc());
    assert_eq!(counts.learned(&other, &settings, now), learn(&other, &settings, &Zone::utc(), now));
    let none = EventLogBuilder::default().finish();
    let counts = counts.follow(&other, &none, &settings, &Zone::utc());
    assert!(counts.learned(&none, &settings, now).patterns.is_empty());
    let counts = counts.follow(&none, &other, &settings, &Zone::utc());
    assert_eq!(counts.learned(&other, &settings, now), learn(&other, &settings, &Zone::utc(), now));
}

#[test]
fn windows_are_chosen_again_from_the_event_that_is_now_the_first() {
    // A beat each 6 s and windows of 10 s: every other one opens a window, which are the others once the first is gone.
    let beats: Vec<Event> = (0..100).map(|i| event(i * 6 * SECOND, "beat", "a")).collect();
    let (before, after) = (log(&beats[..99]), log(&beats[1..]));
    let settings = LearnSettings::default();
    let counts = Counts::new(&before, &settings, &Zone::utc());
    let opens = |counts: &Counts| -> Vec<bool> {
        counts.agents.streams.all[0].groups[0].apart.iter().take(4).map(|apart| apart[0]).collect()
    };
    assert_eq!(opens(&counts), [true, false, true, false]);
    let mut followed = counts;
    assert!(followed.change(&Change::new(&before, &after), &before, &after, &settings, &Zone::utc()));
    assert_eq!(opens(&followed), [true, false, true, false]);
    assert_eq!(followed.agents.pairs.trials(0)[..2], [99, 50]);
}
