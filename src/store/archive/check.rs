//! Whether every chunk can be read and keeps to its place.

use sqlx::sqlite::SqliteConnection;

use super::super::error::StoreError;
use super::super::events::EventRow;
use super::super::healings::HealingRow;
use super::super::metrics::{MetricRow, OfAgent, OfSwarm};
use super::super::tasks::TaskRow;
use super::chunk::{Chunk, Head, Place, Wanted};
use super::rows::Sealed;
use super::walk::Walk;
use crate::model::time::DAY;
use crate::model::{Order, TimeRange};

/// What is wrong with the chunks, one sentence each.
///
/// # Errors
/// [`StoreError::Query`] when they cannot even be read.
pub(in crate::store) async fn problems(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let mut found = Vec::new();
    check::<TaskRow>(connection, &mut found).await?;
    check::<MetricRow<OfAgent>>(connection, &mut found).await?;
    check::<MetricRow<OfSwarm>>(connection, &mut found).await?;
    check::<EventRow>(connection, &mut found).await?;
    check::<HealingRow>(connection, &mut found).await?;
    Ok(found)
}

async fn check<T: Sealed>(connection: &mut SqliteConnection, found: &mut Vec<String>) -> Result<(), StoreError> {
    let mut walk = Walk::<T>::new(TimeRange::ALL, Order::Asc, Vec::new());
    let mut before: Option<Place> = None;
    while let Some(head) = walk.next_head(connection).await? {
        match places::<T>(connection, head).await {
            Ok(places) => {
                found.extend(misplaced(head, &places, before).map(|what| format!("sealed chunk {} {what}", head.id)))
            }
            Err(StoreError::Damaged { what }) => found.push(what),
            Err(error) => return Err(error),
        }
        before = Some(head.last);
    }
    Ok(())
}

/// Where the rows of a chunk lie, each of which can be read.
async fn places<T: Sealed>(connection: &mut SqliteConnection, head: Head) -> Result<Vec<Place>, StoreError> {
    let mut chunk = Chunk::new::<T>(head)?;
    chunk.read::<T>(connection, Wanted::ALL).await?;
    (0..head.rows).map(|row| chunk.row::<T>(row).map(|(id, row)| (row.time(), id))).collect()
}

/// What is wrong with the places of a chunk that follows one which ends `before`.
fn misplaced(head: Head, places: &[Place], before: Option<Place>) -> Option<&'static str> {
    let day = |place: Place| place.0.div_euclid(DAY);
    if places.first() != Some(&head.first) || places.last() != Some(&head.last) {
        return Some("does not begin or end where it says");
    }
    if !places.is_sorted_by(|a, b| a < b) {
        return Some("is not in order");
    }
    if day(head.first) != day(head.last) {
        return Some("spans two days");
    }
    before.is_some_and(|before| before >= head.first).then_some("overlaps the one before it")
}
