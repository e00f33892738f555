//! How many connections there may be, and who must go when there are too many.
//!
//! A connection that waits for the head of a request costs a socket and nothing is lost with it: when there is no room,
//! the one that waits longest makes room. So thousands of clients that never finish a head cannot keep others out.
//! Connections within a request stay; time limits end those that do not move.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use hyper::body::{Frame, SizeHint};
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::sync::Notify;

/// Files besides sockets: the store's connections, logs, standard streams.
const OTHER_FILES: u64 = 128;

/// The connections there are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Connections {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    most: usize,
    table: Mutex<Table>,
    /// Told when a connection ends or begins to wait.
    room: Notify,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    /// How each is told to go, by its number.
    open: HashMap<u64, Arc<Notify>>,
    /// Those that wait for a request, by when they began to: their numbers.
    waiting: BTreeMap<u64, u64>,
}

impl Table {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

impl Connections {
    /// Room for `most` connections, or for as many as the system gives sockets; asks it for more where it may.
    #[must_use]
    pub fn new(most: usize) -> Self {
        let room = sockets(most);
        if room < most {
            tracing::warn!(
                room,
                wanted = most,
                "the limit on open files leaves room for fewer connections; see `ulimit -n`"
            );
        }
        Self { shared: Arc::new(Shared { most: room, table: Mutex::default(), room: Notify::new() }) }
    }

    /// A place for a connection. Where all are taken, the one that waits longest for a request has to go; when none
    /// does, this takes until one ends.
    pub async fn enter(&self) -> Place {
        loop {
            if let Some(place) = self.try_enter() {
                return place;
            }
            self.shared.room.notified().await;
        }
    }

    fn try_enter(&self) -> Option<Place> {
        let mut table = self.shared.lock();
        if table.open.len() >= self.shared.most {
            let (_, longest) = table.waiting.pop_first()?;
            table.open.remove(&longest)?.notify_one();
        }
        let (number, began) = (table.number(), table.number());
        let leave = Arc::new(Notify::new());
        table.open.insert(number, Arc::clone(&leave));
        table.waiting.insert(began, number);
        Some(Place { number, leave, waiting: Arc::new(Mutex::new(Some(began))), shared: Arc::clone(&self.shared) })
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a connection has as long as it lives.
#[derive(Debug)]
pub struct Place {
    number: u64,
    leave: Arc<Notify>,
    /// When it began to wait; `None` within a request.
    waiting: Arc<Mutex<Option<u64>>>,
    shared: Arc<Shared>,
}

impl Place {
    /// Ends when the connection has to make room.
    pub fn told_to_go(&self) -> impl Future<Output = ()> + use<> {
        let leave = Arc::clone(&self.leave);
        async move { leave.notified().await }
    }

    /// A request began: it ends with what is returned.
    pub fn busy(&self) -> Busy {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(began) = waiting.take() {
            self.shared.lock().waiting.remove(&began);
        }
        Busy { number: self.number, waiting: Arc::clone(&self.waiting), shared: Arc::clone(&self.shared) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let began = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut table = self.shared.lock();
        table.open.remove(&self.number);
        if let Some(began) = began {
            table.waiting.remove(&began);
        }
        drop(table);
        self.shared.room.notify_one();
    }
}

/// A request on its way.
#[derive(Debug)]
pub struct Busy {
    number: u64,
    waiting: Arc<Mutex<Option<u64>>>,
    shared: Arc<Shared>,
}

impl Busy {
    /// The body of the answer, with which the request ends.
    pub fn until_end_of(self, body: Body) -> Body {
        Body::new(Answer { body, _busy: self })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = self.shared.lock();
        // It may have ended meanwhile.
        if table.open.contains_key(&self.number) {
            let began = table.number();
            table.waiting.insert(began, self.number);
            *waiting = Some(began);
        }
        drop(table);
        self.shared.room.notify_one();
    }
}

/// The body of an answer; it is what it holds.
struct Answer {
    body: Body,
    _busy: Busy,
}

impl hyper::body::Body for Answer {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// How many of `most` sockets this process may open, after asking for as many.
fn sockets(most: usize) -> usize {
    let wanted = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(OTHER_FILES);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < wanted) {
        let mut more = limit;
        more.current = Some(limit.maximum.map_or(wanted, |maximum| maximum.min(wanted)));
        match setrlimit(Resource::Nofile, more) {
            Ok(()) => limit = more,
            Err(error) => tracing::debug!(%error, "could not raise the limit on open files"),
        }
    }
    let room = limit.current.map_or(wanted, |current| current.min(wanted)).saturating_sub(OTHER_FILES);
    usize::try_from(room).unwrap_or(most).max(1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::body::HttpBody as _;

    use super::*;

    async fn goes(place: &Place) -> bool {
        tokio::time::timeout(Duration::from_millis(1), place.told_to_go()).await.is_ok()
    }

    #[tokio::test]
    async fn who_waits_longest_makes_room_and_who_is_within_a_request_stays() {
        let connections = Connections::new(3);
        let (first, second, third) = (connections.enter().await, connections.enter().await, connections.enter().await);
        let request = first.busy();
        let _fourth = connections.enter().await;
        assert_eq!((goes(&first).await, goes(&second).await, goes(&third).await), (false, true, false));
        drop(second); // it had gone already: this makes no room
        drop(request); // from now on the first waits, after the third
        let _fifth = connections.enter().await;
        assert_eq!((goes(&first).await, goes(&third).await), (false, true));
    }

    #[tokio::test]
    async fn when_all_are_within_requests_a_newcomer_waits_for_one_to_end() {
        let connections = Connections::new(1);
        let place = connections.enter().await;
        let body = place.busy().until_end_of(Body::from("text"));
        assert_eq!(body.size_hint().exact(), Some(4), "the length of an answer is still known");
        assert!(connections.try_enter().is_none());
        let newcomer = connections.clone();
        let waits = tokio::spawn(async move { newcomer.enter().await });
        drop(body);
        let _entered = waits.await.expect("there is room");
        assert!(goes(&place).await);
    }
}
