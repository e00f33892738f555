//! Answers that still hold, kept for who asks again.
//!
//! The last [`ENTRIES_MAX`] answers, by question. An answer is given again only if nothing was written since that
//! it looked at: the writer of this process says which times it wrote to; another process's writing counts as
//! anything, and is noticed within half a second. An answer that reaches up to the present is shared within one
//! second of the clock, and any later record ends it.
//!
//! Agents' kinds, projects and states are known from their latest records, whatever the range: answers that show
//! them hold until anything is written. Not here: what is written (`store::changes`).

use std::any::Any;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Service, ServiceError};
use crate::model::aggregate::AggregateQuery;
use crate::model::healing::HealingQuery;
use crate::model::listing::ListQuery;
use crate::model::overview::PageQuery;
use crate::model::summary::{AgentMeasure, TaskMeasure};
use crate::model::time::SECOND;
use crate::model::{Micros, Order, RangeSpec, TimeRange};
use crate::store::changes::{Changes, Mark};

/// Most answers kept.
const ENTRIES_MAX: usize = 100;

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Question {
    Overview(PageQuery),
    Summary(PageQuery),
    Aggregate(AggregateQuery),
    Tasks(ListQuery),
    Agents(ListQuery),
    Swarms(ListQuery),
    Ranking(PageQuery, AgentMeasure, Order, usize),
    SlowTasks(PageQuery, TaskMeasure, Order, u32),
    Agent(String, PageQuery),
    Swarm(String, PageQuery, u64),
    Healing(HealingQuery),
}

impl Question {
    fn range(&self) -> &RangeSpec {
        match self {
            Self::Overview(query)
            | Self::Summary(query)
            | Self::Ranking(query, ..)
            | Self::SlowTasks(query, ..)
            | Self::Agent(_, query)
            | Self::Swarm(_, query, _) => &query.range,
            Self::Aggregate(query) => &query.range,
            Self::Healing(query) => &query.range,
            Self::Tasks(query) | Self::Agents(query) | Self::Swarms(query) => &query.range,
        }
    }

    /// Whether only records of the range decide the answer.
    fn is_of_range(&self) -> bool {
        matches!(self, Self::Summary(_) | Self::Aggregate(_))
    }

    /// Where an answer is found, and which records can end it; `None` when the range is unreadable.
    fn key(&self, now: Micros) -> Option<(Key, TimeRange)> {
        let present = |from: Micros| {
            let key = Key { question: self.clone(), second: Some(now.0.div_euclid(SECOND)) };
            (key, TimeRange { from, until: Micros(i64::MAX) })
        };
        let spec = self.range();
        let (key, range) = if spec.is_all() && matches!(self, Self::Healing(_)) {
            // Where attempts lie does not depend on the clock, and what it decides is written down.
            (Key { question: self.clone(), second: None }, TimeRange::ALL)
        } else if spec.is_all() {
            present(Micros(i64::MIN))
        } else {
            let range = spec.resolve(now, None).ok()?;
            // What is the past at any time of asking: both ends are written out, and the end lies behind.
            let relative = |text: &str| text.is_empty() || text.starts_with("now");
            // Agents become late while the clock runs.
            let shows_now = matches!(self, Self::Agents(_) | Self::Agent(..) | Self::Swarm(..));
            if shows_now || relative(&spec.from) || relative(&spec.to) || range.until > now {
                present(range.from)
            } else {
                (Key { question: self.clone(), second: None }, range)
            }
        };
        Some((key, if self.is_of_range() { range } else { TimeRange::ALL }))
    }
}

/// Where an answer is found.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key {
    question: Question,
    /// The second it was asked in, when the answer depends on the clock.
    second: Option<i64>,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    since: Mark,
    touches: TimeRange,
    answer: Arc<dyn Any + Send + Sync>,
}

/// The kept answers, least recently used first.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: Mutex<VecDeque<Entry>>,
    hits: AtomicU64,
    misses: AtomicU64,
    evictions: AtomicU64,
    invalidations: AtomicU64,
}

/// How the cache is doing since the start of the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheGauge {
    /// Answers kept now.
    pub entries: u64,
    /// Questions answered from it.
    pub hits: u64,
    /// Questions that had to be answered anew.
    pub misses: u64,
    /// Answers that made room for newer ones.
    pub evictions: u64,
    /// Answers that a later record ended.
    pub invalidations: u64,
}

