//! What is no figure over records: trends, agents that are not heard of, patterns.

use super::read::{blank, of_everything, window};
use crate::alerts::{Found, Reading};
use crate::model::Micros;
use crate::model::aggregate::GroupBy;
use crate::model::alert::{AgentStale, PatternSeen, Rule, Subject, TrendRule};
use crate::model::pattern::Pattern;
use crate::model::time::MINUTE;
use crate::model::trend::{Trend, TrendPer, TrendQuery, Verdict};
use crate::service::{Service, ServiceError};

impl Service {
    /// Whether a metric degrades. Of everything together it is judged now; of each agent or swarm the list of what
    /// degrades is asked, which a job keeps: judging all of them takes too long for every look.
    pub(super) async fn read_trend(
        &self,
        rule: &Rule,
        asked: &TrendRule,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        if asked.per.is_some() {
            let kept = self.degrading(now).await?;
            let of_rule = |trend: &&Trend| {
                let whose = match asked.per {
                    Some(GroupBy::Agent) => trend.agent_id.as_deref(),
                    _ => trend.swarm_id.as_deref(),
                };
                let wanted = asked.filter.agent_id.as_deref().or(asked.filter.swarm_id.as_deref());
                trend.source == asked.source
                    && trend.metric == asked.metric
                    && whose.is_some()
                    && wanted.is_none_or(|wanted| whose == Some(wanted))
            };
            return Ok(degrading(rule, asked, kept.trends.iter().filter(of_rule), now));
        }
        let answer = self.trends(&question(asked), now).await?;
        Ok(of_fleet(rule, asked, answer.trends.first(), now))
    }

    /// Agents that are marked as stale. An alert starts only for those that became so within the window: agents of
    /// history that is imported are stale, and nobody's concern.
    pub(super) async fn read_stale(
        &self,
        rule: &Rule,
        asked: &AgentStale,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let after = self.stale_after();
        let mut snapshot = self.store().snapshot().await?;
        let limit = Rule::SUBJECTS_MAX + 1;
        let stale = snapshot.silent_agents(asked.agent_id.as_deref(), limit).await?;
        let subjects = stale.into_iter().map(|(agent_id, last)| silent(rule, asked, agent_id, last, after, now));
        Ok(cut(subjects.collect()))
    }

    /// For how many microseconds an agent at work may be silent.
    pub(super) fn stale_after(&self) -> i64 {
        i64::from(self.settings().agents.stale_after_minutes) * MINUTE
    }

    /// Kept patterns that were seen within the window.
    pub(super) async fn read_patterns(
        &self,
        rule: &Rule,
        asked: &PatternSeen,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let range = window(asked.window, now);
        let patterns = self.store().snapshot().await?.patterns().await?;
        let wanted = patterns.iter().filter(|pattern| is_wanted(asked, pattern) && range.contains(pattern.last_seen));
        let subjects = wanted.map(|pattern| {
            let times = pattern.recent.iter().filter(|occurrence| range.contains(occurrence.until)).count();
            seen(rule, asked, pattern, times, now)
        });
        Ok(cut(subjects.collect()))
    }
}

/// What a rule asks about trends.
pub(super) fn question(asked: &TrendRule) -> TrendQuery {
    TrendQuery {
        source: asked.source,
        metric: Some(asked.metric.clone()),
        filter: asked.filter.clone(),
        per: match asked.per {
            None => TrendPer::Fleet,
            Some(GroupBy::Agent) => TrendPer::Agent,
            Some(_) => TrendPer::Swarm,
        },
        ..TrendQuery::default()
    }
}

/// The trend of everything together, if there is one.
pub(super) fn of_fleet(rule: &Rule, asked: &TrendRule, trend: Option<&Trend>, now: Micros) -> Reading {
    let figures = || blank(rule, window(asked.window, now), 1);
    let nothing = || Found { subject: None, figures: figures(), holds: None, fresh: false };
    of_everything(trend.map_or_else(nothing, |trend| judged(rule, asked, trend, now)))
}

/// Those of `trends`, one an agent or swarm, that degrade.
pub(super) fn degrading<'a>(
    rule: &Rule,
    asked: &TrendRule,
    trends: impl Iterator<Item = &'a Trend>,
    now: Micros,
) -> Reading {
    let degrading = trends.filter(|trend| trend.verdict == Verdict::Degrading);
    cut(degrading.map(|trend| judged(rule, asked, trend, now)).collect())
}

fn judged(rule: &Rule, asked: &TrendRule, trend: &Trend, now: Micros) -> Found {
    let range = window(asked.window, now);
    let mut figures = blank(rule, range, Trend::SAMPLES_MIN as u64);
    (figures.value, figures.samples) = (trend.figures.change_percent, trend.figures.n);
    let subject = asked.per.and_then(|per| {
        let value = if per == GroupBy::Agent { trend.agent_id.clone() } else { trend.swarm_id.clone() };
        Some(Subject { label: per.as_str().to_owned(), value: value? })
    });
    Found {
        subject,
        figures,
        // Without a verdict the value is missing, and there is no limit to hold it against.
        holds: (trend.verdict != Verdict::NotEnoughData).then_some(trend.verdict == Verdict::Degrading),
        fresh: trend.figures.last.is_some_and(|last| last >= range.from),
    }
}

/// An agent at work that was last heard of more than `after` microseconds ago.
pub(super) fn silent(
    rule: &Rule,
    asked: &AgentStale,
    agent_id: String,
    last: Micros,
    after: i64,
    now: Micros,
) -> Found {
    let range = window(asked.window, now);
    let mut figures = blank(rule, range, 0);
    (figures.value, figures.samples) = (Some(milliseconds(now, last)), 1);
    Found {
        subject: Some(Subject { label: GroupBy::Agent.as_str().to_owned(), value: agent_id }),
        figures,
        holds: Some(true),
        fresh: last.0.saturating_add(after) >= range.from.0,
    }
}

/// Whether a rule is about this pattern.
pub(super) fn is_wanted(asked: &PatternSeen, pattern: &Pattern) -> bool {
    asked.pattern_type.is_none_or(|kind| pattern.pattern_type == kind)
        && asked.pattern_id.as_ref().is_none_or(|id| pattern.pattern_id == *id)
        && asked.event_type.as_ref().is_none_or(|event| pattern.events.contains(event))
        && pattern.confidence >= asked.min_confidence
}

/// A pattern that was seen so many `times` within the window. Only the newest occurrences are kept with it, at least
/// one of which lies there.
pub(super) fn seen(rule: &Rule, asked: &PatternSeen, pattern: &Pattern, times: usize, now: Micros) -> Found {
    let mut figures = blank(rule, window(asked.window, now), 0);
    let times = times.clamp(1, Pattern::RECENT_MAX);
    (figures.value, figures.samples) = (Some(pattern.confidence), times as u64);
    let subject = Some(Subject { label: "pattern_id".to_owned(), value: pattern.pattern_id.clone() });
    Found { subject, figures, holds: Some(true), fresh: true }
}

/// At most [`Rule::SUBJECTS_MAX`].
pub(super) fn cut(mut subjects: Vec<Found>) -> Reading {
    let truncated = subjects.len() > Rule::SUBJECTS_MAX;
    subjects.truncate(Rule::SUBJECTS_MAX);
    Reading::Found { subjects, truncated }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds between two instants stay far below 2^53")]
fn milliseconds(now: Micros, then: Micros) -> f64 {
    now.0.saturating_sub(then.0) as f64 / 1_000.0
}
