//! `Server-Timing`: what an answer cost, where browsers' tools and `curl -v` show it.
//!
//! `query` is the time spent in `service`, `total` the time from the head of the request to the first byte of the
//! answer. Of a streamed answer, such as an export, only what came before its first byte is known by then.

use std::cell::Cell;
use std::time::{Duration, Instant};

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

/// The header.
const HEADER: HeaderName = HeaderName::from_static("server-timing");

tokio::task_local! {
    /// Time spent in `service` for the request at hand.
    static QUERY: Cell<Duration>;
}

/// Counts the time of `asking` as that of the query.
pub async fn query<T>(asking: impl Future<Output = T>) -> T {
    let started = Instant::now();
    let answer = asking.await;
    // Outside a request, in tests, nobody asks.
    let _ = QUERY.try_with(|spent| spent.set(spent.get() + started.elapsed()));
    answer
}

/// What was counted so far for the request at hand; nothing outside one.
#[must_use]
pub fn spent() -> Duration {
    QUERY.try_with(Cell::get).unwrap_or_default()
}

/// Runs `answering` and writes what it cost into its answer.
pub async fn timed(answering: impl Future<Output = Response>) -> Response {
    let started = Instant::now();
    let answering = async {
        let response = answering.await;
        (response, QUERY.with(Cell::get))
    };
    let (mut response, spent) = QUERY.scope(Cell::new(Duration::ZERO), answering).await;
    if let Ok(value) = HeaderValue::try_from(header_of(spent, started.elapsed())) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

fn header_of(query: Duration, total: Duration) -> String {
    let millis = |time: Duration| time.as_secs_f64() * 1e3;
    let total = format!("total;dur={:.3}", millis(total));
    if query.is_zero() { total } else { format!("query;dur={:.3}, {total}", millis(query)) }
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[tokio::test]
    async fn the_parts_of_a_query_add_up() {
        let answering = async {
            query(tokio::time::sleep(Duration::from_millis(2))).await;
            query(tokio::time::sleep(Duration::from_millis(2))).await;
            "done".into_response()
        };
        let response = timed(answering).await;
        let text = response.headers()[HEADER].to_str().expect("text").to_owned();
        let spent: f64 = text
            .strip_prefix("query;dur=")
            .and_then(|rest| rest.split_once(", total;dur="))
            .and_then(|(query, _)| query.parse().ok())
            .expect("a query and a total");
        assert!(spent >= 4.0, "{text}");
        assert_eq!(header_of(Duration::ZERO, Duration::from_micros(1500)), "total;dur=1.500");
    }
}
