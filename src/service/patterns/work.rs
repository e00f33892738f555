//! One learning: records are read, events made of them, patterns found, and, of what the server learns by itself,
//! kept.

use std::sync::Arc;
use std::time::Instant;

use super::desk::{Found, Key, Memory, Progress};
use super::gather::{self, Gathered};
use crate::analytics::patterns::conditions::series;
use crate::analytics::patterns::{Counts, EventLog, Learned, Zone};
use crate::model::pattern::{LearnSettings, Learning};
use crate::model::{Micros, Problem, ProblemKind, RangeSpec, TimeRange};
use crate::service::{Service, ServiceError};
use crate::store::changes::Mark;
use crate::store::patterns::{self as kept, HistoryState};
use crate::store::read::{Cut, Snapshot};

/// What was read.
struct Read {
    gathered: Gathered,
    history: HistoryState,
    since: Mark,
    touches: TimeRange,
    absolute: bool,
}

impl Service {
    /// Learns `key`. `before` is what came of it the last time.
    pub(super) async fn learn(
        &self,
        key: &Key,
        before: Option<Arc<Found>>,
        progress: &Progress,
        now: Micros,
    ) -> Result<Found, ServiceError> {
        let started = Instant::now();
        progress.read(0);
        let (known, counted) = match before.and_then(Found::remembered) {
            Some((history, memory, log)) => (Some((history, memory.gathered)), Some((log, memory.counts))),
            None => (None, None),
        };
        let read = match &key.asked {
            None => self.read_everything(&key.settings, known, progress).await?,
            Some((range, filter)) => {
                let since = self.store().changes().mark();
                let mut snapshot = self.store().snapshot().await?;
                let history = snapshot.history_state().await?;
                let bounds = snapshot.bounds().await?;
                let resolved = range.resolve(now, bounds).map_err(|error| Problem::bad_request(error.to_string()))?;
                let gathered = match snapshot.cut(filter).await? {
                    Some(cut) => read_history(&mut snapshot, resolved, &cut, &key.settings, progress).await?,
                    None => Gathered::default(),
                };
                let touches = if range.is_all() { TimeRange::ALL } else { resolved };
                Read { gathered, history, since, touches, absolute: is_absolute(range) }
            }
        };
        progress.learn();
        let (settings, gathered) = (key.settings.clone(), read.gathered);
        let work = tokio::task::spawn_blocking(move || find(gathered, counted, &settings, now));
        let broken = |_| Problem::new(ProblemKind::Internal, "learning patterns broke off; the log says why");
        let (memory, log, zone, learned, derived) = work.await.map_err(broken)??;
        let limited = learned.limited() || !memory.gathered.history.limited.is_empty();
        let learning = Learning {
            learned_at: now,
            from: learned.span.map(|(first, _)| first),
            until: learned.span.map(|(_, last)| last),
            events: learned.considered,
            derived: derived.into_iter().filter(|time| learned.span.is_some_and(|(first, _)| *time >= first)).count()
                as u64,
            limited,
            settings: key.settings.clone(),
            kept: key.asked.is_none(),
        };
        let patterns = in_order(learned);
        let mut changes = Vec::new();
        if key.asked.is_none() {
            let keep = kept::Learned { learning: learning.clone(), history: read.history, patterns: patterns.clone() };
            changes = self.store().keep_patterns(Arc::new(keep)).await?;
        }
        Ok(Found {
            learning,
            patterns,
            changes,
            log,
            zone,
            history: read.history,
            memory: key.asked.is_none().then_some(memory),
            since: read.since,
            touches: read.touches,
            absolute: read.absolute,
            done: Instant::now(),
            took: started.elapsed(),
        })
    }

    /// The newest records of the whole store: only what arrived since, where nothing else happened.
    async fn read_everything(
        &self,
        settings: &LearnSettings,
        known: Option<(HistoryState, Gathered)>,
        progress: &Progress,
    ) -> Result<Read, ServiceError> {
        let since = self.store().changes().mark();
        let mut snapshot = self.store().snapshot().await?;
        let history = snapshot.history_state().await?;
        let limit = settings.max_history_size as usize;
        let mut gathered = None;
        if let Some((of, mut known)) = known.filter(|(of, _)| of.rewrites == history.rewrites) {
            let metrics = snapshot.metric_numbers(&series().collect::<Vec<_>>()).await?;
            if let Some(news) = snapshot.history_since(of.place, &metrics, limit).await? {
                known.add(news, limit, &mut snapshot).await?;
                gathered = Some(known);
            }
        }
        let gathered = match gathered {
            Some(gathered) => gathered,
            None => read_history(&mut snapshot, TimeRange::ALL, &Cut::default(), settings, progress).await?,
        };
        Ok(Read { gathered, history, since, touches: TimeRange::ALL, absolute: true })
    }
}

async fn read_history(
    snapshot: &mut Snapshot,
    range: TimeRange,
    cut: &Cut,
    settings: &LearnSettings,
    progress: &Progress,
) -> Result<Gathered, ServiceError> {
    let metrics = snapshot.metric_numbers(&series().collect::<Vec<_>>()).await?;
    let limit = settings.max_history_size as usize;
    let history = snapshot.history(range, cut, &metrics, limit, &|rows| progress.read(rows)).await?;
    Ok(Gathered::new(history, snapshot).await?)
}

type Worked = (Memory, EventLog, Zone, Learned, Vec<Micros>);

/// The part that computes, on a thread of its own. `counted` is the last log, and what was counted in it.
fn find(
    gathered: Gathered,
    counted: Option<(EventLog, Counts)>,
    settings: &LearnSettings,
    now: Micros,
) -> Result<Worked, ServiceError> {
    let (log, derived) = gathered.log();
    let available = log.len() as u64;
    let log = log.limited(settings.max_history_size as usize);
    let span = log.span().map_or(TimeRange { from: now, until: Micros(now.0.saturating_add(1)) }, |(first, last)| {
        TimeRange { from: first, until: Micros(last.0.saturating_add(1)) }
    });
    let zone = gather::zone(&settings.tz, span)?;
    let counts = match counted {
        Some((before, counts)) => counts.follow(&before, &log, settings, &zone),
        None => Counts::new(&log, settings, &zone),
    };
    let learned = Learned { available, ..counts.learned(&log, settings, now) };
    Ok((Memory { gathered, counts }, log, zone, learned, derived))
}

/// In the order of the kinds, the surest first.
fn in_order(learned: Learned) -> Vec<crate::model::pattern::Pattern> {
    let mut patterns = learned.patterns;
    patterns.sort_by(|a, b| {
        let by_kind = a.pattern_type.cmp(&b.pattern_type);
        by_kind
            .then_with(|| b.confidence.total_cmp(&a.confidence))
            .then_with(|| b.occurrences.cmp(&a.occurrences))
            .then_with(|| a.pattern_id.cmp(&b.pattern_id))
    });
    patterns
}

/// Whether a range does not move with the clock.
fn is_absolute(range: &RangeSpec) -> bool {
    let moves = |end: &str| end.is_empty() || end.starts_with("now");
    range.is_all() || !(moves(&range.from) || moves(&range.to))
}
