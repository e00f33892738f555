//! Charts: a [`Panel`] (figures over time), [`Lanes`] (what happened side by side) or a [`Histogram`] (how many
//! lie where) is what is shown, [`Drawing`] puts it on any plotters backend.
//!
//! The server draws SVG, the browser a canvas, tests look at the SVG; all from the same function. Text
//! is never measured (in a browser that would need a `style` attribute, which the content policy
//! refuses), so label areas are fixed. Not here: pointers, tooltips and legends (`components`), and
//! where the numbers come from (`pages`).

pub mod draw;
pub mod draw_histogram;
pub mod draw_lanes;
pub mod histogram;
pub mod lanes;
pub mod notes;
pub mod panel;
pub mod plot;
pub mod reported;
pub mod scale;
pub mod theme;
pub mod timeline;

pub use draw::{Drawing, draw};
pub use draw_lanes::LaneAxis;
pub use histogram::{Bin, Histogram, HistogramPlot, ValueMark};
pub use lanes::{LANE_PX, Lane, LanePlot, Lanes, Mark};
pub use panel::{Marks, Panel, Role, Series, Stroke, Unit};
pub use plot::Plot;
pub use theme::{Ink, Theme};

#[cfg(test)]
mod histogram_tests;
#[cfg(test)]
mod lane_tests;
#[cfg(test)]
mod note_tests;
#[cfg(test)]
mod tests;
