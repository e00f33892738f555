//! Figures over records: the same aggregates as everywhere else, over the window of a rule.

use super::read::{Memo, blank, of_everything, window};
use crate::alerts::{Found, Reading};
use crate::model::aggregate::{AggregateQuery, Field, Function, GroupBy, OrderBy, OrderKey, Source};
use crate::model::alert::{Absence, FigureRule, Latest, Limit, Measure, Rule, Span, Subject, TokenUse};
use crate::model::answer::Rate;
use crate::model::trend::TrendSource;
use crate::model::{Micros, RangeSpec, RecordFilter};
use crate::service::{Service, ServiceError};
use crate::store::read::SeriesCut;

/// The metric that says how much of its tokens a swarm used.
const TOKEN_USE: &str = "token_usage_percent";

/// The figures of a measure: one, or one a subject.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    figures: Vec<(Option<String>, Measurement)>,
    truncated: bool,
}

#[derive(Debug, Clone, Copy)]
struct Measurement {
    value: Option<f64>,
    samples: u64,
    rate: Option<Rate>,
}

impl Service {
    pub(super) async fn read_figure(
        &self,
        rule: &Rule,
        figure: &FigureRule,
        memo: &mut Memo,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let range = window(figure.window, now);
        let measured = self.read_measure(&figure.measure, figure.window, figure.limit, memo, now).await?;
        let subjects = measured.figures.into_iter().map(|(value, Measurement { value: number, samples, rate })| {
            let label = figure.measure.per.map_or("", GroupBy::as_str).to_owned();
            let mut figures = blank(rule, range, figure.min_samples);
            (figures.value, figures.samples, figures.rate) = (number, samples, rate);
            Found { subject: value.map(|value| Subject { label, value }), figures, holds: None, fresh: true }
        });
        Ok(Reading::Found { subjects: subjects.collect(), truncated: measured.truncated })
    }

    pub(super) async fn read_absence(
        &self,
        rule: &Rule,
        absence: &Absence,
        memo: &mut Memo,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let counted = self.read_count(absence.source, &absence.filter, absence.window, memo, now).await?;
        let mut figures = blank(rule, window(absence.window, now), 1);
        figures.samples = counted;
        Ok(of_everything(Found { subject: None, figures, holds: None, fresh: true }))
    }

    /// Tokens of the budget; without a budget, what swarms report.
    pub(super) async fn read_token_use(
        &self,
        rule: &Rule,
        tokens: &TokenUse,
        memo: &mut Memo,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let budget = &self.settings().budget;
        let Some(allowed) = budget.tokens else {
            let reported = Latest {
                source: Source::SwarmMetrics,
                metric: TOKEN_USE.to_owned(),
                filter: RecordFilter::default(),
                limit: tokens.limit,
                window: tokens.window,
            };
            let mut reading = self.read_latest(rule, &reported, memo, now).await?;
            if let Reading::Found { subjects, .. } = &mut reading {
                for found in subjects {
                    found.figures.value = found.figures.value.map(|percent| percent / 100.0);
                }
            }
            return Ok(reading);
        };
        let used = of(Source::Tasks, Function::Sum, Some(Field::TokensUsed), RecordFilter::default());
        let sum = self.read_measure(&used, budget.window, tokens.limit, memo, now).await?;
        let fresh = self.read_count(Source::Tasks, &RecordFilter::default(), tokens.window, memo, now).await? > 0;
        let mut figures = blank(rule, window(budget.window, now), 1);
        if let Some((_, Measurement { value: Some(used), samples, .. })) = sum.figures.first() {
            figures.samples = *samples;
            figures.rate = Rate::new(whole(*used), allowed);
            figures.value = figures.rate.map(Rate::ratio);
        }
        Ok(of_everything(Found { subject: None, figures, holds: None, fresh }))
    }

