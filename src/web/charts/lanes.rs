//! Lanes: what happened side by side on one time axis, a row an agent, a life or a kind of thing.
//!
//! A lane holds marks, and a mark is a rectangle: an instant or a stretch of time wide, a share of its lane
//! high. That one shape draws bars, ticks, gaps and little columns, and answers what lies under a pointer.
//! Names and times stand beside the drawing as HTML, so that they are links and never shrink.

use super::Ink;
use super::scale::{Tick, exact, time_ticks};

/// Height of a lane in CSS pixels; the stylesheet has the same (`style/lanes.css`).
pub const LANE_PX: f64 = 28.0;
/// Most rows that tasks at the same time are stacked in.
pub const TRACKS_MAX: usize = 4;
/// Marks narrower than that are drawn and hit that wide, in CSS pixels.
const MARK_PX: f64 = 2.0;
/// How far from a mark a pointer still means it, in CSS pixels.
const REACH_PX: f64 = 4.0;

/// Rows over one time axis.
#[derive(Debug, Clone, PartialEq)]
pub struct Lanes {
    /// Its name on the page, such as `gantt`.
    pub id: &'static str,
    /// Its title.
    pub title: &'static str,
    /// What is shown, and how much of it.
    pub subtitle: String,
    /// First and last instant of the axis, epoch milliseconds; the first is earlier.
    pub range_ms: (i64, i64),
    /// The server's clock, epoch milliseconds: a line where it lies on the axis.
    pub now_ms: i64,
    /// The rows, from the top.
    pub lanes: Vec<Lane>,
    /// What the colours mean.
    pub legend: Vec<(Ink, &'static str)>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lane {
    /// Its name, short enough for the column of names.
    pub label: String,
    /// What stands small behind it.
    pub small: String,
    /// Its whole name.
    pub title: String,
    /// Where its name leads.
    pub href: Option<String>,
    /// What happened, in drawing order.
    pub marks: Vec<Mark>,
}

/// One thing in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Its start, epoch milliseconds.
    pub from_ms: i64,
    /// Its end; an instant ends where it starts.
    pub until_ms: i64,
    /// Its upper and lower edge as shares of the lane's height, from the top.
    pub band: (f64, f64),
    /// Its colour.
    pub ink: Ink,
    /// How much of the colour, 0 to 1.
    pub alpha: f64,
    /// What it says, the first line being its name; empty = it says nothing and cannot be pointed at.
    pub words: Vec<String>,
    /// Where a click leads.
    pub href: Option<String>,
}

impl Mark {
    /// A plain mark over `band`.
    #[must_use]
    pub fn new((from_ms, until_ms): (i64, i64), band: (f64, f64), ink: Ink) -> Self {
        Self { from_ms, until_ms: until_ms.max(from_ms), band, ink, alpha: 1.0, words: Vec::new(), href: None }
    }

    /// The same mark saying something.
    #[must_use]
    pub fn says(self, words: impl IntoIterator<Item = String>) -> Self {
        Self { words: words.into_iter().filter(|line| !line.is_empty()).collect(), ..self }
    }

    /// The same mark with somewhere to lead.
    #[must_use]
    pub fn leads_to(self, href: String) -> Self {
        Self { href: Some(href), ..self }
    }

    /// The same mark, paler.
    #[must_use]
    pub fn pale(self, alpha: f64) -> Self {
        Self { alpha, ..self }
    }
}

impl Lanes {
    /// Height of all rows, in CSS pixels.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few dozen rows")]
    pub fn height(&self) -> f64 {
        self.lanes.len() as f64 * LANE_PX
    }

    /// The mark at a place.
    #[must_use]
    pub fn mark(&self, (lane, mark): (usize, usize)) -> Option<&Mark> {
        self.lanes.get(lane)?.marks.get(mark)
    }

    /// The mark that says something next to `at` in its lane, in time; the first or last one without a place.
    #[must_use]
    pub fn beside(&self, at: Option<(usize, usize)>, later: bool) -> Option<(usize, usize)> {
        let lane = at.map_or_else(|| self.lanes.iter().position(speaks), |(lane, _)| Some(lane))?;
        let mut order: Vec<usize> = spoken(self.lanes.get(lane)?).collect();
        order.sort_by_key(|mark| self.mark((lane, *mark)).map(|mark| (mark.from_ms, mark.until_ms)));
        let place = at.and_then(|(_, mark)| order.iter().position(|each| *each == mark));
        let next = match (place, later) {
            (Some(place), true) => (place + 1).min(order.len().saturating_sub(1)),
            (Some(place), false) => place.saturating_sub(1),
            (None, true) => 0,
            (None, false) => order.len().saturating_sub(1),
        };
        order.get(next).map(|mark| (lane, *mark))
    }

