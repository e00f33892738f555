//! The table of agent events.

use std::sync::{Arc, LazyLock};

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::StoreError;
use super::key::TextId;
use super::names::Names;
use super::table::{
    Bound, Key, KeyPart, KeySql, Matches, Meeting, Origin, SOURCE_KEY, Table, TableSql, Unreadable, id, meet, text,
};
use crate::model::{Dataset, EventId, EventRecord, Json, Micros, Record, SwarmId};

const COLUMNS: &str =
    "id, ts, event_id, type, agent, agent_type, task_id, swarm, metadata, project, source, source_key";

static SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("event", COLUMNS));

/// An event as it lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct EventRow {
    pub ts: i64,
    pub event_id: TextId,
    pub kind: i64,
    pub agent: i64,
    pub agent_type: Option<i64>,
    pub task_id: Option<TextId>,
    pub swarm: Option<i64>,
    pub metadata: Option<Arc<str>>,
    pub origin: Origin,
}

/// Notes every word of `event`.
pub(in crate::store) fn note<'a>(event: &'a EventRecord, dictionary: &Dictionary, unknown: &mut Unknown<'a>) {
    dictionary.note(Dict::Event, &event.event_type, unknown);
    dictionary.note(Dict::Agent, event.agent_id.as_str(), unknown);
    if let Some(agent_type) = &event.agent_type {
        dictionary.note(Dict::AgentType, agent_type, unknown);
    }
    if let Some(swarm) = &event.swarm_id {
        dictionary.note(Dict::Swarm, swarm.as_str(), unknown);
    }
    Origin::note(event.project.as_deref(), event.source.as_ref(), dictionary, unknown);
}

impl EventRow {
    /// The row of `event`, whose words the dictionary knows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not, or when the event has no id: the service gives one
    /// to every event that brings none.
    pub(in crate::store) fn new(event: &EventRecord, words: &Dictionary) -> Result<Self, StoreError> {
        let event_id = event.event_id.as_ref().map(EventId::as_str);
        Ok(Self {
            ts: event.timestamp.0,
            event_id: event_id
                .map(TextId::new)
                .ok_or_else(|| StoreError::Damaged { what: "an event came without an id".into() })?,
            kind: words.id(Dict::Event, &event.event_type)?,
            agent: words.id(Dict::Agent, event.agent_id.as_str())?,
            agent_type: words.id_of(Dict::AgentType, event.agent_type.as_deref())?,
            task_id: event.task_id.as_ref().map(|id| TextId::new(id.as_str())),
            swarm: words.id_of(Dict::Swarm, event.swarm_id.as_ref().map(SwarmId::as_str))?,
            metadata: event.metadata.as_ref().map(|json| json.0.as_str().into()),
            origin: Origin::new(event.project.as_deref(), event.source.as_ref(), words)?,
        })
    }

    fn says(&self, other: &Self) -> bool {
        let project = self.origin.project == other.origin.project;
        project && *self == Self { origin: self.origin.clone(), ..other.clone() }
    }
}

impl Table for EventRow {
    const DATASET: Dataset = Dataset::Events;
    const TIME: &'static str = "ts";
    const KEYS: &'static [KeySql] = &[SOURCE_KEY, KeySql { columns: "event_id", and: "" }];
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("task_id", Matches::Id("task_id")),
        ("agent_id", Matches::Word(Dict::Agent, "agent")),
        ("swarm_id", Matches::Word(Dict::Swarm, "swarm")),
        ("project", Matches::Word(Dict::Project, "project")),
        ("event_type", Matches::Word(Dict::Event, "type")),
        ("agent_type", Matches::Word(Dict::AgentType, "agent_type")),
        ("event_id", Matches::Id("event_id")),
    ];

    fn sql() -> &'static TableSql {
        &SQL
    }

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.ts)?;
        self.event_id.bind(values)?;
        values.add(self.kind)?;
        values.add(self.agent)?;
        values.add(self.agent_type)?;
        TextId::bind_opt(self.task_id.as_ref(), values)?;
        values.add(self.swarm)?;
        values.add(self.metadata.clone())?;
        self.origin.bind(values)
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ts: row.try_get(1)?,
            event_id: TextId::required(row, 2)?,
            kind: row.try_get(3)?,
            agent: row.try_get(4)?,
            agent_type: row.try_get(5)?,
            task_id: TextId::read(row, 6)?,
            swarm: row.try_get(7)?,
            metadata: text(row, 8)?,
            origin: Origin::read(row, 9)?,
        })
    }

    fn time(&self) -> i64 {
        self.ts
    }

    fn key(&self, index: usize) -> Option<Key> {
        match index {
            0 => self.origin.key(),
            _ => Some(vec![KeyPart::Id(self.event_id.clone())]),
        }
    }

    fn meet(&self, stored: &Self) -> Meeting<Self> {
        meet(self, self.says(stored), self.origin.owns(&stored.origin))
    }

    fn record(&self, names: &Names) -> Result<Record, Unreadable> {
        let (project, source) = self.origin.words(names)?;
        Ok(Record::Event(EventRecord {
            event_type: names.get(Dict::Event, self.kind)?.to_string(),
            agent_id: id(&names.get(Dict::Agent, self.agent)?)?,
            agent_type: names.get_opt(Dict::AgentType, self.agent_type)?.map(|word| word.to_string()),
            event_id: Some(id(&self.event_id.to_string())?),
            task_id: self.task_id.as_ref().map(|task| id(&task.to_string())).transpose()?,
            swarm_id: names.get_opt(Dict::Swarm, self.swarm)?.map(|word| id(&word)).transpose()?,
            timestamp: Micros(self.ts),
            metadata: self.metadata.as_deref().map(|text| Json(text.to_owned())),
            project,
            source,
        }))
    }
}
