//! Aggregates: any function of any number, grouped, bucketed, at the hours of any zone.
//!
//! A question is answered twice: over the range as a whole, which ranks the groups and gives the totals, then for
//! the groups that are listed, in buckets. Each reads rollups where they hold what is asked, else records.
//!
//! - `check` what may be asked
//! - `axis` buckets of a zone
//! - `gather` rows into cells
//! - `figure` cells into columns
//!
//! Not here: SQL (`store::read::aggregate`), the figures of pages (`insight`).

mod axis;
mod check;
mod figure;
mod gather;

use std::cmp::Ordering;
use std::collections::HashMap;

use chrono_tz::Tz;

use super::cache::{Keep, Question};
use super::insight::reading::Reading;
use super::{Service, ServiceError};
use crate::analytics::grid::{pieces, tier_of};
use crate::model::aggregate::{
    AggregateAnswer, AggregateQuery, AggregateSeries, Bucket, Field, Function, GroupBy, OrderKey, Source,
};
use crate::model::answer::Tier;
use crate::model::overview::PageQuery;
use crate::model::{Micros, RecordFilter};
use crate::store::StoreError;
use crate::store::read::aggregate::{Family, Group, Needs};

use axis::Axis;
pub(in crate::service) use axis::offsets;
use figure::{Figure, column, figure};
use gather::{Cell, Cells, Plan};

/// Most values in an answer, over all groups, buckets and functions.
const VALUES_MAX: usize = 200_000;

/// Most values, a column, of an answer that is kept.
const KEPT_VALUES_MAX: usize = 10_000;

/// Most records that are read one by one for buckets off the UTC hours; beyond, UTC buckets answer.
const ZONE_RECORDS_MAX: u64 = 1_000_000;

impl Service {
    /// Figures over records.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when the question has no answer, is too large, or its range is unreadable;
    /// [`ServiceError::Store`] when reading fails.
    pub async fn aggregate(&self, query: &AggregateQuery, now: Micros) -> Result<AggregateAnswer, ServiceError> {
        self.kept(Question::Aggregate(query.clone()), now, self.make_aggregate(query, now)).await
    }

    /// The same without keeping the answer.
    pub(in crate::service) async fn make_aggregate(
        &self,
        query: &AggregateQuery,
        now: Micros,
    ) -> Result<AggregateAnswer, ServiceError> {
        let (zone, filter) = check::check(query)?;
        // Filters of other records than tasks are no filters of pages.
        let of_tasks = if query.source == Source::Tasks { filter.clone() } else { RecordFilter::default() };
        let reading =
            self.read(&PageQuery { range: query.range.clone(), filter: of_tasks, ..PageQuery::default() }, now).await?;
        Asked { query, zone, filter, reading }.answer().await
    }
}

impl Keep for AggregateAnswer {
    fn tell_time(&mut self, now: Micros) {
        self.now = now;
    }

    fn is_small(&self) -> bool {
        self.series.len() * self.time.len() <= KEPT_VALUES_MAX
    }
}

/// Sum and number of `field` in the range of `reading`, by the numbers of one word.
pub(super) async fn sums_by(
    reading: &mut Reading,
    source: Source,
    field: Field,
    group: GroupBy,
    filter: &RecordFilter,
) -> Result<HashMap<i64, (f64, u64)>, StoreError> {
    let needs = Needs::default();
    let question = reading.snapshot.question(source, Some(field), &[group], filter).await?;
    let Some(question) = question else { return Ok(HashMap::new()) };
    let plan = Plan { family: question.family(needs), question, needs };
    let cells = reading.gather(&plan, &Axis::whole(reading.scope.range), None).await?;
    let sums = cells.groups.into_iter().filter_map(|(group, cells)| {
        let moments = cells.first()?.moments;
        (moments.n > 0).then_some((group[0], (moments.sum.min(f64::MAX), moments.n)))
    });
    Ok(sums.collect())
}

/// A question that is being answered.
struct Asked<'a> {
    query: &'a AggregateQuery,
    zone: Tz,
    filter: RecordFilter,
    reading: Reading,
}