impl Cache {
    fn get(&self, key: &Key, changes: &Changes) -> Option<Arc<dyn Any + Send + Sync>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = entries.iter().position(|entry| entry.key == *key).and_then(|place| entries.remove(place));
        let held = entry.filter(|entry| {
            let holds = !changes.touched(entry.since, entry.touches);
            self.invalidations.fetch_add(u64::from(!holds), Ordering::Relaxed);
            holds
        });
        let counter = if held.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        let entry = held?;
        let answer = Arc::clone(&entry.answer);
        entries.push_back(entry);
        Some(answer)
    }

    fn put(&self, entry: Entry) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|other| other.key != entry.key);
        entries.push_back(entry);
        if entries.len() > ENTRIES_MAX {
            entries.pop_front();
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// An answer that can be kept.
pub(super) trait Keep: Clone + Send + Sync + 'static {
    /// Writes the clock into an answer that is given again.
    fn tell_time(&mut self, now: Micros);
    /// Whether it is small enough: some hundreds of kilobytes.
    fn is_small(&self) -> bool {
        true
    }
}

impl Service {
    /// The kept answer to `question`, or the one that `make` gives, which is then kept.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) async fn kept<A: Keep>(
        &self,
        question: Question,
        now: Micros,
        make: impl Future<Output = Result<A, ServiceError>>,
    ) -> Result<A, ServiceError> {
        let Some((key, touches)) = question.key(now) else { return make.await };
        let changes = self.store().changes();
        if let Some(kept) = self.cache.get(&key, changes).and_then(|answer| answer.downcast::<A>().ok()) {
            let mut answer = A::clone(&kept);
            answer.tell_time(now);
            return Ok(answer);
        }
        let since = changes.mark();
        let answer = make.await?;
        if answer.is_small() {
            self.cache.put(Entry { key, since, touches, answer: Arc::new(answer.clone()) });
        }
        Ok(answer)
    }

    /// How the kept answers are doing.
    #[must_use]
    pub fn cache_gauge(&self) -> CacheGauge {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let entries = self.cache.entries.lock().unwrap_or_else(PoisonError::into_inner).len() as u64;
        CacheGauge {
            entries,
            hits: of(&self.cache.hits),
            misses: of(&self.cache.misses),
            evictions: of(&self.cache.evictions),
            invalidations: of(&self.cache.invalidations),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(from: &str, to: &str) -> Question {
        let range = RangeSpec { from: from.into(), to: to.into() };
        Question::Aggregate(AggregateQuery { range, ..AggregateQuery::default() })
    }

    #[test]
    fn answers_about_the_past_do_not_depend_on_the_clock_and_others_do() {
        let now = Micros(10_500_000);
        let of = |from, to| question(from, to).key(now).expect("readable");
        let (key, touches) = of("1000", "2000");
        assert_eq!((key.second, touches.from.0, touches.until.0), (None, 1_000_000, 2_000_000));
        for (from, to) in [("now-1s", "now"), ("1000", ""), ("1000", "11000"), ("all", "")] {
            let (key, touches) = of(from, to);
            assert_eq!((key.second, touches.until.0), (Some(10), i64::MAX), "{from} {to}");
        }
        let range = RangeSpec { from: RangeSpec::ALL.into(), to: String::new() };
        let healing = Question::Healing(HealingQuery { range, ..HealingQuery::default() });
        assert_eq!(healing.key(now).map(|(key, touches)| (key.second, touches)), Some((None, TimeRange::ALL)));
        assert_eq!(question("then", "").key(now), None);
        let page = Question::Overview(PageQuery {
            range: RangeSpec { from: "1000".into(), to: "2000".into() },
            ..PageQuery::default()
        });
        assert_eq!(page.key(now).map(|(_, touches)| touches), Some(TimeRange::ALL));
    }

    #[test]
    fn the_least_recently_used_answer_makes_room() {
        let (cache, changes) = (Cache::default(), Changes::default());
        let key = |n: usize| Key { question: question("1000", &(2000 + n).to_string()), second: None };
        let entry = |n| Entry { key: key(n), since: changes.mark(), touches: TimeRange::ALL, answer: Arc::new(n) };
        (0..ENTRIES_MAX).for_each(|n| cache.put(entry(n)));
        assert!(cache.get(&key(0), &changes).is_some(), "used again");
        cache.put(entry(ENTRIES_MAX));
        assert!(cache.get(&key(1), &changes).is_none() && cache.get(&key(0), &changes).is_some());
        assert_eq!(cache.evictions.load(Ordering::Relaxed), 1);
    }
}
