//! The tables `alert`, `alert_look`, `alert_change`, `alert_notification`, `alert_silence` and `alert_rule`: alerts over
//! restarts.
//!
//! An alert, what became of it, and what is to be told of it are written in one transaction, so that a restart neither
//! loses a notification nor makes it twice. Not here: how alerts move on (`alerts`), and when (`jobs::alerts`).

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::{SqliteConnection, SqliteRow};

use super::Store;
use super::chore::{Chore, Outcome};
use super::error::{StoreError, query};
use super::queue::{Done, Work};
use super::read::Snapshot;
use crate::model::alert::{Alert, AlertChange, AlertHistory, AlertState, Notification, Rule, Silence};
use crate::model::time::DAY;
use crate::model::{Micros, TimeRange};

/// How long a notification waits for somebody who delivers it; an older one would tell of the past.
const NOTIFICATION_KEPT: i64 = DAY;

const SELECT_REVISION: &str = "select revision from alert_look";
const RAISE_REVISION: &str = "insert into alert_look (id, revision) values (1, 1) \
    on conflict (id) do update set revision = revision + 1";
const SELECT_ALERTS: &str = "select body from alert order by key";
const UPSERT_ALERTS: &str = "insert into alert (key, body) select value ->> 0, value ->> 1 from json_each(?) where true \
    on conflict (key) do update set body = excluded.body";
const DELETE_ALERTS: &str = "delete from alert where key in (select value from json_each(?))";
const INSERT_CHANGE: &str = "insert into alert_change (ts, rule, to_state, body) values (?, ?, ?, ?)";
const FORGET_CHANGES: &str = "delete from alert_change where id <= (select max(id) from alert_change) - ?";
const SELECT_CHANGES: &str = "select id, body from alert_change where id < ?1 and ts >= ?2 and ts < ?3 \
    and (?4 is null or to_state = ?4) order by id desc limit ?5";
const SELECT_CHANGES_OF: &str = "select id, body from alert_change where rule = ?6 and id < ?1 and ts >= ?2 and ts < ?3 \
    and (?4 is null or to_state = ?4) order by id desc limit ?5";
const INSERT_NOTIFICATION: &str = "insert into alert_notification (ts, body) values (?, ?)";
const FORGET_NOTIFICATIONS: &str = "delete from alert_notification where ts < ?";
const SELECT_NOTIFICATIONS: &str = "select id, body from alert_notification order by id limit ?";
const COUNT_NOTIFICATIONS: &str =
    "select count(*) from alert_notification where id in (select value from json_each(?))";
const TAKE_NOTIFICATIONS: &str = "delete from alert_notification where id in (select value from json_each(?))";
const SELECT_SILENCES: &str = "select id, body from alert_silence order by id";
const INSERT_SILENCE: &str = "insert into alert_silence (ends_ts, body) values (?, ?) returning id";
const FORGET_SILENCES: &str = "delete from alert_silence where id <= (select max(id) from alert_silence) - ?1 \
    and ends_ts < ?2";
const SELECT_SILENCE: &str = "select id, body from alert_silence where id = ?";
const END_SILENCE: &str = "update alert_silence set ends_ts = ?2, body = ?3 where id = ?1";
const SELECT_RULES: &str = "select body from alert_rule order by name";
const UPSERT_RULE: &str = "insert into alert_rule (name, body) values (?, ?) \
    on conflict (name) do update set body = excluded.body";
const DELETE_RULE: &str = "delete from alert_rule where name = ?";

/// Everything that is known of alerts, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertBook {
    /// How often alerts were changed before.
    pub revision: i64,
    /// The alerts, in the order of their keys.
    pub standing: Vec<Alert>,
    /// Every silence, in the order they were made.
    pub silences: Vec<Silence>,
    /// Rules that were made or edited here, by name.
    pub rules: Vec<Rule>,
}

/// What a look changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AlertMoves {
    /// [`AlertBook::revision`] of the look. What does not fit is not kept.
    pub revision: i64,
    /// When.
    pub now: Micros,
    /// Alerts that are new, or changed.
    pub changed: Vec<Alert>,
    /// Alerts that are there no more.
    pub gone: Vec<Alert>,
    /// What became of alerts.
    pub changes: Vec<AlertChange>,
    /// What is to be told.
    pub notifications: Vec<Notification>,
}

/// What is written about alerts.
#[derive(Debug, Clone)]
pub(super) enum AlertChore {
    /// A look.
    Keep(AlertMoves),
    /// A rule that was made or edited.
    PutRule(Box<Rule>),
    /// One that is edited no more.
    DeleteRule(String),
    /// A new silence; its id is made here.
    AddSilence(Silence),
    /// A silence that ends now.
    EndSilence(i64, Micros),
}

