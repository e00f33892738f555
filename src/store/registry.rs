//! The registry of agents: one row a life, named by the agent and when it was started.
//!
//! A record about a known life moves it on instead of being a new row:
//! - a later status (spawned → running → complete or error) is taken, with every field it carries;
//!   fields it does not carry stay, so that a `complete` need not repeat the metadata of `spawned`;
//! - the same status again may bring or change fields;
//! - an earlier status that arrives late only fills fields that are still empty;
//! - `complete` after `error`, or the other way round, contradicts: the first is kept ([`Landing::Differs`]);
//! - an importer replaces what it brought itself, as everywhere.
//!
//! So the same records sent again, in any order, change nothing. When a record turns a life from spawned to running,
//! the moment it arrived is kept as the start of its work, if the life was registered as it began: lives that are told
//! long after, by importers or anybody, have no such moment.
//!
//! [`Landing::Differs`]: super::Landing::Differs

use std::sync::{Arc, LazyLock};

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::StoreError;
use super::names::Names;
use super::table::{
    Bound, Key, KeyPart, KeySql, Matches, Meeting, Origin, SOURCE_KEY, Table, TableSql, Unreadable, id, text,
};
use crate::model::time::HOUR;
use crate::model::{AgentRecord, AgentStatus, Dataset, Json, Micros, Record};

const COLUMNS: &str = "id, spawn_ts, agent, agent_type, status, complete_ts, duration_ms, updated_ts, running_ts, \
                       metadata, project, source, source_key";

static SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("agent_life", COLUMNS));

/// A life as it lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct LifeRow {
    pub spawn_ts: i64,
    pub agent: i64,
    pub agent_type: i64,
    pub status: AgentStatus,
    pub complete_ts: Option<i64>,
    pub duration_ms: Option<f64>,
    /// When the row was last written.
    pub updated_ts: i64,
    /// When a record turned it from spawned to running.
    pub running_ts: Option<i64>,
    pub metadata: Option<Arc<str>>,
    pub origin: Origin,
}

/// Notes every word of `life`.
pub(in crate::store) fn note<'a>(life: &'a AgentRecord, dictionary: &Dictionary, unknown: &mut Unknown<'a>) {
    dictionary.note(Dict::Agent, life.agent_id.as_str(), unknown);
    dictionary.note(Dict::AgentType, &life.agent_type, unknown);
    Origin::note(life.project.as_deref(), life.source.as_ref(), dictionary, unknown);
}

impl LifeRow {
    /// The row of `life`, whose words the dictionary knows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(in crate::store) fn new(life: &AgentRecord, words: &Dictionary, now: Micros) -> Result<Self, StoreError> {
        Ok(Self {
            spawn_ts: life.spawn_time.0,
            agent: words.id(Dict::Agent, life.agent_id.as_str())?,
            agent_type: words.id(Dict::AgentType, &life.agent_type)?,
            status: life.status.clone(),
            complete_ts: life.complete_time.map(|time| time.0),
            duration_ms: life.duration_ms,
            updated_ts: now.0,
            running_ts: None,
            metadata: life.metadata.as_ref().map(|json| json.0.as_str().into()),
            origin: Origin::new(life.project.as_deref(), life.source.as_ref(), words)?,
        })
    }

    /// Whether both say the same, whenever and wherever they come from.
    fn says(&self, other: &Self) -> bool {
        let project = self.origin.project == other.origin.project;
        let (updated_ts, running_ts) = (self.updated_ts, self.running_ts);
        let rest = Self { origin: self.origin.clone(), updated_ts, running_ts, ..other.clone() };
        project && *self == rest
    }

    /// `self` with what `behind` knows where `self` knows nothing.
    fn over(&self, behind: &Self) -> Self {
        Self {
            complete_ts: self.complete_ts.or(behind.complete_ts),
            duration_ms: self.duration_ms.or(behind.duration_ms),
            metadata: self.metadata.clone().or_else(|| behind.metadata.clone()),
            origin: Origin { project: self.origin.project.or(behind.origin.project), ..self.origin.clone() },
            ..self.clone()
        }
    }
}

/// A life that was registered at most so long after its start is one that is told as it happens.
const TOLD_LIVE: i64 = HOUR;

