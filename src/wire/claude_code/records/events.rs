//! Events and registry rows of a session.

use super::super::key::{self, PREFIX};
use super::super::metadata::{EventNote, json};
use super::super::session::{Call, Place, Retry};
use super::super::verdict::{Ending, between};
use super::{Group, Knowledge, Maker, RecordError};
use crate::model::{AgentRecord, AgentStatus, EventId, EventRecord, Micros, Outcome, Record, SwarmId, TaskId};

/// The tool's name in the event of an error whose call is not in the transcript.
pub const UNMATCHED: &str = "?unmatched";

impl Maker<'_> {
    #[expect(
        clippy::too_many_arguments,
        reason = "an event is made of these, and a struct would only repeat EventRecord"
    )]
    pub(super) fn event(
        &self,
        event_type: &str,
        thread: usize,
        task: Option<&str>,
        at: Option<Micros>,
        place: Place,
        key: String,
        note: &EventNote<'_>,
    ) -> Result<Record, RecordError> {
        let timestamp = self.time(at)?;
        Ok(Record::Event(EventRecord {
            event_type: event_type.to_owned(),
            agent_id: self.agent_id(thread)?,
            agent_type: Some(self.agent_types[thread].to_owned()),
            event_id: Some(EventId::new(key::event_id(&key))?),
            task_id: task.map(TaskId::new).transpose()?,
            swarm_id: Some(SwarmId::new(self.session.id.as_str())?),
            timestamp,
            metadata: json(note),
            project: Some(self.session.project.clone()),
            source: self.source(place, key),
        }))
    }

    pub(super) fn tool_event(&self, thread: usize, task: Option<&str>, call: &Call) -> Result<Record, RecordError> {
        let answer = self.session.answers.get(&call.id);
        let name = self.session.names.name(call.name);
        let word = if answer.is_some_and(|answer| answer.error) { "tool_error" } else { "tool" };
        let note = EventNote {
            line: call.place.line,
            duration_ms: between(call.at, answer.and_then(|answer| answer.at)),
            call: Some(&call.id),
            reply: self.session.requests.get(call.request).map(|request| format!("{:016x}", request.key)),
            unanswered: answer.is_none(),
            ..EventNote::default()
        };
        let key = format!("{PREFIX}{}:tool:{}", self.session.id, call.id);
        self.event(&format!("{word}:{name}"), thread, task, call.at, call.place, key, &note)
    }

    pub(super) fn retry_event(&self, retry: &Retry, task: Option<&str>) -> Result<Record, RecordError> {
        let note = EventNote {
            line: retry.place.line,
            status: retry.status,
            attempt: retry.attempt,
            max_attempts: retry.most,
            wait_ms: retry.wait_ms,
            ..EventNote::default()
        };
        let key = format!("{PREFIX}{}:api_retry:{:016x}", self.session.id, retry.key);
        self.event("api_retry", retry.turn.0, task, Some(retry.at), retry.place, key, &note)
    }

    /// What belongs to no task: errors without their call, compactions, retries before any turn.
    pub(super) fn loose_events(&mut self, groups: &mut Vec<Group>) {
        let (session, owned) = (self.session, self.owned);
        let mut records = Vec::new();
        for call in &owned.unmatched_errors {
            let Some(answer) = session.answers.get(call) else { continue };
            let note = EventNote { line: answer.place.line, call: Some(call), ..EventNote::default() };
            let key = format!("{PREFIX}answer:{:016x}", key::short(&["answer", call]));
            let event = self.event(
                &format!("tool_error:{UNMATCHED}"),
                answer.thread,
                None,
                answer.at,
                answer.place,
                key,
                &note,
            );
            self.keep(event, "event", answer.place, &mut records);
        }
        for (compaction, _) in session.compactions.iter().zip(&owned.compactions).filter(|(_, own)| **own) {
            let note = EventNote {
                line: compaction.place.line,
                trigger: compaction.trigger.map(|trigger| session.names.name(trigger)),
                tokens_before: compaction.tokens_before,
                tokens_after: compaction.tokens_after,
                ..EventNote::default()
            };
            let key = format!("{PREFIX}compaction:{:016x}", compaction.key);
            let event =
                self.event("compaction", compaction.thread, None, Some(compaction.at), compaction.place, key, &note);
            self.keep(event, "event", compaction.place, &mut records);
        }
        let untold = std::mem::take(&mut self.retries);
        let before_any = session.retries.iter().enumerate().zip(&owned.retries);
        let before_any =
            before_any.filter(|((_, retry), own)| **own && retry.turn.1.is_none()).map(|((index, _), _)| index);
        let mut untold: Vec<usize> = untold.into_values().flatten().chain(before_any).collect();
        untold.sort_unstable();
        for retry in untold {
            let event = self.retry_event(&session.retries[retry], None);
            self.keep(event, "event", session.retries[retry].place, &mut records);
        }
        groups.push(Group { task: None, knows: Knowledge::default(), requests: Vec::new(), records });
    }

    /// The registry row and the `spawn` and `complete` events of an agent. They go with `task`, its
    /// first: where the store knows more of that, it knows more of the agent.
    pub(super) fn life(
        &mut self,
        thread: usize,
        began: Option<Micros>,
        last: Option<Ending>,
        groups: &mut Vec<Group>,
        (task, knows): (Option<String>, Knowledge),
    ) {
        let session = self.session;
        let whole = &session.threads[thread];
        let main = whole.agent.is_none();
        let spawned = if main { whole.first.or(began) } else { began.or(whole.first) };
        let result = last.as_ref().and_then(|ending| ending.result.clone());
        // A main thread ends with its last line; what it was last asked may have failed without ending it.
        let open = last.as_ref().is_some_and(|ending| ending.result.is_none());
        let ended = if main { whole.last } else { last.and_then(|ending| ending.at).or(whole.last) };
        let status = match (&result, open) {
            (_, true) if main || !whole.turns.is_empty() => AgentStatus::Running,
            (_, true) => AgentStatus::Spawned,
            (Some(Outcome::Failure), false) if !main => AgentStatus::Error,
            (_, false) => AgentStatus::Complete,
        };
        let ended = ended.filter(|_| matches!(status, AgentStatus::Complete | AgentStatus::Error));
        let name = whole.agent.as_deref().map_or_else(String::new, |agent| format!(":{agent}"));
        let mut records = Vec::new();
        let launched_by = whole.launches.first().map(|launch| &*launch.call);
        let note = EventNote {
            project: Some(&session.project),
            line: whole.place.line,
            launched_by,
            versions: if main { session.versions.iter().map(String::as_str).collect() } else { Vec::new() },
            copied_from: if main { session.foreign.iter().map(String::as_str).collect() } else { Vec::new() },
            ..EventNote::default()
        };
        let row = self.registry_row(thread, status, (spawned, ended), &name, &note);
        self.keep(row, "agent", whole.place, &mut records);
        let note =
            EventNote { project: Some(&session.project), line: whole.place.line, launched_by, ..EventNote::default() };
        let key = format!("{PREFIX}{}:spawn{name}", session.id);
        let event = self.event("spawn", thread, None, spawned, whole.place, key, &note);
        self.keep(event, "event", whole.place, &mut records);
        if ended.is_some() {
            let note = EventNote {
                project: Some(&session.project),
                duration_ms: between(spawned, ended),
                result: result.as_ref().map(Outcome::as_str),
                ..EventNote::default()
            };
            let key = format!("{PREFIX}{}:complete{name}", session.id);
            let event = self.event("complete", thread, None, ended, whole.place, key, &note);
            self.keep(event, "event", whole.place, &mut records);
        }
        groups.push(Group { task: task.filter(|_| !main), knows, requests: Vec::new(), records });
    }

    fn registry_row(
        &self,
        thread: usize,
        status: AgentStatus,
        (spawned, ended): (Option<Micros>, Option<Micros>),
        name: &str,
        note: &EventNote<'_>,
    ) -> Result<Record, RecordError> {
        let place = self.session.threads[thread].place;
        Ok(Record::Agent(AgentRecord {
            agent_id: self.agent_id(thread)?,
            agent_type: self.agent_types[thread].to_owned(),
            status,
            spawn_time: self.time(spawned)?,
            complete_time: ended,
            duration_ms: between(spawned, ended),
            metadata: json(note),
            project: Some(self.session.project.clone()),
            source: self.source(place, format!("{PREFIX}{}:agent{name}", self.session.id)),
        }))
    }
}
