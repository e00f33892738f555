//! Answers in JSON, and which of them may be kept.
//!
//! An answer about a range whose two ends are written out changes only when records of that time arrive late or
//! go, so it carries an `ETag` made from its content, and who sends that back as `If-None-Match` gets 304 without
//! the body ([`layer`]). Everything else moves with the clock and is `no-store`.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::params::Params;
use super::{ApiProblem, ApiResult};
use crate::model::{Problem, ProblemKind};

const JSON: &str = "application/json";

/// An answer in JSON that changes with every record.
///
/// # Errors
/// [`ApiProblem`] when `body` cannot be written as JSON, which is our own fault.
pub fn fresh(body: &impl Serialize) -> ApiResult<Response> {
    Ok(bytes(JSON, written(body)?, false))
}

/// An answer in JSON to a question with `from` and `to`.
///
/// # Errors
/// As [`fresh`].
pub fn of_range(params: &Params, body: &impl Serialize) -> ApiResult<Response> {
    Ok(bytes(JSON, written(body)?, is_absolute(params.get("from"), params.get("to"))))
}

/// An answer of `media_type`; `keeps` says whether its range is absolute.
pub fn bytes(media_type: &'static str, body: Vec<u8>, keeps: bool) -> Response {
    let caching = if keeps { "no-cache" } else { "no-store" };
    let tag = keeps.then(|| tag_of(&body));
    let headers = [(header::CONTENT_TYPE, media_type), (header::CACHE_CONTROL, caching)];
    let mut response = (headers, body).into_response();
    if let Some(tag) = tag.and_then(|tag| HeaderValue::try_from(tag).ok()) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Whether both ends of a range are instants, whatever the clock says.
#[must_use]
pub fn is_absolute(from: Option<&str>, to: Option<&str>) -> bool {
    let written_out =
        |end: Option<&str>| end.is_some_and(|end| end.starts_with(|c: char| c == '-' || c.is_ascii_digit()));
    written_out(from) && written_out(to)
}

fn written(body: &impl Serialize) -> Result<Vec<u8>, ApiProblem> {
    serde_json::to_vec(body).map_err(|error| {
        tracing::error!(%error, "an answer could not be written");
        Problem::new(ProblemKind::Internal, "the answer could not be written; the log says why").into()
    })
}

/// Weak, because the body may travel compressed.
fn tag_of(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("W/\"{digits}\"")
}

/// Answers 304 to who has the answer already.
pub async fn layer(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = known(request.headers());
    let mut response = next.run(request).await;
    let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()).map(opaque);
    if reads && response.status() == StatusCode::OK && tag.is_some_and(|tag| known.has(tag)) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = axum::body::Body::empty();
        for gone in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
            response.headers_mut().remove(gone);
        }
    }
    response
}

/// What `If-None-Match` names.
#[derive(Debug, Default, PartialEq, Eq)]
struct Known {
    any: bool,
    tags: Vec<String>,
}

impl Known {
    fn has(&self, tag: &str) -> bool {
        self.any || self.tags.iter().any(|known| known == tag)
    }
}

fn known(headers: &HeaderMap) -> Known {
    let mut known = Known::default();
    let sent = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    for tag in sent.flat_map(|list| list.split(',')).map(str::trim) {
        if tag == "*" {
            known.any = true;
        } else {
            known.tags.push(opaque(tag).to_owned());
        }
    }
    known
}

/// A tag without its mark of weakness: `If-None-Match` compares weakly.
fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_written_out_ends_make_a_range_absolute() {
        assert!(is_absolute(Some("2026-01-01T00:00:00Z"), Some("1767268800000")));
        for (from, to) in [
            (None, None),
            (Some("2026-01-01T00:00:00Z"), None),
            (None, Some("2026-01-01T00:00:00Z")),
            (Some("now-6h"), Some("2026-01-01T00:00:00Z")),
            (Some("1"), Some("now")),
            (Some("all"), Some("1")),
        ] {
            assert!(!is_absolute(from, to), "{from:?} {to:?}");
        }
    }

    #[test]
    fn tags_are_compared_without_their_weakness() {
        let sent = HeaderValue::from_static("W/\"a\", \"b\"");
        let known = known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, sent)]));
        assert!(known.has("\"a\"") && known.has("\"b\"") && !known.has("\"c\""));
        assert!(super::known(&HeaderMap::from_iter([(header::IF_NONE_MATCH, HeaderValue::from_static("*"))])).has("x"));
        assert_ne!(tag_of(b"1"), tag_of(b"2"));
    }
}
