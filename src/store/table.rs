//! What the seven tables of records have in common: how a row is bound, read, found and compared.
//!
//! A row struct holds a record as it lies in the file, words as numbers. Each table's file gives
//! the columns; the statements are built from them once.

use std::sync::Arc;

use sqlx::error::BoxDynError;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use super::dictionary::{Dict, Dictionary, Unknown};
use super::error::StoreError;
use super::key::TextId;
use super::names::{Names, UnknownName};
use crate::model::{Dataset, Record, Source};

/// What binding a value gives; fails only for values a driver cannot represent.
pub(in crate::store) type Bound = Result<(), BoxDynError>;

/// Rows of one insert statement; the largest that fits is taken. Hundreds of rows a statement reach
/// about the rate of SQLite itself, single rows a fifth of it; every statement is a way to SQLite's thread
/// and back, which is most of what a small commit costs.
pub(in crate::store) const INSERT_SIZES: [usize; 8] = [512, 128, 32, 16, 8, 4, 2, 1];

/// Text that is known to be safe because it is put together from constants of this room.
pub(in crate::store) fn sql(text: String) -> SqlStr {
    AssertSqlSafe(Arc::<str>::from(text)).into_sql_str()
}

/// One value of a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::store) enum KeyPart {
    Int(i64),
    Text(Arc<str>),
    Id(TextId),
}

/// What makes two records the same; the first entry of [`Table::KEYS`] that both have decides.
pub(in crate::store) type Key = Vec<KeyPart>;

/// One unique key of a table.
#[derive(Debug)]
pub(in crate::store) struct KeySql {
    /// Its columns, as the left side of `in (values …)`.
    pub columns: &'static str,
    /// What the index needs to hear besides, such as `source_key is not null and `.
    pub and: &'static str,
}

/// The key an importer owns its records by; the first key of every table.
pub(in crate::store) const SOURCE_KEY: KeySql = KeySql { columns: "source_key", and: "source_key is not null and " };

/// What a record that is already there means for the one that was sent.
#[derive(Debug)]
pub(in crate::store) enum Meeting<T> {
    /// It says the same.
    Same,
    /// It says something else, and the first is kept.
    Differs,
    /// It is replaced by this row.
    Replaced(T),
}

/// How a filter field is compared.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Matches {
    /// The column holds the number of a word.
    Word(Dict, &'static str),
    /// The column holds a [`TextId`].
    Id(&'static str),
    /// The column holds the text.
    Text(&'static str),
    /// The column holds 0 or 1, the filter says `false` or `true`.
    Flag(&'static str),
    /// A task's result; `none` asks for tasks without one.
    Result,
}

/// A table of records.
pub(in crate::store) trait Table: Clone + Send + Sync + Sized + 'static {
    /// The dataset it holds.
    const DATASET: Dataset;
    /// The record's time.
    const TIME: &'static str;
    /// Its unique keys, [`SOURCE_KEY`] first.
    const KEYS: &'static [KeySql];
    /// By which fields it can be filtered.
    const FILTERS: &'static [(&'static str, Matches)];

    /// Its statements.
    fn sql() -> &'static TableSql;
    /// Adds the values of every column after `id`, in the order of [`TableSql::columns`].
    ///
    /// # Errors
    /// When the driver cannot represent a value.
    fn bind(&self, values: &mut SqliteArguments) -> Bound;
    /// Reads a row selected with [`TableSql::columns`]; column 0 is `id`.
    ///
    /// # Errors
    /// [`sqlx::Error`] when a column holds something else than it may.
    fn read(row: &SqliteRow) -> Result<Self, sqlx::Error>;
    /// The record's time in microseconds.
    fn time(&self) -> i64;
    /// Its value for entry `index` of [`Self::KEYS`]; `None` when it has none.
    fn key(&self, index: usize) -> Option<Key>;
    /// What became of it, given the stored row that has one of its keys.
    fn meet(&self, stored: &Self) -> Meeting<Self>;
    /// The record it stands for.
    ///
    /// # Errors
    /// [`Unreadable`] when a number is unknown or a text is no id.
    fn record(&self, names: &Names) -> Result<Record, Unreadable>;
}

/// Why a row could not be turned into its record.
#[derive(Debug)]
pub(in crate::store) enum Unreadable {
    /// A word has to be looked up first.
    Name(UnknownName),
    /// What the file holds cannot be a record.
    Damaged(String),
}

impl From<UnknownName> for Unreadable {
    fn from(unknown: UnknownName) -> Self {
        Self::Name(unknown)
    }
}

impl Unreadable {
    /// The failure when looking words up did not help.
    pub(in crate::store) fn into_error(self, table: &str) -> StoreError {
        StoreError::Damaged {
            what: match self {
                Self::Name(UnknownName { dict, id }) => format!("{table} uses {id}, which is not in {}", dict.table()),
                Self::Damaged(what) => format!("{table}: {what}"),
            },
        }
    }
}

