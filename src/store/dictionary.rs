//! Interned words, the writing side: each agent, model, … is stored once and is a small integer
//! everywhere else. Words are never removed and never change their number.
//!
//! Not here: turning numbers back into words for readers (`names`).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use sqlx::sqlite::SqliteConnection;
use sqlx::{QueryBuilder, SqlStr, Sqlite};

use super::error::{StoreError, query};
use super::table::sql;

/// One dictionary table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::store) enum Dict {
    Agent,
    Swarm,
    Project,
    Model,
    Metric,
    Event,
    AgentType,
    Strategy,
    Failure,
    Source,
    Result,
}

impl Dict {
    /// Every dictionary, in the order of their discriminants.
    pub(in crate::store) const ALL: [Self; 11] = [
        Self::Agent,
        Self::Swarm,
        Self::Project,
        Self::Model,
        Self::Metric,
        Self::Event,
        Self::AgentType,
        Self::Strategy,
        Self::Failure,
        Self::Source,
        Self::Result,
    ];

    /// Its table.
    pub(in crate::store) const fn table(self) -> &'static str {
        match self {
            Self::Agent => "agent_name",
            Self::Swarm => "swarm_name",
            Self::Project => "project_name",
            Self::Model => "model_name",
            Self::Metric => "metric_name",
            Self::Event => "event_name",
            Self::AgentType => "agent_type_name",
            Self::Strategy => "strategy_name",
            Self::Failure => "failure_name",
            Self::Source => "source_name",
            Self::Result => "result_name",
        }
    }

    /// `select id … where name = ?`.
    pub(in crate::store) fn select_id(self) -> SqlStr {
        SQL[self as usize].select_id.clone()
    }

    /// `select name … where id = ?`.
    pub(in crate::store) fn select_name(self) -> SqlStr {
        SQL[self as usize].select_name.clone()
    }

    /// `select id, name … where id > ?`, ascending.
    pub(in crate::store) fn select_after(self) -> SqlStr {
        SQL[self as usize].select_after.clone()
    }
}

struct DictSql {
    select_id: SqlStr,
    select_name: SqlStr,
    select_after: SqlStr,
}

static SQL: LazyLock<[DictSql; 11]> = LazyLock::new(|| {
    Dict::ALL.map(|dict| {
        let table = dict.table();
        DictSql {
            select_id: sql(format!("select id from {table} where name = ?")),
            select_name: sql(format!("select name from {table} where id = ?")),
            select_after: sql(format!("select id, name from {table} where id > ? order by id")),
        }
    })
});

/// Most words of one statement.
const WORDS_A_STATEMENT: usize = 500;

/// Most words remembered in one dictionary; beyond that it is read again, so that a flood of
/// ever new ids cannot fill the memory.
const WORDS_REMEMBERED: usize = 200_000;

/// The words the writer knows. To be dropped after a roll-back, which may have
/// taken words back, and when another process wrote.
#[derive(Debug, Default)]
pub(in crate::store) struct Dictionary {
    known: [HashMap<String, i64>; 11],
}

/// The words a batch uses and the writer does not know yet.
#[derive(Debug, Default)]
pub(in crate::store) struct Unknown<'a> {
    words: [HashSet<&'a str>; 11],
}

impl Dictionary {
    /// Notes `word` in `unknown` unless it is known.
    pub(in crate::store) fn note<'a>(&self, dict: Dict, word: &'a str, unknown: &mut Unknown<'a>) {
        if !self.known[dict as usize].contains_key(word) {
            unknown.words[dict as usize].insert(word);
        }
    }

    /// Learns every word of `unknown`, storing those the file does not have.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub(in crate::store) async fn learn(
        &mut self,
        connection: &mut SqliteConnection,
        unknown: &Unknown<'_>,
    ) -> Result<(), StoreError> {
        for dict in Dict::ALL {
            let mut words: Vec<&str> = unknown.words[dict as usize].iter().copied().collect();
            words.sort_unstable(); // the same batch makes the same numbers on every machine
            for words in words.chunks(WORDS_A_STATEMENT) {
                self.learn_some(connection, dict, words).await?;
            }
        }
        Ok(())
    }

    async fn learn_some(
        &mut self,
        connection: &mut SqliteConnection,
        dict: Dict,
        words: &[&str],
    ) -> Result<(), StoreError> {
        let mut insert = QueryBuilder::<Sqlite>::new(format!("insert into {} (name) ", dict.table()));
        insert.push_values(words, |mut row, word| {
            row.push_bind(*word);
        });
        insert.push(" on conflict do nothing");
        insert.build().persistent(false).execute(&mut *connection).await.map_err(query("store new names"))?;

        let mut select = QueryBuilder::<Sqlite>::new(format!("select id, name from {} where name in (", dict.table()));
        let mut list = select.separated(", ");
        for word in words {
            list.push_bind(*word);
        }
        select.push(")");
        let found: Vec<(i64, String)> =
            select.build_query_as().persistent(false).fetch_all(connection).await.map_err(query("read names"))?;
        self.known[dict as usize].extend(found.into_iter().map(|(id, name)| (name, id)));
        Ok(())
    }

    /// The number of a word that was learnt in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it was not, which is a mistake of the caller.
    pub(in crate::store) fn id(&self, dict: Dict, word: &str) -> Result<i64, StoreError> {
        self.known[dict as usize]
            .get(word)
            .copied()
            .ok_or_else(|| StoreError::Damaged { what: format!("`{word}` has no number in {}", dict.table()) })
    }

    /// As [`Self::id`], for a word that may be absent.
    ///
    /// # Errors
    /// As [`Self::id`].
    pub(in crate::store) fn id_of(&self, dict: Dict, word: Option<&str>) -> Result<Option<i64>, StoreError> {
        word.map(|word| self.id(dict, word)).transpose()
    }

    /// Forgets dictionaries that have grown too large to keep. Call between transactions.
    pub(in crate::store) fn trim(&mut self) {
        for known in &mut self.known {
            if known.len() > WORDS_REMEMBERED {
                *known = HashMap::new();
            }
        }
    }
}
