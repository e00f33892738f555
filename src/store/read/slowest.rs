//! The tasks that took longest, without reading every task.
//!
//! A bucket remembers its longest duration. Of the buckets with the N longest, the last one's is at most the
//! N-th longest task, since these are N different tasks; so no other bucket can hold a longer one. Fleet hours
//! lead to the hours of agents, and those to some hundreds of records.

use sqlx::{QueryBuilder, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, Rollups, push_span};
use super::sealed::{Long, keep_longest};
use crate::analytics::grid::{pieces, width};
use crate::model::answer::Tier;
use crate::model::{Micros, TimeRange};

impl Snapshot {
    /// Row ids of the tasks of `cut` in `range` that took longest, longest first, newest first of equals.
    /// Exact; among equal durations at the end of the list any may be the one listed.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn slowest_tasks(&mut self, range: TimeRange, cut: &Cut, limit: u32) -> Result<Vec<i64>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new(
            "select duration_ms, ts, id from (select null as id, null as duration_ms, \
                null as ts where 0",
        );
        let mut sealed = Vec::new();
        let pieces = match cut.rollups() {
            Rollups::None => pieces(range, Tier::Raw, None),
            _ => pieces(range, Tier::Hour, None),
        };
        for piece in pieces {
            if piece.tier == Tier::Raw {
                push_longest(&mut sql, piece.range, cut, limit);
                sealed.extend(self.longest_sealed(piece.range, cut, limit).await?);
                continue;
            }
            for (bucket, agent) in self.agent_hours(piece.range, cut, limit).await? {
                let hour = TimeRange { from: Micros(bucket), until: Micros(bucket.saturating_add(width(Tier::Hour))) };
                push_longest(&mut sql, hour, &cut.of_agent(agent), limit);
                sealed.extend(self.longest_sealed(hour, &cut.of_agent(agent), limit).await?);
            }
        }
        sql.push(") order by duration_ms desc, ts desc, id desc limit ").push_bind(limit);
        let mut longest: Vec<Long> =
            sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("find the slowest tasks"))?;
        longest.extend(sealed);
        keep_longest(&mut longest, limit);
        Ok(longest.into_iter().map(|(_, _, id)| id).collect())
    }

    /// Hours of agents that hold the longest durations: start and agent.
    async fn agent_hours(&mut self, range: TimeRange, cut: &Cut, limit: u32) -> Result<Vec<(i64, i64)>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("select bucket, agent");
        if cut.rollups() == Rollups::Fleet {
            let hours = self.fleet_hours(range, limit).await?;
            sql.push(" from agent_rollup where tier = 3600 and bucket in (");
            let mut list = sql.separated(", ");
            for hour in hours {
                list.push_bind(hour);
            }
            sql.push(")");
        } else {
            cut.push_buckets(&mut sql, Tier::Hour, range);
        }
        sql.push(" and duration_max is not null group by bucket, agent order by max(duration_max) desc limit ");
        sql.push_bind(limit);
        sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("find the slowest tasks"))
    }

    async fn fleet_hours(&mut self, range: TimeRange, limit: u32) -> Result<Vec<i64>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("select bucket from fleet_rollup where ");
        push_span(&mut sql, Tier::Hour, range);
        sql.push(" and duration_max is not null order by duration_max desc limit ").push_bind(limit);
        sql.build_query_scalar().fetch_all(&mut *self.tx).await.map_err(query("find the slowest tasks"))
    }
}

pub(super) fn push_longest(sql: &mut QueryBuilder<Sqlite>, range: TimeRange, cut: &Cut, limit: u32) {
    sql.push(" union all select * from (select id, duration_ms, ts");
    cut.push_tasks(sql, range);
    sql.push(" and duration_ms is not null order by duration_ms desc, ts desc limit ").push_bind(limit).push(")");
}
