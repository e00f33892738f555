//! The table of healing attempts.

use std::sync::{Arc, LazyLock};

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::StoreError;
use super::names::Names;
use super::table::{
    Bound, Key, KeyPart, KeySql, Matches, Meeting, Origin, SOURCE_KEY, Table, TableSql, Unreadable, id, meet, text,
};
use crate::model::{AgentId, Dataset, HealingRecord, Json, Micros, Record};

const COLUMNS: &str = "id, ts, strategy, failure_type, success, duration_ms, failure_id, agent, detected_ts, actions, \
                       record_id, metadata, project, source, source_key";

static SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("healing", COLUMNS));

/// A healing attempt as it lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct HealingRow {
    pub ts: i64,
    pub strategy: i64,
    pub failure_type: i64,
    pub success: bool,
    pub duration_ms: f64,
    pub failure_id: Option<Arc<str>>,
    pub agent: Option<i64>,
    pub detected_ts: Option<i64>,
    pub actions: Arc<str>,
    pub record_id: Option<Arc<str>>,
    pub metadata: Option<Arc<str>>,
    pub origin: Origin,
}

/// Notes every word of `healing`.
pub(in crate::store) fn note<'a>(healing: &'a HealingRecord, dictionary: &Dictionary, unknown: &mut Unknown<'a>) {
    dictionary.note(Dict::Strategy, &healing.strategy, unknown);
    dictionary.note(Dict::Failure, &healing.failure_type, unknown);
    if let Some(agent) = &healing.agent_id {
        dictionary.note(Dict::Agent, agent.as_str(), unknown);
    }
    Origin::note(healing.project.as_deref(), healing.source.as_ref(), dictionary, unknown);
}

impl HealingRow {
    /// The row of `healing`, whose words the dictionary knows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(in crate::store) fn new(healing: &HealingRecord, words: &Dictionary) -> Result<Self, StoreError> {
        let actions = serde_json::to_string(&healing.actions)
            .map_err(|error| StoreError::Damaged { what: format!("actions cannot be written as JSON: {error}") })?;
        Ok(Self {
            ts: healing.timestamp.0,
            strategy: words.id(Dict::Strategy, &healing.strategy)?,
            failure_type: words.id(Dict::Failure, &healing.failure_type)?,
            success: healing.success,
            duration_ms: healing.duration_ms,
            failure_id: healing.failure_id.as_deref().map(Into::into),
            agent: words.id_of(Dict::Agent, healing.agent_id.as_ref().map(AgentId::as_str))?,
            detected_ts: healing.detected_at.map(|time| time.0),
            actions: actions.into(),
            record_id: healing.id.as_deref().map(Into::into),
            metadata: healing.metadata.as_ref().map(|json| json.0.as_str().into()),
            origin: Origin::new(healing.project.as_deref(), healing.source.as_ref(), words)?,
        })
    }

    fn says(&self, other: &Self) -> bool {
        let project = self.origin.project == other.origin.project;
        project && *self == Self { origin: self.origin.clone(), ..other.clone() }
    }
}

impl Table for HealingRow {
    const DATASET: Dataset = Dataset::Healings;
    const TIME: &'static str = "ts";
    const KEYS: &'static [KeySql] = &[
        SOURCE_KEY,
        KeySql { columns: "(failure_id, ts)", and: "failure_id is not null and " },
        KeySql { columns: "record_id", and: "record_id is not null and " },
    ];
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("agent_id", Matches::Word(Dict::Agent, "agent")),
        ("project", Matches::Word(Dict::Project, "project")),
        ("strategy", Matches::Word(Dict::Strategy, "strategy")),
        ("failure_type", Matches::Word(Dict::Failure, "failure_type")),
        ("success", Matches::Flag("success")),
    ];

    fn sql() -> &'static TableSql {
        &SQL
    }

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.ts)?;
        values.add(self.strategy)?;
        values.add(self.failure_type)?;
        values.add(self.success)?;
        values.add(self.duration_ms)?;
        values.add(self.failure_id.clone())?;
        values.add(self.agent)?;
        values.add(self.detected_ts)?;
        values.add(self.actions.clone())?;
        values.add(self.record_id.clone())?;
        values.add(self.metadata.clone())?;
        self.origin.bind(values)
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ts: row.try_get(1)?,
            strategy: row.try_get(2)?,
            failure_type: row.try_get(3)?,
            success: row.try_get(4)?,
            duration_ms: row.try_get(5)?,
            failure_id: text(row, 6)?,
            agent: row.try_get(7)?,
            detected_ts: row.try_get(8)?,
            actions: row.try_get::<&str, _>(9)?.into(),
            record_id: text(row, 10)?,
            metadata: text(row, 11)?,
            origin: Origin::read(row, 12)?,
        })
    }

    fn time(&self) -> i64 {
        self.ts
    }

    fn key(&self, index: usize) -> Option<Key> {
        match index {
            0 => self.origin.key(),
            1 => self.failure_id.clone().map(|failure| vec![KeyPart::Text(failure), KeyPart::Int(self.ts)]),
            _ => self.record_id.clone().map(|id| vec![KeyPart::Text(id)]),
        }
    }

    fn meet(&self, stored: &Self) -> Meeting<Self> {
        meet(self, self.says(stored), self.origin.owns(&stored.origin))
    }

    fn record(&self, names: &Names) -> Result<Record, Unreadable> {
        let (project, source) = self.origin.words(names)?;
        Ok(Record::Healing(HealingRecord {
            strategy: names.get(Dict::Strategy, self.strategy)?.to_string(),
            failure_type: names.get(Dict::Failure, self.failure_type)?.to_string(),
            success: self.success,
            duration_ms: self.duration_ms,
            failure_id: self.failure_id.as_deref().map(str::to_owned),
            agent_id: names.get_opt(Dict::Agent, self.agent)?.map(|word| id(&word)).transpose()?,
            detected_at: self.detected_ts.map(Micros),
            timestamp: Micros(self.ts),
            actions: serde_json::from_str(&self.actions)
                .map_err(|error| Unreadable::Damaged(format!("actions are no list of texts: {error}")))?,
            id: self.record_id.as_deref().map(str::to_owned),
            metadata: self.metadata.as_deref().map(|text| Json(text.to_owned())),
            project,
            source,
        }))
    }
}
