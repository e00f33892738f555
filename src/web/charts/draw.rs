//! The one drawing: a [`Panel`] on any plotters backend.
//!
//! plotters maps NaN to the bottom of the axis and clips nothing, so lines are split where there is no data,
//! and the axes ([`Plot`]) are chosen to hold every value.

use crate::model::note::{NoteGroup, NoteKind};
use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind};
use plotters::element::{Circle, DashedPathElement, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBAColor, ShapeStyle, TextStyle};

use super::notes::{SIGN_PX, clusters, ink};
use super::panel::{Marks, Panel, Role, Series, Stroke};
use super::plot::{Plot, RIGHT};
use super::theme::{Ink, Theme};

/// Size of axis labels in CSS pixels; nothing is written smaller.
const TEXT_PX: f64 = 11.0;
/// Up to so many signs of a group lines lead through the plot; more would hide what they are about.
const NOTE_LINES_MAX: usize = 12;
/// A stretch without data says so in words if it is at least this wide.
const GAP_WORDS_PX: f64 = 56.0;

/// What can go wrong while drawing on `DB`.
pub type DrawError<DB> = DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>;

/// What can be drawn on any backend.
pub trait Drawing {
    /// What it is called in a log.
    fn name(&self) -> &'static str;

    /// Draws it over the whole of `area`, whose size is CSS pixels times `theme.scale`.
    ///
    /// # Errors
    /// When the backend fails.
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, theme: &Theme) -> Result<(), DrawError<DB>>;
}

impl Drawing for Panel {
    fn name(&self) -> &'static str {
        self.id
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, theme: &Theme) -> Result<(), DrawError<DB>> {
        draw(area, self, theme)
    }
}

/// Draws `panel` over the whole of `area`, whose size is CSS pixels times `theme.scale`.
///
/// # Errors
/// When the backend fails.
pub fn draw<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    panel: &Panel,
    theme: &Theme,
) -> Result<(), DrawError<DB>> {
    let (width, height) = area.dim_in_pixel();
    let plot = Plot::new(panel, f64::from(width) / theme.scale, f64::from(height) / theme.scale);
    let pen = Pen { area, plot: &plot, theme };
    if panel.marks != Marks::Bars {
        pen.gaps(panel)?;
    }
    pen.grid()?;
    let columns = panel.series.iter().zip(panel.stacked()).collect::<Vec<_>>();
    let of = |role: fn(&Role) -> bool| columns.iter().filter(move |(series, _)| role(&series.role));
    for (series, column) in of(|role| matches!(role, Role::Band(_))) {
        pen.band(panel, series, column)?;
    }
    for (series, column) in of(|role| *role == Role::Figure) {
        match panel.marks {
            Marks::Bars => pen.bars(panel, series, column)?,
            Marks::Areas => pen.area(panel, series, column)?,
            Marks::Lines => pen.line(series, &stretches(panel, column))?,
        }
    }
    for (series, column) in of(|role| *role == Role::Ghost) {
        pen.line(series, &stretches(panel, column))?;
    }
    pen.notes(panel)?;
    if panel.series.is_empty() && panel.hidden > 0 {
        pen.words("every series is hidden")?;
    } else if !panel.has_data() {
        pen.words("no data in this range")?;
    }
    area.present()
}

/// The lower and the upper edge in each bucket.
type Column = [Option<(f64, f64)>];

/// A point of a line, in data coordinates: instant, lower and upper value.
type Point = (i64, f64, f64);

