//! Medians, and values in equal steps as pages draw them.

use crate::model::pattern::Histogram;

/// Steps of a histogram, at most.
const STEPS: usize = 20;

/// The middle value; of an even number the mean of the two in the middle. Reorders `values`. `None` of nothing.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let (count, middle) = (values.len(), values.len() / 2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if count % 2 == 1 {
        return Some(*upper);
    }
    below.iter().copied().max_by(f64::total_cmp).map(|lower| f64::midpoint(lower, *upper))
}

/// The first `count` of `values` by `key`, in its order; equal ones in any.
pub(super) fn first_by<T, K: Ord>(mut values: Vec<T>, count: usize, key: impl Fn(&T) -> K) -> Vec<T> {
    if count > 0 && values.len() > count {
        values.select_nth_unstable_by_key(count - 1, &key);
    }
    values.truncate(count);
    values.sort_unstable_by_key(key);
    values
}

/// The median absolute deviation from `center`.
pub(super) fn deviation(values: &[f64], center: f64) -> Option<f64> {
    let mut distances: Vec<f64> = values.iter().map(|value| (value - center).abs()).collect();
    median(&mut distances)
}

/// `values` (not negative, finite) in at most 20 steps from `start` to `end`; those beyond are counted as above.
pub(super) fn histogram(values: &[f64], start: f64, end: f64) -> Histogram {
    let step = if end > start { readable((end - start) / f64::from(u16::try_from(STEPS).unwrap_or(1))) } else { 1.0 };
    let start = (start / step).floor() * step;
    let mut histogram = Histogram { start, step, counts: Vec::new(), above: 0 };
    for value in values {
        let place = ((value - start) / step).max(0.0);
        if place >= 2.0 * 20.0 || *value > end {
            histogram.above += 1;
            continue;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 40, checked above")]
        let place = place as usize;
        if histogram.counts.len() <= place {
            histogram.counts.resize(place + 1, 0);
        }
        histogram.counts[place] += 1;
    }
    histogram
}

/// The next number of the series 1, 2, 5, 10, 20, 50, … that is not below `width`.
fn readable(width: f64) -> f64 {
    let base = 10_f64.powf(width.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * base).find(|step| *step >= width).unwrap_or(10.0 * base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut [8.0, 1.0, 3.0, 9.0, 2.0, 7.0]), Some(5.0));
        assert_eq!(deviation(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0], 2.0), Some(1.0), "0 0 1 1 2 4 7");
    }

    #[test]
    fn the_first_come_in_order() {
        let down = |value: &i32| std::cmp::Reverse(*value);
        assert_eq!(first_by(vec![3, 9, 1, 7, 5], 3, down), [9, 7, 5]);
        assert_eq!(first_by(vec![3, 9], 3, down), [9, 3]);
        assert!(first_by(vec![3, 9], 0, down).is_empty());
    }

    #[test]
    fn a_histogram_has_round_steps_and_loses_nothing() {
        let h = histogram(&[0.0, 0.4, 9.9, 10.0, 11.0], 0.0, 10.0);
        assert_eq!((h.start, h.step, h.above), (0.0, 0.5, 1));
        assert_eq!((h.counts[0], h.counts[19], h.counts[20]), (2, 1, 1));
        let one = histogram(&[7.0, 7.0], 7.0, 7.0);
        assert_eq!((one.start, one.step, one.counts, one.above), (7.0, 1.0, vec![2], 0));
    }
}
