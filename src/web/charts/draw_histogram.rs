//! The drawing of a [`Histogram`], on any plotters backend.

use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{DashedPathElement, PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle};

use super::draw::{DrawError, Drawing, label, pixel, words_px};
use super::histogram::{Histogram, HistogramPlot};
use super::theme::{Ink, Theme};

/// Room between two labels below the bars, in CSS pixels.
const APART_PX: f64 = 12.0;

impl Drawing for Histogram {
    fn name(&self) -> &'static str {
        self.id
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, theme: &Theme) -> Result<(), DrawError<DB>> {
        let (width, height) = area.dim_in_pixel();
        let plot = HistogramPlot::new(self, f64::from(width) / theme.scale, f64::from(height) / theme.scale);
        let pen = Pen { area, theme, plot: &plot };
        pen.counts()?;
        pen.bars(self)?;
        pen.edges(self)?;
        pen.marks(self)?;
        if self.total() == 0 {
            let middle = (plot.left + plot.width / 2.0, plot.top + plot.height / 2.0);
            pen.text("nothing to show", middle, Pos::new(HPos::Center, VPos::Center))?;
        }
        area.present()
    }
}

struct Pen<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    theme: &'a Theme,
    plot: &'a HistogramPlot,
}

impl<DB: DrawingBackend> Pen<'_, DB> {
    fn at(&self, x: f64, y: f64) -> (i32, i32) {
        (pixel(x * self.theme.scale), pixel(y * self.theme.scale))
    }

    fn stroke(&self, ink: Ink, css_px: f64) -> ShapeStyle {
        let width = pixel(css_px * self.theme.scale).max(1).unsigned_abs();
        ShapeStyle { color: self.theme.colour(ink).to_rgba(), filled: false, stroke_width: width }
    }

    fn text(&self, text: &str, (x, y): (f64, f64), anchor: Pos) -> Result<(), DrawError<DB>> {
        label(self.area, self.theme, text, self.at(x, y), anchor)
    }

    fn counts(&self) -> Result<(), DrawError<DB>> {
        let plot = self.plot;
        for tick in &plot.counts {
            let y = plot.y(tick.at);
            let line = vec![self.at(plot.left, y), self.at(plot.left + plot.width, y)];
            self.area.draw(&PathElement::new(line, self.stroke(Ink::Line, 1.0)))?;
            self.text(&tick.label, (plot.left - 6.0, y), Pos::new(HPos::Right, VPos::Center))?;
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "drawn, and counts stay far below 2^53")]
    fn bars(&self, histogram: &Histogram) -> Result<(), DrawError<DB>> {
        for (place, bin) in histogram.bins.iter().enumerate() {
            let (left, right) = (self.plot.x(place as f64), self.plot.x(place as f64 + 1.0));
            let gap = ((right - left) * 0.12).clamp(0.0, 2.0) / 2.0;
            let mut foot = 0;
            for ((ink, _), count) in histogram.parts.iter().zip(&bin.counts).filter(|(_, count)| **count > 0) {
                let lower = self.at(right - gap, self.plot.y(foot as f64));
                foot += count;
                let mut upper = self.at(left + gap, self.plot.y(foot as f64));
                // A single value among thousands must still be seen.
                upper.1 = upper.1.min(lower.1 - pixel(self.theme.scale));
                let style = ShapeStyle { color: self.theme.colour(*ink).to_rgba(), filled: true, stroke_width: 0 };
                self.area.draw(&Rectangle::new([upper, lower], style))?;
            }
        }
        Ok(())
    }

    /// As many edges as fit beside each other.
    #[expect(clippy::cast_precision_loss, reason = "a few dozen bins")]
    fn edges(&self, histogram: &Histogram) -> Result<(), DrawError<DB>> {
        let foot = self.plot.y(0.0);
        let mut free = 0.0;
        let edges = histogram.bins.iter().map(|bin| bin.from).chain(histogram.bins.last().map(|bin| bin.until));
        for (place, edge) in edges.enumerate().filter(|(_, edge)| edge.is_finite()) {
            let words = histogram.unit.write(edge);
            let (x, half) = (self.plot.x(place as f64), words_px(&words) / 2.0);
            let last = self.plot.left + self.plot.width + 14.0;
            if x - half < free || x + half > last {
                continue;
            }
            free = x + half + APART_PX;
            let line = vec![self.at(x, foot), self.at(x, foot + 4.0)];
            self.area.draw(&PathElement::new(line, self.stroke(Ink::Line, 1.0)))?;
            self.text(&words, (x, foot + 7.0), Pos::new(HPos::Center, VPos::Top))?;
        }
        Ok(())
    }

    fn marks(&self, histogram: &Histogram) -> Result<(), DrawError<DB>> {
        let mut free = 0.0;
        for mark in &histogram.marks {
            let x = self.plot.x(histogram.place(mark.at));
            let line = vec![self.at(x, self.plot.top - 4.0), self.at(x, self.plot.y(0.0))];
            let dash = pixel(4.0 * self.theme.scale).max(1);
            self.area.draw(&DashedPathElement::new(line, dash, dash, self.stroke(Ink::Failure, 1.5)))?;
            let half = words_px(&mark.words) / 2.0;
            let middle = x.clamp(half + 2.0, (self.plot.left + self.plot.width + 12.0 - half).max(half + 2.0));
            // Two lines close to each other: the words of the first stand, the summary has both.
            if middle - half >= free {
                self.text(&mark.words, (middle, 2.0), Pos::new(HPos::Center, VPos::Top))?;
                free = middle + half + APART_PX;
            }
        }
        Ok(())
    }
}
