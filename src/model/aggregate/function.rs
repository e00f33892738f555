//! What is computed.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::Problem;

/// What is computed of the records of a bucket and group. `None` where there is nothing to compute from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Function {
    /// Arithmetic mean of the field.
    Avg,
    /// Sum of the field.
    Sum,
    /// Records; with a field, those that carry it. 0 where there are none.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Standard deviation of the values as a whole population (divides by n).
    Stddev,
    /// Standard deviation estimated from the values as a sample (divides by n − 1).
    StddevSamp,
    /// The value below which so many thousandths of a percent lie: 95 000 is p95, 99 900 is p99.9.
    Percentile(u32),
    /// [`Self::Count`] a second of the part of the bucket that the range covers.
    Rate,
    /// Successes ÷ rated records.
    SuccessRate,
}

impl Function {
    /// The functions without a parameter.
    pub const PLAIN: [Self; 9] = [
        Self::Avg,
        Self::Sum,
        Self::Count,
        Self::Min,
        Self::Max,
        Self::Stddev,
        Self::StddevSamp,
        Self::Rate,
        Self::SuccessRate,
    ];
    /// The median.
    pub const P50: Self = Self::Percentile(50_000);
    /// The 95th percentile.
    pub const P95: Self = Self::Percentile(95_000);
    /// The 99th percentile.
    pub const P99: Self = Self::Percentile(99_000);

    /// Whether it is computed from a field.
    #[must_use]
    pub fn needs_field(self) -> bool {
        !matches!(self, Self::Count | Self::Rate | Self::SuccessRate)
    }

    /// Reads `avg`, `stddev_samp`, `p99.9`, … Up to three decimals are read.
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        if let Some(plain) = Self::PLAIN.into_iter().find(|plain| plain.to_string() == name) {
            return Ok(plain);
        }
        let thousandths = name.strip_prefix('p').and_then(thousandths).filter(|share| *share <= 100_000);
        thousandths.map(Self::Percentile).ok_or_else(|| {
            let known: Vec<String> = Self::PLAIN.iter().map(ToString::to_string).collect();
            let known = known.join(", ");
            Problem::bad_request(format!("there is no function `{name}`; known: {known}, and p0 to p100 (p99.9)"))
        })
    }
}

/// `99.9` → 99 900.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').map_or((text, ""), |(whole, part)| (whole, part));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || whole.len() > 3 || part.len() > 3 || (text.contains('.') && !digits(part)) {
        return None;
    }
    let fraction: u32 = format!("{part:0<3}").parse().ok()?;
    Some(whole.parse::<u32>().ok()? * 1000 + fraction)
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Stddev => "stddev",
            Self::StddevSamp => "stddev_samp",
            Self::Rate => "rate",
            Self::SuccessRate => "success_rate",
            Self::Percentile(share) => {
                let (whole, rest) = (share / 1000, share % 1000);
                if rest == 0 {
                    return write!(f, "p{whole}");
                }
                let rest = format!("{rest:03}");
                return write!(f, "p{whole}.{}", rest.trim_end_matches('0'));
            }
        })
    }
}

impl From<Function> for String {
    fn from(function: Function) -> Self {
        function.to_string()
    }
}

impl TryFrom<String> for Function {
    type Error = Problem;
    fn try_from(name: String) -> Result<Self, Problem> {
        Self::parse(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_read_back_and_nothing_else_is_one() {
        for name in ["avg", "sum", "count", "min", "max", "stddev", "stddev_samp", "rate", "success_rate"] {
            assert_eq!(Function::parse(name).map(|function| function.to_string()), Ok(name.to_owned()));
        }
        for (name, share) in [("p50", 50_000), ("p99.9", 99_900), ("p0", 0), ("p100", 100_000), ("p99.999", 99_999)] {
            assert_eq!(Function::parse(name), Ok(Function::Percentile(share)));
            assert_eq!(Function::Percentile(share).to_string(), name);
        }
        for name in ["", "p", "p101", "p100.1", "p-1", "p9.", "p.9", "p1e1", "p0.0001", "median", "AVG"] {
            assert!(Function::parse(name).is_err(), "{name}");
        }
    }
}
