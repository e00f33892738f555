//! Sums about tasks: of the whole fleet, by agent and swarm, and tokens by model and project.

use std::sync::LazyLock;

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::cube::{Cell, Cells, Cube, Numbers, ordered};
use super::expire::Hourless;
use super::statements::CubeSql;
use super::{Width, first_minute};
use crate::analytics::stats::Moments;
use crate::model::{Dataset, Micros, TokenCounts};
use crate::store::error::StoreError;
use crate::store::table::Bound;
use crate::store::tasks::TaskRow;

static FLEET: LazyLock<CubeSql> =
    LazyLock::new(|| CubeSql::new::<TaskSums>("fleet_rollup", "tier, bucket", Some(("fleet_sketch", "duration"))));
static AGENT: LazyLock<CubeSql> = LazyLock::new(|| {
    CubeSql::new::<TaskSums>("agent_rollup", "tier, bucket, agent, swarm", Some(("agent_sketch", "duration")))
});
static USAGE: LazyLock<CubeSql> =
    LazyLock::new(|| CubeSql::new::<Usage>("usage_rollup", "tier, bucket, model, project, costed", None));

/// The statements of the three tables.
#[cfg(test)]
pub(super) fn sqls() -> [&'static CubeSql; 3] {
    [&FLEET, &AGENT, &USAGE]
}

/// How many records carried a number, and its sum (saturating).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sum {
    pub n: i64,
    pub sum: i64,
}

impl Sum {
    fn add(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.n += 1;
            self.sum = self.sum.saturating_add(value);
        }
    }

    fn merge(&mut self, other: Self) {
        self.n += other.n;
        self.sum = self.sum.saturating_add(other.sum);
    }
}

/// What is known of the tasks of one bucket. The arrays follow the order of the columns.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct TaskSums {
    pub tasks: i64,
    /// success, failure, timeout, cancelled, failed, other
    pub results: [i64; 6],
    pub duration: Moments,
    /// used, input, output, cache read, cache write, reasoning, unsplit, files
    pub sums: [Sum; 8],
    pub cost_n: i64,
    pub cost: f64,
}

/// The place in [`TaskSums::results`] of everything that is none of the five known results.
const OTHER: usize = 5;

impl TaskSums {
    pub(super) fn add(&mut self, task: &TaskRow) {
        self.tasks += 1;
        let place = task.result.and_then(|result| usize::try_from(result - 1).ok()).map_or(OTHER, |at| at.min(OTHER));
        self.results[place] += 1;
        if let Some(duration) = task.duration_ms {
            self.duration.push(duration);
        }
        let TokenCounts { input, output, cache_read, cache_write, reasoning } = task.tokens;
        let unsplit = task.used.filter(|_| task.tokens.total().is_none());
        let values = [task.used, input, output, cache_read, cache_write, reasoning, unsplit, task.files];
        self.sums.iter_mut().zip(values).for_each(|(sum, value)| sum.add(value));
        if let Some(cost) = task.cost {
            self.cost_n += 1;
            self.cost += cost;
        }
    }
}

impl Numbers for TaskSums {
    const COLUMNS: &'static str = "tasks, success, failure, timeout, cancelled, failed, other, \
        duration_n, duration_sum, duration_m2, duration_min, duration_max, used_n, used_sum, input_n, input_sum, \
        output_n, output_sum, cache_read_n, cache_read_sum, cache_write_n, cache_write_sum, reasoning_n, \
        reasoning_sum, unsplit_n, unsplit_sum, files_n, files_sum, cost_n, cost_sum";

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.tasks)?;
        self.results.iter().try_for_each(|count| values.add(*count))?;
        bind_moments(&self.duration, values)?;
        for sum in &self.sums {
            values.add(sum.n)?;
            values.add(sum.sum)?;
        }
        values.add(self.cost_n)?;
        values.add(self.cost)
    }

    fn read(row: &SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        let mut read = Self { tasks: row.try_get(at)?, ..Self::default() };
        for (place, count) in read.results.iter_mut().enumerate() {
            *count = row.try_get(at + 1 + place)?;
        }
        read.duration = read_moments(row, at + 7)?;
        for (place, sum) in read.sums.iter_mut().enumerate() {
            *sum = Sum { n: row.try_get(at + 12 + 2 * place)?, sum: row.try_get(at + 13 + 2 * place)? };
        }
        read.cost_n = row.try_get(at + 28)?;
        read.cost = row.try_get(at + 29)?;
        Ok(read)
    }

    fn merge(&mut self, other: &Self) {
        self.tasks += other.tasks;
        self.results.iter_mut().zip(other.results).for_each(|(mine, more)| *mine += more);
        self.duration.merge(&other.duration);
        self.sums.iter_mut().zip(other.sums).for_each(|(mine, more)| mine.merge(more));
        self.cost_n += other.cost_n;
        self.cost += other.cost;
    }
}

/// Adds n, sum, m2, min and max.
pub(super) fn bind_moments(moments: &Moments, values: &mut SqliteArguments) -> Bound {
    values.add(i64::try_from(moments.n)?)?;
    values.add(moments.sum)?;
    values.add(moments.m2)?;
    values.add(moments.min)?;
    values.add(moments.max)
}

/// Reads n, sum, m2, min and max from the columns from `at` on.
pub(super) fn read_moments(row: &SqliteRow, at: usize) -> Result<Moments, sqlx::Error> {
    let n: i64 = row.try_get(at)?;
    Ok(Moments {
        n: n.unsigned_abs(),
        sum: row.try_get(at + 1)?,
        m2: row.try_get(at + 2)?,
        min: row.try_get(at + 3)?,
        max: row.try_get(at + 4)?,
    })
}

