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

/// Rows as lines, their cells padded to columns.
#[must_use]
pub fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let length = |cell: &String| cell.chars().count();
    let widths: Vec<usize> =
        (0..N).map(|place| rows.iter().map(|row| length(&row[place])).max().unwrap_or(0)).collect();
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell}{}", " ".repeat(width - length(cell))));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// Whether a person is looking at standard error.
#[must_use]
pub fn watched() -> bool {
    io::stderr().is_terminal()
}

/// There is nobody left to tell when the terminal itself fails; the exit code still says what happened.
fn ended(_written: io::Result<()>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stand_below_each_other_whatever_their_letters() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(
            columns(&[row("agent", "state"), row("ä", "–"), row("longer", "")]),
            ["agent   state", "ä       –", "longer"]
        );
    }
}
