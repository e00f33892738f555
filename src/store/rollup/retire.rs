//! Sums of the days that retention deletes: added up in one bucket of their own, so that counters on `/metrics`
//! never go down. Nothing else reads that bucket: answers about a range are about days that are there.

use sqlx::sqlite::SqliteConnection;

use super::cube::{Cells, Cube, Numbers};
use super::{Rollups, Width};
use crate::store::error::StoreError;

/// The `tier` of the one bucket, at 0, of everything that was deleted.
pub(in crate::store) const RETIRED: i64 = 0;

impl Rollups {
    /// Adds the sums about tasks of `day`, which is about to lose them, to those of the days before it.
    ///
    /// # Errors
    /// [`StoreError`]; then the transaction must be rolled back. What is remembered must be dropped.
    pub(in crate::store) async fn retire_tasks(
        &mut self,
        connection: &mut SqliteConnection,
        day: i64,
    ) -> Result<(), StoreError> {
        retire(connection, &mut self.tasks.fleet, day).await?;
        retire(connection, &mut self.tasks.agent, day).await
    }
}

async fn retire<const K: usize, N: Numbers>(
    connection: &mut SqliteConnection,
    cube: &mut Cube<K, N>,
    day: i64,
) -> Result<(), StoreError> {
    let mut gone = Cells::new();
    for (mut key, cell) in cube.span(connection, Width::Day.tier(), day, day + 1).await? {
        (key[0], key[1]) = (RETIRED, 0);
        gone.insert(key, cell);
    }
    cube.merge(connection, &gone).await
}
