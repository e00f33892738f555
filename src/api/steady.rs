//! Request bodies that behave at both ends.
//!
//! - A client that stops sending for too long is let go, and so is one that sends a byte now and then.
//! - A client that is refused before it has sent everything still gets to read why: what it goes on
//!   sending is read and thrown away, within limits. Closing at once would reset the connection, and
//!   most clients then report a broken pipe instead of the answer.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use bytes::Bytes;
use futures::{Stream, StreamExt};
use tokio::time::{Instant, Sleep, sleep, timeout};

/// Most bytes that are thrown away.
const DISCARD_BYTES_MAX: usize = 256 << 20;
/// How long at most they are.
const DISCARD_TIME_MAX: Duration = Duration::from_secs(5);

/// How slowly a client may send.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long it may stop.
    pub idle: Duration,
    /// Bytes a second, on average over the time that was spent waiting for it, once that is more than `idle`.
    pub bytes_per_second_min: u32,
}

/// Wraps the body of every request that may have one.
pub async fn layer(State(pace): State<Pace>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    next.run(request.map(|body| Body::from_stream(Steady::new(body, pace)))).await
}

struct Steady {
    chunks: Option<BodyDataStream>,
    pace: Pace,
    patience: Pin<Box<Sleep>>,
    /// Since when nothing has come.
    silent: Option<Instant>,
    /// For how long nothing came, in all. Time in which nobody asked for more is ours, not the client's.
    waited: Duration,
    bytes: u64,
}

impl Steady {
    fn new(body: Body, pace: Pace) -> Self {
        Self {
            chunks: Some(body.into_data_stream()),
            pace,
            patience: Box::pin(sleep(pace.idle)),
            silent: None,
            waited: Duration::ZERO,
            bytes: 0,
        }
    }

    /// Counts what came; `false` when that is too little for the time it took.
    fn keeps_up(&mut self, bytes: usize, now: Instant) -> bool {
        self.waited += self.silent.take().map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.waited <= self.pace.idle
            || self.bytes >= u64::from(self.pace.bytes_per_second_min).saturating_mul(self.waited.as_secs())
    }

    /// Lets the client go. What it sends from now on is not even thrown away.
    fn give_up(&mut self, reason: String) -> Poll<Option<Result<Bytes, axum::Error>>> {
        self.chunks = None;
        Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(reason)))))
    }
}

impl Stream for Steady {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        match chunks.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(chunk))) => {
                let now = Instant::now();
                if !self.keeps_up(chunk.len(), now) {
                    let least = self.pace.bytes_per_second_min;
                    return self.give_up(format!("less than {least} bytes a second came"));
                }
                let until = now + self.pace.idle;
                self.patience.as_mut().reset(until);
                Poll::Ready(Some(Ok(chunk)))
            }
            // Ended or broken: nothing is left to throw away.
            Poll::Ready(ended) => {
                self.chunks = None;
                Poll::Ready(ended)
            }
            Poll::Pending if self.patience.as_mut().poll(context).is_ready() => {
                let silence = format!("nothing came for {} s", self.pace.idle.as_secs());
                self.give_up(silence)
            }
            Poll::Pending => {
                self.silent.get_or_insert_with(Instant::now);
                Poll::Pending
            }
        }
    }
}

impl Drop for Steady {
    fn drop(&mut self) {
        let (Some(chunks), Ok(runtime)) = (self.chunks.take(), tokio::runtime::Handle::try_current()) else { return };
        runtime.spawn(async move {
            if timeout(DISCARD_TIME_MAX, discard(chunks)).await.is_err() {
                tracing::debug!("a refused client did not stop sending and was cut off");
            }
        });
    }
}

async fn discard(mut chunks: BodyDataStream) {
    let mut bytes = 0;
    while let Some(Ok(chunk)) = chunks.next().await {
        bytes += chunk.len();
        if bytes > DISCARD_BYTES_MAX {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_byte_now_and_then_is_not_enough_once_patience_is_used_up() {
        let pace = Pace { idle: Duration::from_secs(30), bytes_per_second_min: 256 };
        let mut body = Steady::new(Body::empty(), pace);
        let mut now = Instant::now();
        let mut arrives = |bytes, seconds| {
            body.silent = Some(now);
            now += Duration::from_secs(seconds);
            body.keeps_up(bytes, now)
        };
        assert!(arrives(1, 20), "a slow start is forgiven");
        assert!(arrives(1, 10));
        assert!(arrives(256 * 31, 1), "it caught up");
        assert!(!arrives(1, 20), "and fell behind");
    }
}
