//! Answers made by hand, for tests of pages.

use std::collections::BTreeMap;

use crate::model::answer::{Estimator, Rate, Tier};
use crate::model::health::{AgentHealth, HealthState, IntervalBasis};
use crate::model::overview::{
    AgentPage, AgentRow, CostBasis, CostReport, CostRow, Durations, EventRow, Overview, Scope, TaskRow, Timeline,
    TokenTotals, Totals,
};
use crate::model::registry::{AgentCounts, AgentLife, AgentProfile};
use crate::model::time::{DAY, HOUR, MINUTE, SECOND};
use crate::model::work::{Beats, TaskSpan, Work};
use crate::model::{AgentStatus, Micros, TimeRange};

/// 2026-11-19T00:00:00Z.
pub const MIDNIGHT: Micros = Micros(1_795_046_400_000_000);

/// An id that is a script, as some agent will send one day.
pub const HOSTILE: &str = "<script>alert(1)</script>";

/// The whole of 19 November 2026.
#[must_use]
pub fn range() -> TimeRange {
    TimeRange { from: MIDNIGHT, until: Micros(MIDNIGHT.0 + DAY) }
}

/// A scope with data in it.
#[must_use]
pub fn scope() -> Scope {
    Scope {
        now: range().until,
        place: crate::model::HighWater::default(),
        range: range(),
        bounds: Some(range()),
        projects: vec!["alpha".into(), "beta & <b>".into()],
        demo_seed: None,
    }
}

/// 72 buckets of 20 minutes; the three from 19:00 are empty.
#[must_use]
pub fn timeline() -> Timeline {
    let buckets = 72_i64;
    let wave = |n: i64, height: i64| height + (n * 37 % 11) * height / 20 + (36 - (n - 20).abs()).max(0) * height / 40;
    let column = |height: i64| -> Vec<Option<i64>> {
        (0..buckets).map(|n| (!(57..60).contains(&n)).then(|| wave(n, height))).collect()
    };
    let count =
        |height: i64| -> Vec<Option<u64>> { column(height).into_iter().map(|n| n.map(|n| n.unsigned_abs())).collect() };
    let burst = |n: usize| (45..51).contains(&n);
    let success = count(20);
    let failure: Vec<Option<u64>> =
        success.iter().enumerate().map(|(n, s)| s.map(|s| if burst(n) { s / 2 } else { s / 18 })).collect();
    let millis = |height: i64| -> Vec<Option<f64>> {
        column(height)
            .into_iter()
            .enumerate()
            .map(|(n, v)| v.map(|v| v as f64 * if burst(n) { 2.2 } else { 1.0 }))
            .collect()
    };
    let rate = |(s, f): (&Option<u64>, &Option<u64>)| Rate::new((*s)?, (*s)? + (*f)?);
    Timeline {
        step_ms: 1_200_000,
        time: (0..buckets).map(|n| MIDNIGHT.millis() + n * 1_200_000).collect(),
        tier: Some(Tier::Minute),
        estimator: Some(Estimator::Sketch),
        partial_first: false,
        partial_last: true,
        success: success.iter().zip(&failure).map(rate).collect(),
        timed: success.iter().map(|n| n.unwrap_or(0)).collect(),
        results: BTreeMap::from([
            ("success".into(), success),
            ("failure".into(), failure),
            ("timeout".into(), count(1)),
            ("cancelled".into(), count(0)),
        ]),
        p50: millis(900),
        p95: millis(2_400),
        p99: millis(3_900),
        shortest: millis(200),
        longest: millis(5_100),
        earlier: None,
        health: vec![None; 72],
        notes: Default::default(),
        tokens: BTreeMap::from([
            ("cache_read".into(), column(1_500_000)),
            ("cache_write".into(), column(300_000)),
            ("output".into(), column(200_000)),
            ("input".into(), column(150_000)),
        ]),
    }
}

