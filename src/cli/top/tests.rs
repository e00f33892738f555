//! Whole screens, as a terminal of their size would show them, and what keys do.
//!
//! - `samples` the figures that are shown
//! - `screens` screens of every size, whole
//! - `sections` single rows of them
//! - `keys` what keys do

mod keys;
mod samples;
mod screens;
mod sections;