/// Tokens and cost of the tasks of one model and project in one bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Usage {
    /// tasks, tasks with any tokens, then tokens: used, input, output, cache read, cache write, reasoning, unsplit
    pub counts: [i64; 9],
    pub cost: f64,
}

impl Usage {
    pub(super) fn add(&mut self, task: &TaskRow) {
        let TokenCounts { input, output, cache_read, cache_write, reasoning } = task.tokens;
        let unsplit = task.used.filter(|_| task.tokens.total().is_none());
        let tokens = [task.used, input, output, cache_read, cache_write, reasoning, unsplit];
        let recorded = tokens.iter().any(Option::is_some);
        let tokens = tokens.map(|tokens| tokens.unwrap_or(0));
        let more = [1, i64::from(recorded)].into_iter().chain(tokens);
        self.counts.iter_mut().zip(more).for_each(|(mine, more)| *mine = mine.saturating_add(more));
        self.cost += task.cost.unwrap_or(0.0);
    }
}

impl Numbers for Usage {
    const COLUMNS: &'static str =
        "tasks, recorded, used, input, output, cache_read, cache_write, reasoning, unsplit, cost";

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        self.counts.iter().try_for_each(|count| values.add(*count))?;
        values.add(self.cost)
    }

    fn read(row: &SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        let mut read = Self::default();
        for (place, count) in read.counts.iter_mut().enumerate() {
            *count = row.try_get(at + place)?;
        }
        read.cost = row.try_get(at + 9)?;
        Ok(read)
    }

    fn merge(&mut self, other: &Self) {
        self.counts.iter_mut().zip(other.counts).for_each(|(mine, more)| *mine = mine.saturating_add(more));
        self.cost += other.cost;
    }
}

/// (tier, bucket)
pub(super) type FleetCells = Cells<2, TaskSums>;
/// (tier, bucket, agent, swarm)
pub(super) type AgentCells = Cells<4, TaskSums>;
/// (tier, bucket, model, project, costed)
pub(super) type UsageCells = Cells<5, Usage>;

/// Sums of some tasks: the fleet by minute (from `first_minute` on) and hour, the others by hour.
#[derive(Debug, Default)]
pub(super) struct HourSums {
    pub fleet: FleetCells,
    pub agent: AgentCells,
    pub usage: UsageCells,
}

impl HourSums {
    pub(super) fn of<'a>(tasks: impl Iterator<Item = &'a TaskRow>, first_minute: i64) -> Self {
        let mut sums = Self::default();
        for task in tasks {
            let hour = Width::Hour.bucket(task.ts);
            let (tier, swarm) = (Width::Hour.tier(), task.swarm.unwrap_or(0));
            add(sums.agent.entry([tier, hour, task.agent, swarm]).or_default(), task);
            let (model, project) = (task.model.unwrap_or(0), task.origin.project.unwrap_or(0));
            let usage = [tier, hour, model, project, i64::from(task.cost.is_some())];
            sums.usage.entry(usage).or_default().numbers.add(task);
            let minute = Width::Minute.bucket(task.ts);
            if minute >= first_minute {
                add(sums.fleet.entry([Width::Minute.tier(), minute]).or_default(), task);
            }
        }
        for ([tier, bucket, ..], cell) in ordered(&sums.agent) {
            sums.fleet.entry([*tier, *bucket]).or_default().merge(cell);
        }
        sums
    }
}

fn add(cell: &mut Cell<TaskSums>, task: &TaskRow) {
    cell.numbers.add(task);
    if let Some(duration) = task.duration_ms {
        cell.sketch.add(duration);
    }
}

/// The day cells of those `cells` that are of an hour.
pub(super) fn days<'a, const K: usize, N: Numbers>(
    cells: impl IntoIterator<Item = (&'a [i64; K], &'a Cell<N>)>,
) -> Cells<K, N> {
    let mut days = Cells::new();
    for (key, cell) in cells {
        if key[0] == Width::Hour.tier() {
            let mut key = *key;
            (key[0], key[1]) = (Width::Day.tier(), Width::Day.bucket(key[1]));
            days.entry(key).or_insert_with(Cell::default).merge(cell);
        }
    }
    days
}

/// The three tables about tasks.
#[derive(Debug)]
pub(super) struct TaskCubes {
    pub fleet: Cube<2, TaskSums>,
    pub agent: Cube<4, TaskSums>,
    pub usage: Cube<5, Usage>,
}

impl Default for TaskCubes {
    fn default() -> Self {
        Self { fleet: Cube::new(&FLEET), agent: Cube::new(&AGENT), usage: Cube::new(&USAGE) }
    }
}

impl TaskCubes {
    /// Merges new tasks into every sum about tasks.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn merge(
        &mut self,
        connection: &mut SqliteConnection,
        tasks: impl Iterator<Item = &TaskRow>,
        hourless: &Hourless,
        now: Micros,
    ) -> Result<(), StoreError> {
        let mut sums = HourSums::of(tasks, first_minute(now));
        sums.fleet.extend(days(ordered(&sums.fleet)));
        sums.agent.extend(days(ordered(&sums.agent)));
        sums.usage.extend(days(ordered(&sums.usage)));
        sums.agent.retain(|key, _| !(key[0] == Width::Hour.tier() && hourless.holds(Dataset::Tasks, key[1])));
        self.fleet.merge(connection, &sums.fleet).await?;
        self.agent.merge(connection, &sums.agent).await?;
        self.usage.merge(connection, &sums.usage).await
    }
}
