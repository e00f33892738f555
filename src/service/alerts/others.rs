//! What is no figure over records: trends, agents that are not heard of, patterns.

use super::read::{blank, of_everything, window};
use crate::alerts::{Found, Reading};
use crate::model::Micros;
use crate::model::aggregate::GroupBy;
use crate::model::alert::{AgentStale, PatternSeen, Rule, Subject, TrendRule};
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
        let range = window(asked.window, now);
        let found = |trend: &Trend| {
            let figures = &trend.figures;
            let mut shown = blank(rule, range, Trend::SAMPLES_MIN as u64);
            (shown.value, shown.samples) = (figures.change_percent, figures.n);
            let subject = asked.per.and_then(|per| {
                let value = if per == GroupBy::Agent { trend.agent_id.clone() } else { trend.swarm_id.clone() };
                Some(Subject { label: per.as_str().to_owned(), value: value? })
            });
            Found {
                subject,
                figures: shown,
                // Without a verdict the value is missing, and there is no limit to hold it against.
                holds: (trend.verdict != Verdict::NotEnoughData).then_some(trend.verdict == Verdict::Degrading),
                fresh: figures.last.is_some_and(|last| last >= range.from),
            }
        };
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
            let subjects: Vec<Found> = kept.trends.iter().filter(of_rule).map(found).collect();
            return Ok(cut(subjects));
        }
        let query = TrendQuery {
            source: asked.source,
            metric: Some(asked.metric.clone()),
            filter: asked.filter.clone(),
            per: TrendPer::Fleet,
            ..TrendQuery::default()
        };
        let answer = self.trends(&query, now).await?;
        let nothing = || Found { subject: None, figures: blank(rule, range, 1), holds: None, fresh: false };
        Ok(of_everything(answer.trends.first().map_or_else(nothing, found)))
    }

    /// Agents that are marked as stale. An alert starts only for those that became so within the window: agents of
    /// history that is imported are stale, and nobody's concern.
    pub(super) async fn read_stale(
        &self,
        rule: &Rule,
        asked: &AgentStale,
        now: Micros,
    ) -> Result<Reading, ServiceError> {
        let range = window(asked.window, now);
        let after = i64::from(self.settings().agents.stale_after_minutes) * MINUTE;
        let mut snapshot = self.store().snapshot().await?;
        let limit = Rule::SUBJECTS_MAX + 1;
        let stale = snapshot.silent_agents(asked.agent_id.as_deref(), limit).await?;
        let subjects = stale.into_iter().map(|(value, last)| {
            let mut figures = blank(rule, range, 0);
            (figures.value, figures.samples) = (Some(milliseconds(now, last)), 1);
            Found {
                subject: Some(Subject { label: GroupBy::Agent.as_str().to_owned(), value }),
                figures,
                holds: Some(true),
                fresh: last.0.saturating_add(after) >= range.from.0,
            }
        });
        Ok(cut(subjects.collect()))
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
        let wanted = patterns.into_iter().filter(|pattern| {
            asked.pattern_type.is_none_or(|kind| pattern.pattern_type == kind)
                && asked.pattern_id.as_ref().is_none_or(|id| pattern.pattern_id == *id)
                && asked.event_type.as_ref().is_none_or(|event| pattern.events.contains(event))
                && pattern.confidence >= asked.min_confidence
                && range.contains(pattern.last_seen)
        });
        let subjects = wanted.map(|pattern| {
            let mut figures = blank(rule, range, 0);
            // Only the newest occurrences are kept, at least one of which lies within the window.
            let seen = pattern.recent.iter().filter(|occurrence| range.contains(occurrence.until)).count();
            (figures.value, figures.samples) = (Some(pattern.confidence), seen.max(1) as u64);
            let subject = Some(Subject { label: "pattern_id".to_owned(), value: pattern.pattern_id });
            Found { subject, figures, holds: Some(true), fresh: true }
        });
        Ok(cut(subjects.collect()))
    }
}

/// At most [`Rule::SUBJECTS_MAX`].
fn cut(mut subjects: Vec<Found>) -> Reading {
    let truncated = subjects.len() > Rule::SUBJECTS_MAX;
    subjects.truncate(Rule::SUBJECTS_MAX);
    Reading::Found { subjects, truncated }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds between two instants stay far below 2^53")]
fn milliseconds(now: Micros, then: Micros) -> f64 {
    now.0.saturating_sub(then.0) as f64 / 1_000.0
}
