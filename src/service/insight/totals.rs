//! The figures of one range, and of the tiles.

use std::collections::BTreeMap;

use crate::analytics::grid::Grid;
use crate::model::TimeRange;
use crate::model::answer::Tier;
use crate::model::overview::{Durations, Timeline, Totals};
use crate::store::StoreError;
use crate::store::read::{Rollups, Tally, WordAt};

use super::reading::Reading;
use super::spread::{self, Values};

/// The word for tasks without a result, as filters write it.
pub(super) const NO_RESULT: &str = "none";

impl Reading {
    /// The figures of `range`, and the same over time.
    pub(super) async fn figures(&mut self, range: TimeRange) -> Result<(Totals, Timeline), StoreError> {
        // Without rollups both sums would read every record: then the sum of the slots serves for the whole.
        let by_records = self.cut.is_none_or(|cut| cut.rollups() == Rollups::None);
        let known = if by_records { None } else { Some(self.sum(range).await?) };
        let grid = self.grid(range, known.map_or(0, |tally| tally.tasks)).await?;
        let slots = self.slots(range, &grid).await?;
        let tally = known.unwrap_or_else(|| Tally::over(&slots));
        let (mut timeline, whole) = self.timeline(range, &grid, &slots, &tally).await?;
        if self.compare {
            timeline.earlier = Some(self.earlier(range, &grid).await?);
        }
        let words = timeline.results.iter().map(|(word, counts)| (word.clone(), counts.iter().flatten().sum()));
        let results = words.filter(|(_, count)| *count > 0).collect();
        let totals = self.assemble(range, &tally, results, whole).await?;
        Ok((totals, timeline))
    }

    /// The figures of `range` alone.
    pub(super) async fn totals(&mut self, range: TimeRange) -> Result<Totals, StoreError> {
        let tally = self.sum(range).await?;
        let Some(cut) = self.cut else { return self.assemble(range, &tally, BTreeMap::new(), None).await };
        let (near, pieces, grid) = (self.near_data(range), self.pieces(range, Tier::Day), Grid::WHOLE);
        let mut slots = spread::read(&mut self.snapshot, near, &pieces, &cut, &grid, tally.timed).await?;
        let words = self.other_words(range, &tally, &grid).await?;
        let mut results = known_words(&tally);
        for word in words {
            *results.entry(word.word.unwrap_or_else(|| NO_RESULT.to_owned())).or_default() += word.tasks;
        }
        self.assemble(range, &tally, results, slots.pop()).await
    }

    /// The figures of the range before `range`, when it was asked for.
    pub(super) async fn compared(&mut self, range: TimeRange) -> Result<Option<Totals>, StoreError> {
        Ok(if self.compare { Some(self.totals(range.previous()).await?) } else { None })
    }

    async fn assemble(
        &mut self,
        range: TimeRange,
        tally: &Tally,
        results: BTreeMap<String, u64>,
        durations: Option<Values>,
    ) -> Result<Totals, StoreError> {
        let pieces = self.agent_pieces(range);
        let (active_agents, swarms) = match self.cut {
            Some(cut) => (self.snapshot.active_agents(range, &cut).await?, self.snapshot.swarms(&pieces, &cut).await?),
            None => (0, 0),
        };
        Ok(Totals {
            tasks: tally.tasks,
            results,
            success: tally.rate(),
            durations: durations.and_then(|mut values| durations_of(&mut values, tally)),
            per_minute: per_minute(tally.tasks, range),
            tokens: tally.tokens,
            active_agents,
            swarms,
        })
    }

    /// Which imported words `tally.other` counted, by slot.
    pub(super) async fn other_words(
        &mut self,
        range: TimeRange,
        tally: &Tally,
        grid: &Grid,
    ) -> Result<Vec<WordAt>, StoreError> {
        match self.cut {
            Some(cut) if tally.other > 0 => self.snapshot.other_words(range, &cut, grid).await,
            _ => Ok(Vec::new()),
        }
    }
}

fn durations_of(values: &mut Values, tally: &Tally) -> Option<Durations> {
    values.durations(tally.timed, tally.duration_sum, tally.duration_max)
}

/// The five known words that have tasks.
fn known_words(tally: &Tally) -> BTreeMap<String, u64> {
    counts(tally).into_iter().filter(|(_, count)| *count > 0).map(|(word, count)| (word.to_owned(), count)).collect()
}

/// The known words with their counts.
pub(super) fn counts(tally: &Tally) -> [(&'static str, u64); 5] {
    [
        ("success", tally.success),
        ("failure", tally.failure),
        ("timeout", tally.timeout),
        ("cancelled", tally.cancelled),
        ("failed", tally.failed),
    ]
}

#[expect(clippy::cast_precision_loss, reason = "counts and lengths stay far below 2^53")]
fn per_minute(tasks: u64, range: TimeRange) -> Option<f64> {
    (tasks > 0).then(|| tasks as f64 * crate::model::time::MINUTE as f64 / range.length() as f64)
}
