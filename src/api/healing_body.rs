//! What `GET /api/v1/healing` answers.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::figures::Time;
use super::healing_charts::{HealingBinBody, HealingHeatBody, HealingOverTimeBody, bins};
use crate::model::healing::{
    Evidence, HealingEntry, HealingReport, HealingTotals, Mean, Origin, Origins, Recommendation, RecommendationKind,
    StrategyRow, StrategyVerdict, Success, TrendWord, TypeRow,
};

/// How well failures are healed. Null = nothing is known, which is not 0; every mean comes with the number of attempts
/// it is of.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingBody {
    /// First instant of the range: an attempt lies where it ended.
    pub from: Time,
    /// First instant after it.
    pub to: Time,
    /// Which attempts this is about.
    pub origin: Origins,
    /// Figures of all of them.
    #[serde(flatten)]
    pub totals: HealingTotalsBody,
    /// The same of reported and of derived attempts apart.
    pub by_origin: Vec<HealingOriginBody>,
    /// Failures found in events that may still heal; they are counted nowhere else.
    pub pending: u64,
    /// How long a failure may take to heal before it counts as not healed.
    pub pending_limit_ms: i64,
    /// Agents with events that were not looked through yet; 0 = everything stored is in the answer.
    pub agents_behind: u64,
    /// By strategy and origin: reported first, then by attempts. At most 50.
    pub by_strategy: Vec<HealingStrategyBody>,
    /// How many such rows there are.
    pub strategy_count: u64,
    /// By kind of failure and origin, in the same order. At most 50.
    pub by_failure_type: Vec<HealingTypeBody>,
    /// How many such rows there are.
    pub failure_type_count: u64,
    /// How long attempts took, in bins of 1, 2, 5, 10 … milliseconds; empty without any.
    pub distribution: Vec<HealingBinBody>,
    /// Failures by kind and hour of the day.
    pub failures_by_hour: HealingHeatBody,
    /// Failures by kind and agent.
    pub failures_by_agent: HealingHeatBody,
    /// The zone in which hours are counted.
    pub tz: String,
    /// Success over time, by strategy.
    pub success_over_time: HealingOverTimeBody,
    /// What to do.
    pub recommendations: Vec<HealingRecommendationBody>,
    /// The newest attempts, at most 50; `/api/v1/healing/attempts` has all.
    pub newest: Vec<HealingAttemptBody>,
}

/// Headline figures.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingTotalsBody {
    /// Distinct failures: attempts that name the same one count once, one that names none is its own.
    pub total_failures: u64,
    /// Those of them with an attempt in the range that worked.
    pub healed_failures: u64,
    /// Attempts.
    pub total_healings: u64,
    /// Those that worked.
    pub success_count: u64,
    /// Their share.
    #[schema(minimum = 0, maximum = 1)]
    pub success_rate: Option<f64>,
    /// Wilson score interval of 95 %: lower end.
    pub success_rate_low: Option<f64>,
    /// Its upper end.
    pub success_rate_high: Option<f64>,
    /// Mean time of an attempt.
    pub avg_healing_time_ms: Option<f64>,
    /// Of so many attempts.
    pub avg_healing_time_n: u64,
    /// Mean time of the attempts that worked; detection is not part of it.
    pub mttr_ms: Option<f64>,
    /// Of so many attempts.
    pub mttr_n: u64,
    /// Mean time from the moment a failure was noticed until an attempt worked.
    pub detection_to_recovery_ms: Option<f64>,
    /// Of so many attempts.
    pub detection_to_recovery_n: u64,
}

fn ms(mean: Option<Mean>) -> (Option<f64>, u64) {
    (mean.map(|mean| mean.ms), mean.map_or(0, |mean| mean.n))
}

