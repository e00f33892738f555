//! Counts, sizes, durations, shares and money.

use crate::model::answer::Rate;

use super::NBSP;

/// A figure in parts: the number is the hero, the unit stands small beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The rounded number.
    pub value: String,
    /// Its unit or magnitude; may be empty.
    pub unit: &'static str,
    /// All its digits, in its base unit.
    pub exact: String,
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.value)?;
        if !self.unit.is_empty() {
            write!(f, "{NBSP}{}", self.unit)?;
        }
        Ok(())
    }
}

/// `2972` → `2,972`.
#[must_use]
pub fn grouped(value: i64) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        out.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count, exact below a hundred thousand, then in k, M, G, T.
#[must_use]
pub fn count(value: u64) -> Figure {
    let signed = i64::try_from(value).unwrap_or(i64::MAX);
    if value < 100_000 {
        return Figure { value: grouped(signed), unit: "", exact: grouped(signed) };
    }
    tokens(signed)
}

/// Tokens: exact below a thousand, then 1.2 k, 3.4 M.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "rounded to three digits anyway")]
pub fn tokens(value: i64) -> Figure {
    let (value_text, unit) = magnitude(value as f64);
    Figure { value: value_text, unit, exact: grouped(value) }
}

/// Three significant digits and a magnitude.
#[must_use]
pub fn magnitude(value: f64) -> (String, &'static str) {
    let mut scaled = value;
    for unit in ["", "k", "M", "G"] {
        // 999.6 would be written 1000: it belongs to the next magnitude.
        if scaled.abs() < 999.5 {
            let text = if unit.is_empty() && scaled.fract() == 0.0 { format!("{scaled:.0}") } else { three(scaled) };
            return (text, unit);
        }
        scaled /= 1000.0;
    }
    (three(scaled), "T")
}

/// Three significant digits at most, one decimal at most: `1.2`, `43.6`, `236`.
fn three(value: f64) -> String {
    if value.abs() < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// Milliseconds as ms, s, min, h or d.
#[must_use]
pub fn duration(millis: f64) -> Figure {
    let (value, unit) = match millis.abs() {
        ms if ms < 10.0 && ms.fract() != 0.0 => (format!("{millis:.1}"), "ms"),
        ms if ms < 999.5 => (format!("{millis:.0}"), "ms"),
        ms if ms < 59_950.0 => (trim(millis / 1e3), "s"),
        ms if ms < 59.95 * 60e3 => (trim(millis / 60e3), "min"),
        ms if ms < 47.95 * 3600e3 => (trim(millis / 3600e3), "h"),
        _ => (trim(millis / 86_400e3), "d"),
    };
    #[expect(clippy::cast_possible_truncation, reason = "saturates; durations are far smaller")]
    let exact = format!("{}{NBSP}ms", grouped(millis.round() as i64));
    Figure { value, unit, exact }
}

/// One decimal, and none when it would be zero.
fn trim(value: f64) -> String {
    let text = three(value);
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Bytes in B, KiB, MiB, GiB, TiB.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "rounded to three digits anyway")]
pub fn bytes(value: u64) -> Figure {
    let mut scaled = value as f64;
    let mut unit = "B";
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if scaled < 999.5 {
            break;
        }
        (scaled, unit) = (scaled / 1024.0, next);
    }
    let text = if unit == "B" { value.to_string() } else { three(scaled) };
    let exact = format!("{}{NBSP}B", grouped(i64::try_from(value).unwrap_or(i64::MAX)));
    Figure { value: text, unit, exact }
}

/// A share in percent, rounded down to one decimal: only a full share reads 100 %, only none reads 0 %.
#[must_use]
pub fn percent(rate: Rate) -> Figure {
    let exact = format!("{} of {}", count(rate.numerator).exact, count(rate.denominator).exact);
    let value = if rate.numerator == rate.denominator {
        "100".to_owned()
    } else if rate.numerator == 0 {
        "0".to_owned()
    } else {
        let tenths = u128::from(rate.numerator) * 1000 / u128::from(rate.denominator);
        if tenths == 0 { "<0.1".to_owned() } else { format!("{}.{}", tenths / 10, tenths % 10) }
    };
    Figure { value, unit: "%", exact }
}

/// Dollars: two decimals from ten cents up, four below.
#[must_use]
pub fn usd(value: f64) -> Figure {
    #[expect(clippy::cast_possible_truncation, reason = "money stays far below 2^63")]
    let whole = |value: f64| grouped(value.trunc() as i64);
    let text = if value.abs() >= 0.1 || value == 0.0 {
        let cents = (value * 100.0).round() / 100.0;
        format!("{}.{:02.0}", whole(cents), ((cents.abs() * 100.0).round() % 100.0))
    } else if value.abs() < 0.00005 {
        "<0.0001".to_owned()
    } else {
        format!("{value:.4}")
    };
    Figure { value: format!("${NBSP}{text}"), unit: "", exact: format!("{value} USD") }
}

/// A rate of tasks a minute, or an hour or a day when a minute sees hardly any.
#[must_use]
pub fn throughput(per_minute: f64) -> Figure {
    let (value, unit) = match per_minute {
        rate if rate >= 0.995 => (rate, "/min"),
        rate if rate * 60.0 >= 0.995 => (rate * 60.0, "/h"),
        rate => (rate * 1440.0, "/d"),
    };
    let text = if value < 9.95 { format!("{value:.1}") } else { format!("{value:.0}") };
    Figure { value: text, unit, exact: format!("{per_minute:.4} a minute") }
}

/// A number of any size, to four digits: `0.0125`, `3.142`, `12.3 k`.
#[must_use]
pub fn number(value: f64) -> String {
    if value.abs() >= 1000.0 {
        return plain(value);
    }
    let digits = match value.abs() {
        size if size >= 100.0 => 1,
        size if size >= 10.0 => 2,
        size if size >= 1.0 => 3,
        _ => 4,
    };
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number nobody knows the unit of, as short as it can be said.
#[must_use]
pub fn plain(value: f64) -> String {
    let (text, unit) = magnitude(value);
    if unit.is_empty() { text } else { format!("{text}{NBSP}{unit}") }
}
