//! What happened beside the figures of a page, as marks on its charts: attempts to heal, and what became of patterns.

use std::collections::HashSet;

use crate::model::aggregate::GroupBy;
use crate::model::healing::{HealingEntry, HealingQuery, Origin};
use crate::model::note::{Note, NoteKind, Notes};
use crate::model::overview::PageQuery;
use crate::model::pattern::{ChangeKind, PatternChange};
use crate::model::time::MINUTE;
use crate::model::{Micros, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};

impl Service {
    /// The notes of `range`, which `query` asks for. Attempts to heal know their agent and project; of a
    /// swarm are those of its agents. A question about models or results has none. Patterns are learned from the whole
    /// store, so only a question about all of it has their changes.
    pub(super) async fn notes(&self, range: TimeRange, query: &PageQuery, now: Micros) -> Result<Notes, ServiceError> {
        let filter = &query.filter;
        if filter.model.is_some() || filter.result.is_some() {
            return Ok(Notes::default());
        }
        let members = match filter.swarm_id {
            Some(_) => Some(self.member_names(query, now).await?),
            None => None,
        };
        let question = HealingQuery {
            range: query.range.clone(),
            filter: RecordFilter {
                agent_id: filter.agent_id.clone(),
                project: filter.project.clone(),
                ..RecordFilter::default()
            },
            ..HealingQuery::default()
        };
        let page = self.healing_page(&question, None, Notes::MAX, now).await?;
        let known = |entry: &HealingEntry| match (&members, &entry.agent_id) {
            (Some(members), Some(agent)) => members.contains(agent),
            (Some(_), None) => false,
            (None, _) => true,
        };
        let entries = page.items.iter().rev().filter(|entry| range.contains(entry.timestamp) && known(entry));
        let mut notes: Vec<Note> = entries.map(healing).collect();
        let mut truncated = page.next.is_some();
        if filter.is_empty() {
            let changes = self.store().snapshot().await?.pattern_changes(None, Notes::MAX).await?;
            truncated |=
                changes.len() == Notes::MAX as usize && changes.last().is_some_and(|c| c.timestamp >= range.from);
            notes.extend(changes.iter().filter(|change| range.contains(change.timestamp)).map(pattern));
            notes.sort_by_key(|note| note.at);
        }
        Ok(Notes { notes, truncated })
    }

    /// Names of the agents with a task of the swarm in the range.
    async fn member_names(&self, query: &PageQuery, now: Micros) -> Result<HashSet<String>, ServiceError> {
        let mut reading = self.read(query, now).await?;
        let Some(cut) = reading.cut else { return Ok(HashSet::new()) };
        let members = reading.snapshot.members(&cut, reading.scope.range).await?;
        Ok(reading.snapshot.group_words(GroupBy::Agent, &members).await?.into_values().collect())
    }
}

fn pattern(change: &PatternChange) -> Note {
    let kind = match change.change {
        ChangeKind::Appeared => NoteKind::PatternAppeared,
        ChangeKind::Strengthened => NoteKind::PatternStrengthened,
        ChangeKind::Faded => NoteKind::PatternFaded,
    };
    Note {
        at: change.timestamp,
        kind,
        words: format!("pattern {}: {}", change.change.as_str(), change.description),
        href: format!("/patterns/{}", change.pattern_id),
        count: 1,
    }
}

fn healing(entry: &HealingEntry) -> Note {
    let (kind, word) = if entry.success { (NoteKind::Healed, "healed") } else { (NoteKind::NotHealed, "did not heal") };
    let whose = entry.agent_id.as_ref().map(|agent| format!(" of {agent}")).unwrap_or_default();
    let found = if entry.origin == Origin::Derived { " (derived)" } else { "" };
    // The page of healings over the minutes around it.
    let (from, to) = (Micros(entry.timestamp.0 - MINUTE).to_rfc3339(), Micros(entry.timestamp.0 + MINUTE).to_rfc3339());
    Note {
        at: entry.timestamp,
        kind,
        words: format!("{} {word} {}{whose}{found}", entry.strategy, entry.failure_type),
        href: format!("/healing?from={from}&to={to}"),
        count: 1,
    }
}