/// Durations of 2 970 tasks.
#[must_use]
pub fn durations() -> Durations {
    Durations {
        n: 2970,
        mean: 1500.0,
        p50: 1200.0,
        p95: 3100.0,
        p99: 4900.0,
        max: 9100.0,
        estimator: Estimator::Sketch,
    }
}

/// 2 972 tasks, 2 776 of them successes.
#[must_use]
pub fn totals() -> Totals {
    Totals {
        tasks: 2972,
        results: BTreeMap::from([
            ("success".into(), 2776),
            ("failure".into(), 121),
            ("timeout".into(), 54),
            ("cancelled".into(), 21),
        ]),
        success: Rate::new(2776, 2972),
        durations: Some(durations()),
        per_minute: Some(2.06),
        tokens: TokenTotals {
            recorded: 2972,
            used: 236_123_456,
            input: 161_000,
            output: 436_000,
            cache_read: 221_526_456,
            cache_write: 14_000_000,
            reasoning: 0,
            unsplit: 0,
        },
        active_agents: 148,
        swarms: 59,
    }
}

/// One agent of a table.
#[must_use]
pub fn agent(id: &str, kind: Option<&str>) -> AgentRow {
    AgentRow {
        agent_id: id.into(),
        agent_type: kind.map(Into::into),
        project: Some("alpha".into()),
        status: Some("running".into()),
        tasks: 412,
        success: Rate::new(404, 412),
        durations: Some(durations()),
        tokens: 31_000_000,
        last_seen: Some(range().until),
    }
}

/// One task of a table.
#[must_use]
pub fn task(id: &str, result: &str) -> TaskRow {
    TaskRow {
        row: 1,
        task_id: id.into(),
        timestamp: Micros(MIDNIGHT.0 + 13 * 60 * MINUTE + 1),
        agent_id: "reviewer-3".into(),
        agent_type: Some("reviewer".into()),
        swarm_id: Some("nightly".into()),
        project: Some("alpha".into()),
        model: Some("model-x".into()),
        result: Some(result.into()),
        duration_ms: Some(7100.0),
        tokens_used: Some(950_000),
        files_changed: None,
    }
}

/// One event of a table.
#[must_use]
pub fn event(kind: &str) -> EventRow {
    EventRow {
        row: 1,
        event_type: kind.into(),
        timestamp: MIDNIGHT,
        agent_id: "reviewer-3".into(),
        task_id: Some("t-1".into()),
        duration_ms: Some(120.0),
        metadata: Some("{\"a\":\"<b>\"}".into()),
    }
}

/// An agent of two lives: one that ended with an error, and one that runs since noon. It beat 12 s ago, where 5 s
/// are expected.
#[must_use]
pub fn profile(id: &str) -> AgentProfile {
    let noon = Micros(MIDNIGHT.0 + 12 * HOUR);
    let life = |spawn_time: Micros, status| AgentLife {
        agent_type: "coder".into(),
        status,
        spawn_time,
        running_since: Some(Micros(spawn_time.0 + HOUR)),
        complete_time: None,
        duration_ms: None,
        updated: spawn_time,
        metadata: None,
        project: Some("alpha".into()),
    };
    let first = AgentLife {
        complete_time: Some(Micros(MIDNIGHT.0 + 10 * HOUR)),
        duration_ms: Some(36_000_000.0),
        ..life(MIDNIGHT, AgentStatus::Error)
    };
    AgentProfile {
        now: range().until,
        range: range(),
        agent_id: id.into(),
        agent_type: Some("coder".into()),
        project: Some("alpha".into()),
        health: health(HealthState::Critical),
        stale_since: None,
        first_seen: Some(MIDNIGHT),
        last_seen: Some(range().until),
        last_event: None,
        lives: vec![life(noon, AgentStatus::Running), first],
        life_count: 2,
        counts: AgentCounts::default(),
        sessions: vec!["nightly/1".into()],
    }
}

