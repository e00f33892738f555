//! `GET /api/v1/stream`: new records as they arrive, as server-sent events.
//!
//! Every event's `id` is a place in the order of arrival, so a client that comes back with the last one it saw
//! misses nothing and sees nothing twice. With `form=counts` a client is told only how many records of each kind
//! came, a few times a second at most: that is what pages follow, however much is written.

use std::fmt::Write as _;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::ApiResult;
use super::guard::Session;
use super::params::Params;
use super::problem::ProblemBody;
use crate::model::{Dataset, HighWater, Problem};
use crate::service::Service;
use crate::service::live::{Delivery, Follower, Wanted};

/// How long a client should wait before it comes back, in milliseconds.
const RETRY_MS: u32 = 2000;
/// Between two counts.
const COUNTS_APART: Duration = Duration::from_millis(250);
/// Parameters beside the fields to filter by.
const COMMON: [&str; 3] = ["kinds", "since", "form"];

/// New records of any kind, each once, in the order in which they were stored; `event` is the kind and `data` the
/// record as lists write it. Beside them: `reset` (`{"reason":…}`: more was missed than is sent again; start anew),
/// `changed` (something stored was changed or deleted), comments as heartbeats. Comes back with `Last-Event-ID`
/// without gaps or repeats, also after a restart of the server.
#[utoipa::path(get, path = "/api/v1/stream", tag = "records",
    params(
        ("kinds" = Option<String>, Query, description = "only these, with commas between: task, agent_metric, swarm_metric, event, healing, agent, memory"),
        ("since" = Option<String>, Query, description = "go on after this `id`; the header Last-Event-ID wins"),
        ("form" = Option<String>, Query, description = "`records` (default), or `counts`: events `news` with the number of new records by kind"),
        ("Last-Event-ID" = Option<String>, Header, description = "the `id` of the last event that was seen"),
        ("agent_id" = Option<String>, Query, description = "equal to; so are all other fields that lists are filtered by"),
        ("swarm_id" = Option<String>, Query, description = "equal to"),
        ("project" = Option<String>, Query, description = "equal to"),
        ("event_type" = Option<String>, Query, description = "equal to"),
        ("task_id" = Option<String>, Query, description = "equal to"),
        ("result" = Option<String>, Query, description = "equal to"),
        ("model" = Option<String>, Query, description = "equal to"),
        ("metric_type" = Option<String>, Query, description = "equal to"),
        ("agent_type" = Option<String>, Query, description = "equal to"),
        ("event_id" = Option<String>, Query, description = "equal to"),
        ("strategy" = Option<String>, Query, description = "equal to"),
        ("failure_type" = Option<String>, Query, description = "equal to"),
        ("success" = Option<String>, Query, description = "equal to"),
        ("status" = Option<String>, Query, description = "equal to"),
        ("session_id" = Option<String>, Query, description = "equal to"),
        ("memory_type" = Option<String>, Query, description = "equal to"),
        ("key" = Option<String>, Query, description = "equal to"),
    ),
    responses(
        (status = 200, description = "events, until the server stops, the client leaves, or the session it came with ends", body = String, content_type = "text/event-stream"),
        (status = 400, description = "an unknown parameter, kind or form, or an unreadable value",
            body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "too many clients follow; come back after Retry-After",
            body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn stream(
    State(service): State<Service>,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let known: Vec<&str> = COMMON.into_iter().chain(Wanted::fields()).collect();
    let params = Params::read(query.as_deref(), &known)?;
    let wanted = Wanted::from_pairs(params.get("kinds"), params.iter().filter(|(name, _)| !COMMON.contains(name)))?;
    let counting = match params.get("form") {
        None | Some("records") => false,
        Some("counts") => true,
        Some(other) => return Err(Problem::bad_request(format!("`form={other}`: write records or counts")).into()),
    };
    let since = since(&headers, &params)?;
    let heartbeat = Duration::from_secs(service.settings().stream.heartbeat_seconds.into());
    let follower = service.follow(wanted, since).await?;
    let writer = Writer { follower, heartbeat, counts: counting.then(Counts::default), begun: false };
    let events = futures::stream::unfold(writer, |mut writer| async {
        let chunk = writer.chunk().await?;
        Some((Ok::<_, std::convert::Infallible>(chunk), writer))
    });
    // Who logged out sees nothing more, whatever was open.
    let events = events.take_until(async {
        match session {
            Some(Extension(session)) => session.over().await,
            None => std::future::pending().await,
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"), // proxies would hold events back
    ];
    Ok((headers, Body::from_stream(events)).into_response())
}

/// Where the client was. A header that is no place of ours is answered by `reset`, as browsers send it by
/// themselves; a parameter that somebody wrote is refused.
fn since(headers: &HeaderMap, params: &Params) -> Result<Option<HighWater>, Problem> {
    if let Some(last) = headers.get("last-event-id") {
        let place = last.to_str().ok().and_then(|text| text.parse().ok());
        return Ok(Some(place.unwrap_or_else(nowhere)));
    }
    let read = |text: &str| text.parse().map_err(|error| Problem::bad_request(format!("`since={text}` {error}")));
    params.get("since").map(read).transpose()
}

/// A place that no store reaches.
fn nowhere() -> HighWater {
    let mut place = HighWater::default();
    Dataset::ALL.into_iter().for_each(|dataset| place.pass(dataset, i64::MAX));
    place
}

/// New records that were not told yet.
#[derive(Debug, Default)]
struct Counts {
    by_kind: [u64; 7],
    changed: bool,
    told: Option<Instant>,
}

impl Counts {
    fn is_empty(&self) -> bool {
        !self.changed && self.by_kind.iter().all(|count| *count == 0)
    }

    /// `{"task":3,"event":1}`; an empty object when something changed and nothing is new.
    fn json(&self) -> String {
        let counts = Dataset::ALL.into_iter().map(|dataset| (dataset.kind(), self.by_kind[dataset as usize]));
        let counts = counts.filter(|(_, count)| *count > 0).map(|(kind, count)| format!("\"{kind}\":{count}"));
        format!("{{{}}}", counts.collect::<Vec<_>>().join(","))
    }
}

/// Writes one client's events.
struct Writer {
    follower: Follower,
    heartbeat: Duration,
    /// `Some` for a client that only wants to know how many.
    counts: Option<Counts>,
    begun: bool,
}

impl Writer {
    /// The next bytes to send; `None` at the end.
    async fn chunk(&mut self) -> Option<Bytes> {
        if !self.begun {
            self.begun = true;
            return Some(format!("retry: {RETRY_MS}\nid: {}\n\n", self.follower.place()).into());
        }
        let heartbeat = Instant::now() + self.heartbeat;
        loop {
            let due = self.counts.as_ref().filter(|counts| !counts.is_empty());
            let due = due.map(|counts| counts.told.map_or_else(Instant::now, |told| told + COUNTS_APART));
            let Ok(delivery) = timeout_at(due.unwrap_or(heartbeat), self.follower.next()).await else {
                return Some(if due.is_some() { self.news() } else { self.heartbeat() });
            };
            let place = self.follower.place();
            match (delivery?, &mut self.counts) {
                (Delivery::Records { from, rows }, None) => {
                    let mut text = Vec::new();
                    let mut place = from;
                    for row in rows {
                        place.pass(row.dataset, row.id);
                        text.extend_from_slice(
                            format!("id: {place}\nevent: {}\ndata: ", row.dataset.kind()).as_bytes(),
                        );
                        text.extend_from_slice(&row.json);
                        text.extend_from_slice(b"\n\n");
                    }
                    return Some(text.into());
                }
                (Delivery::Records { rows, .. }, Some(counts)) => {
                    rows.iter().for_each(|row| counts.by_kind[row.dataset as usize] += 1);
                }
                (Delivery::Changed, None) => {
                    return Some(format!("id: {place}\nevent: changed\ndata: {{}}\n\n").into());
                }
                (Delivery::Changed, Some(counts)) => counts.changed = true,
                (Delivery::Reset(reason), _) => {
                    let reason = reason.as_str();
                    return Some(format!("id: {place}\nevent: reset\ndata: {{\"reason\":\"{reason}\"}}\n\n").into());
                }
            }
        }
    }

    /// Tells how many came.
    fn news(&mut self) -> Bytes {
        let counts = self.counts.take().unwrap_or_default();
        self.counts = Some(Counts { told: Some(Instant::now()), ..Counts::default() });
        format!("id: {}\nevent: news\ndata: {}\n\n", self.follower.place(), counts.json()).into()
    }

    /// A sign of life that moves the client's place on, past records it does not want.
    fn heartbeat(&self) -> Bytes {
        let mut text = String::from(": heartbeat\n");
        // Writing to a String cannot fail.
        let _ = write!(text, "id: {}\n\n", self.follower.place());
        text.into()
    }
}
