//! The drawing of [`Lanes`] and of the axis below them, on any plotters backend.

use plotters::backend::DrawingBackend;
use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle};

use super::draw::{DrawError, Drawing, label, pixel, words_px};
use super::lanes::{LANE_PX, LanePlot, Lanes};
use super::theme::{Ink, Theme};

/// Bars at least this wide leave a gap to the next, so that two are seen as two.
const APART_PX: f64 = 5.0;

impl Drawing for Lanes {
    fn name(&self) -> &'static str {
        self.id
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, theme: &Theme) -> Result<(), DrawError<DB>> {
        let plot = LanePlot::new(self.range_ms, f64::from(area.dim_in_pixel().0) / theme.scale);
        let brush = Brush { area, theme };
        for tick in plot.ticks() {
            let x = plot.x(whole(tick.at));
            brush.rectangle((x, 0.0), (x + 1.0, self.height()), Ink::Line, 1.0)?;
        }
        let mut top = 0.0;
        for lane in &self.lanes {
            for mark in lane.marks.iter().filter(|mark| mark.alpha > 0.0) {
                let Some((left, mut right)) = plot.span(mark) else { continue };
                if right - left >= APART_PX && mark.ink != Ink::Gap {
                    right -= 1.0;
                }
                let (upper, lower) = (top + mark.band.0 * LANE_PX, top + mark.band.1 * LANE_PX);
                brush.rectangle((left, upper), (right, lower), mark.ink, mark.alpha)?;
            }
            top += LANE_PX;
            brush.rectangle((0.0, top - 1.0), (plot.width, top), Ink::Line, 1.0)?;
        }
        let (from, until) = self.range_ms;
        if (from..until).contains(&self.now_ms) {
            let x = plot.x(self.now_ms);
            brush.rectangle((x, 0.0), (x + 1.0, self.height()), Ink::Accent, 1.0)?;
        }
        area.present()
    }
}

/// The time axis below lanes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaneAxis(pub (i64, i64));

impl Drawing for LaneAxis {
    fn name(&self) -> &'static str {
        "axis"
    }

    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>, theme: &Theme) -> Result<(), DrawError<DB>> {
        let plot = LanePlot::new(self.0, f64::from(area.dim_in_pixel().0) / theme.scale);
        let at = |x: f64, y: f64| (pixel(x * theme.scale), pixel(y * theme.scale));
        for tick in plot.ticks() {
            let x = plot.x(whole(tick.at));
            let colour = theme.colour(Ink::Line).to_rgba();
            let style = ShapeStyle { color: colour, filled: false, stroke_width: pixel(theme.scale).unsigned_abs() };
            area.draw(&PathElement::new(vec![at(x, 0.0), at(x, 4.0)], style))?;
            // Labels at the edges must not be cut off.
            let half = words_px(&tick.label) / 2.0;
            let middle = x.clamp(half.min(plot.width / 2.0), (plot.width - half).max(plot.width / 2.0));
            label(area, theme, &tick.label, at(middle, 6.0), Pos::new(HPos::Center, VPos::Top))?;
        }
        area.present()
    }
}

struct Brush<'a, DB: DrawingBackend> {
    area: &'a DrawingArea<DB, Shift>,
    theme: &'a Theme,
}

impl<DB: DrawingBackend> Brush<'_, DB> {
    fn rectangle(
        &self,
        (left, top): (f64, f64),
        (right, bottom): (f64, f64),
        ink: Ink,
        alpha: f64,
    ) -> Result<(), DrawError<DB>> {
        let at = |x: f64, y: f64| (pixel(x * self.theme.scale), pixel(y * self.theme.scale));
        let (first, mut last) = (at(left, top), at(right, bottom));
        last = (last.0.max(first.0 + 1), last.1.max(first.1 + 1));
        let style = ShapeStyle { color: self.theme.colour(ink).mix(alpha), filled: true, stroke_width: 0 };
        self.area.draw(&Rectangle::new([first, last], style))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an instant in milliseconds")]
fn whole(value: f64) -> i64 {
    value as i64
}
