//! Every occurrence of one pattern, found again in the events it was learned from.
//!
//! A pattern carries its newest occurrences only; a page about one wants them all. The walk follows the rules each
//! kind is counted by (`traced`, `frequency`, `follow`, `temporal`, `precursor`), so that there are as many as the
//! pattern says. Not here: whether it is a pattern.

use std::collections::HashMap;

use super::Zone;
use super::counts::shared;
use super::log::{EventLog, NONE};
use super::search::occurrence;
use super::sequence::advance;
use super::temporal::slot;
use crate::model::Micros;
use crate::model::pattern::{Evidence, LearnSettings, Occurrence, Pattern, Scope, SequenceEvidence};

/// All occurrences of a pattern, and all moments it could have begun at.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Occurrences {
    /// When each began, when it ended, and the row of the log that bears its agent; by begin.
    seen: Vec<(i64, i64, u32)>,
    /// The moments from which on the rest was waited for, ascending; `None` of a pattern that waits for nothing.
    trials: Option<Vec<i64>>,
}

impl Occurrences {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// When they began, ascending.
    pub fn begins(&self) -> impl ExactSizeIterator<Item = Micros> {
        self.seen.iter().map(|(from, ..)| Micros(*from))
    }

    /// When they ended, in the order in which they began.
    pub fn ends(&self) -> impl ExactSizeIterator<Item = Micros> {
        self.seen.iter().map(|(_, until, _)| Micros(*until))
    }

    /// How many of those moments lie in `[from, until)` at which it could have begun; `None` where it begins by itself.
    #[must_use]
    pub fn trials_in(&self, from: Micros, until: Micros) -> Option<u64> {
        let trials = self.trials.as_ref()?;
        let before = |time: i64| trials.partition_point(|trial| *trial < time);
        Some(before(until.0).saturating_sub(before(from.0)) as u64)
    }

    /// How many began in `[from, until)`.
    #[must_use]
    pub fn count_in(&self, from: Micros, until: Micros) -> u64 {
        let before = |time: i64| self.seen.partition_point(|(begin, ..)| *begin < time);
        before(until.0).saturating_sub(before(from.0)) as u64
    }

    /// At most `limit` of them, newest first, after `skip` newer ones. `log` is the one they were found in.
    #[must_use]
    pub fn newest(&self, log: &EventLog, skip: usize, limit: usize) -> Vec<Occurrence> {
        let newest = self.seen.iter().rev().skip(skip).take(limit);
        newest.map(|(from, until, row)| occurrence(log, *row, *from, *until)).collect()
    }
}

/// Finds the occurrences of `pattern` in the log it was learned from, with the settings it was learned with.
#[must_use]
pub fn occurrences(log: &EventLog, pattern: &Pattern, settings: &LearnSettings, zone: &Zone) -> Occurrences {
    let limit = settings.max_history_size as usize;
    let older = log.len().saturating_sub(limit);
    let newest = (older > 0).then(|| log.newest(limit));
    let log = newest.as_ref().unwrap_or(log);
    let micros = |ms: u32| i64::from(ms) * 1000;
    let mut found = match &pattern.metadata {
        Evidence::Sequence(evidence) => sequence(log, pattern, evidence),
        Evidence::Frequency(evidence) => {
            let of_agent = |row: u32| log.agent_name(row as usize) == Some(evidence.agent_id.as_str());
            moments(log, pattern, of_agent)
        }
        Evidence::Temporal(evidence) => {
            moments(log, pattern, |row| slot(evidence.season, zone.local(log.times[row as usize])) == evidence.slot)
        }
        Evidence::Correlation(evidence) => followed(log, pattern, evidence.scope, 0, micros(evidence.time_window_ms)),
        Evidence::Precursor(evidence) => {
            followed(log, pattern, evidence.scope, micros(settings.max_gap_ms), micros(evidence.window_ms))
        }
    };
    // Rows are those of the whole log, which names are looked up in later.
    let older = u32::try_from(older).unwrap_or(0);
    found.seen.iter_mut().for_each(|(_, _, row)| *row += older);
    found.seen.sort_unstable();
    if let Some(trials) = &mut found.trials {
        trials.sort_unstable();
    }
    found
}

/// Times and rows of one type in one stream.
#[derive(Debug, Default)]
struct Column {
    times: Vec<i64>,
    rows: Vec<u32>,
}

