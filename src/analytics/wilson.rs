//! How well a share is known: the score interval of Wilson (1927), which stays inside 0 to 1 and is honest for few
//! records and for shares near both ends, where mean ± 2 standard errors is not.

use crate::model::answer::Rate;

/// Standard deviations that hold 95 % of a normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// The interval in which the share behind `rate` lies with 95 % confidence: its lower and upper end, 0 to 1.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn interval(rate: Rate) -> (f64, f64) {
    let n = rate.denominator as f64;
    let share = rate.ratio();
    let z2 = Z * Z;
    let middle = share + z2 / (2.0 * n);
    let reach = Z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((middle - reach) / scale).clamp(0.0, share), ((middle + reach) / scale).clamp(share, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numerator: u64, denominator: u64) -> (f64, f64) {
        interval(Rate::new(numerator, denominator).expect("a rate"))
    }

    #[test]
    fn the_interval_is_that_of_the_textbooks() {
        // 95 of 100: Wilson gives 0.8882 to 0.9785 (R: prop.test(95, 100, correct = FALSE)).
        let (low, high) = of(95, 100);
        assert!((low - 0.888_2).abs() < 5e-5 && (high - 0.978_5).abs() < 5e-5, "{low} {high}");
    }

    #[test]
    fn all_or_nothing_of_few_is_not_certain() {
        // 0 of 10: 0 to z²/(n + z²) = 3.8415 / 13.8415.
        let (low, high) = of(0, 10);
        assert!(low.abs() < 1e-12 && (high - 0.277_5).abs() < 5e-5, "{low} {high}");
        let (low, high) = of(10, 10);
        assert!((low - 0.722_5).abs() < 5e-5 && (high - 1.0).abs() < 1e-12, "{low} {high}");
    }
}
