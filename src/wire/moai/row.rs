//! One row with the names of its columns, and its values read leniently.

use serde_json::{Map, Value};

use crate::model::cell::Cell;
use crate::model::{Json, id::ID_BYTES_MAX};
use crate::wire::lenient::{Haul, Kept, is_duration, keep_json, shown};
use crate::wire::native::COUNT_MAX;

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// The file, as records name their source.
    pub file: &'a str,
    /// The table.
    pub table: &'a str,
    /// Its columns.
    pub columns: &'a [String],
    /// The row's number, if it has one.
    pub number: Option<i64>,
    /// Its values, in the order of the columns.
    pub cells: &'a [Cell],
}

static NULL: Cell = Cell::Null;

impl<'a> Row<'a> {
    /// The value of a column; null when the table has none of that name.
    pub(super) fn get(&self, column: &str) -> &'a Cell {
        let index = self.columns.iter().position(|name| name == column);
        index.and_then(|index| self.cells.get(index)).unwrap_or(&NULL)
    }

    /// Whether the table has such a column.
    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|name| name == column)
    }

    /// `task_metrics row 12`.
    pub(super) fn place(&self) -> String {
        match self.number {
            Some(number) => format!("{} row {number}", self.table),
            None => self.table.to_owned(),
        }
    }

    /// The first of these columns that holds a whole number.
    pub(super) fn integer(&self, columns: &[&str]) -> Option<i64> {
        columns.iter().find_map(|column| if let Cell::Int(number) = self.get(column) { Some(*number) } else { None })
    }

    /// A column with JSON text in it.
    pub(super) fn json(&self, column: &'static str, haul: &mut Haul) -> Option<Json> {
        let text = match self.get(column) {
            Cell::Null => return None,
            Cell::Text(text) => text,
            other => &other.show(),
        };
        match keep_json(text) {
            Kept::Json(json) => Some(json),
            Kept::AsText(json) => {
                haul.odd("broken JSON, kept as text", self.place(), format!("{column} is {}", shown(text)));
                Some(json)
            }
            Kept::TooLong(bytes) => {
                haul.odd("JSON too long, left out", self.place(), format!("{column} has {bytes} bytes"));
                None
            }
        }
    }
}

/// Values that could not be read as what their columns are; they are kept beside the record.
#[derive(Debug, Default)]
pub(super) struct Aside(Map<String, Value>);

impl Aside {
    /// Milliseconds, not negative; a number written as text is read and reported.
    pub(super) fn duration(&mut self, row: &Row<'_>, column: &'static str, haul: &mut Haul) -> Option<f64> {
        let value = self.number(row, column, haul)?;
        if is_duration(value) {
            return Some(value);
        }
        haul.odd("duration out of bounds", row.place(), format!("{column} is {value}"));
        self.keep(row, column);
        None
    }

    /// A whole number, not negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "checked to lie far below 2^53")]
    pub(super) fn count(&mut self, row: &Row<'_>, column: &'static str, haul: &mut Haul) -> Option<i64> {
        let value = self.number(row, column, haul)?;
        if value.fract() == 0.0 && (0.0..=COUNT_MAX as f64).contains(&value) {
            return Some(value as i64);
        }
        haul.odd("count out of bounds", row.place(), format!("{column} is {value}"));
        self.keep(row, column);
        None
    }

    #[expect(clippy::cast_precision_loss, reason = "a measured value; 53 bits are what a double has")]
    fn number(&mut self, row: &Row<'_>, column: &'static str, haul: &mut Haul) -> Option<f64> {
        match row.get(column) {
            Cell::Null => None,
            Cell::Int(number) => Some(*number as f64),
            Cell::Real(number) if number.is_finite() => Some(*number),
            Cell::Text(text) if text.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                haul.odd("number written as text", row.place(), format!("{column} is {}", shown(text)));
                text.trim().parse().ok()
            }
            other => {
                haul.odd("no number, kept as text", row.place(), format!("{column} is {}", shown(&other.show())));
                self.keep(row, column);
                None
            }
        }
    }

    /// Keeps the value of `column` as it is.
    pub(super) fn keep(&mut self, row: &Row<'_>, column: &str) {
        let text: String = row.get(column).show().chars().take(ID_BYTES_MAX).collect();
        self.0.insert(column.to_owned(), Value::String(text));
    }

    /// `metadata`, or what was kept where there is none: a table without such a column has the room.
    pub(super) fn beside(self, metadata: Option<Json>) -> Option<Json> {
        if self.0.is_empty() || metadata.as_ref().is_some_and(|json| json.0.trim() != "{}") {
            return metadata;
        }
        let mut note = Map::new();
        note.insert("unreadable".to_owned(), Value::Object(self.0));
        Some(Json(Value::Object(note).to_string()))
    }
}
