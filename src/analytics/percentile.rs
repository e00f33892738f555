//! Exact percentiles of values at hand.
//!
//! Method: linear interpolation between the closest ranks (Hyndman and Fan 1996, type 7; what R,
//! NumPy and spreadsheets do by default).
//!
//! Not here: percentiles of more values than one wants to hold (`sketch`).

/// Returns the value below which the share `q` (0..=1) of `sorted` lies, interpolated; `None` when
/// `sorted` is empty or `q` lies outside. `sorted` must be ascending.
#[must_use]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn percentile(sorted: &[f64], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) {
        return None;
    }
    let rank = q * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(rank.floor() as usize)?;
    let above = sorted.get(rank.ceil() as usize)?;
    Some(below + (above - below) * rank.fract())
}

/// As [`percentile`], of values in any order, which it puts into another: finding two of them costs less than sorting
/// all.
#[must_use]
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn percentile_of(values: &mut [f64], q: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&q) || values.is_empty() {
        return None;
    }
    let rank = q * (values.len() - 1) as f64;
    let (_, below, beyond) = values.select_nth_unstable_by(rank.floor() as usize, f64::total_cmp);
    let above = beyond.iter().copied().min_by(f64::total_cmp).unwrap_or(*below);
    Some(*below + (above - *below) * rank.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_any_order_have_the_percentiles_of_the_sorted_ones() {
        let mut values: Vec<f64> = (0..101).map(|n| f64::from((n * 37) % 101)).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        for q in [0.0, 0.013, 0.5, 0.95, 0.999, 1.0] {
            assert_eq!(percentile_of(&mut values, q), percentile(&sorted, q), "{q}");
        }
        assert_eq!((percentile_of(&mut [], 0.5), percentile_of(&mut [7.0], 1.01)), (None, None));
    }

    #[test]
    fn the_median_of_one_to_four_is_two_and_a_half() {
        assert_eq!(percentile(&[1.0, 2.0, 3.0, 4.0], 0.5), Some(2.5));
    }

    #[test]
    fn p95_of_one_to_twenty_one_is_twenty() {
        let values: Vec<f64> = (1..=21).map(f64::from).collect();
        assert_eq!(percentile(&values, 0.95), Some(20.0));
        assert_eq!((percentile(&values, 0.0), percentile(&values, 1.0)), (Some(1.0), Some(21.0)));
    }

    #[test]
    fn nothing_has_no_percentile() {
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[1.0], 1.01), None);
        assert_eq!(percentile(&[7.0], 0.99), Some(7.0));
    }
}
