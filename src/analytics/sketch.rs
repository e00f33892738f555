//! Quantiles of any number of values in a few hundred bytes: DDSketch.
//!
//! Method: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with
//! relative-error guarantees", arXiv 1908.10693. Values are counted in buckets whose bounds grow by
//! γ = (1 + α) / (1 − α); a quantile answers with the middle of its bucket and so lies within α of
//! a true value. Sketches merge by adding counts, in any order, to the same result.
//!
//! Here every bucket is kept: there is no collapsing of the lowest ones, so the guarantee holds for
//! all quantiles. A log-normal sample of any size needs some 400 buckets.
//!
//! Not here: exact percentiles of values at hand (`percentile`).

use thiserror::Error;

/// Relative error of every quantile.
pub const ALPHA: f64 = 0.01;
const GAMMA: f64 = (1.0 + ALPHA) / (1.0 - ALPHA);
/// Values this close to zero are counted as zero.
const TINY: f64 = 1e-9;
const VERSION: u8 = 1;
/// Most buckets a sketch can need: every finite f64 lies between ± `GAMMA^BUCKET_MAX`.
const BUCKET_MAX: i64 = 40_000;

/// Why bytes are no sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SketchError {
    /// They end too early.
    #[error("the sketch is cut short")]
    Truncated,
    /// They start with another version's number.
    #[error("the sketch is of version {0}, known is {VERSION}")]
    Version(u8),
    /// A number in them cannot be.
    #[error("the sketch holds an impossible number")]
    Corrupt,
}

/// Counts by bucket, ascending by bucket.
type Buckets = Vec<(i32, u64)>;

/// A mergeable summary of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch {
    negative: Buckets, // by the bucket of the absolute value
    zero: u64,
    positive: Buckets,
}

impl Sketch {
    /// Counts `value` once. NaN and infinities are not counted: they have no place among quantiles.
    pub fn add(&mut self, value: f64) {
        if !value.is_finite() {
            return;
        }
        if value.abs() <= TINY {
            self.zero += 1;
        } else if value > 0.0 {
            count(&mut self.positive, bucket(value));
        } else {
            count(&mut self.negative, bucket(-value));
        }
    }

    /// Adds all counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.zero += other.zero;
        merge(&mut self.positive, &other.positive);
        merge(&mut self.negative, &other.negative);
    }

    /// How many values were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.zero + total(&self.positive) + total(&self.negative)
    }

    /// Returns the value at rank ⌊`q`·(n − 1)⌋ of the sorted values, within 1 % of it; `None` when
    /// nothing was counted or `q` lies outside 0..=1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let n = self.count();
        if n == 0 || !(0.0..=1.0).contains(&q) {
            return None;
        }
        let mut left = (q * (n - 1) as f64).floor() as u64;
        for &(bucket, count) in self.negative.iter().rev() {
            if left < count {
                return Some(-middle(bucket));
            }
            left -= count;
        }
        if left < self.zero {
            return Some(0.0);
        }
        left -= self.zero;
        for &(bucket, count) in &self.positive {
            if left < count {
                return Some(middle(bucket));
            }
            left -= count;
        }
        self.positive.last().map(|&(bucket, _)| middle(bucket))
    }

    /// How many values are at most `bound`, which is positive; values up to 2 % above it may be counted as well.
    #[must_use]
    pub fn at_most(&self, bound: f64) -> u64 {
        let last = bucket(bound.max(TINY));
        let below = self.positive.partition_point(|&(bucket, _)| bucket <= last);
        let positive: u64 = self.positive[..below].iter().map(|&(_, count)| count).sum();
        total(&self.negative) + self.zero + positive
    }

    /// The sketch in bytes: a version, then zeros, positive and negative buckets as
    /// variable-length integers, each bucket as the distance to the one before.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(8 + 3 * (self.positive.len() + self.negative.len()));
        out.push(VERSION);
        put(&mut out, self.zero);
        for buckets in [&self.positive, &self.negative] {
            put(&mut out, buckets.len() as u64);
            let mut before = 0;
            for &(bucket, count) in buckets {
                put(&mut out, zigzag(i64::from(bucket) - before));
                put(&mut out, count);
                before = i64::from(bucket);
            }
        }
        out
    }

    /// Reads what [`Self::encode`] wrote.
    ///
    /// # Errors
    /// [`SketchError`] when the bytes are anything else.
    pub fn decode(mut bytes: &[u8]) -> Result<Self, SketchError> {
        let (&version, rest) = bytes.split_first().ok_or(SketchError::Truncated)?;
        if version != VERSION {
            return Err(SketchError::Version(version));
        }
        bytes = rest;
        let zero = take(&mut bytes)?;
        let positive = take_buckets(&mut bytes)?;
        let negative = take_buckets(&mut bytes)?;
        if bytes.is_empty() { Ok(Self { negative, zero, positive }) } else { Err(SketchError::Corrupt) }
    }
}

/// The bucket that holds `value`, which is above [`TINY`].
#[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite f64 is small")]
fn bucket(value: f64) -> i32 {
    (value.ln() / GAMMA.ln()).ceil() as i32
}

/// The value within α of everything in `bucket`.
fn middle(bucket: i32) -> f64 {
    2.0 * GAMMA.powi(bucket) / (GAMMA + 1.0)
}

fn total(buckets: &Buckets) -> u64 {
    buckets.iter().map(|&(_, count)| count).sum()
}

fn count(buckets: &mut Buckets, bucket: i32) {
    match buckets.binary_search_by_key(&bucket, |&(b, _)| b) {
        Ok(at) => buckets[at].1 += 1,
        Err(at) => buckets.insert(at, (bucket, 1)),
    }
}

