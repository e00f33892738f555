//! Small pictures beside a name, as HTML text: the same on both sides, with nothing to make live. What they show
//! stands in words beside them, so they are hidden from people who do not see.
//!
//! Colours and sizes are the stylesheet's (`style/picture.css`); numbers in here are units of the drawings.

use std::fmt::Write;

use super::data_table::escape;

/// Width and height of a row of bars.
const BARS: (f64, f64) = (160.0, 44.0);
/// Half the side of a dial.
const DIAL: f64 = 56.0;
/// Inner and outer end of the bars of a dial.
const SPOKE: (f64, f64) = (13.0, 40.0);
/// Where the numbers of a dial stand.
const NUMBERS: f64 = 48.5;
/// Days as a week shows them, Monday first.
const DAYS: [&str; 7] = ["M", "T", "W", "T", "F", "S", "S"];

/// Steps that follow one another, with arrows between; before a step `gaps` says how long the one before it is past, if
/// it knows.
#[must_use]
pub fn steps(events: &[String], gaps: &[String]) -> String {
    let items = events.iter().enumerate().map(|(place, event)| {
        let event = escape(event);
        let gap = place.checked_sub(1).and_then(|place| gaps.get(place)).map(|gap| escape(gap));
        let gap = gap.map(|gap| format!("<small>{gap} →</small>")).unwrap_or_default();
        format!("<li title=\"{event}\">{gap}<span>{event}</span></li>")
    });
    format!("<ol class=\"steps-picture\">{}</ol>", items.collect::<String>())
}

/// Bars of a histogram, those of `lit` in the accent.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "drawn, and counts stay far below 2^53")]
pub fn bars(counts: &[u64], lit: impl Fn(usize) -> bool) -> String {
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let width = BARS.0 / counts.len().max(1) as f64;
    let mut out = svg("bars-picture", BARS);
    let _ = write!(out, "<path class=\"ground\" d=\"M0 {0}H{1}\"/>", BARS.1 - 0.5, BARS.0);
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        // A single one among thousands is still seen.
        let height = (*count as f64 / most * (BARS.1 - 2.0)).max(1.5);
        let class = if lit(place) { "lit" } else { "bar" };
        let (left, gap) = (place as f64 * width, (width * 0.15).min(1.0));
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
            left + gap / 2.0,
            BARS.1 - height,
            width - gap
        );
    }
    out + "</svg>"
}

/// A clock of 24 hours, midnight on top: a bar an hour, as long as its share; those of `lit` in the accent.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "drawn, and counts stay far below 2^53")]
pub fn dial(hours: &[u64], lit: impl Fn(usize) -> bool) -> String {
    let most = hours.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut out = svg("dial-picture", (2.0 * DIAL, 2.0 * DIAL));
    let (inner, outer) = SPOKE;
    let _ = write!(out, "<circle class=\"ground\" cx=\"{DIAL}\" cy=\"{DIAL}\" r=\"{outer}\"/>");
    let _ = write!(out, "<circle class=\"ground\" cx=\"{DIAL}\" cy=\"{DIAL}\" r=\"{inner}\"/>");
    let at = |hour: f64, radius: f64| {
        let angle = hour / 24.0 * std::f64::consts::TAU;
        (DIAL + radius * angle.sin(), DIAL - radius * angle.cos())
    };
    for (hour, count) in hours.iter().enumerate().take(24).filter(|(_, count)| **count > 0) {
        let end = inner + (outer - inner) * (*count as f64 / most).max(0.06);
        let (from, until) = (hour as f64 + 0.06, hour as f64 + 0.94);
        let [a, b, c, d] = [at(from, inner), at(from, end), at(until, end), at(until, inner)];
        let class = if lit(hour) { "lit" } else { "bar" };
        let _ = write!(
            out,
            "<path class=\"{class}\" d=\"M{:.1} {:.1}L{:.1} {:.1}A{end:.1} {end:.1} 0 0 1 {:.1} {:.1}L{:.1} {:.1}Z\"/>",
            a.0, a.1, b.0, b.1, c.0, c.1, d.0, d.1
        );
    }
    for hour in [0, 6, 12, 18] {
        let (x, y) = at(f64::from(hour), NUMBERS);
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{:.1}\">{hour}</text>", y + 4.0);
    }
    out + "</svg>"
}

