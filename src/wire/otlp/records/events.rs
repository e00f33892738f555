//! Events and the registry row of a session.

use super::super::PREFIX;
use super::super::facts::{Happening, Tool};
use super::super::note::{self, EventNote, VIA};
use super::super::who::Dialect;
use super::{Maker, milliseconds};
use crate::model::{AgentId, AgentRecord, AgentStatus, EventId, EventRecord, Micros, Record};
use crate::wire::claude_code::key::{PREFIX as TRANSCRIPT, event_id};

impl Maker<'_> {
    pub(super) fn events(&mut self) {
        let session = self.session;
        for (id, asked) in &session.asked {
            let key = format!("{PREFIX}{}:request:{id}", session.id());
            let note = EventNote {
                rank: asked.request.rank,
                request: Some(&asked.request),
                duration_ms: asked.request.duration_ms,
                attributes: asked.attributes.clone(),
                ..EventNote::default()
            };
            self.event(&asked.event_type, asked.at, Some(&asked.request.turn), key, note);
        }
        for (call, tool) in &session.tools {
            self.tool(call, tool);
        }
        for (key, Happening { event_type, at, turn, duration_ms, attributes }) in &session.happenings {
            let (duration_ms, attributes) = (*duration_ms, attributes.clone());
            let note = EventNote { duration_ms, attributes, ..EventNote::default() };
            self.event(event_type, *at, turn.as_deref(), key.clone(), note);
        }
    }

    fn tool(&mut self, call: &str, tool: &Tool) {
        // A span's part alone names no tool.
        let (Some(name), Some(at)) = (&tool.name, tool.at) else { return };
        let key = format!("{}{}:tool:{call}", self.shared_prefix(), self.session.id());
        let word = if tool.failed { "tool_error" } else { "tool" };
        let note = EventNote {
            rank: tool.rank,
            call: Some(call),
            duration_ms: tool.duration_ms,
            attributes: tool.attributes.clone(),
            ..EventNote::default()
        };
        self.event(&format!("{word}:{name}"), at, tool.turn.as_deref(), key, note);
    }

    /// Begins the keys of what a transcript tells as well: they are the same there.
    fn shared_prefix(&self) -> &'static str {
        if self.session.who.dialect == Dialect::Claude { TRANSCRIPT } else { PREFIX }
    }

    fn event(&mut self, event_type: &str, at: Micros, turn: Option<&str>, key: String, note: EventNote<'_>) {
        if self.known.is_of_transcript(&key) || self.known.is_told_better(&key, note.rank) {
            *self.told.kept.entry("event").or_default() += 1;
            return;
        }
        let (Ok(agent_id), Ok(id)) = (AgentId::new(self.session.id()), EventId::new(event_id(&key))) else {
            self.told.refused += 1;
            return;
        };
        self.told.records.push(Record::Event(EventRecord {
            event_type: event_type.to_owned(),
            agent_id,
            agent_type: Some(self.agent_type().to_owned()),
            event_id: Some(id),
            task_id: turn.and_then(|turn| self.tasks.get(turn).cloned()),
            swarm_id: self.swarm(),
            timestamp: at,
            metadata: note::json(&EventNote { via: VIA, ..note }),
            project: self.session.who.project.clone(),
            source: self.source(key),
        }));
    }

    /// The registry row of a session, and its spawn; nothing for what names no session.
    pub(super) fn life(&mut self) {
        let session = self.session;
        let (Some(first), Some(last), true) = (session.first, session.last, session.who.named) else { return };
        let (first, last) = match self.known.seen {
            Some((began, ended)) => (first.min(began), last.max(ended.unwrap_or(last))),
            None => (first, last),
        };
        let prefix = self.shared_prefix();
        self.event("spawn", first, None, format!("{prefix}{}:spawn", session.id()), EventNote::default());
        let key = format!("{prefix}{}:agent", session.id());
        if self.known.is_of_transcript(&key) {
            *self.told.kept.entry("agent").or_default() += 1;
            return;
        }
        let Ok(agent_id) = AgentId::new(session.id()) else { return };
        self.told.records.push(Record::Agent(AgentRecord {
            agent_id,
            agent_type: self.agent_type().to_owned(),
            status: AgentStatus::Complete,
            spawn_time: first,
            complete_time: Some(last),
            duration_ms: Some(milliseconds(first, last)),
            metadata: note::json(&EventNote { via: VIA, ..EventNote::default() }),
            project: session.who.project.clone(),
            source: self.source(key),
        }));
    }
}
