//! How large a store becomes: the days it holds grow older, new ones come at the recent rate, and retention
//! seals and removes them. A projection, not a promise: it knows nothing of tomorrow's swarm.

use crate::model::maintain::{CompressionSettings, Forecast, RetentionSettings};
use crate::model::time::DAY;
use crate::model::{Dataset, Micros};

/// Most whole days the rate is taken from.
pub const BASIS_DAYS_MAX: i64 = 7;

/// What a store holds of one dataset.
#[derive(Debug, Clone, PartialEq)]
pub struct Holding {
    /// The dataset.
    pub dataset: Dataset,
    /// Its records by day: midnight, and how many.
    pub days: Vec<(Micros, u64)>,
    /// Bytes of a record as a row; `None` when it has none.
    pub row_bytes: Option<f64>,
    /// Bytes of a sealed record; `None` when nothing is sealed.
    pub sealed_bytes: Option<f64>,
}

/// Everything else that takes room.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Beside {
    /// Bytes of hour buckets of one day.
    pub hours_a_day: f64,
    /// Bytes of day buckets of one day.
    pub days_a_day: f64,
    /// Bytes that do not grow: minutes, names, counters.
    pub steady: f64,
}

/// Sealed records take about so much of a row, where nothing is sealed yet to measure it.
const SEALED_SHARE_GUESSED: f64 = 0.2;

/// The store in 30 and 90 days; `None` before there is a whole day of records to take a rate from.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded sizes far below 2^63")]
pub fn forecast(
    holdings: &[Holding],
    beside: &Beside,
    retention: &RetentionSettings,
    compression: &CompressionSettings,
    now: Micros,
) -> Option<Forecast> {
    let today = Micros(now.0.div_euclid(DAY) * DAY);
    let first = holdings.iter().flat_map(|holding| &holding.days).map(|(day, _)| day.0).filter(|day| *day < today.0);
    let basis_days = ((today.0 - first.min()?) / DAY).min(BASIS_DAYS_MAX);
    let rates: Vec<f64> = holdings.iter().map(|holding| rate(holding, today, basis_days)).collect();
    let rows: f64 = rates.iter().sum();
    if rows == 0.0 {
        return None;
    }
    let at = |ahead: i64| {
        let mut bytes = beside.steady;
        for (holding, rate) in holdings.iter().zip(&rates) {
            bytes += size_of(holding, *rate, today, ahead, retention, compression);
        }
        let days = held_days(holdings, today, ahead, i64::from(retention.daily_days));
        let hours = held_days(holdings, today, ahead, i64::from(retention.hourly_days));
        bytes += days * beside.days_a_day + hours * beside.hours_a_day;
        let cap = retention.size_cap_mb.saturating_mul(1 << 20);
        if cap == 0 { bytes as u64 } else { (bytes as u64).min(cap) }
    };
    let mean = |of: fn(&Holding) -> Option<f64>| {
        let known = holdings.iter().zip(&rates).filter_map(|(holding, rate)| Some((of(holding)?, *rate)));
        let (sum, weight) = known.fold((0.0, 0.0), |(sum, all), (bytes, rate)| (sum + bytes * rate, all + rate));
        (weight > 0.0).then(|| sum / weight)
    };
    let row_bytes = mean(|holding| holding.row_bytes);
    let sealed = mean(|holding| holding.sealed_bytes);
    Some(Forecast {
        bytes_30: at(30),
        bytes_90: at(90),
        records_a_day: rows.round() as u64,
        basis_days: u32::try_from(basis_days).unwrap_or_default(),
        row_bytes: row_bytes.unwrap_or_default().round() as u64,
        sealed_bytes: sealed.or(row_bytes.map(|bytes| bytes * SEALED_SHARE_GUESSED)).unwrap_or_default().round() as u64,
        sealed_guessed: sealed.is_none(),
    })
}

/// Records a day over the last `basis` whole days before `today`.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn rate(holding: &Holding, today: Micros, basis: i64) -> f64 {
    let since = today.0 - basis * DAY;
    let recent = holding.days.iter().filter(|(day, _)| (since..today.0).contains(&day.0));
    recent.map(|(_, rows)| *rows).sum::<u64>() as f64 / basis.max(1) as f64
}

