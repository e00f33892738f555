//! Turns and runs as task records.

use std::collections::BTreeMap;

use super::super::claims::launch_claim;
use super::super::key::{self, PREFIX};
use super::super::line::Usage;
use super::super::metadata::{CLAIMS_MAX, EventNote, ModelShare, REQUESTS_MAX, TaskNote, json};
use super::super::session::{Kind, Request, Start, Thread, Turn};
use super::{Draft, Group, Knowledge, Maker, RecordError};
use crate::model::{Record, SwarmId, TaskId, TaskRecord, TokenCounts};

impl<'a> Maker<'a> {
    pub(super) fn task(&mut self, draft: &Draft<'_>) -> Group {
        let session = self.session;
        let requests: Vec<&Request> = draft.requests.iter().map(|&index| &session.requests[index]).collect();
        let usage = requests.iter().map(|request| request.usage).fold(Usage::default(), sum);
        let tokens = TokenCounts {
            input: usage.input,
            output: usage.output,
            cache_read: usage.cache_read,
            cache_write: usage.cache_creation,
            reasoning: usage.thinking,
        };
        let calls: Vec<usize> =
            draft.requests.iter().filter_map(|request| self.calls.get(request)).flatten().copied().collect();
        let mut records = Vec::new();
        let record = self.task_record(draft, &requests, &calls, usage, tokens);
        self.keep(record, "task", draft.place, &mut records);
        let task = Some(draft.id.as_str());
        for &call in &calls {
            let call = &session.calls[call];
            let event = self.tool_event(draft.thread, task, call);
            self.keep(event, "event", call.place, &mut records);
        }
        for request in requests.iter().filter(|request| request.kind == Kind::ApiError) {
            let note = EventNote {
                line: request.place.line,
                error: request.error.map(|error| session.names.name(error)),
                ..EventNote::default()
            };
            let key = format!("{PREFIX}{}:api_error:{:016x}", session.id, request.key);
            let event = self.event("api_error", draft.thread, task, request.at, request.place, key, &note);
            self.keep(event, "event", request.place, &mut records);
        }
        for retry in self.retries.remove(&(draft.thread, draft.index)).unwrap_or_default() {
            let retry = &session.retries[retry];
            let event = self.retry_event(retry, task);
            self.keep(event, "event", retry.place, &mut records);
        }
        let launches = &session.threads[draft.thread].launches;
        let knows = Knowledge {
            requests: requests.iter().filter(|request| request.kind == Kind::Request).count() as u64,
            tokens: tokens.total().unwrap_or(0),
            launched: launches.get(draft.index).is_some(),
        };
        Group { task: Some(draft.key.clone()), knows, requests: api_requests(&requests), records }
    }

    fn task_record(
        &self,
        draft: &Draft<'_>,
        requests: &[&Request],
        calls: &[usize],
        usage: Usage,
        tokens: TokenCounts,
    ) -> Result<Record, RecordError> {
        let session = self.session;
        let thread = &session.threads[draft.thread];
        let models = self.models(requests);
        let model = models.iter().max_by_key(|(name, share)| (share.requests, share.output, std::cmp::Reverse(**name)));
        let model = model.map(|(name, _)| (*name).to_owned());
        let note =
            self.task_note(draft, requests, calls, usage, if models.len() > 1 { models } else { BTreeMap::new() });
        Ok(Record::Task(TaskRecord {
            task_id: TaskId::new(draft.id.as_str())?,
            agent_id: self.agent_id(draft.thread)?,
            result: draft.ending.result.clone(),
            timestamp: self.time(draft.ending.at)?,
            duration_ms: draft.ending.duration_ms,
            tokens_used: tokens.total(),
            files_changed: self.files_changed(thread, requests, calls),
            swarm_id: Some(SwarmId::new(session.id.as_str())?),
            model,
            tokens,
            cost_usd: None,
            metadata: json(&note),
            project: Some(session.project.clone()),
            source: self.source(draft.place, draft.key.clone()),
        }))
    }

