//! Row ids: ascending in the order of arrival and never used twice, even after the last rows of a
//! table were deleted. The last id of each dataset is a row of its own.

use sqlx::sqlite::SqliteConnection;

use super::error::{StoreError, query};
use crate::model::{Dataset, HighWater};

const SELECT: &str = "select dataset, id from last_row";
const UPSERT: &str = "insert into last_row (dataset, id) values (?, ?) \
                      on conflict (dataset) do update set id = excluded.id";

/// The next id of each dataset. Loaded once, forgotten after a roll-back or another process's write.
#[derive(Debug, Default)]
pub(in crate::store) struct Sequence {
    loaded: bool,
    next: [i64; 7],
    saved: [i64; 7],
}

/// The last id of each dataset; 0 where there is none yet.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn last(connection: &mut SqliteConnection) -> Result<HighWater, StoreError> {
    let found: Vec<(String, i64)> =
        sqlx::query_as(SELECT).fetch_all(connection).await.map_err(query("read the last row ids"))?;
    let mut last = HighWater::default();
    for (name, id) in found {
        if let Some(dataset) = Dataset::parse(&name) {
            last.pass(dataset, id);
        }
    }
    Ok(last)
}

impl Sequence {
    /// Reads the last ids unless they are known.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn load(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.loaded {
            return Ok(());
        }
        let last = last(connection).await?;
        for dataset in Dataset::ALL {
            self.next[dataset as usize] = last.of(dataset) + 1;
        }
        self.saved = self.next;
        self.loaded = true;
        Ok(())
    }

    /// The next id of `dataset`, to be counted up by who uses it.
    pub(in crate::store) fn next_id(&mut self, dataset: Dataset) -> &mut i64 {
        &mut self.next[dataset as usize]
    }

    /// Writes the last ids that changed.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn save(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        for dataset in Dataset::ALL {
            let next = self.next[dataset as usize];
            if next != self.saved[dataset as usize] {
                sqlx::query(UPSERT)
                    .bind(dataset.as_str())
                    .bind(next - 1)
                    .execute(&mut *connection)
                    .await
                    .map_err(query("save the last row ids"))?;
            }
        }
        self.saved = self.next;
        Ok(())
    }
}
