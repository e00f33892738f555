//! The tables `chunk` and `chunk_data`: packing rows into a chunk, and reading from one only the columns
//! that are asked for.

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{FromRow, Row as _, SqlStr};

use super::super::error::{StoreError, query};
use super::codec::{Build, Damage, Packer, Unpacker, Values, block};
use super::filter::{self, Probe};
use super::rows::{GetRow, PutRow, Sealed, Stats};
use crate::model::time::DAY;
use crate::model::{Dataset, Micros};

const INSERT: &str = "insert into chunk (dataset, day, rows, first_ts, first_row, last_ts, last_row, low_row, \
    high_row, failures, others, timed, duration_max, bytes) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
    returning id";
const INSERT_DATA: &str = "insert into chunk_data (chunk, filter, narrow, wide) values (?, ?, ?, ?)";
const DELETE: &str = "delete from chunk where id = ?";
const DELETE_DATA: &str = "delete from chunk_data where chunk = ?";
const SELECT_OF_DAY: &str = "select id, rows, bytes from chunk where dataset = ?1 and first_ts >= ?2 \
    and first_ts < ?3 order by first_ts limit ?4";
const SELECT_FILTER: &str = "select filter from chunk_data where chunk = ?";
const SELECT_NARROW: &str = "select narrow from chunk_data where chunk = ?";
const SELECT_WIDE: &str = "select wide from chunk_data where chunk = ?";

/// The select of the heads of a dataset `?1` that fit the rest of the statement.
macro_rules! select_heads {
    ($rest:literal) => {
        concat!(
            "select id, rows, first_ts, first_row, last_ts, last_row, failures, others, timed, duration_max \
             from chunk where dataset = ?1 and ",
            $rest
        )
    };
}
pub(super) use select_heads;

/// A time and a row id: the order in which rows lie.
pub(in crate::store) type Place = (i64, i64);

/// What is known of a chunk without opening it, as [`select_heads`] reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::store) struct Head {
    pub id: i64,
    pub rows: usize,
    pub first: Place,
    pub last: Place,
    pub stats: Stats,
}

impl FromRow<'_, SqliteRow> for Head {
    fn from_row(row: &SqliteRow) -> Result<Self, sqlx::Error> {
        let rows: i64 = row.try_get(1)?;
        Ok(Self {
            id: row.try_get(0)?,
            rows: usize::try_from(rows).map_err(|error| sqlx::Error::Decode(Box::new(error)))?,
            first: (row.try_get(2)?, row.try_get(3)?),
            last: (row.try_get(4)?, row.try_get(5)?),
            stats: Stats {
                failures: row.try_get(6)?,
                others: row.try_get(7)?,
                timed: row.try_get(8)?,
                duration_max: row.try_get(9)?,
            },
        })
    }
}

/// Which columns of a chunk are asked for, by their places.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::store) struct Wanted(u32);

impl Wanted {
    pub(in crate::store) const ALL: Self = Self(u32::MAX);

    pub(in crate::store) const fn columns(places: &[usize]) -> Self {
        let mut bits = 0;
        let mut index = 0;
        while index < places.len() {
            bits |= 1 << places[index];
            index += 1;
        }
        Self(bits)
    }

    /// These and those.
    pub(in crate::store) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, place: usize) -> bool {
        self.0 >> place & 1 == 1
    }
}

/// A chunk that is ready to be stored.
#[derive(Debug)]
pub(super) struct Packed {
    dataset: &'static str,
    rows: i64,
    first: Place,
    last: Place,
    low_row: i64,
    high_row: i64,
    stats: Stats,
    filter: Vec<u8>,
    narrow: Vec<u8>,
    wide: Vec<u8>,
}

