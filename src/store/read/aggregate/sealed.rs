//! The sealed part of the records: the same sums and values as `raw` takes from the tables.

use std::collections::BTreeMap;

use super::{Group, Question, SumsAt, ValueAt};
use crate::analytics::grid::Grid;
use crate::model::TimeRange;
use crate::model::aggregate::{GroupBy, Source};
use crate::store::StoreError;
use crate::store::archive::rows::{column_of, task};
use crate::store::archive::{Chunk, Sealed, Test, Wanted};
use crate::store::events::EventRow;
use crate::store::healings::HealingRow;
use crate::store::metrics::{MetricRow, OfAgent, OfSwarm};
use crate::store::read::Snapshot;
use crate::store::read::sealed::{TOKENS, tokens};
use crate::store::tasks::TaskRow;

/// The column of a group.
fn column(group: GroupBy) -> &'static str {
    match group {
        GroupBy::Agent => "agent",
        GroupBy::Swarm => "swarm",
        GroupBy::Project => "project",
        GroupBy::Model => "model",
        GroupBy::Result => "result",
        GroupBy::MetricType => "metric",
        GroupBy::EventType => "type",
        GroupBy::AgentType => "agent_type",
        GroupBy::Strategy => "strategy",
        GroupBy::FailureType => "failure_type",
        GroupBy::Success => "success",
    }
}

/// A sealed record as an aggregate sees it.
struct Seen {
    slot: usize,
    group: Group,
    /// Its result or success, as the column that says so holds it.
    outcome: Option<i64>,
    value: Option<f64>,
}

impl Snapshot {
    /// Adds the sums of sealed records.
    pub(super) async fn add_sealed_sums(
        &mut self,
        question: &Question,
        range: TimeRange,
        grid: &Grid,
        sums: &mut Vec<SumsAt>,
    ) -> Result<(), StoreError> {
        let mut parts: BTreeMap<(usize, Group), SumsAt> = BTreeMap::new();
        let add = |seen: Seen| {
            let (slot, group) = (seen.slot, seen.group);
            let part = parts.entry((slot, group)).or_insert(SumsAt { slot, group, ..SumsAt::default() });
            part.records += 1;
            match question.source {
                Source::Tasks => {
                    part.success += u64::from(seen.outcome == Some(1));
                    part.rated += u64::from(seen.outcome.is_some_and(|result| (1..=5).contains(&result)));
                }
                Source::Healings => {
                    part.success += u64::from(seen.outcome == Some(1));
                    part.rated += 1;
                }
                Source::AgentMetrics | Source::SwarmMetrics | Source::Events => {}
            }
            if let Some(value) = seen.value {
                let moments = &mut part.moments;
                moments.n += 1;
                moments.sum += value;
                moments.min = Some(moments.min.map_or(value, |least| least.min(value)));
                moments.max = Some(moments.max.map_or(value, |most| most.max(value)));
            }
        };
        self.each_sealed_record(question, range, grid, add).await?;
        sums.extend(parts.into_values());
        Ok(())
    }

    /// Adds the field of every sealed record that carries it.
    pub(super) async fn add_sealed_values(
        &mut self,
        question: &Question,
        range: TimeRange,
        grid: &Grid,
        values: &mut Vec<ValueAt>,
    ) -> Result<(), StoreError> {
        let add = |seen: Seen| {
            values.extend(seen.value.map(|value| ValueAt { slot: seen.slot, group: seen.group, value }));
        };
        self.each_sealed_record(question, range, grid, add).await
    }

    async fn each_sealed_record(
        &mut self,
        question: &Question,
        range: TimeRange,
        grid: &Grid,
        each: impl FnMut(Seen),
    ) -> Result<(), StoreError> {
        match question.source {
            Source::Tasks => self.each_of::<TaskRow>(question, question.cut.tests(), range, grid, each).await,
            Source::AgentMetrics => self.each_matching::<MetricRow<OfAgent>>(question, range, grid, each).await,
            Source::SwarmMetrics => self.each_matching::<MetricRow<OfSwarm>>(question, range, grid, each).await,
            Source::Events => self.each_matching::<EventRow>(question, range, grid, each).await,
            Source::Healings => self.each_matching::<HealingRow>(question, range, grid, each).await,
        }
    }

    async fn each_matching<T: Sealed>(
        &mut self,
        question: &Question,
        range: TimeRange,
        grid: &Grid,
        each: impl FnMut(Seen),
    ) -> Result<(), StoreError> {
        let conditions = question.conditions.iter();
        let tests = conditions.map(|(name, number)| Ok(Test::Is(place::<T>(name)?, *number)));
        let tests = tests.collect::<Result<Vec<_>, StoreError>>()?;
        self.each_of::<T>(question, tests, range, grid, each).await
    }

    async fn each_of<T: Sealed>(
        &mut self,
        question: &Question,
        tests: Vec<Test>,
        range: TimeRange,
        grid: &Grid,
        mut each: impl FnMut(Seen),
    ) -> Result<(), StoreError> {
        let groups = question.group_by.iter().map(|group| Ok((place::<T>(column(*group))?, *group)));
        let groups = groups.collect::<Result<Vec<_>, StoreError>>()?;
        let outcome = column_of::<T>("result").or_else(|| column_of::<T>("success"));
        let value = question.field.map(|field| place::<T>(field.as_str())).transpose()?;
        let of_tasks = question.source == Source::Tasks;
        let mut wanted: Vec<usize> = groups.iter().map(|(place, _)| *place).collect();
        wanted.extend(outcome.into_iter().chain(value));
        if of_tasks && value == Some(task::USED) {
            wanted.extend(TOKENS);
        }
        let look = |chunk: &Chunk, row: usize| {
            let number = |place: usize, group: GroupBy| {
                let number = chunk.int(place, row);
                if group == GroupBy::Success { number.map_or(0, |flag| flag + 1) } else { number.unwrap_or_default() }
            };
            let mut group: Group = [0; 2];
            group.iter_mut().zip(&groups).for_each(|(to, (place, of))| *to = number(*place, *of));
            if question.only.as_ref().is_some_and(|only| !groups.is_empty() && !only.contains(&group[0])) {
                return;
            }
            let ts = chunk.int(0, row).unwrap_or_default();
            each(Seen {
                slot: usize::try_from(ts.saturating_sub(grid.start.0) / grid.step).unwrap_or_default(),
                group,
                outcome: outcome.and_then(|outcome| chunk.int(outcome, row)),
                value: value.and_then(|value| value_of(chunk, value, row, of_tasks)),
            });
        };
        self.each_sealed::<T>(range, tests, Wanted::columns(&wanted), look).await
    }
}

fn place<T: Sealed>(name: &str) -> Result<usize, StoreError> {
    let lost = || StoreError::Damaged { what: format!("{} has no column {name} to sum up", T::sql().name) };
    column_of::<T>(name).ok_or_else(lost)
}

/// The number in a column, whole or not.
#[expect(clippy::cast_precision_loss, reason = "shown as floating point anyway")]
fn value_of(chunk: &Chunk, place: usize, row: usize, of_tasks: bool) -> Option<f64> {
    if of_tasks && place == task::USED {
        return tokens(chunk, row).1.map(|used| used as f64);
    }
    chunk.real(place, row).or_else(|| chunk.int(place, row).map(|number| number as f64))
}
