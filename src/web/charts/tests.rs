use std::collections::{BTreeMap, BTreeSet};

use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;

use super::scale::{time_ticks, value_axis};
use super::*;
use crate::model::answer::{Estimator, Rate};
use crate::model::overview::{Earlier, Timeline, Totals};
use crate::model::{Micros, TimeRange};

pub(super) const HOUR_MS: i64 = 3_600_000;
pub(super) const MIDNIGHT_MS: i64 = 1_767_225_600_000; // 2026-01-01T00:00:00Z

/// Four hours: 10 successes, 9 + 1 failure, nothing, 4 successes.
fn timeline() -> Timeline {
    let results = BTreeMap::from([
        ("success".to_owned(), vec![Some(10), Some(9), None, Some(4)]),
        ("failure".to_owned(), vec![Some(0), Some(1), None, Some(0)]),
    ]);
    Timeline {
        step_ms: HOUR_MS,
        time: (0..4).map(|n| MIDNIGHT_MS + n * HOUR_MS).collect(),
        estimator: Some(Estimator::Exact),
        results,
        p50: vec![Some(1000.0), Some(1200.0), None, Some(900.0)],
        p95: vec![Some(3000.0), Some(3200.0), None, Some(2900.0)],
        p99: vec![Some(5000.0), Some(5200.0), None, Some(4900.0)],
        shortest: vec![Some(100.0), Some(100.0), None, Some(100.0)],
        longest: vec![Some(6000.0), Some(600_000.0), None, Some(4900.0)],
        timed: vec![10, 10, 0, 4],
        success: vec![Rate::new(10, 10), Rate::new(9, 10), None, Rate::new(4, 4)],
        health: vec![Some(80.0), None, None, Some(40.0)],
        tokens: BTreeMap::from([
            ("cache_read".to_owned(), vec![Some(1000), Some(2000), None, Some(500)]),
            ("input".to_owned(), vec![Some(10), Some(20), None, Some(5)]),
        ]),
        ..Timeline::default()
    }
}

fn range() -> TimeRange {
    TimeRange { from: Micros::from_millis(MIDNIGHT_MS), until: Micros::from_millis(MIDNIGHT_MS + 4 * HOUR_MS) }
}

pub(super) fn all() -> Vec<Panel> {
    timeline::panels(&timeline(), range(), &Totals::default(), None)
}

pub(super) fn svg(panel: &Panel) -> String {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, (560, 220)).into_drawing_area();
    draw(&area, panel, &Theme::numbered(1.0, 1.24)).unwrap();
    drop(area);
    Theme::name_tokens(&text)
}

pub(super) fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn a_bucket_without_tasks_has_no_bar_and_a_single_failure_has_one() {
    let svg = svg(&all()[0]);
    assert_eq!(count(&svg, "fill=\"var(--success)\""), 3);
    assert_eq!(count(&svg, "fill=\"var(--failure)\""), 1);
}

#[test]
fn a_line_breaks_where_there_is_no_data_and_a_lone_bucket_is_a_dot() {
    let svg = svg(&all()[1]);
    assert_eq!(count(&svg, "stroke=\"var(--accent)\" stroke-width=\"2\""), 1, "one line before the gap");
    assert_eq!(count(&svg, "<circle"), 3, "one dot a percentile after it");
    assert_eq!(count(&svg, "fill=\"var(--gap)\""), 1);
    assert!(svg.contains("no data"));
}

#[test]
fn drawings_name_tokens_and_carry_no_style_attribute() {
    for panel in all() {
        let svg = svg(&panel);
        assert!(!svg.contains("style="), "{}", panel.id);
        assert!(!svg.contains("#0000"), "{}", panel.id);
        assert!(svg.contains("font-size=\"11\""), "{}", panel.id);
    }
}

