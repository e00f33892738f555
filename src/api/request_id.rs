//! One id a request: in every log line of it, in its answer, and in its problem.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use super::{problem, timing};

/// The header that carries it, in and out.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id taken over from a client.
const LENGTH_MAX: usize = 128;

/// The id of a request, kept in its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Names the request, runs it inside a span of that name, and writes the body of a problem.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let id = sent(request.headers()).unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string());
    // Of the highest level, so that a log of warnings names the request, too.
    let span =
        tracing::error_span!("request", request_id = %id, method = %request.method(), path = request.uri().path());
    request.extensions_mut().insert(RequestId(id.clone()));
    async move {
        let mut response = problem::render(timing::timed(next.run(request)).await, &id);
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(HEADER, value);
        }
        response
    }
    .instrument(span)
    .await
}

/// The client's own id, if it is short and plain enough to stand in a log line.
fn sent(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(&HEADER)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':');
    ((1..=LENGTH_MAX).contains(&id.len()) && id.bytes().all(plain)).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clients_id_is_taken_over_only_when_it_is_plain_and_short() {
        let with = |id: &str| sent(&HeaderMap::from_iter([(HEADER, HeaderValue::from_str(id).expect("a header"))]));
        assert_eq!(with("req-1.a:b_c").as_deref(), Some("req-1.a:b_c"));
        assert_eq!(with(""), None);
        assert_eq!(with("two words"), None);
        assert_eq!(with(&"x".repeat(129)), None);
    }
}
