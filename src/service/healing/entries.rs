//! Attempts one by one, newest first, reported and derived in one list.

use serde::{Deserialize, Serialize};

use super::super::opaque;
use super::{Service, ServiceError, check};
use crate::model::filter::{Cursor, PageRequest};
use crate::model::healing::{HealingEntry, HealingPage, HealingQuery, Origin};
use crate::model::overview::PageQuery;
use crate::model::{AgentId, Dataset, Micros, Order, Problem, Record, TimeRange};
use crate::store::Row;

/// After which attempt a page goes on, and of which question. Of equal times reported attempts come first, then the
/// later row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    query: HealingQuery,
    range: (i64, i64),
    time: i64,
    derived: bool,
    row: i64,
}

impl Service {
    /// A page of attempts, newest first; the same price at any depth.
    ///
    /// # Errors
    /// As [`Service::healing`]; a [`Problem`] when the cursor belongs to another question.
    pub async fn healing_page(
        &self,
        query: &HealingQuery,
        cursor: Option<&str>,
        limit: u32,
        now: Micros,
    ) -> Result<HealingPage, ServiceError> {
        check(&query.filter)?;
        let place = cursor.map(|cursor| place(cursor, query)).transpose()?;
        let range = match &place {
            Some(place) => TimeRange { from: Micros(place.range.0), until: Micros(place.range.1) },
            None => {
                let page = PageQuery { range: query.range.clone(), ..PageQuery::default() };
                self.whole(query, self.scope(&page, now).await?.range).await?
            }
        };
        let mut items = self.attempts_after(query, range, place.as_ref(), limit + 1).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(|last| {
            let (time, derived, row) = (last.timestamp.0, last.origin == Origin::Derived, last.row);
            opaque::write(&Place { query: query.clone(), range: (range.from.0, range.until.0), time, derived, row })
        });
        Ok(HealingPage { items, next })
    }

    async fn attempts_after(
        &self,
        query: &HealingQuery,
        range: TimeRange,
        place: Option<&Place>,
        limit: u32,
    ) -> Result<Vec<HealingEntry>, ServiceError> {
        // At the time of the place: rows of its own origin before its row; of the other all or none.
        let after = |origin: Origin| {
            place.map(|place| {
                let row = match (place.derived, origin) {
                    (true, Origin::Derived) | (false, Origin::Reported) => place.row,
                    (true, Origin::Reported) => i64::MIN, // reported ones of that time came before
                    (false, Origin::Derived) => i64::MAX,
                };
                (Micros(place.time), row)
            })
        };
        let mut items = Vec::new();
        if query.origins.has(Origin::Reported) {
            let after = after(Origin::Reported).map(|(time, row)| Cursor { time, row });
            let filter = query.filter.clone();
            let request = PageRequest { range, filter, order: Order::Desc, after, limit };
            items.extend(self.list(Dataset::Healings, &request).await?.into_iter().filter_map(reported));
        }
        if query.origins.has(Origin::Derived) {
            items.extend(self.store().derived_entries(query, range, after(Origin::Derived), limit).await?);
        }
        items.sort_by_key(|item| (std::cmp::Reverse(item.timestamp), item.origin, std::cmp::Reverse(item.row)));
        items.truncate(limit as usize);
        Ok(items)
    }
}

/// The question a cursor was made for.
///
/// # Errors
/// A [`Problem`] when it is no cursor of attempts.
pub fn resume(cursor: &str) -> Result<HealingQuery, Problem> {
    opaque::read_cursor::<Place>(cursor).map(|place| place.query)
}

fn place(cursor: &str, query: &HealingQuery) -> Result<Place, Problem> {
    let place: Place = opaque::read_cursor(cursor)?;
    if place.query == *query {
        return Ok(place);
    }
    Err(Problem::bad_request("`cursor` was made for another question; start again without it"))
}

fn reported(row: Row) -> Option<HealingEntry> {
    let Record::Healing(healing) = row.record else { return None };
    Some(HealingEntry {
        origin: Origin::Reported,
        row: row.id,
        timestamp: healing.timestamp,
        strategy: healing.strategy,
        failure_type: healing.failure_type,
        success: healing.success,
        duration_ms: Some(healing.duration_ms),
        detected_at: healing.detected_at,
        failure_id: healing.failure_id,
        agent_id: healing.agent_id.as_ref().map(AgentId::as_str).map(str::to_owned),
        project: healing.project,
        actions: healing.actions,
        evidence: Vec::new(),
    })
}
