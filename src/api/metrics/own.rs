//! What Swarmscope counts about itself.

use super::{counter, gauge};
use crate::api::ApiState;
use crate::wire::exposition::{Exposition, Family, Kind};

const QUERIES: Family = Family {
    name: "query_duration_seconds",
    kind: Kind::Histogram,
    unit: "seconds",
    help: "Time to answer a query, by type, since the start of the process.",
};
const REQUESTS: Family = Family {
    name: "http_request_duration_seconds",
    kind: Kind::Histogram,
    unit: "seconds",
    help: "Time to the head of an answer, by method, route and class of status, since the start of the process.",
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

/// Writes them.
#[expect(clippy::cast_precision_loss, reason = "counts and sizes far below 2^53")]
pub fn write(text: &mut Exposition, state: &ApiState) {
    let store = state.service.store();
    text.family(&QUERIES);
    for (query_type, histogram) in &state.meters.queries() {
        text.histogram(&[("query_type", query_type)], histogram);
    }
    text.family(&REQUESTS);
    for (call, histogram) in &state.meters.requests() {
        let labels = [("method", call.method), ("route", call.route.as_str()), ("status", call.status)];
        text.histogram(&labels, histogram);
    }
    let (gauge, cache) = (store.gauge(), state.service.cache_gauge());
    let (buffer, feed) = (state.service.buffer_gauge(), state.service.feed_gauge());
    for (family, value) in [
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
}
