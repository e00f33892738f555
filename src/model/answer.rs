//! Parts every answer shares: how a figure came about.

use serde::{Deserialize, Serialize};

/// Which rows answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Tier {
    /// The records themselves.
    #[serde(rename = "raw")]
    Raw,
    /// Minute rollups.
    #[serde(rename = "1m")]
    Minute,
    /// Hour rollups.
    #[serde(rename = "1h")]
    Hour,
    /// Day rollups.
    #[serde(rename = "1d")]
    Day,
}

impl Tier {
    /// The name in answers: `raw`, `1m`, `1h`, `1d`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Minute => "1m",
            Self::Hour => "1h",
            Self::Day => "1d",
        }
    }
}

/// How a quantile was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub enum Estimator {
    /// From the values, by linear interpolation.
    #[serde(rename = "exact")]
    Exact,
    /// From merged DDSketches; within 1 % of a true value.
    #[serde(rename = "ddsketch(0.01)")]
    Sketch,
}

impl Estimator {
    /// The name in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Sketch => "ddsketch(0.01)",
        }
    }
}

/// A share with what it was counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Rate {
    /// How many had the property.
    pub numerator: u64,
    /// Of how many; not 0.
    pub denominator: u64,
}

impl Rate {
    /// `None` when nothing was counted.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        (denominator > 0).then_some(Self { numerator, denominator })
    }

    /// The share, 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn ratio(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

/// What became of a batch that was sent in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Newly stored, or updated by the importer that owns them.
    pub accepted: u64,
    /// Stored before, and the same.
    pub duplicates: u64,
    /// Stored before and different: the first is kept. At most [`Self::LISTED_MAX`] are listed.
    pub differing: Vec<Rejection>,
    /// How many differ.
    pub differing_count: u64,
    /// Refused, with the reason; at most [`Self::LISTED_MAX`] are listed.
    pub rejected: Vec<Rejection>,
    /// How many were refused.
    pub rejected_count: u64,
    /// Fields nobody reads, by name, with how often they came; at most 20 names.
    pub ignored_fields: std::collections::BTreeMap<String, u64>,
}

impl Receipt {
    /// Most entries in `rejected` and in `differing`.
    pub const LISTED_MAX: usize = 1000;
}

/// What became of a batch whose sender does not wait for the commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Buffered {
    /// Records that wait to be stored. Whether they are new is not known yet.
    pub buffered: u64,
    /// Refused, with the reason; at most [`Receipt::LISTED_MAX`] are listed.
    pub rejected: Vec<Rejection>,
    /// How many were refused.
    pub rejected_count: u64,
    /// Fields nobody reads, by name, with how often they came; at most 20 names.
    pub ignored_fields: std::collections::BTreeMap<String, u64>,
}

/// One record that was not stored as sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Rejection {
    /// Its place among the records sent, from 0; blank lines do not count.
    pub index: u64,
    /// Why.
    pub error: String,
}
