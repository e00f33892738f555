//! Counts for `/metrics`: how much ever arrived, and who is at work now.

use sqlx::sqlite::SqlitePool;

use super::Store;
use super::error::{StoreError, query};
use crate::model::Micros;

const SELECT_EVENTS: &str = "\
select n.name, c.n from lifetime_count c join event_name n on n.id = c.label where c.counter = 'events' order by n.name";

/// One look at two indices for every agent there is, instead of one at every recent row.
const COUNT_ACTIVE: &str = "\
select count(*) from agent_name a
where exists (select 1 from task t where t.agent = a.id and t.ts >= ?1)
   or exists (select 1 from event e where e.agent = a.id and e.ts >= ?1)";

impl Store {
    /// Events that ever arrived, by type, in the order of the types; retention never lowers them.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn events_ever(&self) -> Result<Vec<(String, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = fetch(self.reader()).await?;
        Ok(rows.into_iter().map(|(name, count)| (name, count.unsigned_abs())).collect())
    }

    /// Agents with a task that ended, or an event that happened, at `since` or later.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn agents_active(&self, since: Micros) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar(COUNT_ACTIVE)
            .bind(since.0)
            .fetch_one(self.reader())
            .await
            .map_err(query("count the agents at work"))?;
        Ok(count.unsigned_abs())
    }
}

async fn fetch(readers: &SqlitePool) -> Result<Vec<(String, i64)>, StoreError> {
    sqlx::query_as(SELECT_EVENTS).fetch_all(readers).await.map_err(query("read the event counters"))
}
