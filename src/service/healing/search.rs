//! Looking for healings in events: of the agents that had news, from the earliest news on.
//!
//! What was found before and begins later makes room, so that late events, replaced ones and deleted ones leave
//! nothing behind, and looking twice finds the same. An agent is looked through as a whole the first time, which
//! reads all its events; later only what its news can touch.

use super::{Service, ServiceError};
use crate::analytics::healing::derive::{Derived, Findings, LIMIT, Pending, Sign, derive};
use crate::model::filter::{Cursor, PageRequest};
use crate::model::{AgentId, Dataset, Micros, Order, Record, RecordFilter, TimeRange};
use crate::store::StoreError;
use crate::store::derived::{DueAgent, FoundHealing, FoundStretch};

/// Agents looked for at once.
const AGENTS_A_LOOK: u32 = 200;
/// Records read at once.
const RECORDS_A_PAGE: u32 = 10_000;
/// Rows stored in one transaction, beside which others write.
const ROWS_A_STORE: usize = 2_000;
/// The end of time, for what follows the last record.
const END: Micros = Micros(i64::MAX);

impl Service {
    /// Looks through the events of every agent that had news before it was asked; returns how many agents that were.
    ///
    /// # Errors
    /// [`ServiceError::Store`] when reading or writing fails; what was found until then is stored.
    pub async fn find_healings(&self, now: Micros) -> Result<u64, ServiceError> {
        let mut seen = 0;
        loop {
            let due = self.store().due_agents(AGENTS_A_LOOK, now).await?;
            let mut found = Vec::new();
            for agent in &due {
                self.look_through(agent, now, &mut found).await?;
            }
            self.store().put_healings(found).await?;
            seen += due.len() as u64;
            // Agents that never rest are looked through again the next time.
            if due.len() < AGENTS_A_LOOK as usize {
                return Ok(seen);
            }
        }
    }

    /// Adds what is found of `agent` to `found`, and stores that whenever it is enough for a transaction.
    async fn look_through(
        &self,
        agent: &DueAgent,
        now: Micros,
        found: &mut Vec<FoundStretch>,
    ) -> Result<(), StoreError> {
        let start = self.store().derive_start(agent.number, Micros(agent.from.0.saturating_sub(LIMIT))).await?;
        let signs = self.signs_of(&agent.agent_id, start).await?;
        let Findings { healings, pending } = derive(signs, now);
        let mut rows: Vec<FoundHealing> =
            healings.into_iter().map(attempt).chain(pending.into_iter().map(open)).collect();
        rows.sort_by_key(|row| row.span_from);
        let mut from = start;
        while let Some(until) = first_beyond(&rows) {
            let later = rows.split_off(rows.partition_point(|row| row.span_from < until));
            let rows = std::mem::replace(&mut rows, later);
            found.push(FoundStretch { agent: agent.number, from, until, rows, done: None });
            self.store().put_healings(std::mem::take(found)).await?;
            from = until;
        }
        found.push(FoundStretch { agent: agent.number, from, until: END, rows, done: Some(agent.seq) });
        if found.iter().map(|stretch| stretch.rows.len()).sum::<usize>() >= ROWS_A_STORE {
            self.store().put_healings(std::mem::take(found)).await?;
        }
        Ok(())
    }

    /// What an agent's events from `start` on say, and its tasks where they matter.
    async fn signs_of(&self, agent_id: &AgentId, start: Micros) -> Result<Vec<Sign>, StoreError> {
        let filter = RecordFilter { agent_id: Some(agent_id.as_str().to_owned()), ..RecordFilter::default() };
        let range = TimeRange { from: start, until: END };
        let mut signs = Vec::new();
        self.each(Dataset::Events, range, filter.clone(), |record| {
            if let Record::Event(event) = record {
                signs.extend(Sign::of_event(event));
            }
        })
        .await?;
        let asking = || signs.iter().filter(|sign| sign.asks_for_tasks());
        let (Some(first), Some(last)) = (asking().map(|sign| sign.at).min(), asking().map(|sign| sign.known).max())
        else {
            return Ok(signs);
        };
        let until = Micros(last.0.saturating_add(LIMIT + 1));
        let filter = RecordFilter { result: Some("success".to_owned()), ..filter };
        self.each(Dataset::Tasks, TimeRange { from: first, until }, filter, |record| {
            if let Record::Task(task) = record {
                signs.push(Sign::of_success(task.task_id.as_str(), task.timestamp, task.project.as_deref()));
            }
        })
        .await?;
        Ok(signs)
    }

    /// Every record of `range` that passes, sealed ones too, oldest first.
    async fn each(
        &self,
        dataset: Dataset,
        range: TimeRange,
        filter: RecordFilter,
        mut take: impl FnMut(&Record),
    ) -> Result<(), StoreError> {
        let mut request = PageRequest { range, filter, order: Order::Asc, after: None, limit: RECORDS_A_PAGE };
        loop {
            let rows = self.store().page(dataset, &request).await?;
            rows.iter().for_each(|row| take(&row.record));
            match rows.last() {
                Some(last) if rows.len() == RECORDS_A_PAGE as usize => {
                    request.after = Some(Cursor { time: last.time, row: last.id });
                }
                _ => return Ok(()),
            }
        }
    }
}

/// Where the rows of the next transaction begin, when these are too many for one: what began together stays together.
fn first_beyond(rows: &[FoundHealing]) -> Option<Micros> {
    let last = rows.get(ROWS_A_STORE - 1)?.span_from;
    rows.iter().map(|row| row.span_from).find(|from| *from > last)
}

fn attempt(found: Derived) -> FoundHealing {
    FoundHealing {
        ts: found.ended,
        strategy: found.strategy,
        failure_type: found.failure_type,
        success: Some(found.success),
        duration_ms: found.duration_ms,
        failure_id: found.failure_id,
        attempt: found.attempt,
        detected_at: found.detected_at,
        project: found.project,
        evidence: found.evidence,
        span_from: found.span.from,
        span_until: found.span.until,
    }
}

fn open(pending: Pending) -> FoundHealing {
    FoundHealing {
        ts: pending.detected_at,
        strategy: pending.strategy,
        failure_type: pending.failure_type,
        success: None,
        duration_ms: None,
        failure_id: pending.failure_id,
        attempt: 0,
        detected_at: pending.detected_at,
        project: pending.project,
        evidence: Vec::new(),
        span_from: pending.span.from,
        span_until: pending.span.until,
    }
}