    /// The newest value of each agent or swarm that sent one within the window.
    pub(super) async fn read_latest(
        &self,
        rule: &Rule,
        latest: &Latest,
        memo: &mut Memo,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let range = window(latest.window, now);
        let filter = RecordFilter { metric_type: Some(latest.metric.clone()), ..latest.filter.clone() };
        let senders =
            Measure { per: Some(latest.per()), ..of(latest.source, Function::Max, Some(Field::Value), filter) };
        let senders = self.read_measure(&senders, latest.window, latest.limit, memo, now).await?;
        let source = match latest.source {
            Source::AgentMetrics => TrendSource::AgentMetrics,
            _ => TrendSource::SwarmMetrics,
        };
        let mut snapshot = self.store().snapshot().await?;
        let metrics = snapshot.series_metrics(source, None, usize::MAX).await?;
        let Some((metric, _)) = metrics.into_iter().find(|(_, name)| *name == latest.metric) else {
            return Ok(Reading::Found { subjects: Vec::new(), truncated: false });
        };
        let mut subjects = Vec::with_capacity(senders.figures.len());
        for (name, Measurement { samples, .. }) in senders.figures {
            let Some(name) = name else { continue };
            let mut whose = RecordFilter::default();
            if let Some(place) = whose.field_mut(latest.per().as_str()) {
                *place = Some(name.clone());
            }
            let Some(cut) = snapshot.cut(&whose).await? else { continue };
            let Some(subject) = cut.agent_number().or(cut.swarm_number()) else { continue };
            let newest = snapshot.newest_values(SeriesCut { source, subject, metric }, range, 1).await?;
            let mut figures = blank(rule, range, 1);
            (figures.value, figures.samples) = (newest.first().map(|(_, value)| *value), samples);
            let subject = Some(Subject { label: latest.per().as_str().to_owned(), value: name });
            subjects.push(Found { subject, figures, holds: None, fresh: true });
        }
        Ok(Reading::Found { subjects, truncated: senders.truncated })
    }

    async fn read_count(
        &self,
        source: Source,
        filter: &RecordFilter,
        length: Span,
        memo: &mut Memo,
        now: Micros,
    ) -> Result<u64, ServiceError> {
        let limit = Limit { above: true, at: 0.0, clear: None };
        let counted = of(source, Function::Count, None, filter.clone());
        let counted = self.read_measure(&counted, length, limit, memo, now).await?;
        Ok(counted.figures.first().map_or(0, |(_, measurement)| measurement.samples))
    }

    /// The figures of a measure over the window. Of too many subjects those nearest to the bad side are read.
    async fn read_measure(
        &self,
        measure: &Measure,
        length: Span,
        limit: Limit,
        memo: &mut Memo,
        now: Micros,
    ) -> Result<Measured, ServiceError> {
        let key = (measure.clone(), length, limit.above);
        if let Some(known) = memo.measured.get(&key) {
            return Ok(known.clone());
        }
        let worst_first = OrderBy { key: OrderKey::Function(measure.function), descending: limit.above };
        let query = AggregateQuery {
            source: measure.source,
            field: measure.field,
            functions: vec![measure.function],
            range: RangeSpec { from: format!("now-{}s", length.as_seconds()), to: String::new() },
            filter: measure.filter.clone(),
            group_by: measure.per.into_iter().collect(),
            order_by: measure.per.map(|_| worst_first),
            limit: measure.per.map(|_| AggregateQuery::LIMIT_MAX),
            ..AggregateQuery::default()
        };
        let answer = Box::pin(self.make_aggregate(&query, now)).await?;
        let figures = answer.series.into_iter().filter_map(|series| {
            let name = series.group.into_iter().next().flatten();
            // Records without the word are nobody's.
            if measure.per.is_some() && name.is_none() {
                return None;
            }
            let column = series.columns.into_iter().next()?;
            let successes = column.successes.and_then(|successes| successes.first().copied());
            let rate = successes.and_then(|successes| Rate::new(successes, column.n));
            Some((name, Measurement { value: column.total, samples: column.n, rate }))
        });
        let measured = Measured { figures: figures.collect(), truncated: answer.truncated };
        memo.measured.insert(key, measured.clone());
        Ok(measured)
    }
}

fn of(source: Source, function: Function, field: Option<Field>, filter: RecordFilter) -> Measure {
    Measure { source, function, field, filter, per: None }
}

/// A sum of tokens as a count.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sums of tokens stay far below 2^53")]
fn whole(sum: f64) -> u64 {
    sum.max(0.0).round() as u64
}
