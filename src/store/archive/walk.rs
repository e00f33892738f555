//! Through the sealed rows of a range in the order of time, oldest or newest first, chunk by chunk.
//! What a filter does not ask for is neither opened nor made into a row.

use std::collections::VecDeque;
use std::marker::PhantomData;

use sqlx::sqlite::SqliteConnection;

use super::super::error::{StoreError, query};
use super::super::key::TextId;
use super::chunk::{self, Chunk, Head, Place, Wanted, select_heads};
use super::filter::Probe;
use super::rows::Sealed;
use crate::model::{Order, TimeRange};

/// Heads that are read at once.
const HEADS_A_STATEMENT: i64 = 16;

/// Where the chunk that holds `?2` may start; those before it have ended by then.
const SELECT_START: &str = "select first_ts from chunk where dataset = ?1 and first_ts < ?2 \
    order by first_ts desc limit 1";
const SELECT_UP: &str = select_heads!("(first_ts, first_row) > (?2, ?3) order by first_ts, first_row limit ?4");
const SELECT_DOWN: &str = select_heads!(
    "(first_ts, first_row) < (?2, ?3) \
    order by first_ts desc, first_row desc limit ?4"
);

#[cfg(test)]
pub(super) const STATEMENTS: [&str; 3] = [SELECT_START, SELECT_UP, SELECT_DOWN];

/// The chunks whose row ids lie around one.
const SELECT_AROUND: &str = select_heads!("?2 between low_row and high_row");

/// What a sealed row must be like.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) enum Test {
    /// The column holds this number.
    Is(usize, i64),
    /// … one of these.
    OneOf(usize, &'static [i64]),
    /// … nothing, or a number above this.
    NoneOrAbove(usize, i64),
    /// … nothing.
    Null(usize),
    /// … something.
    Some(usize),
    /// … this id.
    Id(usize, TextId),
    /// … this text.
    Text(usize, String),
}

impl Test {
    const fn column(&self) -> usize {
        match self {
            Self::Is(column, _)
            | Self::OneOf(column, _)
            | Self::NoneOrAbove(column, _)
            | Self::Null(column)
            | Self::Some(column)
            | Self::Id(column, _)
            | Self::Text(column, _) => *column,
        }
    }

    fn passes(&self, chunk: &Chunk, row: usize) -> bool {
        match self {
            Self::Is(column, number) => chunk.int(*column, row) == Some(*number),
            Self::OneOf(column, numbers) => chunk.int(*column, row).is_some_and(|number| numbers.contains(&number)),
            Self::NoneOrAbove(column, least) => chunk.int(*column, row).is_none_or(|number| number > *least),
            Self::Null(column) => chunk.is_null(*column, row),
            Self::Some(column) => !chunk.is_null(*column, row),
            Self::Id(column, id) => chunk.id(*column, row) == Some(id),
            Self::Text(column, text) => chunk.text(*column, row) == Some(text),
        }
    }

    /// What the filter of a chunk must hold for a row to pass.
    fn probe<T: Sealed>(&self) -> Option<Probe> {
        T::COLUMNS.get(self.column()).filter(|column| column.filtered)?;
        match self {
            Self::Is(column, number) => Some(Probe::int(*column, *number)),
            Self::Id(column, id) => Some(Probe::id(*column, id)),
            Self::Text(column, text) => Some(Probe::text(*column, text)),
            Self::OneOf(..) | Self::NoneOrAbove(..) | Self::Null(_) | Self::Some(_) => None,
        }
    }
}

/// Sealed rows of one chunk that passed, in the order of the walk.
#[derive(Debug)]
pub(in crate::store) struct Found {
    pub chunk: Chunk,
    pub rows: Vec<usize>,
}

impl Found {
    /// Reads all columns and makes rows of at most `limit` of those that passed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::store) async fn into_rows<T: Sealed>(
        mut self,
        connection: &mut SqliteConnection,
        limit: usize,
    ) -> Result<Vec<(i64, T)>, StoreError> {
        self.chunk.read::<T>(connection, Wanted::ALL).await?;
        self.rows.iter().take(limit).map(|row| self.chunk.row(*row)).collect()
    }
}

/// A walk; ask [`Walk::next`] until it is `None`.
#[derive(Debug)]
pub(in crate::store) struct Walk<T> {
    range: TimeRange,
    order: Order,
    after: Option<Place>,
    tests: Vec<Test>,
    probes: Vec<Probe>,
    wanted: Wanted,
    passes: fn(&Head) -> bool,
    /// The first place of the chunk that was read last, or where to begin.
    at: Option<Place>,
    heads: VecDeque<Head>,
    ended: bool,
    of: PhantomData<T>,
}

