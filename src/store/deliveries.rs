//! Messages to channels: `alert_delivery`.
//!
//! A message is claimed before it is sent: for the time an attempt may take nobody else sends it, and if the process
//! dies meanwhile it is sent again after. So a message arrives at least once; its id tells a receiver that it had it.

use std::collections::BTreeSet;

use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{QueryBuilder, Row as _, Sqlite};

use super::Store;
use super::alerts;
use super::chore::{Chore, Outcome};
use super::error::{StoreError, query};
use super::queue::{Done, Work};
use crate::model::Micros;
use crate::model::channel::{Delivery, DeliveryQuery, DeliveryState, Notice, Standing};

const INSERT: &str = "insert into alert_delivery (channel, rule, title, notices, alerts, test, state, created_ts, next_ts, attempts) \
    values (?1, ?2, ?3, ?4, ?5, ?6, 'waiting', ?7, ?8, ?6) returning id";
/// Channels to which something can be sent, one for each rule: of that only the first message that waits, so that nobody
/// is told that something resolved before it fired.
pub(super) const SELECT_CHANNELS_DUE: &str = "\
select d.channel from alert_delivery d where d.state = 'waiting' and d.next_ts <= ?1 and not exists (
    select 1 from alert_delivery e
    where e.state = 'waiting' and e.channel = d.channel and e.rule = d.rule and e.id < d.id)";
/// The oldest message that can be sent to a channel.
pub(super) const SELECT_NEXT: &str = "\
select d.id from alert_delivery d
where d.state = 'waiting' and d.channel = ?2 and d.next_ts <= ?1 and not exists (
    select 1 from alert_delivery e
    where e.state = 'waiting' and e.channel = d.channel and e.rule = d.rule and e.id < d.id)
order by d.id limit 1";
const CLAIM: &str = "update alert_delivery set next_ts = ?2, attempts = attempts + 1 where id = ?1 \
    and state = 'waiting' and next_ts <= ?3 returning id, channel, notices, attempts, test, created_ts";
pub(super) const SELECT_STANDING: &str = "\
select count(*) filter (where d.state = 'waiting'),
    min(d.next_ts) filter (where d.state = 'waiting'),
    count(*) filter (where d.state = 'failed' and d.test = 0 and d.finished_ts > (
        select coalesce(max(e.finished_ts), 0) from alert_delivery e where e.channel = ?1 and e.state = 'sent')),
    (select d.error from alert_delivery d
     where d.channel = ?1 and d.error is not null and d.test = 0 and (d.state = 'waiting' or d.finished_ts > (
        select coalesce(max(e.finished_ts), 0) from alert_delivery e where e.channel = ?1 and e.state = 'sent'))
     order by d.id desc limit 1)
from alert_delivery d where d.channel = ?1";
const NOTE: &str = "update alert_delivery set state = ?, next_ts = ?, finished_ts = ?, duration_ms = ?, status = ?, \
    error = ? where id = ? and state = 'waiting'";
pub(super) const FORGET: &str =
    "delete from alert_delivery where id <= (select max(id) from alert_delivery) - ? and state <> 'waiting'";
const SELECT: &str = "select id, channel, title, alerts, test, state, attempts, created_ts, next_ts, finished_ts, \
    duration_ms, status, error from alert_delivery where 1 = 1";

/// Most messages that are remembered after they ended.
pub const DELIVERIES_KEPT: i64 = 1_000;

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelivery {
    /// The channel's name.
    pub channel: String,
    /// The rule.
    pub rule: String,
    /// For the log.
    pub title: String,
    /// What it tells.
    pub notices: Vec<Notice>,
    /// Whether it was asked for, to try the channel.
    pub test: bool,
    /// When it was made.
    pub created: Micros,
    /// When it may first be claimed by [`Store::claim_delivery`].
    pub next: Micros,
}

/// A message that is being sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its number.
    pub id: i64,
    /// The channel's name.
    pub channel: String,
    /// What it tells.
    pub notices: Vec<Notice>,
    /// Which attempt this is, from 1.
    pub attempts: u32,
    /// Whether it was asked for, to try the channel.
    pub test: bool,
    /// When it was made.
    pub created: Micros,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Which message.
    pub id: i64,
    /// What became of it.
    pub state: DeliveryState,
    /// When the attempt ended.
    pub ended: Micros,
    /// When it is tried again, if it waits.
    pub next: Option<Micros>,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// The status of the answer.
    pub status: Option<u16>,
    /// Why it failed.
    pub error: Option<String>,
}

