//! Request bodies that behave at both ends.
//!
//! - A client that stops sending for too long is let go.
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

/// Wraps the body of every request that may have one. `idle` is how long a client may stop sending.
pub async fn layer(State(idle): State<Duration>, request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    next.run(request.map(|body| Body::from_stream(Steady::new(body, idle)))).await
}

struct Steady {
    chunks: Option<BodyDataStream>,
    idle: Duration,
    patience: Pin<Box<Sleep>>,
}

impl Steady {
    fn new(body: Body, idle: Duration) -> Self {
        Self { chunks: Some(body.into_data_stream()), idle, patience: Box::pin(sleep(idle)) }
    }
}

impl Stream for Steady {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
        match chunks.poll_next_unpin(context) {
            Poll::Ready(Some(Ok(chunk))) => {
                let until = Instant::now() + self.idle;
                self.patience.as_mut().reset(until);
                Poll::Ready(Some(Ok(chunk)))
            }
            // Ended or broken: nothing is left to throw away.
            Poll::Ready(ended) => {
                self.chunks = None;
                Poll::Ready(ended)
            }
            Poll::Pending if self.patience.as_mut().poll(context).is_ready() => {
                self.chunks = None;
                let silence = format!("nothing came for {} s", self.idle.as_secs());
                Poll::Ready(Some(Err(axum::Error::new(std::io::Error::other(silence)))))
            }
            Poll::Pending => Poll::Pending,
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
