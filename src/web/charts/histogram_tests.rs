use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;

use super::*;

/// Three bins: 10 values of 0 to 1 s, none to 2 s, 1 from there on; their mean is 500 ms.
fn histogram() -> Histogram {
    let bin = |from, until, count| Bin { from, until, counts: vec![count] };
    Histogram {
        id: "times",
        title: "Times".into(),
        subtitle: String::new(),
        what: "healing",
        unit: Unit::Millis,
        parts: vec![(Ink::Accent, "all")],
        bins: vec![bin(0.0, 1000.0, 10), bin(1000.0, 2000.0, 0), bin(2000.0, f64::INFINITY, 1)],
        marks: vec![ValueMark { at: 500.0, words: "MTTR 500 ms".into() }],
    }
}

fn svg(histogram: &Histogram) -> String {
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, (400, 200)).into_drawing_area();
    histogram.draw(&area, &Theme::numbered(1.0, 1.24)).unwrap();
    drop(area);
    Theme::name_tokens(&text)
}

#[test]
fn a_value_lies_between_the_edges_of_its_bin_however_wide_that_is() {
    let histogram = histogram();
    assert_eq!([0.0, 500.0, 1000.0, 1500.0, 99_000.0].map(|at| histogram.place(at)), [0.0, 0.5, 1.0, 1.5, 2.5]);
    assert_eq!(histogram.place(-5.0), 0.0);
}

#[test]
fn a_bin_without_values_has_no_bar_and_one_value_has_one() {
    let svg = svg(&histogram());
    assert_eq!(svg.matches("fill=\"var(--accent)\"").count(), 2, "{svg}");
    assert!(svg.contains("MTTR 500 ms") && !svg.contains("inf") && !svg.contains("style="), "{svg}");
}

#[test]
fn parts_stand_on_each_other_and_are_told_apart() {
    let mut two = histogram();
    two.parts = vec![(Ink::Success, "worked"), (Ink::Failure, "did not")];
    two.bins.iter_mut().for_each(|bin| bin.counts = vec![3, 1]);
    let svg = svg(&two);
    assert_eq!((svg.matches("var(--success)").count(), svg.matches("fill=\"var(--failure)\"").count()), (3, 3));
    assert!(two.says(&two.bins[1]).ends_with("4 healings, 3 worked, 1 did not"), "{}", two.says(&two.bins[1]));
}

#[test]
fn labels_leave_room_for_each_other_on_a_narrow_surface() {
    let bins = (0..40).map(|n| Bin { from: f64::from(n) * 100.0, until: f64::from(n + 1) * 100.0, counts: vec![1] });
    let many = Histogram { bins: bins.collect(), ..histogram() };
    let svg = svg(&many);
    let labels = svg.matches("text-anchor=\"middle\"").count();
    assert!((3..=12).contains(&labels), "{labels}");
}

#[test]
fn nothing_to_show_says_so() {
    let mut none = histogram();
    none.bins.iter_mut().for_each(|bin| bin.counts = vec![0]);
    assert!(svg(&none).contains("nothing to show"));
    assert_eq!(none.summary(), "No healing to show.");
    none.bins.clear();
    assert!(svg(&none).contains("nothing to show"));
}

#[test]
fn the_summary_says_where_most_lie() {
    let words = histogram().summary().replace('\u{a0}', " ");
    assert_eq!(words, "Most lie between 0.0 ms – 1 s: 10 healings. MTTR 500 ms.".replace("0.0 ms", "0 ms"));
}