/// The page of an agent that beat at 13:00, 13:00:05 and 14:00, and failed a task at 01:00.
#[must_use]
pub fn agent_page(id: &str) -> AgentPage {
    let base = overview();
    let beat = |seconds: i64| Micros(MIDNIGHT.0 + 13 * HOUR + seconds * SECOND);
    AgentPage {
        scope: base.scope,
        agent_id: id.into(),
        agent_type: Some("coder".into()),
        project: Some("alpha".into()),
        lives: Vec::new(),
        heard: Some(range()),
        totals: base.totals,
        previous: None,
        timeline: base.timeline,
        swarms: vec!["a/b".into()],
        tasks: base.recent_failures,
        events: vec![event("tool_error:Edit")],
        event_types: vec![("tool:Bash".into(), 812)],
        profile: profile(id),
        work: Work::Each(vec![span("t-1", id, 60, 7100.0, "failure"), span(HOSTILE, id, 70, 7100.0, "success")]),
        beats: Beats::Each(vec![beat(0), beat(5), beat(3600)]),
        metrics: None,
        healings: Vec::new(),
        trends: Vec::new(),
    }
}

/// The health of an agent that beat 12 s ago.
#[must_use]
pub fn health(state: HealthState) -> AgentHealth {
    AgentHealth {
        state,
        last_beat: Some(Micros(range().until.0 - 12 * SECOND)),
        elapsed_ms: Some(12_000),
        interval_ms: 5_000,
        basis: IntervalBasis::Learned,
        threshold: 3.0,
        beats: 16,
    }
}

/// A task that ended so many minutes after midnight.
#[must_use]
pub fn span(id: &str, agent: &str, minutes: i64, duration_ms: f64, result: &str) -> TaskSpan {
    TaskSpan {
        task_id: id.into(),
        agent_id: agent.into(),
        timestamp: Micros(MIDNIGHT.0 + minutes * MINUTE),
        duration_ms: Some(duration_ms),
        result: Some(result.into()),
    }
}

/// One row with a price and one without.
#[must_use]
pub fn costs() -> CostReport {
    let row = |model: &str, usd, unpriced_tokens, basis| CostRow {
        model: Some(model.into()),
        project: Some("alpha".into()),
        tasks: 1400,
        tokens: totals().tokens,
        usd,
        unpriced_tokens,
        basis,
    };
    CostReport {
        rows: vec![
            row("claude-sonnet-4-5", Some(187.2), 0, CostBasis::Priced),
            row("house-model", None, 236_123_456, CostBasis::Unpriced),
        ],
        row_count: 2,
        untold_tasks: 1203,
        usd: Some(187.2),
        unpriced_tokens: 236_123_456,
        prices_as_of: Some("2026-11-01".into()),
    }
}

/// A day with data, and a day before it that was a little worse at everything.
#[must_use]
pub fn overview() -> Overview {
    let before = Totals {
        tasks: 2650,
        success: Rate::new(2523, 2650),
        durations: Some(Durations { p95: 2700.0, ..durations() }),
        per_minute: Some(1.9),
        tokens: TokenTotals { used: 216_000_000, ..totals().tokens },
        ..totals()
    };
    Overview {
        scope: scope(),
        totals: totals(),
        previous: Some(before),
        timeline: timeline(),
        costs: costs(),
        fastest: vec![agent("planner-1", Some("planner")), agent("coder-2", Some("expert-backend"))],
        slowest: vec![agent("reviewer-3", Some("reviewer")), agent("tester-1", None)],
        busiest: vec![agent("planner-1", Some("planner")), agent(HOSTILE, Some("coder"))],
        slowest_tasks: vec![task("0b4f2a9e-1111-4222-8333-444455556666", "success"), task("t-2", "timeout")],
        recent_failures: vec![task(HOSTILE, "failure"), task("t-3", "cancelled"), task("t-4", "partial")],
        degradations: None,
        resources: Vec::new(),
    }
}
