//! Figures to draw, and terminals to draw them in.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::cli::top::screen::Screen;
use crate::cli::top::view::View;
use crate::model::Micros;
use crate::model::alert::{AlertCounts, AlertState, Severity};
use crate::model::answer::Estimator;
use crate::model::top::{
    Top, TopAgent, TopAgents, TopAlert, TopAlerts, TopGauge, TopPriority, TopQuery, TopQueue, TopResources, TopSort,
    TopSummary, TopTrend, TopTrends,
};

/// 2026-01-01T12:00:00Z.
pub(super) const NOON: i64 = 1_767_268_800_000_000;
pub(super) const MINUTE: i64 = 60_000_000;

pub(super) fn agent(name: &str, (successful_tasks, rated_tasks): (u64, u64), ms: f64) -> TopAgent {
    TopAgent {
        agent_id: name.to_owned(),
        agent_type: Some("coder".to_owned()),
        task_count: rated_tasks + 1,
        successful_tasks,
        rated_tasks,
        success_rate: Some(0.5),
        avg_duration_ms: Some(ms),
        p95_duration_ms: Some(2.0 * ms),
        tokens_used: Some(1_250_000),
    }
}

pub(super) fn gauge(value: f64, swarms: u64, minutes: i64) -> Option<TopGauge> {
    Some(TopGauge {
        value,
        swarms,
        most_swarm_id: "swarm-1".to_owned(),
        most_value: value,
        measured_at: Micros(NOON - minutes * MINUTE),
    })
}

pub(super) fn alert(rule: &str, severity: Severity, state: Option<AlertState>, silenced: bool) -> TopAlert {
    TopAlert {
        rule: rule.to_owned(),
        severity,
        state,
        summary: "success rate of 24 tasks over 5m: 83.3 %, below 90 %".to_owned(),
        since: state.map(|_| Micros(NOON - 3 * MINUTE)),
        silenced,
    }
}

pub(super) fn trend(step: i64, tasks: &[u64]) -> TopTrend {
    TopTrend {
        step_ms: step / 1000,
        time: (0..tasks.len() as i64).map(|at| (NOON + at * step) / 1000).collect(),
        total_tasks: tasks.to_vec(),
        successful_tasks: tasks.iter().map(|tasks| tasks - tasks / 8).collect(),
        rated_tasks: tasks.to_vec(),
        success_rate: tasks
            .iter()
            .map(|tasks| (*tasks > 0).then(|| 1.0 - (tasks / 8) as f64 / *tasks as f64))
            .collect(),
        avg_duration_ms: tasks.iter().map(|tasks| (*tasks > 0).then_some(100.0 * *tasks as f64)).collect(),
    }
}

