//! Which columns the rows of a sealed table have, and how a row becomes their values and back.

use super::super::events::EventRow;
use super::super::healings::HealingRow;
use super::super::metrics::{MetricRow, Subject};
use super::super::table::Table;
use super::super::tasks::TaskRow;
use super::cells::NULL;
pub(in crate::store) use super::cells::{GetRow, PutRow};
use super::codec::Damage;
use super::codec::column::Kind;
use crate::model::TokenCounts;

/// One column of a sealed table.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether the chunk's filter knows its values.
    pub filtered: bool,
}

impl Column {
    const fn new(name: &'static str, kind: Kind, filtered: bool) -> Self {
        Self { name, kind, filtered }
    }

    /// Whether it lies in the blob of ids and texts.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.kind, Kind::Id | Kind::Text)
    }
}

const fn int(name: &'static str) -> Column {
    Column::new(name, Kind::Int, false)
}

/// The number of a word.
const fn word(name: &'static str) -> Column {
    Column::new(name, Kind::Int, true)
}

const fn real(name: &'static str) -> Column {
    Column::new(name, Kind::Real, false)
}

const fn text(name: &'static str) -> Column {
    Column::new(name, Kind::Text, false)
}

/// A text that is a key.
const fn key(name: &'static str) -> Column {
    Column::new(name, Kind::Text, true)
}

const fn id(name: &'static str) -> Column {
    Column::new(name, Kind::Id, true)
}

/// Counts of a chunk of tasks that let a search pass it by.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::store) struct Stats {
    pub failures: i64,
    pub others: i64,
    pub timed: i64,
    pub duration_max: Option<f64>,
}

/// A table whose old rows can be sealed.
pub(in crate::store) trait Sealed: Table {
    /// Its columns after `id`, in the order of [`Table::sql`]; the first is the time.
    const COLUMNS: &'static [Column];
    /// For each of [`Table::KEYS`] the column by which its filter knows it.
    const KEY_COLUMNS: &'static [&'static str];

    /// Adds every value, in the order of the columns.
    fn put(&self, row: &mut PutRow<'_>);
    /// Reads every value, in the order of the columns.
    ///
    /// # Errors
    /// [`Damage`] when a value that may not be null is.
    fn get(row: &mut GetRow<'_>) -> Result<Self, Damage>;
    /// Counts it in.
    fn count(&self, _stats: &mut Stats) {}
}

/// The place of a column, or of none.
pub(in crate::store) fn column_of<T: Sealed>(name: &str) -> Option<usize> {
    T::COLUMNS.iter().position(|column| column.name == name)
}

/// Places of the columns of tasks, for who sums them up without making rows of them.
pub(in crate::store) mod task {
    pub(in crate::store) const TS: usize = 0;
    pub(in crate::store) const TASK_ID: usize = 1;
    pub(in crate::store) const AGENT: usize = 2;
    pub(in crate::store) const SWARM: usize = 3;
    pub(in crate::store) const MODEL: usize = 4;
    pub(in crate::store) const RESULT: usize = 5;
    pub(in crate::store) const DURATION: usize = 6;
    pub(in crate::store) const USED: usize = 7;
    pub(in crate::store) const INPUT: usize = 9;
    pub(in crate::store) const OUTPUT: usize = 10;
    pub(in crate::store) const CACHE_READ: usize = 11;
    pub(in crate::store) const CACHE_WRITE: usize = 12;
    pub(in crate::store) const REASONING: usize = 13;
    pub(in crate::store) const COST: usize = 14;
    pub(in crate::store) const PROJECT: usize = 16;
}

/// Used tokens are mostly the sum of their kinds, so only what they differ by is written.
fn kinds(tokens: &TokenCounts) -> i64 {
    let kinds = [tokens.input, tokens.output, tokens.cache_read, tokens.cache_write];
    kinds.into_iter().flatten().fold(0, i64::wrapping_add)
}

/// The used tokens of which `difference` was written.
pub(in crate::store) fn used(difference: Option<i64>, tokens: &TokenCounts) -> Option<i64> {
    difference.map(|difference| difference.wrapping_add(kinds(tokens)))
}

impl Sealed for TaskRow {
    const COLUMNS: &'static [Column] = &[
        int("ts"),
        id("task_id"),
        word("agent"),
        word("swarm"),
        word("model"),
        word("result"),
        real("duration_ms"),
        int("tokens_used"),
        int("files_changed"),
        int("tokens_input"),
        int("tokens_output"),
        int("tokens_cache_read"),
        int("tokens_cache_write"),
        int("tokens_reasoning"),
        real("cost_usd"),
        text("metadata"),
        word("project"),
        word("source"),
        key("source_key"),
    ];
    const KEY_COLUMNS: &'static [&'static str] = &["source_key", "task_id"];

    fn put(&self, row: &mut PutRow<'_>) {
        row.int(self.ts);
        row.id(Some(&self.task_id));
        row.int(self.agent);
        row.int(self.swarm);
        row.int(self.model);
        row.int(self.result);
        row.real(self.duration_ms);
        row.int(self.used.map(|used| used.wrapping_sub(kinds(&self.tokens))));
        row.int(self.files);
        row.int(self.tokens.input);
        row.int(self.tokens.output);
        row.int(self.tokens.cache_read);
        row.int(self.tokens.cache_write);
        row.int(self.tokens.reasoning);
        row.real(self.cost);
        row.text(self.metadata.as_ref());
        row.origin(&self.origin);
    }

    fn get(row: &mut GetRow<'_>) -> Result<Self, Damage> {
        let mut task = Self {
            ts: row.int().ok_or(NULL)?,
            task_id: row.id().ok_or(NULL)?,
            agent: row.int().ok_or(NULL)?,
            swarm: row.int(),
            model: row.int(),
            result: row.int(),
            duration_ms: row.real(),
            used: row.int(),
            files: row.int(),
            tokens: TokenCounts {
                input: row.int(),
                output: row.int(),
                cache_read: row.int(),
                cache_write: row.int(),
                reasoning: row.int(),
            },
            cost: row.real(),
            metadata: row.text(),
            origin: row.origin(),
        };
        task.used = used(task.used, &task.tokens);
        Ok(task)
    }

    fn count(&self, stats: &mut Stats) {
        match self.result {
            Some(2 | 3 | 5) => stats.failures += 1,
            None => stats.others += 1,
            Some(result) if result > 15 => stats.others += 1,
            Some(_) => {}
        }
        if let Some(duration) = self.duration_ms {
            stats.timed += 1;
            stats.duration_max = Some(stats.duration_max.map_or(duration, |most| most.max(duration)));
        }
    }
}

