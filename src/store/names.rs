//! Interned words, the reading side: numbers back to words, from memory.
//!
//! Joining eleven dictionaries into every row of an export would cost more than the rows. Words
//! never change their number, so what was read once stays right; an unknown number is looked up.

use std::sync::{Arc, RwLock};

use sqlx::SqlitePool;

use super::dictionary::Dict;
use super::error::{StoreError, query};

/// Words by number, for all readers of a store.
#[derive(Debug, Default)]
pub(in crate::store) struct Names {
    words: [RwLock<Vec<Option<Arc<str>>>>; 11],
}

/// A number that is not in memory yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct UnknownName {
    /// In which dictionary.
    pub dict: Dict,
    /// Which number.
    pub id: i64,
}

impl Names {
    /// The word with number `id`.
    ///
    /// # Errors
    /// [`UnknownName`]; then [`Self::refresh`] and ask once more.
    pub(in crate::store) fn get(&self, dict: Dict, id: i64) -> Result<Arc<str>, UnknownName> {
        let words = self.words[dict as usize].read().unwrap_or_else(std::sync::PoisonError::into_inner);
        usize::try_from(id).ok().and_then(|place| words.get(place)?.clone()).ok_or(UnknownName { dict, id })
    }

    /// As [`Self::get`], for a number that may be null.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(in crate::store) fn get_opt(&self, dict: Dict, id: Option<i64>) -> Result<Option<Arc<str>>, UnknownName> {
        id.map(|id| self.get(dict, id)).transpose()
    }

    /// Reads the words that came after those in memory.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn refresh(&self, readers: &SqlitePool, dict: Dict) -> Result<(), StoreError> {
        let lock = &self.words[dict as usize];
        let last = lock.read().unwrap_or_else(std::sync::PoisonError::into_inner).len().saturating_sub(1);
        let last = i64::try_from(last).unwrap_or(i64::MAX);
        let found: Vec<(i64, String)> =
            sqlx::query_as(dict.select_after()).bind(last).fetch_all(readers).await.map_err(query("read names"))?;
        let mut words = lock.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for (id, name) in found {
            let Ok(place) = usize::try_from(id) else { continue }; // numbers start at 1
            if words.len() <= place {
                words.resize(place + 1, None);
            }
            words[place] = Some(name.into());
        }
        Ok(())
    }

    /// The number of `word`; `None` when no record uses it.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn id(readers: &SqlitePool, dict: Dict, word: &str) -> Result<Option<i64>, StoreError> {
        sqlx::query_scalar(dict.select_id()).bind(word).fetch_optional(readers).await.map_err(query("look up a name"))
    }
}
