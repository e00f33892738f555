//! When patterns were seen, in all of the history they were learned from.

use std::sync::Arc;

use super::Patience;
use super::desk::Outcome;
use crate::analytics::patterns::occurrences;
use crate::model::pattern::Pattern;
use crate::model::{Micros, Problem, ProblemKind};
use crate::service::{Service, ServiceError};

/// When a pattern was seen.
#[derive(Debug)]
pub(in crate::service) struct Moments {
    pub pattern: Pattern,
    /// When each of its occurrences was complete, ascending.
    pub ends: Vec<Micros>,
}

impl Service {
    /// When the kept patterns that are `wanted` were seen, and since when that is known: `None` = ever since there are
    /// records. They are learned first where they never were.
    pub(in crate::service) async fn pattern_moments(
        &self,
        wanted: impl Fn(&Pattern) -> bool,
        now: Micros,
    ) -> Result<(Vec<Moments>, Option<Micros>), ServiceError> {
        let kept = self.kept_patterns(false, Patience::Endless, now).await?;
        let patterns: Vec<Pattern> = kept.patterns.into_iter().filter(wanted).collect();
        let ticket = self.desk().kept(self, now, |found| Some(found.history) == kept.history)?;
        let Outcome::Done(found) = ticket.wait(Patience::Endless).await? else {
            return Err(Problem::new(ProblemKind::Internal, "who waits for patterns endlessly does not give up").into());
        };
        let known_from = found.learning.from.filter(|_| found.learning.limited);
        let work = tokio::task::spawn_blocking(move || {
            let found = Arc::clone(&found);
            let seen = |pattern: Pattern| {
                let all = occurrences(&found.log, &pattern, &found.learning.settings, &found.zone);
                let mut ends: Vec<Micros> = all.ends().collect();
                ends.sort_unstable();
                Moments { pattern, ends }
            };
            patterns.into_iter().map(seen).collect()
        });
        let broken = |_| Problem::new(ProblemKind::Internal, "finding occurrences broke off; the log says why");
        Ok((work.await.map_err(broken)?, known_from))
    }
}
