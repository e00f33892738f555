//! Lanes: what is drawn, and what lies under a pointer.

use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;

use super::lanes::{LANE_PX, TRACKS_MAX, tracks};
use super::*;

const MINUTE: i64 = 60_000;
const MIDNIGHT: i64 = 1_767_225_600_000; // 2026-01-01T00:00:00Z

fn at(minutes: i64) -> i64 {
    MIDNIGHT + minutes * MINUTE
}

fn bar(from: i64, until: i64, ink: Ink, name: &str) -> Mark {
    Mark::new((at(from), at(until)), (0.2, 0.8), ink).says([name.to_owned()]).leads_to(format!("/tasks/{name}"))
}

/// An hour of two agents: one with a task of ten minutes and one of an instant, the other with one failure.
fn hour() -> Lanes {
    Lanes {
        id: "gantt",
        title: "Who worked when",
        subtitle: String::new(),
        range_ms: (at(0), at(60)),
        now_ms: at(90),
        lanes: vec![
            Lane {
                label: "a".into(),
                marks: vec![bar(10, 20, Ink::Success, "ten"), bar(30, 30, Ink::Timeout, "instant")],
                ..Lane::default()
            },
            Lane::default(),
            Lane { label: "b".into(), marks: vec![bar(40, 70, Ink::Failure, "late")], ..Lane::default() },
        ],
        legend: Vec::new(),
    }
}

fn svg<D: Drawing>(drawing: &D, width: u32, height: u32) -> String {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, (width, height)).into_drawing_area();
    drawing.draw(&area, &Theme::numbered(1.0, 1.24)).unwrap();
    drop(area);
    Theme::name_tokens(&text)
}

/// The rectangles of an ink, as x, y, width, height.
fn rectangles(svg: &str, ink: &str) -> Vec<[i32; 4]> {
    let of_ink = svg
        .split("<rect")
        .skip(1)
        .filter(|rest| rest.split("/>").next().is_some_and(|tag| tag.contains(&format!("\"var(--{ink})\""))));
    let number = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse::<i32>().unwrap()
    };
    of_ink.map(|tag| ["x", "y", "width", "height"].map(|name| number(tag, name))).collect()
}

#[test]
fn a_bar_lies_where_its_time_is_and_ends_at_the_edge_of_the_axis() {
    let svg = svg(&hour(), 600, 84);
    assert_eq!(rectangles(&svg, "success"), [[100, 6, 99, 16]], "ten of sixty minutes, less the gap to the next");
    assert_eq!(rectangles(&svg, "failure"), [[400, 62, 199, 16]], "it went on after the hour");
    assert_eq!(rectangles(&svg, "timeout")[0][2], 2, "an instant is seen");
}

#[test]
fn drawings_of_lanes_have_no_words_and_their_axes_have_round_times() {
    assert!(!svg(&hour(), 600, 84).contains("<text"));
    let axis = svg(&LaneAxis(hour().range_ms), 600, 22);
    for words in ["00:10", "00:50"] {
        assert!(axis.contains(words), "{words}: {axis}");
    }
    assert!(!axis.contains("style=") && !axis.contains("#0000"));
}

#[test]
fn the_present_is_a_line_only_where_the_axis_has_it() {
    assert!(rectangles(&svg(&hour(), 600, 84), "accent").is_empty());
    let now = Lanes { now_ms: at(30), ..hour() };
    assert_eq!(rectangles(&svg(&now, 600, 84), "accent"), [[300, 0, 1, 84]]);
}

#[test]
fn what_cannot_be_seen_is_not_drawn_but_answers_a_pointer() {
    let mut lanes = hour();
    lanes.lanes[1].marks.push(bar(0, 60, Ink::Series(1), "unseen").pale(0.0));
    assert!(rectangles(&svg(&lanes, 600, 84), "series-1").is_empty());
    assert_eq!(LanePlot::new(lanes.range_ms, 600.0).hit(&lanes, 5.0, LANE_PX + 5.0), Some((1, 0)));
}

#[test]
fn a_pointer_finds_what_is_under_it_or_a_little_beside_it() {
    let lanes = hour();
    let plot = LanePlot::new(lanes.range_ms, 600.0);
    assert_eq!(plot.hit(&lanes, 150.0, 10.0), Some((0, 0)));
    assert_eq!(plot.hit(&lanes, 297.0, 10.0), Some((0, 1)), "an instant, three pixels off");
    assert_eq!(plot.hit(&lanes, 150.0, 1.0), Some((0, 0)), "above the bar, in its lane");
    assert_eq!(plot.hit(&lanes, 250.0, 10.0), None);
    assert_eq!(plot.hit(&lanes, 150.0, LANE_PX + 1.0), None, "the lane of nobody");
    assert_eq!(plot.hit(&lanes, 150.0, 9.0 * LANE_PX), None);
    assert_eq!(plot.time_at(plot.x(at(17))), at(17));
}

#[test]
fn the_keyboard_walks_along_a_lane_and_across_lanes_that_say_something() {
    let lanes = hour();
    assert_eq!(lanes.beside(None, true), Some((0, 0)));
    assert_eq!(lanes.beside(Some((0, 0)), true), Some((0, 1)));
    assert_eq!(lanes.beside(Some((0, 1)), true), Some((0, 1)), "the last one stays");
    assert_eq!(lanes.beside(Some((0, 0)), false), Some((0, 0)));
    assert_eq!(lanes.across((0, 1), true), Some((2, 0)), "over the empty lane");
    assert_eq!(lanes.across((2, 0), false), Some((0, 1)), "the nearest in time");
    assert_eq!(lanes.across((2, 0), true), None);
    let empty = Lanes { lanes: vec![Lane::default()], ..hour() };
    assert_eq!(empty.beside(None, true), None);
}

#[test]
fn tasks_that_overlap_get_rows_of_their_own_and_never_more_than_there_are() {
    assert_eq!(tracks(&[(0, 10), (10, 20), (5, 15)]), (vec![0, 0, 1], 2));
    assert_eq!(tracks(&[]), (vec![], 1));
    let crowd: Vec<(i64, i64)> = (0..50).map(|n| (n, 1000)).collect();
    let (rows, count) = tracks(&crowd);
    assert_eq!(count, TRACKS_MAX);
    assert!(rows.iter().all(|row| *row < TRACKS_MAX));
}

#[test]
fn lanes_survive_an_axis_of_nothing_and_times_beyond_it() {
    let mut lanes = Lanes { range_ms: (5, 5), ..hour() };
    lanes.lanes[0].marks.push(Mark::new((i64::MIN, i64::MAX), (0.0, 1.0), Ink::Success));
    let svg = svg(&lanes, 600, 84);
    assert_eq!(rectangles(&svg, "success"), [[0, 0, 599, 28]]);
    assert!(svg.len() < 4_000 && !svg.contains("NaN"));
}
