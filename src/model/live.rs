//! Places in the order of arrival, for who follows what is stored.
//!
//! Not here: reading what came after one (`service::live`).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Dataset;

/// The last row id of every dataset, in the order of [`Dataset::ALL`]; 0 = none yet. Row ids ascend in the order of
/// arrival and are never used twice, so nothing up to a place is ever new again.
///
/// As text the seven numbers have dots between them: `12.0.3.480.0.2.0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HighWater([i64; 7]);

/// A text that is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is no place in the order of arrival: seven numbers with dots between them, as events carry them in `id`")]
pub struct NoPlace;

impl HighWater {
    /// The last row id of `dataset`.
    #[must_use]
    pub fn of(&self, dataset: Dataset) -> i64 {
        self.0[dataset as usize]
    }

    /// Moves `dataset` on to row `id`; never back.
    pub fn pass(&mut self, dataset: Dataset, id: i64) {
        let place = &mut self.0[dataset as usize];
        *place = (*place).max(id);
    }

    /// Row ids that were given out after this place up to `other`: at least as many as there are new records.
    #[must_use]
    pub fn distance_to(&self, other: &Self) -> u64 {
        self.0.iter().zip(&other.0).map(|(from, to)| u64::try_from(to.saturating_sub(*from)).unwrap_or(0)).sum()
    }

    /// Whether this place lies beyond `other` in any dataset.
    #[must_use]
    pub fn is_beyond(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(here, there)| here > there)
    }

    /// The later of both, dataset by dataset.
    #[must_use]
    pub fn joined(mut self, other: &Self) -> Self {
        Dataset::ALL.into_iter().for_each(|dataset| self.pass(dataset, other.of(dataset)));
        self
    }
}

impl fmt::Display for HighWater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = &self.0;
        write!(f, "{first}")?;
        rest.iter().try_for_each(|id| write!(f, ".{id}"))
    }
}

impl FromStr for HighWater {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut ids = [0; 7];
        let mut words = text.split('.');
        for id in &mut ids {
            let word = words.next().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
            *id = word.and_then(|word| word.parse().ok()).ok_or(NoPlace)?;
        }
        if words.next().is_some() { Err(NoPlace) } else { Ok(Self(ids)) }
    }
}

impl TryFrom<String> for HighWater {
    type Error = NoPlace;

    fn try_from(text: String) -> Result<Self, NoPlace> {
        text.parse()
    }
}

impl From<HighWater> for String {
    fn from(place: HighWater) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nothing_else_is_one() {
        let mut place = HighWater::default();
        place.pass(Dataset::Tasks, 12);
        place.pass(Dataset::Memory, i64::MAX);
        assert_eq!(place.to_string(), format!("12.0.0.0.0.0.{}", i64::MAX));
        assert_eq!(place.to_string().parse(), Ok(place));
        for broken in ["", "1", "1.2.3.4.5.6", "1.2.3.4.5.6.7.8", "1.2.3.4.5.6.-7", "1.2.3.4.5.6.+7", "1..3.4.5.6.7"] {
            assert_eq!(broken.parse::<HighWater>(), Err(NoPlace), "{broken}");
        }
    }

    #[test]
    fn a_place_never_goes_back_and_counts_only_what_lies_ahead() {
        let (mut near, mut far) = (HighWater::default(), HighWater::default());
        near.pass(Dataset::Tasks, 5);
        near.pass(Dataset::Tasks, 3);
        far.pass(Dataset::Tasks, 4);
        far.pass(Dataset::Events, 10);
        assert_eq!(near.of(Dataset::Tasks), 5);
        assert_eq!(near.distance_to(&far), 10, "one task behind and ten events ahead");
        assert!(near.is_beyond(&far) && far.is_beyond(&near));
        let both = near.joined(&far);
        assert_eq!((both.of(Dataset::Tasks), both.of(Dataset::Events)), (5, 10));
    }
}