#[test]
fn nothing_is_drawn_outside_the_plot() {
    let mut panel = all().remove(0);
    // The first bucket starts before the range, as buckets that stand on round times do.
    panel.range_ms.0 += HOUR_MS / 2;
    let plot = Plot::new(&panel, 560.0, 220.0);
    assert!((plot.x(panel.time[0]) - plot.left).abs() < 1e-9);
    assert!((plot.x(i64::MAX) - plot.left - plot.width).abs() < 1e-9);
    assert_eq!(plot.time_at(plot.x(panel.time[2])), panel.time[2]);
}

#[test]
fn a_panel_of_nothing_says_so() {
    let mut panel = all().remove(1);
    panel.series.iter_mut().for_each(|series| series.values.fill(None));
    assert!(svg(&panel).contains("no data in this range"));
    let hidden = panel.series.iter().map(|series| panel.full_key(&series.key)).collect::<BTreeSet<_>>();
    assert!(svg(&panel.without(&hidden)).contains("every series is hidden"));
    panel.time.clear();
    panel.series.iter_mut().for_each(|series| series.values.clear());
    assert!(svg(&panel).contains("no data in this range"));
}

#[test]
fn not_a_number_is_a_gap_and_not_the_bottom_of_the_axis() {
    let mut panel = all().remove(1);
    panel.series.truncate(1);
    panel.series[0].values = vec![Some(f64::NAN), Some(1.0), Some(f64::INFINITY), Some(2.0)];
    let svg = svg(&panel);
    assert_eq!(count(&svg, "<circle"), 2);
    assert_eq!(count(&svg, "NaN"), 0);
}

#[test]
fn stacked_values_add_up_and_lines_do_not() {
    let panels = all();
    assert_eq!(panels[0].stacked()[1][1], Some((9.0, 10.0)));
    assert_eq!(panels[1].stacked()[1][1], Some((0.0, 3200.0)));
}

/// The latency panel of the same hours, with a range before that was twice as slow.
fn compared() -> Panel {
    let earlier = Earlier {
        shift_ms: 4 * HOUR_MS,
        tasks: vec![Some(20); 4],
        p95: vec![Some(6000.0); 4],
        success: vec![None; 4],
        tokens: vec![None; 4],
    };
    let timeline = Timeline { earlier: Some(earlier), ..timeline() };
    timeline::panels(&timeline, range(), &Totals::default(), None).remove(1)
}

#[test]
fn one_long_record_is_marked_and_does_not_press_the_lines_to_the_ground() {
    let panel = all().remove(1);
    let plot = Plot::new(&panel, 560.0, 220.0);
    assert_eq!(plot.highest(), 15_000.0, "an axis of ten minutes would flatten 5 s to nothing");
    assert!(plot.y(5200.0) < plot.top + plot.height * 0.7);
    let svg = svg(&panel);
    assert_eq!(count(&svg, "<polygon"), 1, "the ten minutes of the second hour");
    assert_eq!(panel.series[3].written(1, panel.unit).unwrap().replace('\u{a0}', " "), "100 ms – 10 min");
}

#[test]
fn a_spread_alone_gets_the_whole_axis() {
    let hidden = ["p50", "p95", "p99"].map(|key| format!("latency.{key}")).into();
    let panel = all().remove(1).without(&hidden);
    assert!(Plot::new(&panel, 560.0, 220.0).highest() >= 600_000.0);
    assert_eq!(count(&svg(&panel), "<polygon"), 0);
}

#[test]
fn the_range_before_is_a_dashed_line_that_fills_no_gap() {
    let panel = compared();
    assert!(panel.is_gap(2));
    assert_eq!(count(&svg(&panel), "fill=\"var(--gap)\""), 1);
    assert!(count(&svg(&panel), "stroke=\"var(--muted)\"") > 10, "dashes");
    assert!(!panel.summary().contains("previous"));
}

