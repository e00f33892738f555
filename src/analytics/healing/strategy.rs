//! Strategies: how often they work, how long they take, where they are going, and what to do about them.

use super::figures::{MeanOf, success};
use super::words::counts;
use super::{Attempts, name};
use crate::analytics::percentile::percentile_of;
use crate::model::answer::Rate;
use crate::model::healing::{Origin, StrategyRow, StrategyVerdict, Trend, TrendWord};

/// What a strategy's attempts say, oldest first.
#[derive(Debug, Default)]
struct History {
    outcomes: Vec<bool>,
    durations: Vec<f64>,
    mean: MeanOf,
}

/// One row for each strategy and origin: reported first, then by attempts, most first, then by name.
#[must_use]
pub fn by_strategy(attempts: &Attempts) -> Vec<StrategyRow> {
    let count = attempts.strategies.len();
    let mut histories: Vec<History> = (0..2 * count).map(|_| History::default()).collect();
    for row in attempts.rows() {
        if let Some(history) = histories.get_mut(row.origin as usize * count + row.strategy as usize) {
            history.outcomes.push(row.success);
            history.durations.extend(row.duration_ms);
            history.mean.push(row.duration_ms);
        }
    }
    let groups = Origin::ALL.into_iter().flat_map(|origin| (0..count).map(move |number| (origin, number)));
    let mut rows: Vec<StrategyRow> = groups
        .zip(histories)
        .filter_map(|((origin, number), history)| row(name(&attempts.strategies, number), origin, history))
        .collect();
    rows.sort_by(|a, b| {
        let by_size = (a.origin, b.success.rate.denominator).cmp(&(b.origin, a.success.rate.denominator));
        by_size.then_with(|| a.strategy.cmp(&b.strategy))
    });
    rows
}

fn row(strategy: String, origin: Origin, history: History) -> Option<StrategyRow> {
    let History { outcomes, mut durations, mean } = history;
    let worked = outcomes.iter().filter(|worked| **worked).count() as u64;
    let success = success(worked, outcomes.len() as u64)?;
    let trend = trend(&outcomes);
    let verdict = verdict(success.rate, trend);
    Some(StrategyRow {
        strategy,
        origin,
        success_count: worked,
        failure_count: success.rate.denominator - worked,
        success,
        avg_healing_time_ms: mean.mean(),
        p50_ms: percentile_of(&mut durations, 0.5),
        p95_ms: percentile_of(&mut durations, 0.95),
        trend,
        verdict,
        why: why(success.rate, trend, verdict),
    })
}

/// Compares the newest ten of `outcomes`, which are in the order of time, with all before them; `None` when there
/// are fewer than fifteen. Fractions of whole numbers are compared: a difference of exactly 0.05 is stable.
#[must_use]
pub fn trend(outcomes: &[bool]) -> Option<Trend> {
    let n = outcomes.len() as u64;
    if n < Trend::ATTEMPTS_MIN {
        return None;
    }
    let worked = |outcomes: &[bool]| outcomes.iter().filter(|worked| **worked).count() as u64;
    let (before, newest) = outcomes.split_at(outcomes.len().saturating_sub(Trend::RECENT as usize));
    let recent = Rate::new(worked(newest), newest.len() as u64)?;
    let earlier = Rate::new(worked(before), before.len() as u64)?;
    // recent − earlier against 1/20, times both denominators and 20.
    let product = |a: u64, b: u64| i128::from(a) * i128::from(b);
    let change = 20 * (product(recent.numerator, earlier.denominator) - product(earlier.numerator, recent.denominator));
    let margin = product(recent.denominator, earlier.denominator);
    let word = match change {
        change if change > margin => TrendWord::Improving,
        change if change < -margin => TrendWord::Degrading,
        _ => TrendWord::Stable,
    };
    Some(Trend { word, recent, earlier })
}

/// What to do about a strategy with this rate and trend; `None` below ten attempts.
#[must_use]
pub fn verdict(rate: Rate, trend: Option<Trend>) -> Option<StrategyVerdict> {
    if rate.denominator < StrategyVerdict::ATTEMPTS_MIN {
        return None;
    }
    let (worked, all) = (u128::from(rate.numerator), u128::from(rate.denominator));
    let degrading = trend.is_some_and(|trend| trend.word == TrendWord::Degrading);
    Some(if worked * 10 >= all * 9 && !degrading {
        StrategyVerdict::Keep
    } else if worked * 2 < all {
        StrategyVerdict::Replace
    } else {
        StrategyVerdict::Tune
    })
}

fn why(rate: Rate, trend: Option<Trend>, verdict: Option<StrategyVerdict>) -> String {
    let Some(verdict) = verdict else {
        let needed = StrategyVerdict::ATTEMPTS_MIN;
        return format!("not enough data: {} of the {needed} attempts a verdict needs", rate.denominator);
    };
    let worked = format!("{} worked", counts(rate));
    let going = match trend {
        Some(trend) => format!(
            "{}: {} of the last {}, {} of {} before",
            trend.word.as_str(),
            trend.recent.numerator,
            trend.recent.denominator,
            trend.earlier.numerator,
            trend.earlier.denominator,
        ),
        None => format!("no trend below {} attempts", Trend::ATTEMPTS_MIN),
    };
    let rule = match verdict {
        StrategyVerdict::Keep => "90 % or more, and not degrading",
        StrategyVerdict::Replace => "less than half",
        StrategyVerdict::Tune if u128::from(rate.numerator) * 10 >= u128::from(rate.denominator) * 9 => {
            "90 % or more, but degrading"
        }
        StrategyVerdict::Tune => "at least half, but less than 90 %",
    };
    format!("{worked}, {rule} ({going})")
}