impl Asked<'_> {
    async fn answer(mut self) -> Result<AggregateAnswer, ServiceError> {
        let range = self.reading.scope.range;
        let axis = match self.query.bucket {
            Some(bucket) => Axis::over(range, bucket, self.zone)?,
            None => Axis::whole(range),
        };
        let Some(mut plan) = self.plan().await? else {
            let mut answer = self.framed(&axis, Form::asked(self.query, self.zone));
            let listed = if self.query.group_by.is_empty() { vec![Group::default()] } else { Vec::new() };
            answer.group_count = listed.len() as u64;
            answer.series = self.series(&axis, &listed, Cells::new(1), Some(Cells::new(axis.starts.len()))).await?;
            return Ok(answer);
        };
        let mut whole = self.reading.gather(&plan, &Axis::whole(range), None).await?;
        let (axis, form) = self.serve(&plan, &whole, axis)?;
        let ranked = self.rank(&mut whole).await?;
        let mut answer = self.framed(&axis, form);
        answer.group_count = ranked.len() as u64;
        let listed = self.listed(&ranked, axis.starts.len());
        answer.truncated = listed.len() < ranked.len();
        answer.tier = whole.tier;
        let mut cells = None;
        if self.query.bucket.is_some() {
            plan.question.only = answer.truncated.then(|| firsts(listed));
            let bucketed = self.reading.gather(&plan, &axis, Some(whole.values())).await?;
            answer.tier = bucketed.tier;
            cells = Some(bucketed);
        }
        answer.series = self.series(&axis, listed, whole, cells).await?;
        Ok(answer)
    }

    /// Which rows answer; `None` when the filter names what no record has.
    async fn plan(&mut self) -> Result<Option<Plan>, StoreError> {
        let query = self.query;
        if self.reading.cut.is_none() {
            return Ok(None);
        }
        let snapshot = &mut self.reading.snapshot;
        let question = snapshot.question(query.source, query.field, &query.group_by, &self.filter).await?;
        let Some(question) = question else { return Ok(None) };
        let needs = needs(&query.functions);
        let mut family = question.family(needs);
        if family == Family::Usage && question.asks_tokens() {
            let range = self.reading.near_data(self.reading.scope.range);
            let buckets: Vec<_> = pieces(range, Tier::Day, None).into_iter().filter(|p| p.tier != Tier::Raw).collect();
            let (kind, any) = self.reading.snapshot.recorded_tokens(&question, &buckets).await?;
            family = if kind == any { family } else { Family::Records };
        }
        Ok(Some(Plan { question, family, needs }))
    }

    /// The buckets that can be served: those of `axis`, or coarser ones, or those of UTC.
    fn serve(&self, plan: &Plan, whole: &Cells, axis: Axis) -> Result<(Axis, Form), ServiceError> {
        let (range, asked) = (self.reading.scope.range, Form::asked(self.query, self.zone));
        let Some(bucket) = self.query.bucket else { return Ok((axis, asked)) };
        let records: u64 = whole.groups.values().flatten().map(|cell| cell.records).sum();
        let fine = axis.stretches.iter().any(|stretch| stretch.coarsest < tier_of(bucket.micros()));
        let misfit = plan.family != Family::Records && self.zone != Tz::UTC && fine;
        let coarsest_offset = axis.stretches.iter().map(|stretch| stretch.coarsest).min().unwrap_or(Tier::Raw);
        if misfit && coarsest_offset < Tier::Hour && records > ZONE_RECORDS_MAX {
            let note = format!(
                "answered in UTC: {} is not a whole number of hours from it, and {records} records are too many to \
                 read one by one; ask for a shorter range to have its own buckets",
                self.zone.name()
            );
            return Ok((Axis::over(range, bucket, Tz::UTC)?, Form::utc(bucket, note)));
        }
        // Where detail was given up, only coarser rollups are left.
        let kept = axis.stretches.iter().flat_map(|stretch| {
            let pieces = self.reading.pieces_for(plan.family, stretch.range, stretch.coarsest);
            pieces.into_iter().filter(|piece| piece.tier > stretch.coarsest).map(|piece| piece.tier)
        });
        let Some(tier) = kept.max() else { return Ok((axis, asked)) };
        let kept = if tier == Tier::Day { Bucket::DAY } else { Bucket::HOUR };
        let note = format!("answered in UTC by {kept}: of a part of the range only rollups of that width are kept");
        Ok((Axis::over(range, kept.max(bucket), Tz::UTC)?, Form::utc(kept.max(bucket), note)))
    }

    /// The answer without figures.
    fn framed(&self, axis: &Axis, form: Form) -> AggregateAnswer {
        let scope = &self.reading.scope;
        let (range, data) = (scope.range, scope.bounds.unwrap_or(scope.range));
        let first = axis.starts.first().copied().unwrap_or(range.from);
        let last = axis.starts.last().copied().unwrap_or(range.from);
        AggregateAnswer {
            now: scope.now,
            range,
            bucket: form.bucket,
            zone: form.zone,
            time: axis.starts.iter().map(|start| start.millis()).collect(),
            end: axis.end.millis(),
            partial_first: first < range.from && data.from < range.from,
            partial_last: (last <= scope.now && scope.now < axis.end)
                || (range.until < axis.end && range.until < data.until),
            group_by: self.query.group_by.clone(),
            series: Vec::new(),
            group_count: 0,
            truncated: false,
            tier: None,
            note: form.note.or_else(|| self.mixture()),
        }
    }

    /// A word about figures that mix what should not be mixed.
    fn mixture(&self) -> Option<String> {
        let query = self.query;
        let told_apart = self.filter.metric_type.is_some() || query.group_by.contains(&GroupBy::MetricType);
        (query.field == Some(Field::Value) && !told_apart)
            .then(|| "values of every metric type together; filter or group by metric_type to tell them apart".into())
    }

    /// Every group in the order asked for. Without grouping there is one, also when there are no records.
    async fn rank(&mut self, whole: &mut Cells) -> Result<Vec<Group>, StoreError> {
        let query = self.query;
        if query.group_by.is_empty() {
            return Ok(vec![Group::default()]);
        }
        let seconds = Axis::whole(self.reading.scope.range).seconds(0, self.reading.scope.range);
        let mut groups: Vec<Group> = whole.groups.keys().copied().collect();
        let (key, descending) = query.order_by.map_or((None, false), |order| (Some(order.key), order.descending));
        if let Some(OrderKey::Function(function)) = key {
            let mut ranked: Vec<(Option<f64>, Group)> = Vec::with_capacity(groups.len());
            for (group, cells) in &mut whole.groups {
                let value = cells.first_mut().and_then(|cell| figure(cell, function, query.field, seconds).value);
                ranked.push((value, *group));
            }
            ranked.sort_by(|(a, first), (b, second)| {
                directed(*a, *b, descending, |a, b| a.total_cmp(b)).then(first.cmp(second))
            });
            return Ok(ranked.into_iter().map(|(_, group)| group).collect());
        }
        let words = self.words(&groups).await?;
        // By the word asked for, then by the others in their order.
        let first = query.group_by.iter().position(|group| key == Some(OrderKey::Group(*group))).unwrap_or(0);
        let places = [first, 1 - first];
        let word = |group: &Group, place: usize| words.get(place).and_then(|words| words.get(&group[place]));
        groups.sort_by(|a, b| {
            let compare =
                |place: usize, descending| directed(word(a, place), word(b, place), descending, |a, b| a.cmp(b));
            compare(places[0], descending).then_with(|| compare(places[1], false))
        });
        Ok(groups)
    }

    /// The groups that are listed: as many as were asked for, and as fit into an answer.
    fn listed<'g>(&self, ranked: &'g [Group], buckets: usize) -> &'g [Group] {
        let values = buckets.max(1) * self.query.functions.len();
        let limit = self.query.limit.unwrap_or(AggregateQuery::LIMIT_DEFAULT) as usize;
        ranked.get(..limit.min(VALUES_MAX / values).max(1)).unwrap_or(ranked)
    }

    /// The series of the `listed` groups.
    async fn series(
        &mut self,
        axis: &Axis,
        listed: &[Group],
        mut whole: Cells,
        mut cells: Option<Cells>,
    ) -> Result<Vec<AggregateSeries>, StoreError> {
        let (query, range) = (self.query, self.reading.scope.range);
        let words = self.words(listed).await?;
        let seconds = Axis::whole(range).seconds(0, range);
        let mut series = Vec::with_capacity(listed.len());
        for group in listed {
            let mut total = whole.groups.remove(group).and_then(|cells| cells.into_iter().next()).unwrap_or_default();
            let totals: Vec<Figure> =
                query.functions.iter().map(|each| figure(&mut total, *each, query.field, seconds)).collect();
            let records = total.records;
            let (mut own, estimator) = match &mut cells {
                None => (vec![total], whole.estimator),
                Some(cells) => {
                    let empty = || vec![Cell::default(); axis.starts.len()];
                    (cells.groups.remove(group).unwrap_or_else(empty), cells.estimator)
                }
            };
            let mut columns: Vec<_> = query
                .functions
                .iter()
                .zip(totals)
                .map(|(each, total)| column(*each, query.field, (axis, range), &mut own, total, estimator))
                .collect();
            if query.bucket.is_none() {
                // The one bucket is the range: no records are 0 records.
                columns.iter_mut().for_each(|column| column.values = vec![column.total]);
            }
            let word = |place: usize| words.get(place).and_then(|words| words.get(&group[place]).cloned());
            let group = (0..query.group_by.len()).map(word).collect();
            series.push(AggregateSeries { group, records, columns });
        }
        Ok(series)
    }

    /// The words of `groups`, one map for each word grouped by.
    async fn words(&mut self, groups: &[Group]) -> Result<Vec<HashMap<i64, String>>, StoreError> {
        let mut all = Vec::with_capacity(self.query.group_by.len());
        for (place, by) in self.query.group_by.iter().enumerate() {
            let mut numbers: Vec<i64> = groups.iter().map(|group| group[place]).collect();
            numbers.sort_unstable();
            numbers.dedup();
            all.push(self.reading.snapshot.group_words(*by, &numbers).await?);
        }
        Ok(all)
    }
}

