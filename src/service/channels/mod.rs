//! Telling the world: alerts that moved become messages, one a rule and channel; messages are sent, tried again with
//! growing pauses, and kept with what became of them.
//!
//! What is to be told is taken over in one transaction and kept until it is sent or given up, so a restart loses
//! nothing. A message may arrive twice (a receiver that took it and was not heard); it carries its number for that.
//!
//! To one channel messages go one at a time, the oldest first; one that failed holds up only those of its own rule.
//! Channels know nothing of each other: whoever calls [`Service::deliver_next`] does so for all of them at once, so
//! that a slow receiver delays nobody else.
//!
//! Not here: when alerts fire (`alerts`), how a message looks (`wire::notify`), the connection (`notify`).

mod compose;
mod retry;
mod send;

use std::collections::BTreeSet;
use std::future::pending;
use std::time::{Duration, Instant};

use super::{Service, ServiceError};
use crate::model::alert::{Alert, AlertState, Notification};
use crate::model::channel::{Channel, ChannelReport, Delivery, DeliveryQuery, DeliveryState, Message, Notice, Via};
use crate::model::time::SECOND;
use crate::model::{Micros, Problem};
use crate::notify::{self, Outbound, SendError};
use crate::store::deliveries::{Attempt, Claimed, NewDelivery};
use send::Parcel;

/// Most notifications that become messages at a time.
const TAKEN_MAX: u32 = 1_000;
/// How long nobody else sends a message that is being sent: longer than an attempt may take.
const CLAIM: i64 = 90 * SECOND;
/// The same for a test, which may be two requests: PagerDuty's incident, and its end.
const CLAIM_TEST: i64 = 2 * CLAIM;
/// How long an Alertmanager believes that an alert fires. It is told again before that ([`Service::remind`]).
const BELIEVED: i64 = 4 * REMINDED;
/// How often it is told, as Prometheus does it.
const REMINDED: i64 = 60 * SECOND;

/// Noted of a message whose attempt was cut off.
const INTERRUPTED: &str = "the server stopped before there was an answer; it is sent again by the next one";

/// What sends, shared by everybody who holds the service.
#[derive(Debug, Default)]
pub struct Desk {
    outbound: Outbound,
}

impl Service {
    /// How often [`Self::remind`] is to be called.
    pub const REMIND: Duration = Duration::from_micros(REMINDED.unsigned_abs());

    fn channel_settings(&self) -> &[Channel] {
        &self.settings().alerts.channels
    }

