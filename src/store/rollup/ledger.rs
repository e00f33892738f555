//! Small books beside the sums: who worked in which swarm and when, counters that never go down,
//! and when records of a day last arrived.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sqlx::sqlite::SqliteConnection;

use crate::model::time::MINUTE;
use crate::model::{Dataset, Micros, TimeRange};
use crate::store::archive::rows::column_of;
use crate::store::archive::{Sealed, Test, sealed_ends};
use crate::store::error::{StoreError, query};
use crate::store::events::EventRow;
use crate::store::tasks::TaskRow;

/// The rows are one JSON array each, so that any number of them is one statement. `where true` tells SQLite that
/// `on` is no part of a join.
const WIDEN_SPANS: &str = "insert into swarm_agent (swarm, agent, first_ts, last_ts) \
    select value ->> 0, value ->> 1, value ->> 2, value ->> 3 from json_each(?) where true \
    on conflict (swarm, agent) do update set first_ts = min(first_ts, excluded.first_ts), \
    last_ts = max(last_ts, excluded.last_ts)";
const DELETE_SPAN: &str = "delete from swarm_agent where swarm = ? and agent = ?";
const SELECT_SPAN: &str = "select min(ts), max(ts) from ( \
    select ts from task where agent = ?1 and swarm = ?2 union all \
    select ts from event where agent = ?1 and swarm = ?2)";
const COUNT_UP: &str = "insert into lifetime_count (counter, label, n) \
    select ?1, value ->> 0, value ->> 1 from json_each(?2) where true \
    on conflict (counter, label) do update set n = n + excluded.n";
const NOTE_ARRIVALS: &str = "insert into arrival (dataset, day, last_ts) \
    select ?1, value, ?3 from json_each(?2) where true \
    on conflict (dataset, day) do update set last_ts = max(last_ts, excluded.last_ts)";

/// Arrivals are noted at most so often for a day; retention counts in days.
const ARRIVAL_STEP: i64 = MINUTE;
/// Most spans and arrivals that are remembered to save writing them again.
const REMEMBERED: usize = 50_000;

/// What the books say already.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    spans: HashMap<(i64, i64), (i64, i64)>,
    arrivals: HashMap<(Dataset, i64), i64>,
}

/// Swarm (if any), agent and time of a record.
pub(super) type Presence = (Option<i64>, i64, i64);

