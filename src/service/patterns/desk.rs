//! Who asked for which patterns, and what came of it: each is learned once, whoever asks, and one after the other.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::Patience;
use super::gather::Gathered;
use crate::analytics::patterns::{Counts, EventLog, Zone};
use crate::model::pattern::{LearnProgress, LearnSettings, LearnStep, Learning, Pattern, PatternChange};
use crate::model::{Micros, Problem, ProblemKind, RangeSpec, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};
use crate::store::changes::{Changes, Mark};
use crate::store::patterns::HistoryState;

/// Most learnings that wait or go on.
const GOING_MAX: usize = 8;
/// Most that are remembered, beside what is kept.
const REMEMBERED_MAX: usize = 8;
/// Most events of these together.
const EVENTS_MAX: usize = 2_000_000;
/// So long what was learned is good enough for somebody who does not want to wait, although more arrived since; or
/// [`PATIENCE_FACTOR`] times as long as it took, if that is longer.
const GOOD_ENOUGH: Duration = Duration::from_secs(5);
const PATIENCE_FACTOR: u32 = 10;

/// What is learned.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    /// Range and filter; `None` for what the server learns by itself.
    pub asked: Option<(RangeSpec, RecordFilter)>,
    /// With which settings.
    pub settings: LearnSettings,
}

/// What came of a learning.
#[derive(Debug)]
pub(super) struct Found {
    pub learning: Learning,
    pub patterns: Vec<Pattern>,
    /// What became of those that were kept before.
    pub changes: Vec<PatternChange>,
    /// The events, to find occurrences in.
    pub log: EventLog,
    pub zone: Zone,
    /// The state of the records.
    pub history: HistoryState,
    /// What the server learns by itself is remembered for the next time.
    pub memory: Option<Memory>,
    /// When the records were read, in the order of changes.
    pub since: Mark,
    /// Which changes end it.
    pub touches: TimeRange,
    /// Whether both ends of the range are written out, so that it does not move with the clock.
    pub absolute: bool,
    pub done: Instant,
    pub took: Duration,
}

/// What the next learning begins with.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    /// The records: only what arrived since is read.
    pub gathered: Gathered,
    /// What was counted in the log: only what came and went is counted.
    pub counts: Counts,
}

impl Found {
    /// What is remembered of it, its log and the state of the records. Nobody else looks at it, as a rule; then nothing
    /// need be copied.
    pub fn remembered(self: Arc<Self>) -> Option<(HistoryState, Memory, EventLog)> {
        match Arc::try_unwrap(self) {
            Ok(own) => Some((own.history, own.memory?, own.log)),
            Err(shared) => Some((shared.history, shared.memory.clone()?, shared.log.clone())),
        }
    }

    /// Whether it still answers its question.
    pub fn holds(&self, changes: &Changes, patience: Patience) -> bool {
        let young = self.done.elapsed() < GOOD_ENOUGH.max(self.took * PATIENCE_FACTOR);
        let same = !changes.touched(self.since, self.touches);
        (same && (self.absolute || young)) || (young && patience != Patience::Endless)
    }
}

/// How far a learning is.
#[derive(Debug, Default)]
pub(super) struct Progress {
    events: AtomicU64,
    reading: AtomicBool,
    learning: AtomicBool,
}

impl Progress {
    /// So many records were read.
    pub fn read(&self, records: usize) {
        self.reading.store(true, Ordering::Relaxed);
        self.events.store(records as u64, Ordering::Relaxed);
    }

    /// All are read.
    pub fn learn(&self) {
        self.learning.store(true, Ordering::Relaxed);
    }

    fn tell(&self, started: Micros) -> LearnProgress {
        let step = match (self.reading.load(Ordering::Relaxed), self.learning.load(Ordering::Relaxed)) {
            (_, true) => LearnStep::Learning,
            (true, false) => LearnStep::Reading,
            (false, false) => LearnStep::Waiting,
        };
        LearnProgress { started, step, events: self.events.load(Ordering::Relaxed) }
    }
}

#[derive(Debug, Clone)]
enum State {
    Going,
    Done(Arc<Found>),
    Failed(Problem),
}

/// What somebody gets who asked.
#[derive(Debug)]
pub(super) enum Outcome {
    Done(Arc<Found>),
    Going(LearnProgress),
}

/// A learning that goes on, or is done.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    started: Micros,
    progress: Arc<Progress>,
    state: watch::Receiver<State>,
}

