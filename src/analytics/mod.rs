//! Pure arithmetic: no I/O, no clock, no randomness; time-ordered input, `now` as an argument.
