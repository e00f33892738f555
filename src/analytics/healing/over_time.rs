//! Success rates over time.

use std::collections::HashMap;

use super::Attempts;
use crate::analytics::grid::Grid;
use crate::model::TimeRange;
use crate::model::answer::Rate;
use crate::model::healing::{Origin, OverTime, StrategyOverTime, StrategyRow};
use crate::model::time::SECOND;

/// Most steps of a range, about: attempts are few, and a rate of two or three of them says nothing.
const STEPS: i64 = 16;

/// The success of the first [`OverTime::STRATEGIES_MAX`] of `strategies` in equal steps over `range`.
#[must_use]
pub fn over_time(attempts: &Attempts, strategies: &[StrategyRow], range: TimeRange) -> OverTime {
    if strategies.is_empty() {
        return OverTime::default();
    }
    let grid = Grid::over(range, SECOND.max(range.length() / STEPS));
    let shown = &strategies[..strategies.len().min(OverTime::STRATEGIES_MAX)];
    let number_of: HashMap<&str, usize> =
        attempts.strategies.iter().enumerate().map(|(number, name)| (name.as_str(), number)).collect();
    // The place of each strategy and origin among those shown.
    let count = attempts.strategies.len();
    let mut places: Vec<Option<usize>> = vec![None; Origin::ALL.len() * count];
    for (place, row) in shown.iter().enumerate() {
        if let Some(number) = number_of.get(row.strategy.as_str()) {
            places[row.origin as usize * count + number] = Some(place);
        }
    }
    let mut counts = vec![vec![(0u64, 0u64); grid.slots]; shown.len()];
    for row in attempts.rows() {
        let place = places.get(row.origin as usize * count + row.strategy as usize).copied().flatten();
        if let (Some(place), Some(slot)) = (place, grid.slot(row.ts)) {
            let (worked, all) = &mut counts[place][slot];
            *worked += u64::from(row.success);
            *all += 1;
        }
    }
    let success = |slots: Vec<(u64, u64)>| slots.into_iter().map(|(worked, all)| Rate::new(worked, all)).collect();
    let strategies = shown.iter().zip(counts).map(|(row, slots)| StrategyOverTime {
        strategy: row.strategy.clone(),
        origin: row.origin,
        success: success(slots),
    });
    OverTime {
        step_ms: grid.step / 1000,
        time: (0..grid.slots).map(|slot| grid.slot_start(slot).millis()).collect(),
        strategies: strategies.collect(),
    }
}