/// A column cut into stretches with data.
fn stretches(panel: &Panel, edges: &Column) -> Vec<Vec<Point>> {
    let mut stretches = vec![Vec::new()];
    for (bucket, edge) in edges.iter().enumerate() {
        let known = edge.filter(|(lower, upper)| lower.is_finite() && upper.is_finite());
        match (known, panel.middle(bucket)) {
            (Some((lower, upper)), Some(at)) => {
                if let Some(last) = stretches.last_mut() {
                    last.push((at, lower, upper));
                }
            }
            _ => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

/// A surface, its geometry and its colours.
struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    plot: &'a Plot,
    theme: &'a Theme,
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn at(&self, x: f64, y: f64) -> (i32, i32) {
        (pixel(x * self.theme.scale), pixel(y * self.theme.scale))
    }

    fn point(&self, at_ms: i64, value: f64) -> (i32, i32) {
        self.at(self.plot.x(at_ms), self.plot.y(value))
    }

    fn fill(&self, ink: Ink, alpha: f64) -> ShapeStyle {
        let colour: RGBAColor = self.theme.colour(ink).mix(alpha);
        ShapeStyle { color: colour, filled: true, stroke_width: 0 }
    }

    fn stroke(&self, ink: Ink, css_px: f64) -> ShapeStyle {
        let width = pixel(css_px * self.theme.scale).max(1).unsigned_abs();
        ShapeStyle { color: self.theme.colour(ink).to_rgba(), filled: false, stroke_width: width }
    }

    fn text(&self, text: &str, (x, y): (f64, f64), anchor: Pos) -> Result<(), DrawError<DB>> {
        label(self.area, self.theme, text, self.at(x, y), anchor)
    }

    fn grid(&self) -> Result<(), DrawError<DB>> {
        let plot = self.plot;
        for tick in &plot.y_ticks {
            let y = plot.y(tick.at);
            let line = vec![self.at(plot.left, y), self.at(plot.left + plot.width, y)];
            self.area.draw(&PathElement::new(line, self.stroke(Ink::Line, 1.0)))?;
            self.text(&tick.label, (plot.left - 6.0, y), Pos::new(HPos::Right, VPos::Center))?;
        }
        for tick in &plot.x_ticks {
            let (x, foot) = (plot.tick_x(tick), plot.top + plot.height);
            let line = vec![self.at(x, foot), self.at(x, foot + 4.0)];
            self.area.draw(&PathElement::new(line, self.stroke(Ink::Line, 1.0)))?;
            // The last label must not be cut off by the edge of the surface.
            let half = words_px(&tick.label) / 2.0;
            let middle = x.min(plot.left + plot.width + RIGHT - half);
            self.text(&tick.label, (middle, foot + 7.0), Pos::new(HPos::Center, VPos::Top))?;
        }
        Ok(())
    }

    /// Shades the stretches between and around the data in which nothing was recorded.
    fn gaps(&self, panel: &Panel) -> Result<(), DrawError<DB>> {
        if !panel.has_data() {
            return Ok(());
        }
        let mut start = None;
        for bucket in 0..=panel.time.len() {
            let gap = bucket < panel.time.len() && panel.is_gap(bucket);
            match (gap, start) {
                (true, None) => start = Some(bucket),
                (false, Some(first)) => {
                    self.gap(panel.time[first], panel.time[bucket - 1] + panel.step_ms)?;
                    start = None;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn gap(&self, from_ms: i64, until_ms: i64) -> Result<(), DrawError<DB>> {
        let (left, right) = (self.plot.x(from_ms), self.plot.x(until_ms));
        if right - left < 2.0 {
            return Ok(());
        }
        let corners = [self.at(left, self.plot.top), self.at(right, self.plot.top + self.plot.height)];
        self.area.draw(&Rectangle::new(corners, self.fill(Ink::Gap, 1.0)))?;
        if right - left >= GAP_WORDS_PX {
            let middle = ((left + right) / 2.0, self.plot.top + 4.0);
            self.text("no data", middle, Pos::new(HPos::Center, VPos::Top))?;
        }
        Ok(())
    }

    fn bars(&self, panel: &Panel, series: &Series, column: &Column) -> Result<(), DrawError<DB>> {
        for (bucket, edge) in column.iter().enumerate() {
            let (Some((lower, upper)), Some(&start)) = (*edge, panel.time.get(bucket)) else { continue };
            if upper <= lower {
                continue;
            }
            let (left, right) = (self.plot.x(start), self.plot.x(start + panel.step_ms));
            let gap = ((right - left) * 0.2).clamp(0.0, 3.0) / 2.0;
            let alpha = if panel.is_partial(bucket) { 0.55 } else { 1.0 };
            let mut corners = [self.at(left + gap, self.plot.y(upper)), self.at(right - gap, self.plot.y(lower))];
            // A single failure among thousands of successes must still be seen.
            corners[0].1 = corners[0].1.min(corners[1].1 - 1);
            corners[1].0 = corners[1].0.max(corners[0].0 + 1);
            self.area.draw(&Rectangle::new(corners, self.fill(series.ink, alpha)))?;
        }
        Ok(())
    }

    fn area(&self, panel: &Panel, series: &Series, column: &Column) -> Result<(), DrawError<DB>> {
        let stretches = stretches(panel, column);
        for stretch in &stretches {
            self.between(stretch, self.fill(series.ink, 0.5))?;
        }
        self.line(series, &stretches)
    }

    /// The ground between the lower and the upper edge, a block a bucket, so that the one record that took
    /// long is seen where it ended. What lies above the axis is marked at its upper edge.
    fn band(&self, panel: &Panel, series: &Series, column: &Column) -> Result<(), DrawError<DB>> {
        for (bucket, edge) in column.iter().enumerate() {
            let (Some((lower, upper)), Some(&start)) = (*edge, panel.time.get(bucket)) else { continue };
            let (left, right) = (self.plot.x(start), self.plot.x(start + panel.step_ms));
            let mut corners = [self.at(left, self.plot.y(upper)), self.at(right, self.plot.y(lower))];
            corners[0].1 = corners[0].1.min(corners[1].1 - 1);
            corners[1].0 = corners[1].0.max(corners[0].0 + 1);
            self.area.draw(&Rectangle::new(corners, self.fill(series.ink, 0.18)))?;
            if upper > self.plot.highest() {
                let (middle, top) = ((left + right) / 2.0, self.plot.top);
                let mark = vec![self.at(middle - 4.0, top), self.at(middle, top - 6.0), self.at(middle + 4.0, top)];
                self.area.draw(&Polygon::new(mark, self.fill(series.ink, 1.0)))?;
            }
        }
        Ok(())
    }

    fn between(&self, stretch: &[Point], style: ShapeStyle) -> Result<(), DrawError<DB>> {
        if stretch.len() < 2 {
            return Ok(());
        }
        let upper = stretch.iter().map(|(at, _, upper)| self.point(*at, *upper));
        let lower = stretch.iter().rev().map(|(at, lower, _)| self.point(*at, *lower));
        self.area.draw(&Polygon::new(upper.chain(lower).collect::<Vec<_>>(), style))
    }

    /// The upper edge of each stretch; a stretch of one bucket is a dot.
    fn line(&self, series: &Series, stretches: &[Vec<Point>]) -> Result<(), DrawError<DB>> {
        let style = self.stroke(series.ink, if series.role == Role::Ghost { 1.0 } else { 1.75 });
        for stretch in stretches {
            let path = stretch.iter().map(|(at, _, upper)| self.point(*at, *upper)).collect::<Vec<_>>();
            if let [only] = path[..] {
                self.area.draw(&Circle::new(only, pixel(2.5 * self.theme.scale), self.fill(series.ink, 1.0)))?;
                continue;
            }
            match series.stroke {
                Stroke::Solid => self.area.draw(&PathElement::new(path, style))?,
                Stroke::Dashed => self.dashes(path, (6.0, 3.0), style)?,
                Stroke::Dotted => self.dashes(path, (2.0, 2.5), style)?,
            }
        }
        Ok(())
    }

    fn dashes(&self, path: Vec<(i32, i32)>, (dash, gap): (f64, f64), style: ShapeStyle) -> Result<(), DrawError<DB>> {
        let size = |css_px: f64| pixel(css_px * self.theme.scale).max(1);
        self.area.draw(&DashedPathElement::new(path, size(dash), size(gap), style))
    }

    /// What happened, healings at the upper edge and patterns at the lower: a thin line through the plot, a sign of a
    /// shape of its own, and how many where they are more than one.
    fn notes(&self, panel: &Panel) -> Result<(), DrawError<DB>> {
        let plot = self.plot;
        let (top, foot) = (plot.top, plot.top + plot.height);
        let clusters = clusters(&panel.notes.notes, plot);
        for cluster in &clusters {
            let x = cluster.x;
            let y = if cluster.group == NoteGroup::Healings { top + SIGN_PX + 2.0 } else { foot - SIGN_PX - 2.0 };
            if clusters.iter().filter(|other| other.group == cluster.group).count() <= NOTE_LINES_MAX {
                self.dashes(vec![self.at(x, top), self.at(x, foot)], (1.0, 3.0), self.stroke(Ink::Muted, 1.0))?;
            }
            // What lies below must not be read as a part of the sign.
            let ground = self.fill(Ink::Card, 1.0);
            self.area.draw(&Circle::new(self.at(x, y), pixel((SIGN_PX + 1.5) * self.theme.scale), ground))?;
            self.sign(cluster.kind(), (x, y))?;
            if let Some(words) = cluster.label() {
                let fits = cluster.label_x() + words_px(&words) < plot.left + plot.width + RIGHT;
                let (at, side) =
                    if fits { (cluster.label_x(), HPos::Left) } else { (2.0 * x - cluster.label_x(), HPos::Right) };
                self.text(&words, (at, y), Pos::new(side, VPos::Center))?;
            }
        }
        Ok(())
    }

    fn sign(&self, kind: NoteKind, (x, y): (f64, f64)) -> Result<(), DrawError<DB>> {
        let style = self.stroke(ink(kind), 1.75);
        let size = SIGN_PX;
        let strokes: &[&[(f64, f64)]] = match kind {
            NoteKind::NotHealed => &[&[(-0.8, -0.8), (0.8, 0.8)], &[(-0.8, 0.8), (0.8, -0.8)]],
            NoteKind::Healed => &[&[(-1.0, 0.0), (1.0, 0.0)], &[(0.0, -1.0), (0.0, 1.0)]],
            _ => &[&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)]],
        };
        for stroke in strokes {
            let path: Vec<_> = stroke.iter().map(|(dx, dy)| self.at(x + dx * size, y + dy * size)).collect();
            self.area.draw(&PathElement::new(path, style))?;
        }
        Ok(())
    }

    fn words(&self, words: &str) -> Result<(), DrawError<DB>> {
        let middle = (self.plot.left + self.plot.width / 2.0, self.plot.top + self.plot.height / 2.0);
        self.text(words, middle, Pos::new(HPos::Center, VPos::Center))
    }
}

/// Small print at a place in surface pixels.
pub(super) fn label<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    theme: &Theme,
    text: &str,
    at: (i32, i32),
    anchor: Pos,
) -> Result<(), DrawError<DB>> {
    let size = TEXT_PX * theme.scale * theme.font_scale;
    let font = FontDesc::new(FontFamily::Name("system-ui, sans-serif"), size, FontStyle::Normal);
    let colour = theme.colour(Ink::Muted);
    area.draw_text(text, &TextStyle::from(font).color(&colour).pos(anchor), at)
}

#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, and surfaces are small")]
pub(super) fn pixel(value: f64) -> i32 {
    value.round() as i32
}

/// About how wide a text is, in CSS pixels: nothing is measured, and labels are short.
pub(super) fn words_px(words: &str) -> f64 {
    words.chars().map(|c| if c.is_ascii_uppercase() { 7.5 } else { 6.0 }).sum()
}
