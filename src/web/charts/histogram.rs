//! A histogram: how many values lie between which. The drawing is in `draw_histogram`.
//!
//! Bins are drawn equally wide whatever they hold: durations are binned by powers, and a bin of an hour beside
//! one of a second would press all others to the edge. So a value's place lies between the edges of its bin.

use std::borrow::Cow;

use crate::web::format;

use super::Unit;
use super::scale::{Tick, value_axis};
use super::theme::Ink;

/// Room for labels of counts, left; as on other charts, so that panels below each other line up.
const LEFT: f64 = 50.0;
const RIGHT: f64 = 14.0;
/// Room for a mark's words above the bars.
const TOP: f64 = 22.0;
const BOTTOM: f64 = 22.0;

/// Counts between edges.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Its name on the page, such as `healing-times`.
    pub id: &'static str,
    /// Its title.
    pub title: Cow<'static, str>,
    /// What is counted, and how much of it.
    pub subtitle: String,
    /// What one of the counted is called, such as `healing`.
    pub what: &'static str,
    /// What the values are measured in.
    pub unit: Unit,
    /// What the counts of a bin are, from the foot: colour and name.
    pub parts: Vec<(Ink, &'static str)>,
    /// The bins, ascending.
    pub bins: Vec<Bin>,
    /// Values worth a line, such as a mean.
    pub marks: Vec<ValueMark>,
}

/// The values of a stretch.
#[derive(Debug, Clone, PartialEq)]
pub struct Bin {
    /// The least value that belongs to it.
    pub from: f64,
    /// The least value that does not; infinite where there is no end.
    pub until: f64,
    /// How many values it holds, part by part.
    pub counts: Vec<u64>,
}

impl Bin {
    /// How many values it holds.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }
}

/// A line at a value.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueMark {
    /// The value.
    pub at: f64,
    /// What it is, such as `MTTR 1.2 s`.
    pub words: String,
}

impl Histogram {
    /// How many values there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.bins.iter().map(Bin::total).sum()
    }

    /// Where a value lies, in bins from the left edge; values outside are moved to it.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few dozen bins")]
    pub fn place(&self, value: f64) -> f64 {
        let passed = self.bins.iter().filter(|bin| bin.until <= value).count();
        let Some(bin) = self.bins.get(passed) else { return self.bins.len() as f64 };
        let width = bin.until - bin.from;
        let within = if width.is_finite() && width > 0.0 { (value - bin.from) / width } else { 0.5 };
        passed as f64 + within.clamp(0.0, 1.0)
    }

    /// The values of a bin in words: `1 s – 2 s`, `from 1 h on`.
    #[must_use]
    pub fn between(&self, bin: &Bin) -> String {
        if bin.until.is_finite() {
            format!("{} – {}", self.unit.write(bin.from), self.unit.write(bin.until))
        } else {
            format!("from {} on", self.unit.write(bin.from))
        }
    }

    /// A bin in one sentence.
    #[must_use]
    pub fn says(&self, bin: &Bin) -> String {
        let all = bin.total();
        let plural = if all == 1 { "" } else { "s" };
        let parts = self.parts.iter().zip(&bin.counts).filter(|_| self.parts.len() > 1);
        let parts = parts.map(|((_, name), count)| format!(", {} {name}", format::count(*count).exact));
        let parts = parts.collect::<String>();
        format!("{}: {} {}{plural}{parts}", self.between(bin), format::count(all).exact, self.what)
    }

    /// Where most values lie, and the lines, for people who do not see the drawing.
    #[must_use]
    pub fn summary(&self) -> String {
        let most = self.bins.iter().max_by_key(|bin| bin.total()).filter(|bin| bin.total() > 0);
        let Some(most) = most else { return format!("No {} to show.", self.what) };
        let lines = self.marks.iter().map(|mark| format!(" {}.", mark.words));
        format!("Most lie between {}.{}", self.says(most), lines.collect::<String>())
    }
}

/// Where things lie on a surface of a given size, in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct HistogramPlot {
    /// Left edge of the bars.
    pub left: f64,
    /// Upper edge of the highest bar there can be.
    pub top: f64,
    /// Width of all bins.
    pub width: f64,
    /// Height of the highest bar there can be.
    pub height: f64,
    bins: f64,
    most: f64,
    /// Labels of counts.
    pub counts: Vec<Tick>,
}

impl HistogramPlot {
    /// The geometry of `histogram` on `width` × `height` CSS pixels.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "drawn, and counts stay far below 2^53")]
    pub fn new(histogram: &Histogram, width: f64, height: f64) -> Self {
        let (width, height) = ((width - LEFT - RIGHT).max(1.0), (height - TOP - BOTTOM).max(1.0));
        let most = histogram.bins.iter().map(Bin::total).max().unwrap_or(0) as f64;
        let ((_, most), counts) = value_axis(0.0, most, None, Unit::Count, 4);
        Self { left: LEFT, top: TOP, width, height, bins: histogram.bins.len().max(1) as f64, most, counts }
    }

    /// The x of a place in bins.
    #[must_use]
    pub fn x(&self, place: f64) -> f64 {
        self.left + place / self.bins * self.width
    }

    /// The y of a count.
    #[must_use]
    pub fn y(&self, count: f64) -> f64 {
        self.top + (1.0 - (count / self.most).clamp(0.0, 1.0)) * self.height
    }
}
