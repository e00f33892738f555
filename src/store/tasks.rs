//! The table of tasks.

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
use crate::model::{Dataset, Json, Micros, Outcome, Record, SwarmId, TaskRecord, TokenCounts};

const COLUMNS: &str = "id, ts, task_id, agent, swarm, model, result, duration_ms, tokens_used, files_changed, \
                       tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_reasoning, \
                       cost_usd, metadata, project, source, source_key";

static SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("task", COLUMNS));

/// A task as it lies in the file.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct TaskRow {
    pub ts: i64,
    pub task_id: TextId,
    pub agent: i64,
    pub swarm: Option<i64>,
    pub model: Option<i64>,
    pub result: Option<i64>,
    pub duration_ms: Option<f64>,
    pub used: Option<i64>,
    pub files: Option<i64>,
    pub tokens: TokenCounts,
    pub cost: Option<f64>,
    pub metadata: Option<Arc<str>>,
    pub origin: Origin,
}

/// Notes every word of `task`.
pub(in crate::store) fn note<'a>(task: &'a TaskRecord, dictionary: &Dictionary, unknown: &mut Unknown<'a>) {
    dictionary.note(Dict::Agent, task.agent_id.as_str(), unknown);
    if let Some(swarm) = &task.swarm_id {
        dictionary.note(Dict::Swarm, swarm.as_str(), unknown);
    }
    if let Some(model) = &task.model {
        dictionary.note(Dict::Model, model, unknown);
    }
    if let Some(result) = &task.result {
        dictionary.note(Dict::Result, result.as_str(), unknown);
    }
    Origin::note(task.project.as_deref(), task.source.as_ref(), dictionary, unknown);
}

impl TaskRow {
    /// The row of `task`, whose words the dictionary knows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(in crate::store) fn new(task: &TaskRecord, words: &Dictionary) -> Result<Self, StoreError> {
        Ok(Self {
            ts: task.timestamp.0,
            task_id: TextId::new(task.task_id.as_str()),
            agent: words.id(Dict::Agent, task.agent_id.as_str())?,
            swarm: words.id_of(Dict::Swarm, task.swarm_id.as_ref().map(SwarmId::as_str))?,
            model: words.id_of(Dict::Model, task.model.as_deref())?,
            result: words.id_of(Dict::Result, task.result.as_ref().map(Outcome::as_str))?,
            duration_ms: task.duration_ms,
            used: task.tokens_used,
            files: task.files_changed,
            tokens: task.tokens,
            cost: task.cost_usd,
            metadata: task.metadata.as_ref().map(|json| json.0.as_str().into()),
            origin: Origin::new(task.project.as_deref(), task.source.as_ref(), words)?,
        })
    }

    /// Whether both say the same, wherever they come from.
    fn says(&self, other: &Self) -> bool {
        let project = self.origin.project == other.origin.project;
        project && *self == Self { origin: self.origin.clone(), ..other.clone() }
    }
}

impl Table for TaskRow {
    const DATASET: Dataset = Dataset::Tasks;
    const TIME: &'static str = "ts";
    const KEYS: &'static [KeySql] = &[SOURCE_KEY, KeySql { columns: "(ts, task_id)", and: "origin = 0 and " }];
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("task_id", Matches::Id("task_id")),
        ("agent_id", Matches::Word(Dict::Agent, "agent")),
        ("swarm_id", Matches::Word(Dict::Swarm, "swarm")),
        ("result", Matches::Result),
        ("model", Matches::Word(Dict::Model, "model")),
        ("project", Matches::Word(Dict::Project, "project")),
    ];

    fn sql() -> &'static TableSql {
        &SQL
    }

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.ts)?;
        self.task_id.bind(values)?;
        values.add(self.agent)?;
        values.add(self.swarm)?;
        values.add(self.model)?;
        values.add(self.result)?;
        values.add(self.duration_ms)?;
        values.add(self.used)?;
        values.add(self.files)?;
        values.add(self.tokens.input)?;
        values.add(self.tokens.output)?;
        values.add(self.tokens.cache_read)?;
        values.add(self.tokens.cache_write)?;
        values.add(self.tokens.reasoning)?;
        values.add(self.cost)?;
        values.add(self.metadata.clone())?;
        self.origin.bind(values)
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ts: row.try_get(1)?,
            task_id: TextId::required(row, 2)?,
            agent: row.try_get(3)?,
            swarm: row.try_get(4)?,
            model: row.try_get(5)?,
            result: row.try_get(6)?,
            duration_ms: row.try_get(7)?,
            used: row.try_get(8)?,
            files: row.try_get(9)?,
            tokens: TokenCounts {
                input: row.try_get(10)?,
                output: row.try_get(11)?,
                cache_read: row.try_get(12)?,
                cache_write: row.try_get(13)?,
                reasoning: row.try_get(14)?,
            },
            cost: row.try_get(15)?,
            metadata: text(row, 16)?,
            origin: Origin::read(row, 17)?,
        })
    }

    fn time(&self) -> i64 {
        self.ts
    }

    fn key(&self, index: usize) -> Option<Key> {
        match index {
            0 => self.origin.key(),
            _ => Some(vec![KeyPart::Int(self.ts), KeyPart::Id(self.task_id.clone())]),
        }
    }

    fn meet(&self, stored: &Self) -> Meeting<Self> {
        meet(self, self.says(stored), self.origin.owns(&stored.origin))
    }

    fn record(&self, names: &Names) -> Result<Record, Unreadable> {
        let (project, source) = self.origin.words(names)?;
        let word = |dict, number| names.get_opt(dict, number);
        Ok(Record::Task(TaskRecord {
            task_id: id(&self.task_id.to_string())?,
            agent_id: id(&names.get(Dict::Agent, self.agent)?)?,
            result: word(Dict::Result, self.result)?.map(|word| outcome(&word)),
            timestamp: Micros(self.ts),
            duration_ms: self.duration_ms,
            tokens_used: self.used,
            files_changed: self.files,
            swarm_id: word(Dict::Swarm, self.swarm)?.map(|word| id(&word)).transpose()?,
            model: word(Dict::Model, self.model)?.map(|word| word.to_string()),
            tokens: self.tokens,
            cost_usd: self.cost,
            metadata: self.metadata.as_deref().map(|text| Json(text.to_owned())),
            project,
            source,
        }))
    }
}

/// The outcome a stored word stands for; the inverse of [`Outcome::as_str`].
fn outcome(word: &str) -> Outcome {
    match word {
        "failed" => Outcome::Failed,
        word => Outcome::known(word).unwrap_or_else(|| Outcome::Other(word.to_owned())),
    }
}
