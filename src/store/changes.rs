//! What was written lately, by time, so that an answer kept from before knows whether it still holds.
//!
//! The writer notes the times of every record it stored before it tells the sender; what another process wrote
//! is noticed within [`LOOK`](super::writer::LOOK) and counts as anything at any time. Not here: the answers
//! that are kept (`service::cache`).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use super::chore::{Chore, Outcome};
use super::queue::{Done, Job, Work};
use super::{Landing, UPTIME_KEY};
use crate::model::time::DAY;
use crate::model::{Micros, Record, TimeRange};

/// Changes that are remembered; who asks about earlier ones is told that everything changed.
const REMEMBERED: usize = 1024;
/// Days of one transaction that are told apart.
const DAYS_APART: usize = 16;

/// A moment in the order of changes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

/// The latest changes.
#[derive(Debug, Default)]
pub struct Changes {
    log: Mutex<Log>,
    told: watch::Sender<Mark>,
}

#[derive(Debug, Default)]
struct Log {
    now: Mark,
    recent: VecDeque<(Mark, TimeRange)>,
}

impl Changes {
    /// This moment. Take it before you read what you want to keep.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).now
    }

    /// Whether anything in `range` may have changed since.
    #[must_use]
    pub fn touched(&self, since: Mark, range: TimeRange) -> bool {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = log.recent.front().is_some_and(|(first, _)| first.0 > since.0 + 1);
        let meets = |other: &TimeRange| other.from < range.until && range.from < other.until;
        forgotten || log.recent.iter().rev().take_while(|(mark, _)| *mark > since).any(|(_, other)| meets(other))
    }

    /// Wakes whenever something changed: at once after a commit of this process, within
    /// [`LOOK`](super::writer::LOOK) after one of another.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Mark> {
        self.told.subscribe()
    }

    /// Something in `range` changed.
    pub(super) fn note(&self, range: TimeRange) {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.now = Mark(log.now.0 + 1);
        let now = log.now;
        log.recent.push_back((now, range));
        if log.recent.len() > REMEMBERED {
            log.recent.pop_front();
        }
        drop(log);
        self.told.send_replace(now);
    }

    /// Notes what a committed transaction did.
    pub(super) fn committed(&self, jobs: &[Job], done: &[Done]) {
        let mut days: BTreeMap<i64, TimeRange> = BTreeMap::new();
        for (job, done) in jobs.iter().zip(done) {
            match (&job.work, done) {
                (Work::Records(records), Done::Records(landings)) => {
                    for (record, landing) in records.iter().zip(landings) {
                        match landing {
                            Landing::Stored => add(&mut days, time(record)),
                            // The record may have stood at another time before.
                            Landing::Updated => return self.note(TimeRange::ALL),
                            Landing::Duplicate | Landing::Differs => {}
                        }
                    }
                }
                // Kept patterns, alerts and messages are no records; who shows them reads them anew.
                (
                    Work::Key { .. }
                    | Work::Vacuum
                    | Work::Chore(Chore::FindDue { .. } | Chore::KeepPatterns(_) | Chore::Alerts(_) | Chore::Deliver(_)),
                    _,
                ) => {}
                (Work::Chore(Chore::PutHealings(_)), Done::Chore(Outcome::Counted(0))) => {}
                // That a server is up is on no page that is kept.
                (Work::Info { key, .. }, _) if key == UPTIME_KEY => {}
                // Deletions, sealing, other facts about the file.
                _ => return self.note(TimeRange::ALL),
            }
        }
        if days.len() > DAYS_APART {
            let ends = days.values().next().zip(days.values().next_back());
            return ends
                .into_iter()
                .for_each(|(first, last)| self.note(TimeRange { from: first.from, until: last.until }));
        }
        days.into_values().for_each(|range| self.note(range));
    }
}

fn add(days: &mut BTreeMap<i64, TimeRange>, time: Micros) {
    let after = Micros(time.0.saturating_add(1));
    let range = days.entry(time.0.div_euclid(DAY)).or_insert(TimeRange { from: time, until: after });
    range.from = range.from.min(time);
    range.until = range.until.max(after);
}

fn time(record: &Record) -> Micros {
    match record {
        Record::Task(task) => task.timestamp,
        Record::AgentMetric(metric) | Record::SwarmMetric(metric) => metric.timestamp,
        Record::Event(event) => event.timestamp,
        Record::Healing(healing) => healing.timestamp,
        Record::Agent(life) => life.spawn_time,
        Record::Memory(memory) => memory.timestamp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: i64, until: i64) -> TimeRange {
        TimeRange { from: Micros(from), until: Micros(until) }
    }

    #[test]
    fn only_what_a_change_meets_is_touched() {
        let changes = Changes::default();
        changes.note(range(0, 5));
        let mark = changes.mark();
        assert!(!changes.touched(mark, TimeRange::ALL), "nothing happened since");
        changes.note(range(10, 20));
        assert!(changes.touched(mark, range(19, 30)) && changes.touched(mark, TimeRange::ALL));
        assert!(!changes.touched(mark, range(20, 30)) && !changes.touched(mark, range(0, 10)));
        assert!(!changes.touched(changes.mark(), range(10, 20)));
    }

    #[test]
    fn what_is_forgotten_counts_as_changed() {
        let changes = Changes::default();
        let start = changes.mark();
        for _ in 0..REMEMBERED {
            changes.note(range(10, 20));
        }
        assert!(!changes.touched(start, range(0, 1)), "all of them are remembered");
        changes.note(range(10, 20));
        assert!(changes.touched(start, range(0, 1)));
    }
}
