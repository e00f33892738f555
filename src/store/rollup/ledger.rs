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

const WIDEN_SPAN: &str = "insert into swarm_agent (swarm, agent, first_ts, last_ts) values (?, ?, ?, ?) \
    on conflict (swarm, agent) do update set first_ts = min(first_ts, excluded.first_ts), \
    last_ts = max(last_ts, excluded.last_ts)";
const DELETE_SPAN: &str = "delete from swarm_agent where swarm = ? and agent = ?";
const SELECT_SPAN: &str = "select min(ts), max(ts) from ( \
    select ts from task where agent = ?1 and swarm = ?2 union all \
    select ts from event where agent = ?1 and swarm = ?2)";
const COUNT_UP: &str = "insert into lifetime_count (counter, label, n) values (?, ?, ?) \
    on conflict (counter, label) do update set n = n + excluded.n";
const NOTE_ARRIVAL: &str = "insert into arrival (dataset, day, last_ts) values (?, ?, ?) \
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
        let mut wider = BTreeSet::new();
        for &(swarm, agent, ts) in seen {
            let span = self.spans.entry((swarm, agent)).or_insert((i64::MAX, i64::MIN));
            if ts < span.0 || ts > span.1 {
                *span = (span.0.min(ts), span.1.max(ts));
                wider.insert((swarm, agent));
            }
        }
        for pair in &wider {
            if let Some(span) = self.spans.get(pair) {
                widen(connection, *pair, *span).await?;
            }
        }
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
        for (label, n) in counts {
            let count = sqlx::query(COUNT_UP).bind(counter).bind(label).bind(n);
            count.execute(&mut *connection).await.map_err(query("count records"))?;
        }
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
        for day in late {
            let note = sqlx::query(NOTE_ARRIVAL).bind(dataset.as_str()).bind(day).bind(now.0);
            note.execute(&mut *connection).await.map_err(query("note an arrival"))?;
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
        let mut again = BTreeSet::new();
        for ((old_swarm, old_agent, old_ts), (swarm, agent, ts)) in moved {
            if let Some(swarm) = swarm {
                widen(connection, (swarm, agent), (ts, ts)).await?;
            }
            let stays = (old_swarm, old_agent, old_ts) == (swarm, agent, ts);
            if let (Some(old_swarm), false) = (old_swarm, stays) {
                again.insert((old_swarm, old_agent));
            }
        }
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
                widen(connection, (swarm, agent), (first, last)).await?;
            }
        }
        Ok(())
    }
}

async fn widen(
    connection: &mut SqliteConnection,
    (swarm, agent): (i64, i64),
    (first, last): (i64, i64),
) -> Result<(), StoreError> {
    let widen = sqlx::query(WIDEN_SPAN).bind(swarm).bind(agent).bind(first).bind(last);
    widen.execute(connection).await.map_err(query("note who worked in a swarm"))?;
    Ok(())
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
