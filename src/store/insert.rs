//! Rows into a table: many a statement, and what became of each.
//!
//! A row that meets one of the table's unique keys is left out by SQLite; which ones were is seen
//! from the ids that are missing afterwards, and those rows are compared with what is stored.

use std::collections::{HashMap, HashSet};

use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments as _, QueryBuilder, Row as _, Sqlite};

use super::Landing;
use super::error::{StoreError, query};
use super::table::{INSERT_SIZES, Key, KeyPart, KeySql, Meeting, Table};

/// Most keys of one look-up statement.
const KEYS_A_STATEMENT: usize = 400;

/// Rows that were sent and what became of them.
#[derive(Debug)]
pub(in crate::store) struct Written<T> {
    /// The rows, as they were sent.
    pub rows: Vec<T>,
    /// What became of each.
    pub landings: Vec<Landing>,
    /// Rows that were replaced: before and after.
    pub replaced: Vec<(T, T)>,
}

impl<T> Written<T> {
    /// The rows that are new.
    pub(in crate::store) fn stored(&self) -> impl Iterator<Item = &T> {
        let stored = self.landings.iter().map(|landing| *landing == Landing::Stored);
        self.rows.iter().zip(stored).filter_map(|(row, stored)| stored.then_some(row))
    }
}

/// Inserts `rows` in their order with ascending ids from `next_id` on, but for those about which is
/// `decided` already; that may be shorter than the rows.
///
/// # Errors
/// [`StoreError::Query`] when the transaction must be rolled back.
pub(in crate::store) async fn insert<T: Table>(
    connection: &mut SqliteConnection,
    next_id: &mut i64,
    rows: Vec<T>,
    decided: Vec<Option<Landing>>,
) -> Result<Written<T>, StoreError> {
    let mut waiting: Vec<usize> = (0..rows.len()).collect();
    waiting.retain(|index| decided.get(*index).is_none_or(Option::is_none));
    let mut landings: Vec<Landing> = decided.into_iter().map(|landing| landing.unwrap_or(Landing::Stored)).collect();
    landings.resize(rows.len(), Landing::Stored);
    let mut written = Written { landings, rows, replaced: Vec::new() };
    while !waiting.is_empty() {
        let missing = insert_some(connection, next_id, &written.rows, &waiting).await?;
        let again = compare(connection, &mut written, &missing).await?;
        if again.len() == waiting.len() {
            let what = format!("{} refuses rows that it does not hold", T::sql().name);
            return Err(StoreError::Damaged { what });
        }
        waiting = again;
    }
    Ok(written)
}

/// Inserts those of `rows` that `chosen` names; returns which of them met a key.
async fn insert_some<T: Table>(
    connection: &mut SqliteConnection,
    next_id: &mut i64,
    rows: &[T],
    chosen: &[usize],
) -> Result<Vec<usize>, StoreError> {
    let first_id = *next_id;
    let width = T::sql().columns.split(',').count();
    let mut landed = 0;
    let mut rest = chosen;
    for (size, statement) in INSERT_SIZES.into_iter().zip(&T::sql().inserts) {
        while rest.len() >= size {
            let (now, later) = rest.split_at(size);
            let mut values = SqliteArguments::default();
            values.reserve(size * width, 0);
            for index in now {
                bind(&rows[*index], *next_id, &mut values)?;
                *next_id += 1;
            }
            let done = sqlx::query_with(statement.clone(), values)
                .execute(&mut *connection)
                .await
                .map_err(query("insert records"))?;
            landed += done.rows_affected();
            rest = later;
        }
    }
    if usize::try_from(landed).is_ok_and(|landed| landed == chosen.len()) {
        return Ok(Vec::new());
    }
    let present: Vec<i64> = sqlx::query_scalar(T::sql().landed.clone())
        .bind(first_id)
        .bind(*next_id - 1)
        .fetch_all(connection)
        .await
        .map_err(query("see which records are new"))?;
    let present: HashSet<i64> = present.into_iter().collect();
    Ok((first_id..).zip(chosen).filter(|(id, _)| !present.contains(id)).map(|(_, index)| *index).collect())
}

/// Inserts rows that have their ids already.
///
/// # Errors
/// [`StoreError::Damaged`] when the table holds an id or a key of theirs, or [`StoreError::Query`].
pub(in crate::store) async fn insert_with_ids<T: Table>(
    connection: &mut SqliteConnection,
    mut rows: &[(i64, T)],
) -> Result<(), StoreError> {
    for (size, statement) in INSERT_SIZES.into_iter().zip(&T::sql().inserts) {
        while let Some((now, later)) = rows.split_at_checked(size) {
            let mut values = SqliteArguments::default();
            for (id, row) in now {
                bind(row, *id, &mut values)?;
            }
            let done = sqlx::query_with(statement.clone(), values).execute(&mut *connection).await;
            if done.map_err(query("put records back"))?.rows_affected() != size as u64 {
                return Err(StoreError::Damaged { what: format!("{} holds a sealed record as well", T::sql().name) });
            }
            rows = later;
        }
    }
    Ok(())
}