impl From<HealingTotals> for HealingTotalsBody {
    fn from(totals: HealingTotals) -> Self {
        let success = totals.success;
        let (avg_healing_time_ms, avg_healing_time_n) = ms(totals.avg_healing_time_ms);
        let (mttr_ms, mttr_n) = ms(totals.mttr_ms);
        let (detection_to_recovery_ms, detection_to_recovery_n) = ms(totals.detection_to_recovery_ms);
        Self {
            total_failures: totals.total_failures,
            healed_failures: totals.healed_failures.map_or(0, |rate| rate.numerator),
            total_healings: totals.total_healings,
            success_count: success.map_or(0, |success| success.rate.numerator),
            success_rate: success.map(|success| success.rate.ratio()),
            success_rate_low: success.map(|success| success.low),
            success_rate_high: success.map(|success| success.high),
            avg_healing_time_ms,
            avg_healing_time_n,
            mttr_ms,
            mttr_n,
            detection_to_recovery_ms,
            detection_to_recovery_n,
        }
    }
}

/// Headline figures of one origin.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingOriginBody {
    /// Where the attempts come from: records that were sent, or events.
    pub origin: Origin,
    #[serde(flatten)]
    totals: HealingTotalsBody,
}

/// A success rate with its interval.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingSuccessBody {
    /// The share of attempts that worked.
    #[schema(minimum = 0, maximum = 1)]
    pub success_rate: f64,
    /// Wilson score interval of 95 %: lower end.
    pub success_rate_low: f64,
    /// Its upper end.
    pub success_rate_high: f64,
}

impl From<Success> for HealingSuccessBody {
    fn from(success: Success) -> Self {
        Self { success_rate: success.rate.ratio(), success_rate_low: success.low, success_rate_high: success.high }
    }
}

/// One strategy.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingStrategyBody {
    /// Its name.
    pub strategy: String,
    /// Where its attempts come from.
    pub origin: Origin,
    /// Attempts that worked.
    pub success_count: u64,
    /// Attempts that did not.
    pub failure_count: u64,
    #[serde(flatten)]
    success: HealingSuccessBody,
    /// Mean time of an attempt.
    pub avg_healing_time_ms: Option<f64>,
    /// Attempts with a time, of which the mean and the percentiles are.
    pub timed: u64,
    /// Median, interpolated.
    pub p50_ms: Option<f64>,
    /// 95th percentile, interpolated.
    pub p95_ms: Option<f64>,
    /// The newest 10 attempts against all before; null below 15.
    pub trend: Option<TrendWord>,
    /// Of the newest 10, those that worked; null without a trend.
    pub recent_successes: Option<u64>,
    /// Of all before, those that worked.
    pub earlier_successes: Option<u64>,
    /// All before.
    pub earlier_attempts: Option<u64>,
    /// What to do: `keep` at 0.9 or more and not degrading, `replace` below 0.5, else `tune`; null below 10 attempts.
    pub recommendation: Option<StrategyVerdict>,
    /// Why, or what is missing.
    pub why: String,
}

impl From<StrategyRow> for HealingStrategyBody {
    fn from(row: StrategyRow) -> Self {
        let (avg_healing_time_ms, timed) = ms(row.avg_healing_time_ms);
        Self {
            strategy: row.strategy,
            origin: row.origin,
            success_count: row.success_count,
            failure_count: row.failure_count,
            success: row.success.into(),
            avg_healing_time_ms,
            timed,
            p50_ms: row.p50_ms,
            p95_ms: row.p95_ms,
            trend: row.trend.map(|trend| trend.word),
            recent_successes: row.trend.map(|trend| trend.recent.numerator),
            earlier_successes: row.trend.map(|trend| trend.earlier.numerator),
            earlier_attempts: row.trend.map(|trend| trend.earlier.denominator),
            recommendation: row.verdict,
            why: row.why,
        }
    }
}

/// One kind of failure.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingTypeBody {
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
    #[serde(flatten)]
    success: HealingSuccessBody,
    /// Mean time of an attempt.
    pub avg_healing_time_ms: Option<f64>,
    /// Mean time of the attempts that worked.
    pub mttr_ms: Option<f64>,
}

impl From<TypeRow> for HealingTypeBody {
    fn from(row: TypeRow) -> Self {
        Self {
            failure_type: row.failure_type,
            origin: row.origin,
            failures: row.failures,
            success_count: row.success_count,
            failure_count: row.failure_count,
            success: row.success.into(),
            avg_healing_time_ms: ms(row.avg_healing_time_ms).0,
            mttr_ms: ms(row.mttr_ms).0,
        }
    }
}

