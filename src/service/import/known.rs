//! What the store already holds of a project's sessions, from earlier imports.

use std::collections::HashMap;

use crate::model::filter::PageRequest;
use crate::model::{Cursor, Dataset, Micros, Order, Record, RecordFilter, TaskRecord, TimeRange};
use crate::service::ServiceError;
use crate::store::Store;
use crate::wire::claude_code::claims::Claims;
use crate::wire::claude_code::key::{PREFIX, read_claims};
use crate::wire::claude_code::metadata::StoredNote;
use crate::wire::claude_code::records::{Group, Knowledge};
use crate::wire::claude_code::session::Session;

/// Rows asked for at once.
const PAGE: u32 = 5000;

/// Tasks the store holds, by source key.
#[derive(Debug, Default)]
pub struct Known(HashMap<String, Knowledge>);

impl Known {
    /// Reads the imported tasks of the sessions' project from their first time on, and notes in
    /// `claims` what they hold: copies keep the times of their originals.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn load(store: &Store, sessions: &[Session], claims: &mut Claims) -> Result<Self, ServiceError> {
        let mut known = Self::default();
        let Some(first) = sessions.iter().filter_map(|session| session.first).min() else { return Ok(known) };
        let project = sessions.first().map(|session| session.project.clone());
        let mut request = PageRequest {
            range: TimeRange { from: first, until: Micros(i64::MAX) },
            filter: RecordFilter { project, ..RecordFilter::default() },
            order: Order::Asc,
            after: None,
            limit: PAGE,
        };
        loop {
            let rows = store.page(Dataset::Tasks, &request).await?;
            request.after = rows.last().map(|row| Cursor { time: row.time, row: row.id });
            let full = rows.len() == PAGE as usize;
            for row in rows {
                if let Record::Task(task) = row.record {
                    known.note(&task, claims);
                }
            }
            if !full {
                return Ok(known);
            }
        }
    }

    fn note(&mut self, task: &TaskRecord, claims: &mut Claims) {
        let (Some(source), Some(swarm)) = (&task.source, &task.swarm_id) else { return };
        if !source.key.starts_with(PREFIX) {
            return;
        }
        let note: StoredNote =
            task.metadata.as_ref().and_then(|json| serde_json::from_str(&json.0).ok()).unwrap_or_default();
        for claim in read_claims(&note.claims) {
            claims.hold(swarm.as_str(), claim);
        }
        let tokens = task.tokens.total().unwrap_or(0);
        let knowledge = Knowledge { requests: note.requests, tokens, launched: note.launched_by.is_some() };
        self.0.insert(source.key.clone(), knowledge);
    }

    /// Whether the store knows more of the task of `group` than `group` does. That happens when only a
    /// part of a session's files is read: a parent alone, or a sub-agent's file without its parent.
    pub fn knows_more(&self, group: &Group) -> bool {
        let stored = group.task.as_ref().and_then(|key| self.0.get(key));
        stored.is_some_and(|stored| stored.exceeds(group.knows))
    }
}
