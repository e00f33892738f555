//! Idempotency keys: the same key with the same body is a repeat, with another body a mistake.

use sqlx::sqlite::SqliteConnection;

use super::error::{StoreError, query};
use crate::model::Micros;
use crate::model::time::HOUR;

const INSERT: &str = "insert into idempotency (key, digest, stored_ts) values (?, ?, ?) on conflict do nothing";
const SELECT: &str = "select digest, stored_ts from idempotency where key = ?";
const DELETE_OLD: &str = "delete from idempotency where stored_ts < ?";

/// How long a key is remembered at least; repeats after that count as new.
pub const KEY_LIFE_MICROS: i64 = 48 * HOUR;

/// What is known of an idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// It is new, and remembered from this time on.
    First(Micros),
    /// It came before with the same body, first at this time.
    Again(Micros),
    /// It came before with another body.
    OtherBody,
}

/// Remembers `key` with `digest`, forgetting keys that are too old.
///
/// # Errors
/// [`StoreError::Query`].
pub(in crate::store) async fn remember(
    connection: &mut SqliteConnection,
    key: &str,
    digest: &[u8; 32],
    now: Micros,
) -> Result<KeyUse, StoreError> {
    sqlx::query(DELETE_OLD)
        .bind(now.0.saturating_sub(KEY_LIFE_MICROS))
        .execute(&mut *connection)
        .await
        .map_err(query("forget old idempotency keys"))?;
    let stored = sqlx::query(INSERT)
        .bind(key)
        .bind(digest.as_slice())
        .bind(now.0)
        .execute(&mut *connection)
        .await
        .map_err(query("remember an idempotency key"))?;
    if stored.rows_affected() == 1 {
        return Ok(KeyUse::First(now));
    }
    let (known, first): (Vec<u8>, i64) =
        sqlx::query_as(SELECT).bind(key).fetch_one(connection).await.map_err(query("read an idempotency key"))?;
    Ok(if known == digest { KeyUse::Again(Micros(first)) } else { KeyUse::OtherBody })
}