/// One piece of advice.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingRecommendationBody {
    /// The rule that speaks.
    pub kind: RecommendationKind,
    /// What it says.
    pub text: String,
    /// On how many attempts it stands.
    pub n: u64,
    /// Whose attempts; null = any.
    pub origin: Option<Origin>,
    /// The filters that find these attempts, beside those asked for.
    pub filter: BTreeMap<&'static str, String>,
}

impl From<Recommendation> for HealingRecommendationBody {
    fn from(advice: Recommendation) -> Self {
        let filter = advice.filter.asked().map(|(field, value)| (field, value.to_owned())).collect();
        Self { kind: advice.kind, text: advice.text, n: advice.n, origin: advice.origin, filter }
    }
}

/// One attempt.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingAttemptBody {
    /// Where it comes from.
    pub origin: Origin,
    /// When it ended.
    pub timestamp: Time,
    /// What was tried.
    pub strategy: String,
    /// On which kind of failure.
    pub failure_type: String,
    /// Whether it worked.
    pub success: bool,
    /// How long it took; null = nothing was tried in time.
    pub duration_ms: Option<f64>,
    /// When the failure was noticed.
    pub detected_at: Option<Time>,
    /// The failure; of a derived attempt the id of its event.
    pub failure_id: Option<String>,
    /// Whose failure.
    pub agent_id: Option<String>,
    /// Its project.
    pub project: Option<String>,
    /// What was done, in order.
    pub actions: Vec<String>,
    /// The events it was found in: the failure, and what ended it.
    pub evidence: Vec<HealingEvidenceBody>,
}

/// An event, or the end of a task, that shows a healing.
#[derive(Debug, Serialize, ToSchema)]
pub struct HealingEvidenceBody {
    /// What happened: the event's type, or `task`.
    pub event_type: String,
    /// The event's id, or the task's.
    pub id: String,
    /// When.
    pub timestamp: Time,
}

impl From<Evidence> for HealingEvidenceBody {
    fn from(one: Evidence) -> Self {
        Self { event_type: one.event_type, id: one.id, timestamp: Time(one.timestamp) }
    }
}

impl From<HealingEntry> for HealingAttemptBody {
    fn from(entry: HealingEntry) -> Self {
        Self {
            origin: entry.origin,
            timestamp: Time(entry.timestamp),
            strategy: entry.strategy,
            failure_type: entry.failure_type,
            success: entry.success,
            duration_ms: entry.duration_ms,
            detected_at: entry.detected_at.map(Time),
            failure_id: entry.failure_id,
            agent_id: entry.agent_id,
            project: entry.project,
            actions: entry.actions,
            evidence: entry.evidence.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<HealingReport> for HealingBody {
    fn from(report: HealingReport) -> Self {
        let origin = |(origin, totals): (Origin, HealingTotals)| HealingOriginBody { origin, totals: totals.into() };
        Self {
            from: Time(report.scope.range.from),
            to: Time(report.scope.range.until),
            origin: report.query.origins,
            totals: report.totals.into(),
            by_origin: report.by_origin.into_iter().map(origin).collect(),
            pending: report.waiting.failures,
            pending_limit_ms: report.waiting.limit_ms,
            agents_behind: report.waiting.agents_behind,
            by_strategy: report.by_strategy.into_iter().map(Into::into).collect(),
            strategy_count: report.strategy_count,
            by_failure_type: report.by_failure_type.into_iter().map(Into::into).collect(),
            failure_type_count: report.type_count,
            distribution: bins(report.distribution),
            failures_by_hour: report.by_hour.into(),
            failures_by_agent: report.by_agent.into(),
            tz: report.zone,
            success_over_time: report.over_time.into(),
            recommendations: report.recommendations.into_iter().map(Into::into).collect(),
            newest: report.newest.into_iter().map(Into::into).collect(),
        }
    }
}
