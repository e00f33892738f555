//! One group of records into the file, inside a transaction that the writer opened: words, rows,
//! and the rollups that depend on them.

use sqlx::sqlite::SqliteConnection;

use super::archive::{self, Sealing};
use super::derived::Marks;
use super::dictionary::{Dictionary, Unknown};
use super::error::{StoreError, query};
use super::events::{self, EventRow};
use super::healings::{self, HealingRow};
use super::insert::insert;
use super::memory::{self, MemoryRow};
use super::metrics::{self, MetricRow, OfAgent, OfSwarm};
use super::patterns::count_rewrite;
use super::pulse::{Heard, Pulses};
use super::registry::{self, LifeRow};
use super::rollup::Rollups;
use super::table::Table;
use super::tasks::{self, TaskRow};
use super::{Landing, sequence::Sequence};
use crate::model::{Micros, Record};

/// What the writer remembers from one transaction to the next. All of it can be read again.
#[derive(Debug, Default)]
pub(super) struct Caches {
    pub words: Dictionary,
    pub sequence: Sequence,
    pub rollups: Rollups,
    pub sealing: Sealing,
    pub pulses: Pulses,
    pub marks: Marks,
}

impl Caches {
    /// Forgets everything: after a roll-back, or when another process wrote.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

/// Stores `records`; one landing each, in their order.
///
/// # Errors
/// [`StoreError`]; then the transaction must be rolled back and the caches forgotten.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    caches: &mut Caches,
    records: &[&Record],
    now: Micros,
) -> Result<Vec<Landing>, StoreError> {
    learn_words(connection, &mut caches.words, records).await?;
    caches.sequence.load(connection).await?;
    let mut landings = vec![Landing::Stored; records.len()];
    let Caches { words, sequence, rollups, sealing, pulses, marks } = caches;
    let mut heard = Heard::new(words);
    let mut rewritten = false;

    macro_rules! table {
        ($kind:ident, $row:ty, |$record:ident| $new:expr, |$rows:ident| $decided:expr) => {{
            let mut places = Vec::new();
            let mut rows: Vec<$row> = Vec::new();
            for (place, record) in records.iter().enumerate() {
                if let Record::$kind($record) = record {
                    places.push(place);
                    rows.push($new?);
                }
            }
            let $rows = &rows;
            let decided = $decided;
            let written = insert(connection, sequence.next_id(<$row as Table>::DATASET), rows, decided).await?;
            for (place, landing) in places.into_iter().zip(&written.landings) {
                landings[place] = *landing;
            }
            written
        }};
    }
    /// A table whose old rows may be sealed.
    macro_rules! sealed_table {
        ($kind:ident, $row:ty, |$record:ident| $new:expr) => {
            table!($kind, $row, |$record| $new, |rows| archive::meet(connection, sealing, rows).await?)
        };
    }
    let tasks = sealed_table!(Task, TaskRow, |task| TaskRow::new(task, words));
    rollups.tasks(connection, &tasks, now).await?;
    rewritten |= !tasks.replaced.is_empty();
    heard.note(&tasks);
    marks.note(connection, &tasks).await?;
    let metrics = sealed_table!(AgentMetric, MetricRow<OfAgent>, |metric| MetricRow::new(metric, words));
    rollups.agent_metrics(connection, &metrics, now).await?;
    rewritten |= !metrics.replaced.is_empty();
    heard.note(&metrics);
    let metrics = sealed_table!(SwarmMetric, MetricRow<OfSwarm>, |metric| MetricRow::new(metric, words));
    rollups.swarm_metrics(connection, &metrics, now).await?;
    rewritten |= !metrics.replaced.is_empty();
    let events = sealed_table!(Event, EventRow, |event| EventRow::new(event, words));
    rollups.events(connection, &events, now).await?;
    rewritten |= !events.replaced.is_empty();
    heard.note(&events);
    marks.note(connection, &events).await?;
    let healings = sealed_table!(Healing, HealingRow, |healing| HealingRow::new(healing, words));
    rollups.healings(connection, &healings, now).await?;
    let lives = table!(Agent, LifeRow, |life| LifeRow::new(life, words, now), |_rows| Vec::new());
    rollups.arrived(connection, &lives, now).await?;
    heard.note(&lives);
    pulses.feel(connection, heard).await?;
    let memories = table!(Memory, MemoryRow, |memory| MemoryRow::new(memory, words), |_rows| Vec::new());
    rollups.arrived(connection, &memories, now).await?;
    if rewritten {
        count_rewrite(connection).await?;
    }
    caches.sequence.save(connection).await?;
    Ok(landings)
}

async fn learn_words(
    connection: &mut SqliteConnection,
    words: &mut Dictionary,
    records: &[&Record],
) -> Result<(), StoreError> {
    words.trim();
    let mut unknown = Unknown::default();
    for record in records {
        match record {
            Record::Task(task) => tasks::note(task, words, &mut unknown),
            Record::AgentMetric(metric) => metrics::note::<OfAgent>(metric, words, &mut unknown),
            Record::SwarmMetric(metric) => metrics::note::<OfSwarm>(metric, words, &mut unknown),
            Record::Event(event) => events::note(event, words, &mut unknown),
            Record::Healing(healing) => healings::note(healing, words, &mut unknown),
            Record::Agent(life) => registry::note(life, words, &mut unknown),
            Record::Memory(memory) => memory::note(memory, words, &mut unknown),
        }
    }
    words.learn(connection, &unknown).await
}

const UPSERT_INFO: &str = "insert into store_info (key, value) values (?, ?) \
                           on conflict (key) do update set value = excluded.value";

/// Sets a fact about the file.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn set_info(connection: &mut SqliteConnection, key: &str, value: &str) -> Result<(), StoreError> {
    sqlx::query(UPSERT_INFO).bind(key).bind(value).execute(connection).await.map_err(query("set a fact"))?;
    Ok(())
}
