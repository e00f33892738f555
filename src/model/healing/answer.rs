//! The answer about healings. Every mean and rate says on how many attempts it stands.

use serde::{Deserialize, Serialize};

use super::charts::{HeatMap, Histogram, OverTime};
use super::{HealingQuery, Origin};
use crate::model::answer::Rate;
use crate::model::overview::Scope;
use crate::model::{Micros, RecordFilter};

/// Everything the page, the route and the command know about healings of a range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealingReport {
    /// What was asked, as every page has it.
    pub scope: Scope,
    /// The question.
    pub query: HealingQuery,
    /// Figures of all attempts asked about.
    pub totals: HealingTotals,
    /// The same apart: one entry for each origin that has attempts, reported first.
    pub by_origin: Vec<(Origin, HealingTotals)>,
    /// Failures of which it is too early to say whether they heal.
    pub waiting: Waiting,
    /// One row for each strategy and origin: reported first, then by attempts, most first. At most
    /// [`Self::STRATEGIES_MAX`].
    pub by_strategy: Vec<StrategyRow>,
    /// How many such rows there are.
    pub strategy_count: u64,
    /// One row for each kind of failure and origin, in the same order. At most [`Self::TYPES_MAX`].
    pub by_failure_type: Vec<TypeRow>,
    /// How many such rows there are.
    pub type_count: u64,
    /// How long attempts took; `None` without attempts.
    pub distribution: Option<Histogram>,
    /// Failures by kind and hour of the day in `zone`, 24 columns.
    pub by_hour: HeatMap,
    /// Failures by kind and agent, busiest first.
    pub by_agent: HeatMap,
    /// The zone in which the hours are counted.
    pub zone: String,
    /// Success rate over time, by strategy.
    pub over_time: OverTime,
    /// What to do about it.
    pub recommendations: Vec<Recommendation>,
    /// The newest attempts; at most [`Self::NEWEST_MAX`].
    pub newest: Vec<HealingEntry>,
    /// The cursor of those before them; `None` when these are all.
    pub next: Option<String>,
}

impl HealingReport {
    /// Most rows of `by_strategy`.
    pub const STRATEGIES_MAX: usize = 50;
    /// Most rows of `by_failure_type`.
    pub const TYPES_MAX: usize = 50;
    /// Most of the newest attempts.
    pub const NEWEST_MAX: u32 = 50;
}

/// A success rate and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Success {
    /// Attempts that worked, of all.
    pub rate: Rate,
    /// Lower end of the Wilson score interval of 95 %, 0 to 1.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// A mean of milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mean {
    /// The mean.
    pub ms: f64,
    /// Of how many attempts; not 0.
    pub n: u64,
}

/// Headline figures. `None` = no attempt it could be made from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct HealingTotals {
    /// Distinct failures: attempts that name the same failure count once, one that names none is its own.
    pub total_failures: u64,
    /// Of these, those with an attempt in the range that worked.
    pub healed_failures: Option<Rate>,
    /// Attempts.
    pub total_healings: u64,
    /// Attempts that worked.
    pub success: Option<Success>,
    /// How long all attempts took that know it.
    pub avg_healing_time_ms: Option<Mean>,
    /// How long the attempts that worked took: mean time to recovery, detection not included.
    pub mttr_ms: Option<Mean>,
    /// From the moment a failure was noticed until an attempt worked, of those that know it.
    pub detection_to_recovery_ms: Option<Mean>,
}

/// Failures found in events, of which it is too early to say what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// Failures in the range that may still heal. They are counted nowhere else.
    pub failures: u64,
    /// How long a failure may take to heal, in milliseconds.
    pub limit_ms: i64,
    /// Agents with events that were not looked through yet; 0 = everything stored is in the answer.
    pub agents_behind: u64,
}

/// In which direction a success rate moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TrendWord {
    /// More than 0.05 above what it was.
    Improving,
    /// Neither.
    Stable,
    /// More than 0.05 below what it was.
    Degrading,
}

impl TrendWord {
    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Improving => "improving",
            Self::Stable => "stable",
            Self::Degrading => "degrading",
        }
    }
}

/// How a strategy's newest attempts compare with all before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trend {
    /// The comparison in a word.
    pub word: TrendWord,
    /// The newest [`Self::RECENT`] attempts.
    pub recent: Rate,
    /// All before them.
    pub earlier: Rate,
}

impl Trend {
    /// How many of the newest attempts are compared.
    pub const RECENT: u64 = 10;
    /// Fewest attempts that have a trend.
    pub const ATTEMPTS_MIN: u64 = 15;
}