/// How an answer is cut, and why not as asked.
struct Form {
    bucket: Option<Bucket>,
    zone: String,
    note: Option<String>,
}

impl Form {
    fn asked(query: &AggregateQuery, zone: Tz) -> Self {
        Self { bucket: query.bucket, zone: zone.name().to_owned(), note: None }
    }

    fn utc(bucket: Bucket, note: String) -> Self {
        Self { bucket: Some(bucket), zone: Tz::UTC.name().to_owned(), note: Some(note) }
    }
}

/// What `functions` are computed from.
fn needs(functions: &[Function]) -> Needs {
    let mut needs = Needs::default();
    for function in functions {
        match function {
            Function::SuccessRate => needs.success = true,
            Function::Min | Function::Max => needs.extremes = true,
            Function::Stddev | Function::StddevSamp => needs.spread = true,
            Function::Percentile(_) => needs.quantiles = true,
            Function::Avg | Function::Sum | Function::Count | Function::Rate => {}
        }
    }
    needs
}

/// The numbers of the first words of `groups`.
fn firsts(groups: &[Group]) -> Vec<i64> {
    let mut firsts: Vec<i64> = groups.iter().map(|group| group[0]).collect();
    firsts.sort_unstable();
    firsts.dedup();
    firsts
}

/// Compares in a direction; what has no value comes last in both.
fn directed<T>(a: Option<T>, b: Option<T>, descending: bool, compare: impl Fn(&T, &T) -> Ordering) -> Ordering {
    match (&a, &b) {
        (Some(a), Some(b)) if descending => compare(b, a),
        (Some(a), Some(b)) => compare(a, b),
        (None, None) => Ordering::Equal,
        (None, _) => Ordering::Greater,
        (_, None) => Ordering::Less,
    }
}