impl Ledger {
    /// Notes that agents worked in swarms: (swarm, agent, time) each.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn span_swarms(
        &mut self,
        connection: &mut SqliteConnection,
        seen: &[(i64, i64, i64)],
    ) -> Result<(), StoreError> {
        let mut wider = BTreeMap::new();
        for &(swarm, agent, ts) in seen {
            let span = self.spans.entry((swarm, agent)).or_insert((i64::MAX, i64::MIN));
            if ts < span.0 || ts > span.1 {
                *span = (span.0.min(ts), span.1.max(ts));
                wider.insert((swarm, agent), *span);
            }
        }
        widen(connection, &wider).await?;
        if self.spans.len() > REMEMBERED {
            self.spans.clear();
        }
        Ok(())
    }

    /// Counts records up, by label.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn count(
        &mut self,
        connection: &mut SqliteConnection,
        counter: &'static str,
        labels: impl Iterator<Item = i64>,
    ) -> Result<(), StoreError> {
        let mut counts: BTreeMap<i64, i64> = BTreeMap::new();
        for label in labels {
            *counts.entry(label).or_default() += 1;
        }
        if counts.is_empty() {
            return Ok(());
        }
        let count = sqlx::query(COUNT_UP).bind(counter).bind(json(&Vec::from_iter(counts))?);
        count.execute(connection).await.map_err(query("count records"))?;
        Ok(())
    }

    /// Notes that records of `days` arrived at `now`.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn arrive(
        &mut self,
        connection: &mut SqliteConnection,
        dataset: Dataset,
        days: impl Iterator<Item = i64>,
        now: Micros,
    ) -> Result<(), StoreError> {
        let mut late = BTreeSet::new();
        for day in days {
            let known = self.arrivals.get(&(dataset, day));
            if known.is_none_or(|known| now.0 - known >= ARRIVAL_STEP) {
                self.arrivals.insert((dataset, day), now.0);
                late.insert(day);
            }
        }
        if !late.is_empty() {
            let note = sqlx::query(NOTE_ARRIVALS).bind(dataset.as_str()).bind(json(&late)?).bind(now.0);
            note.execute(connection).await.map_err(query("note arrivals"))?;
        }
        if self.arrivals.len() > REMEMBERED {
            self.arrivals.clear();
        }
        Ok(())
    }

    /// Corrects the spans of records that were replaced: before and after each. A span only has to be
    /// looked up again when the record has moved.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn move_in_swarms(
        &mut self,
        connection: &mut SqliteConnection,
        moved: impl Iterator<Item = (Presence, Presence)>,
    ) -> Result<(), StoreError> {
        let (mut again, mut wider) = (BTreeSet::new(), BTreeMap::new());
        for ((old_swarm, old_agent, old_ts), (swarm, agent, ts)) in moved {
            if let Some(swarm) = swarm {
                let span = wider.entry((swarm, agent)).or_insert((ts, ts));
                *span = (span.0.min(ts), span.1.max(ts));
            }
            let stays = (old_swarm, old_agent, old_ts) == (swarm, agent, ts);
            if let (Some(old_swarm), false) = (old_swarm, stays) {
                again.insert((old_swarm, old_agent));
            }
        }
        widen(connection, &wider).await?;
        for (swarm, agent) in again {
            self.spans.remove(&(swarm, agent));
            let span: (Option<i64>, Option<i64>) = sqlx::query_as(SELECT_SPAN)
                .bind(agent)
                .bind(swarm)
                .fetch_one(&mut *connection)
                .await
                .map_err(query("see when an agent worked in a swarm"))?;
            let span = with_sealed(connection, (swarm, agent), span).await?;
            let delete = sqlx::query(DELETE_SPAN).bind(swarm).bind(agent);
            delete.execute(&mut *connection).await.map_err(query("correct who worked in a swarm"))?;
            if let (Some(first), Some(last)) = span {
                widen(connection, &BTreeMap::from([((swarm, agent), (first, last))])).await?;
            }
        }
        Ok(())
    }
}

/// Widens the spans of (swarm, agent) to first and last.
async fn widen(connection: &mut SqliteConnection, spans: &BTreeMap<(i64, i64), (i64, i64)>) -> Result<(), StoreError> {
    if spans.is_empty() {
        return Ok(());
    }
    let rows: Vec<[i64; 4]> =
        spans.iter().map(|((swarm, agent), (first, last))| [*swarm, *agent, *first, *last]).collect();
    let widen = sqlx::query(WIDEN_SPANS).bind(json(&rows)?);
    widen.execute(connection).await.map_err(query("note who worked in a swarm"))?;
    Ok(())
}

/// Rows as one value of a statement.
fn json(rows: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(rows).map_err(|error| StoreError::Damaged { what: format!("a book cannot be kept: {error}") })
}

/// A span with what is sealed of it.
async fn with_sealed(
    connection: &mut SqliteConnection,
    (swarm, agent): (i64, i64),
    span: (Option<i64>, Option<i64>),
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    let mut times: Vec<i64> = [span.0, span.1].into_iter().flatten().collect();
    times.extend(sealed_span::<TaskRow>(connection, swarm, agent).await?);
    times.extend(sealed_span::<EventRow>(connection, swarm, agent).await?);
    Ok((times.iter().min().copied(), times.iter().max().copied()))
}

async fn sealed_span<T: Sealed>(
    connection: &mut SqliteConnection,
    swarm: i64,
    agent: i64,
) -> Result<impl Iterator<Item = i64> + use<T>, StoreError> {
    let words = [("swarm", swarm), ("agent", agent)].into_iter();
    let tests: Vec<Test> = words.filter_map(|(name, id)| Some(Test::Is(column_of::<T>(name)?, id))).collect();
    let ends = sealed_ends::<T>(connection, TimeRange::ALL, &tests).await?;
    Ok(ends.into_iter().flat_map(|(first, last)| [first, last]))
}
