//! Bytes ⇄ records, one format a file. Nothing here reads files, sockets or the clock.
//!
//! Leaving the store, records take one of three ways, by what a format asks of their order:
//!
//! - [`Flat`]: record by record, oldest first ([`csv`], [`json`], [`ndjson`]);
//! - [`Grouped`]: what belongs together stands together, so the pieces of all records are sorted
//!   first ([`openmetrics`], [`grafana`], [`nested`]);
//! - a fold: one value a series ([`prometheus`]).
//!
//! Not here: fetching, sorting, compressing and sending, which is `service::export`.

pub mod claude_code;
pub mod claude_flow;
pub mod csv;
pub mod exposition;
mod fields;
pub mod figures;
pub mod grafana;
pub mod healing;
pub mod json;
pub mod lenient;
mod measure;
pub mod moai;
pub mod native;
pub mod ndjson;
pub mod nested;
pub mod notify;
pub mod openmetrics;
pub mod otlp;
pub mod patterns;
pub mod prometheus;
mod text;
pub mod trends;

use thiserror::Error;

use crate::model::Record;

/// Why a record could not be written in a format.
#[derive(Debug, Error)]
pub enum EncodeError {
    /// The CSV writer refused a row.
    #[error("could not write a CSV row")]
    Csv(#[from] ::csv::Error),
    /// A series has no name: the pieces did not come from this encoder.
    #[error("a sample belongs to no known series")]
    UnknownSeries,
}

/// A format that is written record by record, in the order in which records come.
pub trait Flat: Send {
    /// What stands before the first record.
    ///
    /// # Errors
    /// [`EncodeError`].
    fn begin(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// Appends some records.
    ///
    /// # Errors
    /// [`EncodeError`].
    fn records(&mut self, records: &mut dyn Iterator<Item = &Record>, out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// What stands after the last record.
    fn end(&mut self, out: &mut Vec<u8>);
}

/// The place of a piece in a [`Grouped`] document; pieces are written in ascending order.
pub type Place = [i64; 4];

/// A format in which what belongs together stands together. Records are first taken apart, then the
/// pieces come back sorted by [`Place`], those of equal place in the order in which they left.
/// Memory grows with the number of series, not with the number of records.
pub trait Grouped: Send {
    /// Takes `record` apart; `piece` gets each piece with its place. Records come oldest first.
    fn split(&mut self, record: &Record, piece: &mut dyn FnMut(Place, &[u8]));

    /// What stands before the first piece. Called after the last [`Self::split`].
    fn begin(&mut self, out: &mut Vec<u8>);

    /// Appends the next piece.
    ///
    /// # Errors
    /// [`EncodeError`].
    fn piece(&mut self, place: Place, piece: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError>;

    /// What stands after the last piece.
    ///
    /// # Errors
    /// [`EncodeError`].
    fn end(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError>;
}

/// What a format leaves out or adds; each switch means something to some formats only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Whether `metadata` is written (CSV, JSON, NDJSON).
    pub metadata: bool,
    /// Whether JSON is broken into lines and indented; metadata stays as it was written.
    pub pretty: bool,
    /// Whether CSV text that a spreadsheet would take for a formula gets a `'` in front.
    pub guard: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self { metadata: true, pretty: false, guard: true }
    }
}

#[cfg(test)]
mod samples;
