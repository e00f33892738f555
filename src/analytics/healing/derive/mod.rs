//! Healings found in what agents did: a failed request, tool call or agent, and what followed it. The rules are in
//! [`rules`]; an event is read by [`Sign`].
//!
//! Each agent's events are folded in the order of time. A failure opens an *episode*; what comes strictly after its
//! failure was known may heal it, and not what the same answer of the model asked for: calls made side by side never
//! heal each other, and nothing heals at the same instant. A further failure of the same kind is an attempt that failed; a success ends the episode; after
//! [`rules::LIMIT`] without either it ends by itself. Until then it is *pending* and counted nowhere.

pub mod rules;
mod sign;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::model::Micros;
use crate::model::healing::Evidence;

pub use rules::{LIMIT, RULES, Rule};
use sign::Said;
pub use sign::{Sign, TASK};

/// A healing found in events.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The rule's strategy.
    pub strategy: &'static str,
    /// What failed, such as `tool_error:Bash`.
    pub failure_type: String,
    /// Whether it worked.
    pub success: bool,
    /// When it ended: the attempt's outcome was known, or the limit was over.
    pub ended: Micros,
    /// From the failure before it, in milliseconds; `None` when nothing was tried in time.
    pub duration_ms: Option<f64>,
    /// When the episode's first failure was known.
    pub detected_at: Micros,
    /// The first failure's event.
    pub failure_id: String,
    /// Which attempt at this failure it is, from 1.
    pub attempt: u32,
    /// The failure before it, and what ended it.
    pub evidence: Vec<Evidence>,
    /// The project of the first failure.
    pub project: Option<String>,
    /// From the first failure to the last instant at which an event could change this.
    pub span: Span,
}

/// A failure that may still heal.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// What failed.
    pub failure_type: String,
    /// The first failure's event.
    pub failure_id: String,
    /// When the first failure was known.
    pub detected_at: Micros,
    /// The rule by which it counts as not healed after the limit.
    pub strategy: &'static str,
    /// The project of the first failure.
    pub project: Option<String>,
    /// As of [`Derived::span`]; after its end it is decided.
    pub span: Span,
}

/// A stretch of time, both ends inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first instant.
    pub from: Micros,
    /// Its last.
    pub until: Micros,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Healings, by episode in the order in which they were decided.
    pub healings: Vec<Derived>,
    /// Failures that may still heal.
    pub pending: Vec<Pending>,
}

/// Finds the healings in the signs of one agent, which may come in any order. At `now` failures before the limit are
/// pending.
#[must_use]
pub fn derive(mut signs: Vec<Sign>, now: Micros) -> Findings {
    // What begins at the same instant is put in an order of its own: arrival must not matter.
    signs.sort_by(|a, b| {
        (a.at, &a.evidence.id, &a.evidence.event_type).cmp(&(b.at, &b.evidence.id, &b.evidence.event_type))
    });
    let mut agent = Agent::default();
    signs.into_iter().for_each(|sign| agent.see(sign));
    agent.end(now)
}

/// What fails together, and is healed together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Track {
    Requests,
    Life,
    Tool(Box<str>),
}

impl Track {
    fn rule(&self) -> &'static Rule {
        match self {
            Self::Requests => &rules::RETRY_REQUEST,
            Self::Life => &rules::RESPAWN,
            Self::Tool(_) => &rules::RETRY_TOOL,
        }
    }
}

/// A failure, and those that followed it, until it is decided.
#[derive(Debug)]
struct Episode {
    failure_type: String,
    first: Sign,
    /// The last failure's event, when the last of them was known, and the answer that asked for it.
    last: Evidence,
    known: Micros,
    reply: Option<Box<str>>,
    attempts: u32,
    /// The first call of another tool that worked since the last failure.
    detour: Option<Sign>,
    found: Vec<Derived>,
}

impl Episode {
    fn new(failure_type: String, first: Sign) -> Self {
        Self {
            failure_type,
            last: first.evidence.clone(),
            known: first.known,
            reply: first.reply.clone(),
            first,
            attempts: 0,
            detour: None,
            found: Vec::new(),
        }
    }

    /// The last instant at which something can heal it.
    fn limit(&self) -> Micros {
        Micros(self.known.0.saturating_add(LIMIT))
    }

    /// Whether `sign` began when the failure was known, so that it may be meant to heal it.
    fn precedes(&self, sign: &Sign) -> bool {
        let side_by_side = self.reply.is_some() && self.reply == sign.reply;
        sign.at > self.known && !side_by_side
    }

    /// Takes another failure: an attempt that failed, unless it was made side by side with the last one.
    fn fail(&mut self, rule: &Rule, sign: Sign) {
        if self.precedes(&sign) {
            self.attempt(rule.strategy, false, &sign);
            self.detour = None;
        } else if sign.known <= self.known {
            return;
        }
        self.last = sign.evidence;
        self.known = sign.known;
        self.reply = sign.reply;
        let (known, detour) = (self.known, self.detour.take());
        self.detour = detour.filter(|detour| detour.at > known);
    }

