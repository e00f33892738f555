//! Whole screens, as a terminal of their size would show them.

use ratatui::style::Color;

use super::samples::{MINUTE, NOON, drawn, empty, full, screen, terminal};
use crate::cli::top::screen::Screen;
use crate::cli::top::view::report;
use crate::model::Micros;
use crate::model::top::Top;

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
backlog    55  most 41 !  swarm-1, 7 m…  token use  75 % !  1 min ago, 2 swarms
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

#[test]
fn a_source_that_went_away_leaves_the_figures_and_says_that_they_are_old() {
    let problem = Some("no server answers at http://127.0.0.1:3000 (refused)".to_owned());
    let rows = drawn(&Screen { problem, ..screen(full()) }, 100, 24);
    assert!(rows.contains("tasks 12,345"), "{rows}");
    let last = rows.lines().last().unwrap_or_default();
    assert_eq!(last, "!! these figures are old: no server answers at http://127.0.0.1:3000 (refused)");
}
