//! Patterns in the events: what the server learns by itself and keeps, and what is learned when somebody asks.
//!
//! What is kept is of the newest `patterns.learn.max_history_size` events of the whole store; a question about it is
//! answered from what `jobs::patterns` left. Any other range, filter or setting is learned when it is asked for: one
//! learning at a time in a process, off the threads that answer requests, and what came of it is kept in memory while
//! it holds. Who does not want to wait gets how far it is.
//!
//! - `desk` who asked for what, and what came of it
//! - `gather` records into events: a [`EventLog`](crate::analytics::patterns::EventLog)
//! - `work` one learning
//! - `detail` one pattern with its occurrences and their rows; `moments` when patterns were seen, in all
//!
//! Not here: how patterns are found (`analytics::patterns`), and what is kept of them (`store::patterns`).

mod desk;
mod detail;
mod gather;
mod moments;
mod work;

use std::sync::Arc;
use std::time::Duration;

use super::{Service, ServiceError};
use crate::model::overview::{PageQuery, Scope};
use crate::model::pattern::{
    LearnProgress, LearnSettings, Learning, Pattern, PatternChange, PatternDetail, PatternPage, PatternQuery,
    PatternsBrief, PatternsPage, PatternsQuery, counts_by_type,
};
use crate::model::{Micros, Problem, RecordFilter};
use crate::store::patterns::{HistoryState, KeptPattern};

pub(in crate::service) use desk::Desk;
use desk::{Found, Key, Outcome};
pub(in crate::service) use moments::Moments;

/// Most changes of one pattern that are listed.
const CHANGES_OF_ONE: u32 = 50;

/// How long somebody waits for learning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// Until it is done, and what arrived meanwhile is in it.
    Endless,
    /// So long; then the answer says how far it is. What was learned some seconds ago is good enough.
    AtMost(Duration),
}

impl Patience {
    /// That of a page: long enough for what is learned in no time, so that it comes whole without JavaScript.
    pub const PAGE: Self = Self::AtMost(Duration::from_secs(2));
}

/// What learning by itself did.
#[derive(Debug, Clone, PartialEq)]
pub enum Relearned {
    /// Nothing arrived, went or was replaced since the last time.
    Unchanged,
    /// It learned.
    Learned {
        /// What from.
        learning: Learning,
        /// How many patterns there are.
        patterns: usize,
        /// What became of those there were.
        changes: Vec<PatternChange>,
    },
}

impl Service {
    /// Patterns, as a page, a route and the command line show them.
    ///
    /// # Errors
    /// A [`Problem`] when range, filter or settings cannot be understood, or too much waits to be learned; else what
    /// the store met.
    pub async fn patterns(
        &self,
        query: &PatternsQuery,
        patience: Patience,
        now: Micros,
    ) -> Result<PatternsPage, ServiceError> {
        let settings = self.check(query)?;
        let scope = self.scope_of(query, now).await?;
        let answer = if query.is_default_scope() {
            let kept = self.kept_patterns(query.fresh, patience, now).await?;
            (kept.learning, kept.progress, kept.patterns, kept.changes)
        } else {
            match self.found(query, settings, patience, now).await? {
                Outcome::Done(found) => (Some(found.learning.clone()), None, found.patterns.clone(), Vec::new()),
                Outcome::Going(progress) => (None, Some(progress), Vec::new(), Vec::new()),
            }
        };
        let (learning, progress, mut patterns, changes) = answer;
        patterns.retain(|pattern| query.min_confidence.is_none_or(|least| pattern.confidence >= least));
        let counts = counts_by_type(&patterns);
        patterns.retain(|pattern| query.pattern_type.is_none_or(|kind| pattern.pattern_type == kind));
        let matching = patterns.len() as u64;
        patterns.truncate(PatternsPage::LISTED);
        Ok(PatternsPage { scope, learning, progress, patterns, matching, counts, changes })
    }