    fn attempt(&mut self, strategy: &'static str, success: bool, by: &Sign) {
        let ended = by.known.max(self.known);
        let evidence = vec![self.last.clone(), by.evidence.clone()];
        self.note(strategy, success, ended, Some(milliseconds(self.known, ended)), evidence);
    }

    fn note(
        &mut self,
        strategy: &'static str,
        success: bool,
        ended: Micros,
        duration_ms: Option<f64>,
        evidence: Vec<Evidence>,
    ) {
        self.attempts += 1;
        self.found.push(Derived {
            strategy,
            failure_type: self.failure_type.clone(),
            success,
            ended,
            duration_ms,
            detected_at: self.first.known,
            failure_id: self.first.evidence.id.clone(),
            attempt: self.attempts,
            evidence,
            project: self.first.project.as_deref().map(str::to_owned),
            span: self.span(),
        });
    }

    fn span(&self) -> Span {
        Span { from: self.first.at, until: self.limit() }
    }

    /// What was found, once nothing can change it; `until` is the last instant at which something could.
    fn close(mut self, until: Micros) -> Vec<Derived> {
        let span = Span { from: self.first.at, until };
        self.found.iter_mut().for_each(|found| found.span = span);
        self.found
    }

    /// Ends it by the limit: a detour, or nothing.
    fn give_up(mut self, rule: &Rule) -> Vec<Derived> {
        let limit = self.limit();
        match self.detour.take() {
            Some(detour) => self.attempt(rules::DETOUR.strategy, true, &detour),
            None => self.note(rule.strategy, false, limit, None, vec![self.last.clone()]),
        }
        self.close(limit)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a duration stays far below 2^53 µs")]
fn milliseconds(from: Micros, until: Micros) -> f64 {
    until.0.saturating_sub(from.0).max(0) as f64 / 1000.0
}

/// One agent, as far as its events were seen.
#[derive(Debug, Default)]
struct Agent {
    open: BTreeMap<Track, Episode>,
    findings: Findings,
}

impl Agent {
    fn see(&mut self, sign: Sign) {
        self.expire(sign.at);
        self.heal(&sign);
        let (track, failure_type) = match &sign.said {
            Said::ToolFailed(tool) => (Track::Tool(tool.clone()), sign.evidence.event_type.clone()),
            Said::RequestFailed(Some(why)) => (Track::Requests, format!("api_error:{why}")),
            Said::RequestFailed(None) => (Track::Requests, "api_error".to_owned()),
            Said::AgentFailed => (Track::Life, rules::RESPAWN.failure_type.to_owned()),
            Said::ToolWorked(_) | Said::Answered | Said::Spawned | Said::Alive => return,
        };
        match self.open.get_mut(&track) {
            // Nothing tries to respawn an agent by letting it fail again.
            Some(episode) if track == Track::Life => episode.known = episode.known.max(sign.known),
            Some(episode) => episode.fail(track.rule(), sign),
            None => {
                self.open.insert(track, Episode::new(failure_type, sign));
            }
        }
    }

    /// Ends what `sign` heals.
    fn heal(&mut self, sign: &Sign) {
        let after = |episode: &Episode| episode.precedes(sign);
        if let Said::ToolWorked(tool) = &sign.said {
            let same = Track::Tool(tool.clone());
            for (track, episode) in &mut self.open {
                let other = matches!(track, Track::Tool(_)) && *track != same;
                if other && episode.precedes(sign) && episode.detour.is_none() {
                    episode.detour = Some(sign.clone());
                }
            }
            self.end_if(&same, after, sign);
        }
        let answered = matches!(sign.said, Said::ToolWorked(_) | Said::ToolFailed(_) | Said::Answered);
        if answered {
            self.end_if(&Track::Requests, after, sign);
        }
        match sign.said {
            Said::Spawned => self.end_if(&Track::Life, after, sign),
            // It was not down.
            _ if (answered || sign.said == Said::Alive) && self.open.get(&Track::Life).is_some_and(after) => {
                self.open.remove(&Track::Life);
            }
            _ => {}
        }
    }

    fn end_if(&mut self, track: &Track, ends: impl Fn(&Episode) -> bool, sign: &Sign) {
        if !self.open.get(track).is_some_and(ends) {
            return;
        }
        if let Some(mut episode) = self.open.remove(track) {
            episode.attempt(track.rule().strategy, true, sign);
            self.findings.healings.extend(episode.close(sign.at));
        }
    }

    /// Ends what nothing can heal any more at `now`.
    fn expire(&mut self, now: Micros) {
        let over: Vec<Track> =
            self.open.iter().filter(|(_, episode)| episode.limit() < now).map(|(track, _)| track.clone()).collect();
        for track in over {
            if let Some(episode) = self.open.remove(&track) {
                self.findings.healings.extend(episode.give_up(track.rule()));
            }
        }
    }

    fn end(mut self, now: Micros) -> Findings {
        self.expire(now);
        for (track, episode) in self.open {
            self.findings.pending.push(Pending {
                failure_type: episode.failure_type.clone(),
                failure_id: episode.first.evidence.id.clone(),
                detected_at: episode.first.known,
                strategy: track.rule().strategy,
                project: episode.first.project.as_deref().map(str::to_owned),
                span: episode.span(),
            });
        }
        self.findings
    }
}
