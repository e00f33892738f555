//! What a reading says: whether the condition holds, does not, or cannot be told.

use super::Found;
use crate::model::alert::{Alert, AlertState, Condition, ReadingVerdict, Rule};

/// Judges what was `found`, given the alert there `was` before.
pub(super) fn judge(rule: &Rule, found: &Found, was: Option<&Alert>) -> ReadingVerdict {
    let figures = &found.figures;
    let goes_on = was.is_some_and(|alert| matches!(alert.state, AlertState::Pending | AlertState::Firing));
    let holds = if let Condition::Absence(_) = rule.condition {
        // What never came while somebody watched is not missing.
        if figures.samples == 0 && was.is_none() {
            return ReadingVerdict::NotEnoughData;
        }
        figures.samples == 0
    } else if let Some(holds) = found.holds {
        holds
    } else {
        let (Some(value), Some(limit)) = (figures.value, figures.limit) else { return ReadingVerdict::NotEnoughData };
        if figures.samples < figures.samples_min {
            return ReadingVerdict::NotEnoughData;
        }
        limit.is_crossed(value, was.is_some_and(|alert| alert.state == AlertState::Firing))
    };
    if holds && (found.fresh || goes_on) { ReadingVerdict::Holds } else { ReadingVerdict::Clear }
}

/// What it means that a rule found nobody to look at.
pub(super) fn of_nobody(rule: &Rule) -> ReadingVerdict {
    match &rule.condition {
        // Only who is stale, who degrades, and what was seen, is found at all.
        Condition::AgentStale(_) | Condition::Pattern(_) => ReadingVerdict::Clear,
        Condition::Trend(trend) if trend.per.is_some() => ReadingVerdict::Clear,
        _ => ReadingVerdict::NotEnoughData,
    }
}

/// Whether `a` is nearer to an alert than `b`.
pub(super) fn is_worse(rule: &Rule, a: (ReadingVerdict, &Found), b: (ReadingVerdict, &Found)) -> bool {
    if a.0 != b.0 {
        return a.0 > b.0;
    }
    match (a.1.figures.value, b.1.figures.value) {
        (Some(a), Some(b)) => rule.limit().map_or(a > b, |limit| limit.is_worse(a, b)),
        (value, None) => value.is_some(),
        (None, Some(_)) => false,
    }
}