/// What the writer does to messages, each in one transaction.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// Keep new messages in place of the notifications with these ids, if they are all still there.
    Add { taken: Vec<i64>, new: Vec<NewDelivery> },
    /// Claim one, if it is still due.
    Claim { id: i64, now: Micros, until: Micros },
    /// Note how an attempt ended.
    Note(Attempt),
}

/// What a step did.
#[derive(Debug)]
pub(super) enum Stepped {
    /// Their numbers.
    Added(Vec<i64>),
    /// It is ours until the claim ends; `None` if somebody else was faster.
    Claimed(Option<Claimed>),
    /// It is noted.
    Noted,
}

impl Store {
    /// Keeps messages in place of the notifications `taken`, and returns their numbers in order. Where another process
    /// took one of these before, nothing is kept.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn add_deliveries(&self, taken: Vec<i64>, new: Vec<NewDelivery>) -> Result<Vec<i64>, StoreError> {
        match self.step(Step::Add { taken, new }).await? {
            Stepped::Added(ids) => Ok(ids),
            _ => Err(StoreError::Closed),
        }
    }

    /// Channels to which something can be sent now.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn channels_due(&self, now: Micros) -> Result<BTreeSet<String>, StoreError> {
        let names = sqlx::query_scalar(SELECT_CHANNELS_DUE).bind(now.0).fetch_all(self.reader());
        Ok(names.await.map_err(query("look for messages to channels"))?.into_iter().collect())
    }

    /// Claims the oldest message that is due to `channel`, until `until`. Messages of one rule go one after the other: a
    /// later one is not due while an earlier one waits.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn claim_delivery(
        &self,
        channel: &str,
        now: Micros,
        until: Micros,
    ) -> Result<Option<Claimed>, StoreError> {
        let next = sqlx::query_scalar(SELECT_NEXT).bind(now.0).bind(channel).fetch_optional(self.reader());
        let Some(id) = next.await.map_err(query("look for a message to a channel"))? else { return Ok(None) };
        match self.step(Step::Claim { id, now, until }).await? {
            Stepped::Claimed(claimed) => Ok(claimed),
            _ => Err(StoreError::Closed),
        }
    }

    /// What `channel` was not told.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn channel_standing(&self, channel: &str) -> Result<Standing, StoreError> {
        let read = |row: SqliteRow| {
            Ok(Standing {
                waiting: row.try_get(0)?,
                next: row.try_get::<Option<i64>, _>(1)?.map(Micros),
                given_up: row.try_get(2)?,
                error: row.try_get(3)?,
            })
        };
        let standing = sqlx::query(SELECT_STANDING).bind(channel).try_map(read).fetch_one(self.reader());
        standing.await.map_err(query("read what a channel was not told"))
    }

    /// Notes how an attempt ended, and forgets the oldest messages that ended.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn note_attempt(&self, attempt: Attempt) -> Result<(), StoreError> {
        self.step(Step::Note(attempt)).await.map(drop)
    }

    async fn step(&self, step: Step) -> Result<Stepped, StoreError> {
        match self.queue().run(Work::Chore(Chore::Deliver(Box::new(step)))).await? {
            Done::Chore(Outcome::Delivered(stepped)) => Ok(stepped),
            _ => Err(StoreError::Closed),
        }
    }

    /// Messages, newest first; `limit` is held to [`DeliveryQuery::LIMIT_MAX`].
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn deliveries(&self, asked: &DeliveryQuery) -> Result<Vec<Delivery>, StoreError> {
        let mut statement = select(asked);
        let rows = statement.build().try_map(read).fetch_all(self.reader());
        rows.await.map_err(query("read messages to channels"))
    }
}

/// The statement of [`Store::deliveries`].
pub(super) fn select(asked: &DeliveryQuery) -> QueryBuilder<Sqlite> {
    let mut statement = QueryBuilder::new(SELECT);
    if let Some(channel) = &asked.channel {
        statement.push(" and channel = ").push_bind(channel.clone());
    }
    if let Some(state) = asked.state {
        statement.push(" and state = ").push_bind(state.as_str());
    }
    let limit = asked.limit.unwrap_or(DeliveryQuery::LIMIT_DEFAULT).clamp(1, DeliveryQuery::LIMIT_MAX);
    statement.push(" order by id desc limit ").push_bind(limit);
    statement
}

