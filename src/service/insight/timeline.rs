//! The figures of a range over time, as columns.

use std::collections::BTreeMap;

use crate::analytics::grid::{Grid, pieces, tier_of};
use crate::model::answer::Tier;
use crate::model::overview::{Earlier, Timeline};
use crate::model::{Micros, TimeRange, answer::Rate};
use crate::store::StoreError;
use crate::store::read::{Rollups, Tally, WordAt};

use super::reading::Reading;
use super::spread::{self, Values};
use super::totals::{NO_RESULT, counts};

impl Reading {
    /// The tally of each slot.
    pub(in crate::service) async fn slots(&mut self, range: TimeRange, grid: &Grid) -> Result<Vec<Tally>, StoreError> {
        let mut slots = vec![Tally::default(); grid.slots];
        let Some(cut) = self.cut else { return Ok(slots) };
        let pieces = self.pieces(range, tier_of(grid.step));
        for part in self.snapshot.tallies(&pieces, &cut, grid).await? {
            if let Some(slot) = slots.get_mut(part.slot) {
                slot.add(&part.tally);
            }
        }
        Ok(slots)
    }

    /// The columns of `range` on `grid`, and all its durations together. `tally` is the sum of the `slots`.
    pub(super) async fn timeline(
        &mut self,
        range: TimeRange,
        grid: &Grid,
        slots: &[Tally],
        tally: &Tally,
    ) -> Result<(Timeline, Option<Values>), StoreError> {
        let mut timeline = self.frame(range, grid);
        timeline.health = self.health(range, grid).await?;
        let Some(cut) = self.cut else { return Ok((timeline, None)) };
        let pieces = self.pieces(range, tier_of(grid.step));
        let near = self.near_data(range);
        let mut values = spread::read(&mut self.snapshot, near, &pieces, &cut, grid, tally.timed).await?;
        let whole = spread::merged(&values, tally.timed, cut.rollups());
        if tally.tasks > 0 {
            timeline.tier = pieces.iter().map(|piece| piece.tier).max();
            timeline.estimator = (tally.timed > 0).then(|| whole.estimator());
        }
        let words = self.other_words(range, tally, grid).await?;
        fill(&mut timeline, slots, &words);
        fill_percentiles(&mut timeline, &mut values);
        timeline.timed = slots.iter().map(|slot| slot.timed).collect();
        timeline.shortest = slots.iter().map(|slot| slot.duration_min).collect();
        timeline.longest = slots.iter().map(|slot| slot.duration_max).collect();
        Ok((timeline, Some(whole)))
    }

    /// The columns of the range before, moved onto the slots of `grid`. They are moved by whole slots, so that
    /// the same buckets answer.
    pub(super) async fn earlier(&mut self, range: TimeRange, grid: &Grid) -> Result<Earlier, StoreError> {
        let shift = (range.length().saturating_add(grid.step / 2) / grid.step).max(1).saturating_mul(grid.step);
        let back = |time: Micros| Micros(time.0.saturating_sub(shift));
        let range = TimeRange { from: back(range.from), until: back(range.until) };
        let grid = Grid { start: back(grid.start), ..*grid };
        let slots = self.slots(range, &grid).await?;
        let mut values = match self.cut {
            Some(cut) => {
                let pieces = self.pieces(range, tier_of(grid.step));
                let timed = slots.iter().map(|slot| slot.timed).sum();
                let near = self.near_data(range);
                spread::read(&mut self.snapshot, near, &pieces, &cut, &grid, timed).await?
            }
            None => vec![Values::Each(Vec::new()); grid.slots],
        };
        Ok(Earlier {
            shift_ms: shift / 1000,
            tasks: slots.iter().map(|slot| (slot.tasks > 0).then_some(slot.tasks)).collect(),
            p95: values.iter_mut().map(|values| values.quantiles().map(|quantiles| quantiles.p95)).collect(),
            success: slots.iter().map(Tally::rate).collect(),
            tokens: slots.iter().map(|slot| (slot.tokens.recorded > 0).then_some(slot.tokens.used)).collect(),
        })
    }

