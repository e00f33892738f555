//! `metrics_archive` of v2: a blob is a zlib stream of a JSON array of row objects, with all columns.

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use serde_json::{Map, Value};

use super::{Clock, Row, TableKind, read as read_row};
use crate::model::cell::Cell;
use crate::wire::lenient::{Haul, shown};

/// The largest archive that is unpacked; the program writes a thousand rows into one.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Reads the rows inside one row of `metrics_archive`.
pub fn read(row: &Row<'_>, clock: &Clock, haul: &mut Haul) {
    let rows = match unpack(row) {
        Ok(rows) => rows,
        Err(why) => return haul.odd("archive that cannot be unpacked", row.place(), why),
    };
    let table = row.get("metric_table").show();
    let said = row.integer(&["record_count"]);
    if said.is_some_and(|said| usize::try_from(said) != Ok(rows.len())) {
        let what = format!("record_count is {}, it holds {}", row.get("record_count").show(), rows.len());
        haul.odd("archive with another count", row.place(), what);
    }
    // The rows say which archive they lay in.
    let file = format!("{}#archive:{}", row.file, row.integer(&["id"]).or(row.number).unwrap_or(0));
    for entry in rows {
        let (columns, cells): (Vec<String>, Vec<Cell>) =
            entry.into_iter().map(|(name, value)| (name, cell(value))).unzip();
        let Some(kind) = TableKind::of(&table, &columns).filter(|kind| *kind != TableKind::Archive) else {
            haul.odd("archived row of an unknown table", row.place(), shown(&table));
            continue;
        };
        let place = format!("{} of {}", table, row.place());
        let inner = Row { file: &file, table: &place, columns: &columns, number: None, cells: &cells };
        read_row(kind, &inner, clock, haul);
    }
}

fn unpack(row: &Row<'_>) -> Result<Vec<Map<String, Value>>, String> {
    let Cell::Blob(packed) = row.get("compressed_data") else {
        return Err(format!("compressed_data is {}", shown(&row.get("compressed_data").show())));
    };
    let mut text = Vec::new();
    ZlibDecoder::new(packed.as_slice())
        .take(UNPACKED_BYTES_MAX + 1)
        .read_to_end(&mut text)
        .map_err(|error| format!("it does not inflate: {error}"))?;
    if text.len() as u64 > UNPACKED_BYTES_MAX {
        return Err(format!("it inflates to more than {} MB", UNPACKED_BYTES_MAX / 1_000_000));
    }
    serde_json::from_slice(&text).map_err(|error| format!("it is no JSON array of rows: {error}"))
}

fn cell(value: Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Int(flag.into()),
        Value::String(text) => Cell::Text(text),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Cell::Int(whole),
            None => Cell::Real(number.as_f64().unwrap_or(f64::NAN)),
        },
        nested @ (Value::Array(_) | Value::Object(_)) => Cell::Text(nested.to_string()),
    }
}