impl<S: Subject> Sealed for MetricRow<S> {
    const COLUMNS: &'static [Column] = &[
        int("ts"),
        word(S::COLUMN),
        word("metric"),
        real("value"),
        key("record_id"),
        text("metadata"),
        word("project"),
        word("source"),
        key("source_key"),
    ];
    const KEY_COLUMNS: &'static [&'static str] = &["source_key", "record_id"];

    fn put(&self, row: &mut PutRow<'_>) {
        row.int(self.ts);
        row.int(self.subject);
        row.int(self.metric);
        row.real(self.value);
        row.text(self.record_id.as_ref());
        row.text(self.metadata.as_ref());
        row.origin(&self.origin);
    }

    fn get(row: &mut GetRow<'_>) -> Result<Self, Damage> {
        Ok(Self {
            ts: row.int().ok_or(NULL)?,
            subject: row.int().ok_or(NULL)?,
            metric: row.int().ok_or(NULL)?,
            value: row.real().ok_or(NULL)?,
            record_id: row.text(),
            metadata: row.text(),
            origin: row.origin(),
            of: std::marker::PhantomData,
        })
    }
}

impl Sealed for EventRow {
    const COLUMNS: &'static [Column] = &[
        int("ts"),
        id("event_id"),
        word("type"),
        word("agent"),
        word("agent_type"),
        id("task_id"),
        word("swarm"),
        text("metadata"),
        word("project"),
        word("source"),
        key("source_key"),
    ];
    const KEY_COLUMNS: &'static [&'static str] = &["source_key", "event_id"];

    fn put(&self, row: &mut PutRow<'_>) {
        row.int(self.ts);
        row.id(Some(&self.event_id));
        row.int(self.kind);
        row.int(self.agent);
        row.int(self.agent_type);
        row.id(self.task_id.as_ref());
        row.int(self.swarm);
        row.text(self.metadata.as_ref());
        row.origin(&self.origin);
    }

    fn get(row: &mut GetRow<'_>) -> Result<Self, Damage> {
        Ok(Self {
            ts: row.int().ok_or(NULL)?,
            event_id: row.id().ok_or(NULL)?,
            kind: row.int().ok_or(NULL)?,
            agent: row.int().ok_or(NULL)?,
            agent_type: row.int(),
            task_id: row.id(),
            swarm: row.int(),
            metadata: row.text(),
            origin: row.origin(),
        })
    }
}

impl Sealed for HealingRow {
    const COLUMNS: &'static [Column] = &[
        int("ts"),
        word("strategy"),
        word("failure_type"),
        word("success"),
        real("duration_ms"),
        key("failure_id"),
        word("agent"),
        int("detected_ts"),
        text("actions"),
        key("record_id"),
        text("metadata"),
        word("project"),
        word("source"),
        key("source_key"),
    ];
    const KEY_COLUMNS: &'static [&'static str] = &["source_key", "failure_id", "record_id"];

    fn put(&self, row: &mut PutRow<'_>) {
        row.int(self.ts);
        row.int(self.strategy);
        row.int(self.failure_type);
        row.int(i64::from(self.success));
        row.real(self.duration_ms);
        row.text(self.failure_id.as_ref());
        row.int(self.agent);
        row.int(self.detected_ts);
        row.text(Some(&self.actions));
        row.text(self.record_id.as_ref());
        row.text(self.metadata.as_ref());
        row.origin(&self.origin);
    }

    fn get(row: &mut GetRow<'_>) -> Result<Self, Damage> {
        Ok(Self {
            ts: row.int().ok_or(NULL)?,
            strategy: row.int().ok_or(NULL)?,
            failure_type: row.int().ok_or(NULL)?,
            success: row.int().ok_or(NULL)? != 0,
            duration_ms: row.real().ok_or(NULL)?,
            failure_id: row.text(),
            agent: row.int(),
            detected_ts: row.int(),
            actions: row.text().ok_or(NULL)?,
            record_id: row.text(),
            metadata: row.text(),
            origin: row.origin(),
        })
    }
}
