//! When and where failures happen. Each failure counts once, at the moment it was noticed: where nobody says when, at
//! the start of the first attempt to heal it.

use std::collections::HashMap;

use super::{Attempt, Attempts};
use crate::model::Micros;
use crate::model::healing::{HeatCell, HeatMap};

const HOURS: usize = 24;

/// Failures by kind and hour of the day, which `hour_of` tells (0 to 23).
#[must_use]
pub fn by_hour(attempts: &Attempts, hour_of: impl Fn(Micros) -> u8) -> HeatMap {
    let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
    for row in first_attempts(attempts) {
        *counts.entry((row.failure_type, hour_of(noticed(row)).into())).or_default() += 1;
    }
    let (rows, row_of, row_count) = ranked(&attempts.failure_types, totals(&counts, |key| key.0), HeatMap::ROWS_MAX);
    let cells = cells(&counts, &row_of, |hour| Some(hour as usize));
    let columns = (0..HOURS).map(|hour| format!("{hour:02}")).collect();
    HeatMap { rows, columns, cells, without_column: 0, row_count, column_count: HOURS as u64 }
}

/// Failures by kind and agent.
#[must_use]
pub fn by_agent(attempts: &Attempts) -> HeatMap {
    let mut counts: HashMap<(u32, u32), u64> = HashMap::new();
    let mut without_column = 0;
    for row in first_attempts(attempts) {
        match row.agent {
            Some(agent) => *counts.entry((row.failure_type, agent)).or_default() += 1,
            None => without_column += 1,
        }
    }
    let (rows, row_of, row_count) = ranked(&attempts.failure_types, totals(&counts, |key| key.0), HeatMap::ROWS_MAX);
    let (columns, column_of, column_count) =
        ranked(&attempts.agents, totals(&counts, |key| key.1), HeatMap::AGENTS_MAX);
    let cells = cells(&counts, &row_of, |agent| column_of.get(&agent).copied());
    HeatMap { rows, columns, cells, without_column, row_count, column_count }
}

/// The first attempt at each failure, in the order of time.
fn first_attempts(attempts: &Attempts) -> impl Iterator<Item = &Attempt> {
    let mut seen: Vec<bool> = Vec::new();
    attempts.rows().iter().filter(move |row| {
        let Some(failure) = row.failure.map(|failure| failure as usize) else { return true };
        if seen.len() <= failure {
            seen.resize(failure + 1, false);
        }
        !std::mem::replace(&mut seen[failure], true)
    })
}

#[expect(clippy::cast_possible_truncation, reason = "a duration is far below 2^63 µs, and saturates")]
fn noticed(row: &Attempt) -> Micros {
    let start = || Micros(row.ts.0.saturating_sub((row.duration_ms.unwrap_or_default() * 1000.0) as i64));
    row.detected_at.unwrap_or_else(start)
}

fn totals(counts: &HashMap<(u32, u32), u64>, of: impl Fn(&(u32, u32)) -> u32) -> HashMap<u32, u64> {
    let mut totals = HashMap::new();
    for (key, count) in counts {
        *totals.entry(of(key)).or_default() += count;
    }
    totals
}

/// The greatest first, then by name; what does not fit shares the last place. Names, the place of each number, and
/// how many there are in all.
fn ranked(names: &[String], totals: HashMap<u32, u64>, most: usize) -> (Vec<String>, HashMap<u32, usize>, u64) {
    let name = |number: u32| names.get(number as usize).map_or("", String::as_str);
    let mut order: Vec<(u32, u64)> = totals.into_iter().collect();
    order.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| name(a.0).cmp(name(b.0))));
    let mut shown: Vec<String> = order.iter().take(most).map(|(number, _)| name(*number).to_owned()).collect();
    if order.len() > most {
        shown.push(HeatMap::OTHERS.to_owned());
    }
    let places = order.iter().enumerate().map(|(place, (number, _))| (*number, place.min(most))).collect();
    (shown, places, order.len() as u64)
}

fn cells(
    counts: &HashMap<(u32, u32), u64>,
    row_of: &HashMap<u32, usize>,
    column_of: impl Fn(u32) -> Option<usize>,
) -> Vec<HeatCell> {
    let mut sums: std::collections::BTreeMap<(usize, usize), u64> = std::collections::BTreeMap::new();
    for ((row, column), count) in counts {
        if let (Some(row), Some(column)) = (row_of.get(row), column_of(*column)) {
            *sums.entry((*row, column)).or_default() += count;
        }
    }
    sums.into_iter().map(|((row, column), count)| HeatCell { row, column, count }).collect()
}
