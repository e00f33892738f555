//! The statements of a rollup table, put together once from its name, keys and columns.

use sqlx::SqlStr;

use super::cube::Numbers;
use crate::store::table::sql;

/// Cells of one write statement. The rest that fills none is written by the smallest that holds it, its last
/// cell several times: that changes nothing, and costs less than another statement.
pub(super) const WRITE_SIZES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

/// One statement for each of [`WRITE_SIZES`].
pub(super) type Writes = [SqlStr; WRITE_SIZES.len()];

/// The statements of a rollup table.
#[derive(Debug)]
pub(in crate::store) struct CubeSql {
    keys: &'static str,
    /// `select` keys, numbers and sketch `from` …, without a condition. The table goes by `r`.
    pub(super) select: String,
    /// Write cells.
    pub(super) writes: Writes,
    /// The same for the sketches, where the table has some.
    pub(super) sketch_writes: Option<Writes>,
    /// Takes the cells of a tier and a span of buckets away.
    pub(super) clears: Vec<SqlStr>,
}

impl CubeSql {
    /// Of `table` with `keys`, and of the table and column its sketches lie in.
    pub(in crate::store) fn new<N: Numbers>(
        table: &'static str,
        keys: &'static str,
        sketch: Option<(&'static str, &'static str)>,
    ) -> Self {
        let columns = N::COLUMNS;
        let qualified = keys.split(", ").map(|key| format!("r.{key}")).collect::<Vec<_>>().join(", ");
        let select = match sketch {
            Some((sketches, column)) => format!(
                "select {qualified}, {columns}, s.{column} from {table} r left join {sketches} s using ({keys})"
            ),
            None => format!("select {qualified}, {columns}, null from {table} r"),
        };
        let write = |table: &str, columns: &str| {
            let places = vec!["?"; columns.split(',').count()].join(",");
            WRITE_SIZES.map(|size| {
                let rows = vec![format!("({places})"); size].join(",");
                sql(format!("replace into {table} ({columns}) values {rows}"))
            })
        };
        let clear = |table| sql(format!("delete from {table} where tier = ? and bucket >= ? and bucket < ?"));
        Self {
            keys,
            select,
            writes: write(table, &format!("{keys}, {columns}")),
            sketch_writes: sketch.map(|(sketches, column)| write(sketches, &format!("{keys}, {column}"))),
            clears: std::iter::once(table).chain(sketch.map(|(sketches, _)| sketches)).map(clear).collect(),
        }
    }
}

impl CubeSql {
    /// The select of cells by key, up to the list of values.
    pub(in crate::store) fn select_by_keys(&self) -> String {
        let qualified = self.keys.split(", ").map(|key| format!("r.{key}")).collect::<Vec<_>>().join(", ");
        format!("{} where ({qualified}) in (", self.select)
    }
}
