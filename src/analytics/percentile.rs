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

#[cfg(test)]
mod tests {
    use super::*;

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