    /// The columns without figures.
    fn frame(&self, range: TimeRange, grid: &Grid) -> Timeline {
        let end = grid.slot_start(grid.slots);
        let last = grid.slot_start(grid.slots.saturating_sub(1));
        let now = self.scope.now;
        let data = self.scope.bounds.unwrap_or(range);
        Timeline {
            step_ms: grid.step / 1000,
            time: (0..grid.slots).map(|slot| grid.slot_start(slot).millis()).collect(),
            partial_first: grid.start < range.from && data.from < range.from,
            partial_last: (last <= now && now < end) || (range.until < end && range.until < data.until),
            p50: vec![None; grid.slots],
            p95: vec![None; grid.slots],
            p99: vec![None; grid.slots],
            timed: vec![0; grid.slots],
            shortest: vec![None; grid.slots],
            longest: vec![None; grid.slots],
            success: vec![None; grid.slots],
            health: vec![None; grid.slots],
            ..Timeline::default()
        }
    }

    /// Mean health by slot. Hours and days of swarm metrics answer charts that are no finer.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    async fn health(&mut self, range: TimeRange, grid: &Grid) -> Result<Vec<Option<f64>>, StoreError> {
        let mut slots = vec![(0, 0.0); grid.slots];
        if let Some(cut) = self.cut {
            let coarsest = if cut.rollups() == Rollups::None { Tier::Raw } else { tier_of(grid.step) };
            let pieces = self.of_series(pieces(range, coarsest, None));
            for (slot, n, sum) in self.snapshot.health(&pieces, &cut, grid).await? {
                if let Some(slot) = slots.get_mut(slot) {
                    slot.0 += n;
                    slot.1 += sum;
                }
            }
        }
        Ok(slots.into_iter().map(|(n, sum): (u64, f64)| (n > 0).then(|| sum / n as f64)).collect())
    }
}

/// Results, rates and tokens.
fn fill(timeline: &mut Timeline, slots: &[Tally], words: &[WordAt]) {
    timeline.success = slots.iter().map(Tally::rate).collect::<Vec<Option<Rate>>>();
    let empty: Vec<Option<u64>> = slots.iter().map(|slot| (slot.tasks > 0).then_some(0)).collect();
    for (index, slot) in slots.iter().enumerate() {
        for (word, count) in counts(slot).into_iter().filter(|(_, count)| *count > 0) {
            count_word(&mut timeline.results, &empty, word, index, count);
        }
    }
    for word in words {
        let name = word.word.as_deref().unwrap_or(NO_RESULT);
        count_word(&mut timeline.results, &empty, name, word.slot, word.tasks);
    }
    type Tokens = fn(&Tally) -> i64;
    let kinds: [(&str, Tokens); 5] = [
        ("cache_read", |slot| slot.tokens.cache_read),
        ("cache_write", |slot| slot.tokens.cache_write),
        ("input", |slot| slot.tokens.input),
        ("output", |slot| slot.tokens.output),
        ("unsplit", |slot| slot.tokens.unsplit),
    ];
    for (kind, tokens) in kinds {
        // Most stores never see totals without kinds; then the word is of no use to anybody.
        if kind != "unsplit" || slots.iter().any(|slot| slot.tokens.unsplit != 0) {
            let column = slots.iter().map(|slot| (slot.tokens.recorded > 0).then(|| tokens(slot))).collect();
            timeline.tokens.insert(kind.to_owned(), column);
        }
    }
}

fn count_word(
    results: &mut BTreeMap<String, Vec<Option<u64>>>,
    empty: &[Option<u64>],
    word: &str,
    slot: usize,
    count: u64,
) {
    let column = results.entry(word.to_owned()).or_insert_with(|| empty.to_vec());
    if let Some(place) = column.get_mut(slot) {
        *place = Some(place.unwrap_or(0) + count);
    }
}

fn fill_percentiles(timeline: &mut Timeline, values: &mut [Values]) {
    for (slot, values) in values.iter_mut().enumerate() {
        let Some(quantiles) = values.quantiles() else { continue };
        timeline.p50[slot] = Some(quantiles.p50);
        timeline.p95[slot] = Some(quantiles.p95);
        timeline.p99[slot] = Some(quantiles.p99);
    }
}
