//! What rules that are no figures over records would have read at past instants. Figures of records are read at any
//! instant as they are now; for the others, what is known of the past is gathered once ([`Past`]).
//!
//! What stands behind it is today's: the patterns, the lives of agents, how long an agent may be silent.

use super::others::{cut, degrading, is_wanted, of_fleet, question, seen, silent};
use super::read::{Memo, blank, of_everything, window};
use crate::alerts::{Found, Reading};
use crate::model::alert::{AgentStale, Condition, PatternSeen, Rule, TrendRule};
use crate::model::time::MINUTE;
use crate::model::trend::TrendQuery;
use crate::model::{Micros, Problem, TimeRange};
use crate::service::patterns::Moments;
use crate::service::{Service, ServiceError};
use crate::store::read::Silence;

/// Most times that a dry run looks at the newest records of one agent or swarm, over all its looks.
const TRENDS_MAX: u64 = 10_000;
/// Most lengths of silence to step over, of all agents together: what keeps the search for silences short.
const STEPS_MAX: i64 = 1_000_000;

/// What is known of the past for one rule.
#[derive(Debug)]
pub(super) enum Past {
    /// It is read at each look.
    Read,
    /// Agents that were silent, and for how long one may be.
    Silences(Vec<Silence>, i64),
    /// When patterns were seen, and since when that is known (`None` = ever).
    Seen(Vec<Moments>, Option<Micros>),
}

impl Past {
    /// What somebody should know who reads the result.
    pub fn note(&self) -> Option<String> {
        match self {
            Self::Read => None,
            Self::Silences(_, after) => {
                Some(format!("stale = at work and silent for {} min, as it is set now", after / MINUTE))
            }
            Self::Seen(_, from) => {
                let since = from.map(|from| format!(", and in the events since {} only", from.to_rfc3339()));
                Some(format!("the patterns are those that are known today{}", since.unwrap_or_default()))
            }
        }
    }
}

impl Service {
    /// Gathers what `rule` could have seen in `range`.
    pub(super) async fn past(&self, rule: &Rule, range: TimeRange, now: Micros) -> Result<Past, ServiceError> {
        match &rule.condition {
            Condition::AgentStale(stale) => self.past_silences(stale, range).await,
            Condition::Pattern(pattern) => {
                let (seen, from) = self.pattern_moments(|known| is_wanted(pattern, known), now).await?;
                Ok(Past::Seen(seen, from))
            }
            _ => Ok(Past::Read),
        }
    }

    async fn past_silences(&self, stale: &AgentStale, range: TimeRange) -> Result<Past, ServiceError> {
        let after = self.stale_after();
        let most = STEPS_MAX / (range.until.0.saturating_sub(range.from.0) / after + 1);
        let most = usize::try_from(most).unwrap_or(0).min(Rule::SUBJECTS_MAX);
        let agent_id = stale.agent_id.as_deref();
        let (silences, agents) = self.store().snapshot().await?.silences(agent_id, range, after, most).await?;
        if agents > most {
            let detail = format!(
                "{agents} agents were at work in that time, and a dry run looks at {most} over a range of that length: \
                 choose a shorter one, or write `agent_id` into the rule"
            );
            return Err(Problem::bad_request(detail).into());
        }
        Ok(Past::Silences(silences, after))
    }

    /// How many looks a rule can afford. Judging the trend of every agent or swarm takes a search for each.
    pub(super) async fn looks_affordable(&self, rule: &Rule, looks: i64, now: Micros) -> Result<i64, ServiceError> {
        let Condition::Trend(trend) = &rule.condition else { return Ok(looks) };
        if trend.per.is_none() {
            return Ok(looks);
        }
        let subjects = self.trends(&TrendQuery { limit: Some(1), ..question(trend) }, now).await?.subjects;
        let affordable = i64::try_from(TRENDS_MAX / subjects.max(1)).unwrap_or(i64::MAX);
        Ok(looks.min(affordable.max(1)))
    }

    /// What `rule` would have read at `at`.
    pub(super) async fn read_past(&self, rule: &Rule, past: &Past, at: Micros) -> Result<Reading, ServiceError> {
        match (&rule.condition, past) {
            (Condition::Trend(trend), _) => self.read_trend_at(rule, trend, at).await,
            (Condition::AgentStale(stale), Past::Silences(silences, after)) => {
                Ok(read_silences(rule, stale, silences, *after, at))
            }
            (Condition::Pattern(pattern), Past::Seen(moments, from)) => {
                Ok(read_moments(rule, pattern, moments, *from, at))
            }
            _ => Box::pin(self.read_rule(rule, &mut Memo::default(), at)).await,
        }
    }

    async fn read_trend_at(&self, rule: &Rule, asked: &TrendRule, at: Micros) -> Result<Reading, ServiceError> {
        let trends = self.trends_at(&question(asked), at).await?;
        Ok(match asked.per {
            None => of_fleet(rule, asked, trends.first(), at),
            Some(_) => degrading(rule, asked, trends.iter(), at),
        })
    }
}

fn read_silences(rule: &Rule, asked: &AgentStale, silences: &[Silence], after: i64, at: Micros) -> Reading {
    let holds = |silence: &&Silence| {
        silence.last.0.saturating_add(after) < at.0 && silence.until.is_none_or(|until| until > at)
    };
    let found = silences.iter().filter(holds).map(|silence| {
        let Silence { agent_id, last, .. } = silence.clone();
        silent(rule, asked, agent_id, last, after, at)
    });
    cut(found.collect())
}

fn read_moments(
    rule: &Rule,
    asked: &PatternSeen,
    moments: &[Moments],
    known_from: Option<Micros>,
    at: Micros,
) -> Reading {
    let range = window(asked.window, at);
    if known_from.is_some_and(|from| range.from < from) {
        return of_everything(Found { subject: None, figures: blank(rule, range, 1), holds: None, fresh: false });
    }
    let found = moments.iter().filter_map(|Moments { pattern, ends }| {
        let before = |time: Micros| ends.partition_point(|end| *end < time);
        let times = before(range.until).saturating_sub(before(range.from));
        (times > 0).then(|| seen(rule, asked, pattern, times, at))
    });
    cut(found.collect())
}
