//! Alerts: reading figures for rules, one look after the other, and what people ask about it.
//!
//! - `rules` which rules there are: documented, configured, made here
//! - `read` figures for a rule, at any instant: `aggregate` over records, `others` everything else
//! - `edit` what people change: rules and silences
//! - `dry` what a rule would have done; `past` what is known of the past for it
//!
//! A look reads the state from the store, judges ([`crate::alerts`]), and keeps what moved in one transaction: alerts,
//! their history, and what the channels are to be told. The channels take that from
//! [`Service::waiting_notifications`]. Not here: when to look (`jobs::alerts`).

mod aggregate;
mod dry;
mod edit;
mod others;
mod past;
mod read;
mod rules;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::{Service, ServiceError};
use crate::alerts::{Evaluation, Snapshot, evaluate};
use crate::analytics::system::is_watched;
use crate::model::alert::{
    Alert, AlertBrief, AlertCounts, AlertHistory, AlertHistoryQuery, AlertState, AlertsBrief, AlertsPage, Notification,
    Rule, RuleReading, RuleStatus, Silence,
};
use crate::model::{Micros, Problem, TimeRange};
use crate::store::alerts::{AlertBook, AlertMoves};

/// What the last look saw.
#[derive(Debug, Default)]
pub(in crate::service) struct Desk {
    last: Mutex<Option<Looked>>,
    /// Held while somebody looks, so that two looks of one process do not undo each other.
    looking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Clone)]
struct Looked {
    at: Micros,
    standing: Vec<Alert>,
    readings: BTreeMap<String, RuleReading>,
}

impl Desk {
    /// The last look, if it is not older than three intervals: then somebody looks regularly.
    fn lately(&self, now: Micros, interval: i64) -> Option<Looked> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.filter(|looked| now.0.saturating_sub(looked.at.0) <= 3 * interval)
    }

    /// When this process last looked.
    pub(in crate::service) fn looked_at(&self) -> Option<Micros> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|looked| looked.at)
    }

    fn put(&self, looked: Looked) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(looked);
    }
}

impl Service {
    /// One look: reads what every rule asks for, moves alerts on and keeps what moved; returns what happened. Nothing
    /// is kept when another process looked meanwhile: the next look finds what it kept.
    ///
    /// # Errors
    /// [`ServiceError::Store`]. A rule whose figures cannot be read changes nothing, and says so.
    pub async fn look_at_alerts(&self, now: Micros) -> Result<Evaluation, ServiceError> {
        let _alone = self.alerts.looking.lock().await;
        let (book, evaluation) = self.evaluate_alerts(now).await?;
        if evaluation.has_moved(&book.standing) {
            let kept = self.store().keep_alerts(moves(&book, &evaluation, now)).await?;
            if !kept {
                return Ok(Evaluation::default());
            }
        }
        let looked = Looked { at: now, standing: evaluation.standing.clone(), readings: evaluation.readings.clone() };
        self.alerts.put(looked);
        Ok(evaluation)
    }

    async fn evaluate_alerts(&self, now: Micros) -> Result<(AlertBook, Evaluation), ServiceError> {
        let book = self.alert_book().await?;
        let rules: Vec<Rule> = self.rules_of(&book).into_iter().map(|rule| rule.rule).collect();
        let readings = self.read_rules(&rules, now).await;
        let snapshot = Snapshot { readings, standing: &book.standing, silences: &book.silences };
        let evaluation = evaluate(&rules, &snapshot, now);
        Ok((book, evaluation))
    }

    async fn alert_book(&self) -> Result<AlertBook, ServiceError> {
        Ok(self.store().snapshot().await?.alert_book().await?)
    }