    /// One pattern with everything about it.
    ///
    /// # Errors
    /// As [`Self::patterns`]; a [`Problem`] that names the pattern when there is none.
    pub async fn pattern(
        &self,
        query: &PatternQuery,
        patience: Patience,
        now: Micros,
    ) -> Result<PatternPage, ServiceError> {
        let settings = self.check(&query.of)?;
        let scope = self.scope_of(&query.of, now).await?;
        let going = |scope, progress| PatternPage { scope, learning: None, progress: Some(progress), detail: None };
        let (found, kept, changes) = if query.of.is_default_scope() {
            // What is kept tells which patterns there are; the events they are in are read when nobody did yet.
            let kept = self.kept_patterns(query.of.fresh, patience, now).await?;
            let one = self.kept_pattern(&query.pattern_id).await?;
            if one.is_none() {
                return match kept.progress {
                    Some(progress) => Ok(going(scope, progress)),
                    None => Err(unknown(&query.pattern_id)),
                };
            }
            let ticket = self.desk().kept(self, now, |found| Some(found.history) == kept.history)?;
            let found = match ticket.wait(patience).await? {
                Outcome::Done(found) => found,
                Outcome::Going(progress) => return Ok(going(scope, progress)),
            };
            let changes =
                self.store().snapshot().await?.pattern_changes(Some(&query.pattern_id), CHANGES_OF_ONE).await?;
            (found, one, changes)
        } else {
            match self.found(&query.of, settings, patience, now).await? {
                Outcome::Done(found) => (found, None, Vec::new()),
                Outcome::Going(progress) => return Ok(going(scope, progress)),
            }
        };
        let listed = found.patterns.iter().find(|pattern| pattern.pattern_id == query.pattern_id);
        let pattern = listed.cloned().or_else(|| kept.as_ref().map(|kept| kept.pattern.clone()));
        let pattern = pattern.ok_or_else(|| unknown(&query.pattern_id))?;
        let learning = found.learning.clone();
        let mut detail = self.detail(pattern, found, query.skip).await?;
        detail.appeared = kept.as_ref().map(|kept| kept.appeared);
        detail.faded = kept.and_then(|kept| kept.faded);
        detail.changes = changes;
        Ok(PatternPage { scope, learning: Some(learning), progress: None, detail: Some(detail) })
    }

    /// What is kept, in short. Never learns.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when reading fails.
    pub async fn patterns_brief(&self) -> Result<PatternsBrief, ServiceError> {
        let mut snapshot = self.store().snapshot().await?;
        let learning = snapshot.learning().await?.map(|(learning, _)| learning);
        let patterns = snapshot.patterns().await?;
        let changes = snapshot.pattern_changes(None, u32::try_from(PatternsBrief::LISTED).unwrap_or(u32::MAX)).await?;
        Ok(PatternsBrief {
            learned_at: learning.as_ref().map(|learning| learning.learned_at),
            events: learning.map_or(0, |learning| learning.events),
            counts: counts_by_type(&patterns),
            top: top(patterns),
            changes,
        })
    }

    /// Learns what is kept anew, unless nothing changed; what the job does.
    ///
    /// # Errors
    /// What the store met, or a [`Problem`] when too much waits to be learned.
    pub async fn relearn_patterns(&self, now: Micros) -> Result<Relearned, ServiceError> {
        let (history, kept) = self.kept_state().await?;
        if kept.is_some_and(|(learning, of)| self.is_up_to_date(&learning, of, history)) {
            return Ok(Relearned::Unchanged);
        }
        let ticket = self.desk().kept(self, now, |found| found.history == history)?;
        match ticket.wait(Patience::Endless).await? {
            Outcome::Done(found) => Ok(Relearned::Learned {
                learning: found.learning.clone(),
                patterns: found.patterns.len(),
                changes: found.changes.clone(),
            }),
            Outcome::Going(_) => Ok(Relearned::Unchanged), // nobody waits endlessly and gives up
        }
    }

    /// The settings of a question.
    fn check(&self, query: &PatternsQuery) -> Result<LearnSettings, Problem> {
        let mut settings = query.settings.over(&self.settings().patterns.learn);
        if let Some(least) = query.min_confidence {
            if !(0.0..=1.0).contains(&least) {
                return Err(Problem::bad_request(format!("min_confidence is {least}: it must be 0 to 1")));
            }
            if !query.is_default_scope() {
                settings.confidence_threshold = settings.confidence_threshold.min(least);
            }
        }
        settings.validate().map_err(|error| Problem::bad_request(error.to_string()))?;
        gather::zone_named(&settings.tz)?;
        let RecordFilter { agent_id, swarm_id, project, .. } = query.filter.clone();
        if query.filter != (RecordFilter { agent_id, swarm_id, project, ..RecordFilter::default() }) {
            let known = "agent_id, swarm_id, project";
            return Err(Problem::bad_request(format!(
                "patterns can be learned from the events of one {known} only; leave out the others"
            )));
        }
        Ok(settings)
    }

