//! `GET /metrics`: what Swarmscope says about itself, for Prometheus.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::params::Params;
use super::{ApiResult, ApiState, now, process};
use crate::model::Micros;
use crate::model::time::MINUTE;
use crate::wire::exposition::{Dialect, Exposition, Family, Kind};

/// How long after its last sign of life an agent counts as active.
const ACTIVE_MICROS: i64 = 5 * MINUTE;

const EVENTS: Family = counter("events", "", "Agent events that ever arrived, by type.");
const ACTIVE: Family = gauge("agents_active", "", "Agents with a task or an event in the last 5 minutes.");
const QUERIES: Family = Family {
    name: "query_duration_seconds",
    kind: Kind::Histogram,
    unit: "seconds",
    help: "Time to answer a query, by type, since the start of the process.",
};
const DB_SIZE: Family = gauge("db_size_bytes", "bytes", "Size of the store's file and its write-ahead log.");
const WAL_SIZE: Family = gauge("db_wal_size_bytes", "bytes", "Size of the store's write-ahead log.");
const ERRORS: Family = counter("errors", "", "Failures of Swarmscope itself since the start of the process.");
const STORED: Family = counter("records_stored", "", "Records stored since the start of the process.");
const DUPLICATES: Family = counter("records_duplicate", "", "Records that were there before, since the start.");
const DIFFERING: Family = counter("records_differing", "", "Repeats with other values, since the start.");
const COMMITS: Family = counter("commits", "", "Transactions since the start of the process.");
const COMMIT_FAILURES: Family = counter("commit_failures", "", "Transactions that failed since the start.");
const COMMIT_TIME: Family = counter("commit_duration_seconds", "seconds", "Time spent in transactions.");
const QUEUE: Family = gauge("queue_records", "", "Records that wait to be written.");
const QUEUE_LIMIT: Family = gauge("queue_limit_records", "", "Records that may wait to be written.");
const BUFFER: Family = gauge("buffer_records", "", "Records of callers that do not wait, on their way to the store.");
const BUFFER_LIMIT: Family = gauge("buffer_limit_records", "", "Records that the write buffer may hold.");
const BUFFER_FLUSHED: Family = counter("buffer_records_flushed", "", "Buffered records handed to the store.");
const BUFFER_FAILURES: Family = counter("buffer_flush_failures", "", "Flushes that failed and are tried again.");
const BUFFER_LOST: Family = counter("buffer_records_lost", "", "Buffered records that could not be stored.");
const CACHE_HITS: Family = counter("cache_hits", "", "Questions answered from kept answers, since the start.");
const CACHE_MISSES: Family = counter("cache_misses", "", "Questions that were answered anew, since the start.");
const CACHE_EVICTIONS: Family = counter("cache_evictions", "", "Kept answers that made room for others.");
const CACHE_INVALIDATIONS: Family = counter("cache_invalidations", "", "Kept answers that a later record ended.");
const CACHE_ENTRIES: Family = gauge("cache_entries", "", "Answers that are kept.");
const FOLLOWERS: Family = gauge("stream_clients", "", "Clients that follow the stream of new records.");
const RESETS: Family = counter("stream_resets", "", "Clients told to start anew, since the start.");
const REFUSED: Family = counter("stream_refused", "", "Clients refused because too many followed, since the start.");
const STREAM_BYTES: Family = gauge("stream_buffer_bytes", "bytes", "News kept for clients that are a little behind.");
const BUILD: Family = gauge("build_info", "", "Version of the program; always 1.");

const fn counter(name: &'static str, unit: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, unit, help }
}

const fn gauge(name: &'static str, unit: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, unit, help }
}

/// Current values about Swarmscope itself; text 0.0.4, or OpenMetrics if `Accept` prefers it.
#[utoipa::path(get, path = "/metrics", tag = "probes",
    responses((status = 200, description = "current values", content(
        (String = "text/plain"), (String = "application/openmetrics-text")))))]