/// Bytes of the records of one dataset `ahead` days after `today`.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn size_of(
    holding: &Holding,
    rate: f64,
    today: Micros,
    ahead: i64,
    retention: &RetentionSettings,
    compression: &CompressionSettings,
) -> f64 {
    let row = holding.row_bytes.or(holding.sealed_bytes.map(|bytes| bytes / SEALED_SHARE_GUESSED)).unwrap_or(0.0);
    let sealed = holding.sealed_bytes.unwrap_or(row * SEALED_SHARE_GUESSED);
    let seal_after = i64::from(retention.detailed_days.max(compression.min_age_days));
    let bytes_at = |age: i64| {
        if age >= i64::from(retention.daily_days) {
            0.0
        } else if compression.enabled && age >= seal_after {
            sealed
        } else {
            row
        }
    };
    let held = holding.days.iter().map(|(day, rows)| *rows as f64 * bytes_at((today.0 - day.0) / DAY - 1 + ahead));
    let coming = (0..ahead).map(|age| rate * bytes_at(age));
    held.sum::<f64>() + coming.sum::<f64>()
}

/// How many days are younger than `kept` days `ahead` days after `today`.
#[expect(clippy::cast_precision_loss, reason = "some thousand days")]
fn held_days(holdings: &[Holding], today: Micros, ahead: i64, kept: i64) -> f64 {
    let mut days: Vec<i64> = holdings.iter().flat_map(|holding| &holding.days).map(|(day, _)| day.0).collect();
    days.sort_unstable();
    days.dedup();
    let held = days.iter().filter(|day| (today.0 - **day) / DAY - 1 + ahead < kept).count();
    held as f64 + ahead.min(kept) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Micros = Micros(1_767_268_800_000_000); // 2026-01-01T12:00:00Z
    const TODAY: i64 = NOON.0 - DAY / 2;

    fn settings() -> (RetentionSettings, CompressionSettings) {
        (RetentionSettings::default(), CompressionSettings::default())
    }

    fn steady(days: i64) -> Holding {
        Holding {
            dataset: Dataset::Tasks,
            days: (1..=days).map(|back| (Micros(TODAY - back * DAY), 1000)).collect(),
            row_bytes: Some(100.0),
            sealed_bytes: Some(20.0),
        }
    }

    #[test]
    fn a_week_of_a_thousand_a_day_becomes_7_days_of_rows_and_the_rest_sealed() {
        let (retention, compression) = settings();
        let found = forecast(&[steady(7)], &Beside::default(), &retention, &compression, NOON).expect("a forecast");
        // In 30 days: 37 days are held, 7 of them as rows.
        assert_eq!(found.bytes_30, 7 * 1000 * 100 + 30 * 1000 * 20);
        // In 90 days: 90 of 97 are left.
        assert_eq!(found.bytes_90, 7 * 1000 * 100 + 83 * 1000 * 20);
        assert_eq!((found.records_a_day, found.basis_days, found.sealed_guessed), (1000, 7, false));
    }

    #[test]
    fn without_sealing_every_day_stays_as_rows_until_it_goes() {
        let (retention, mut compression) = settings();
        compression.enabled = false;
        let found = forecast(&[steady(7)], &Beside::default(), &retention, &compression, NOON).expect("a forecast");
        assert_eq!((found.bytes_30, found.bytes_90), (37 * 100_000, 90 * 100_000));
    }

    #[test]
    fn rollups_grow_with_the_days_that_keep_them_and_a_cap_ends_it() {
        let (mut retention, compression) = settings();
        let none = Holding { row_bytes: Some(0.0), sealed_bytes: Some(0.0), ..steady(1) };
        let beside = Beside { hours_a_day: 10.0, days_a_day: 1.0, steady: 5.0 };
        let found = forecast(std::slice::from_ref(&none), &beside, &retention, &compression, NOON).expect("a forecast");
        assert_eq!((found.bytes_30, found.bytes_90), (5 + 30 * 10 + 31, 5 + 30 * 10 + 90));
        retention.size_cap_mb = 1;
        let beside = Beside { steady: 1e9, ..beside };
        let capped = forecast(&[none], &beside, &retention, &compression, NOON).expect("a forecast");
        assert_eq!(capped.bytes_30, 1 << 20);
    }

    #[test]
    fn the_rate_is_of_whole_days_and_without_one_there_is_no_forecast() {
        let (retention, compression) = settings();
        let today = Holding { days: vec![(Micros(TODAY), 5000)], ..steady(0) };
        assert_eq!(forecast(&[today], &Beside::default(), &retention, &compression, NOON), None);
        let three = Holding { days: vec![(Micros(TODAY - 3 * DAY), 600), (Micros(TODAY), 5000)], ..steady(0) };
        let found = forecast(&[three], &Beside::default(), &retention, &compression, NOON).expect("a forecast");
        assert_eq!((found.records_a_day, found.basis_days), (200, 3), "two of three days were empty");
    }
}