    async fn scope_of(&self, query: &PatternsQuery, now: Micros) -> Result<Scope, ServiceError> {
        let page = PageQuery { range: query.range_spec(), filter: query.filter.clone(), compare: false };
        self.scope(&page, now).await
    }

    /// What is learned for this question.
    async fn found(
        &self,
        query: &PatternsQuery,
        settings: LearnSettings,
        patience: Patience,
        now: Micros,
    ) -> Result<Outcome, ServiceError> {
        let key = Key { asked: Some((query.range_spec(), query.filter.clone())), settings };
        let changes = self.store().changes();
        self.desk().asked(self, key, now, |found| found.holds(changes, patience))?.wait(patience).await
    }

    /// What is kept; learned first when it never was, when `fresh` asks for it, or when nobody else does it.
    async fn kept_patterns(&self, fresh: bool, patience: Patience, now: Micros) -> Result<Kept, ServiceError> {
        let (history, kept) = self.kept_state().await?;
        let up_to_date = kept.as_ref().is_some_and(|(learning, of)| self.is_up_to_date(learning, *of, history));
        let mut progress = None;
        if !up_to_date && (fresh || kept.is_none() || !self.settings().patterns.auto_learn) {
            let ticket = self.desk().kept(self, now, |found| found.history == history)?;
            if let Outcome::Going(going) = ticket.wait(patience).await? {
                progress = Some(going);
            }
        }
        let mut snapshot = self.store().snapshot().await?;
        let (learning, history) = snapshot.learning().await?.unzip();
        let patterns = snapshot.patterns().await?;
        let changes = snapshot.pattern_changes(None, PatternsPage::CHANGES_LISTED).await?;
        Ok(Kept { learning, history, progress, patterns, changes })
    }

    async fn kept_state(&self) -> Result<(HistoryState, Option<(Learning, HistoryState)>), ServiceError> {
        let mut snapshot = self.store().snapshot().await?;
        Ok((snapshot.history_state().await?, snapshot.learning().await?))
    }

    fn is_up_to_date(&self, learning: &Learning, of: HistoryState, now: HistoryState) -> bool {
        of == now && learning.settings == self.settings().patterns.learn
    }

    async fn kept_pattern(&self, pattern_id: &str) -> Result<Option<KeptPattern>, ServiceError> {
        Ok(self.store().snapshot().await?.pattern(pattern_id).await?)
    }

    async fn detail(&self, pattern: Pattern, found: Arc<Found>, skip: u64) -> Result<PatternDetail, ServiceError> {
        detail::detail(self.store(), pattern, found, skip).await
    }

    fn desk(&self) -> &Desk {
        &self.patterns
    }
}

/// What is kept, and how far what comes next is.
struct Kept {
    learning: Option<Learning>,
    history: Option<HistoryState>,
    progress: Option<LearnProgress>,
    patterns: Vec<Pattern>,
    changes: Vec<PatternChange>,
}

fn unknown(pattern_id: &str) -> ServiceError {
    Problem::not_found(format!(
        "there is no pattern `{pattern_id}` there; it may have faded, or was found with another range, filter or settings"
    ))
    .into()
}

/// Of every kind the surest, then the next of every kind, as far as the list goes. `patterns` are the surest first.
fn top(patterns: Vec<Pattern>) -> Vec<Pattern> {
    let mut ranked: Vec<(usize, Pattern)> = Vec::with_capacity(patterns.len());
    for pattern in patterns {
        let rank = ranked.iter().filter(|(_, other)| other.pattern_type == pattern.pattern_type).count();
        ranked.push((rank, pattern));
    }
    ranked.sort_by_key(|(rank, pattern)| (*rank, pattern.pattern_type));
    ranked.into_iter().map(|(_, pattern)| pattern).take(PatternsBrief::LISTED).collect()
}
