//! How likely chance alone is: binomial tails, and the correction for having looked at many things.

/// Below this, p-values are all the same: "never".
const P_MIN: f64 = 1e-300;

/// The natural logarithm of the gamma function, for `x > 0`: Stirling's series after shifting the argument to at
/// least 10, where three terms reach 1e-10.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    let mut shift = 0.0;
    let mut x = x;
    while x < 10.0 {
        shift += x.ln();
        x += 1.0;
    }
    let square = x * x;
    let series = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * square)) / square) / x;
    (x - 0.5).mul_add(x.ln(), -x) + 0.5 * (2.0 * std::f64::consts::PI).ln() + series - shift
}

/// P(X ≥ `hits`) for X binomial with `trials` trials of chance `p`. Never 0: a tail that small is given as 1e-300.
///
/// For trials of unequal chances with the mean `p`, this bounds the tail from above wherever `hits` exceeds the mean
/// by one or more (Hoeffding 1956), which makes it a cautious test there.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn binomial_tail(trials: u64, hits: u64, p: f64) -> f64 {
    if hits == 0 || p >= 1.0 {
        return 1.0;
    }
    if hits > trials || p <= 0.0 {
        return P_MIN;
    }
    let (n, k) = (trials as f64, hits as f64);
    let ln_term = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0) + k * p.ln() + (n - k) * (-p).ln_1p();
    // Below the mean the terms still grow: sum the lower side instead.
    if k <= n * p {
        return 1.0
            - sum_terms(ln_term.exp() * k * (1.0 - p) / ((n - k + 1.0) * p), |i| {
                let k = k - 1.0 - i;
                k * (1.0 - p) / ((n - k + 1.0) * p)
            });
    }
    sum_terms(ln_term.exp(), |i| {
        let k = k + i;
        (n - k) * p / ((k + 1.0) * (1.0 - p))
    })
    .clamp(P_MIN, 1.0)
}

/// `term + term·ratio(0) + term·ratio(0)·ratio(1) + …` until nothing is added any more.
fn sum_terms(mut term: f64, ratio: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut i) = (term, 0.0);
    loop {
        term *= ratio(i);
        if term <= sum * 1e-15 {
            return sum.clamp(0.0, 1.0);
        }
        sum += term;
        i += 1.0;
    }
}

/// The q-values of `p_values` by Benjamini and Hochberg (1995), where `tested` hypotheses were looked at in all and
/// those not listed had larger p-values: the smallest share of false discoveries at which each is still listed.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn benjamini_hochberg(p_values: &[f64], tested: u64) -> Vec<f64> {
    let tested = tested.max(p_values.len() as u64) as f64;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut q_values = vec![1.0_f64; p_values.len()];
    let mut smallest = 1.0_f64;
    for (rank, &i) in order.iter().enumerate().rev() {
        smallest = smallest.min(p_values[i] * tested / (rank + 1) as f64);
        q_values[i] = smallest;
    }
    q_values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(1e-12), "{a} is not {b}");
    }

    #[test]
    fn the_gamma_function_is_the_factorial() {
        near(ln_gamma(5.0).exp(), 24.0);
        near(ln_gamma(11.0).exp(), 3_628_800.0);
        near(ln_gamma(0.5).exp(), std::f64::consts::PI.sqrt());
    }

    #[test]
    fn tails_are_those_of_coins_and_dice() {
        near(binomial_tail(10, 8, 0.5), 56.0 / 1024.0);
        near(binomial_tail(10, 2, 0.5), 1013.0 / 1024.0);
        near(binomial_tail(3, 3, 1.0 / 6.0), 1.0 / 216.0);
        near(binomial_tail(5, 0, 0.1), 1.0);
        near(binomial_tail(5, 5, 1.0), 1.0);
        assert!(binomial_tail(1_000_000, 900_000, 0.1) <= 1e-299, "never 0, never NaN");
        // At the mean: a half, half a term more, and a little less for the skew (Edgeworth).
        assert!((binomial_tail(1_000_000, 100_000, 0.1) - 0.500_488).abs() < 1e-6);
    }

    #[test]
    fn q_values_count_what_was_not_listed() {
        // 0.01·4/1, 0.02·4/2, 0.03·4/3, and none is above a later one.
        let q = benjamini_hochberg(&[0.02, 0.01, 0.03], 4);
        near(q[0], 0.04);
        near(q[1], 0.04);
        near(q[2], 0.04);
        near(benjamini_hochberg(&[0.01], 100)[0], 1.0);
        assert!(benjamini_hochberg(&[], 10).is_empty());
    }
}
