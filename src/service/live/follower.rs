//! One who follows: what it missed, then what is new, at its own pace.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::watch;

use super::ring::{Batch, Found};
use super::{Fresh, Seat, Service, ServiceError, Wanted};
use crate::model::HighWater;
use crate::store::StoreError;

/// Rows read at once for a follower that comes back.
const REPLAY_ROWS: u32 = 500;

/// Why a follower must start anew: whatever it keeps may lack records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reset {
    /// It missed more than is read again.
    TooOld,
    /// It comes from a place that this store never reached.
    Unknown,
    /// It is slower than the news.
    TooSlow,
    /// So much was written at once that it was passed over.
    TooMuch,
    /// The store could not be read.
    Unreadable,
}

impl Reset {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooOld => "too_old",
            Self::Unknown => "unknown",
            Self::TooSlow => "too_slow",
            Self::TooMuch => "too_much",
            Self::Unreadable => "unreadable",
        }
    }
}

/// What a follower is given.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// New records, in the order of arrival; at least one.
    Records {
        /// The place before the first of them.
        from: HighWater,
        /// The records.
        rows: Vec<Arc<Fresh>>,
    },
    /// Something was written, but no record is new: records were changed or deleted, or it was seen already.
    Changed,
    /// Start anew from [`Follower::place`].
    Reset(Reset),
}

/// One who follows. Dropping it gives its seat back.
#[derive(Debug)]
pub struct Follower {
    service: Service,
    wanted: Wanted,
    /// Everything up to here was given, or is not wanted.
    at: HighWater,
    /// Up to here the store is read; beyond, the ring.
    missed_until: HighWater,
    /// The batch it comes to next.
    next: u64,
    owed: Option<Reset>,
    moved: watch::Receiver<u64>,
    _seat: Seat,
}

impl Follower {
    pub(super) async fn new(
        service: Service,
        seat: Seat,
        wanted: Wanted,
        since: Option<HighWater>,
    ) -> Result<Self, ServiceError> {
        let moved = service.feed.moved.subscribe();
        let (next, now) = {
            let state = service.feed.state();
            (state.ring.next(), state.ring.until())
        };
        let mut follower = Self { service, wanted, at: now, missed_until: now, next, owed: None, moved, _seat: seat };
        if let Some(since) = since {
            match follower.refusal(since, now).await? {
                Some(reset) => follower.owe(reset),
                None => follower.at = since,
            }
        }
        Ok(follower)
    }

    /// Why one cannot go on from `since`, when the ring ends at `now`.
    async fn refusal(&self, since: HighWater, now: HighWater) -> Result<Option<Reset>, StoreError> {
        let store = self.service.store();
        if since.is_beyond(&now) && since.is_beyond(&store.high_water().await?) {
            return Ok(Some(Reset::Unknown));
        }
        let missed = since.distance_to(&now);
        let most = u64::from(self.service.settings().stream.replay_max);
        // What retention sealed meanwhile is not read row by row.
        let old = missed > most || (missed > 0 && store.is_sealed_since(since).await?);
        Ok(old.then_some(Reset::TooOld))
    }

    fn owe(&mut self, reset: Reset) {
        self.service.feed.resets.fetch_add(1, Ordering::Relaxed);
        self.owed = Some(reset);
    }

    /// The place up to which everything was given: what to come back with.
    #[must_use]
    pub fn place(&self) -> HighWater {
        self.at
    }

    /// Waits for what comes next; `None` when the feed is closed. Nothing is lost when the waiting is broken off.
    pub async fn next(&mut self) -> Option<Delivery> {
        loop {
            if self.service.feed.closed.is_cancelled() {
                return None;
            }
            if let Some(reset) = self.owed.take() {
                return Some(Delivery::Reset(reset));
            }
            if self.at.distance_to(&self.missed_until) > 0 {
                if let Some(delivery) = self.replay().await {
                    return Some(delivery);
                }
                continue;
            }
            let found = self.service.feed.state().ring.find(self.next);
            match found {
                Found::Batch(batch) => {
                    self.next += 1;
                    if let Some(delivery) = self.take(&batch) {
                        return Some(delivery);
                    }
                }
                Found::Gone => {
                    self.skip();
                    self.owe(Reset::TooSlow);
                }
                Found::Nothing => {
                    let closed = self.service.feed.closed.clone();
                    tokio::select! {
                        moved = self.moved.changed() => moved.ok()?,
                        () = closed.cancelled() => return None,
                    }
                }
            }
        }
    }

    /// Goes to the end of the ring.
    fn skip(&mut self) {
        let state = self.service.feed.state();
        (self.next, self.at) = (state.ring.next(), self.at.joined(&state.ring.until()));
    }

    /// What of `batch` is wanted and was not given yet.
    fn take(&mut self, batch: &Batch) -> Option<Delivery> {
        match batch {
            Batch::Changed => Some(Delivery::Changed),
            Batch::Skipped => {
                self.skip();
                self.owe(Reset::TooMuch);
                None
            }
            Batch::Fresh(rows) => self.records(rows.iter().map(Arc::clone)),
        }
    }

    fn records(&mut self, rows: impl Iterator<Item = Arc<Fresh>>) -> Option<Delivery> {
        let from = self.at;
        let mut given = Vec::new();
        for row in rows {
            if row.id > from.of(row.dataset) {
                self.at.pass(row.dataset, row.id);
                if self.wanted.wants(row.dataset, &row.record) {
                    given.push(row);
                }
            }
        }
        (!given.is_empty()).then_some(Delivery::Records { from, rows: given })
    }

    /// Reads some of what was missed.
    async fn replay(&mut self) -> Option<Delivery> {
        let read = async {
            // The semaphore is never closed; were it, reading without its permit would only be slower.
            let _turn = self.service.feed.replays.acquire().await.ok();
            self.service.store().news(self.at, REPLAY_ROWS).await
        };
        let news = match read.await {
            Ok(news) => news,
            Err(error) => {
                tracing::warn!(%error, "a client that came back could not be given what it missed");
                self.skip();
                self.owe(Reset::Unreadable);
                return None;
            }
        };
        let rows = news.rows.into_iter().map(|(dataset, row)| Arc::new(Fresh::new(dataset, row)));
        let delivery = self.records(rows);
        // Ids without a record are passed as well.
        self.at = self.at.joined(&news.until);
        delivery
    }
}
