//! Aggregates by plain arithmetic over the records.

use std::collections::{BTreeMap, BTreeSet};

use swarmscope::model::aggregate::{
    AggregateAnswer, AggregateColumn, AggregateQuery, Field, Function, GroupBy, Source,
};
use swarmscope::model::answer::Estimator;
use swarmscope::model::{Micros, Record, RecordFilter, TimeRange};

/// What all kinds of records have in common here.
pub struct Plain {
    time: Micros,
    /// Whether it succeeded; `None` = outside the rate.
    success: Option<bool>,
    fields: Vec<(Field, f64)>,
    words: Vec<(GroupBy, String)>,
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn plain(source: Source, record: &Record) -> Option<Plain> {
    let mut fields = Vec::new();
    let mut words = Vec::new();
    let mut field = |name, value: Option<f64>| fields.extend(value.map(|value| (name, value)));
    let mut word = |group, value: Option<&str>| words.extend(value.map(|value| (group, value.to_owned())));
    let (time, success) = match (source, record) {
        (Source::Tasks, Record::Task(task)) => {
            field(Field::DurationMs, task.duration_ms);
            let counts = [
                (Field::TokensUsed, task.tokens_used),
                (Field::TokensInput, task.tokens.input),
                (Field::TokensOutput, task.tokens.output),
                (Field::TokensCacheRead, task.tokens.cache_read),
                (Field::TokensCacheWrite, task.tokens.cache_write),
                (Field::TokensReasoning, task.tokens.reasoning),
                (Field::FilesChanged, task.files_changed),
            ];
            counts.into_iter().for_each(|(name, count)| field(name, count.map(|count| count as f64)));
            field(Field::CostUsd, task.cost_usd);
            word(GroupBy::Agent, Some(task.agent_id.as_str()));
            word(GroupBy::Swarm, task.swarm_id.as_ref().map(|id| id.as_str()));
            word(GroupBy::Project, task.project.as_deref());
            word(GroupBy::Model, task.model.as_deref());
            word(GroupBy::Result, task.result.as_ref().map(|result| result.as_str()));
            (task.timestamp, task.result.as_ref().and_then(|result| result.rated()))
        }
        (Source::AgentMetrics, Record::AgentMetric(metric)) | (Source::SwarmMetrics, Record::SwarmMetric(metric)) => {
            field(Field::Value, Some(metric.value));
            let subject = if source == Source::AgentMetrics { GroupBy::Agent } else { GroupBy::Swarm };
            word(subject, Some(&metric.subject));
            word(GroupBy::MetricType, Some(&metric.metric_type));
            word(GroupBy::Project, metric.project.as_deref());
            (metric.timestamp, None)
        }
        (Source::Events, Record::Event(event)) => {
            word(GroupBy::EventType, Some(&event.event_type));
            word(GroupBy::Agent, Some(event.agent_id.as_str()));
            word(GroupBy::AgentType, event.agent_type.as_deref());
            word(GroupBy::Swarm, event.swarm_id.as_ref().map(|id| id.as_str()));
            word(GroupBy::Project, event.project.as_deref());
            (event.timestamp, None)
        }
        (Source::Healings, Record::Healing(healing)) => {
            field(Field::DurationMs, Some(healing.duration_ms));
            word(GroupBy::Strategy, Some(&healing.strategy));
            word(GroupBy::FailureType, Some(&healing.failure_type));
            word(GroupBy::Success, Some(if healing.success { "true" } else { "false" }));
            word(GroupBy::Agent, healing.agent_id.as_ref().map(|id| id.as_str()));
            word(GroupBy::Project, healing.project.as_deref());
            (healing.timestamp, Some(healing.success))
        }
        _ => return None,
    };
    Some(Plain { time, success, fields, words })
}

impl Plain {
    fn word(&self, group: GroupBy) -> Option<&str> {
        self.words.iter().find(|(name, _)| *name == group).map(|(_, word)| word.as_str())
    }