/// What to do about a strategy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StrategyVerdict {
    /// It works: at least 0.9, and not degrading.
    Keep,
    /// It could work better.
    Tune,
    /// It fails more often than it works: below 0.5.
    Replace,
}

impl StrategyVerdict {
    /// Fewest attempts that are judged.
    pub const ATTEMPTS_MIN: u64 = 10;

    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Tune => "tune",
            Self::Replace => "replace",
        }
    }
}

/// One strategy. Reported and derived attempts never share a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StrategyRow {
    /// Its name.
    pub strategy: String,
    /// Where its attempts come from.
    pub origin: Origin,
    /// Attempts that worked.
    pub success_count: u64,
    /// Attempts that did not.
    pub failure_count: u64,
    /// Their share.
    pub success: Success,
    /// Mean time of an attempt, of those that know it.
    pub avg_healing_time_ms: Option<Mean>,
    /// Median time of these attempts, in milliseconds, interpolated.
    pub p50_ms: Option<f64>,
    /// 95th percentile, likewise.
    pub p95_ms: Option<f64>,
    /// Where it is going; `None` below [`Trend::ATTEMPTS_MIN`] attempts.
    pub trend: Option<Trend>,
    /// What to do; `None` below [`StrategyVerdict::ATTEMPTS_MIN`] attempts.
    pub verdict: Option<StrategyVerdict>,
    /// Why this verdict, or what is missing for one, in words.
    pub why: String,
}

/// One kind of failure. Reported and derived attempts never share a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TypeRow {
    /// Its name.
    pub failure_type: String,
    /// Where its attempts come from.
    pub origin: Origin,
    /// Distinct failures.
    pub failures: u64,
    /// Attempts that worked.
    pub success_count: u64,
    /// Attempts that did not.
    pub failure_count: u64,
    /// Their share.
    pub success: Success,
    /// Mean time of an attempt, of those that know it.
    pub avg_healing_time_ms: Option<Mean>,
    /// Mean time of the attempts that worked.
    pub mttr_ms: Option<Mean>,
}

/// Which rule speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RecommendationKind {
    /// A strategy works in less than 0.7 of its attempts.
    LowSuccess,
    /// A strategy works less often than it did.
    Degrading,
    /// A strategy takes more than 1000 ms on average.
    Slow,
    /// Mean time to recovery is 1000 ms or less.
    OptimalMttr,
    /// There is too little to go by.
    NotEnoughData,
    /// There is nothing.
    NoData,
}

impl RecommendationKind {
    /// The word in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LowSuccess => "low_success",
            Self::Degrading => "degrading",
            Self::Slow => "slow",
            Self::OptimalMttr => "optimal_mttr",
            Self::NotEnoughData => "not_enough_data",
            Self::NoData => "no_data",
        }
    }
}

/// One piece of advice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendation {
    /// Which rule speaks.
    pub kind: RecommendationKind,
    /// What it says, with its figures.
    pub text: String,
    /// On how many attempts it stands.
    pub n: u64,
    /// The attempts behind it: their origin; `None` = any.
    pub origin: Option<Origin>,
    /// The attempts behind it: the filter that finds them, within the range and filter asked about.
    pub filter: RecordFilter,
}

/// One attempt, in a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HealingEntry {
    /// Where it comes from.
    pub origin: Origin,
    /// Row id in the store, unique within its origin.
    pub row: i64,
    /// When it ended.
    pub timestamp: Micros,
    /// What was tried.
    pub strategy: String,
    /// On which kind of failure.
    pub failure_type: String,
    /// Whether it worked.
    pub success: bool,
    /// How long it took, in milliseconds; `None` of a failure after which nothing was tried in time.
    pub duration_ms: Option<f64>,
    /// When the failure was noticed.
    pub detected_at: Option<Micros>,
    /// The failure: of a derived attempt the id of its event.
    pub failure_id: Option<String>,
    /// Whose failure it was.
    pub agent_id: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// What was done, in order; empty for derived attempts.
    pub actions: Vec<String>,
    /// The events a derived attempt was found in, oldest first: the failure, and what ended it.
    pub evidence: Vec<Evidence>,
}

/// A page of attempts, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct HealingPage {
    /// The attempts.
    pub items: Vec<HealingEntry>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
}

/// An event, or a task, that a derived attempt was found in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What happened: an event's type, or `task` for the end of a task.
    pub event_type: String,
    /// The event's id, or the task's.
    pub id: String,
    /// When.
    pub timestamp: Micros,
}
