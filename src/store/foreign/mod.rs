//! Reading any SQLite file of another program, row by row, without ever writing to it or beside it.
//!
//! Names of tables and columns come from the file itself, so they are quoted; values come with the type
//! they have, whatever their column says. Not here: what the rows mean (`wire::moai`).

mod open;

use std::path::{Path, PathBuf};
use std::pin::Pin;

use futures::stream::{Stream, StreamExt as _};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Connection as _, Decode as _, Row as _, Sqlite, TypeInfo as _, ValueRef as _};
use thiserror::Error;

use super::error::{code, sqlite_code};
use crate::model::cell::Cell;

const SELECT_TABLES: &str = "select name, wr from pragma_table_list where schema = 'main' and type = 'table' \
                             and name not like 'sqlite_%' order by name";
const SELECT_COLUMNS: &str = "select name from pragma_table_info(?) order by cid";

/// Why a file cannot be read, or not further. The text does not repeat the file's name.
#[derive(Debug, Error)]
pub enum ForeignError {
    /// The system refuses it.
    #[error("cannot be opened: {0}")]
    Unreadable(#[from] std::io::Error),
    /// There is nothing in it.
    #[error("is empty")]
    Empty,
    /// It is something else.
    #[error("is no SQLite database")]
    NotADatabase,
    /// Its writer is at it.
    #[error("is locked by another program; end it or try again later")]
    Locked,
    /// It changed while it was copied.
    #[error("is being written at this moment; try again later")]
    Changing,
    /// SQLite finds it broken; a copy that was cut short looks like this.
    #[error("is damaged or was not copied to its end ({0})")]
    Damaged(String),
    /// Anything else SQLite said.
    #[error("cannot be read: {0}")]
    Other(String),
}

impl From<sqlx::Error> for ForeignError {
    fn from(error: sqlx::Error) -> Self {
        let said = error.as_database_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        match sqlite_code(&error).map(|found| found & 0xff) {
            Some(code::NOTADB) => Self::NotADatabase,
            Some(code::BUSY) => Self::Locked,
            Some(code::CORRUPT | code::IOERR) => Self::Damaged(said),
            _ => Self::Other(said),
        }
    }
}

/// A table of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignTable {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<String>,
    /// Rows in it; 0 when they cannot be counted.
    pub rows: u64,
    /// Whether its rows have a number of their own.
    numbered: bool,
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct ForeignRow {
    /// Its number in the table; `None` in a table without any.
    pub number: Option<i64>,
    /// Its values, in the order of [`ForeignTable::columns`].
    pub cells: Vec<Cell>,
}

/// An open file.
#[derive(Debug)]
pub struct ForeignFile {
    connection: SqliteConnection,
    /// Holds the copy that is read instead, where one was needed.
    _copy: Option<tempfile::TempDir>,
}

impl ForeignFile {
    /// Opens `path` for reading. A file whose latest rows lie in a log or journal beside it is read from
    /// a temporary copy, because SQLite would write while it looks at such files.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn open(path: &Path) -> Result<Self, ForeignError> {
        let (connection, copy) = open::open(path).await?;
        Ok(Self { connection, _copy: copy })
    }

    /// Its tables, by name.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn tables(&mut self) -> Result<Vec<ForeignTable>, ForeignError> {
        let names: Vec<(String, bool)> = sqlx::query_as(SELECT_TABLES).fetch_all(&mut self.connection).await?;
        let mut tables = Vec::with_capacity(names.len());
        for (name, without_number) in names {
            let columns: Vec<String> =
                sqlx::query_scalar(SELECT_COLUMNS).bind(&name).fetch_all(&mut self.connection).await?;
            let count = AssertSqlSafe(format!("select count(*) from {}", quoted(&name)));
            // A damaged table may still give some rows; only the progress needs their number.
            let rows: i64 = sqlx::query_scalar(count).fetch_one(&mut self.connection).await.unwrap_or(0);
            // A column of that name hides the number.
            let hidden = columns.iter().any(|column| column.eq_ignore_ascii_case("rowid"));
            let rows = u64::try_from(rows).unwrap_or(0);
            tables.push(ForeignTable { name, columns, rows, numbered: !without_number && !hidden });
        }
        Ok(tables)
    }

    /// The rows of `table`, in the order in which they lie.
    pub fn rows<'a>(&'a mut self, table: &'a ForeignTable) -> ForeignRows<'a> {
        let number = if table.numbered { "rowid" } else { "null" };
        let columns: Vec<String> = table.columns.iter().map(|column| quoted(column)).collect();
        let sql = format!("select {number}, {} from {}", columns.join(", "), quoted(&table.name));
        ForeignRows { stream: sqlx::query(AssertSqlSafe(sql)).fetch(&mut self.connection) }
    }

    /// Closes it and removes the copy.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn close(self) -> Result<(), ForeignError> {
        Ok(self.connection.close().await?)
    }
}

/// Rows that are being read.
pub struct ForeignRows<'a> {
    stream: Pin<Box<dyn Stream<Item = Result<SqliteRow, sqlx::Error>> + Send + 'a>>,
}

impl std::fmt::Debug for ForeignRows<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForeignRows").finish_non_exhaustive()
    }
}

impl ForeignRows<'_> {
    /// The next rows, at most `most`; none at the end. When reading fails on the way, what was read comes
    /// first and the failure next.
    ///
    /// # Errors
    /// [`ForeignError`].
    pub async fn next(&mut self, most: usize) -> Result<Vec<ForeignRow>, (Vec<ForeignRow>, ForeignError)> {
        let mut rows = Vec::with_capacity(most);
        while rows.len() < most {
            match self.stream.next().await {
                None => break,
                Some(row) => match row.and_then(|row| read(&row)) {
                    Ok(row) => rows.push(row),
                    Err(error) => return Err((rows, error.into())),
                },
            }
        }
        Ok(rows)
    }
}

fn read(row: &SqliteRow) -> Result<ForeignRow, sqlx::Error> {
    let number = match cell(row, 0)? {
        Cell::Int(number) => Some(number),
        _ => None,
    };
    let cells = (1..row.len()).map(|index| cell(row, index)).collect::<Result<_, _>>()?;
    Ok(ForeignRow { number, cells })
}

fn cell(row: &SqliteRow, index: usize) -> Result<Cell, sqlx::Error> {
    let raw = row.try_get_raw(index)?;
    if raw.is_null() {
        return Ok(Cell::Null);
    }
    let kind = raw.type_info().into_owned();
    let decoded = match kind.name() {
        "INTEGER" => <i64 as sqlx::Decode<'_, Sqlite>>::decode(raw).map(Cell::Int),
        "REAL" => f64::decode(raw).map(Cell::Real),
        "BLOB" => Vec::<u8>::decode(raw).map(Cell::Blob),
        _ => <&[u8] as sqlx::Decode<'_, Sqlite>>::decode(raw)
            .map(|bytes| Cell::Text(String::from_utf8_lossy(bytes).into_owned())),
    };
    decoded.map_err(sqlx::Error::Decode)
}

/// A name as SQL takes it, whatever it holds.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The files SQLite keeps beside one: the log and the journal.
fn beside(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-journal"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

#[cfg(test)]
mod tests;
