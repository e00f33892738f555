//! One rollup table: cells by key, each with numbers and, where the table has one, a sketch.
//!
//! Cells are read once and then remembered, because a stream of records keeps meeting the same
//! hour. What is remembered is bounded ([`CELLS_REMEMBERED`]).

use std::collections::HashMap;

use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{Arguments as _, QueryBuilder, Row as _, Sqlite};

use super::statements::{CubeSql, WRITE_SIZES, Writes};
use crate::analytics::sketch::Sketch;
use crate::store::error::{StoreError, query};
use crate::store::table::Bound;

/// Most cells of one table that are remembered; beyond that, only those of the last batch are.
const CELLS_REMEMBERED: usize = 8192;
/// Most keys of one read statement.
const KEYS_A_STATEMENT: usize = 200;

/// What a cell sums up, apart from its sketch.
pub(in crate::store) trait Numbers: Clone + Default + Send + Sync + 'static {
    /// Its columns.
    const COLUMNS: &'static str;
    /// Adds its values, in the order of the columns.
    ///
    /// # Errors
    /// When the driver cannot represent a value.
    fn bind(&self, values: &mut SqliteArguments) -> Bound;
    /// Reads it from the columns from `at` on.
    ///
    /// # Errors
    /// [`sqlx::Error`] when a column holds something else.
    fn read(row: &SqliteRow, at: usize) -> Result<Self, sqlx::Error>;
    /// Adds everything `other` has seen.
    fn merge(&mut self, other: &Self);
}

/// Numbers and sketch of one key.
#[derive(Debug, Clone, Default)]
pub(in crate::store) struct Cell<N> {
    pub numbers: N,
    pub sketch: Sketch,
}

impl<N: Numbers> Cell<N> {
    /// Adds everything `other` has seen.
    pub(in crate::store) fn merge(&mut self, other: &Self) {
        self.numbers.merge(&other.numbers);
        self.sketch.merge(&other.sketch);
    }
}

/// Cells by key.
pub(in crate::store) type Cells<const K: usize, N> = HashMap<[i64; K], Cell<N>>;

/// `cells` by key: floats added up in another order differ in their last bits, and the order of a hash map is
/// another one in every process.
pub(in crate::store) fn ordered<const K: usize, N>(cells: &Cells<K, N>) -> Vec<(&[i64; K], &Cell<N>)> {
    let mut all: Vec<_> = cells.iter().collect();
    all.sort_unstable_by_key(|(key, _)| *key);
    all
}

/// A rollup table and the cells of it that are remembered.
#[derive(Debug)]
pub(in crate::store) struct Cube<const K: usize, N> {
    sql: &'static CubeSql,
    cells: HashMap<[i64; K], Remembered<N>>,
    batch: u64,
}

#[derive(Debug)]
struct Remembered<N> {
    cell: Cell<N>,
    batch: u64,
}

impl<const K: usize, N: Numbers> Cube<K, N> {
    pub(in crate::store) fn new(sql: &'static CubeSql) -> Self {
        Self { sql, cells: HashMap::new(), batch: 0 }
    }

    /// Merges `more` into the stored cells.
    ///
    /// # Errors
    /// [`StoreError`]; then what is remembered may be wrong and must be dropped.
    pub(in crate::store) async fn merge(
        &mut self,
        connection: &mut SqliteConnection,
        more: &Cells<K, N>,
    ) -> Result<(), StoreError> {
        if more.is_empty() {
            return Ok(());
        }
        self.batch += 1;
        let unknown: Vec<[i64; K]> = more.keys().filter(|key| !self.cells.contains_key(*key)).copied().collect();
        for keys in unknown.chunks(KEYS_A_STATEMENT) {
            for (key, cell) in self.read(connection, keys).await? {
                self.cells.insert(key, Remembered { cell, batch: 0 });
            }
        }
        let mut keys: Vec<[i64; K]> = Vec::with_capacity(more.len());
        for (key, cell) in more {
            let known = self.cells.entry(*key).or_insert_with(|| Remembered { cell: Cell::default(), batch: 0 });
            known.cell.merge(cell);
            known.batch = self.batch;
            keys.push(*key);
        }
        keys.sort_unstable(); // in the order of the tree
        self.write(connection, &keys).await?;
        if self.cells.len() > CELLS_REMEMBERED {
            self.cells.retain(|_, known| known.batch == self.batch);
        }
        Ok(())
    }

