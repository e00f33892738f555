//! The terminal: the only place that prints.
//!
//! A pipe whose reader has gone (`swarmscope summary | head`) ends the output quietly.

use std::io::{self, IsTerminal, Write};

/// Writes a line to standard output.
pub fn out(line: &str) {
    ended(writeln!(io::stdout().lock(), "{line}"));
}

/// Writes a line to standard error.
pub fn err(line: &str) {
    ended(writeln!(io::stderr().lock(), "{line}"));
}

/// Replaces the current line of standard error, if a person is looking at it.
pub fn progress(line: &str) {
    if watched() {
        let mut stderr = io::stderr().lock();
        ended(write!(stderr, "\r\x1b[K{line}").and_then(|()| stderr.flush()));
    }
}

/// Ends what [`progress`] wrote.
pub fn progress_done() {
    progress("");
}

/// Whether a person is looking at standard error.
#[must_use]
pub fn watched() -> bool {
    io::stderr().is_terminal()
}

/// There is nobody left to tell when the terminal itself fails; the exit code still says what happened.
fn ended(_written: io::Result<()>) {}
