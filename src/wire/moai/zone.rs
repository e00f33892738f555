//! Which zone a file's writer lived in.
//!
//! v1 and `SwarmDB` write naive local times. Rows of `SwarmDB` carry `created_at` as well, which SQLite
//! writes in UTC: the difference, rounded to a quarter of an hour, is the writer's offset. It is taken
//! row by row where a row has it (a file can span a change to summer time), and what most rows say is
//! taken for the tables that have none.

use std::collections::BTreeMap;

use chrono::FixedOffset;

use super::Row;
use crate::model::cell::Cell;
use crate::model::{Micros, TimeError};
use crate::wire::lenient::{Haul, epoch, out_of_bounds, shown, time};

/// Offsets are whole quarters of an hour, in seconds.
const QUARTER: i64 = 900;
/// The zones of the world lie between −12:00 and +14:00.
const OFFSETS: std::ops::RangeInclusive<i64> = -12 * 3600..=14 * 3600;
/// Numbers above are milliseconds, not seconds: as seconds, they lie beyond the year 5000.
const SECONDS_MAX: f64 = 1e11;

/// The kind of oddity that an offset given by the user would mend.
pub const NAIVE: &str = "time without an offset, left out";

/// Offsets seen in the rows of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones(BTreeMap<i32, u64>);

impl Zones {
    /// Takes what `row` says.
    pub fn note(&mut self, row: &Row<'_>) {
        if let Some(offset) = offset_of(row) {
            *self.0.entry(offset.local_minus_utc()).or_default() += 1;
        }
    }

    /// The offset most rows say; of several the smallest.
    #[must_use]
    pub fn most(&self) -> Option<FixedOffset> {
        let most = self.0.iter().max_by_key(|(offset, rows)| (**rows, -i64::from(**offset)));
        most.and_then(|(offset, _)| FixedOffset::east_opt(*offset))
    }

    /// What was seen, for people; `None` when nothing was.
    #[must_use]
    pub fn describe(&self) -> Option<String> {
        let most = self.most()?;
        let rows: u64 = self.0.values().sum();
        let others: Vec<String> = self
            .0
            .iter()
            .filter(|(offset, _)| **offset != most.local_minus_utc())
            .filter_map(|(offset, rows)| Some(format!("{} in {rows}", FixedOffset::east_opt(*offset)?)))
            .collect();
        let beside = if others.is_empty() { String::new() } else { format!(" (and {})", others.join(", ")) };
        Some(format!("local times lie at {most}{beside}, inferred from created_at of {rows} rows"))
    }
}

/// The difference of a row's local time and its `created_at`.
fn offset_of(row: &Row<'_>) -> Option<FixedOffset> {
    let utc = FixedOffset::east_opt(0);
    let (local, created) = (row.get("timestamp").text()?, row.get("created_at").text()?);
    if !matches!(time(local, None), Err(TimeError::Naive(_))) {
        return None;
    }
    let seconds = (time(local, utc).ok()?.0 - time(created, utc).ok()?.0).div_euclid(1_000_000);
    let rounded = (seconds + QUARTER / 2).div_euclid(QUARTER) * QUARTER;
    OFFSETS.contains(&rounded).then(|| FixedOffset::east_opt(i32::try_from(rounded).ok()?)).flatten()
}

/// How times of one file are read.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// What the user says about naive times; it wins.
    pub given: Option<FixedOffset>,
    /// What the file's rows say together.
    pub inferred: Option<FixedOffset>,
    /// What "24 h ahead" is measured from.
    pub now: Micros,
}

impl Clock {
    /// The time in `column`; `None`, and a word about it, when there is none that may be stored.
    ///
    /// `by_default`: the column has SQLite's default, which writes UTC as `YYYY-MM-DD HH:MM:SS`, a form
    /// the programs themselves never write.
    pub(super) fn read(&self, row: &Row<'_>, column: &str, by_default: bool, haul: &mut Haul) -> Option<Micros> {
        let at = match row.get(column) {
            Cell::Null => {
                haul.odd("no time, left out", row.place(), format!("{column} is null"));
                return None;
            }
            Cell::Int(number) => self.number(*number as f64),
            Cell::Real(number) => self.number(*number),
            Cell::Text(text) if by_default && is_sqlite_default(text) => {
                haul.odd("blank-separated time, read as UTC", row.place(), shown(text));
                time(text, FixedOffset::east_opt(0)).ok()
            }
            Cell::Text(text) => match time(text, self.given.or_else(|| offset_of(row)).or(self.inferred)) {
                Ok(at) => Some(at),
                Err(TimeError::Naive(_)) => {
                    haul.odd(NAIVE, row.place(), shown(text));
                    return None;
                }
                Err(_) => None,
            },
            Cell::Blob(_) => None,
        };
        let Some(at) = at else {
            haul.odd("unreadable time, left out", row.place(), shown(&row.get(column).show()));
            return None;
        };
        if let Some(why) = out_of_bounds(at, self.now) {
            haul.odd(why, row.place(), shown(&row.get(column).show()));
            return None;
        }
        Some(at)
    }

    fn number(&self, number: f64) -> Option<Micros> {
        let per_second = if number.abs() > SECONDS_MAX { 1000.0 } else { 1.0 };
        number.is_finite().then(|| epoch(number, per_second))
    }
}

/// `YYYY-MM-DD HH:MM:SS`.
fn is_sqlite_default(text: &str) -> bool {
    text.len() == 19 && text.as_bytes().get(10) == Some(&b' ')
}