/// A swarm that reports everything there is to report.
pub(super) fn full() -> Top {
    let priorities = [("critical", 2.0), ("high", 5.0), ("medium", 30.0), ("low", 18.0), ("someday", 1200.0)];
    Top {
        now: Micros(NOON),
        from: Micros(NOON - 60 * MINUTE),
        to: Micros(NOON),
        newest_record: Some(Micros(NOON - 1)),
        demo: false,
        alerts: TopAlerts {
            watching: true,
            rules: 4,
            rules_without_data: 1,
            counts: AlertCounts { firing: 2, critical: 1, pending: 1, silenced: 1 },
            listed: vec![
                alert("low_success_rate", Severity::Critical, Some(AlertState::Firing), false),
                alert("high_backlog", Severity::Warning, Some(AlertState::Firing), true),
                alert("high_latency", Severity::Warning, Some(AlertState::Pending), false),
            ],
        },
        summary: TopSummary {
            total_tasks: 12_345,
            successful_tasks: 11_234,
            rated_tasks: 12_340,
            success_rate: Some(0.91),
            avg_duration_ms: Some(1_234.5),
            p95_duration_ms: Some(2_900.0),
            p99_duration_ms: Some(4_800.0),
            estimator: Some(Estimator::Exact),
            timed_tasks: 12_000,
            total_tokens_used: Some(221_478_795),
            avg_tokens_per_task: Some(18_000.0),
            unique_agents: 23,
        },
        agents: TopAgents {
            agent_count: 12,
            sort: TopSort::Fastest,
            top: vec![
                agent("a", (50, 50), 0.25),
                agent("planner-1", (89, 100), 250.0),
                agent("agent-00a0149e-4f3c-9b1e-6f0f5f6f7a01", (79, 100), 999.0),
                agent("検索エージェント-1", (0, 3), 1_500.0),
                TopAgent { tokens_used: None, ..agent("reviewer", (0, 0), 59_000.0) },
            ],
            slowest: vec![agent("builder", (3, 4), 8_123_000.0), agent("reviewer", (0, 0), 59_000.0)],
        },
        queue: TopQueue {
            pending: gauge(12.0, 1, 0),
            backlog: gauge(55.0, 3, 7).map(|gauge| TopGauge { most_value: 41.0, ..gauge }),
            priorities: priorities
                .into_iter()
                .filter_map(|(name, n)| Some(TopPriority { priority: name.to_owned(), waiting: gauge(n, 1, 0)? }))
                .collect(),
        },
        resources: TopResources {
            tokens_used: Some(221_478_795),
            budget: None,
            token_usage_percent: gauge(75.0, 2, 1),
            memory_percent: gauge(83.25, 1, 2),
            active_agents: gauge(8.0, 1, 1),
            agent_quota: gauge(20.0, 1, 1),
        },
        trends: TopTrends {
            hour: trend(5 * MINUTE, &[3, 5, 8, 0, 0, 2, 9, 12, 16, 8, 7, 1]),
            day: trend(60 * MINUTE, &(0..24).collect::<Vec<u64>>()),
        },
    }
}

/// A store nobody wrote to.
pub(super) fn empty() -> Top {
    let full = full();
    Top {
        newest_record: None,
        alerts: TopAlerts { watching: true, rules: 4, rules_without_data: 4, ..TopAlerts::default() },
        summary: TopSummary {
            total_tasks: 0,
            successful_tasks: 0,
            rated_tasks: 0,
            success_rate: None,
            avg_duration_ms: None,
            p95_duration_ms: None,
            p99_duration_ms: None,
            estimator: None,
            timed_tasks: 0,
            total_tokens_used: None,
            avg_tokens_per_task: None,
            unique_agents: 0,
        },
        agents: TopAgents { agent_count: 0, sort: TopSort::Busiest, top: Vec::new(), slowest: Vec::new() },
        queue: TopQueue::default(),
        resources: TopResources::default(),
        trends: TopTrends { hour: trend(5 * MINUTE, &[0; 12]), day: trend(60 * MINUTE, &[0; 24]) },
        ..full
    }
}

pub(super) fn screen(top: Top) -> Screen {
    let source = ".swarm/swarmscope.db".to_owned();
    Screen::new(source, TopQuery::default(), top, Duration::from_secs(5), true)
}

pub(super) fn terminal(screen: &Screen, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| frame.render_widget(View(screen), frame.area())).expect("drawn");
    terminal
}

/// The rows of a terminal, without the blanks at their ends.
pub(super) fn drawn(screen: &Screen, width: u16, height: u16) -> String {
    let terminal = terminal(screen, width, height);
    let buffer = terminal.backend().buffer();
    let row = |y| -> String {
        let mut cells = (0..width).map(|x| buffer[(x, y)].symbol());
        let mut text = String::new();
        while let Some(symbol) = cells.next() {
            text.push_str(symbol);
            // The cell behind a wide letter is a blank nobody sees.
            if ratatui::text::Span::raw(symbol).width() == 2 {
                cells.next();
            }
        }
        text.trim_end().to_owned()
    };
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}
