//! Figures for rules, as they are, or were, at an instant.

use std::collections::{BTreeMap, HashMap};

use super::aggregate::Measured;
use crate::alerts::{Found, Reading};
use crate::model::alert::{Condition, Figures, Measure, Rule, Span};
use crate::model::{Micros, TimeRange};
use crate::service::{Service, ServiceError};

/// What was read in one look, so that rules which ask the same read it once.
#[derive(Debug, Default)]
pub(super) struct Memo {
    pub measured: HashMap<(Measure, Span, bool), Measured>,
}

impl Service {
    /// What each rule that is switched on asks for. One that cannot be read is logged, and stops nothing.
    pub(super) async fn read_rules(&self, rules: &[Rule], now: Micros) -> BTreeMap<String, Reading> {
        let (mut readings, mut memo) = (BTreeMap::new(), Memo::default());
        for rule in rules.iter().filter(|rule| rule.enabled) {
            let reading = match Box::pin(self.read_rule(rule, &mut memo, now)).await {
                Ok(reading) => reading,
                Err(error) => {
                    tracing::warn!(rule = rule.name, error = %error.problem(), "could not read the figures of a rule");
                    Reading::Failed
                }
            };
            readings.insert(rule.name.clone(), reading);
        }
        readings
    }

    /// What one rule asks for at `now`.
    pub(super) async fn read_rule(&self, rule: &Rule, memo: &mut Memo, now: Micros) -> Result<Reading, ServiceError> {
        match &rule.condition {
            Condition::Figure(figure) => self.read_figure(rule, figure, memo, now).await,
            Condition::Absence(absence) => self.read_absence(rule, absence, memo, now).await,
            Condition::TokenUse(tokens) => self.read_token_use(rule, tokens, memo, now).await,
            Condition::Latest(latest) => self.read_latest(rule, latest, memo, now).await,
            Condition::Trend(trend) => self.read_trend(rule, trend, now).await,
            Condition::AgentStale(stale) => self.read_stale(rule, stale, now).await,
            Condition::Pattern(pattern) => self.read_patterns(rule, pattern, now).await,
        }
    }
}

/// The window of `length` that ends at `now`.
pub(super) fn window(length: Span, now: Micros) -> TimeRange {
    TimeRange { from: Micros(now.0.saturating_sub(length.micros())), until: now }
}

/// Figures of `rule` over `range`, without a value yet.
pub(super) fn blank(rule: &Rule, range: TimeRange, samples_min: u64) -> Figures {
    Figures { limit: rule.limit(), samples_min, from: range.from, until: range.until, ..Figures::default() }
}

/// The one entry of a rule that is about everything.
pub(super) fn of_everything(found: Found) -> Reading {
    Reading::Found { subjects: vec![found], truncated: false }
}
