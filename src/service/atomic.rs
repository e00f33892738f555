//! Several records of several kinds, all or nothing: for callers inside the program. Over HTTP the same is
//! `POST /api/v1/ingest?atomic=true`.

use super::{Service, ServiceError};
use crate::model::{Micros, Record};
use crate::store::Landing;

impl Service {
    /// Stores records of any kinds in one transaction and returns what became of each, in their order, once all are
    /// durable. Readers see all of them or none; a crash at any point leaves all or none. A record that was there
    /// before is no failure: it counts as a duplicate, or keeps the first version, as everywhere.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; then none of them is stored.
    pub async fn record_atomic(&self, records: Vec<Record>, now: Micros) -> Result<Vec<Landing>, ServiceError> {
        self.record(records, now).await
    }
}
