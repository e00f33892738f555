//! Pure arithmetic: no I/O, no clock, no randomness; time-ordered input, `now` as an argument.

pub mod cost;
pub mod forecast;
pub mod grid;
pub mod healing;
pub mod health;
pub mod normal;
pub mod pattern_changes;
pub mod patterns;
pub mod percentile;
pub mod retention;
pub mod sketch;
pub mod stats;
pub mod system;
pub mod trend;
pub mod wilson;
