//! Whether a metric gets better or worse.
//!
//! The rule is the documents': a moving average of ten samples in the order of time; the mean of its last five values
//! against the mean of all before; more than 5 % apart is a change, exactly 5 % is not. Fewer than 15 samples, or an
//! earlier mean of 0, is no verdict. Beside it stands the Mann–Kendall test (Mann 1945, Kendall 1975, with their
//! correction for ties) over all samples, which says whether they rise or fall more steadily than chance.
//!
//! Comparisons are exact where the numbers are decimals of at most nine places, as counts, milliseconds and shares
//! are when people write them: they are compared as whole numbers. Others are compared as floating point.
//!
//! Samples of one instant have no order among each other, so each counts as the mean of that instant: the order in
//! which records arrive changes nothing. Not here: which samples there are (`service::trends`).

use std::cmp::Ordering;

use super::normal::two_sided;
use crate::model::Micros;
use crate::model::trend::{Better, Lacking, Trend, TrendFigures, Verdict};

/// Decimal places up to which numbers are compared exactly.
const PLACES_MAX: u32 = 9;
/// Whole numbers below are exact as floating point.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0; // 2^53
/// Largest common multiple of how many samples share instants, up to which means of instants stay exact.
const SHARES_MAX: i128 = 1_000_000;
/// The moving averages, as lengths of sums.
const RECENT: i128 = Trend::RECENT as i128;

/// One record: when, and its number if it carries it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sample {
    /// When.
    pub time: Micros,
    /// The number, finite; `None` when the record has none.
    pub value: Option<f64>,
}

/// What the samples say.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// What became of the metric.
    pub verdict: Verdict,
    /// Why nothing can be said.
    pub lacking: Option<Lacking>,
    /// What it was judged by.
    pub figures: TrendFigures,
}

/// Judges `samples`, in any order, of a metric of which `better` is good.
///
/// O(n log n) in the number of samples.
#[must_use]
pub fn judge(samples: &[Sample], better: Option<Better>) -> Judged {
    let mut points: Vec<(Micros, f64)> = samples
        .iter()
        .filter_map(|sample| Some((sample.time, sample.value.filter(|value| value.is_finite())?)))
        .collect();
    points.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let n = points.len();
    let mut figures = TrendFigures {
        n: n as u64,
        missing: (samples.len() - n) as u64,
        first: points.first().map(|point| point.0),
        recent_from: points.get(n.saturating_sub(Trend::RECENT_SAMPLES)).map(|point| point.0),
        last: points.last().map(|point| point.0),
        ..TrendFigures::default()
    };
    if n < Trend::SAMPLES_MIN {
        return Judged { verdict: Verdict::NotEnoughData, lacking: Some(Lacking::Samples), figures };
    }
    let (values, compared) = match exact(&points) {
        Some((whole, unit)) => {
            (whole.iter().map(|value| to_float(*value) / unit).collect(), compare_exact(&whole, unit))
        }
        None => {
            let values = level(&points);
            let compared = compare(&values);
            (values, compared)
        }
    };
    figures.recent = Some(compared.recent);
    figures.earlier = Some(compared.earlier);
    figures.change_percent = compared.change_percent;
    figures.p_value = Some(mann_kendall(&values));
    figures.curve = curve(&values);
    let (verdict, lacking) = match compared.side {
        None => (Verdict::NotEnoughData, Some(Lacking::Baseline)),
        Some(side) => (verdict(side, better), None),
    };
    Judged { verdict, lacking, figures }
}

fn verdict(side: Ordering, better: Option<Better>) -> Verdict {
    match (side, better) {
        (Ordering::Equal, _) => Verdict::Stable,
        (Ordering::Greater, None) => Verdict::Rising,
        (Ordering::Less, None) => Verdict::Falling,
        (Ordering::Greater, Some(Better::Higher)) | (Ordering::Less, Some(Better::Lower)) => Verdict::Improving,
        (Ordering::Greater, Some(Better::Lower)) | (Ordering::Less, Some(Better::Higher)) => Verdict::Degrading,
    }
}

/// Recent and earlier moving averages side by side.
struct Compared {
    recent: f64,
    earlier: f64,
    change_percent: Option<f64>,
    /// Whether it grew or shrank by more than the threshold; `None` where `earlier` is 0.
    side: Option<Ordering>,
}

/// `values` are `unit` times what they stand for.
///
/// With R the sum of the last five sums of ten, E the sum of the m before, recent = R/50 and earlier = E/10m, so
/// recent − earlier > 5 % of |earlier| is 4mR − 20E > |E|.
fn compare_exact(values: &[i128], unit: f64) -> Compared {
    let sums: Vec<i128> = values.windows(Trend::WINDOW).map(|window| window.iter().sum()).collect();
    let (before, last) = sums.split_at(sums.len() - Trend::RECENT);
    let (m, e, r) = (before.len() as i128, before.iter().sum::<i128>(), last.iter().sum::<i128>());
    let window = to_float(Trend::WINDOW as i128) * unit;
    Compared {
        recent: to_float(r) / to_float(RECENT) / window,
        earlier: to_float(e) / to_float(m) / window,
        change_percent: (e != 0).then(|| 20.0 * to_float(m * r - RECENT * e) / to_float(e.abs())),
        side: (e != 0).then(|| {
            let rise = 4 * m * r - 20 * e;
            if rise.abs() > e.abs() { rise.cmp(&0) } else { Ordering::Equal }
        }),
    }
}

