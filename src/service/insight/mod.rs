//! Insight: the figures behind a page, in one answer, from one moment of the store.
//!
//! Each public function here is one question of a page, a route or a command. It fixes a moment
//! ([`Snapshot`](crate::store::read::Snapshot)), reads from rollups what they know and from records what they
//! do not (the ragged ends of a range, cuts without rollups), and says which tier and estimator answered.
//!
//! - `reading` what is asked: range, bounds, filters, and which buckets may be used
//! - `spread` percentiles, exact or by sketches
//! - `totals`, `timeline`, `agents`, `money` the parts of an answer
//! - `work` who worked when
//! - `notes` what happened beside the figures
//! - `reported` the numbers agents and swarms sent
//! - `pages`, `summary` the answers beside the overview
//!
//! Not here: arithmetic (`analytics`), SQL (`store::read`), the clock (`now` is given).

mod agents;
mod health;
mod money;
mod notes;
mod pages;
pub(super) mod reading;
mod reported;
pub(super) mod spread;
mod summary;
mod timeline;
mod totals;
mod work;

use super::cache::{Keep, Question};
use super::{Service, ServiceError};
use crate::model::Micros;
use crate::model::overview::{Overview, PageQuery, TaskRow};
use crate::store::read::FullTask;

/// Tasks of a page's range up to which percentiles are taken from every duration, where sketches could answer too
/// (within 1 %). The durations of that many tasks are read in some 6 ms.
const EXACT_MAX: u64 = 20_000;

/// The same for one agent or swarm, whose records lie scattered: reading each costs five times as much.
const EXACT_SCATTERED_MAX: u64 = 4_000;

/// The same where no rollup knows the cut and the records are read in any case, and for aggregates, whose
/// percentiles are asked for one at a time.
const EXACT_RECORDS_MAX: u64 = 200_000;

/// Tasks up to which a chart finer than its rollups is drawn from records.
const FINE_RECORDS_MAX: u64 = 50_000;

/// Longest list of slow tasks and failures on the overview.
const TASKS_LISTED: u32 = 10;

impl Service {
    /// Everything the overview shows.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when the range is unreadable or a filter does not fit tasks;
    /// [`ServiceError::Store`] when reading fails.
    pub async fn overview(&self, query: &PageQuery, now: Micros) -> Result<Overview, ServiceError> {
        let mut overview = self.kept(Question::Overview(query.clone()), now, self.make_overview(query, now)).await?;
        overview.degradations = self.kept_degradations(query, now)?;
        Ok(overview)
    }

    async fn make_overview(&self, query: &PageQuery, now: Micros) -> Result<Overview, ServiceError> {
        let mut reading = self.read(query, now).await?;
        let range = reading.scope.range;
        let (totals, mut timeline) = reading.figures(range).await?;
        let previous = if query.range.is_all() { None } else { Some(reading.totals(range.previous()).await?) };
        let costs = reading.costs(range, &self.settings().prices).await?;
        let ranked = reading.ranked_agents(range).await?;
        let (slowest_tasks, recent_failures) = match reading.cut {
            Some(cut) => {
                let slowest = reading.snapshot.slowest_tasks(reading.near_data(range), &cut, TASKS_LISTED).await?;
                let failures = reading.snapshot.newest_failures(range, &cut, TASKS_LISTED).await?;
                (reading.snapshot.tasks(&slowest).await?, reading.snapshot.tasks(&failures).await?)
            }
            None => Default::default(),
        };
        let scope = reading.close();
        timeline.notes = Box::pin(self.notes(range, query, now)).await?;
        let resources = Box::pin(self.resources(range, query, now)).await?;
        Ok(Overview {
            scope,
            totals,
            previous,
            timeline,
            costs,
            fastest: ranked.fastest,
            slowest: ranked.slowest,
            busiest: ranked.busiest,
            slowest_tasks: rows(slowest_tasks),
            recent_failures: rows(recent_failures),
            degradations: None, // they are looked at apart from what is kept here
            resources,
        })
    }
}

impl Keep for Overview {
    fn tell_time(&mut self, now: Micros) {
        self.scope.now = now;
    }
}

fn rows(tasks: Vec<FullTask>) -> Vec<TaskRow> {
    tasks.into_iter().map(|task| task.row).collect()
}