/// When `stored` began to work, if it is `new` that says so: the moment it arrived, unless lives are told long after.
fn began(new: &LifeRow, stored: &LifeRow) -> Option<i64> {
    let begins = new.status == AgentStatus::Running && stored.status == AgentStatus::Spawned;
    let live = new.origin.source_key.is_none() && stored.updated_ts - stored.spawn_ts <= TOLD_LIVE;
    (begins && live).then_some(new.updated_ts)
}

/// How far a life has come.
fn progress(status: &AgentStatus) -> u8 {
    match status {
        AgentStatus::Spawned => 0,
        AgentStatus::Running => 1,
        AgentStatus::Complete | AgentStatus::Error => 2,
    }
}

impl Table for LifeRow {
    const DATASET: Dataset = Dataset::Agents;
    const TIME: &'static str = "spawn_ts";
    const KEYS: &'static [KeySql] = &[SOURCE_KEY, KeySql { columns: "(agent, spawn_ts)", and: "" }];
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("agent_id", Matches::Word(Dict::Agent, "agent")),
        ("project", Matches::Word(Dict::Project, "project")),
        ("agent_type", Matches::Word(Dict::AgentType, "agent_type")),
        ("status", Matches::Text("status")),
    ];

    fn sql() -> &'static TableSql {
        &SQL
    }

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.spawn_ts)?;
        values.add(self.agent)?;
        values.add(self.agent_type)?;
        values.add(self.status.as_str())?;
        values.add(self.complete_ts)?;
        values.add(self.duration_ms)?;
        values.add(self.updated_ts)?;
        values.add(self.running_ts)?;
        values.add(self.metadata.clone())?;
        self.origin.bind(values)
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let word: &str = row.try_get(4)?;
        Ok(Self {
            spawn_ts: row.try_get(1)?,
            agent: row.try_get(2)?,
            agent_type: row.try_get(3)?,
            status: AgentStatus::parse(word)
                .ok_or_else(|| sqlx::Error::Decode(format!("`{word}` is no status").into()))?,
            complete_ts: row.try_get(5)?,
            duration_ms: row.try_get(6)?,
            updated_ts: row.try_get(7)?,
            running_ts: row.try_get(8)?,
            metadata: text(row, 9)?,
            origin: Origin::read(row, 10)?,
        })
    }

    fn time(&self) -> i64 {
        self.spawn_ts
    }

    fn key(&self, index: usize) -> Option<Key> {
        match index {
            0 => self.origin.key(),
            _ => Some(vec![KeyPart::Int(self.agent), KeyPart::Int(self.spawn_ts)]),
        }
    }

    fn meet(&self, stored: &Self) -> Meeting<Self> {
        if self.says(stored) {
            return Meeting::Same;
        }
        let running_ts = stored.running_ts.or(began(self, stored));
        if self.origin.owns(&stored.origin) {
            return Meeting::Replaced(Self { running_ts: stored.running_ts, ..self.clone() });
        }
        let (new, old) = (progress(&self.status), progress(&stored.status));
        if new == old && self.status != stored.status {
            return Meeting::Differs;
        }
        let mut merged = if new >= old { self.over(stored) } else { stored.over(self) };
        merged.updated_ts = self.updated_ts;
        merged.running_ts = running_ts.filter(|ts| merged.complete_ts.is_none_or(|end| *ts <= end));
        // The row stays with the importer that made it, so that this one can still replace it.
        let owner = if stored.origin.source_key.is_some() { &stored.origin } else { &self.origin };
        merged.origin = Origin { project: merged.origin.project, ..owner.clone() };
        if merged.says(stored) { Meeting::Same } else { Meeting::Replaced(merged) }
    }

    fn record(&self, names: &Names) -> Result<Record, Unreadable> {
        let (project, source) = self.origin.words(names)?;
        Ok(Record::Agent(AgentRecord {
            agent_id: id(&names.get(Dict::Agent, self.agent)?)?,
            agent_type: names.get(Dict::AgentType, self.agent_type)?.to_string(),
            status: self.status.clone(),
            spawn_time: Micros(self.spawn_ts),
            complete_time: self.complete_ts.map(Micros),
            duration_ms: self.duration_ms,
            metadata: self.metadata.as_deref().map(|text| Json(text.to_owned())),
            project,
            source,
        }))
    }
}
