//! From records to trends: of whom, which numbers, and what they say.

use super::ask::{Reach, whose};
use crate::analytics::trend::{Judged, Sample, judge};
use crate::model::record::metric_type_name;
use crate::model::trend::{Better, TASK_METRICS, Trend, TrendPer, TrendQuery, TrendSource};
use crate::model::{Micros, RecordFilter};
use crate::service::{Service, ServiceError};
use crate::store::StoreError;
use crate::store::read::{Cut, SeriesCut, Snapshot, TaskNumbers};

/// Trends, and among how many agents or swarms they were found.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub trends: Vec<Trend>,
    pub subjects: u64,
    pub subjects_truncated: bool,
    pub metrics_truncated: bool,
}

/// Whose trend, and by what else its records are narrowed.
#[derive(Debug, Clone, Default)]
struct Owner {
    agent_id: Option<String>,
    swarm_id: Option<String>,
    project: Option<String>,
    model: Option<String>,
}

impl Owner {
    /// Whom `filter` names.
    fn of(filter: &RecordFilter) -> Self {
        let (agent_id, swarm_id) = whose(filter);
        Self { agent_id, swarm_id, project: filter.project.clone(), model: filter.model.clone() }
    }

    /// One of those it stands for.
    fn one(&self, per: TrendPer, name: String) -> Self {
        match per {
            TrendPer::Fleet => self.clone(),
            TrendPer::Agent => Self { agent_id: Some(name), ..self.clone() },
            TrendPer::Swarm => Self { swarm_id: Some(name), ..self.clone() },
        }
    }

    fn trend(&self, source: TrendSource, metric: &str, samples: &[Sample], truncated: bool) -> Trend {
        let better = Better::of(metric);
        let Judged { verdict, lacking, figures } = judge(samples, better);
        let Self { agent_id, swarm_id, project, model } = self.clone();
        Trend {
            source,
            agent_id,
            swarm_id,
            project,
            model,
            metric: metric.to_owned(),
            better,
            verdict,
            lacking,
            figures,
            successes: None,
            truncated,
        }
    }
}

/// One more than are looked at, to know whether there are more.
const SUBJECTS: usize = TrendQuery::SUBJECTS_MAX as usize;

impl Service {
    /// Every trend `query` is about, whatever its verdict.
    pub(super) async fn gather_trends(&self, query: &TrendQuery, reach: Reach) -> Result<Gathered, ServiceError> {
        match query.source {
            TrendSource::Tasks => self.gather_tasks(query, reach).await,
            TrendSource::AgentMetrics | TrendSource::SwarmMetrics => self.gather_series(query, reach).await,
        }
    }

    async fn gather_tasks(&self, query: &TrendQuery, reach: Reach) -> Result<Gathered, ServiceError> {
        let mut snapshot = self.store().snapshot().await?;
        let Some(cut) = snapshot.cut(&query.filter).await? else { return Ok(Gathered::default()) };
        let owner = Owner::of(&query.filter);
        let mut subjects: Vec<(Cut, Owner)> = match query.per {
            TrendPer::Agent if owner.agent_id.is_none() => {
                let agents = snapshot.agents_heard(&cut, SUBJECTS + 1).await?;
                agents.into_iter().map(|(number, name)| (cut.of_agent(number), owner.one(query.per, name))).collect()
            }
            TrendPer::Swarm if owner.swarm_id.is_none() => {
                let swarms = snapshot.swarms_heard(SUBJECTS + 1).await?;
                swarms.into_iter().map(|(number, name)| (cut.of_swarm(number), owner.one(query.per, name))).collect()
            }
            _ => vec![(cut, owner)],
        };
        drop(snapshot);
        let subjects_truncated = subjects.len() > SUBJECTS;
        subjects.truncate(SUBJECTS);
        let (mut gathered, limit) = (Gathered { subjects_truncated, ..Gathered::default() }, reach.limit);
        for (cut, owner) in subjects {
            let mut snapshot = self.store().snapshot().await?;
            let mut tasks = snapshot.newest_task_numbers(reach.range, &cut, limit + 1).await?;
            drop(snapshot);
            if tasks.is_empty() {
                continue;
            }
            let truncated = reach.whole && tasks.len() > limit;
            tasks.truncate(limit);
            gathered.subjects += 1;
            let asked = |metric: &&&str| query.metric.as_deref().is_none_or(|asked| asked == **metric);
            gathered.trends.extend(TASK_METRICS.iter().filter(asked).map(|metric| {
                let samples: Vec<Sample> = tasks.iter().map(|task| sample(task, metric)).collect();
                let mut trend = owner.trend(TrendSource::Tasks, metric, &samples, truncated);
                if *metric == "success_rate" {
                    trend.successes = Some(tasks.iter().filter(|task| task.success == Some(true)).count() as u64);
                }
                trend
            }));
        }
        Ok(gathered)
    }

