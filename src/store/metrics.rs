//! The tables of agent metrics and swarm metrics, which differ in whom they are about.

use std::sync::{Arc, LazyLock};

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};

use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::StoreError;
use super::names::Names;
use super::table::{
    Bound, Key, KeyPart, KeySql, Matches, Meeting, Origin, SOURCE_KEY, Table, TableSql, Unreadable, meet, text,
};
use crate::model::{Dataset, Json, MetricRecord, Micros, Record};

const AGENT_COLUMNS: &str = "id, ts, agent, metric, value, record_id, metadata, project, source, source_key";
const SWARM_COLUMNS: &str = "id, ts, swarm, metric, value, record_id, metadata, project, source, source_key";

static AGENT_SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("agent_metric", AGENT_COLUMNS));
static SWARM_SQL: LazyLock<TableSql> = LazyLock::new(|| TableSql::new("swarm_metric", SWARM_COLUMNS));

const KEYS: &[KeySql] = &[SOURCE_KEY, KeySql { columns: "record_id", and: "record_id is not null and " }];

/// Whom a metric is about.
pub(in crate::store) trait Subject: Clone + Send + Sync + 'static {
    /// Its dictionary.
    const DICT: Dict;
    /// `kind` in the metric rollups.
    const KIND: i64;
    /// Its column in the table.
    const COLUMN: &'static str;
    const DATASET: Dataset;
    const FILTERS: &'static [(&'static str, Matches)];
    fn sql() -> &'static TableSql;
    fn record(metric: MetricRecord) -> Record;
}

/// Metrics of agents.
#[derive(Debug, Clone)]
pub(in crate::store) struct OfAgent;

/// Metrics of swarms.
#[derive(Debug, Clone)]
pub(in crate::store) struct OfSwarm;

impl Subject for OfAgent {
    const DICT: Dict = Dict::Agent;
    const KIND: i64 = 1;
    const COLUMN: &'static str = "agent";
    const DATASET: Dataset = Dataset::AgentMetrics;
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("agent_id", Matches::Word(Dict::Agent, "agent")),
        ("metric_type", Matches::Word(Dict::Metric, "metric")),
        ("project", Matches::Word(Dict::Project, "project")),
    ];

    fn sql() -> &'static TableSql {
        &AGENT_SQL
    }

    fn record(metric: MetricRecord) -> Record {
        Record::AgentMetric(metric)
    }
}

impl Subject for OfSwarm {
    const DICT: Dict = Dict::Swarm;
    const KIND: i64 = 2;
    const COLUMN: &'static str = "swarm";
    const DATASET: Dataset = Dataset::SwarmMetrics;
    const FILTERS: &'static [(&'static str, Matches)] = &[
        ("swarm_id", Matches::Word(Dict::Swarm, "swarm")),
        ("metric_type", Matches::Word(Dict::Metric, "metric")),
        ("project", Matches::Word(Dict::Project, "project")),
    ];

    fn sql() -> &'static TableSql {
        &SWARM_SQL
    }

    fn record(metric: MetricRecord) -> Record {
        Record::SwarmMetric(metric)
    }
}

/// A metric as it lies in the file.
#[derive(Debug, Clone)]
pub(in crate::store) struct MetricRow<S> {
    pub ts: i64,
    pub subject: i64,
    pub metric: i64,
    pub value: f64,
    pub record_id: Option<Arc<str>>,
    pub metadata: Option<Arc<str>>,
    pub origin: Origin,
    pub of: std::marker::PhantomData<S>,
}

/// Notes every word of `metric`.
pub(in crate::store) fn note<'a, S: Subject>(
    metric: &'a MetricRecord,
    dictionary: &Dictionary,
    unknown: &mut Unknown<'a>,
) {
    dictionary.note(S::DICT, &metric.subject, unknown);
    dictionary.note(Dict::Metric, &metric.metric_type, unknown);
    Origin::note(metric.project.as_deref(), metric.source.as_ref(), dictionary, unknown);
}

impl<S: Subject> MetricRow<S> {
    /// The row of `metric`, whose words the dictionary knows.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it does not.
    pub(in crate::store) fn new(metric: &MetricRecord, words: &Dictionary) -> Result<Self, StoreError> {
        Ok(Self {
            ts: metric.timestamp.0,
            subject: words.id(S::DICT, &metric.subject)?,
            metric: words.id(Dict::Metric, &metric.metric_type)?,
            value: metric.value,
            record_id: metric.id.as_deref().map(Into::into),
            metadata: metric.metadata.as_ref().map(|json| json.0.as_str().into()),
            origin: Origin::new(metric.project.as_deref(), metric.source.as_ref(), words)?,
            of: std::marker::PhantomData,
        })
    }

    #[expect(clippy::float_cmp, reason = "the question is whether the very same number was sent")]
    fn says(&self, other: &Self) -> bool {
        (self.ts, self.subject, self.metric) == (other.ts, other.subject, other.metric)
            && self.value == other.value
            && self.record_id == other.record_id
            && self.metadata == other.metadata
            && self.origin.project == other.origin.project
    }
}

impl<S: Subject> Table for MetricRow<S> {
    const DATASET: Dataset = S::DATASET;
    const TIME: &'static str = "ts";
    const KEYS: &'static [KeySql] = KEYS;
    const FILTERS: &'static [(&'static str, Matches)] = S::FILTERS;

    fn sql() -> &'static TableSql {
        S::sql()
    }

    fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.ts)?;
        values.add(self.subject)?;
        values.add(self.metric)?;
        values.add(self.value)?;
        values.add(self.record_id.clone())?;
        values.add(self.metadata.clone())?;
        self.origin.bind(values)
    }

    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            ts: row.try_get(1)?,
            subject: row.try_get(2)?,
            metric: row.try_get(3)?,
            value: row.try_get(4)?,
            record_id: text(row, 5)?,
            metadata: text(row, 6)?,
            origin: Origin::read(row, 7)?,
            of: std::marker::PhantomData,
        })
    }

    fn time(&self) -> i64 {
        self.ts
    }

    fn key(&self, index: usize) -> Option<Key> {
        match index {
            0 => self.origin.key(),
            _ => self.record_id.clone().map(|id| vec![KeyPart::Text(id)]),
        }
    }

    fn meet(&self, stored: &Self) -> Meeting<Self> {
        let owns = self.origin.owns(&stored.origin);
        // A series that grows has one record, its latest value: files may be imported in any order.
        if owns && self.ts < stored.ts {
            return Meeting::Same;
        }
        meet(self, self.says(stored), owns)
    }

    fn record(&self, names: &Names) -> Result<Record, Unreadable> {
        let (project, source) = self.origin.words(names)?;
        Ok(S::record(MetricRecord {
            subject: names.get(S::DICT, self.subject)?.to_string(),
            metric_type: names.get(Dict::Metric, self.metric)?.to_string(),
            value: self.value,
            timestamp: Micros(self.ts),
            id: self.record_id.as_deref().map(str::to_owned),
            metadata: self.metadata.as_deref().map(|text| Json(text.to_owned())),
            project,
            source,
        }))
    }
}
