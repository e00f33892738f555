//! Tasks of a swarm that were started and have not ended, as far as events say when tasks start.

use super::super::StoreError;
use super::super::error::query;
use super::{Cut, Snapshot};
use crate::model::TimeRange;

/// Tasks of a swarm that an event says were started in [?2, ?3), and how many of them neither an event nor a record
/// ends before ?3. Words are those of the documents and of the agents seen so far.
const STARTED: &str = "select count(*), coalesce(sum(open), 0) from (
    select e.task_id, min(
        not exists (select 1 from event d indexed by event_by_task where d.task_id = e.task_id and d.ts >= e.ts
            and d.ts < ?3 and d.type in (select id from event_name where name in
                ('task_complete', 'task_completed', 'task_end', 'task_failed', 'task_error', 'task_cancelled')))
        and not exists (select 1 from task t indexed by task_by_agent where t.agent = e.agent and t.ts >= e.ts
            and t.ts < ?3 and t.task_id = e.task_id)) as open
    from swarm_agent m join event e indexed by event_by_agent on e.agent = m.agent and e.ts >= ?2 and e.ts < ?3
    where m.swarm = ?1 and e.swarm = ?1 and e.task_id is not null
        and e.type in (select id from event_name where name in ('task_start', 'task_started', 'task_assigned'))
    group by e.task_id)";

const SEALED: &str = "select exists (select 1 from chunk where dataset in ('events', 'tasks')
    and first_ts < ?2 and last_ts >= ?1)";

impl Snapshot {
    /// How many tasks of the swarm of `cut` were started in `range`, and how many of them have not ended before its
    /// end. `None` where no event says that one started, or records of that time are sealed.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn open_tasks(&mut self, cut: &Cut, range: TimeRange) -> Result<Option<(u64, u64)>, StoreError> {
        let action = "count tasks that wait";
        let sealed: bool = sqlx::query_scalar(SEALED)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(query(action))?;
        if sealed {
            return Ok(None);
        }
        let (started, open): (i64, i64) = sqlx::query_as(STARTED)
            .bind(cut.swarm)
            .bind(range.from.0)
            .bind(range.until.0)
            .fetch_one(&mut *self.tx)
            .await
            .map_err(query(action))?;
        Ok((started > 0).then_some((started.unsigned_abs(), open.unsigned_abs())))
    }
}