impl<T: Sealed> Walk<T> {
    /// Through the rows of `range` that pass all of `tests`. Nothing is read yet.
    pub(in crate::store) fn new(range: TimeRange, order: Order, tests: Vec<Test>) -> Self {
        let probes = tests.iter().filter_map(Test::probe::<T>).collect();
        Self {
            range,
            order,
            after: None,
            tests,
            probes,
            wanted: Wanted::default(),
            passes: |_| true,
            at: None,
            heads: VecDeque::new(),
            ended: false,
            of: PhantomData,
        }
    }

    /// Only rows that come after this place in the order of the walk.
    pub(in crate::store) fn after(self, after: Option<Place>) -> Self {
        Self { after, ..self }
    }

    /// Columns that are read of every chunk in which a row passes.
    pub(in crate::store) fn with(self, wanted: Wanted) -> Self {
        Self { wanted, ..self }
    }

    /// Only chunks whose head passes.
    pub(in crate::store) fn where_head(self, passes: fn(&Head) -> bool) -> Self {
        Self { passes, ..self }
    }

    /// The next chunk in which a row passes, down to the place `until` if one is given: a chunk that
    /// begins beyond it ends the walk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::store) async fn next(
        &mut self,
        connection: &mut SqliteConnection,
        until: Option<Place>,
    ) -> Result<Option<Found>, StoreError> {
        while let Some(head) = self.next_head(connection).await? {
            let beyond = match self.order {
                Order::Asc => until.is_some_and(|until| head.first > until),
                Order::Desc => until.is_some_and(|until| head.last < until),
            };
            if beyond {
                self.ended = true;
                return Ok(None);
            }
            let passed = match (self.order, self.after) {
                (Order::Asc, Some(after)) => head.last <= after,
                (Order::Desc, Some(after)) => head.first >= after,
                (_, None) => false,
            };
            // The chunk that may hold the start of the range has mostly ended before it.
            let early = head.last.0 < self.range.from.0;
            if passed || early || !(self.passes)(&head) || !chunk::may_hold(connection, head.id, &self.probes).await? {
                continue;
            }
            let found = self.open(connection, head).await?;
            if !found.rows.is_empty() {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// Looks into one chunk as if the walk had come to it; `None` when no row passes.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(in crate::store) async fn look_into(
        &self,
        connection: &mut SqliteConnection,
        head: Head,
    ) -> Result<Option<Found>, StoreError> {
        if !chunk::may_hold(connection, head.id, &self.probes).await? {
            return Ok(None);
        }
        let found = self.open(connection, head).await?;
        Ok((!found.rows.is_empty()).then_some(found))
    }

    /// Reads the columns the tests need, and the wanted ones when a row passes.
    async fn open(&self, connection: &mut SqliteConnection, head: Head) -> Result<Found, StoreError> {
        let mut chunk = Chunk::new::<T>(head)?;
        let tested: Vec<usize> = std::iter::once(0).chain(self.tests.iter().map(Test::column)).collect();
        chunk.read::<T>(connection, Wanted::columns(&tested)).await?;
        let passes = |row: &usize| {
            let Some(place) = chunk.place(*row) else { return false };
            let ahead = match (self.order, self.after) {
                (Order::Asc, Some(after)) => place > after,
                (Order::Desc, Some(after)) => place < after,
                (_, None) => true,
            };
            ahead
                && (self.range.from.0..self.range.until.0).contains(&place.0)
                && self.tests.iter().all(|test| test.passes(&chunk, *row))
        };
        let rows: Vec<usize> = match self.order {
            Order::Asc => (0..head.rows).filter(passes).collect(),
            Order::Desc => (0..head.rows).rev().filter(passes).collect(),
        };
        if !rows.is_empty() {
            chunk.read::<T>(connection, self.wanted).await?;
        }
        Ok(Found { chunk, rows })
    }

    /// The head of the next chunk in the range, whatever it holds.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(super) async fn next_head(&mut self, connection: &mut SqliteConnection) -> Result<Option<Head>, StoreError> {
        if self.heads.is_empty() && !self.ended {
            self.read_heads(connection).await?;
        }
        let Some(head) = self.heads.pop_front() else { return Ok(None) };
        self.at = Some(head.first);
        let outside = match self.order {
            Order::Asc => head.first.0 >= self.range.until.0,
            Order::Desc => head.last.0 < self.range.from.0,
        };
        self.ended |= outside;
        Ok((!outside).then_some(head))
    }

    async fn read_heads(&mut self, connection: &mut SqliteConnection) -> Result<(), StoreError> {
        let at = match self.at {
            Some(at) => at,
            None => self.start(connection).await?,
        };
        let select = if self.order == Order::Asc { SELECT_UP } else { SELECT_DOWN };
        let heads: Vec<Head> = sqlx::query_as(select)
            .bind(T::DATASET.as_str())
            .bind(at.0)
            .bind(at.1)
            .bind(HEADS_A_STATEMENT)
            .fetch_all(connection)
            .await
            .map_err(query("find sealed chunks"))?;
        self.ended = heads.is_empty();
        self.heads = heads.into();
        Ok(())
    }

    /// A place before the first chunk of the walk, in its order.
    async fn start(&self, connection: &mut SqliteConnection) -> Result<Place, StoreError> {
        match self.order {
            Order::Desc => {
                let end = (self.range.until.0, i64::MIN);
                Ok(self.after.map_or(end, |after| end.min(after)))
            }
            Order::Asc => {
                let from = self.after.map_or(self.range.from.0, |after| self.range.from.0.max(after.0));
                let start: Option<i64> = sqlx::query_scalar(SELECT_START)
                    .bind(T::DATASET.as_str())
                    .bind(from)
                    .fetch_optional(connection)
                    .await
                    .map_err(query("find sealed chunks"))?;
                Ok((start.unwrap_or(from), i64::MIN))
            }
        }
    }
}

