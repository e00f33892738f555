//! Instants, ranges and ages, in UTC.

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
use crate::model::{Micros, TimeRange};

use super::NBSP;

/// The calendar time of an instant; the epoch for what no calendar shows.
fn calendar(time: Micros) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(time.0).unwrap_or_default()
}

/// `19 Nov 2026`.
#[must_use]
pub fn day(time: Micros) -> String {
    calendar(time).format("%-d\u{a0}%b\u{a0}%Y").to_string()
}

/// `13:40`, with seconds where there are any.
#[must_use]
pub fn clock(time: Micros) -> String {
    let at = calendar(time);
    at.format(if at.second() == 0 { "%H:%M" } else { "%H:%M:%S" }).to_string()
}

/// `19 Nov 2026, 13:40:05 UTC`.
#[must_use]
pub fn instant(time: Micros) -> String {
    format!("{}, {}{NBSP}UTC", day(time), calendar(time).format("%H:%M:%S"))
}

/// `19 Nov, 13:40`, with the year where it is another one than `now`'s.
#[must_use]
pub fn moment(time: Micros, now: Micros) -> String {
    let (at, today) = (calendar(time), calendar(now));
    let form = if at.year() == today.year() { "%-d\u{a0}%b, %H:%M" } else { "%-d\u{a0}%b\u{a0}%Y, %H:%M" };
    at.format(form).to_string()
}

/// `19 Nov, 13:40:05`, with the year where it is another one than `now`'s.
#[must_use]
pub fn moment_exact(time: Micros, now: Micros) -> String {
    let (at, today) = (calendar(time), calendar(now));
    let form = if at.year() == today.year() { "%-d\u{a0}%b, %H:%M:%S" } else { "%-d\u{a0}%b\u{a0}%Y, %H:%M:%S" };
    at.format(form).to_string()
}

/// `19 Nov 2026, 00:00 – 24:00 UTC`, or both days when there are two. Cut to whole minutes, unless shorter.
#[must_use]
pub fn range(range: TimeRange) -> String {
    let short = range.length() < 5 * MINUTE;
    let cut = |time: Micros| if short { Micros(time.0 - time.0.rem_euclid(SECOND)) } else { minute(time) };
    let (from, until) = (cut(range.from), cut(range.until));
    let last = Micros(until.0 - 1);
    if day(from) == day(last) || day(from) == day(until) {
        let end = if day(from) == day(until) { clock(until) } else { "24:00".to_owned() };
        format!("{}, {} – {end}{NBSP}UTC", day(from), clock(from))
    } else {
        format!("{}, {} – {}, {}{NBSP}UTC", day(from), clock(from), day(until), clock(until))
    }
}

fn minute(time: Micros) -> Micros {
    Micros(time.0 - time.0.rem_euclid(MINUTE))
}

/// A bucket: `19 Nov, 15:40 – 16:00 UTC`, or its day when it is one.
#[must_use]
pub fn bucket(start_ms: i64, step_ms: i64) -> String {
    let (from, until) = (Micros::from_millis(start_ms), Micros::from_millis(start_ms.saturating_add(step_ms)));
    let date = |time: Micros| calendar(time).format("%-d\u{a0}%b").to_string();
    if step_ms.saturating_mul(1000) == DAY {
        return format!("{}{NBSP}UTC", day(from));
    }
    if step_ms.saturating_mul(1000) > DAY {
        return format!("{} – {}{NBSP}UTC", day(from), day(Micros(until.0 - 1)));
    }
    let end = if date(from) == date(until) { clock(until) } else { "24:00".to_owned() };
    format!("{}, {} – {end}{NBSP}UTC", date(from), clock(from))
}

/// A length in its largest whole unit: `20 min`, `1 h`, `90 s`.
#[must_use]
pub fn step(millis: i64) -> String {
    let micros = millis.saturating_mul(1000);
    for (unit, name) in [(DAY, "d"), (HOUR, "h"), (MINUTE, "min"), (SECOND, "s")] {
        if micros >= unit && micros % unit == 0 {
            let n = micros / unit;
            return if n == 1 { name_of_one(name).to_owned() } else { format!("{n}{NBSP}{name}") };
        }
    }
    format!("{millis}{NBSP}ms")
}

fn name_of_one(unit: &str) -> &str {
    match unit {
        "d" => "day",
        "h" => "hour",
        "min" => "minute",
        _ => "second",
    }
}

/// How long ago, roughly: `just now`, `3 min ago`, `5 h ago`, `12 d ago`.
#[must_use]
pub fn ago(time: Micros, now: Micros) -> String {
    match now.0.saturating_sub(time.0) {
        ..0 => "ahead of the clock".to_owned(),
        age if age < MINUTE => "just now".to_owned(),
        age if age < HOUR => format!("{}{NBSP}min ago", age / MINUTE),
        age if age < 2 * DAY => format!("{}{NBSP}h ago", age / HOUR),
        age => format!("{}{NBSP}d ago", age / DAY),
    }
}

/// When something expires or did: `expires in 3 h`, `expired 2 d ago`.
#[must_use]
pub fn expiry(at: Micros, now: Micros) -> String {
    if at <= now {
        return match ago(at, now).as_str() {
            "just now" => "expired just now".to_owned(),
            ago => format!("expired {ago}"),
        };
    }
    let left = at.0.saturating_sub(now.0);
    let (n, unit) = match left {
        left if left < MINUTE => return "expires within a minute".to_owned(),
        left if left < HOUR => (left / MINUTE, "min"),
        left if left < 2 * DAY => (left / HOUR, "h"),
        left => (left / DAY, "d"),
    };
    format!("expires in {n}{NBSP}{unit}")
}

/// What a range expression means in words: `Last 24 hours`, `All data`, or `Custom range`.
#[must_use]
pub fn range_name(from: &str, to: &str) -> String {
    if from == "all" {
        return "All data".to_owned();
    }
    let relative = from.strip_prefix("now-").filter(|_| to == "now" || to.is_empty());
    let Some((count, unit)) = relative.and_then(|text| {
        let unit = text.chars().last()?;
        Some((text.strip_suffix(unit)?.parse::<u32>().ok()?, unit))
    }) else {
        return "Custom range".to_owned();
    };
    let unit = match unit {
        's' => "second",
        'm' => "minute",
        'h' => "hour",
        'd' => "day",
        'w' => "week",
        _ => return "Custom range".to_owned(),
    };
    if count == 1 { format!("Last {unit}") } else { format!("Last {count} {unit}s") }
}
