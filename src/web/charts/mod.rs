//! Charts: a [`Panel`] is what is shown, [`draw`](draw::draw) puts it on any plotters backend.
//!
//! The server draws SVG, the browser a canvas, tests look at the SVG; all from the same function. Text
//! is never measured (in a browser that would need a `style` attribute, which the content policy
//! refuses), so label areas are fixed. Not here: pointers, tooltips and legends (`components`), and
//! where the numbers come from (`pages`).

pub mod draw;
pub mod panel;
pub mod plot;
pub mod scale;
pub mod theme;
pub mod timeline;

pub use draw::draw;
pub use panel::{Marks, Panel, Role, Series, Stroke, Unit};
pub use plot::Plot;
pub use theme::{Ink, Theme};

#[cfg(test)]
mod tests;