/// Packs `rows`, which must be in the order (time, row id) and not be empty.
///
/// # Errors
/// [`StoreError::Damaged`] when zstd refuses to work or the rows do not fill their columns.
pub(super) fn pack<T: Sealed>(rows: &[(i64, T)], level: i32) -> Result<Packed, StoreError> {
    let failed = |what: String| StoreError::Damaged { what: format!("{} cannot be sealed: {what}", T::sql().name) };
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Err(failed("no rows".into())) };
    let mut columns: Vec<Build> = T::COLUMNS.iter().map(|column| Build::new(column.kind)).collect();
    let mut probes = Vec::new();
    let mut stats = Stats::default();
    for (_, row) in rows {
        row.put(&mut PutRow::new::<T>(&mut columns, &mut probes));
        row.count(&mut stats);
    }
    if columns.iter().any(|column| column.len() != rows.len()) {
        return Err(failed("a value is of the wrong kind".into()));
    }
    let ids = Build::Ints(rows.iter().map(|(id, _)| Some(*id)).collect());
    let of = |wide: bool| {
        let columns = T::COLUMNS.iter().zip(&columns).filter(move |(column, _)| column.is_wide() == wide);
        columns.map(|(_, build)| build)
    };
    let mut packer = Packer::new(level).map_err(|error| failed(error.to_string()))?;
    let narrow = block::write(std::iter::once(&ids).chain(of(false)), &mut packer);
    let wide = block::write(of(true), &mut packer);
    Ok(Packed {
        dataset: T::DATASET.as_str(),
        rows: i64::try_from(rows.len()).map_err(|error| failed(error.to_string()))?,
        first: (first.1.time(), first.0),
        last: (last.1.time(), last.0),
        low_row: rows.iter().map(|(id, _)| *id).min().unwrap_or(first.0),
        high_row: rows.iter().map(|(id, _)| *id).max().unwrap_or(first.0),
        stats,
        filter: filter::build(probes),
        narrow: narrow.map_err(|error| failed(error.to_string()))?,
        wide: wide.map_err(|error| failed(error.to_string()))?,
    })
}

impl Packed {
    /// How many bytes its blobs take.
    pub(super) fn bytes(&self) -> u64 {
        (self.filter.len() + self.narrow.len() + self.wide.len()) as u64
    }

    /// Stores it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(super) async fn store(&self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let id: i64 = sqlx::query_scalar(INSERT)
            .bind(self.dataset)
            .bind(self.first.0.div_euclid(DAY) * DAY)
            .bind(self.rows)
            .bind(self.first.0)
            .bind(self.first.1)
            .bind(self.last.0)
            .bind(self.last.1)
            .bind(self.low_row)
            .bind(self.high_row)
            .bind(self.stats.failures)
            .bind(self.stats.others)
            .bind(self.stats.timed)
            .bind(self.stats.duration_max)
            .bind(self.bytes().cast_signed())
            .fetch_one(&mut *connection)
            .await
            .map_err(query("store a sealed chunk"))?;
        let data = sqlx::query(INSERT_DATA).bind(id).bind(&self.filter).bind(&self.narrow).bind(&self.wide);
        data.execute(connection).await.map_err(query("store a sealed chunk"))?;
        Ok(())
    }
}

/// Takes a chunk away.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn delete(connection: &mut SqliteConnection, id: i64) -> Result<(), StoreError> {
    for statement in [DELETE, DELETE_DATA] {
        sqlx::query(statement).bind(id).execute(&mut *connection).await.map_err(query("delete a sealed chunk"))?;
    }
    Ok(())
}

/// Takes at most `limit` chunks of a day away; returns their rows and bytes, one entry a chunk.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn delete_of_day(
    connection: &mut SqliteConnection,
    dataset: Dataset,
    day: Micros,
    limit: u32,
) -> Result<Vec<(u64, u64)>, StoreError> {
    let found: Vec<(i64, i64, i64)> = sqlx::query_as(SELECT_OF_DAY)
        .bind(dataset.as_str())
        .bind(day.0)
        .bind(day.0 + DAY)
        .bind(limit)
        .fetch_all(&mut *connection)
        .await
        .map_err(query("find sealed chunks"))?;
    for (id, _, _) in &found {
        delete(connection, *id).await?;
    }
    Ok(found.into_iter().map(|(_, rows, bytes)| (rows.unsigned_abs(), bytes.unsigned_abs())).collect())
}

/// Whether the chunk may hold all of `probes`.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn may_hold(connection: &mut SqliteConnection, id: i64, probes: &[Probe]) -> Result<bool, StoreError> {
    if probes.is_empty() {
        return Ok(true);
    }
    let filter: Vec<u8> = blob(connection, SELECT_FILTER, id).await?;
    Ok(probes.iter().all(|probe| filter::may_hold(&filter, *probe)))
}

/// The filter of a chunk.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn filter(connection: &mut SqliteConnection, id: i64) -> Result<Vec<u8>, StoreError> {
    blob(connection, SELECT_FILTER, id).await
}

async fn blob(connection: &mut SqliteConnection, select: &'static str, id: i64) -> Result<Vec<u8>, StoreError> {
    let found: Option<Vec<u8>> = sqlx::query_scalar(SqlStr::from_static(select))
        .bind(id)
        .fetch_optional(connection)
        .await
        .map_err(query("read a sealed chunk"))?;
    found.ok_or_else(|| damaged(id, Damage("its data is missing")))
}

