//! Healings made by hand, for tests of their page.

use crate::model::answer::Rate;
use crate::model::healing::{
    Evidence, HealingEntry, HealingQuery, HealingReport, HealingTotals, HeatCell, HeatMap, Histogram, HistogramBin,
    Mean, Origin, OverTime, Recommendation, RecommendationKind, StrategyOverTime, StrategyRow, StrategyVerdict,
    Success, Trend, TrendWord, TypeRow, Waiting,
};
use crate::model::time::{HOUR, SECOND};
use crate::model::{Micros, RecordFilter};
use crate::web::pages::fixture::{HOSTILE, MIDNIGHT, scope};

/// `hours` after the midnight all fixtures start at.
fn at(hours: i64) -> Micros {
    Micros(MIDNIGHT.0 + hours * HOUR)
}

fn rate(numerator: u64, denominator: u64) -> Rate {
    Rate::new(numerator, denominator).expect("counted from something")
}

fn success(worked: u64, all: u64, low: f64, high: f64) -> Success {
    Success { rate: rate(worked, all), low, high }
}

/// 48 reported attempts of a strategy to tune, 4 of one nobody can judge, 120 derived ones that are fine.
pub fn healing() -> HealingReport {
    let totals = |failures, attempts, success: Success| HealingTotals {
        total_failures: failures,
        healed_failures: Rate::new(failures * 9 / 10, failures),
        total_healings: attempts,
        success: Some(success),
        avg_healing_time_ms: Some(Mean { ms: 2_340.0, n: attempts }),
        mttr_ms: Some(Mean { ms: 1_900.0, n: success.rate.numerator }),
        detection_to_recovery_ms: None,
    };
    let strategy = |name: &str, origin, success: Success, trend, verdict, why: &str| StrategyRow {
        strategy: name.into(),
        origin,
        success_count: success.rate.numerator,
        failure_count: success.rate.denominator - success.rate.numerator,
        success,
        avg_healing_time_ms: Some(Mean { ms: 2_500.0, n: success.rate.denominator }),
        p50_ms: Some(2_400.0),
        p95_ms: Some(5_200.0),
        trend,
        verdict,
        why: why.into(),
    };
    let trend = |word, recent, earlier| Some(Trend { word, recent: rate(recent, 10), earlier });
    let by_strategy = vec![
        strategy(
            "TaskRetryStrategy",
            Origin::Reported,
            success(31, 48, 0.51, 0.77),
            trend(TrendWord::Degrading, 5, rate(26, 38)),
            Some(StrategyVerdict::Tune),
            "64.5 % of 48 attempts worked: below 0.9, at least 0.5",
        ),
        strategy(HOSTILE, Origin::Reported, success(3, 4, 0.3, 0.95), None, None, "4 attempts: a verdict needs 10"),
        strategy(
            "retry",
            Origin::Derived,
            success(115, 120, 0.906, 0.982),
            trend(TrendWord::Stable, 10, rate(105, 110)),
            Some(StrategyVerdict::Keep),
            "95.8 % of 120 attempts worked, and it is not degrading",
        ),
    ];
    let bin = |from_ms, until_ms, success, failure| HistogramBin { from_ms, until_ms, success, failure };
    let kind = |name: &str, origin, failures, success: Success| TypeRow {
        failure_type: name.into(),
        origin,
        failures,
        success_count: success.rate.numerator,
        failure_count: success.rate.denominator - success.rate.numerator,
        success,
        avg_healing_time_ms: Some(Mean { ms: 2_500.0, n: success.rate.denominator }),
        mttr_ms: Some(Mean { ms: 2_100.0, n: success.rate.numerator }),
    };
    let line = |strategy: &StrategyRow| StrategyOverTime {
        strategy: strategy.strategy.clone(),
        origin: strategy.origin,
        success: (0..12).map(|hour| (hour != 5).then(|| rate(hour % 3 + 1, 4))).collect(),
    };
    let over_time = OverTime {
        step_ms: 2 * 3_600_000,
        time: (0..12).map(|bucket| at(2 * bucket).millis()).collect(),
        strategies: by_strategy.iter().map(line).collect(),
    };
    let advice = |kind, text: &str, n, strategy: Option<&str>| Recommendation {
        kind,
        text: text.into(),
        n,
        origin: Some(Origin::Reported),
        filter: RecordFilter { strategy: strategy.map(Into::into), ..RecordFilter::default() },
    };
    let low = "Strategy TaskRetryStrategy has a low success rate (64.5 %, 31 of 48). Consider more retries.";
    HealingReport {
        scope: scope(),
        query: HealingQuery::default(),
        totals: totals(120, 172, success(149, 172, 0.807, 0.909)),
        by_origin: vec![
            (Origin::Reported, totals(30, 52, success(34, 52, 0.518, 0.769))),
            (Origin::Derived, totals(90, 120, success(115, 120, 0.906, 0.982))),
        ],
        waiting: Waiting { failures: 2, limit_ms: 600_000, agents_behind: 0 },
        strategy_count: 3,
        over_time,
        by_strategy,
        by_failure_type: vec![
            kind("task_timeout", Origin::Reported, 20, success(31, 48, 0.51, 0.77)),
            kind("tool_error", Origin::Derived, 90, success(115, 120, 0.906, 0.982)),
        ],
        type_count: 2,
        distribution: Some(Histogram {
            bins: vec![bin(500.0, 1_000.0, 20, 1), bin(1_000.0, 2_000.0, 90, 4), bin(2_000.0, 5_000.0, 39, 18)],
            mttr_ms: Some(Mean { ms: 1_900.0, n: 149 }),
        }),
        by_hour: HeatMap {
            rows: vec!["tool_error".into(), "task_timeout".into()],
            columns: (0..24).map(|hour| format!("{hour:02}")).collect(),
            cells: vec![
                HeatCell { row: 0, column: 13, count: 80 },
                HeatCell { row: 0, column: 2, count: 10 },
                HeatCell { row: 1, column: 3, count: 1 },
            ],
            without_column: 0,
            row_count: 2,
            column_count: 24,
        },
        by_agent: HeatMap {
            rows: vec!["tool_error".into(), "task_timeout".into()],
            columns: vec!["planner-1".into(), HOSTILE.into(), HeatMap::OTHERS.into()],
            cells: vec![
                HeatCell { row: 0, column: 0, count: 60 },
                HeatCell { row: 0, column: 1, count: 29 },
                HeatCell { row: 1, column: 2, count: 31 },
            ],
            without_column: 1,
            row_count: 2,
            column_count: 14,
        },
        zone: "UTC".into(),
        recommendations: vec![
            advice(RecommendationKind::LowSuccess, low, 48, Some("TaskRetryStrategy")),
            advice(RecommendationKind::NotEnoughData, "1 strategy has fewer than 10 attempts.", 4, Some(HOSTILE)),
        ],
        newest: vec![entry(Origin::Reported), entry(Origin::Derived)],
        next: Some("before-these".into()),
    }
}

/// An attempt that ended at 13:00 and took 850 ms; the failure was noticed 2 s before it ended.
fn entry(origin: Origin) -> HealingEntry {
    let derived = origin == Origin::Derived;
    let seen = |event_type: &str, seconds: i64| Evidence {
        event_type: event_type.into(),
        id: format!("e-{seconds}"),
        timestamp: Micros(at(13).0 - seconds * SECOND),
    };
    HealingEntry {
        origin,
        row: 1,
        timestamp: at(13),
        strategy: if derived { "retry".into() } else { HOSTILE.into() },
        failure_type: "tool_error".into(),
        success: derived,
        duration_ms: Some(850.0),
        detected_at: Some(Micros(at(13).0 - 2 * SECOND)),
        failure_id: None,
        agent_id: Some("planner-1".into()),
        project: None,
        actions: if derived { Vec::new() } else { vec!["requeue".into(), "start".into()] },
        evidence: if derived { vec![seen("tool_error:Edit", 5), seen("tool:Edit", 0)] } else { Vec::new() },
    }
}