/// The same in floating point.
fn compare(values: &[f64]) -> Compared {
    let averages = averages(values);
    let (before, last) = averages.split_at(averages.len() - Trend::RECENT);
    let (earlier, recent) = (mean(before), mean(last));
    let change = (earlier != 0.0).then(|| (recent - earlier) / earlier.abs() * 100.0);
    let side = change.map(|change| {
        let grew = change.partial_cmp(&0.0).unwrap_or(Ordering::Equal);
        if change.abs() > Trend::THRESHOLD_PERCENT { grew } else { Ordering::Equal }
    });
    Compared { recent, earlier, change_percent: change, side }
}

/// Moving averages of [`Trend::WINDOW`] values, each summed anew so that no error piles up.
fn averages(values: &[f64]) -> Vec<f64> {
    values.windows(Trend::WINDOW).map(mean).collect()
}

/// Each part is divided before it is added: numbers near the largest there are still have a mean.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn mean(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let sum: f64 = values.iter().sum();
    if sum.is_finite() { sum / n } else { values.iter().map(|value| value / n).sum() }
}

/// The moving average, thinned; its last value is always there.
fn curve(values: &[f64]) -> Vec<f64> {
    let averages = averages(values);
    let step = averages.len().div_ceil(Trend::CURVE_MAX).max(1);
    let mut curve: Vec<f64> = averages.iter().rev().step_by(step).copied().collect();
    curve.reverse();
    curve
}

/// The samples of one instant, one slice each.
fn instants(points: &[(Micros, f64)]) -> impl Iterator<Item = &[(Micros, f64)]> {
    points.chunk_by(|a, b| a.0 == b.0)
}

/// Each value replaced by the mean of its instant.
fn level(points: &[(Micros, f64)]) -> Vec<f64> {
    let mean_of = |instant: &[(Micros, f64)]| {
        let values: Vec<f64> = instant.iter().map(|point| point.1).collect();
        std::iter::repeat_n(mean(&values), values.len())
    };
    instants(points).flat_map(mean_of).collect()
}

/// The same in whole numbers that are so many times the values; `None` where they are no short decimals.
fn exact(points: &[(Micros, f64)]) -> Option<(Vec<i128>, f64)> {
    let places = points.iter().try_fold(0, |most, point| Some(most.max(decimals(point.1)?)))?;
    let power = 10_f64.powi(i32::try_from(places).ok()?);
    let shares = instants(points).try_fold(1, |common, instant| multiple(common, instant.len() as i128))?;
    let mut values = Vec::with_capacity(points.len());
    for instant in instants(points) {
        let whole = instant.iter().map(|point| whole(point.1, power)).sum::<Option<i128>>()?;
        values.extend(std::iter::repeat_n(whole * (shares / instant.len() as i128), instant.len()));
    }
    Some((values, power * to_float(shares)))
}

/// The least common multiple, up to [`SHARES_MAX`].
fn multiple(a: i128, b: i128) -> Option<i128> {
    let (mut divisor, mut rest) = (a, b);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    Some(a / divisor * b).filter(|multiple| *multiple <= SHARES_MAX)
}

/// How many decimal places `value` is written with; `None` for more than [`PLACES_MAX`].
fn decimals(value: f64) -> Option<u32> {
    (0..=PLACES_MAX).find(|places| {
        let power = 10_f64.powi(*places as i32);
        let scaled = (value * power).round();
        scaled.abs() < EXACT_MAX && scaled / power == value
    })
}

#[expect(clippy::cast_possible_truncation, reason = "below 2^53, as was looked")]
fn whole(value: f64, power: f64) -> Option<i128> {
    let scaled = (value * power).round();
    (scaled.abs() < EXACT_MAX).then_some(scaled as i128)
}

/// Rounded to the nearest.
#[expect(clippy::cast_precision_loss, reason = "only what is shown is rounded, not what is compared")]
fn to_float(whole: i128) -> f64 {
    whole as f64
}

/// The two-sided p-value of the Mann–Kendall test, with correction for ties and for continuity; 1 where all values
/// are equal.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn mann_kendall(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties: f64 = sorted.chunk_by(|a, b| a == b).map(|equal| spread(equal.len() as f64)).sum();
    let variance = (spread(values.len() as f64) - ties) / 18.0;
    if variance <= 0.0 {
        return 1.0;
    }
    sorted.dedup();
    let s = score(values, &sorted) as f64;
    two_sided((s.abs() - 1.0).max(0.0) / variance.sqrt())
}

/// Pairs in which the later value is larger, less those in which it is smaller. `distinct` holds each value once,
/// ascending. A Fenwick tree counts the values seen so far by their rank.
fn score(values: &[f64], distinct: &[f64]) -> i64 {
    let mut tree = vec![0_i64; distinct.len() + 1];
    let up_to = |tree: &[i64], mut rank: usize| {
        let mut sum = 0;
        while rank > 0 {
            sum += tree.get(rank).copied().unwrap_or_default();
            rank &= rank - 1;
        }
        sum
    };
    let (mut seen, mut score) = (0, 0);
    for value in values {
        let rank = distinct.partition_point(|other| other < value) + 1;
        let (smaller, not_larger) = (up_to(&tree, rank - 1), up_to(&tree, rank));
        score += smaller - (seen - not_larger);
        seen += 1;
        let mut at = rank;
        while let Some(count) = tree.get_mut(at) {
            *count += 1;
            at += at & at.wrapping_neg();
        }
    }
    score
}

#[cfg(test)]
mod tests;
