//! Counts of events by type, by hour and day, of the whole fleet. A count is additive, so a replaced event is taken
//! off where it was and added where it is; nothing has to be summed again for it.

use std::sync::LazyLock;

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, Connection as _, Row as _};

use super::Width;
use super::cube::{Cells, Cube, Numbers, ordered};
use super::statements::CubeSql;
use super::tasks::days;
use crate::model::time::{DAY, HOUR};
use crate::model::{Micros, TimeRange};
use crate::store::archive::sealed_rows;
use crate::store::error::{StoreError, query};
use crate::store::events::EventRow;
use crate::store::insert::Written;
use crate::store::table::Bound;

static EVENTS: LazyLock<CubeSql> =
    LazyLock::new(|| CubeSql::new::<EventCount>("event_rollup", "tier, bucket, type", None));

/// The statements of the table.
#[cfg(test)]
pub(super) fn sql() -> &'static CubeSql {
    &EVENTS
}

const SELECT_UNCOUNTED: &str = "select day from uncounted_day order by day";
const FORGET_UNCOUNTED: &str = "delete from uncounted_day where day = ?";
pub(super) const COUNT_HOUR: &str = "select type, count(*) from event where ts >= ? and ts < ? group by type";

/// How many events of one type lie in one bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct EventCount(i64);

impl Numbers for EventCount {
    const COLUMNS: &'static str = "n";

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.0)
    }

    fn read(row: &SqliteRow, at: usize) -> Result<Self, sqlx::Error> {
        row.try_get(at).map(Self)
    }

    fn merge(&mut self, other: &Self) {
        self.0 += other.0;
    }
}

/// (tier, bucket, type)
type EventCells = Cells<3, EventCount>;

/// The table of counts.
#[derive(Debug)]
pub(super) struct EventCube(Cube<3, EventCount>);

impl Default for EventCube {
    fn default() -> Self {
        Self(Cube::new(&EVENTS))
    }
}

impl EventCube {
    /// Counts what was written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn merge(
        &mut self,
        connection: &mut SqliteConnection,
        written: &Written<EventRow>,
    ) -> Result<(), StoreError> {
        let mut cells = EventCells::new();
        let before = written.replaced.iter().map(|(before, _)| (before, -1));
        let after = written.replaced.iter().map(|(_, after)| (after, 1));
        for (event, n) in written.stored().map(|event| (event, 1)).chain(before).chain(after) {
            add(&mut cells, event.ts, event.kind, n);
        }
        cells.extend(days(ordered(&cells)));
        self.0.merge(connection, &cells).await
    }

    /// Counts the events of `day` again, hour by hour.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn recount(&mut self, connection: &mut SqliteConnection, day: i64) -> Result<(), StoreError> {
        let mut cells = EventCells::new();
        for hour in (0..24).map(|hour| day + hour * HOUR) {
            let rows = sqlx::query_as(COUNT_HOUR).bind(hour).bind(hour + HOUR).fetch_all(&mut *connection).await;
            let rows: Vec<(i64, i64)> = rows.map_err(query("count the events of an hour"))?;
            rows.into_iter().for_each(|(kind, n)| add(&mut cells, hour, kind, n));
            let range = TimeRange { from: Micros(hour), until: Micros(hour + HOUR) };
            let sealed = sealed_rows::<EventRow>(connection, range, Vec::new()).await?;
            sealed.iter().for_each(|(_, event)| add(&mut cells, event.ts, event.kind, 1));
        }
        cells.extend(days(ordered(&cells)));
        for width in [Width::Hour, Width::Day] {
            self.0.clear(connection, width.tier(), day, day + DAY).await?;
        }
        self.0.replace(connection, cells).await
    }
}

fn add(cells: &mut EventCells, ts: i64, kind: i64, n: i64) {
    cells.entry([Width::Hour.tier(), Width::Hour.bucket(ts), kind]).or_default().numbers.0 += n;
}

/// Counts the days that were sealed before events were counted, each in one transaction.
///
/// # Errors
/// [`StoreError`].
pub(in crate::store) async fn count_uncounted(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let action = "count sealed events";
    let uncounted: Vec<i64> =
        sqlx::query_scalar(SELECT_UNCOUNTED).fetch_all(&mut *connection).await.map_err(query(action))?;
    for day in uncounted {
        let mut tx = connection.begin_with("begin immediate").await.map_err(query(action))?;
        EventCube::default().recount(&mut tx, day).await?;
        sqlx::query(FORGET_UNCOUNTED).bind(day).execute(&mut *tx).await.map_err(query(action))?;
        tx.commit().await.map_err(query(action))?;
    }
    Ok(())
}