    fn task_note(
        &self,
        draft: &Draft<'_>,
        requests: &[&Request],
        calls: &[usize],
        usage: Usage,
        models: BTreeMap<&'a str, ModelShare>,
    ) -> TaskNote<'a> {
        let session = self.session;
        let thread = &session.threads[draft.thread];
        let turn = thread.turns.get(draft.index);
        let launch = thread.launches.get(draft.index).filter(|_| thread.agent.is_some());
        let failed = |call: &&usize| session.answers.get(&session.calls[**call].id).is_some_and(|answer| answer.error);
        let mut claims: Vec<u64> = requests.iter().map(|request| request.key).collect();
        claims.extend(launch.map(|launch| launch_claim(&launch.call)));
        let retries = self.retries.get(&(draft.thread, draft.index)).into_iter().flatten();
        claims.extend(retries.map(|&retry| session.retries[retry].key));
        TaskNote {
            project: &session.project,
            of: if thread.agent.is_some() { "sub_agent_run" } else { "turn" },
            line: draft.place.line,
            prompt: match turn.map(|turn| turn.start) {
                Some(Start::Missing) => Some("missing"),
                Some(Start::Notification) => Some("task-notification"),
                Some(Start::Prompt) | None => None,
            },
            agent_type: thread.agent.as_ref().map(|_| self.agent_types[draft.thread]),
            launched_by: launch.map(|launch| &*launch.call),
            mode: launch
                .and_then(|launch| launch.status.as_deref())
                .map(|status| if status == "async_launched" { "background" } else { "foreground" }),
            warm_up: is_warm_up(thread, turn, calls),
            part: self.shared.contains(&(draft.thread, draft.index)),
            unfinished: draft.ending.result.is_none(),
            reported_duration_ms: turn.and_then(|turn| turn.reported_ms),
            requests: requests.iter().filter(|request| request.kind == Kind::Request).count() as u64,
            tool_calls: calls.len() as u64,
            tool_errors: calls.iter().filter(failed).count() as u64,
            reported_tool_calls: launch.filter(|_| requests.is_empty()).and_then(|launch| launch.tool_calls),
            last_request_tokens: launch.and_then(|launch| launch.last_request_tokens),
            tokens_cache_write_1h: usage.cache_creation_1h.filter(|tokens| *tokens > 0),
            web_searches: usage.web_searches.filter(|searches| *searches > 0),
            output_is_lower_bound: requests.iter().any(|request| request.kind == Kind::Request && !request.stopped),
            models,
            claims: key::write_claims(&claims[..claims.len().min(CLAIMS_MAX)]),
            request_ids: key::write_claims(&first_of(api_requests(requests))),
            claims_left_out: claims.len().saturating_sub(CLAIMS_MAX) as u64,
        }
    }

    fn models(&self, requests: &[&Request]) -> BTreeMap<&'a str, ModelShare> {
        let mut models: BTreeMap<&str, ModelShare> = BTreeMap::new();
        for request in requests {
            let Some(model) = request.model else { continue };
            let share = models.entry(self.session.names.name(model)).or_default();
            share.requests += 1;
            share.input = share.input.saturating_add(request.usage.input.unwrap_or(0));
            share.output = share.output.saturating_add(request.usage.output.unwrap_or(0));
            share.cache_read = share.cache_read.saturating_add(request.usage.cache_read.unwrap_or(0));
            share.cache_write = share.cache_write.saturating_add(request.usage.cache_creation.unwrap_or(0));
        }
        models
    }

    /// Distinct files that editing tools changed; `None` when a path is not known, or nothing of the
    /// work is (a run of which only the result is recorded).
    fn files_changed(&self, thread: &Thread, requests: &[&Request], calls: &[usize]) -> Option<i64> {
        if requests.is_empty() && thread.agent.is_some() {
            return None;
        }
        let mut files = Vec::new();
        for &call in calls {
            let call = &self.session.calls[call];
            let done = self.session.answers.get(&call.id).is_some_and(|answer| !answer.error);
            if let (Some(file), true) = (call.writes, done) {
                files.push(file?);
            }
        }
        files.sort_unstable();
        files.dedup();
        i64::try_from(files.len()).ok()
    }
}

/// What stands for the ids of `requests`.
fn api_requests(requests: &[&Request]) -> Vec<u64> {
    requests.iter().filter(|request| request.kind == Kind::Request).filter_map(|request| request.api).collect()
}

fn first_of(mut requests: Vec<u64>) -> Vec<u64> {
    requests.truncate(REQUESTS_MAX);
    requests
}

/// Said so, or as the older versions left them: a line or two that nobody's call started.
fn is_warm_up(thread: &Thread, turn: Option<&Turn>, calls: &[usize]) -> bool {
    let bare = thread.agent.is_some() && thread.launches.is_empty() && thread.lines <= 2 && calls.is_empty();
    bare || turn.is_some_and(|turn| turn.warm_up)
}

/// The sum, field by field; a field that neither has stays none.
fn sum(a: Usage, b: Usage) -> Usage {
    let add = |a: Option<i64>, b: Option<i64>| match (a, b) {
        (Some(a), Some(b)) => Some(a.saturating_add(b)),
        (a, b) => a.or(b),
    };
    Usage {
        input: add(a.input, b.input),
        output: add(a.output, b.output),
        cache_creation: add(a.cache_creation, b.cache_creation),
        cache_creation_1h: add(a.cache_creation_1h, b.cache_creation_1h),
        cache_read: add(a.cache_read, b.cache_read),
        thinking: add(a.thinking, b.thinking),
        web_searches: add(a.web_searches, b.web_searches),
    }
}