/// The events of a pattern's types by stream, a column for each of its steps.
fn columns(log: &EventLog, pattern: &Pattern, scope: Scope) -> Vec<Vec<Column>> {
    let stream_of = match scope {
        Scope::Agent => log.agents.clone(),
        Scope::Swarm => {
            let shared = shared(log);
            log.swarms.iter().map(|s| if shared.get(*s as usize) == Some(&true) { *s } else { NONE }).collect()
        }
    };
    let kind = |name: &String| log.kind_names.binary_search(name).ok().and_then(|at| u32::try_from(at).ok());
    let kinds: Vec<Option<u32>> = pattern.events.iter().map(kind).collect();
    let mut streams: HashMap<u32, Vec<Column>> = HashMap::new();
    for (row, stream) in (0_u32..).zip(stream_of).filter(|(_, stream)| *stream != NONE) {
        let of_row = Some(log.kinds[row as usize]);
        if !kinds.contains(&of_row) {
            continue;
        }
        let columns = streams.entry(stream).or_insert_with(|| kinds.iter().map(|_| Column::default()).collect());
        for (column, _) in columns.iter_mut().zip(&kinds).filter(|(_, kind)| **kind == of_row) {
            column.times.push(log.times[row as usize]);
            column.rows.push(row);
        }
    }
    streams.into_values().collect()
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^53")]
fn sequence(log: &EventLog, pattern: &Pattern, evidence: &SequenceEvidence) -> Occurrences {
    let mut found = Occurrences { trials: Some(Vec::new()), ..Occurrences::default() };
    for columns in columns(log, pattern, evidence.scope) {
        let Some((first, rest)) = columns.split_first() else { continue };
        found.trials.iter_mut().for_each(|trials| trials.extend(&first.times));
        let mut places = vec![0; rest.len()];
        for (i, &from) in first.times.iter().enumerate() {
            let cut = first.times.get(i + 1).copied().unwrap_or(i64::MAX);
            let mut last = from;
            let mut steps = 0;
            // The longest gap seen is within what was allowed, and nothing allowed was longer.
            for ((step, place), gap) in rest.iter().zip(&mut places).zip(&evidence.gaps) {
                *place = advance(&step.times, *place, last);
                match step.times.get(*place) {
                    Some(time) if (time - last) as f64 / 1e3 <= gap.max_ms && *time <= cut => last = *time,
                    _ => break,
                }
                steps += 1;
            }
            if steps == rest.len() {
                found.seen.push((from, last, first.rows[i]));
            }
        }
    }
    found
}

/// Every event of the pattern's type that passes.
fn moments(log: &EventLog, pattern: &Pattern, passes: impl Fn(u32) -> bool) -> Occurrences {
    let kind = pattern.events.first().and_then(|name| log.kind_names.binary_search(name).ok());
    let kind = kind.and_then(|at| u32::try_from(at).ok());
    let rows = (0_u32..).zip(&log.kinds).filter(|(row, of_row)| Some(**of_row) == kind && passes(*row));
    let seen = rows.map(|(row, _)| (log.times[row as usize], log.times[row as usize], row)).collect();
    Occurrences { seen, trials: None }
}

/// The first event, or two in a row within `gap`, followed by the last within `window`.
fn followed(log: &EventLog, pattern: &Pattern, scope: Scope, gap: i64, window: i64) -> Occurrences {
    let mut found = Occurrences { trials: Some(Vec::new()), ..Occurrences::default() };
    for columns in columns(log, pattern, scope) {
        let (Some((then, signs)), Some(first)) = (columns.split_last(), columns.first()) else { continue };
        // Begin, completion and row of each sign.
        let signs: Vec<(i64, i64, u32)> = match signs {
            [_, second] => in_a_row(first, second, gap),
            _ => first.times.iter().zip(&first.rows).map(|(time, row)| (*time, *time, *row)).collect(),
        };
        let mut at = 0;
        for (from, complete, row) in signs {
            found.trials.iter_mut().for_each(|trials| trials.push(from));
            at = advance(&then.times, at, complete);
            if let Some(until) = then.times.get(at).filter(|until| **until - complete <= window) {
                found.seen.push((from, *until, row));
            }
        }
    }
    found
}

/// Where the next `second` follows within the gap, before `first` comes again.
fn in_a_row(first: &Column, second: &Column, gap: i64) -> Vec<(i64, i64, u32)> {
    let mut at = 0;
    let mut found = Vec::new();
    for (i, &start) in first.times.iter().enumerate() {
        let cut = first.times.get(i + 1).copied().unwrap_or(i64::MAX);
        at = advance(&second.times, at, start);
        if let Some(&end) = second.times.get(at).filter(|end| **end - start <= gap && **end <= cut) {
            found.push((start, end, second.rows[at]));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{EventLogBuilder, learn};
    use super::*;
    use crate::model::pattern::PatternType;
    use crate::model::time::{DAY, HOUR, SECOND};

    /// Numbers that look random (SplitMix64, Steele et al. 2014).
    fn dice(seed: &mut u64, below: i64) -> i64 {
        *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (*seed ^ (*seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        i64::try_from((z ^ (z >> 31)) % below.unsigned_abs()).expect("small")
    }

    /// Ten days with something of every kind in it: a workflow within an agent and one between agents, a heartbeat, a
    /// follower, a daily hour, a warning before failures, and noise.
    fn log(seed: u64) -> EventLog {
        let mut seed = seed;
        let mut builder = EventLogBuilder::default();
        let agents = ["ada", "bob", "cleo"];
        let mut add = |time: i64, kind: &str, agent: usize| {
            builder.push(Micros(time), kind, Some(agents[agent]), Some("team"));
        };
        for day in 0..10 {
            for round in 0..8 {
                let start = day * DAY + 9 * HOUR + round * 1800 * SECOND + dice(&mut seed, 300 * SECOND);
                let agent = usize::try_from(dice(&mut seed, 3)).expect("small");
                let mut time = start;
                for step in ["plan", "edit", "check", "commit"] {
                    add(time, step, agent);
                    time += SECOND + dice(&mut seed, 5 * SECOND);
                }
                add(time + 30 * SECOND, "hand_over", agent);
                add(time + 33 * SECOND + dice(&mut seed, SECOND), "take_over", (agent + 1) % 3);
                if round % 2 == 0 {
                    add(time + 300 * SECOND, "memory_warning", agent);
                    add(time + 400 * SECOND + dice(&mut seed, 60 * SECOND), "agent_crashed", agent);
                }
                add(time + 600 * SECOND, "ask", agent);
                if dice(&mut seed, 10) < 8 {
                    add(time + 602 * SECOND, "answer", agent);
                }
            }
            add(day * DAY + 3 * HOUR + dice(&mut seed, 3000 * SECOND), "backup", 0);
            add(day * DAY + 3 * HOUR + dice(&mut seed, 3000 * SECOND), "backup", 1);
            for beat in 0..60 {
                add(day * DAY + 12 * HOUR + beat * 30 * SECOND + dice(&mut seed, SECOND), "heartbeat", 2);
            }
            for _ in 0..40 {
                let agent = usize::try_from(dice(&mut seed, 3)).expect("small");
                add(day * DAY + dice(&mut seed, DAY), "noise", agent);
            }
        }
        builder.finish()
    }

    #[test]
    fn every_pattern_has_as_many_occurrences_as_it_says_and_the_newest_are_those_it_carries() {
        let mut kinds = std::collections::BTreeSet::new();
        for seed in 0..5 {
            let log = log(seed);
            let settings = LearnSettings::default();
            let now = log.span().expect("events").1;
            for pattern in learn(&log, &settings, &Zone::utc(), now).patterns {
                let found = occurrences(&log, &pattern, &settings, &Zone::utc());
                let name = &pattern.description;
                assert_eq!(found.len() as u64, pattern.occurrences, "{name}");
                assert_eq!(found.newest(&log, 0, Pattern::RECENT_MAX), pattern.recent, "{name}");
                let after = Micros(i64::MAX);
                assert_eq!(found.count_in(Micros(i64::MIN), after), pattern.occurrences, "{name}");
                let trials = found.trials_in(Micros(i64::MIN), after);
                let expected = match pattern.pattern_type {
                    PatternType::Frequency | PatternType::Temporal => None,
                    _ => Some(pattern.support.denominator),
                };
                assert_eq!(trials, expected, "{name}");
                kinds.insert(pattern.pattern_type);
            }
        }
        assert_eq!(kinds.into_iter().collect::<Vec<_>>(), PatternType::ALL, "something of every kind was found");
    }

    #[test]
    fn a_page_goes_on_where_the_one_before_ended_and_weeks_add_up() {
        let log = log(1);
        let settings = LearnSettings::default();
        let learned = learn(&log, &settings, &Zone::utc(), log.span().expect("events").1);
        let workflow = learned.patterns.iter().find(|pattern| pattern.events[0] == "plan").expect("the workflow");
        let found = occurrences(&log, workflow, &settings, &Zone::utc());
        let pages: Vec<_> = (0..8).flat_map(|page| found.newest(&log, page * 10, 10)).collect();
        assert_eq!(pages, found.newest(&log, 0, 100));
        assert!(pages.is_sorted_by(|a, b| a.from >= b.from));
        let days: Vec<u64> = (0..10).map(|day| found.count_in(Micros(day * DAY), Micros((day + 1) * DAY))).collect();
        assert_eq!(days, [8; 10], "eight rounds a day");
    }

    #[test]
    fn an_occurrence_names_its_agent_where_older_events_are_left_out() {
        let mut builder = EventLogBuilder::default();
        // `a` beats 50 times, then `b` does.
        for n in 0..100 {
            builder.push(Micros(n * 60_000_000), "heartbeat", Some(if n < 50 { "a" } else { "b" }), None);
        }
        let (log, zone) = (builder.finish(), Zone::utc());
        let settings = LearnSettings { max_history_size: 40, ..LearnSettings::default() };
        let now = Micros(100 * 60_000_000);
        let learned = learn(&log, &settings, &zone, now);
        let pattern = learned.patterns.first().expect("a beat");
        let found = occurrences(&log, pattern, &settings, &zone);
        let newest = found.newest(&log, 0, 100);
        assert_eq!((found.len(), newest.len()), (40, 40));
        assert!(newest.iter().all(|seen| seen.agent_id.as_deref() == Some("b")), "{newest:?}");
        let end = Micros(99 * 60_000_000);
        assert_eq!((newest[0].from, newest[0].until), (end, end));
    }
}