fn read(row: SqliteRow) -> Result<Delivery, sqlx::Error> {
    let state: String = row.try_get(5)?;
    let state = DeliveryState::parse(&state)
        .ok_or_else(|| sqlx::Error::Decode(format!("`{state}` is no state of a message").into()))?;
    Ok(Delivery {
        id: row.try_get(0)?,
        channel: row.try_get(1)?,
        title: row.try_get(2)?,
        alerts: row.try_get(3)?,
        test: row.try_get(4)?,
        state,
        attempts: row.try_get(6)?,
        created: Micros(row.try_get(7)?),
        next: row.try_get::<Option<i64>, _>(8)?.map(Micros),
        finished: row.try_get::<Option<i64>, _>(9)?.map(Micros),
        duration_ms: row.try_get(10)?,
        status: row.try_get(11)?,
        error: row.try_get(12)?,
    })
}

/// Does `step` inside the writer's transaction.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn run(connection: &mut SqliteConnection, step: &Step) -> Result<Stepped, StoreError> {
    match step {
        Step::Add { taken, new } => add(connection, taken, new).await.map(Stepped::Added),
        Step::Claim { id, now, until } => claim(connection, *id, *now, *until).await.map(Stepped::Claimed),
        Step::Note(attempt) => note(connection, attempt).await.map(|()| Stepped::Noted),
    }
}

async fn add(connection: &mut SqliteConnection, taken: &[i64], new: &[NewDelivery]) -> Result<Vec<i64>, StoreError> {
    if !alerts::take_notifications(connection, taken).await? {
        return Ok(Vec::new());
    }
    let mut ids = Vec::with_capacity(new.len());
    for one in new {
        let notices = serde_json::to_string(&one.notices)
            .map_err(|error| StoreError::Damaged { what: format!("a message cannot be written down: {error}") })?;
        let id: i64 = sqlx::query_scalar(INSERT)
            .bind(&one.channel)
            .bind(&one.rule)
            .bind(&one.title)
            .bind(notices)
            .bind(u32::try_from(one.notices.len()).unwrap_or(u32::MAX))
            .bind(one.test)
            .bind(one.created.0)
            .bind(one.next.0)
            .fetch_one(&mut *connection)
            .await
            .map_err(query("keep a message to a channel"))?;
        ids.push(id);
    }
    Ok(ids)
}

async fn claim(
    connection: &mut SqliteConnection,
    id: i64,
    now: Micros,
    until: Micros,
) -> Result<Option<Claimed>, StoreError> {
    let claimed = sqlx::query(CLAIM).bind(id).bind(until.0).bind(now.0).try_map(read_claimed);
    claimed.fetch_optional(connection).await.map_err(query("claim a message to a channel"))
}

fn read_claimed(row: SqliteRow) -> Result<Claimed, sqlx::Error> {
    let notices: String = row.try_get(2)?;
    Ok(Claimed {
        id: row.try_get(0)?,
        channel: row.try_get(1)?,
        notices: serde_json::from_str(&notices).map_err(|error| sqlx::Error::Decode(error.into()))?,
        attempts: row.try_get(3)?,
        test: row.try_get(4)?,
        created: Micros(row.try_get(5)?),
    })
}

async fn note(connection: &mut SqliteConnection, attempt: &Attempt) -> Result<(), StoreError> {
    let finished = (attempt.state != DeliveryState::Waiting).then_some(attempt.ended.0);
    sqlx::query(NOTE)
        .bind(attempt.state.as_str())
        .bind(attempt.next.map(|next| next.0))
        .bind(finished)
        .bind(attempt.duration_ms)
        .bind(attempt.status)
        .bind(&attempt.error)
        .bind(attempt.id)
        .execute(&mut *connection)
        .await
        .map_err(query("note what became of a message"))?;
    sqlx::query(FORGET).bind(DELIVERIES_KEPT).execute(connection).await.map_err(query("forget old messages"))?;
    Ok(())
}
