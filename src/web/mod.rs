//! The dashboard, for both sides: the server renders a page, the browser makes the same page live.
//!
//! - [`app`]: the document, the frame around every page, the routes
//! - [`calls`]: server functions, the only bridge to the server
//! - [`pages`]: one file a route; [`components`]: what pages are made of
//! - [`charts`]: series in, drawing out; the same drawing for SVG and canvas
//! - [`format`]: numbers, units and times as people read them
//! - [`view_state`]: what a person set, as the URL carries it
//! - [`platform`]: the only place that knows on which side the code runs
//!
//! Not here: figures. Every number on a page comes from `service` through [`calls`].

pub mod app;
pub mod calls;
pub mod charts;
pub mod components;
pub mod format;
pub mod pages;
pub mod platform;
pub mod view_state;