impl Ticket {
    /// Waits for its end.
    ///
    /// # Errors
    /// Why it failed.
    pub async fn wait(mut self, patience: Patience) -> Result<Outcome, ServiceError> {
        let Self { started, progress, state } = &mut self;
        let over = state.wait_for(|state| !matches!(state, State::Going));
        let ended = match patience {
            Patience::Endless => Ok(over.await),
            Patience::AtMost(longest) => tokio::time::timeout(longest, over).await,
        };
        match ended {
            Err(_) => Ok(Outcome::Going(progress.tell(*started))),
            // The task ended without a word: the server is closing.
            Ok(Err(_)) => Err(Problem::new(ProblemKind::Overloaded, "learning was broken off; try again").into()),
            Ok(Ok(state)) => match &*state {
                State::Done(found) => Ok(Outcome::Done(Arc::clone(found))),
                State::Failed(problem) => Err(problem.clone().into()),
                State::Going => Ok(Outcome::Going(progress.tell(*started))),
            },
        }
    }
}

#[derive(Debug)]
struct Entry {
    key: Key,
    ticket: Ticket,
}

impl Entry {
    fn is_going(&self) -> bool {
        matches!(&*self.ticket.state.borrow(), State::Going)
    }

    fn done(&self) -> Option<Arc<Found>> {
        match &*self.ticket.state.borrow() {
            State::Done(found) => Some(Arc::clone(found)),
            State::Going | State::Failed(_) => None,
        }
    }
}

/// All learnings of a process.
#[derive(Debug, Default)]
pub(in crate::service) struct Desk {
    /// Least recently asked for first.
    entries: Mutex<VecDeque<Entry>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Desk {
    /// What the server learns by itself: the last learning if it `holds`, or another one.
    ///
    /// # Errors
    /// A [`Problem`] when too many wait.
    pub(super) fn kept(
        &self,
        service: &Service,
        now: Micros,
        holds: impl Fn(&Found) -> bool,
    ) -> Result<Ticket, Problem> {
        let key = Key { asked: None, settings: service.settings().patterns.learn.clone() };
        self.asked(service, key, now, holds)
    }

    /// The learning of `key` that goes on, or is done and `holds`; else a new one.
    ///
    /// # Errors
    /// A [`Problem`] when too many wait.
    pub(super) fn asked(
        &self,
        service: &Service,
        key: Key,
        now: Micros,
        holds: impl Fn(&Found) -> bool,
    ) -> Result<Ticket, Problem> {
        let mut entries = self.entries();
        let known = entries.iter().position(|entry| entry.key == key).and_then(|place| entries.remove(place));
        let before = known.as_ref().and_then(Entry::done);
        if let Some(known) = known.filter(|known| known.is_going() || known.done().is_some_and(|found| holds(&found))) {
            let ticket = known.ticket.clone();
            entries.push_back(known);
            return Ok(ticket);
        }
        let own = key.asked.is_none();
        if !own && entries.iter().filter(|entry| entry.is_going()).count() >= GOING_MAX {
            let detail = format!("{GOING_MAX} other questions for patterns are being learned; ask again in a moment");
            return Err(Problem::new(ProblemKind::Overloaded, detail));
        }
        let ticket = self.start(service, key.clone(), before, now);
        entries.push_back(Entry { key, ticket: ticket.clone() });
        forget(&mut entries);
        Ok(ticket)
    }

    fn start(&self, service: &Service, key: Key, before: Option<Arc<Found>>, now: Micros) -> Ticket {
        let (tell, state) = watch::channel(State::Going);
        let progress = Arc::new(Progress::default());
        let ticket = Ticket { started: now, progress: Arc::clone(&progress), state };
        let (service, turn) = (service.clone(), Arc::clone(&self.turn));
        tokio::spawn(async move {
            let _turn = turn.lock_owned().await;
            let learned = service.learn(&key, before, &progress, now).await;
            tell.send_replace(match learned {
                Ok(found) => State::Done(Arc::new(found)),
                Err(error) => {
                    let problem = error.problem();
                    // Who waits is told the problem; the cause would be lost with this task.
                    tracing::warn!(error = %problem, cause = ?error, "patterns could not be learned");
                    State::Failed(problem)
                }
            });
        });
        ticket
    }

    fn entries(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room: what the server learns by itself stays, and what goes on.
fn forget(entries: &mut VecDeque<Entry>) {
    loop {
        let done = |entry: &Entry| entry.key.asked.is_some() && !entry.is_going();
        let events: usize =
            entries.iter().filter(|entry| done(entry)).filter_map(Entry::done).map(|f| f.log.len()).sum();
        let count = entries.iter().filter(|entry| done(entry)).count();
        if count <= REMEMBERED_MAX && events <= EVENTS_MAX {
            return;
        }
        let Some(oldest) = entries.iter().position(done) else { return };
        entries.remove(oldest);
    }
}
