//! Patterns as pictures: small ones for lists, and the histogram or dial of the page of one.

use crate::model::pattern::{Evidence, Histogram as Counts, Pattern, Season};
use crate::web::charts::{Bin, Histogram, Ink, Unit, ValueMark};
use crate::web::components::pictures::{bars, dial, steps, week};
use crate::web::format;

use super::words;

/// Seconds and milliseconds of histograms in milliseconds.
const SECOND_MS: f64 = 1000.0;

/// What a pattern looks like at a glance, as HTML text.
#[must_use]
pub(super) fn small(pattern: &Pattern) -> String {
    let events = || steps(&pattern.events, &[]);
    match &pattern.metadata {
        Evidence::Sequence(_) => events(),
        Evidence::Frequency(of) => histogram(&of.intervals, of.median_interval_seconds),
        Evidence::Correlation(of) => events() + &histogram(&of.leads, of.median_lead_ms),
        Evidence::Precursor(of) => events() + &histogram(&of.leads, of.median_lead_ms),
        Evidence::Temporal(of) => {
            let lit = |slot: usize| slot == usize::from(of.slot);
            match of.season {
                Season::HourOfDay => dial(&of.counts, lit),
                Season::DayOfWeek => week(&of.counts, lit),
            }
        }
    }
}

/// The same with more room: steps say how long each takes, and what has a chart of its own needs no bars here.
#[must_use]
pub(super) fn roomy(pattern: &Pattern) -> String {
    match &pattern.metadata {
        Evidence::Sequence(of) => {
            let gaps = of.gaps.iter().map(|gap| words::time(gap.median_ms)).collect::<Vec<_>>();
            steps(&pattern.events, &gaps)
        }
        Evidence::Correlation(_) | Evidence::Precursor(_) => steps(&pattern.events, &[]),
        Evidence::Frequency(_) => String::new(),
        Evidence::Temporal(_) => small(pattern),
    }
}

/// Bars, the one with the median in the accent; what lies beyond the last step is a bar of its own.
fn histogram(counts: &Counts, median: f64) -> String {
    let mut all = counts.counts.clone();
    if counts.above > 0 {
        all.push(counts.above);
    }
    let lit = place(counts, median);
    bars(&all, |bar| bar == lit)
}

/// In which step a value lies; beyond the last one, the step after it.
fn place(counts: &Counts, value: f64) -> usize {
    let passed = |step: usize| counts.start + counts.step * (to_f64(step) + 1.0) <= value;
    (0..counts.counts.len()).take_while(|step| passed(*step)).count()
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen steps")]
fn to_f64(step: usize) -> f64 {
    step as f64
}

/// Intervals or lead times as a chart; `None` for patterns that have neither.
#[must_use]
pub(super) fn large(pattern: &Pattern) -> Option<Histogram> {
    let (id, title, what, counts, unit_ms, median, words) = match &pattern.metadata {
        Evidence::Frequency(of) => {
            let median = of.median_interval_seconds;
            ("intervals", "Intervals", "interval", &of.intervals, SECOND_MS, median, "median")
        }
        Evidence::Correlation(of) => ("leads", "Lead times", "occurrence", &of.leads, 1.0, of.median_lead_ms, "median"),
        Evidence::Precursor(of) => ("leads", "Lead times", "occurrence", &of.leads, 1.0, of.median_lead_ms, "median"),
        Evidence::Sequence(_) | Evidence::Temporal(_) => return None,
    };
    let edge = |step: usize| (counts.start + counts.step * to_f64(step)) * unit_ms;
    let bins = counts.counts.iter().enumerate();
    let bins = bins.map(|(step, count)| Bin { from: edge(step), until: edge(step + 1), counts: vec![*count] });
    let above = Bin { from: edge(counts.counts.len()), until: f64::INFINITY, counts: vec![counts.above] };
    let median_ms = median * unit_ms;
    let subtitle = match pattern.metadata {
        Evidence::Frequency(_) => "between one event and the next",
        Evidence::Correlation(_) => "from the first event to the second",
        _ => "from the first event to the failure",
    };
    Some(Histogram {
        id,
        title: title.into(),
        subtitle: subtitle.to_owned(),
        what,
        unit: Unit::Millis,
        parts: vec![(Ink::Accent, "all")],
        bins: bins.chain(Some(above).filter(|_| counts.above > 0)).collect(),
        marks: vec![ValueMark { at: median_ms, words: format!("{words} {}", format::duration(median_ms)) }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_with_the_median_is_the_one_in_the_accent() {
        let counts = Counts { start: 0.0, step: 10.0, counts: vec![1, 5, 2], above: 1 };
        assert_eq!([0.0, 9.9, 10.0, 29.0, 30.0, 99.0].map(|at| place(&counts, at)), [0, 0, 1, 2, 3, 3]);
        let html = histogram(&counts, 12.0);
        assert_eq!((html.matches("class=\"lit\"").count(), html.matches("class=\"bar\"").count()), (1, 3));
    }
}
