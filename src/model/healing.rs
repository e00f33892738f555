//! How failures are healed: what is asked, and the answer that page, route and command share.
//!
//! An *attempt* is one record of a healing; a *failure* may need several. Attempts are *reported* (somebody sent a
//! healing record) or *derived* (found in events, by the rules in `analytics::healing::rules`); every figure says
//! which. Not here: the arithmetic (`analytics::healing`), the records as they are sent (`record::HealingRecord`).

mod answer;
mod charts;

use serde::{Deserialize, Serialize};

pub use answer::{
    Evidence, HealingEntry, HealingPage, HealingReport, HealingTotals, Mean, Recommendation, RecommendationKind,
    StrategyRow, StrategyVerdict, Success, Trend, TrendWord, TypeRow, Waiting,
};
pub use charts::{HeatCell, HeatMap, Histogram, HistogramBin, OverTime, StrategyOverTime};

use super::{RangeSpec, RecordFilter};

/// Where a healing attempt comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A healing record that somebody sent.
    Reported,
    /// Found in events.
    Derived,
}

impl Origin {
    /// Both, reported first.
    pub const ALL: [Self; 2] = [Self::Reported, Self::Derived];

    /// The word in requests and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Derived => "derived",
        }
    }
}

/// Which attempts are asked about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Origins {
    /// All of them, each labelled.
    #[default]
    Both,
    /// Only reported ones.
    Reported,
    /// Only derived ones.
    Derived,
}

impl Origins {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Both, Self::Reported, Self::Derived];

    /// The word in requests and URLs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Both => "both",
            Self::Reported => "reported",
            Self::Derived => "derived",
        }
    }

    /// Reads a word made by [`Self::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origins| origins.as_str() == word)
    }

    /// Whether attempts of `origin` are asked about.
    #[must_use]
    pub const fn has(self, origin: Origin) -> bool {
        matches!(
            (self, origin),
            (Self::Both, _) | (Self::Reported, Origin::Reported) | (Self::Derived, Origin::Derived)
        )
    }
}

/// A question about healings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct HealingQuery {
    /// Of which time: an attempt lies where it ended.
    pub range: RangeSpec,
    /// Of which attempts: `strategy`, `failure_type`, `success`, `agent_id`, `project`.
    pub filter: RecordFilter,
    /// Reported, derived, or both.
    pub origins: Origins,
    /// The IANA zone in which hours of the day are counted; empty = UTC.
    pub zone: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_read_back_and_say_whom_they_have() {
        for origins in Origins::ALL {
            assert_eq!(Origins::parse(origins.as_str()), Some(origins));
        }
        assert_eq!(Origins::parse("all"), None);
        assert!(Origin::ALL.into_iter().all(|origin| Origins::Both.has(origin)));
        assert!(Origins::Derived.has(Origin::Derived) && !Origins::Derived.has(Origin::Reported));
    }
}
