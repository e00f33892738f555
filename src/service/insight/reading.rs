//! What is asked, at which moment, and which buckets may answer it.

use crate::analytics::grid::{Grid, Piece, ceil, floor, pieces, tier_of, widen, without_hours};
use crate::model::answer::Tier;
use crate::model::overview::{PageQuery, Scope};
use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{Dataset, Micros, Problem, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};
use crate::store::StoreError;
use crate::store::read::{Cut, Rollups, Snapshot, Tally};

use super::FINE_RECORDS_MAX;

/// How long minute buckets are kept.
const MINUTES_KEPT: i64 = 2 * DAY;

/// 0001-01-01 and 10000-01-01: between them differences of times cannot overflow, and every instant has a name.
const FIRST: Micros = Micros(-62_135_596_800_000_000);
const LAST: Micros = Micros(253_402_300_800_000_000);

/// Most projects a page can choose from.
const PROJECTS_MAX: u32 = 1000;

/// A question with the moment it is answered from.
pub(in crate::service) struct Reading {
    pub snapshot: Snapshot,
    pub scope: Scope,
    /// Which tasks; `None` when a filter names what no record has.
    pub cut: Option<Cut>,
    /// Whether charts show the range before as well.
    pub compare: bool,
    /// Where tasks lie.
    tasks: Option<TimeRange>,
    /// From when on minute buckets are complete.
    minutes_from: Option<Micros>,
    /// Days whose hours by agent are gone.
    hourless: Vec<Micros>,
    /// Days whose hours of some metric series are gone.
    hourless_series: Vec<Micros>,
}

impl Service {
    /// What a page knows about its question before any figure is read.
    ///
    /// # Errors
    /// As [`Service::overview`].
    pub async fn scope(&self, query: &PageQuery, now: Micros) -> Result<Scope, ServiceError> {
        Ok(self.read(query, now).await?.scope)
    }

    /// Fixes the moment and understands the question.
    pub(in crate::service) async fn read(&self, query: &PageQuery, now: Micros) -> Result<Reading, ServiceError> {
        check_filter(&query.filter)?;
        let mut snapshot = self.store().snapshot().await?;
        let place = snapshot.high_water().await?;
        let bounds = snapshot.bounds().await?;
        let range = query.range.resolve(now, bounds).map_err(|error| Problem::bad_request(error.to_string()))?;
        if range.from < FIRST || range.until > LAST {
            return Err(
                Problem::bad_request("the range reaches beyond the years 1 to 9999; choose a nearer one").into()
            );
        }
        let projects = snapshot.projects(PROJECTS_MAX).await?;
        let demo_seed = snapshot.demo_seed().await?;
        let tasks = snapshot.task_bounds().await?;
        let cut = snapshot.cut(&query.filter).await?;
        let hourless = snapshot.hourless_days(Dataset::Tasks).await?;
        let mut hourless_series = snapshot.hourless_days(Dataset::AgentMetrics).await?;
        hourless_series.extend(snapshot.hourless_days(Dataset::SwarmMetrics).await?);
        hourless_series.sort_unstable();
        let mut reading = Reading {
            snapshot,
            scope: Scope { now, place, range, bounds, projects, demo_seed },
            cut,
            compare: query.compare && !query.range.is_all(),
            tasks,
            minutes_from: None,
            hourless,
            hourless_series,
        };
        reading.find_minutes().await?;
        Ok(reading)
    }
}

/// Only fields a task has, and of these only those that cut charts; a single task has its page.
fn check_filter(filter: &RecordFilter) -> Result<(), Problem> {
    let cutting = RecordFilter {
        agent_id: filter.agent_id.clone(),
        swarm_id: filter.swarm_id.clone(),
        project: filter.project.clone(),
        model: filter.model.clone(),
        result: filter.result.clone(),
        ..RecordFilter::default()
    };
    if cutting == *filter {
        Ok(())
    } else {
        let known = "agent_id, swarm_id, project, model, result";
        Err(Problem::bad_request(format!("figures of tasks can be filtered by {known} only; leave out the others")))
    }
}

impl Reading {
    /// Lets the moment go. Nobody may ask another question before: there are few connections for reading, and who
    /// holds one while waiting for a second can wait for ever.
    pub(in crate::service) fn close(self) -> Scope {
        self.scope
    }

