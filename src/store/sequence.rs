//! Row ids: ascending in the order of arrival and never used twice, even after the last rows of a
//! table were deleted. The last id of each dataset is a row of its own.

use sqlx::sqlite::SqliteConnection;

use super::error::{StoreError, query};
use crate::model::Dataset;

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

impl Sequence {
    /// Reads the last ids unless they are known.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn load(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        if self.loaded {
            return Ok(());
        }
        let last: Vec<(String, i64)> =
            sqlx::query_as(SELECT).fetch_all(connection).await.map_err(query("read the last row ids"))?;
        for dataset in Dataset::ALL {
            let found = last.iter().find(|(name, _)| name == dataset.as_str());
            self.next[dataset as usize] = found.map_or(0, |(_, id)| *id) + 1;
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