/// The failure that names the chunk.
pub(super) fn damaged(id: i64, damage: Damage) -> StoreError {
    StoreError::Damaged { what: format!("sealed chunk {id}: {}", damage.0) }
}

/// A chunk that is being read.
#[derive(Debug)]
pub(in crate::store) struct Chunk {
    pub head: Head,
    ids: Option<Values>,
    columns: Vec<Option<Values>>,
    unpacker: Unpacker,
}

impl Chunk {
    /// One of which nothing has been read yet.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when zstd refuses to work.
    pub(super) fn new<T: Sealed>(head: Head) -> Result<Self, StoreError> {
        let unpacker = Unpacker::new().map_err(|_| damaged(head.id, Damage("zstd has no memory to read it")))?;
        Ok(Self { head, ids: None, columns: T::COLUMNS.iter().map(|_| None).collect(), unpacker })
    }

    /// Reads the row ids, and those of the `wanted` columns that are not read yet.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the chunk, or [`StoreError::Query`].
    pub(super) async fn read<T: Sealed>(
        &mut self,
        connection: &mut SqliteConnection,
        wanted: Wanted,
    ) -> Result<(), StoreError> {
        for (wide, select) in [(false, SELECT_NARROW), (true, SELECT_WIDE)] {
            let columns = T::COLUMNS.iter().enumerate().filter(|(_, column)| column.is_wide() == wide);
            let columns: Vec<usize> = columns.map(|(place, _)| place).collect();
            let lacks = |place: &usize| wanted.has(*place) && self.columns[*place].is_none();
            if !columns.iter().any(lacks) && (wide || self.ids.is_some()) {
                continue;
            }
            let blob = blob(connection, select, self.head.id).await?;
            self.unpack::<T>(&blob, !wide, &columns, wanted).map_err(|damage| damaged(self.head.id, damage))?;
        }
        Ok(())
    }

    fn unpack<T: Sealed>(
        &mut self,
        blob: &[u8],
        with_ids: bool,
        places: &[usize],
        wanted: Wanted,
    ) -> Result<(), Damage> {
        let rows = self.head.rows;
        let mut parts = block::read(blob, places.len() + usize::from(with_ids))?.into_iter();
        if let Some(ids) = if with_ids { parts.next() } else { None } {
            self.ids = Some(Values::decode(ids, super::codec::column::Kind::Int, rows, &mut self.unpacker)?);
        }
        for (place, part) in places.iter().zip(parts) {
            if wanted.has(*place) && self.columns[*place].is_none() {
                self.columns[*place] = Some(Values::decode(part, T::COLUMNS[*place].kind, rows, &mut self.unpacker)?);
            }
        }
        Ok(())
    }

    /// A column that was asked for.
    fn column(&self, place: usize) -> Option<&Values> {
        self.columns.get(place)?.as_ref()
    }

    /// The number in a row; `None` for null. The column must have been read.
    pub(in crate::store) fn int(&self, place: usize, row: usize) -> Option<i64> {
        self.column(place)?.int(row)
    }

    /// As [`Self::int`].
    pub(in crate::store) fn real(&self, place: usize, row: usize) -> Option<f64> {
        self.column(place)?.real(row)
    }

    /// As [`Self::int`].
    pub(in crate::store) fn text(&self, place: usize, row: usize) -> Option<&str> {
        self.column(place)?.text(row)
    }

    /// As [`Self::int`].
    pub(in crate::store) fn id(&self, place: usize, row: usize) -> Option<&super::super::key::TextId> {
        self.column(place)?.id(row)
    }

    /// Whether a row holds nothing. The column must have been read.
    pub(in crate::store) fn is_null(&self, place: usize, row: usize) -> bool {
        self.column(place).is_none_or(|column| column.is_null(row))
    }

    /// Time and row id of a row. Ids and the first column must have been read.
    pub(in crate::store) fn place(&self, row: usize) -> Option<Place> {
        Some((self.int(0, row)?, self.ids.as_ref()?.int(row)?))
    }

    /// The row id and the row. All columns must have been read.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] naming the chunk.
    pub(in crate::store) fn row<T: Sealed>(&self, row: usize) -> Result<(i64, T), StoreError> {
        let id = self.ids.as_ref().and_then(|ids| ids.int(row));
        let id = id.ok_or_else(|| damaged(self.head.id, Damage("a row has no id")))?;
        let found = T::get(&mut GetRow::new(&self.columns, row)).map_err(|damage| damaged(self.head.id, damage))?;
        Ok((id, found))
    }
}