#[test]
fn what_was_before_is_never_stacked_on_what_is() {
    let earlier = Earlier { tasks: vec![Some(7); 4], ..Earlier::default() };
    let timeline = Timeline { earlier: Some(earlier), ..timeline() };
    let panel = timeline::panels(&timeline, range(), &Totals::default(), None).remove(0);
    let stacked = panel.stacked();
    assert_eq!(stacked[2][1], Some((0.0, 7.0)));
}

#[test]
fn health_out_of_a_hundred_is_drawn_as_a_share() {
    let panel = &all()[2];
    assert_eq!(panel.series[1].values, [Some(0.8), None, None, Some(0.4)]);
}

#[test]
fn the_summary_names_the_extremes_and_the_latest() {
    let summary = all()[1].summary().replace('\u{a0}', " ");
    assert!(summary.starts_with("p50: 900 ms to 1.2 s, highest 1 Jan, 01:00 – 02:00 UTC, latest 900 ms."), "{summary}");
}

#[test]
fn a_bucket_is_found_by_any_instant_inside_it() {
    let panel = &all()[0];
    assert_eq!(panel.bucket_at(MIDNIGHT_MS), Some(0));
    assert_eq!(panel.bucket_at(MIDNIGHT_MS + 2 * HOUR_MS - 1), Some(1));
    assert_eq!(panel.bucket_at(MIDNIGHT_MS - 1), None);
    assert_eq!(panel.bucket_at(MIDNIGHT_MS + 4 * HOUR_MS), None);
}

#[test]
fn time_labels_stand_on_round_times_and_midnight_shows_the_date() {
    let labels = |from, until, max| time_ticks(from, until, max).into_iter().map(|t| t.label).collect::<Vec<_>>();
    let day = labels(MIDNIGHT_MS, MIDNIGHT_MS + 24 * HOUR_MS, 6);
    assert_eq!(day.join(" ").replace('\u{a0}', " "), "1 Jan 06:00 12:00 18:00 2 Jan");
    let year = labels(MIDNIGHT_MS, MIDNIGHT_MS + 360 * 24 * HOUR_MS, 6);
    assert_eq!(year, ["2026", "Apr", "Jul", "Oct"]);
    assert!(labels(0, i64::MAX / 2, 6).len() <= 8);
}

#[test]
fn value_labels_are_round_and_hold_every_value() {
    let ((low, high), ticks) = value_axis(0.0, 47.0, None, Unit::Count, 4);
    assert_eq!((low, high), (0.0, 60.0));
    assert_eq!(ticks.iter().map(|t| t.label.as_str()).collect::<Vec<_>>(), ["0", "20", "40", "60"]);
    let ((low, high), ticks) = value_axis(0.83, 1.0, Some(1.0), Unit::Ratio, 4);
    assert!(low <= 0.83 && high == 1.0);
    assert_eq!(ticks[0].label.replace('\u{a0}', " "), "80 %");
    let (_, ticks) = value_axis(0.0, 7_100.0, None, Unit::Millis, 4);
    assert_eq!(ticks.last().unwrap().label.replace('\u{a0}', " "), "8 s");
}

#[test]
fn an_axis_survives_flat_empty_and_broken_values() {
    for (low, high) in [(0.0, 0.0), (5.0, 5.0), (f64::INFINITY, f64::NEG_INFINITY), (f64::NAN, f64::NAN), (0.0, 1e300)]
    {
        let ((bottom, top), ticks) = value_axis(low, high, None, Unit::Count, 5);
        assert!(bottom < top && bottom.is_finite() && top.is_finite(), "{low}..{high}");
        assert!((2..=15).contains(&ticks.len()), "{low}..{high}: {}", ticks.len());
    }
}

#[test]
fn colours_are_read_as_stylesheets_write_them() {
    assert_eq!(Theme::parse_colour(" #0062dd"), Some(plotters::style::RGBColor(0, 0x62, 0xdd)));
    assert_eq!(Theme::parse_colour("#fff"), Some(plotters::style::RGBColor(255, 255, 255)));
    assert_eq!(Theme::parse_colour("red"), None);
}