impl Store {
    /// Keeps what came of a look; `false` when another process changed alerts meanwhile, so that nothing was kept.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn keep_alerts(&self, moves: AlertMoves) -> Result<bool, StoreError> {
        Ok(self.alert_chore(AlertChore::Keep(moves)).await? > 0)
    }

    /// Keeps a rule that was made or edited here.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn put_alert_rule(&self, rule: Rule) -> Result<(), StoreError> {
        self.alert_chore(AlertChore::PutRule(Box::new(rule))).await.map(drop)
    }

    /// Forgets a rule that was made or edited here; `false` when there is none.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn delete_alert_rule(&self, name: &str) -> Result<bool, StoreError> {
        Ok(self.alert_chore(AlertChore::DeleteRule(name.to_owned())).await? > 0)
    }

    /// Keeps a new silence and returns its id.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn add_silence(&self, silence: Silence) -> Result<i64, StoreError> {
        self.alert_chore(AlertChore::AddSilence(silence)).await
    }

    /// Ends a silence now, unless it ended before; `false` when there is none.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn end_silence(&self, id: i64, now: Micros) -> Result<bool, StoreError> {
        Ok(self.alert_chore(AlertChore::EndSilence(id, now)).await? > 0)
    }

    async fn alert_chore(&self, chore: AlertChore) -> Result<i64, StoreError> {
        match self.queue().run(Work::Chore(Chore::Alerts(Box::new(chore)))).await? {
            Done::Chore(Outcome::Run(number)) => Ok(number),
            _ => Err(StoreError::Closed),
        }
    }
}

impl Snapshot {
    /// Everything that is known of alerts.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alert_book(&mut self) -> Result<AlertBook, StoreError> {
        let reading = || query("read alerts");
        let revision: Option<i64> =
            sqlx::query_scalar(SELECT_REVISION).fetch_optional(&mut *self.tx).await.map_err(reading())?;
        let standing: Vec<String> =
            sqlx::query_scalar(SELECT_ALERTS).fetch_all(&mut *self.tx).await.map_err(reading())?;
        let mut standing = standing.iter().map(|body| from_json(body)).collect::<Result<Vec<Alert>, _>>()?;
        standing.sort_by(|a, b| a.key().cmp(&b.key()));
        let silences = sqlx::query(SELECT_SILENCES).fetch_all(&mut *self.tx).await.map_err(reading())?;
        let rules: Vec<String> = sqlx::query_scalar(SELECT_RULES).fetch_all(&mut *self.tx).await.map_err(reading())?;
        Ok(AlertBook {
            revision: revision.unwrap_or(0),
            standing,
            silences: silences.iter().map(read_silence).collect::<Result<_, _>>()?,
            rules: rules.iter().map(|body| from_json(body)).collect::<Result<_, _>>()?,
        })
    }

    /// What became of alerts before the change `before`, newest first: in `range`, of one rule or all, to one state or
    /// any.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alert_changes(
        &mut self,
        (range, before): (TimeRange, i64),
        rule: Option<&str>,
        to: Option<AlertState>,
        limit: u32,
    ) -> Result<Vec<AlertChange>, StoreError> {
        let select = sqlx::query(if rule.is_some() { SELECT_CHANGES_OF } else { SELECT_CHANGES })
            .bind(before)
            .bind(range.from.0)
            .bind(range.until.0)
            .bind(to.map(AlertState::as_str))
            .bind(limit);
        let select = if rule.is_some() { select.bind(rule) } else { select };
        let rows = select.fetch_all(&mut *self.tx).await.map_err(query("read what became of alerts"))?;
        rows.iter().map(|row| Ok(AlertChange { id: id_of(row)?, ..from_json(body_of(row)?)? })).collect()
    }

    /// What the channels are still to be told, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn alert_notifications(&mut self, limit: u32) -> Result<Vec<Notification>, StoreError> {
        let select = sqlx::query(SELECT_NOTIFICATIONS).bind(limit);
        let rows = select.fetch_all(&mut *self.tx).await.map_err(query("read what is to be told"))?;
        rows.iter().map(|row| Ok(Notification { id: id_of(row)?, ..from_json(body_of(row)?)? })).collect()
    }
}

fn id_of(row: &SqliteRow) -> Result<i64, StoreError> {
    row.try_get(0).map_err(query("read about alerts"))
}

fn body_of(row: &SqliteRow) -> Result<&str, StoreError> {
    row.try_get(1).map_err(query("read about alerts"))
}

fn read_silence(row: &SqliteRow) -> Result<Silence, StoreError> {
    Ok(Silence { id: id_of(row)?, ..from_json(body_of(row)?)? })
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text)
        .map_err(|error| StoreError::Damaged { what: format!("what is kept of alerts is unreadable: {error}") })
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Damaged { what: format!("an alert cannot be written down: {error}") })
}