/// The statements of one table, built once from its name and columns.
#[derive(Debug)]
pub(in crate::store) struct TableSql {
    /// Its name.
    pub name: &'static str,
    /// `id` and every other column, as a list.
    pub columns: &'static str,
    /// One insert for each of [`INSERT_SIZES`].
    pub inserts: [SqlStr; INSERT_SIZES.len()],
    /// Every column anew, `where id = ?`.
    pub update: SqlStr,
    /// Which ids of a range are there.
    pub landed: SqlStr,
}

impl TableSql {
    pub(in crate::store) fn new(name: &'static str, columns: &'static str) -> Self {
        let places = vec!["?"; columns.split(',').count()].join(",");
        Self {
            name,
            columns,
            inserts: INSERT_SIZES.map(|size| {
                let rows = vec![format!("({places})"); size].join(",");
                // `or ignore` would also swallow a violated check; this lets only known keys pass.
                sql(format!("insert into {name} ({columns}) values {rows} on conflict do nothing"))
            }),
            update: sql(format!("update {name} set ({columns}) = ({places}) where id = ?")),
            landed: sql(format!("select id from {name} where id between ? and ?")),
        }
    }
}

/// The columns `project, source, source_key`, which every table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Origin {
    pub project: Option<i64>,
    pub source: Option<i64>,
    pub source_key: Option<Arc<str>>,
}

impl Origin {
    /// Notes its words.
    pub(in crate::store) fn note<'a>(
        project: Option<&'a str>,
        source: Option<&'a Source>,
        dictionary: &Dictionary,
        unknown: &mut Unknown<'a>,
    ) {
        if let Some(project) = project {
            dictionary.note(Dict::Project, project, unknown);
        }
        if let Some(source) = source {
            dictionary.note(Dict::Source, &source.file, unknown);
        }
    }

    /// The columns of a record from `source` in `project`.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the dictionary does not know its words.
    pub(in crate::store) fn new(
        project: Option<&str>,
        source: Option<&Source>,
        words: &Dictionary,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            project: words.id_of(Dict::Project, project)?,
            source: words.id_of(Dict::Source, source.map(|source| source.file.as_str()))?,
            source_key: source.map(|source| source.key.as_str().into()),
        })
    }

    /// Adds its three values.
    ///
    /// # Errors
    /// When the driver cannot represent a value.
    pub(in crate::store) fn bind(&self, values: &mut SqliteArguments) -> Bound {
        values.add(self.project)?;
        values.add(self.source)?;
        values.add(self.source_key.clone())
    }

    /// Reads it from three columns, the first of which is `index`.
    ///
    /// # Errors
    /// [`sqlx::Error`] when a column holds something else.
    pub(in crate::store) fn read(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        Ok(Self { project: row.try_get(index)?, source: row.try_get(index + 1)?, source_key: text(row, index + 2)? })
    }

    /// The key of entry 0 of every table.
    pub(in crate::store) fn key(&self) -> Option<Key> {
        self.source_key.clone().map(|key| vec![KeyPart::Text(key)])
    }

    /// Whether the same importer's record is meant: then a newer version may replace it.
    pub(in crate::store) fn owns(&self, stored: &Self) -> bool {
        self.source_key.is_some() && self.source_key == stored.source_key
    }

    /// Project and source, as a record carries them.
    ///
    /// # Errors
    /// [`UnknownName`].
    pub(in crate::store) fn words(&self, names: &Names) -> Result<(Option<String>, Option<Source>), UnknownName> {
        let project = names.get_opt(Dict::Project, self.project)?.map(|word| word.to_string());
        let file = names.get_opt(Dict::Source, self.source)?;
        let source = file.zip(self.source_key.as_ref());
        Ok((project, source.map(|(file, key)| Source { file: file.to_string(), key: key.to_string() })))
    }
}

/// The common way to meet: equal content is the same, an importer replaces its own, else they differ.
pub(in crate::store) fn meet<T: Clone>(new: &T, same: bool, owns: bool) -> Meeting<T> {
    match (same, owns) {
        (true, _) => Meeting::Same,
        (false, true) => Meeting::Replaced(new.clone()),
        (false, false) => Meeting::Differs,
    }
}

/// Reads a text or null.
pub(in crate::store) fn text(row: &SqliteRow, index: usize) -> Result<Option<Arc<str>>, sqlx::Error> {
    let text: Option<&str> = row.try_get(index)?;
    Ok(text.map(Into::into))
}

/// A text as a record's id.
pub(in crate::store) fn id<T: TryFrom<String, Error = crate::model::IdError>>(text: &str) -> Result<T, Unreadable> {
    T::try_from(text.to_owned()).map_err(|error| Unreadable::Damaged(format!("an id {error}")))
}
