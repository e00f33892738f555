//! Errors as `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::answer::Receipt;
use crate::model::{Problem, ProblemKind};
use crate::service::ServiceError;

/// The body of every error answer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct ProblemBody {
    /// Always `about:blank`: the status says the type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The constant sentence of the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong this time, and what to do.
    pub detail: String,
    /// The request, as the log names it.
    pub request_id: Option<String>,
    /// What became of the records that were sent; only on ingest.
    #[serde(flatten)]
    #[schema(ignore)]
    pub receipt: Option<Receipt>,
}

/// A problem as an answer.
#[derive(Debug, Clone)]
pub struct ApiProblem {
    problem: Problem,
    retry_after: Option<u32>,
    receipt: Option<Box<Receipt>>,
}

impl ApiProblem {
    /// Adds the account of the records that came with the request.
    #[must_use]
    pub fn with_receipt(self, receipt: Receipt) -> Self {
        Self { receipt: Some(Box::new(receipt)), ..self }
    }

    /// Rewords the problem.
    #[must_use]
    pub fn map(self, reword: impl FnOnce(Problem) -> Problem) -> Self {
        Self { problem: reword(self.problem), ..self }
    }
}

/// What handlers return.
pub type ApiResult<T> = Result<T, ApiProblem>;

/// Seconds after which a client that met a full queue should try again.
const RETRY_SECONDS: u32 = 1;

impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> Self {
        let retry_after = (problem.kind == ProblemKind::Overloaded).then_some(RETRY_SECONDS);
        Self { problem, retry_after, receipt: None }
    }
}

impl From<ServiceError> for ApiProblem {
    fn from(error: ServiceError) -> Self {
        let problem = error.problem();
        if problem.kind == ProblemKind::Internal {
            tracing::error!(error = %chain(&error), "a request failed");
        }
        problem.into()
    }
}

/// An error with its causes, for the log.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// What [`render`] writes, on its way there.
#[derive(Debug, Clone)]
struct Rendered {
    problem: Problem,
    receipt: Option<Box<Receipt>>,
}

impl IntoResponse for ApiProblem {
    /// The body is written by [`render`], which knows the request's id.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.extensions_mut().insert(Rendered { problem: self.problem, receipt: self.receipt });
        response
    }
}

/// Writes the body of an answer that carries a problem; other answers pass.
pub fn render(mut response: Response, request_id: &str) -> Response {
    let Some(Rendered { problem, receipt }) = response.extensions_mut().remove() else { return response };
    let body = ProblemBody {
        kind: "about:blank".into(),
        title: problem.kind.title().into(),
        status: response.status().as_u16(),
        detail: problem.detail,
        request_id: Some(request_id.to_owned()),
        receipt: receipt.map(|receipt| *receipt),
    };
    let text = serde_json::to_vec(&body).unwrap_or_default();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::CONTENT_LENGTH);
    *response.body_mut() = Body::from(text);
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreError;

    async fn answered(error: ServiceError) -> (u16, Option<String>, ProblemBody) {
        let response = render(ApiProblem::from(error).into_response(), "r1");
        let retry = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().expect("text").to_owned());
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await.expect("a body");
        (status, retry, serde_json::from_slice(&body).expect("a problem"))
    }

    #[tokio::test]
    async fn back_pressure_asks_to_come_back_and_a_full_disk_does_not() {
        let (status, retry, body) = answered(StoreError::Overloaded.into()).await;
        assert_eq!((status, retry.as_deref()), (503, Some("1")));
        assert_eq!((body.status, body.request_id.as_deref()), (503, Some("r1")));
        let (status, retry, body) = answered(StoreError::DiskFull { path: "x.db".into() }.into()).await;
        assert_eq!((status, retry), (507, None));
        assert!(body.detail.starts_with("the disk that holds x.db is full"));
    }

    #[tokio::test]
    async fn internals_stay_in_the_log() {
        let (status, _, body) = answered(ServiceError::Sort(std::io::Error::other("secret"))).await;
        assert_eq!((status, body.detail.contains("secret")), (500, false));
    }
}