    /// The channels in the order of the configuration, with what was last sent to each.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn channels(&self) -> Result<Vec<ChannelReport>, ServiceError> {
        let mut reports = Vec::new();
        for channel in self.channel_settings() {
            let newest = DeliveryQuery { channel: Some(channel.name.clone()), limit: Some(1), ..Default::default() };
            reports.push(ChannelReport {
                name: channel.name.clone(),
                kind: channel.via.kind(),
                target: channel.via.shown_target(),
                severities: channel.severities.clone(),
                send_resolved: channel.send_resolved,
                trouble: send::trouble(channel).map(|error| error.to_string()),
                standing: self.store().channel_standing(&channel.name).await?,
                last: self.store().deliveries(&newest).await?.pop(),
            });
        }
        Ok(reports)
    }

    /// What was told to channels, newest first.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn deliveries(&self, query: &DeliveryQuery) -> Result<Vec<Delivery>, ServiceError> {
        Ok(self.store().deliveries(query).await?)
    }

    /// Sends a message to the channel `name` at once, to try it, and says what became of it. It is not tried again. An
    /// incident of PagerDuty is resolved at once.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when there is no such channel; [`ServiceError::Store`]. A message that does not arrive
    /// is no error here.
    pub async fn test_channel(&self, name: &str, now: Micros) -> Result<Delivery, ServiceError> {
        let channel = self.channel_settings().iter().find(|channel| channel.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.channel_settings().iter().map(|channel| channel.name.as_str()).collect();
            Problem::not_found(match known.is_empty() {
                true => "there are no channels; write [[alerts.channels]] into the configuration".to_owned(),
                false => format!("there is no channel `{name}`; there are {}", known.join(", ")),
            })
        })?;
        let notices = vec![compose::test_notice(channel, now)];
        let new = self.message(channel, notices, true, now, Micros(now.0.saturating_add(CLAIM_TEST)));
        let notices = new.notices.clone();
        let ids = self.store().add_deliveries(Vec::new(), vec![new]).await?;
        let id = ids.first().copied().unwrap_or_default();
        let claimed =
            Claimed { id, channel: name.to_owned(), notices, attempts: retry::ATTEMPTS_MAX, test: true, created: now };
        self.attempt(&claimed, now, pending()).await?;
        let newest = DeliveryQuery { channel: Some(name.to_owned()), ..Default::default() };
        let listed = self.store().deliveries(&newest).await?.into_iter().find(|delivery| delivery.id == id);
        listed.ok_or_else(|| Problem::not_found("the message is not in the log any more").into())
    }

    /// Makes messages of what waits to be told. Returns the channels to which something can be sent now.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn deliveries_due(&self, now: Micros) -> Result<BTreeSet<String>, ServiceError> {
        self.plan(now).await?;
        Ok(self.store().channels_due(now).await?)
    }

    /// Sends the oldest message that is due to `channel`, if there is one, and says whether there was. When `halt` ends
    /// first, the message is due again at once, for whoever comes next.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; a message that does not arrive is no error here.
    pub async fn deliver_next(
        &self,
        channel: &str,
        now: Micros,
        halt: impl Future<Output = ()>,
    ) -> Result<bool, ServiceError> {
        let until = Micros(now.0.saturating_add(CLAIM));
        let Some(claimed) = self.store().claim_delivery(channel, now, until).await? else { return Ok(false) };
        self.attempt(&claimed, now, halt).await?;
        Ok(true)
    }

    /// Turns notifications into messages.
    async fn plan(&self, now: Micros) -> Result<(), ServiceError> {
        let waiting = self.waiting_notifications(TAKEN_MAX).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = waiting.iter().map(|one| one.id).collect();
        let new = self
            .channel_settings()
            .iter()
            .flat_map(|channel| compose::messages(channel, &waiting).into_iter().map(move |notices| (channel, notices)))
            .map(|(channel, notices)| self.message(channel, notices, false, now, now))
            .collect();
        self.store().add_deliveries(ids, new).await?;
        Ok(())
    }

    fn message(&self, channel: &Channel, notices: Vec<Notice>, test: bool, now: Micros, next: Micros) -> NewDelivery {
        let told = self.told(channel, &notices);
        let (rule, title) = (told.alertname().to_owned(), told.title());
        NewDelivery { channel: channel.name.clone(), rule, title, notices, test, created: now, next }
    }

    fn told<'a>(&'a self, channel: &'a Channel, notices: &'a [Notice]) -> Message<'a> {
        let most = if channel.via.for_people() { Message::NOTICES_MAX } else { usize::MAX };
        let (listed, rest) = notices.split_at(notices.len().min(most));
        let external_url = self.settings().external_url.as_str();
        Message { channel: &channel.name, notices: listed, left_out: rest.len() as u64, external_url }
    }

    /// One attempt to send one message, noted.
    async fn attempt(
        &self,
        claimed: &Claimed,
        now: Micros,
        halt: impl Future<Output = ()>,
    ) -> Result<(), ServiceError> {
        let started = Instant::now();
        let sent = tokio::select! {
            sent = self.send(claimed, now) => Some(sent),
            () = halt => None,
        };
        let took = started.elapsed();
        let ended = Micros(now.0.saturating_add(i64::try_from(took.as_micros()).unwrap_or(i64::MAX)));
        let (next, error) = match &sent {
            Some(Ok(_)) => (None, None),
            Some(Err(error)) => {
                let pause = retry::pause(claimed.attempts, error);
                (pause.map(|pause| Micros(ended.0.saturating_add(pause))), Some(error.to_string()))
            }
            None => (Some(ended), Some(INTERRUPTED.to_owned())),
        };
        let state = match (&error, next) {
            (None, _) => DeliveryState::Sent,
            (Some(_), Some(_)) => DeliveryState::Waiting,
            (Some(_), None) => DeliveryState::Failed,
        };
        if let (Some(error), false) = (&error, claimed.test) {
            let (channel, attempts, given_up) = (&claimed.channel, claimed.attempts, next.is_none());
            tracing::warn!(%channel, attempts, given_up, %error, "an alert did not reach its channel");
        }
        let status = sent.and_then(|sent| sent.map_or_else(|error| error.status(), Some));
        let duration_ms = u32::try_from(took.as_millis()).unwrap_or(u32::MAX);
        Ok(self
            .store()
            .note_attempt(Attempt { id: claimed.id, state, ended, next, duration_ms, status, error })
            .await?)
    }

    async fn send(&self, claimed: &Claimed, now: Micros) -> Result<u16, SendError> {
        let channel = self.channel_settings().iter().find(|channel| channel.name == claimed.channel);
        let gone = SendError::Unusable { what: "the channel", reason: "the configuration has it no more" };
        let channel = channel.ok_or(gone)?;
        let message = self.told(channel, &claimed.notices);
        let parcel = Parcel { id: claimed.id, test: claimed.test, ..parcel(claimed.created, now) };
        send::send(&self.channels.outbound, channel, &message, &parcel).await
    }

    /// Alerts that channels know as firing.
    async fn alerts_told(&self) -> Result<Vec<Alert>, ServiceError> {
        let mut standing = self.store().snapshot().await?.alert_book().await?.standing;
        standing.retain(|alert| alert.state == AlertState::Firing && alert.notified && alert.silenced_by.is_empty());
        Ok(standing)
    }

    /// The channels that have to be told again what fires, every [`Self::REMIND`]: Alertmanagers.
    pub fn channels_reminded(&self) -> impl Iterator<Item = &str> {
        let reminded = self.channel_settings().iter().filter(|channel| matches!(channel.via, Via::Alertmanager { .. }));
        reminded.map(|channel| channel.name.as_str())
    }

    /// Tells `channel`, an Alertmanager, again what fires, before it stops believing it. Not to be called while a message
    /// is on its way to the same channel: it could say that something fires after that said that it is over.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; an Alertmanager that is not reached is logged.
    pub async fn remind(&self, channel: &str, now: Micros, halt: impl Future<Output = ()>) -> Result<(), ServiceError> {
        let Some(channel) = self.channel_settings().iter().find(|one| one.name == channel) else { return Ok(()) };
        let firing = self.alerts_told().await?;
        let notices: Vec<Notice> =
            firing.iter().filter(|alert| channel.wants(alert.severity, false)).map(compose::notice).collect();
        if notices.is_empty() {
            return Ok(());
        }
        let (message, parcel) = (self.told(channel, &notices), parcel(now, now));
        let sent = tokio::select! {
            sent = send::send(&self.channels.outbound, channel, &message, &parcel) => sent,
            () = halt => return Ok(()),
        };
        if let Err(error) = sent {
            tracing::warn!(channel = %channel.name, %error, "an Alertmanager could not be told again what fires");
        }
        Ok(())
    }
}

/// Of a message that is in no log yet.
fn parcel(created: Micros, now: Micros) -> Parcel {
    Parcel { id: 0, created, now, fires_until: Micros(now.0.saturating_add(BELIEVED)), test: false }
}