    async fn gather_series(&self, query: &TrendQuery, reach: Reach) -> Result<Gathered, ServiceError> {
        let source = query.source;
        let mut snapshot = self.store().snapshot().await?;
        let Some(cut) = snapshot.cut(&query.filter).await? else { return Ok(Gathered::default()) };
        let owner = Owner::of(&query.filter);
        let one = if source == TrendSource::AgentMetrics { cut.agent_number() } else { cut.swarm_number() };
        let mut subjects = match one {
            Some(number) => {
                vec![(number, owner.agent_id.clone().or(owner.swarm_id.clone()).unwrap_or_default())]
            }
            None => snapshot.series_subjects(source, SUBJECTS + 1).await?,
        };
        let subjects_truncated = subjects.len() > SUBJECTS;
        subjects.truncate(SUBJECTS);
        let mut gathered = Gathered { subjects_truncated, ..Gathered::default() };
        if query.per == TrendPer::Fleet {
            let (metrics, more) = metrics(&mut snapshot, query, one).await?;
            gathered.metrics_truncated = more;
            for (number, metric) in metrics {
                let series = subjects.iter().map(|subject| SeriesCut { source, subject: subject.0, metric: number });
                let (samples, truncated) = values(&mut snapshot, &series.collect::<Vec<_>>(), reach).await?;
                if !samples.is_empty() {
                    gathered.trends.push(owner.trend(source, &metric, &samples, truncated));
                }
            }
            gathered.subjects = subjects.len() as u64;
            return Ok(gathered);
        }
        for (subject, name) in subjects {
            let owner = owner.one(query.per, name);
            let before = gathered.trends.len();
            let (metrics, more) = metrics(&mut snapshot, query, Some(subject)).await?;
            gathered.metrics_truncated |= more;
            for (metric, name) in metrics {
                let (samples, truncated) =
                    values(&mut snapshot, &[SeriesCut { source, subject, metric }], reach).await?;
                if !samples.is_empty() {
                    gathered.trends.push(owner.trend(source, &name, &samples, truncated));
                }
            }
            gathered.subjects += u64::from(gathered.trends.len() > before);
            drop(snapshot); // nobody holds two
            snapshot = self.store().snapshot().await?;
        }
        Ok(gathered)
    }
}

/// The metrics asked for, of one subject or of all, and whether there are more than are looked at.
async fn metrics(
    snapshot: &mut Snapshot,
    query: &TrendQuery,
    subject: Option<i64>,
) -> Result<(Vec<(i64, String)>, bool), StoreError> {
    if let Some(asked) = &query.metric {
        let metrics = snapshot.series_metrics(query.source, subject, usize::MAX).await?;
        let asked = metric_type_name(asked);
        return Ok((metrics.into_iter().filter(|(_, name)| name == asked).collect(), false));
    }
    let most = TrendQuery::METRICS_MAX as usize;
    let mut metrics = snapshot.series_metrics(query.source, subject, most + 1).await?;
    let more = metrics.len() > most;
    metrics.truncate(most);
    Ok((metrics, more))
}

/// The newest values of some series together, and whether a range that was asked for holds more.
async fn values(
    snapshot: &mut Snapshot,
    series: &[SeriesCut],
    Reach { range, limit, whole }: Reach,
) -> Result<(Vec<Sample>, bool), StoreError> {
    let mut found: Vec<(Micros, f64)> = Vec::new();
    for series in series {
        found.extend(snapshot.newest_values(*series, range, limit + 1).await?);
        if found.len() > 2 * (limit + 1) {
            newest(&mut found, limit + 1);
        }
    }
    newest(&mut found, limit + 1);
    let truncated = whole && found.len() > limit;
    found.truncate(limit);
    let samples = found.into_iter().map(|(time, value)| Sample { time, value: Some(value) });
    Ok((samples.collect(), truncated))
}

/// Leaves the newest `limit`, newest first; of one instant, whichever values are the larger.
fn newest(values: &mut Vec<(Micros, f64)>, limit: usize) {
    values.sort_by(|a, b| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1)));
    values.truncate(limit);
}

/// A task's number; the share of one task that succeeded is 1 or 0.
#[expect(clippy::cast_precision_loss, reason = "tokens of one task stay far below 2^53")]
fn sample(task: &TaskNumbers, metric: &str) -> Sample {
    let value = match metric {
        "duration_ms" => task.duration_ms,
        "tokens_used" => task.tokens_used.map(|tokens| tokens as f64),
        _ => task.success.map(|success| f64::from(u8::from(success))),
    };
    Sample { time: task.time(), value }
}
