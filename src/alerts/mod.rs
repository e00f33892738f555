//! Alerting: rules, what was read for them, and the alerts that come of it. Pure: no I/O, no clock, no randomness.
//!
//! [`evaluate`] is one look: it judges every reading (`judge`), moves every alert on (`machine`), says it in words
//! (`words`) and decides who is told. [`Replay`] is the same look over and over, for dry runs. Not here: reading figures
//! (`service::alerts`), keeping alerts (`store::alerts`), telling the world (the channels).

mod judge;
mod machine;
mod replay;
mod words;

use std::collections::BTreeMap;

use crate::model::Micros;
use crate::model::alert::{
    Alert, AlertChange, AlertState, Figures, Notification, NotificationStatus, ReadingVerdict, Rule, RuleReading,
    Silence, Subject,
};

pub use replay::Replay;

/// What was read for one rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// One entry for each subject there is; exactly one, without a subject, where the rule is about everything.
    Found {
        /// The entries.
        subjects: Vec<Found>,
        /// Whether there are more subjects than were read.
        truncated: bool,
    },
    /// It could not be read: nothing changes.
    Failed,
}

/// What was read of one subject.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Whom it is about.
    pub subject: Option<Subject>,
    /// The figures.
    pub figures: Figures,
    /// Whether the condition holds, where the reader knows: `None` = the figures are to be held against the limit.
    pub holds: Option<bool>,
    /// Whether it speaks of the present, so that an alert may start. What does not can only keep one going.
    pub fresh: bool,
}

/// One moment, as [`evaluate`] sees it.
#[derive(Debug, Clone, Default)]
pub struct Snapshot<'a> {
    /// What was read, by the name of the rule.
    pub readings: BTreeMap<String, Reading>,
    /// The alerts as the last look left them, in the order of their keys.
    pub standing: &'a [Alert],
    /// Every silence.
    pub silences: &'a [Silence],
}

/// What a look comes to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    /// The alerts as they are now, in the order of their keys. Those of state inactive are not shown: they say that a rule about absence has seen
    /// something that can be missing.
    pub standing: Vec<Alert>,
    /// What became of them, in the same order.
    pub changes: Vec<AlertChange>,
    /// What the channels are to be told.
    pub notifications: Vec<Notification>,
    /// What each rule that was looked at says, by its name.
    pub readings: BTreeMap<String, RuleReading>,
}

/// One look at `now`.
#[must_use]
pub fn evaluate(rules: &[Rule], snapshot: &Snapshot<'_>, now: Micros) -> Evaluation {
    let mut evaluation = Evaluation::default();
    let mut before: BTreeMap<&str, Vec<&Alert>> = BTreeMap::new();
    for alert in snapshot.standing {
        before.entry(&alert.rule).or_default().push(alert);
    }
    for rule in rules.iter().filter(|rule| rule.enabled) {
        let own = before.remove(rule.name.as_str()).unwrap_or_default();
        match snapshot.readings.get(&rule.name) {
            Some(Reading::Found { subjects, truncated }) => {
                evaluation.look(rule, subjects, *truncated, &own, now);
            }
            Some(Reading::Failed) | None => {
                evaluation.standing.extend(own.into_iter().cloned());
                evaluation.readings.insert(rule.name.clone(), failed());
            }
        }
    }
    for alert in before.into_values().flatten() {
        evaluation.take(machine::gone(alert, now));
    }
    evaluation.standing.sort_by(|a, b| a.key().cmp(&b.key()));
    evaluation.changes.sort_by(|a, b| (&a.rule, &a.subject).cmp(&(&b.rule, &b.subject)));
    evaluation.tell(snapshot.silences, now);
    evaluation
}

impl Evaluation {
    /// Whether anything has to be kept: an alert moved on, began or ended to lack data, was told, or is silenced
    /// otherwise than in `before`. New figures alone are not kept.
    #[must_use]
    pub fn has_moved(&self, before: &[Alert]) -> bool {
        let place = |alert: &Alert| (alert.state, alert.since, alert.lacking_since, alert.notified);
        let same = |(now, before): (&Alert, &Alert)| {
            now.key() == before.key() && place(now) == place(before) && now.silenced_by == before.silenced_by
        };
        let unmoved = self.standing.len() == before.len() && self.standing.iter().zip(before).all(same);
        !unmoved || !self.changes.is_empty() || !self.notifications.is_empty()
    }

    /// Judges one rule and moves its alerts on.
    fn look(&mut self, rule: &Rule, subjects: &[Found], truncated: bool, own: &[&Alert], now: Micros) {
        let mut own: BTreeMap<Option<&Subject>, &Alert> =
            own.iter().map(|alert| (alert.subject.as_ref(), *alert)).collect();
        let mut worst: Option<(ReadingVerdict, &Found)> = None;
        for found in subjects {
            let was = own.remove(&found.subject.as_ref());
            let verdict = judge::judge(rule, found, was);
            self.take(machine::advance(rule, found, verdict, was, now));
            if worst.is_none_or(|worst| judge::is_worse(rule, (verdict, found), worst)) {
                worst = Some((verdict, found));
            }
        }
        for alert in own.into_values() {
            // Nobody reported it: of what is only found while it holds, that means that it does not any more.
            self.take(machine::vanished(rule, judge::of_nobody(rule), alert, now));
        }
        self.readings.insert(rule.name.clone(), reading(rule, worst, subjects.len() as u64, truncated));
    }

    fn take(&mut self, (alert, change): machine::Step) {
        self.standing.extend(alert);
        self.changes.extend(change);
    }

    /// Finds out which alerts are silenced, and whom to tell of the others. An alert that fired in silence is told when
    /// the silence ends; of one that was told, the end is told in any case, so that nobody waits for it.
    fn tell(&mut self, silences: &[Silence], now: Micros) {
        for alert in &mut self.standing {
            let quiet = silences.iter().filter(|silence| silence.holds(now) && silence.matches(&alert.labels));
            alert.silenced_by = quiet.map(|silence| silence.id).collect();
            let status = match alert.state {
                AlertState::Firing if !alert.notified && alert.silenced_by.is_empty() => NotificationStatus::Firing,
                AlertState::Resolved if alert.notified => NotificationStatus::Resolved,
                _ => continue,
            };
            alert.notified = status == NotificationStatus::Firing;
            self.notifications.push(Notification { id: 0, at: now, status, alert: alert.clone() });
        }
        for change in &mut self.changes {
            change.silenced = silences.iter().any(|silence| silence.holds(now) && silence.matches(&change.labels));
        }
    }
}

fn failed() -> RuleReading {
    RuleReading {
        verdict: ReadingVerdict::Failed,
        figures: None,
        subject: None,
        summary: "the figures could not be read; the log says why".to_owned(),
        subjects: 0,
        subjects_truncated: false,
    }
}

fn reading(
    rule: &Rule,
    worst: Option<(ReadingVerdict, &Found)>,
    subjects: u64,
    subjects_truncated: bool,
) -> RuleReading {
    let verdict = worst.map_or_else(|| judge::of_nobody(rule), |(verdict, _)| verdict);
    RuleReading {
        verdict,
        figures: worst.map(|(_, found)| found.figures.clone()),
        subject: worst.and_then(|(_, found)| found.subject.clone()),
        summary: worst.map_or_else(
            || words::of_nobody(rule).to_owned(),
            |(verdict, found)| words::summary(rule, verdict, found.subject.as_ref(), &found.figures),
        ),
        subjects,
        subjects_truncated,
    }
}

#[cfg(test)]
mod tests;