    /// Pending and firing alerts as the last look left them, the worst first.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn alerts_now(&self) -> Result<Vec<Alert>, ServiceError> {
        let mut standing = self.alert_book().await?.standing;
        standing.retain(|alert| matches!(alert.state, AlertState::Pending | AlertState::Firing));
        sort(&mut standing);
        Ok(standing)
    }

    /// The same in short.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn alerts_brief(&self, now: Micros) -> Result<AlertsBrief, ServiceError> {
        let alerts = self.alerts_now().await?;
        let counts = AlertCounts::of(&alerts);
        let worst = alerts.into_iter().take(AlertsBrief::LISTED).map(|alert| AlertBrief {
            silenced: !alert.silenced_by.is_empty(),
            rule: alert.rule,
            state: alert.state,
            severity: alert.severity,
            summary: alert.summary,
            since: alert.since,
        });
        Ok(AlertsBrief { now, counts, worst: worst.collect() })
    }

    /// Everything there is to see now. Figures are those of the last look; where nobody looks, they are read.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn alerts(&self, now: Micros) -> Result<AlertsPage, ServiceError> {
        let interval = self.settings().alerts.interval.micros();
        let lately = self.alerts.lately(now, interval);
        let watching = (lately.is_some() && self.settings().alerts.enabled)
            || is_watched(&self.uptime_log().await?, interval, now); // by another process
        let (book, looked) = match lately {
            Some(looked) => (self.alert_book().await?, looked),
            None => {
                let (book, evaluation) = self.evaluate_alerts(now).await?;
                // What nobody keeps did not happen: alerts are as the last look left them.
                let standing = book.standing.clone();
                (book, Looked { at: now, standing, readings: evaluation.readings })
            }
        };
        let mut alerts = looked.standing;
        alerts.retain(|alert| alert.state != AlertState::Inactive);
        sort(&mut alerts);
        let state = |rule: &Rule| alerts.iter().filter(|alert| alert.rule == rule.name).map(|alert| alert.state).max();
        let rules = self.rules_of(&book).into_iter().map(|sourced| RuleStatus {
            state: state(&sourced.rule).unwrap_or(AlertState::Inactive),
            reading: looked.readings.get(&sourced.rule.name).cloned(),
            rule: sourced.rule.into(),
            origin: sourced.origin,
            edited: sourced.edited,
        });
        Ok(AlertsPage {
            now,
            watching,
            evaluated_at: looked.at,
            counts: AlertCounts::of(&alerts),
            rules: rules.collect(),
            alerts,
            silences: shown(book.silences, now),
        })
    }

    /// What became of alerts, newest first.
    ///
    /// # Errors
    /// A [`Problem`] when the range is unreadable or the limit is out of range; [`ServiceError::Store`].
    pub async fn alert_history(&self, query: &AlertHistoryQuery, now: Micros) -> Result<AlertHistory, ServiceError> {
        let limit = query.limit.unwrap_or(AlertHistoryQuery::LIMIT_DEFAULT);
        if limit == 0 || limit > AlertHistoryQuery::LIMIT_MAX {
            let most = AlertHistoryQuery::LIMIT_MAX;
            return Err(Problem::bad_request(format!("`limit`: write a whole number from 1 to {most}")).into());
        }
        let range = match &query.range {
            Some(range) if !range.is_all() => {
                range.resolve(now, None).map_err(|error| Problem::bad_request(error.to_string()))?
            }
            _ => TimeRange::ALL,
        };
        let mut snapshot = self.store().snapshot().await?;
        let before = query.before.unwrap_or(i64::MAX);
        let rule = query.rule.as_deref();
        let mut changes = snapshot.alert_changes((range, before), rule, query.to, limit + 1).await?;
        let more = changes.len() > limit as usize;
        changes.truncate(limit as usize);
        let next = changes.last().filter(|_| more).map(|change| change.id);
        Ok(AlertHistory { now, changes, next })
    }

    /// What the channels are still to be told, oldest first, at most `limit`. It waits until whoever delivers it takes
    /// it away, or for a day.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn waiting_notifications(&self, limit: u32) -> Result<Vec<Notification>, ServiceError> {
        Ok(self.store().snapshot().await?.alert_notifications(limit).await?)
    }
}

/// The worst first; of those equally bad, the one that changed last.
fn sort(alerts: &mut [Alert]) {
    let rank = |alert: &Alert| (alert.state, alert.severity, alert.since);
    alerts.sort_by(|a, b| rank(b).cmp(&rank(a)).then_with(|| a.key().cmp(&b.key())));
}

/// Silences that hold or will, by their end; then those that ended lately.
fn shown(silences: Vec<Silence>, now: Micros) -> Vec<Silence> {
    let (mut holding, mut ended): (Vec<_>, Vec<_>) = silences.into_iter().partition(|silence| silence.ends_at > now);
    holding.sort_by_key(|silence| (silence.ends_at, silence.id));
    ended.sort_by_key(|silence| std::cmp::Reverse((silence.ends_at, silence.id)));
    ended.truncate(AlertsPage::ENDED_SHOWN);
    holding.extend(ended);
    holding
}

/// What of a look has to be written.
fn moves(book: &AlertBook, evaluation: &Evaluation, now: Micros) -> AlertMoves {
    let is_new = |alert: &&Alert| !book.standing.contains(alert);
    let is_gone = |alert: &&Alert| !evaluation.standing.iter().any(|now| now.key() == alert.key());
    AlertMoves {
        revision: book.revision,
        now,
        changed: evaluation.standing.iter().filter(is_new).cloned().collect(),
        gone: book.standing.iter().filter(is_gone).cloned().collect(),
        changes: evaluation.changes.clone(),
        notifications: evaluation.notifications.clone(),
    }
}