    /// Takes every cell of `tier` with a bucket in `from..until` away. For tables whose key starts
    /// with tier and bucket.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn clear(
        &mut self,
        connection: &mut SqliteConnection,
        tier: i64,
        from: i64,
        until: i64,
    ) -> Result<(), StoreError> {
        for statement in &self.sql.clears {
            sqlx::query(statement.clone())
                .bind(tier)
                .bind(from)
                .bind(until)
                .execute(&mut *connection)
                .await
                .map_err(query("take rollups away"))?;
        }
        self.cells.retain(|key, _| !(key[0] == tier && (from..until).contains(&key[1])));
        Ok(())
    }

    /// The stored cells of `tier` with a bucket in `from..until`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::store) async fn span(
        &self,
        connection: &mut SqliteConnection,
        tier: i64,
        from: i64,
        until: i64,
    ) -> Result<Vec<([i64; K], Cell<N>)>, StoreError> {
        let mut select = QueryBuilder::<Sqlite>::new(&self.sql.select);
        select.push(" where r.tier = ").push_bind(tier);
        select.push(" and r.bucket >= ").push_bind(from);
        select.push(" and r.bucket < ").push_bind(until);
        self.fetch(connection, select).await
    }

    /// Writes `cells` in the place of what was stored under their keys.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::store) async fn replace(
        &mut self,
        connection: &mut SqliteConnection,
        cells: Cells<K, N>,
    ) -> Result<(), StoreError> {
        let mut keys: Vec<[i64; K]> = cells.keys().copied().collect();
        keys.sort_unstable();
        for (key, cell) in cells {
            self.cells.insert(key, Remembered { cell, batch: self.batch });
        }
        self.write(connection, &keys).await
    }

    /// Forgets the cell of `key`.
    pub(in crate::store) fn forget(&mut self, key: &[i64; K]) {
        self.cells.remove(key);
    }

    /// The stored cells of `keys`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::store) async fn read(
        &self,
        connection: &mut SqliteConnection,
        keys: &[[i64; K]],
    ) -> Result<Vec<([i64; K], Cell<N>)>, StoreError> {
        let mut select = QueryBuilder::<Sqlite>::new(self.sql.select_by_keys());
        select.push_values(keys, |mut row, key| {
            for part in key {
                row.push_bind(*part);
            }
        });
        select.push(")");
        self.fetch(connection, select).await
    }

    async fn fetch(
        &self,
        connection: &mut SqliteConnection,
        mut select: QueryBuilder<Sqlite>,
    ) -> Result<Vec<([i64; K], Cell<N>)>, StoreError> {
        let rows = select.build().persistent(false).fetch_all(connection).await.map_err(query("read rollups"))?;
        rows.iter().map(read_cell).collect()
    }

    async fn write(&self, connection: &mut SqliteConnection, keys: &[[i64; K]]) -> Result<(), StoreError> {
        let cell = |key: &[i64; K]| self.cells.get(key).map(|known| &known.cell);
        write_rows(connection, &self.sql.writes, keys, |key, values| {
            cell(key).map_or(Ok(()), |cell| cell.numbers.bind(values))
        })
        .await?;
        let Some(statements) = &self.sql.sketch_writes else { return Ok(()) };
        let sketched: Vec<[i64; K]> =
            keys.iter().filter(|key| cell(key).is_some_and(|cell| cell.sketch.count() > 0)).copied().collect();
        write_rows(connection, statements, &sketched, |key, values| {
            cell(key).map_or(Ok(()), |cell| values.add(cell.sketch.encode()))
        })
        .await
    }
}

/// Writes one row for each of `keys`, whose values after the key `bind` adds.
async fn write_rows<const K: usize>(
    connection: &mut SqliteConnection,
    statements: &Writes,
    keys: &[[i64; K]],
    bind: impl Fn(&[i64; K], &mut SqliteArguments) -> Bound,
) -> Result<(), StoreError> {
    let most = WRITE_SIZES[WRITE_SIZES.len() - 1];
    for keys in keys.chunks(most) {
        let sizes = WRITE_SIZES.into_iter().zip(statements);
        let Some((size, statement)) = sizes.into_iter().find(|(size, _)| *size >= keys.len()) else { continue };
        let mut values = SqliteArguments::default();
        for key in keys.iter().chain(std::iter::repeat(&keys[keys.len() - 1])).take(size) {
            let bound = key.iter().try_for_each(|part| values.add(*part)).and_then(|()| bind(key, &mut values));
            bound.map_err(|error| query("hand a rollup to SQLite")(sqlx::Error::Encode(error)))?;
        }
        let write = sqlx::query_with(statement.clone(), values);
        write.execute(&mut *connection).await.map_err(query("write rollups"))?;
    }
    Ok(())
}

/// Reads a row of keys, numbers and sketch.
fn read_cell<const K: usize, N: Numbers>(row: &SqliteRow) -> Result<([i64; K], Cell<N>), StoreError> {
    let read = || -> Result<_, sqlx::Error> {
        let mut key = [0; K];
        for (place, part) in key.iter_mut().enumerate() {
            *part = row.try_get(place)?;
        }
        let sketch: Option<Vec<u8>> = row.try_get(row.len() - 1)?;
        Ok((key, N::read(row, K)?, sketch))
    };
    let (key, numbers, bytes) = read().map_err(query("read a rollup"))?;
    let sketch = match bytes {
        Some(bytes) => Sketch::decode(&bytes)
            .map_err(|error| StoreError::Damaged { what: format!("a sketch cannot be read: {error}") })?,
        None => Sketch::default(),
    };
    Ok((key, Cell { numbers, sketch }))
}