    fn matches(&self, filter: &RecordFilter) -> bool {
        let mut filter = filter.clone();
        GroupBy::ALL.into_iter().all(|group| match filter.field_mut(group.as_str()).and_then(Option::take) {
            None => true,
            Some(wanted) if group == GroupBy::Result && wanted == "none" => self.word(group).is_none(),
            Some(wanted) => self.word(group) == Some(wanted.as_str()),
        })
    }
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

/// What `function` must be.
enum Truth {
    Nothing,
    Value(f64),
    /// A percentile of these sorted values.
    Quantile(Vec<f64>, f64),
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn truth(records: &[&Plain], function: Function, field: Option<Field>, seconds: f64) -> (Truth, u64) {
    let of = |record: &&&Plain| record.fields.iter().find(|(name, _)| Some(*name) == field).map(|(_, value)| *value);
    let mut values: Vec<f64> = records.iter().filter_map(|record| of(&record)).collect();
    values.sort_by(f64::total_cmp);
    let n = values.len() as f64;
    let counted = if field.is_some() { values.len() } else { records.len() } as u64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let some = |enough: bool, value: f64| if enough { Truth::Value(value) } else { Truth::Nothing };
    let any = !values.is_empty();
    let truth = match function {
        Function::Avg => some(any, mean),
        Function::Sum => some(any, mean * n),
        Function::Min => some(any, values.first().copied().unwrap_or_default()),
        Function::Max => some(any, values.last().copied().unwrap_or_default()),
        Function::Stddev => some(any, (squares / n).sqrt()),
        Function::StddevSamp => some(n > 1.5, (squares / (n - 1.0)).sqrt()),
        Function::Count => some(true, counted as f64),
        Function::Rate => some(true, counted as f64 / seconds),
        Function::Percentile(_) if !any => Truth::Nothing,
        Function::Percentile(share) => Truth::Quantile(values, f64::from(share) / 100_000.0),
        Function::SuccessRate => {
            let rated: Vec<bool> = records.iter().filter_map(|record| record.success).collect();
            let successes = rated.iter().filter(|success| **success).count() as f64;
            return (some(!rated.is_empty(), successes / rated.len() as f64), rated.len() as u64);
        }
    };
    (truth, counted)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
fn check(found: Option<f64>, truth: &Truth, estimator: Option<Estimator>, context: &str) {
    match (found, truth) {
        (None, Truth::Nothing) => {}
        (Some(found), Truth::Value(value)) => assert!(close(found, *value), "{found} for {value}: {context}"),
        (Some(found), Truth::Quantile(sorted, q)) => {
            let rank = q * (sorted.len() - 1) as f64;
            let low = sorted[rank.floor() as usize];
            match estimator.expect("a percentile has an estimator") {
                Estimator::Exact => {
                    let high = sorted[rank.ceil() as usize];
                    let exact = low + (high - low) * rank.fract();
                    assert!(close(found, exact), "{found} for {exact}: {context}");
                }
                Estimator::Sketch => {
                    assert!((found - low).abs() <= 0.0101 * low.abs(), "{found} near {low}: {context}")
                }
            }
        }
        (found, Truth::Nothing) => panic!("{found:?} of nothing: {context}"),
        (None, _) => panic!("nothing was found: {context}"),
    }
}

/// Compares every value of `answer` with what the records say.
pub fn compare(records: &[Record], query: &AggregateQuery, answer: &AggregateAnswer) {
    let context = format!("{query:?}\ntier {:?} note {:?}", answer.tier, answer.note);
    let all: Vec<Plain> = records.iter().filter_map(|record| plain(query.source, record)).collect();
    let inside = |record: &&Plain| answer.range.contains(record.time) && record.matches(&query.filter);
    let mut groups: BTreeMap<Vec<Option<String>>, Vec<&Plain>> = BTreeMap::new();
    for record in all.iter().filter(inside) {
        let words = query.group_by.iter().map(|group| record.word(*group).map(str::to_owned)).collect();
        groups.entry(words).or_default().push(record);
    }
    if query.group_by.is_empty() {
        groups.entry(Vec::new()).or_default();
    }
    assert_eq!(answer.group_count, groups.len() as u64, "{context}");
    assert_eq!(answer.truncated, answer.series.len() < groups.len(), "{context}");
    let listed: BTreeSet<_> = answer.series.iter().map(|series| series.group.clone()).collect();
    assert_eq!(listed.len(), answer.series.len(), "each group once: {context}");
    for series in &answer.series {
        let records = groups.get(&series.group).unwrap_or_else(|| panic!("{:?} has records: {context}", series.group));
        assert_eq!(series.records, records.len() as u64, "{context}");
        assert_eq!(series.columns.len(), query.functions.len());
        for (column, function) in series.columns.iter().zip(&query.functions) {
            assert_eq!(column.function, *function);
            compare_column(records, query, answer, column, &format!("{function} of {:?}: {context}", series.group));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn compare_column(
    records: &[&Plain],
    query: &AggregateQuery,
    answer: &AggregateAnswer,
    column: &AggregateColumn,
    context: &str,
) {
    let (function, range) = (column.function, answer.range);
    let (whole, n) = truth(records, function, query.field, range.length() as f64 / 1e6);
    assert_eq!(column.n, n, "{context}");
    check(column.total, &whole, column.estimator, context);
    assert_eq!((column.values.len(), column.samples.len()), (answer.time.len(), answer.time.len()), "{context}");
    if answer.bucket.is_none() {
        assert_eq!(column.values, [column.total], "{context}");
        return;
    }
    for (index, start) in answer.time.iter().enumerate() {
        let end = answer.time.get(index + 1).copied().unwrap_or(answer.end);
        let bucket = TimeRange { from: Micros(start * 1000), until: Micros(end * 1000) };
        let own: Vec<&Plain> = records.iter().copied().filter(|record| bucket.contains(record.time)).collect();
        if own.is_empty() {
            assert_eq!((column.values[index], column.samples[index]), (None, 0), "{context}");
            continue;
        }
        let covered = bucket.until.0.min(range.until.0) - bucket.from.0.max(range.from.0);
        let (truth, n) = truth(&own, function, query.field, covered as f64 / 1e6);
        assert_eq!(column.samples[index], n, "bucket {index} of {context}");
        check(column.values[index], &truth, column.estimator, &format!("bucket {index} of {context}"));
        if let Some(successes) = &column.successes {
            let count = own.iter().filter(|record| record.success == Some(true)).count();
            assert_eq!(successes[index], count as u64, "{context}");
        }
    }
}