/// Does `chore` inside the writer's transaction; what it returns says what each is about.
///
/// # Errors
/// [`StoreError`].
pub(super) async fn run(connection: &mut SqliteConnection, chore: &AlertChore) -> Result<i64, StoreError> {
    let writing = || query("keep alerts");
    let changed = match chore {
        AlertChore::Keep(moves) => return keep(connection, moves).await,
        AlertChore::AddSilence(silence) => return add_silence(connection, silence).await,
        AlertChore::EndSilence(id, now) => return end_silence(connection, *id, *now).await,
        AlertChore::PutRule(rule) => {
            sqlx::query(UPSERT_RULE).bind(&rule.name).bind(to_json(rule)?).execute(connection).await
        }
        AlertChore::DeleteRule(name) => sqlx::query(DELETE_RULE).bind(name).execute(connection).await,
    };
    Ok(changed.map_err(writing())?.rows_affected().cast_signed())
}

async fn keep(connection: &mut SqliteConnection, moves: &AlertMoves) -> Result<i64, StoreError> {
    let keeping = || query("keep alerts");
    let revision: Option<i64> =
        sqlx::query_scalar(SELECT_REVISION).fetch_optional(&mut *connection).await.map_err(keeping())?;
    if revision.unwrap_or(0) != moves.revision {
        return Ok(0);
    }
    sqlx::query(RAISE_REVISION).execute(&mut *connection).await.map_err(keeping())?;
    let gone = moves.gone.iter().map(|alert| to_json(&alert.key())).collect::<Result<Vec<_>, _>>()?;
    sqlx::query(DELETE_ALERTS).bind(to_json(&gone)?).execute(&mut *connection).await.map_err(keeping())?;
    let changed = moves.changed.iter().map(|alert| Ok((to_json(&alert.key())?, to_json(alert)?)));
    let changed = changed.collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query(UPSERT_ALERTS).bind(to_json(&changed)?).execute(&mut *connection).await.map_err(keeping())?;
    for change in &moves.changes {
        let insert = sqlx::query(INSERT_CHANGE).bind(change.at.0).bind(&change.rule).bind(change.to.as_str());
        insert.bind(to_json(change)?).execute(&mut *connection).await.map_err(keeping())?;
    }
    sqlx::query(FORGET_CHANGES).bind(AlertHistory::KEPT).execute(&mut *connection).await.map_err(keeping())?;
    for notification in &moves.notifications {
        let insert = sqlx::query(INSERT_NOTIFICATION).bind(notification.at.0).bind(to_json(notification)?);
        insert.execute(&mut *connection).await.map_err(keeping())?;
    }
    let too_late = moves.now.0.saturating_sub(NOTIFICATION_KEPT);
    sqlx::query(FORGET_NOTIFICATIONS).bind(too_late).execute(connection).await.map_err(keeping())?;
    Ok(1)
}

/// Takes what is to be told away, for whoever tells it in the same transaction. `false`, and nothing is taken, when
/// another process took some of it before.
///
/// # Errors
/// [`StoreError::Query`].
pub(super) async fn take_notifications(connection: &mut SqliteConnection, ids: &[i64]) -> Result<bool, StoreError> {
    let taking = || query("take over what is to be told");
    let listed = to_json(&ids)?;
    let there: i64 =
        sqlx::query_scalar(COUNT_NOTIFICATIONS).bind(&listed).fetch_one(&mut *connection).await.map_err(taking())?;
    if there.unsigned_abs() != ids.len() as u64 {
        return Ok(false);
    }
    sqlx::query(TAKE_NOTIFICATIONS).bind(listed).execute(connection).await.map_err(taking())?;
    Ok(true)
}

async fn add_silence(connection: &mut SqliteConnection, silence: &Silence) -> Result<i64, StoreError> {
    let keeping = || query("keep a silence");
    let insert = sqlx::query_scalar(INSERT_SILENCE).bind(silence.ends_at.0).bind(to_json(silence)?);
    let id = insert.fetch_one(&mut *connection).await.map_err(keeping())?;
    let forget = sqlx::query(FORGET_SILENCES).bind(Silence::KEPT).bind(silence.starts_at.0);
    forget.execute(connection).await.map_err(keeping())?;
    Ok(id)
}

async fn end_silence(connection: &mut SqliteConnection, id: i64, now: Micros) -> Result<i64, StoreError> {
    let ending = || query("end a silence");
    let found = sqlx::query(SELECT_SILENCE).bind(id).fetch_optional(&mut *connection).await.map_err(ending())?;
    let Some(row) = found else { return Ok(0) };
    let silence = read_silence(&row)?;
    if silence.ends_at > now {
        let ended = Silence { starts_at: silence.starts_at.min(now), ends_at: now, ..silence };
        let update = sqlx::query(END_SILENCE).bind(id).bind(now.0).bind(to_json(&ended)?);
        update.execute(connection).await.map_err(ending())?;
    }
    Ok(1)
}
