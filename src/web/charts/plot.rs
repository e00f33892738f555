//! The geometry of a chart in CSS pixels: the same for the drawing and for the pointer above it.

use super::panel::{Panel, Role};
use super::scale::{Tick, exact, time_ticks, value_axis};

/// Room for value labels, in CSS pixels.
const LEFT: f64 = 50.0;
/// Room right of the last bucket, for the half of its time label.
pub(super) const RIGHT: f64 = 14.0;
/// Room above the top grid line, for the half of its label.
const TOP: f64 = 8.0;
/// Room for time labels.
const BOTTOM: f64 = 22.0;
/// Where a panel's axes lie on a surface of a given size, in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Left edge of the plot.
    pub left: f64,
    /// Its top edge.
    pub top: f64,
    /// Its width; at least 1.
    pub width: f64,
    /// Its height; at least 1.
    pub height: f64,
    x: (f64, f64),
    y: (f64, f64),
    /// Labels of the time axis.
    pub x_ticks: Vec<Tick>,
    /// Labels of the value axis.
    pub y_ticks: Vec<Tick>,
}

impl Plot {
    /// The geometry of `panel` on `width` × `height` CSS pixels.
    #[must_use]
    pub fn new(panel: &Panel, width: f64, height: f64) -> Self {
        let (width, height) = ((width - LEFT - RIGHT).max(1.0), (height - TOP - BOTTOM).max(1.0));
        let (from, until) = (panel.range_ms.0, panel.range_ms.1.max(panel.range_ms.0 + 1));
        let (low, high) = extent(panel);
        let (y, y_ticks) = value_axis(low, high, panel.ceiling, panel.unit, whole(height / 40.0).clamp(2, 6));
        let x_ticks = time_ticks(from, until, whole(width / 64.0).clamp(2, 12));
        Self { left: LEFT, top: TOP, width, height, x: (exact(from), exact(until)), y, x_ticks, y_ticks }
    }

    /// Where an instant lies, in CSS pixels; instants outside are moved to the edge.
    #[must_use]
    pub fn x(&self, at_ms: i64) -> f64 {
        let share = (exact(at_ms) - self.x.0) / (self.x.1 - self.x.0);
        self.left + share.clamp(0.0, 1.0) * self.width
    }

    /// Where a label of the time axis lies, in CSS pixels.
    #[must_use]
    pub fn tick_x(&self, tick: &Tick) -> f64 {
        self.left + (tick.at - self.x.0) / (self.x.1 - self.x.0) * self.width
    }

    /// Where a value lies, in CSS pixels; values outside are moved to the edge.
    #[must_use]
    pub fn y(&self, value: f64) -> f64 {
        let share = (value - self.y.0) / (self.y.1 - self.y.0);
        self.top + (1.0 - share.clamp(0.0, 1.0)) * self.height
    }

    /// The highest value the axis holds.
    #[must_use]
    pub fn highest(&self) -> f64 {
        self.y.1
    }

    /// The instant under a pointer, in epoch milliseconds.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "lies between two instants that fit")]
    pub fn time_at(&self, x: f64) -> i64 {
        let share = ((x - self.left) / self.width).clamp(0.0, 1.0);
        (self.x.0 + share * (self.x.1 - self.x.0)) as i64
    }
}

/// The lowest and highest value the axis must hold.
fn extent(panel: &Panel) -> (f64, f64) {
    let ceiling = panel.band_ceiling().unwrap_or(f64::INFINITY);
    let columns = panel.series.iter().zip(panel.stacked());
    let drawn = columns.flat_map(|(series, column)| {
        let most = if matches!(series.role, Role::Band(_)) { ceiling } else { f64::INFINITY };
        column.into_iter().flatten().map(move |(_, upper)| upper.min(most))
    });
    let (low, high) =
        drawn.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    match (panel.floats, panel.ceiling) {
        (true, Some(ceiling)) if low.is_finite() => (low.min(ceiling * 0.9), ceiling),
        (_, Some(ceiling)) => (0.0, ceiling),
        (true, None) => (low, high),
        (false, None) => (low.min(0.0), high),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates at 0")]
fn whole(value: f64) -> usize {
    value as usize
}