    /// The mark nearest in time in the next lane below or above that says anything.
    #[must_use]
    pub fn across(&self, at: (usize, usize), down: bool) -> Option<(usize, usize)> {
        let middle = |mark: &Mark| mark.from_ms / 2 + mark.until_ms / 2;
        let here = middle(self.mark(at)?);
        let lane = if down {
            (at.0 + 1..self.lanes.len()).find(|lane| speaks(&self.lanes[*lane]))
        } else {
            (0..at.0).rev().find(|lane| speaks(&self.lanes[*lane]))
        }?;
        let nearest = spoken(&self.lanes[lane])
            .min_by_key(|mark| middle(&self.lanes[lane].marks[*mark]).saturating_sub(here).saturating_abs())?;
        Some((lane, nearest))
    }
}

fn spoken(lane: &Lane) -> impl Iterator<Item = usize> + '_ {
    lane.marks.iter().enumerate().filter(|(_, mark)| !mark.words.is_empty()).map(|(place, _)| place)
}

fn speaks(lane: &Lane) -> bool {
    spoken(lane).next().is_some()
}

/// Where things lie on a drawing of a given width, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LanePlot {
    /// Width of the drawing; at least 1.
    pub width: f64,
    range_ms: (i64, i64),
}

impl LanePlot {
    /// The geometry of `range_ms` on `width` CSS pixels.
    #[must_use]
    pub fn new(range_ms: (i64, i64), width: f64) -> Self {
        Self { width: width.max(1.0), range_ms: (range_ms.0, range_ms.1.max(range_ms.0 + 1)) }
    }

    /// Where an instant lies; instants outside are moved to the edge.
    #[must_use]
    pub fn x(&self, at_ms: i64) -> f64 {
        let (from, until) = self.range_ms;
        ((exact(at_ms) - exact(from)) / (exact(until) - exact(from))).clamp(0.0, 1.0) * self.width
    }

    /// The instant under a pointer, in epoch milliseconds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "lies between two instants that fit")]
    pub fn time_at(&self, x: f64) -> i64 {
        let (from, until) = self.range_ms;
        let share = (x / self.width).clamp(0.0, 1.0);
        (exact(from) + share * (exact(until) - exact(from))) as i64
    }

    /// Left and right edge of a mark; `None` when it lies outside the axis.
    #[must_use]
    pub fn span(&self, mark: &Mark) -> Option<(f64, f64)> {
        let (from, until) = self.range_ms;
        if mark.until_ms < from || mark.from_ms > until {
            return None;
        }
        let (left, right) = (self.x(mark.from_ms), self.x(mark.until_ms));
        if right - left >= MARK_PX {
            return Some((left, right));
        }
        let left = left.min(self.width - MARK_PX);
        Some((left, left + MARK_PX))
    }

    /// Labels of the axis: fewer where it is narrow.
    #[must_use]
    pub fn ticks(&self) -> Vec<Tick> {
        time_ticks(self.range_ms.0, self.range_ms.1, if self.width < 340.0 { 4 } else { 8 })
    }

    /// The mark under a pointer, as lane and place in it: one whose band holds the pointer rather than one above
    /// or below it, the nearest in time, the narrowest of several.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates at 0")]
    pub fn hit(&self, lanes: &Lanes, x: f64, y: f64) -> Option<(usize, usize)> {
        let row = (y / LANE_PX).floor();
        let lane = row.max(0.0) as usize;
        let share = y / LANE_PX - row;
        let marks = lanes.lanes.get(lane)?.marks.iter().enumerate();
        let near = marks.filter(|(_, mark)| !mark.words.is_empty()).filter_map(|(place, mark)| {
            let (left, right) = self.span(mark)?;
            let off = (left - x).max(x - right).max(0.0);
            let beside = !(mark.band.0..=mark.band.1).contains(&share);
            (off <= REACH_PX).then_some((place, (beside, off, right - left)))
        });
        let nearest = near.min_by(|(_, a), (_, b)| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.total_cmp(&b.2)));
        nearest.map(|(place, _)| (lane, place))
    }
}

/// In which row each of `spans` goes so that none covers another, and how many rows that takes; at most
/// [`TRACKS_MAX`], after which the row that is free first takes more than it can show side by side.
#[must_use]
pub fn tracks(spans: &[(i64, i64)]) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by_key(|place| spans[*place]);
    let (mut ends, mut rows) = (Vec::<i64>::new(), vec![0; spans.len()]);
    for place in order {
        let (from, until) = spans[place];
        let free = ends.iter().position(|end| *end <= from);
        let row = match free {
            Some(row) => row,
            None if ends.len() < TRACKS_MAX => ends.len(),
            None => (0..ends.len()).min_by_key(|row| ends[*row]).unwrap_or(0),
        };
        match ends.get_mut(row) {
            Some(end) => *end = (*end).max(until),
            None => ends.push(until),
        }
        rows[place] = row;
    }
    (rows, ends.len().max(1))
}
