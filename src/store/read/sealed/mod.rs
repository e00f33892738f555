//! The sealed part of what an answer reads. Sums over sealed rows are made from their columns, without
//! making rows of them; each function here adds to what the same question finds in the table.

mod events;
mod found;
mod presence;
mod sums;

pub(super) use found::{Long, keep_longest};
pub(super) use sums::{FOR_SWARMS, TOKENS, tally, tokens};

use super::super::StoreError;
use super::super::archive::rows::task;
use super::super::archive::{Chunk, Sealed, Test, Walk, Wanted};
use super::super::dictionary::Dict;
use super::super::error::query;
use super::super::tasks::TaskRow;
use super::{Cut, Snapshot};
use crate::model::{Order, TimeRange};

/// What this snapshot knows about chunks already.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Whether any rows of a dataset are sealed, by dataset.
    any: [Option<bool>; 7],
    /// Times of sealed tasks whose row ids were given out, so that they are found again at once.
    pub(super) times: std::collections::HashMap<i64, i64>,
}

const ANY: &str = "select exists (select 1 from chunk where dataset = ?)";

impl Cut {
    /// What it asks of a sealed task.
    pub(super) fn tests(&self) -> Vec<Test> {
        let words = [
            (task::AGENT, self.agent),
            (task::SWARM, self.swarm),
            (task::PROJECT, self.project),
            (task::MODEL, self.model),
            (task::RESULT, self.result.flatten()),
        ];
        let mut tests: Vec<Test> = words.into_iter().filter_map(|(column, id)| Some(Test::Is(column, id?))).collect();
        if self.result == Some(None) {
            tests.push(Test::Null(task::RESULT));
        }
        tests
    }
}

impl Snapshot {
    /// Whether rows of the dataset are sealed at all.
    pub(super) async fn any_sealed<T: Sealed>(&mut self) -> Result<bool, StoreError> {
        if let Some(known) = self.known.any[T::DATASET as usize] {
            return Ok(known);
        }
        let any = sqlx::query_scalar(ANY).bind(T::DATASET.as_str()).fetch_one(&mut *self.tx).await;
        let any = any.map_err(query("see what is sealed"))?;
        self.known.any[T::DATASET as usize] = Some(any);
        Ok(any)
    }

    /// Calls `each` with every sealed row of `range` that passes `tests`; of its columns, `wanted` are read.
    pub(super) async fn each_sealed<T: Sealed>(
        &mut self,
        range: TimeRange,
        tests: Vec<Test>,
        wanted: Wanted,
        mut each: impl FnMut(&Chunk, usize),
    ) -> Result<(), StoreError> {
        if !self.any_sealed::<T>().await? {
            return Ok(());
        }
        let mut walk = Walk::<T>::new(range, Order::Asc, tests).with(wanted);
        while let Some(found) = walk.next(&mut self.tx, None).await? {
            found.rows.iter().for_each(|row| each(&found.chunk, *row));
        }
        Ok(())
    }

    /// As [`Self::each_sealed`], for the tasks of `cut`.
    pub(super) async fn each_sealed_task(
        &mut self,
        range: TimeRange,
        cut: &Cut,
        wanted: Wanted,
        each: impl FnMut(&Chunk, usize),
    ) -> Result<(), StoreError> {
        self.each_sealed::<TaskRow>(range, cut.tests(), wanted, each).await
    }

    /// The word with a number; `None` for no number.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the number has no word.
    pub(super) async fn word(&mut self, dict: Dict, id: Option<i64>) -> Result<Option<String>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        let word: Option<String> = sqlx::query_scalar(dict.select_name())
            .bind(id)
            .fetch_optional(&mut *self.tx)
            .await
            .map_err(query("look up a name"))?;
        let lost = || StoreError::Damaged { what: format!("a sealed row uses {id}, which is not in {}", dict.table()) };
        word.map(Some).ok_or_else(lost)
    }
}
