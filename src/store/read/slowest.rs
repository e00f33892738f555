//! The tasks that took longest, without reading every task.
//!
//! A bucket remembers its longest duration. Of the buckets with the N longest, the last one's is at most the
//! N-th longest task, since these are N different tasks; so no other bucket can hold a longer one. Fleet hours
//! lead to the hours of agents, and those to some hundreds of records. Where retention took the hours of agents away,
//! the hours of the fleet, or the days of agents, lead to the records.

use sqlx::{QueryBuilder, Sqlite};

use super::super::StoreError;
use super::super::error::query;
use super::Snapshot;
use super::cut::{Cut, Rollups, push_span};
use super::sealed::{Long, keep_longest};
use crate::analytics::grid::{Piece, floor, pieces, width, without_hours};
use crate::model::answer::Tier;
use crate::model::time::DAY;
use crate::model::{Dataset, Micros, TimeRange};

/// A time and whose tasks in it.
type Spot = (TimeRange, Cut);

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
        let hourless = self.hourless_days(Dataset::Tasks).await?;
        for piece in pieces {
            let spots = match piece.tier {
                Tier::Raw => vec![(piece.range, *cut)],
                _ if cut.rollups() == Rollups::Fleet => self.spots_of_fleet(piece.range, &hourless, limit).await?,
                _ => self.spots_of_agents(piece, cut, &hourless, limit).await?,
            };
            for (range, cut) in spots {
                push_longest(&mut sql, range, &cut, limit);
                sealed.extend(self.longest_sealed(range, &cut, limit).await?);
            }
        }
        sql.push(") order by duration_ms desc, ts desc, id desc limit ").push_bind(limit);
        let mut longest: Vec<Long> =
            sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("find the slowest tasks"))?;
        longest.extend(sealed);
        keep_longest(&mut longest, limit);
        Ok(longest.into_iter().map(|(_, _, id)| id).collect())
    }

    /// Where the longest tasks of the fleet must lie: hours of agents, and whole hours where retention took those away.
    async fn spots_of_fleet(
        &mut self,
        range: TimeRange,
        hourless: &[Micros],
        limit: u32,
    ) -> Result<Vec<Spot>, StoreError> {
        let hours = self.fleet_hours(range, limit).await?;
        let is_hourless = |hour: &i64| hourless.binary_search(&Micros(floor(*hour, DAY))).is_ok();
        let (without, with): (Vec<i64>, Vec<i64>) = hours.into_iter().partition(is_hourless);
        let mut spots: Vec<Spot> = without.into_iter().map(|hour| (bucket(hour, Tier::Hour), Cut::default())).collect();
        let mut sql =
            QueryBuilder::<Sqlite>::new("select bucket, agent from agent_rollup where tier = 3600 and bucket in (");
        let mut list = sql.separated(", ");
        for hour in with {
            list.push_bind(hour);
        }
        sql.push(")");
        spots.extend(self.longest_buckets(sql, Tier::Hour, &Cut::default(), limit).await?);
        Ok(spots)
    }

    /// The same for a cut by agent or swarm: hours, days where retention took those away, and what is cut off of such.
    async fn spots_of_agents(
        &mut self,
        piece: Piece,
        cut: &Cut,
        hourless: &[Micros],
        limit: u32,
    ) -> Result<Vec<Spot>, StoreError> {
        let mut spots = Vec::new();
        for part in without_hours(vec![piece], hourless) {
            let tiers = if part.tier == Tier::Raw { pieces(part.range, Tier::Day, None) } else { vec![part] };
            for found in tiers {
                if part.tier == Tier::Raw && found.tier != Tier::Day {
                    spots.push((found.range, *cut));
                    continue;
                }
                let mut sql = QueryBuilder::<Sqlite>::new("select bucket, agent");
                cut.push_buckets(&mut sql, found.tier, found.range);
                spots.extend(self.longest_buckets(sql, found.tier, cut, limit).await?);
            }
        }
        Ok(spots)
    }

    /// The buckets of agents with the longest durations; `sql` selects bucket and agent.
    async fn longest_buckets(
        &mut self,
        mut sql: QueryBuilder<Sqlite>,
        tier: Tier,
        cut: &Cut,
        limit: u32,
    ) -> Result<Vec<Spot>, StoreError> {
        sql.push(" and duration_max is not null group by bucket, agent order by max(duration_max) desc limit ");
        sql.push_bind(limit);
        let found: Vec<(i64, i64)> =
            sql.build_query_as().fetch_all(&mut *self.tx).await.map_err(query("find the slowest tasks"))?;
        Ok(found.into_iter().map(|(start, agent)| (bucket(start, tier), cut.of_agent(agent))).collect())
    }

    async fn fleet_hours(&mut self, range: TimeRange, limit: u32) -> Result<Vec<i64>, StoreError> {
        let mut sql = QueryBuilder::<Sqlite>::new("select bucket from fleet_rollup where ");
        push_span(&mut sql, Tier::Hour, range);
        sql.push(" and duration_max is not null order by duration_max desc limit ").push_bind(limit);
        sql.build_query_scalar().fetch_all(&mut *self.tx).await.map_err(query("find the slowest tasks"))
    }
}

/// The time of a bucket.
fn bucket(start: i64, tier: Tier) -> TimeRange {
    TimeRange { from: Micros(start), until: Micros(start.saturating_add(width(tier))) }
}

pub(super) fn push_longest(sql: &mut QueryBuilder<Sqlite>, range: TimeRange, cut: &Cut, limit: u32) {
    sql.push(" union all select * from (select id, duration_ms, ts");
    cut.push_tasks(sql, range);
    sql.push(" and duration_ms is not null order by duration_ms desc, ts desc limit ").push_bind(limit).push(")");
}
