//! The state machine of one alert: inactive → pending → firing → resolved.
//!
//! | was \ verdict | holds | clear | not enough data |
//! |---|---|---|---|
//! | inactive, resolved | pending, or firing without `for` | inactive in the end | the same |
//! | pending | firing after `for` | inactive | inactive |
//! | firing | firing | resolved | firing for the rule's window, then resolved |

use std::collections::BTreeMap;

use super::{Found, words};
use crate::model::Micros;
use crate::model::alert::{
    Alert, AlertChange, AlertState, ChangeReason, Condition, Figures, ReadingVerdict, Rule, Subject, fingerprint,
};

/// The alert afterwards, and what became of it.
pub(super) type Step = (Option<Alert>, Option<AlertChange>);

/// Moves the alert there `was` on, or begins one.
pub(super) fn advance(rule: &Rule, found: &Found, verdict: ReadingVerdict, was: Option<&Alert>, now: Micros) -> Step {
    let fresh = || begin(rule, found.subject.clone(), now);
    let mut alert = was.cloned().unwrap_or_else(fresh);
    if verdict == ReadingVerdict::Holds && matches!(alert.state, AlertState::Inactive | AlertState::Resolved) {
        // Labels stay as they are while an alert goes on: by them receivers know which one ends.
        alert = Alert { state: alert.state, notified: alert.notified, ..fresh() };
    }
    alert.description.clone_from(&rule.description);
    let seen = matches!(rule.condition, Condition::Absence(_)) && (was.is_some() || found.figures.samples > 0);
    if verdict != ReadingVerdict::NotEnoughData {
        alert.figures = found.figures.clone();
        alert.summary = words::summary(rule, verdict, found.subject.as_ref(), &found.figures);
    }
    step(rule, alert, verdict, seen, now)
}

/// The same for an alert of whose subject nothing was found.
pub(super) fn vanished(rule: &Rule, verdict: ReadingVerdict, was: &Alert, now: Micros) -> Step {
    step(rule, was.clone(), verdict, false, now)
}

/// The same for an alert whose rule is gone or switched off.
pub(super) fn gone(was: &Alert, now: Micros) -> Step {
    match was.state {
        AlertState::Firing => move_to(was.clone(), AlertState::Resolved, ChangeReason::RuleGone, now),
        AlertState::Pending => {
            let (_, change) = move_to(was.clone(), AlertState::Inactive, ChangeReason::RuleGone, now);
            (None, change)
        }
        AlertState::Resolved if is_shown(was, now) => (Some(was.clone()), None),
        AlertState::Resolved | AlertState::Inactive => (None, None),
    }
}

fn step(rule: &Rule, mut alert: Alert, verdict: ReadingVerdict, seen: bool, now: Micros) -> Step {
    let lacking = verdict == ReadingVerdict::NotEnoughData;
    let reason = if lacking { ChangeReason::NotEnoughData } else { ChangeReason::Cleared };
    match (alert.state, verdict) {
        (AlertState::Inactive | AlertState::Resolved, ReadingVerdict::Holds) => {
            alert.active_at = Some(now);
            let next = if rule.hold.micros() == 0 { AlertState::Firing } else { AlertState::Pending };
            move_to(alert, next, ChangeReason::Holds, now)
        }
        (AlertState::Pending, ReadingVerdict::Holds) if is_over(alert.active_at, rule.hold.micros(), now) => {
            move_to(alert, AlertState::Firing, ChangeReason::Holds, now)
        }
        (AlertState::Pending | AlertState::Firing, ReadingVerdict::Holds) => {
            alert.lacking_since = None;
            (Some(alert), None)
        }
        (AlertState::Firing, ReadingVerdict::NotEnoughData) => {
            let since = *alert.lacking_since.get_or_insert(now);
            if is_over(Some(since), rule.window().micros(), now) {
                move_to(alert, AlertState::Resolved, reason, now)
            } else {
                (Some(alert), None)
            }
        }
        (AlertState::Firing, _) => move_to(alert, AlertState::Resolved, reason, now),
        (AlertState::Pending, _) => {
            let (alert, change) = move_to(alert, AlertState::Inactive, reason, now);
            (alert.filter(|_| seen), change)
        }
        (AlertState::Resolved, _) if is_shown(&alert, now) => (Some(alert), None),
        (AlertState::Resolved | AlertState::Inactive, _) => {
            let since = if alert.state == AlertState::Inactive { alert.since } else { now };
            (seen.then_some(Alert { state: AlertState::Inactive, since, ..alert }), None)
        }
    }
}

fn move_to(mut alert: Alert, to: AlertState, reason: ChangeReason, now: Micros) -> Step {
    let from = alert.state;
    alert.state = to;
    alert.since = now;
    alert.lacking_since = None;
    match to {
        AlertState::Firing => (alert.fired_at, alert.resolved_at) = (Some(now), None),
        AlertState::Resolved => alert.resolved_at = Some(now),
        AlertState::Inactive => alert.active_at = None,
        AlertState::Pending => {}
    }
    let change = AlertChange {
        id: 0,
        at: now,
        rule: alert.rule.clone(),
        subject: alert.subject.clone(),
        severity: alert.severity,
        labels: alert.labels.clone(),
        from,
        to,
        reason,
        summary: alert.summary.clone(),
        figures: alert.figures.clone(),
        silenced: false,
    };
    (Some(alert), Some(change))
}

fn is_over(since: Option<Micros>, length: i64, now: Micros) -> bool {
    since.is_some_and(|since| now.0.saturating_sub(since.0) >= length)
}

fn is_shown(alert: &Alert, now: Micros) -> bool {
    !is_over(alert.resolved_at, Alert::RESOLVED_SHOWN.micros(), now)
}

/// An alert that is still inactive.
fn begin(rule: &Rule, subject: Option<Subject>, now: Micros) -> Alert {
    let mut labels: BTreeMap<String, String> = rule.labels.clone();
    labels.insert("alertname".to_owned(), rule.name.clone());
    labels.insert("severity".to_owned(), rule.severity.as_str().to_owned());
    if let Some(Subject { label, value }) = &subject {
        labels.insert(label.clone(), value.clone());
    }
    Alert {
        rule: rule.name.clone(),
        description: rule.description.clone(),
        subject,
        severity: rule.severity,
        fingerprint: fingerprint(&labels),
        labels,
        state: AlertState::Inactive,
        summary: String::new(),
        figures: Figures::default(),
        since: now,
        active_at: None,
        fired_at: None,
        resolved_at: None,
        lacking_since: None,
        notified: false,
        silenced_by: Vec::new(),
    }
}
