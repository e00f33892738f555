//! Axes: which values and which instants are worth a label.
//!
//! plotters' own time ticks start at midnight of the first day and know neither weeks nor months; these
//! stand on round UTC times.

use chrono::{DateTime, Datelike, Months, Utc};

use crate::web::format;

use super::Unit;

/// A label on an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    /// Where: a value, or epoch milliseconds.
    pub at: f64,
    /// What it says.
    pub label: String,
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps between time labels that people can count in.
const TIME_STEPS: [i64; 24] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    3 * DAY,
    5 * DAY,
    7 * DAY,
    10 * DAY,
    14 * DAY,
];

/// At most `max` labels between two instants (epoch milliseconds) on round UTC times: a clock time within a
/// day, the date at midnight, the month or the year where days are too many.
#[must_use]
pub fn time_ticks(from_ms: i64, until_ms: i64, max: usize) -> Vec<Tick> {
    let length = until_ms.saturating_sub(from_ms);
    let Ok(max) = i64::try_from(max.max(1)) else { return Vec::new() };
    match TIME_STEPS.into_iter().find(|step| length / step < max) {
        Some(step) => {
            let first = from_ms.div_euclid(step) * step;
            (0..=max + 1)
                .map(|n| first + n * step)
                .filter(|at| (from_ms..=until_ms).contains(at))
                .map(|at| Tick { at: exact(at), label: clock_label(at, step) })
                .collect()
        }
        None => month_ticks(from_ms, until_ms, max),
    }
}

fn month_ticks(from_ms: i64, until_ms: i64, max: i64) -> Vec<Tick> {
    let months = until_ms.saturating_sub(from_ms) / (30 * DAY) + 1;
    let step = [1, 2, 3, 6, 12, 24, 60, 120].into_iter().find(|step| months / step < max).unwrap_or(1200);
    let Some(start) = DateTime::<Utc>::from_timestamp_millis(from_ms) else { return Vec::new() };
    let first = start.date_naive().with_day(1).and_then(|day| if step >= 12 { day.with_month(1) } else { Some(day) });
    let Some(first) = first else { return Vec::new() };
    let mut ticks = Vec::new();
    for n in 0..=u32::try_from(max).unwrap_or(1) {
        let Some(day) = u32::try_from(step).ok().and_then(|step| first.checked_add_months(Months::new(n * step)))
        else {
            break;
        };
        let at = day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis();
        if (from_ms..=until_ms).contains(&at) {
            let label = if step >= 12 || day.month() == 1 { day.format("%Y") } else { day.format("%b") };
            ticks.push(Tick { at: exact(at), label: label.to_string() });
        }
    }
    ticks
}

fn clock_label(at_ms: i64, step: i64) -> String {
    let time = DateTime::<Utc>::from_timestamp_millis(at_ms).unwrap_or_default();
    let form = match step {
        _ if at_ms % DAY == 0 => "%-d\u{a0}%b",
        step if step < MINUTE => "%H:%M:%S",
        _ => "%H:%M",
    };
    time.format(form).to_string()
}

/// The value axis that holds `low..=high`, and its labels, about `max` of them. A flat or empty range is
/// widened; NaN and infinities count as nothing.
#[must_use]
pub fn value_axis(low: f64, high: f64, ceiling: Option<f64>, unit: Unit, max: usize) -> ((f64, f64), Vec<Tick>) {
    let low = if low.is_finite() { low } else { 0.0 };
    let mut high = if high.is_finite() && high > low { high } else { low + 1.0 };
    if let Some(ceiling) = ceiling {
        high = high.min(ceiling).max(low + 1e-9);
    }
    let step = round_step((high - low) / small(max.max(1)), unit);
    let bottom = (low / step + 1e-9).floor() * step;
    let mut top = (high / step - 1e-9).ceil() * step;
    if let Some(ceiling) = ceiling.filter(|ceiling| top > *ceiling) {
        top = ceiling;
    }
    let mut ticks = Vec::new();
    for n in 0..=max * 3 {
        let at = bottom + small(n) * step;
        if at > top + step * 1e-6 {
            break;
        }
        ticks.push(Tick { at, label: axis_label(at, step, unit) });
    }
    ((bottom, top), ticks)
}

/// The smallest round step that is not below `least`: 1, 2 or 5 times a power of ten; seconds, minutes, hours
/// and days for durations; whole for things.
fn round_step(least: f64, unit: Unit) -> f64 {
    const DURATIONS: [f64; 20] = [
        1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 900e3, 1800e3, 3600e3, 7200e3, 10_800e3, 21_600e3,
        43_200e3, 86_400e3, 172_800e3, 432_000e3,
    ];
    if unit == Unit::Millis
        && least > 500.0
        && let Some(step) = DURATIONS.into_iter().find(|step| *step >= least)
    {
        return step;
    }
    let power = 10f64.powf(least.max(1e-12).log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= least * (1.0 - 1e-9));
    let step = step.unwrap_or(power * 10.0);
    if matches!(unit, Unit::Count | Unit::Tokens) { step.max(1.0) } else { step }
}

fn axis_label(at: f64, step: f64, unit: Unit) -> String {
    match unit {
        Unit::Count | Unit::Tokens => format::plain(at).replace(".0", ""),
        Unit::Number => format::number(at),
        Unit::Usd => format::usd(at).to_string().replace(format::NBSP, ""),
        Unit::PerSecond => format!("{}/s", format::number(at)),
        Unit::Millis => {
            let (size, name) = match step {
                step if step >= 86_400e3 => (86_400e3, "d"),
                step if step >= 3600e3 => (3600e3, "h"),
                step if step >= 60e3 => (60e3, "min"),
                step if step >= 100.0 => (1e3, "s"),
                _ => (1.0, "ms"),
            };
            let digits = usize::from((step / size).fract() != 0.0);
            format!("{:.digits$}{}{name}", at / size, format::NBSP)
        }
        Unit::Ratio => {
            let digits = if step >= 0.01 - 1e-9 { 0 } else { 1 };
            format!("{:.digits$}{}%", at * 100.0, format::NBSP)
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "instants in milliseconds stay below 2^53 for 285 000 years")]
pub(super) fn exact(millis: i64) -> f64 {
    millis as f64
}

#[expect(clippy::cast_precision_loss, reason = "a count of labels")]
fn small(n: usize) -> f64 {
    n as f64
}
