//! Sessions and what they remember. What expired at `now` is as if it had never been there, unless it is asked for.

use serde::{Deserialize, Serialize};

use super::{Service, ServiceError, opaque};
use crate::model::session::{MemoryEntry, MemoryQuery, SessionList, SessionMemory, SessionRow, SessionsQuery};
use crate::model::{Micros, Problem, RangeSpec, TimeRange};
use crate::store::chore::Removed;
use crate::store::read::{MemoryCut, MemoryPlace};

/// Where a list of sessions goes on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionPlace {
    asked: RangeSpec,
    range: TimeRange,
    last: Micros,
    session_id: String,
}

/// Where a page of memory goes on, and what it was asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryPlace {
    session_id: String,
    memory_type: Option<String>,
    key: Option<String>,
    history: bool,
    include_expired: bool,
    after: After,
}

#[derive(Debug, Serialize, Deserialize)]
enum After {
    Key(String, String),
    Time(Micros, i64),
}

impl Service {
    /// Sessions with an entry stored in the range, the last to remember something first.
    ///
    /// # Errors
    /// A [`Problem`] for an unreadable range, a limit outside 1 to 1 000, or a cursor of another question.
    pub async fn sessions(&self, query: &SessionsQuery, now: Micros) -> Result<SessionList, ServiceError> {
        check_limit(query.limit, SessionsQuery::LIMIT_MAX)?;
        let place: Option<SessionPlace> = query.cursor.as_deref().map(opaque::read_cursor).transpose()?;
        let mut snapshot = self.store().snapshot().await?;
        let range = match &place {
            Some(place) if place.asked != query.range => return Err(other_question().into()),
            Some(place) => place.range,
            None => {
                let bounds = snapshot.bounds().await?;
                query.range.resolve(now, bounds).map_err(|error| Problem::bad_request(error.to_string()))?
            }
        };
        let mut found = snapshot.sessions(range).await?;
        let total = found.len() as u64;
        found.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        if let Some(place) = &place {
            found.retain(|(id, last)| {
                (std::cmp::Reverse(*last), id) > (std::cmp::Reverse(place.last), &place.session_id)
            });
        }
        let more = found.len() > query.limit as usize;
        found.truncate(query.limit as usize);
        let next = found.last().filter(|_| more).map(|(session_id, last)| {
            opaque::write(&SessionPlace {
                asked: query.range.clone(),
                range,
                last: *last,
                session_id: session_id.clone(),
            })
        });
        let mut sessions: Vec<SessionRow> = Vec::with_capacity(found.len());
        for (session_id, _) in found {
            sessions.extend(snapshot.session(&session_id, now).await?);
        }
        Ok(SessionList { now, range, sessions, total, next })
    }

    /// What a session remembers: the current value of each type and key, or every version.
    ///
    /// # Errors
    /// A [`Problem`] for a limit outside 1 to 1 000 or a cursor of another question.
    pub async fn session_memory(
        &self,
        session_id: &str,
        query: &MemoryQuery,
        now: Micros,
    ) -> Result<SessionMemory, ServiceError> {
        check_limit(query.limit, MemoryQuery::LIMIT_MAX)?;
        let place: Option<EntryPlace> = query.cursor.as_deref().map(opaque::read_cursor).transpose()?;
        if place.as_ref().is_some_and(|place| !place.is_of(session_id, query)) {
            return Err(other_question().into());
        }
        let after = place.map(|place| match place.after {
            After::Key(memory_type, key) => MemoryPlace::Key(memory_type, key),
            After::Time(time, row) => MemoryPlace::Time(time, row),
        });
        let cut = MemoryCut {
            session_id: session_id.to_owned(),
            memory_type: query.memory_type.clone(),
            key: query.key.clone(),
            include_expired: query.include_expired,
        };
        let mut snapshot = self.store().snapshot().await?;
        let session = snapshot.session(session_id, now).await?;
        let limit = query.limit + 1; // one more tells whether there is a next page
        let mut entries = if query.history {
            snapshot.memory_versions(&cut, after.as_ref(), limit, now).await?
        } else {
            snapshot.current_memory(&cut, after.as_ref(), limit, now).await?
        };
        let more = entries.len() > query.limit as usize;
        entries.truncate(query.limit as usize);
        let next =
            entries.last().filter(|_| more).map(|last| opaque::write(&EntryPlace::after(last, session_id, query)));
        Ok(SessionMemory { now, session, entries, next })
    }

    /// The current value of one key; `None` when there is none, or it expired. JSON `null` is a value.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn memory_value(
        &self,
        session_id: &str,
        memory_type: &str,
        key: &str,
        now: Micros,
    ) -> Result<Option<MemoryEntry>, ServiceError> {
        let cut = MemoryCut {
            session_id: session_id.to_owned(),
            memory_type: Some(memory_type.to_owned()),
            key: Some(key.to_owned()),
            include_expired: false,
        };
        Ok(self.store().snapshot().await?.current_memory(&cut, None, 1, now).await?.pop())
    }

    /// Deletes everything that expired at `now`; returns how many entries.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn expire_memory(&self, now: Micros) -> Result<u64, ServiceError> {
        let mut entries = 0;
        loop {
            let removed: Removed = self.store().expire_memory(now).await?;
            entries += removed.total();
            if !removed.more {
                return Ok(entries);
            }
        }
    }
}

impl EntryPlace {
    fn after(last: &MemoryEntry, session_id: &str, query: &MemoryQuery) -> Self {
        Self {
            session_id: session_id.to_owned(),
            memory_type: query.memory_type.clone(),
            key: query.key.clone(),
            history: query.history,
            include_expired: query.include_expired,
            after: if query.history {
                After::Time(last.timestamp, last.row)
            } else {
                After::Key(last.memory_type.clone(), last.key.clone())
            },
        }
    }

    /// Whether it was given out for this question.
    fn is_of(&self, session_id: &str, query: &MemoryQuery) -> bool {
        self.session_id == session_id
            && (&self.memory_type, &self.key) == (&query.memory_type, &query.key)
            && (self.history, self.include_expired) == (query.history, query.include_expired)
    }
}

fn check_limit(limit: u32, most: u32) -> Result<(), Problem> {
    if (1..=most).contains(&limit) {
        return Ok(());
    }
    Err(Problem::bad_request(format!("`limit`: write a whole number from 1 to {most}")))
}

fn other_question() -> Problem {
    Problem::bad_request("`cursor` was made for another question; start again without the cursor")
}