    async fn find_minutes(&mut self) -> Result<(), StoreError> {
        let (Some(tasks), Some(cut)) = (self.tasks, self.cut) else { return Ok(()) };
        let since = self.scope.now.0.saturating_sub(MINUTES_KEPT).max(tasks.from.0);
        let range = TimeRange { from: Micros(floor(since, HOUR)), until: Micros(ceil(tasks.until.0, HOUR)) };
        if cut.rollups() == Rollups::Fleet && range.from < range.until && self.scope.range.until > range.from {
            self.minutes_from = Some(self.snapshot.minutes_from(range).await?);
        }
        Ok(())
    }

    /// Where tasks lie; `None` when there are none.
    pub(in crate::service) fn task_range(&self) -> Option<TimeRange> {
        self.tasks
    }

    /// `range`, its ends moved out to midnight where no task lies beyond them.
    pub(in crate::service) fn near_data(&self, range: TimeRange) -> TimeRange {
        self.tasks.map_or(range, |tasks| widen(range, tasks))
    }

    /// `pieces` of sums by agent, records in the place of hours that are gone.
    pub(in crate::service) fn of_agents(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        without_hours(pieces, &self.hourless)
    }

    /// The same of sums by metric series.
    pub(in crate::service) fn of_series(&self, pieces: Vec<Piece>) -> Vec<Piece> {
        without_hours(pieces, &self.hourless_series)
    }

    /// The pieces to read `range` in, for sums: no bucket wider than `coarsest`.
    pub(in crate::service) fn pieces(&self, range: TimeRange, coarsest: Tier) -> Vec<Piece> {
        match self.cut.map(|cut| cut.rollups()) {
            Some(Rollups::Fleet) => pieces(self.near_data(range), coarsest, self.minutes_from),
            Some(Rollups::Agents) => self.of_agents(pieces(self.near_data(range), coarsest, None)),
            Some(Rollups::None) => pieces(range, Tier::Raw, None),
            None => Vec::new(),
        }
    }

    /// The pieces to read `range` in where the fleet's rollups do not help, but those per agent do.
    pub(in crate::service) fn agent_pieces(&self, range: TimeRange) -> Vec<Piece> {
        match self.cut.map(|cut| cut.rollups()) {
            Some(Rollups::None) => pieces(range, Tier::Raw, None),
            Some(_) => self.of_agents(pieces(self.near_data(range), Tier::Day, None)),
            None => Vec::new(),
        }
    }

    /// Counts and sums of `range`.
    pub(in crate::service) async fn sum(&mut self, range: TimeRange) -> Result<Tally, StoreError> {
        let mut whole = Tally::default();
        let Some(cut) = self.cut else { return Ok(whole) };
        let pieces = self.pieces(range, Tier::Day);
        for part in self.snapshot.tallies(&pieces, &cut, &Grid::WHOLE).await? {
            whole.add(&part.tally);
        }
        Ok(whole)
    }

    /// The grid of a chart of `range`, which holds `tasks` tasks: the finest that rollups serve, or that few
    /// enough records do.
    pub(super) async fn grid(&mut self, range: TimeRange, tasks: u64) -> Result<Grid, StoreError> {
        let finest = Grid::over(range, 0);
        let rollups = self.cut.map_or(Rollups::None, |cut| cut.rollups());
        if rollups == Rollups::Agents && tier_of(finest.step) == Tier::Hour && tasks > FINE_RECORDS_MAX {
            return self.grid_over_holes(range, finest).await;
        }
        if tier_of(finest.step) >= Tier::Hour || rollups == Rollups::None || tasks <= FINE_RECORDS_MAX {
            return Ok(finest);
        }
        let coarser = Grid::over(range, HOUR);
        let Some(minutes_from) = self.minutes_from else { return Ok(coarser) };
        let before = TimeRange { from: range.from, until: range.until.min(minutes_from) };
        if before.from < before.until && self.sum(before).await?.tasks > FINE_RECORDS_MAX {
            return Ok(coarser);
        }
        Ok(Grid::over(range, MINUTE))
    }

    /// `finest`, whose steps are of hours, or days where too many tasks lie in days without hours.
    async fn grid_over_holes(&mut self, range: TimeRange, finest: Grid) -> Result<Grid, StoreError> {
        let mut tasks = 0;
        for day in self.hourless.clone() {
            let day = TimeRange { from: day, until: Micros(day.0.saturating_add(DAY)) };
            if day.from < range.until && day.until > range.from {
                tasks += self.sum(day).await?.tasks;
            }
            if tasks > FINE_RECORDS_MAX {
                return Ok(Grid::over(range, DAY));
            }
        }
        Ok(finest)
    }
}
