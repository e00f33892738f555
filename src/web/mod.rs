//! The dashboard, for both sides.
