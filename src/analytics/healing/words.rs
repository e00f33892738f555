//! Figures in words.

use crate::model::answer::Rate;

/// `65 of 100 (65.0 %)`.
pub(super) fn counts(rate: Rate) -> String {
    format!("{} of {} ({:.1} %)", rate.numerator, rate.denominator, rate.ratio() * 100.0)
}

/// Milliseconds as people say them.
pub(super) fn time(ms: f64) -> String {
    match ms {
        ..1_000.0 => format!("{ms:.0} ms"),
        ..60_000.0 => format!("{:.1} s", ms / 1000.0),
        ..3_600_000.0 => format!("{:.1} min", ms / 60_000.0),
        _ => format!("{:.1} h", ms / 3_600_000.0),
    }
}