fn merge(into: &mut Buckets, from: &Buckets) {
    if into.is_empty() {
        into.clone_from(from);
        return;
    }
    let mut merged = Buckets::with_capacity(into.len() + from.len());
    let (mut a, mut b) = (into.iter().copied().peekable(), from.iter().copied().peekable());
    while let (Some(&(x, n)), Some(&(y, m))) = (a.peek(), b.peek()) {
        match x.cmp(&y) {
            std::cmp::Ordering::Less => merged.extend(a.next()),
            std::cmp::Ordering::Greater => merged.extend(b.next()),
            std::cmp::Ordering::Equal => {
                merged.push((x, n + m));
                a.next();
                b.next();
            }
        }
    }
    merged.extend(a);
    merged.extend(b);
    *into = merged;
}

fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)).cast_unsigned()
}

fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -((n & 1).cast_signed())
}

/// LEB128: seven bits a byte, lowest first, the high bit says that more follow.
fn put(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn take(bytes: &mut &[u8]) -> Result<u64, SketchError> {
    let mut n = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first().ok_or(SketchError::Truncated)?;
        *bytes = rest;
        n |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(n);
        }
    }
    Err(SketchError::Corrupt)
}

fn take_buckets(bytes: &mut &[u8]) -> Result<Buckets, SketchError> {
    let len = usize::try_from(take(bytes)?).map_err(|_| SketchError::Corrupt)?;
    if len > bytes.len() {
        return Err(SketchError::Truncated); // every bucket takes at least two bytes
    }
    let mut buckets = Buckets::with_capacity(len);
    let mut before = 0_i64;
    for at in 0..len {
        let step = unzigzag(take(bytes)?);
        let count = take(bytes)?;
        before = before.checked_add(step).filter(|b| b.abs() <= BUCKET_MAX).ok_or(SketchError::Corrupt)?;
        if count == 0 || (at > 0 && step <= 0) {
            return Err(SketchError::Corrupt);
        }
        buckets.push((i32::try_from(before).map_err(|_| SketchError::Corrupt)?, count));
    }
    Ok(buckets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|&value| sketch.add(value));
        sketch
    }

    #[test]
    fn what_is_at_most_a_bound_is_all_counted_and_little_else() {
        let sketch = of(&[-1.0, 0.0, 0.5, 1.0, 1.5, 1000.0, 1030.0]);
        assert_eq!([0.5, 1.0, 1.4, 1000.0, 5000.0].map(|bound| sketch.at_most(bound)), [3, 4, 4, 6, 7]);
        assert_eq!(Sketch::default().at_most(1.0), 0);
    }

    #[test]
    fn quantiles_of_one_to_a_thousand_are_within_one_percent() {
        let sketch = of(&(1..=1000).map(f64::from).collect::<Vec<_>>());
        for (q, truth) in [(0.0, 1.0), (0.5, 500.0), (0.95, 950.0), (0.99, 990.0), (1.0, 1000.0)] {
            let found = sketch.quantile(q).expect("not empty");
            assert!((found - truth).abs() <= ALPHA * truth + 1e-9, "q {q}: {found} against {truth}");
        }
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Sketch::default().quantile(0.5), None);
        assert_eq!(of(&[f64::NAN, f64::INFINITY]).count(), 0);
        assert_eq!(of(&[1.0]).quantile(1.5), None);
    }

    #[test]
    fn negatives_come_before_zero_and_zero_before_positives() {
        let sketch = of(&[-100.0, -1.0, 0.0, 0.0, 5.0]);
        let at = |q| sketch.quantile(q).expect("five values");
        assert!((at(0.0) + 100.0).abs() <= 1.0);
        assert!((at(0.25) + 1.0).abs() <= 0.01);
        assert!(at(0.5).abs() < f64::EPSILON);
        assert!((at(1.0) - 5.0).abs() <= 0.05);
    }

    #[test]
    fn bytes_of_anything_else_are_refused() {
        assert_eq!(Sketch::decode(&[]), Err(SketchError::Truncated));
        assert_eq!(Sketch::decode(&[9]), Err(SketchError::Version(9)));
        assert_eq!(Sketch::decode(&[1, 0, 200]), Err(SketchError::Truncated));
        let mut bytes = of(&[1.0, 2.0]).encode();
        bytes.push(0);
        assert_eq!(Sketch::decode(&bytes), Err(SketchError::Corrupt));
    }

    #[test]
    fn a_hundred_log_normal_looking_values_take_few_bytes() {
        let values: Vec<f64> = (0..100).map(|i| 1000.0 * (f64::from(i) / 50.0 - 1.0).exp()).collect();
        assert!(of(&values).encode().len() <= 250);
    }

    proptest! {
        #[test]
        fn merging_parts_equals_sketching_the_whole(
            a in proptest::collection::vec(-1e6..1e6_f64, 0..60),
            b in proptest::collection::vec(-1e6..1e6_f64, 0..60),
        ) {
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let whole = of(&[a, b].concat());
            prop_assert_eq!(&merged, &whole);
            prop_assert_eq!(Sketch::decode(&merged.encode()), Ok(whole));
        }

        #[test]
        fn any_quantile_is_within_one_percent_of_the_value_at_its_rank(
            mut values in proptest::collection::vec(prop_oneof![1e-6..1e9_f64, Just(0.0), -1e9..-1e-6_f64], 1..200),
            q in 0.0..=1.0_f64,
        ) {
            let found = of(&values).quantile(q).expect("not empty");
            values.sort_by(f64::total_cmp);
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let truth = values[(q * (values.len() - 1) as f64).floor() as usize];
            prop_assert!((found - truth).abs() <= ALPHA * truth.abs() * 1.000_001, "{} against {}", found, truth);
        }

        #[test]
        fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = Sketch::decode(&bytes);
        }
    }
}
