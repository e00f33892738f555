//! Following what is stored: every new record once, in the order of arrival, to many who listen.
//!
//! One task reads what is new ([`pump`]) and keeps it in a ring bounded in bytes ([`ring`]); every [`Follower`] goes
//! through the ring at its own pace. One that comes back reads what it missed from the store; one that missed too
//! much, or that is too slow for the ring, is told to start anew. So memory does not grow with slow listeners, and
//! the store is not asked once per listener.
//!
//! Not here: how news look on the wire (`api::stream`).

mod follower;
mod pump;
mod ring;
mod wanted;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{Service, ServiceError};
use crate::model::{Dataset, HighWater, Problem, ProblemKind, Record};
use crate::store::Row;
use crate::wire::ndjson::push_object;

pub use follower::{Delivery, Follower, Reset};
pub use wanted::Wanted;

use ring::Ring;

/// Followers that read what they missed at the same time: readers are few, and a restart makes all come back at once.
const REPLAYS: usize = 2;

/// A new record.
#[derive(Debug, Clone, PartialEq)]
pub struct Fresh {
    /// Its kind.
    pub dataset: Dataset,
    /// Its row id.
    pub id: i64,
    /// The record.
    pub record: Record,
    /// The record as list routes write it, on one line.
    pub json: Vec<u8>,
}

impl Fresh {
    fn new(dataset: Dataset, row: Row) -> Self {
        let mut json = Vec::new();
        push_object(&mut json, &row.record, true);
        Self { dataset, id: row.id, record: row.record, json }
    }
}

/// What every follower of one process shares.
#[derive(Debug)]
pub(super) struct Feed {
    state: Mutex<State>,
    /// Held while the pump is started.
    start: tokio::sync::Mutex<()>,
    /// The number of the batch that comes next; wakes followers.
    moved: watch::Sender<u64>,
    closed: CancellationToken,
    replays: Semaphore,
    resets: AtomicU64,
    refused: AtomicU64,
}

#[derive(Debug, Default)]
struct State {
    followers: u32,
    /// Whether the pump runs.
    pumping: bool,
    ring: Ring,
}

/// How the feed is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedGauge {
    /// Who follows now.
    pub followers: u64,
    /// How often a follower was told to start anew, since the start of the process.
    pub resets: u64,
    /// How many were refused because too many follow, since the start of the process.
    pub refused: u64,
    /// Bytes of news kept for those who are a little behind.
    pub bytes: u64,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            start: tokio::sync::Mutex::default(),
            moved: watch::Sender::default(),
            closed: CancellationToken::default(),
            replays: Semaphore::new(REPLAYS),
            resets: AtomicU64::default(),
            refused: AtomicU64::default(),
        }
    }
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among the followers; given back when dropped.
#[derive(Debug)]
struct Seat(Arc<Feed>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.state().followers -= 1;
    }
}

impl Service {
    /// Follows records that are `wanted` from `since` on, or from now on.
    ///
    /// # Errors
    /// A [`Problem`] of kind overloaded when too many follow or the server stops; [`ServiceError::Store`].
    pub async fn follow(&self, wanted: Wanted, since: Option<HighWater>) -> Result<Follower, ServiceError> {
        let seat = self.seat()?;
        self.start_pump().await?;
        Follower::new(self.clone(), seat, wanted, since).await
    }

    fn seat(&self) -> Result<Seat, Problem> {
        let most = self.settings().stream.clients_max;
        let mut state = self.feed.state();
        let refusal = match () {
            () if self.feed.closed.is_cancelled() => "the server is stopping; come back when it runs again".to_owned(),
            () if state.followers >= most => {
                format!("{most} clients follow the stream already; come back later, or raise stream.clients_max")
            }
            () => {
                state.followers += 1;
                return Ok(Seat(Arc::clone(&self.feed)));
            }
        };
        self.feed.refused.fetch_add(1, Ordering::Relaxed);
        Err(Problem::new(ProblemKind::Overloaded, refusal))
    }

    /// Starts the one task that reads what is new, unless it runs.
    async fn start_pump(&self) -> Result<(), ServiceError> {
        let _starting = self.feed.start.lock().await;
        if self.feed.state().pumping {
            return Ok(());
        }
        let told = self.store().changes().subscribe();
        let now = self.store().high_water().await?;
        {
            let mut state = self.feed.state();
            state.ring.restart(now);
            state.pumping = true;
        }
        tokio::spawn(pump::run(self.clone(), told));
        Ok(())
    }

    /// Ends every follower, now and later.
    pub fn close_feed(&self) {
        self.feed.closed.cancel();
    }

    /// How the feed is doing.
    #[must_use]
    pub fn feed_gauge(&self) -> FeedGauge {
        let state = self.feed.state();
        FeedGauge {
            followers: u64::from(state.followers),
            resets: self.feed.resets.load(Ordering::Relaxed),
            refused: self.feed.refused.load(Ordering::Relaxed),
            bytes: state.ring.bytes() as u64,
        }
    }
}
