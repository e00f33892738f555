//! Whole screens, as a terminal of their size would show them, and what keys do.

use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::style::Color;

use super::screen::{Screen, Wish};
use super::view::{View, report};
use crate::model::alert::{AlertCounts, AlertState, Severity, Span};
use crate::model::answer::Estimator;
use crate::model::top::{
    Top, TopAgent, TopAgents, TopAlert, TopAlerts, TopBudget, TopGauge, TopPriority, TopQuery, TopQueue, TopResources,
    TopSort, TopSummary, TopTrend, TopTrends,
};
use crate::model::{Micros, RangeSpec};

/// 2026-01-01T12:00:00Z.
const NOON: i64 = 1_767_268_800_000_000;
const MINUTE: i64 = 60_000_000;

fn agent(name: &str, (successful_tasks, rated_tasks): (u64, u64), ms: f64) -> TopAgent {
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

fn gauge(value: f64, swarms: u64, minutes: i64) -> Option<TopGauge> {
    Some(TopGauge {
        value,
        swarms,
        most_swarm_id: "swarm-1".to_owned(),
        most_value: value,
        measured_at: Micros(NOON - minutes * MINUTE),
    })
}

fn alert(rule: &str, severity: Severity, state: Option<AlertState>, silenced: bool) -> TopAlert {
    TopAlert {
        rule: rule.to_owned(),
        severity,
        state,
        summary: "success rate of 24 tasks over 5m: 83.3 %, below 90 %".to_owned(),
        since: state.map(|_| Micros(NOON - 3 * MINUTE)),
        silenced,
    }
}

fn trend(step: i64, tasks: &[u64]) -> TopTrend {
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
fn full() -> Top {
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
            backlog: gauge(55.0, 3, 7),
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
fn empty() -> Top {
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

fn screen(top: Top) -> Screen {
    let source = ".swarm/swarmscope.db".to_owned();
    Screen::new(source, TopQuery::default(), top, Duration::from_secs(5), true)
}

fn terminal(screen: &Screen, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    terminal.draw(|frame| frame.render_widget(View(screen), frame.area())).expect("drawn");
    terminal
}

/// The rows of a terminal, without the blanks at their ends.
fn drawn(screen: &Screen, width: u16, height: u16) -> String {
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

#[test]
fn everything_there_is_fits_into_80_by_24() {
    let expected = "\
swarmscope  Last hour  .swarm/swarmscope.db                  1 Jan, 12:00:00 UTC
── Alerts ── 2 firing, 1 pending, 1 silenced ───────────────────────────────────
!! firing  low_success_rate  success rate of 24 tasks over 5m: 83.3 …  3 min ago
… 2 more; a higher terminal or --once shows them
── Summary ─────────────────────────────────────────────────────────────────────
tasks 12,345        success 91.0 % !  11,234 of 12,340      agents 23
mean 1.2 s          p95 2.9 s           p99 4.8 s !!        tokens 221 M
── Agents: fastest ── 12 in all ───────  ── Slowest ── by mean duration ────────
agent         tasks     mean success     agent         tasks     mean success
a                51   0.2 ms   100 %     builder           5    2.3 h  75.0 % !!
planner-1       101   250 ms  89.0 % !   reviewer          1     59 s       –
agent-00a01…    101   999 ms  79.0 % !!
検索エージ…       4    1.5 s     0 % !!
reviewer          1     59 s       –
── Queue ──────────────────────────────  ── Resources ──────────────────────────
pending    12  just now, swarm-1         tokens     221 M in the range
backlog    55 !!  7 min ago, 3 swarms    token use  75 % !  1 min ago, 2 swarms
priority   critical 2  high 5            memory     83.2 % !!  2 min ago, swarm…
           medium 30  low 18  …          agents     8 of 20 active
── Last hour ── by 5 min ───────  ── Last day ── by hour ───────────────────────
tasks   ▂▃▄▁▁▁▅▆█▄▄▁ max 16       tasks   ▁▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███ max 23
mean    ▂▃▄··▁▅▆█▄▄▁ max 1.6 s    mean    ·▁▁▂▂▂▃▃▃▄▄▄▅▅▅▆▆▆▇▇▇███ max 2.3 s
success ██▇··███▇▇██ min 87.5 %   success ·███████▇███████▇███████ min 87.5 %
r range  s sort  p pause  u update  ? help  q quit                     every 5 s";
    assert_eq!(drawn(&screen(full()), 80, 24), expected);
}

#[test]
fn what_nobody_reported_says_so_and_an_empty_store_how_to_fill_it() {
    let expected = "\
swarmscope  Last hour  .swarm/swarmscope.db                  1 Jan, 12:00:00 UTC
── Alerts ──────────────────────────────────────────────────────────────────────
none holds of 4 rules; 4 without enough data to say
── Summary ─────────────────────────────────────────────────────────────────────
tasks 0             success –                               agents 0
the store is empty: fill it with `swarmscope ingest` or `swarmscope import`
── Agents: busiest ── 0 in all ────────  ── Slowest ── by mean duration ────────
agent         tasks     mean success     agent         tasks     mean success
no agent to compare                      no agent to compare




── Queue ──────────────────────────────  ── Resources ──────────────────────────
pending    not reported                  tokens     not reported
backlog    not reported                  token use  not reported
priority   not reported                  memory     not reported
                                         agents     not reported
── Last hour ── by 5 min ───────  ── Last day ── by hour ───────────────────────
tasks   ▁▁▁▁▁▁▁▁▁▁▁▁              tasks   ▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁▁
mean    ············              mean    ························
success ············              success ························

r range  s sort  p pause  u update  ? help  q quit                     every 5 s";
    assert_eq!(drawn(&screen(empty()), 80, 24), expected);
    let quiet = Top { newest_record: Some(Micros(NOON - 3 * 24 * 60 * MINUTE)), ..empty() };
    let rows = drawn(&screen(quiet), 80, 24);
    let hint = "no task in this range; newest record 29 Dec 2025, 12:00 UTC (r: a longer range)";
    assert!(rows.contains(hint), "{rows}");
}

#[test]
fn a_wider_screen_shows_whole_names_and_wider_bars() {
    let rows = drawn(&screen(full()), 130, 40);
    assert!(rows.contains("agent-00a0149e-4f3c-9b1e-6f0f5f6f7a01    101   999 ms  79.0 % !!"), "{rows}");
    assert!(rows.contains("検索エージェント-1                         4    1.5 s     0 % !!"), "{rows}");
    assert!(rows.contains("priority   critical 2  high 5  medium 30  low 18  someday 1.2 k "), "{rows}");
    assert!(rows.contains("tasks   ▂▂▃▃▄▄▁▁▁▁▁▁▅▅▆▆██▄▄▄▄▁▁ max 16"), "{rows}");
    assert_eq!(rows.lines().count(), 40);
    assert!(rows.lines().last().is_some_and(|last| last.ends_with("every 5 s")), "the keys stand at the end");
}

#[test]
fn a_terminal_that_is_too_small_says_how_large_it_must_be() {
    let expected = "\
The terminal has 60 columns and 5 rows; top needs 80 and 24.
Make it larger, or leave with q and take --once.


";
    assert_eq!(drawn(&screen(full()), 60, 5), expected);
    for (width, height) in [(79, 24), (80, 23), (1, 1), (3, 200)] {
        let rows = drawn(&screen(full()), width, height);
        assert!(rows.starts_with(&"The"[..usize::from(width.min(3))]), "{width} × {height}: {rows}");
    }
}

#[test]
fn colours_follow_the_documented_limits_and_go_with_no_color() {
    let colours = |colour: bool| {
        let terminal = terminal(&Screen { colour, ..screen(full()) }, 80, 24);
        let buffer = terminal.backend().buffer().clone();
        let at = |y: u16, text: &str| {
            let row: Vec<&str> = (0..80).map(|x| buffer[(x, y)].symbol()).collect();
            let x = row.concat().find(text).expect("on that row, of one-byte letters before it");
            buffer[(u16::try_from(x).expect("a column"), y)].fg
        };
        [at(2, "firing"), at(5, "91.0"), at(6, "4.8"), at(6, "2.9"), at(9, "100 %"), at(10, "89.0")]
    };
    assert_eq!(colours(true), [Color::Red, Color::Yellow, Color::Red, Color::Reset, Color::Green, Color::Yellow]);
    assert_eq!(colours(false), [Color::Reset; 6]);
}

#[test]
fn the_report_is_the_screen_without_keys() {
    let screen = screen(full());
    let drawn = drawn(&screen, 80, 24);
    let report = report(&screen, 80);
    let (head, rest) = (&report[..3], &report[5..]);
    let drawn: Vec<&str> = drawn.lines().collect();
    assert_eq!(head, &drawn[..3]);
    assert_eq!(rest, &drawn[4..23], "below the alerts, of which a report leaves none out");
    assert!(report[4].contains("high_latency"), "{report:?}");
}

fn press(screen: &mut Screen, code: KeyCode) -> Wish {
    screen.press(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn keys_go_through_ranges_and_orders_in_a_circle() {
    let mut screen = screen(full());
    let mut names = Vec::new();
    for _ in 0..8 {
        assert_eq!(press(&mut screen, KeyCode::Char('r')), Wish::Look);
        names.push(screen.range_name());
    }
    let expected = [
        "Last 6 hours",
        "Last 24 hours",
        "Last 7 days",
        "Last 30 days",
        "All data",
        "Last 5 minutes",
        "Last 15 minutes",
        "Last hour",
    ];
    assert_eq!(names, expected);
    assert_eq!((press(&mut screen, KeyCode::Left), screen.range_name().as_str()), (Wish::Look, "Last 15 minutes"));
    let mut custom = Screen {
        query: TopQuery { range: RangeSpec { from: "0".into(), to: "now".into() }, ..TopQuery::default() },
        ..screen
    };
    assert_eq!(custom.range_name(), "1 Jan 2026, 11:00 – 12:00 UTC");
    assert_eq!((press(&mut custom, KeyCode::Right), custom.range_name().as_str()), (Wish::Look, "Last hour"));
    assert_eq!((press(&mut custom, KeyCode::Char('s')), custom.query.sort), (Wish::Look, TopSort::Busiest));
}

#[test]
fn keys_pause_explain_and_leave() {
    let mut screen = screen(full());
    assert_eq!((press(&mut screen, KeyCode::Char('p')), screen.paused), (Wish::Draw, true));
    assert!(drawn(&screen, 80, 24).ends_with("q quit                        paused"));
    assert_eq!((press(&mut screen, KeyCode::Char(' ')), screen.paused), (Wish::Look, false));
    assert_eq!((press(&mut screen, KeyCode::Char('?')), screen.help), (Wish::Draw, true));
    let help = drawn(&screen, 80, 24);
    assert!(help.contains("r, →  R, ←") && help.contains("! below 95 %, !! below 90 %") && !help.contains("Summary"));
    assert_eq!((press(&mut screen, KeyCode::Esc), screen.help), (Wish::Draw, false), "back, not out");
    assert_eq!(press(&mut screen, KeyCode::Char('x')), Wish::Nothing);
    for code in [KeyCode::Char('q'), KeyCode::Esc] {
        assert_eq!(press(&mut screen, code), Wish::Leave);
    }
    let control = |letter| KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL);
    assert_eq!(screen.press(control('c')), Wish::Leave);
    assert_eq!(screen.press(control('s')), Wish::Nothing, "no order of agents");
}

#[test]
fn a_source_that_went_away_leaves_the_figures_and_says_that_they_are_old() {
    let problem = Some("no server answers at http://127.0.0.1:3000 (refused)".to_owned());
    let rows = drawn(&Screen { problem, ..screen(full()) }, 100, 24);
    assert!(rows.contains("tasks 12,345"), "{rows}");
    let last = rows.lines().last().unwrap_or_default();
    assert_eq!(last, "!! these figures are old: no server answers at http://127.0.0.1:3000 (refused)");
}

#[test]
fn a_budget_stands_before_what_swarms_report() {
    let of = |used: Option<u64>| {
        let budget = TopBudget {
            tokens: 2_000_000,
            window: Span::hours(24),
            used,
            used_percent: used.map(|used| used as f64 / 20_000.0),
        };
        let full = full();
        drawn(
            &screen(Top { resources: TopResources { budget: Some(budget), ..full.resources.clone() }, ..full }),
            80,
            24,
        )
    };
    let rows = of(Some(1_300_000));
    assert!(rows.contains("token use  65 % !  of 2.0 M in 1d"), "{rows}");
    assert!(of(None).contains("token use  –  none used of 2.0 M in 1d"));
}

#[test]
fn alerts_get_the_rows_there_are_and_say_how_many_do_not_fit() {
    let many: Vec<TopAlert> =
        (0..8).map(|n| alert(&format!("rule_{n}"), Severity::Info, Some(AlertState::Pending), false)).collect();
    let full = full();
    let screen = screen(Top { alerts: TopAlerts { listed: many, ..full.alerts.clone() }, ..full });
    let small = drawn(&screen, 80, 24);
    assert!(small.contains("rule_0") && !small.contains("rule_1"), "{small}");
    assert!(small.contains("… 7 more; a higher terminal or --once shows them"), "{small}");
    let high = drawn(&screen, 80, 30);
    assert!(high.contains("rule_7") && !high.contains(" more;"), "{high}");
    assert!(report(&screen, 80).join("\n").contains("rule_7"));
}

#[test]
fn where_nobody_watches_rules_that_hold_are_shown_all_the_same() {
    let full = full();
    let alerts = TopAlerts {
        watching: false,
        counts: AlertCounts::default(),
        listed: vec![alert("high_backlog", Severity::Warning, None, false)],
        ..full.alerts.clone()
    };
    let rows = drawn(&screen(Top { alerts, ..full.clone() }), 80, 24);
    assert!(rows.contains("── Alerts ── nobody watches; `swarmscope serve` does ──"), "{rows}");
    assert!(rows.contains("!  holds   high_backlog  success rate of 24 tasks"), "{rows}");
    let quiet = |alerts| drawn(&screen(Top { alerts, ..full.clone() }), 80, 24);
    let all_well = TopAlerts { watching: true, rules: 4, ..TopAlerts::default() };
    assert!(quiet(all_well).contains("all is well: 4 rules, none of them holds"));
    assert!(quiet(TopAlerts { watching: true, ..TopAlerts::default() }).contains("no rule is switched on"));
}
