//! What every page names: projects, and whether the store is a demo.

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;

impl Snapshot {
    /// Every project, sorted; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn projects(&mut self, limit: u32) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar("select name from project_name order by name limit ?")
            .bind(limit)
            .fetch_all(&mut *self.tx)
            .await
            .map_err(query("read projects"))
    }

    /// The seed of a demo store.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn demo_seed(&mut self) -> Result<Option<u64>, StoreError> {
        let text: Option<String> = sqlx::query_scalar("select value from store_info where key = 'demo_seed'")
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("read about the store"))?;
        text.map(|text| {
            text.parse().map_err(|_| StoreError::Damaged { what: format!("demo_seed is `{text}`, not a number") })
        })
        .transpose()
    }
}
