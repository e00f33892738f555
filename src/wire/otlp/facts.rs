//! What batches say, gathered by session: requests, tools, turns, and one event for everything else.

use std::collections::BTreeMap;

use super::note::Request;
use super::who::Who;
use super::{Attributes, Batch, logs, metrics, spans};
use crate::model::{MetricRecord, Micros, Record};
use crate::wire::lenient::{Haul, out_of_bounds};

/// A request, and the event that tells of it.
#[derive(Debug)]
pub(super) struct Asked {
    pub request: Request,
    pub event_type: String,
    pub at: Micros,
    pub attributes: Attributes,
}

/// A call of a tool.
#[derive(Debug, Default)]
pub(super) struct Tool {
    pub name: Option<String>,
    /// See [`super::note::EventNote::rank`].
    pub rank: u8,
    pub failed: bool,
    pub turn: Option<String>,
    /// When it was called.
    pub at: Option<Micros>,
    pub duration_ms: Option<f64>,
    pub attributes: Attributes,
}

/// What follows one prompt.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn {
    /// The id of the prompt's message.
    pub message: Option<String>,
    pub began: Option<Micros>,
    pub ended: Option<Micros>,
    /// The last request that failed for good.
    pub failed: Option<Micros>,
    /// Somebody stopped it.
    pub stopped: Option<Micros>,
}

impl Turn {
    pub(super) fn widen(&mut self, at: Micros) {
        self.began = Some(self.began.map_or(at, |began| began.min(at)));
        self.ended = Some(self.ended.map_or(at, |ended| ended.max(at)));
    }
}

/// Another event to be.
#[derive(Debug)]
pub(super) struct Happening {
    pub event_type: String,
    pub at: Micros,
    pub turn: Option<String>,
    pub duration_ms: Option<f64>,
    pub attributes: Attributes,
}

/// One session.
#[derive(Debug)]
pub struct Session {
    pub(super) who: Who,
    pub(super) service: String,
    pub(super) first: Option<Micros>,
    pub(super) last: Option<Micros>,
    /// By request id.
    pub(super) asked: BTreeMap<String, Asked>,
    /// By call.
    pub(super) tools: BTreeMap<String, Tool>,
    pub(super) turns: BTreeMap<String, Turn>,
    /// By source key.
    pub(super) happenings: BTreeMap<String, Happening>,
    /// For programs that name no turns: the one going on.
    pub(super) turn_now: Option<String>,
    /// The session that started this one.
    pub(super) parent: Option<String>,
}

impl Session {
    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.who.session
    }

    pub(super) fn see(&mut self, at: Micros, turn: Option<&str>) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
        if let Some(turn) = turn {
            self.turns.entry(turn.to_owned()).or_default().widen(at);
        }
    }

    /// Takes a request. A log knows more than a span; of two of a kind the first one counts.
    pub(super) fn ask(&mut self, asked: Asked) {
        match self.asked.get_mut(&asked.request.id) {
            Some(known) if known.request.rank >= asked.request.rank => {}
            Some(known) => *known = asked,
            None => {
                self.asked.insert(asked.request.id.clone(), asked);
            }
        }
    }
}

/// Gathers batches.
#[derive(Debug, Default)]
pub struct Facts {
    pub(super) sessions: BTreeMap<String, Session>,
    /// By source key: of a cumulative series the latest point, of others every one.
    pub(super) metrics: BTreeMap<String, MetricRecord>,
    gathered: usize,
}

impl Facts {
    /// How much is gathered: log records, spans and points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.gathered
    }

    /// Whether nothing is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gathered == 0
    }

    /// Takes a batch of `file`, where it stands at `place`. What has no time that may be stored is odd.
    pub fn take(&mut self, batch: Batch, file: &str, place: &str, now: Micros, haul: &mut Haul) {
        let Batch { resource, logs, spans, points } = batch;
        let bounded = |at: Option<Micros>, haul: &mut Haul| {
            let odd = at.map_or(Some("no time"), |at| out_of_bounds(at, now));
            if let Some(kind) = odd {
                haul.odd(kind, place, at.map_or_else(|| "it was left out".to_owned(), Micros::to_rfc3339));
                return None;
            }
            at
        };
        for log in logs {
            if let Some(at) = bounded(logs::time(&log), haul) {
                self.gathered += 1;
                logs::take(self, &resource, log, at);
            }
        }
        for span in spans {
            if let Some(ended) = bounded(span.began.and(span.ended), haul) {
                self.gathered += 1;
                spans::take(self, &resource, span, ended);
            }
        }
        for point in points {
            if let Some(at) = bounded(point.at, haul) {
                self.gathered += 1;
                metrics::take(self, &resource, &point, at, file);
            }
        }
    }

    /// What was gathered so far; then begins anew.
    pub fn drain(&mut self) -> (Vec<Session>, Vec<Record>) {
        let all = std::mem::take(self);
        (all.sessions.into_values().collect(), all.metrics.into_values().map(Record::AgentMetric).collect())
    }

    pub(super) fn session(&mut self, who: Who, service: &str) -> &mut Session {
        self.sessions.entry(who.session.clone()).or_insert_with(|| Session {
            who,
            service: service.to_owned(),
            first: None,
            last: None,
            asked: BTreeMap::new(),
            tools: BTreeMap::new(),
            turns: BTreeMap::new(),
            happenings: BTreeMap::new(),
            turn_now: None,
            parent: None,
        })
    }
}