#[expect(clippy::cast_precision_loss, reason = "counts and sizes far below 2^53")]
pub async fn metrics(
    State(state): State<ApiState>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let dialect = dialect(&headers);
    let mut text = Exposition::new(dialect);
    let store = state.service.store();
    let events = store.events_ever().await.map_err(crate::service::ServiceError::from)?;
    text.family(&EVENTS);
    for (event_type, count) in &events {
        text.sample(&[("event_type", event_type)], *count as f64);
    }
    let since = Micros(now().0 - ACTIVE_MICROS);
    let active = store.agents_active(since).await.map_err(crate::service::ServiceError::from)?;
    text.family(&QUERIES);
    for (query_type, histogram) in &state.meters.queries() {
        text.histogram(&[("query_type", query_type)], histogram);
    }
    let (gauge, cache) = (store.gauge(), state.service.cache_gauge());
    let (buffer, feed) = (state.service.buffer_gauge(), state.service.feed_gauge());
    for (family, value) in [
        (&ACTIVE, active as f64),
        (&DB_SIZE, (gauge.file_bytes + gauge.wal_bytes) as f64),
        (&WAL_SIZE, gauge.wal_bytes as f64),
        (&ERRORS, state.meters.errors() as f64),
        (&COMMIT_FAILURES, gauge.failures as f64),
        (&STORED, gauge.stored as f64),
        (&DUPLICATES, gauge.duplicates as f64),
        (&DIFFERING, gauge.differing as f64),
        (&COMMITS, gauge.commits as f64),
        (&COMMIT_TIME, gauge.commit_micros as f64 / 1e6),
        (&QUEUE, gauge.queued_records as f64),
        (&QUEUE_LIMIT, gauge.queue_limit as f64),
        (&CACHE_HITS, cache.hits as f64),
        (&CACHE_MISSES, cache.misses as f64),
        (&CACHE_EVICTIONS, cache.evictions as f64),
        (&CACHE_INVALIDATIONS, cache.invalidations as f64),
        (&CACHE_ENTRIES, cache.entries as f64),
        (&BUFFER, buffer.waiting as f64),
        (&BUFFER_LIMIT, buffer.room as f64),
        (&BUFFER_FLUSHED, buffer.flushed as f64),
        (&BUFFER_FAILURES, buffer.failures as f64),
        (&BUFFER_LOST, buffer.lost as f64),
        (&FOLLOWERS, feed.followers as f64),
        (&RESETS, feed.resets as f64),
        (&REFUSED, feed.refused as f64),
        (&STREAM_BYTES, feed.bytes as f64),
    ] {
        text.family(family);
        text.sample(&[], value);
    }
    text.family(&BUILD);
    text.sample(&[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    process::write(&mut text, state.meters.started());
    let headers = [(header::CONTENT_TYPE, dialect.content_type()), (header::CACHE_CONTROL, "no-store")];
    Ok((headers, text.finish()).into_response())
}

/// The dialect with the highest weight in `Accept`; text when they tie or none is named.
fn dialect(headers: &HeaderMap) -> Dialect {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let (mut text, mut open) = (0.0_f64, 0.0_f64);
    for part in accepted.flat_map(|value| value.split(',')) {
        let mut words = part.split(';').map(str::trim);
        let media_type = words.next().unwrap_or_default();
        let weight = words.find_map(|word| word.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        match media_type {
            "application/openmetrics-text" => open = open.max(weight),
            "text/plain" | "text/*" | "*/*" => text = text.max(weight),
            _ => {}
        }
    }
    if open > text { Dialect::OpenMetrics } else { Dialect::Text }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_heaviest_dialect_in_accept_is_written() {
        let of =
            |accept: &'static str| dialect(&HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static(accept))]));
        assert_eq!(dialect(&HeaderMap::new()), Dialect::Text);
        assert_eq!(of("*/*"), Dialect::Text);
        assert_eq!(
            of("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.4,*/*;q=0.1"),
            Dialect::OpenMetrics
        );
        assert_eq!(of("application/openmetrics-text;q=0.3,text/plain;q=0.9"), Dialect::Text);
    }
}