/// The chunk in which the row at `place` would lie, all of it read; `None` when none begins before.
///
/// # Errors
/// [`StoreError`].
pub(in crate::store) async fn open_at<T: Sealed>(
    connection: &mut SqliteConnection,
    place: Place,
) -> Result<Option<Chunk>, StoreError> {
    let head: Option<Head> = sqlx::query_as(SELECT_DOWN)
        .bind(T::DATASET.as_str())
        .bind(place.0)
        .bind(place.1.saturating_add(1))
        .bind(1)
        .fetch_optional(&mut *connection)
        .await
        .map_err(query("find sealed chunks"))?;
    let Some(head) = head else { return Ok(None) };
    let mut chunk = Chunk::new::<T>(head)?;
    chunk.read::<T>(connection, Wanted::ALL).await?;
    Ok(Some(chunk))
}

/// The chunk that holds the row with this id, all of it read; `None` when it is not sealed. For who knows
/// no more than the id: several chunks may have to be opened.
///
/// # Errors
/// [`StoreError`].
pub(in crate::store) async fn open_holding<T: Sealed>(
    connection: &mut SqliteConnection,
    id: i64,
) -> Result<Option<Chunk>, StoreError> {
    let heads: Vec<Head> = sqlx::query_as(SELECT_AROUND)
        .bind(T::DATASET.as_str())
        .bind(id)
        .fetch_all(&mut *connection)
        .await
        .map_err(query("find sealed chunks"))?;
    for head in heads {
        let mut chunk = Chunk::new::<T>(head)?;
        chunk.read::<T>(connection, Wanted::columns(&[0])).await?;
        if (0..head.rows).any(|row| chunk.place(row).is_some_and(|(_, found)| found == id)) {
            chunk.read::<T>(connection, Wanted::ALL).await?;
            return Ok(Some(chunk));
        }
    }
    Ok(None)
}

/// Every sealed row of `range` that passes `tests`, in the order of time.
///
/// # Errors
/// [`StoreError`].
pub(in crate::store) async fn sealed_rows<T: Sealed>(
    connection: &mut SqliteConnection,
    range: TimeRange,
    tests: Vec<Test>,
) -> Result<Vec<(i64, T)>, StoreError> {
    let mut walk = Walk::<T>::new(range, Order::Asc, tests);
    let mut rows = Vec::new();
    while let Some(found) = walk.next(connection, None).await? {
        rows.extend(found.into_rows(connection, usize::MAX).await?);
    }
    Ok(rows)
}

/// The first and the last time of sealed rows of `range` that pass `tests`.
///
/// # Errors
/// [`StoreError`].
pub(in crate::store) async fn sealed_ends<T: Sealed>(
    connection: &mut SqliteConnection,
    range: TimeRange,
    tests: &[Test],
) -> Result<Option<(i64, i64)>, StoreError> {
    let mut ends = Vec::with_capacity(2);
    for order in [Order::Asc, Order::Desc] {
        let found = Walk::<T>::new(range, order, tests.to_vec()).next(connection, None).await?;
        ends.extend(found.and_then(|found| found.chunk.int(0, *found.rows.first()?)));
    }
    Ok(ends.first().copied().zip(ends.last().copied()))
}