fn bind<T: Table>(row: &T, id: i64, values: &mut SqliteArguments) -> Result<(), StoreError> {
    values
        .add(id)
        .and_then(|()| row.bind(values))
        .map_err(|error| query("hand a record to SQLite")(sqlx::Error::Encode(error)))
}

/// Compares the rows `missing` names with the stored rows they met, and replaces what an importer
/// brought anew. Returns those that meet nothing any more, because what they met has changed.
async fn compare<T: Table>(
    connection: &mut SqliteConnection,
    written: &mut Written<T>,
    missing: &[usize],
) -> Result<Vec<usize>, StoreError> {
    let mut again = Vec::new();
    if missing.is_empty() {
        return Ok(again);
    }
    let mut stored = Stored::find(connection, &written.rows, missing).await?;
    for &index in missing {
        let row = &written.rows[index];
        let Some(place) = stored.met_by(row) else {
            again.push(index);
            continue;
        };
        let (id, before) = stored.rows[place].clone();
        written.landings[index] = match row.meet(&before) {
            Meeting::Same => Landing::Duplicate,
            Meeting::Differs => Landing::Differs,
            Meeting::Replaced(after) => {
                if replace(connection, id, &after).await? {
                    stored.rows[place].1 = after.clone();
                    written.replaced.push((before, after));
                    Landing::Updated
                } else {
                    Landing::Differs
                }
            }
        };
    }
    Ok(again)
}

/// Writes `row` in the place of the row `id`; `false` when another row already has one of its keys.
async fn replace<T: Table>(connection: &mut SqliteConnection, id: i64, row: &T) -> Result<bool, StoreError> {
    let mut values = SqliteArguments::default();
    bind(row, id, &mut values)?;
    values.add(id).map_err(|error| query("hand a record to SQLite")(sqlx::Error::Encode(error)))?;
    match sqlx::query_with(T::sql().update.clone(), values).execute(connection).await {
        Ok(_) => Ok(true),
        Err(error) if error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation) => {
            Ok(false)
        }
        Err(error) => Err(query("replace a record")(error)),
    }
}

/// The stored rows that have a key of some sent rows.
struct Stored<T> {
    rows: Vec<(i64, T)>,
    places: Vec<HashMap<Key, usize>>,
}

impl<T: Table> Stored<T> {
    /// Looks up every key of the rows `missing` names.
    async fn find(connection: &mut SqliteConnection, rows: &[T], missing: &[usize]) -> Result<Self, StoreError> {
        let mut found: HashMap<i64, T> = HashMap::new();
        let mut left = missing.to_vec();
        for kind in 0..T::KEYS.len() {
            let keys: HashSet<Key> = left.iter().filter_map(|index| rows[*index].key(kind)).collect();
            let keys: Vec<Key> = keys.into_iter().collect();
            for keys in keys.chunks(KEYS_A_STATEMENT) {
                find_some(connection, kind, keys, &mut found).await?;
            }
            // Who met its first key need not be looked up by the others.
            let met: HashSet<Key> = found.values().filter_map(|row| row.key(kind)).collect();
            left.retain(|index| rows[*index].key(kind).is_none_or(|key| !met.contains(&key)));
        }
        let rows: Vec<(i64, T)> = found.into_iter().collect();
        let places = (0..T::KEYS.len())
            .map(|kind| {
                let keyed = rows.iter().enumerate();
                keyed.filter_map(|(place, (_, row))| Some((row.key(kind)?, place))).collect()
            })
            .collect();
        Ok(Self { rows, places })
    }

    /// The stored row that `row` met: the one of its source key, else the one that has another of its
    /// keys and, after what was replaced meanwhile, still has it.
    fn met_by(&self, row: &T) -> Option<usize> {
        (0..T::KEYS.len()).find_map(|kind| {
            let key = row.key(kind)?;
            let place = *self.places[kind].get(&key)?;
            (self.rows[place].1.key(kind)? == key).then_some(place)
        })
    }
}

/// The select of rows by `key`, up to the list of values.
pub(super) fn select_by_key<T: Table>(key: &KeySql) -> String {
    let sql = T::sql();
    format!("select {} from {} where {}{} in (", sql.columns, sql.name, key.and, key.columns)
}

async fn find_some<T: Table>(
    connection: &mut SqliteConnection,
    kind: usize,
    keys: &[Key],
    found: &mut HashMap<i64, T>,
) -> Result<(), StoreError> {
    let mut select = QueryBuilder::<Sqlite>::new(select_by_key::<T>(&T::KEYS[kind]));
    select.push_values(keys, |mut row, key| {
        for part in key {
            match part {
                KeyPart::Int(number) => row.push_bind(*number),
                KeyPart::Text(text) => row.push_bind(text.clone()),
                KeyPart::Id(super::key::TextId::Uuid(bytes)) => row.push_bind(bytes.to_vec()),
                KeyPart::Id(super::key::TextId::Text(text)) => row.push_bind(text.clone()),
            };
        }
    });
    select.push(")");
    let rows = select.build().persistent(false).fetch_all(connection).await.map_err(query("look records up"))?;
    for row in rows {
        let id: i64 = row.try_get(0).map_err(query("read a record"))?;
        found.insert(id, T::read(&row).map_err(query("read a record"))?);
    }
    Ok(())
}
