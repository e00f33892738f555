//! Advice by the documented rules: a rate below 0.7, a degrading trend, more than 1000 ms on average, and a mean time
//! to recovery of 1000 ms or less. Nothing is advised on fewer than ten attempts, and no data is not a rate of 0.
//!
//! The two rules on times are about how long a healer works. Derived times are how long an agent took to come back to
//! what failed, its thinking included, and are not held against 1000 ms.

use super::words::{counts, time};
use crate::model::RecordFilter;
use crate::model::healing::{
    HealingTotals, Origin, Recommendation, RecommendationKind as Kind, StrategyRow, StrategyVerdict, TrendWord,
};

/// Above this mean a strategy is slow, up to it recovery is fast: milliseconds.
const SLOW_MS: f64 = 1000.0;
/// Strategies named in one sentence.
const NAMED_MAX: usize = 5;

/// What to do, most urgent first.
#[must_use]
pub fn advice(strategies: &[StrategyRow], by_origin: &[(Origin, HealingTotals)]) -> Vec<Recommendation> {
    if by_origin.is_empty() {
        return vec![no_data()];
    }
    let judged = || strategies.iter().filter(|row| row.verdict.is_some());
    let mut all: Vec<Recommendation> = judged().filter_map(low).collect();
    all.extend(judged().filter_map(degrading));
    all.extend(judged().filter_map(slow));
    all.extend(by_origin.iter().filter_map(optimal));
    all.extend(too_few(strategies));
    all
}

fn about(kind: Kind, row: &StrategyRow, n: u64, text: String) -> Recommendation {
    let filter = RecordFilter { strategy: Some(row.strategy.clone()), ..RecordFilter::default() };
    Recommendation { kind, text, n, origin: Some(row.origin), filter }
}

fn low(row: &StrategyRow) -> Option<Recommendation> {
    let rate = row.success.rate;
    let low = u128::from(rate.numerator) * 10 < u128::from(rate.denominator) * 7;
    let text = || {
        format!(
            "{} has a low success rate: {} attempts worked, less than 70 %. Consider tuning or replacing it.",
            row.strategy,
            counts(rate)
        )
    };
    low.then(|| about(Kind::LowSuccess, row, rate.denominator, text()))
}

fn degrading(row: &StrategyRow) -> Option<Recommendation> {
    let trend = row.trend.filter(|trend| trend.word == TrendWord::Degrading)?;
    let text = format!(
        "{} is degrading: {} of its last attempts worked, {} before. Review what changed.",
        row.strategy,
        counts(trend.recent),
        counts(trend.earlier)
    );
    Some(about(Kind::Degrading, row, row.success.rate.denominator, text))
}

fn slow(row: &StrategyRow) -> Option<Recommendation> {
    let mean = row.avg_healing_time_ms.filter(|mean| mean.ms > SLOW_MS && mean.n >= StrategyVerdict::ATTEMPTS_MIN)?;
    let text = format!(
        "{} takes {} on average (n = {}), more than {}. Look at what it spends its time on.",
        row.strategy,
        time(mean.ms),
        mean.n,
        time(SLOW_MS)
    );
    (row.origin == Origin::Reported).then(|| about(Kind::Slow, row, mean.n, text))
}

fn optimal((origin, totals): &(Origin, HealingTotals)) -> Option<Recommendation> {
    let mttr = totals.mttr_ms.filter(|_| *origin == Origin::Reported)?;
    if mttr.ms > SLOW_MS || mttr.n < StrategyVerdict::ATTEMPTS_MIN {
        return None;
    }
    let text = format!(
        "Mean time to recovery of reported healings is {} (n = {}), which is optimal: at most {}. Keep the configuration.",
        time(mttr.ms),
        mttr.n,
        time(SLOW_MS)
    );
    let filter = RecordFilter { success: Some("true".to_owned()), ..RecordFilter::default() };
    Some(Recommendation { kind: Kind::OptimalMttr, text, n: mttr.n, origin: Some(*origin), filter })
}

fn too_few(strategies: &[StrategyRow]) -> Option<Recommendation> {
    let few: Vec<&StrategyRow> = strategies.iter().filter(|row| row.verdict.is_none()).collect();
    if few.is_empty() {
        return None;
    }
    let named = few.iter().take(NAMED_MAX).map(|row| format!("{} ({})", row.strategy, row.success.rate.denominator));
    let mut names = named.collect::<Vec<_>>().join(", ");
    if let Some(more @ 1..) = few.len().checked_sub(NAMED_MAX) {
        names = format!("{names} and {more} more");
    }
    Some(Recommendation {
        kind: Kind::NotEnoughData,
        text: format!("Not enough data to judge {names}: a verdict needs {} attempts.", StrategyVerdict::ATTEMPTS_MIN),
        n: few.iter().map(|row| row.success.rate.denominator).sum(),
        origin: None,
        filter: RecordFilter::default(),
    })
}

fn no_data() -> Recommendation {
    Recommendation {
        kind: Kind::NoData,
        text: "No healings here, so nothing can be said. Send healing records, or events in which failures and what \
               followed them can be found."
            .to_owned(),
        n: 0,
        origin: None,
        filter: RecordFilter::default(),
    }
}
