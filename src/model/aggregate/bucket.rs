//! Widths of buckets.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::time::{DAY, HOUR, MINUTE};
use crate::model::{Problem, TimeRange};

/// The width of a bucket. Every width divides a day, so that buckets start at midnight of their zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bucket(i64);

impl Bucket {
    /// One hour.
    pub const HOUR: Self = Self(HOUR);
    /// One day.
    pub const DAY: Self = Self(DAY);
    /// Every width, ascending.
    pub const ALL: [Self; 14] = [
        Self(MINUTE),
        Self(2 * MINUTE),
        Self(5 * MINUTE),
        Self(10 * MINUTE),
        Self(15 * MINUTE),
        Self(30 * MINUTE),
        Self(HOUR),
        Self(2 * HOUR),
        Self(3 * HOUR),
        Self(4 * HOUR),
        Self(6 * HOUR),
        Self(8 * HOUR),
        Self(12 * HOUR),
        Self(DAY),
    ];

    /// Its length in microseconds; a day of a zone that changes its clock may be longer or shorter.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads `1m`, `15m`, `1h`, `1d`, ….
    ///
    /// # Errors
    /// A [`Problem`] that lists the widths.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|bucket| bucket.to_string() == name).ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
            Problem::bad_request(format!("there is no bucket `{name}`; known: {}", known.join(", ")))
        })
    }

    /// The finest width that cuts `range` into at most `buckets`; the widest when none does.
    #[must_use]
    pub fn fitting(range: TimeRange, buckets: i64) -> Self {
        Self::ALL.into_iter().find(|bucket| range.length() / bucket.0 < buckets).unwrap_or(Self::DAY)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DAY => f.write_str("1d"),
            width if width % HOUR == 0 => write!(f, "{}h", width / HOUR),
            width => write!(f, "{}m", width / MINUTE),
        }
    }
}

impl From<Bucket> for String {
    fn from(bucket: Bucket) -> Self {
        bucket.to_string()
    }
}

impl TryFrom<String> for Bucket {
    type Error = Problem;
    fn try_from(name: String) -> Result<Self, Problem> {
        Self::parse(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Micros;

    #[test]
    fn buckets_divide_a_day_and_read_back() {
        for bucket in Bucket::ALL {
            assert_eq!(DAY % bucket.micros(), 0);
            assert_eq!(Bucket::parse(&bucket.to_string()), Ok(bucket));
        }
        assert_eq!(Bucket::parse("1d"), Ok(Bucket::DAY));
        assert!(Bucket::parse("7m").expect_err("no divisor").detail.contains("5m, 10m"));
    }

    #[test]
    fn the_fitting_bucket_is_the_finest_that_is_not_too_many() {
        let range = |length| TimeRange { from: Micros(0), until: Micros(length) };
        assert_eq!(Bucket::fitting(range(DAY), 120).to_string(), "15m");
        assert_eq!(Bucket::fitting(range(4000 * DAY), 120), Bucket::DAY);
    }
}
