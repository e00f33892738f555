//! How well failures are healed: figures, verdicts and advice from healing attempts, and attempts found in events
//! ([`derive`]).
//!
//! Attempts come in any order and are put in the order of time, ties by what they say, so that the order of arrival
//! changes nothing. Shares are compared as fractions of whole numbers: a rate of exactly 0.9 is 0.9. Not here: which
//! attempts a question is about (`service::healing`), where they lie (`store`).

mod advice;
pub mod derive;
mod figures;
mod heat;
mod over_time;
mod strategy;
mod words;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use crate::model::Micros;
use crate::model::healing::Origin;

pub use advice::advice;
pub use figures::{by_failure_type, by_origin, histogram, totals};
pub use heat::{by_agent, by_hour};
pub use over_time::over_time;
pub use strategy::{by_strategy, trend, verdict};

/// One healing attempt; words are numbers, see [`Attempts`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attempt {
    /// When it ended.
    pub ts: Micros,
    /// Where it comes from.
    pub origin: Origin,
    /// What was tried.
    pub strategy: u32,
    /// On which kind of failure.
    pub failure_type: u32,
    /// Whose failure.
    pub agent: Option<u32>,
    /// Whether it worked.
    pub success: bool,
    /// How long it took, in milliseconds; `None` where nothing was tried until it was too late.
    pub duration_ms: Option<f64>,
    /// When the failure was noticed.
    pub detected_at: Option<Micros>,
    /// The failure; attempts with the same number are about the same one. Numbers are dense, from 0.
    pub failure: Option<u32>,
}

/// Attempts in the order of time, with the words their numbers stand for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempts {
    rows: Vec<Attempt>,
    /// Names of strategies, by number.
    pub strategies: Vec<String>,
    /// Names of kinds of failures, by number.
    pub failure_types: Vec<String>,
    /// Agents, by number.
    pub agents: Vec<String>,
}

impl Attempts {
    /// Puts `rows` in order.
    #[must_use]
    pub fn new(
        mut rows: Vec<Attempt>,
        strategies: Vec<String>,
        failure_types: Vec<String>,
        agents: Vec<String>,
    ) -> Self {
        // They mostly come in this order, which a stable sort sees at once.
        rows.sort_by_key(|row| row.ts);
        // Equal times are put in order by what they say, and by words, not by their numbers, which are given as they come.
        let words = |row: &Attempt| (word(&failure_types, Some(row.failure_type)), word(&agents, row.agent));
        for tied in rows.chunk_by_mut(|a, b| a.ts == b.ts).filter(|tied| tied.len() > 1) {
            tied.sort_unstable_by(|a, b| {
                (a.success, a.origin, a.detected_at)
                    .cmp(&(b.success, b.origin, b.detected_at))
                    .then_with(|| a.duration_ms.map(f64::to_bits).cmp(&b.duration_ms.map(f64::to_bits)))
                    .then_with(|| words(a).cmp(&words(b)))
            });
        }
        Self { rows, strategies, failure_types, agents }
    }

    /// The attempts, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[Attempt] {
        &self.rows
    }
}

fn word(names: &[String], number: Option<u32>) -> Option<&str> {
    names.get(number? as usize).map(String::as_str)
}

fn name(names: &[String], number: usize) -> String {
    names.get(number).cloned().unwrap_or_default()
}
