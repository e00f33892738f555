//! The one task that reads what is new, for as long as anybody follows.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::sleep;

use super::ring::Batch;
use super::{Fresh, Service};
use crate::model::HighWater;
use crate::store::StoreError;
use crate::store::changes::Mark;

/// Between two looks at the store; what arrives meanwhile is read together.
const PAUSE: Duration = Duration::from_millis(40);
/// How long without a change until it looks whether anybody follows still, and to be on the safe side.
const LOOK: Duration = Duration::from_secs(1);
/// Records of one look; each may bring 64 KiB of metadata.
const RECORDS_A_LOOK: u32 = 256;
/// Bytes of JSON in one batch, so that room is made in small steps.
const BATCH_BYTES: usize = 1 << 20;
/// When more than that is new at once, nobody wants it one by one: all are told to start anew.
const BEHIND_MAX: u64 = 20_000;

/// What is left to do after a look.
enum Left {
    /// There is more.
    More,
    /// Nothing.
    Nothing,
    /// It was too much; the store gets time for whoever writes so much.
    TooMuch,
}

/// Reads until nobody follows or the feed is closed. `told` wakes it.
pub(super) async fn run(service: Service, mut told: watch::Receiver<Mark>) {
    let mut seen = *told.borrow_and_update();
    loop {
        if leave(&service) {
            return;
        }
        let mark = *told.borrow_and_update();
        let left = look(&service, mark != seen).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not read what is new; trying again");
            Left::TooMuch
        });
        seen = mark;
        let wait = async {
            match left {
                Left::More => {}
                Left::TooMuch => sleep(LOOK).await,
                Left::Nothing => {
                    sleep(PAUSE).await;
                    // Whether a change or the time ends it, the next look shows what there is.
                    let _ = tokio::time::timeout(LOOK, told.changed()).await;
                }
            }
        };
        tokio::select! {
            () = wait => {}
            () = service.feed.closed.cancelled() => return,
        }
    }
}

/// Ends the pump when nobody follows; under the lock that followers are counted under.
fn leave(service: &Service) -> bool {
    let mut state = service.feed.state();
    if state.followers > 0 && !service.feed.closed.is_cancelled() {
        return false;
    }
    state.pumping = false;
    let until = state.ring.until();
    state.ring.restart(until);
    true
}

async fn look(service: &Service, changed: bool) -> Result<Left, StoreError> {
    let after = service.feed.state().ring.until();
    let news = service.store().news(after, RECORDS_A_LOOK).await?;
    if after.distance_to(&news.end) > BEHIND_MAX {
        push(service, Batch::Skipped, news.end);
        return Ok(Left::TooMuch);
    }
    if news.rows.is_empty() && changed {
        push(service, Batch::Changed, news.until);
    }
    let (mut batch, mut bytes, mut place) = (Vec::new(), 0, after);
    for (dataset, row) in news.rows {
        let fresh = Fresh::new(dataset, row);
        place.pass(dataset, fresh.id);
        bytes += fresh.json.len();
        batch.push(Arc::new(fresh));
        if bytes >= BATCH_BYTES {
            push(service, Batch::Fresh(std::mem::take(&mut batch)), place);
            bytes = 0;
        }
    }
    // Ids without a record are passed as well.
    push(service, Batch::Fresh(batch), news.until);
    Ok(if news.until.distance_to(&news.end) > 0 { Left::More } else { Left::Nothing })
}

/// Adds a batch to the ring and wakes who waits for it; an empty one only moves the place on.
fn push(service: &Service, batch: Batch, until: HighWater) {
    let mut state = service.feed.state();
    if matches!(&batch, Batch::Fresh(rows) if rows.is_empty()) {
        state.ring.pass(until);
        return;
    }
    let next = state.ring.push(batch, until);
    drop(state);
    service.feed.moved.send_replace(next);
}
