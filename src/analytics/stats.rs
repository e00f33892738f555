//! Count, mean, deviation and extremes of a sample, one value at a time or by merging parts.
//!
//! Method: Welford's update (1962) and the pairwise merge of Chan, Golub and LeVeque (1979), which
//! keep their digits where the textbook Σx² − (Σx)²/n loses them all.

/// Moments of the values pushed so far.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Moments {
    /// How many values.
    pub n: u64,
    /// Their sum.
    pub sum: f64,
    /// Sum of squared deviations from the mean.
    pub m2: f64,
    /// The smallest; `None` when empty.
    pub min: Option<f64>,
    /// The largest; `None` when empty.
    pub max: Option<f64>,
}

impl Moments {
    /// Counts `value`, which must be finite.
    pub fn push(&mut self, value: f64) {
        self.merge(&Self { n: 1, sum: value, m2: 0.0, min: Some(value), max: Some(value) });
    }

    /// Adds everything `other` has seen.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn merge(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *other;
            return;
        }
        let (n, m) = (self.n as f64, other.n as f64);
        let delta = other.sum / m - self.sum / n;
        self.m2 += other.m2 + delta * delta * n * m / (n + m);
        self.n += other.n;
        self.sum += other.sum;
        self.min = self.min.into_iter().chain(other.min).reduce(f64::min);
        self.max = self.max.into_iter().chain(other.max).reduce(f64::max);
    }

    /// The mean; `None` when empty.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn mean(&self) -> Option<f64> {
        (self.n > 0).then(|| self.sum / self.n as f64)
    }

    /// Standard deviation of the values as a whole population (divides by n); `None` when empty.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn stddev(&self) -> Option<f64> {
        (self.n > 0).then(|| (self.m2 / self.n as f64).sqrt())
    }

    /// Standard deviation estimated from the values as a sample (divides by n − 1); `None` for
    /// fewer than two values.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn stddev_samp(&self) -> Option<f64> {
        (self.n > 1).then(|| (self.m2 / (self.n - 1) as f64).sqrt())
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Self::default();
        values.into_iter().for_each(|value| moments.push(value));
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_four_four_four_five_five_seven_nine_deviate_by_two() {
        let moments: Moments = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().collect();
        assert_eq!((moments.mean(), moments.stddev()), (Some(5.0), Some(2.0)));
        assert!((moments.stddev_samp().expect("eight values") - 2.138_089_935).abs() < 1e-9);
        assert_eq!((moments.min, moments.max), (Some(2.0), Some(9.0)));
    }

    #[test]
    fn nothing_has_no_mean_and_one_value_no_sample_deviation() {
        let none = Moments::default();
        assert_eq!((none.mean(), none.stddev(), none.stddev_samp(), none.min), (None, None, None, None));
        let one: Moments = [3.0].into_iter().collect();
        assert_eq!((one.stddev(), one.stddev_samp()), (Some(0.0), None));
    }

    #[test]
    fn large_means_keep_their_digits() {
        // The original's one-pass formula answers 0.0 here.
        let moments: Moments = (0..10).map(|i| 3e9 + f64::from(i)).collect();
        assert!((moments.stddev().expect("ten values") - 2.872_281_323).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn merging_parts_equals_pushing_all(a in proptest::collection::vec(-1e6..1e6_f64, 0..50), b in proptest::collection::vec(-1e6..1e6_f64, 0..50)) {
            let mut merged: Moments = a.iter().copied().collect();
            merged.merge(&b.iter().copied().collect());
            let whole: Moments = a.iter().chain(&b).copied().collect();
            prop_assert_eq!((merged.n, merged.min, merged.max), (whole.n, whole.min, whole.max));
            prop_assert!((merged.sum - whole.sum).abs() <= 1e-6);
            prop_assert!((merged.m2 - whole.m2).abs() <= 1e-9 * whole.m2.max(1.0));
        }
    }
}
