//! Rows of a screen, where something is special about them.

use super::samples::{alert, drawn, full, gauge, screen};
use crate::cli::top::view::report;
use crate::model::alert::{AlertCounts, AlertState, Severity, Span};
use crate::model::top::{Top, TopAlert, TopAlerts, TopBudget, TopGauge, TopQueue, TopResources};

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

#[test]
fn of_several_queues_the_longest_is_marked_as_the_rule_is_about_one_swarm() {
    let of = |most_value: f64, swarms: u64| {
        let full = full();
        let backlog = TopGauge { most_value, ..gauge(55.0, swarms, 7).expect("a report") };
        drawn(&screen(Top { queue: TopQueue { backlog: Some(backlog), ..full.queue.clone() }, ..full }), 120, 24)
    };
    let together = of(30.0, 2);
    assert!(together.contains("backlog    55  most 30 !  swarm-1, 7 min ago"), "no swarm has 50: {together}");
    assert!(of(51.0, 2).contains("backlog    55  most 51 !!  swarm-1, 7 min ago"));
    assert!(of(55.0, 1).contains("backlog    55 !!  7 min ago, swarm-1"));
}
