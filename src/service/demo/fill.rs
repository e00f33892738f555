//! Puts a simulation into a store.

use crate::model::{Micros, Record};

use super::super::{Service, ServiceError};
use super::{DAYS, SEED_KEY, simulate};

/// Records handed to the store at a time.
const BATCH: usize = 10_000;

impl Service {
    /// The seed of the simulated records, when that is what the store holds.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when reading fails.
    pub async fn demo_seed(&self) -> Result<Option<u64>, ServiceError> {
        Ok(self.store().snapshot().await?.demo_seed().await?)
    }

    /// Marks the store as holding demo data and fills it with [`DAYS`] days up to `now`; returns how
    /// many records there are. The mark comes first: a half-filled store must not pass for real.
    ///
    /// # Errors
    /// [`ServiceError`] when the store cannot be written.
    pub async fn fill_demo(&self, seed: u64, now: Micros) -> Result<usize, ServiceError> {
        self.store().set_info(SEED_KEY, &seed.to_string()).await?;
        let records: Vec<Record> = simulate(seed, now, DAYS).collect();
        let count = records.len();
        let mut records = records.into_iter();
        loop {
            let batch: Vec<Record> = records.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(count);
            }
            self.store().write(batch).await?;
        }
    }
}