/// The days of a week, Monday first: a bar a day; those of `lit` in the accent.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "drawn, and counts stay far below 2^53")]
pub fn week(days: &[u64], lit: impl Fn(usize) -> bool) -> String {
    let most = days.iter().copied().max().unwrap_or(0).max(1) as f64;
    let mut out = svg("week-picture", (112.0, 64.0));
    for (day, (count, name)) in days.iter().zip(DAYS).enumerate() {
        let (left, height) = (day as f64 * 16.0, (*count as f64 / most * 46.0).max(if *count > 0 { 1.5 } else { 0.0 }));
        let class = if lit(day) { "lit" } else { "bar" };
        let top = 47.0 - height;
        let _ = write!(
            out,
            "<rect class=\"{class}\" x=\"{:.1}\" y=\"{top:.1}\" width=\"13\" height=\"{height:.1}\"/>",
            left + 1.5
        );
        let _ = write!(out, "<text x=\"{:.1}\" y=\"61\">{name}</text>", left + 8.0);
    }
    out + "<path class=\"ground\" d=\"M0 47.5H112\"/></svg>"
}

/// How much of a whole: a filled track, with a tick at each of `ticks`.
#[must_use]
pub fn meter(share: f64, ticks: &[f64]) -> String {
    let share = share.clamp(0.0, 1.0) * 100.0;
    let mut out = stretched("meter-picture", (100.0, 8.0));
    let _ = write!(out, "<rect class=\"track\" width=\"100\" height=\"8\"/>");
    let _ = write!(out, "<rect class=\"lit\" width=\"{share:.1}\" height=\"8\"/>");
    tick_marks(&mut out, ticks, 8.0);
    out + "</svg>"
}

/// A share and the interval it lies in, on a track from 0 to 1, with a tick at each of `ticks`.
#[must_use]
pub fn interval(share: f64, low: f64, high: f64, ticks: &[f64]) -> String {
    let [share, low, high] = [share, low, high].map(|value| value.clamp(0.0, 1.0) * 100.0);
    let mut out = stretched("interval-picture", (100.0, 16.0));
    let _ = write!(out, "<rect class=\"track\" y=\"6\" width=\"100\" height=\"4\"/>");
    tick_marks(&mut out, ticks, 16.0);
    let _ = write!(
        out,
        "<rect class=\"range\" x=\"{low:.1}\" y=\"5\" width=\"{:.1}\" height=\"6\"/>",
        (high - low).max(0.8)
    );
    let _ = write!(
        out,
        "<rect class=\"lit\" x=\"{:.1}\" y=\"1\" width=\"1.6\" height=\"14\"/>",
        (share - 0.8).clamp(0.0, 98.4)
    );
    out + "</svg>"
}

fn tick_marks(out: &mut String, ticks: &[f64], height: f64) {
    for tick in ticks {
        let _ = write!(out, "<rect class=\"tick\" x=\"{:.1}\" width=\"0.6\" height=\"{height}\"/>", tick * 100.0 - 0.3);
    }
}

fn svg(class: &str, (width, height): (f64, f64)) -> String {
    format!("<svg class=\"picture {class}\" viewBox=\"0 0 {width} {height}\" aria-hidden=\"true\">")
}

/// A drawing without words, pulled to the width there is.
fn stretched(class: &str, (width, height): (f64, f64)) -> String {
    let ratio = "preserveAspectRatio=\"none\"";
    format!("<svg class=\"picture {class}\" viewBox=\"0 0 {width} {height}\" {ratio} aria-hidden=\"true\">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_is_a_script_is_text() {
        let html = steps(&["tool:Read".into(), "<script>\"x".into()], &["1.2 s".into()]);
        assert!(html.contains("<small>1.2 s →</small><span>&lt;script"), "{html}");
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;&quot;x</span>"), "{html}");
        assert_eq!(html.matches("<li").count(), 2);
    }

    #[test]
    fn the_highest_bar_fills_the_picture_and_none_has_no_bar() {
        let html = bars(&[0, 10, 5], |place| place == 1);
        assert_eq!((html.matches("class=\"lit\"").count(), html.matches("class=\"bar\"").count()), (1, 1));
        assert!(html.contains("height=\"42.0\"") && html.contains("height=\"21.0\""), "{html}");
    }

    #[test]
    fn two_in_the_morning_lies_right_of_the_top() {
        let mut hours = [0; 24];
        hours[2] = 4;
        let html = dial(&hours, |hour| hour == 2);
        assert_eq!(html.matches("<path").count(), 1);
        // From 2.06 to 2.94 of 24 hours, 13 to 40 from the middle at 56, 56.
        assert!(html.contains("d=\"M62.7 44.8L76.5 21.7"), "{html}");
        assert_eq!(html.matches("<text").count(), 4);
    }

    #[test]
    fn shares_beyond_the_track_end_at_its_ends() {
        assert!(meter(1.4, &[0.7]).contains("class=\"lit\" width=\"100.0\""));
        let html = interval(1.0, 0.9, 1.2, &[]);
        assert!(html.contains("x=\"90.0\" y=\"5\" width=\"10.0\"") && html.contains("x=\"98.4\""), "{html}");
        assert!(!html.contains(" style="));
    }
}
