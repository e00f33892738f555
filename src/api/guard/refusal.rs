//! Why the guard lets nobody through, in the words of whoever asked: a problem for programs, the login page for
//! people, and the form that calls of a page understand.

use std::time::Duration;

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::rates::Rate;
use super::{SERVER_FUNCTIONS, login};
use crate::api::ApiProblem;
use crate::api::request_id::RequestId;
use crate::model::{Problem, ProblemKind};

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// It may come from a foreign page.
    Foreign(String),
    /// Nobody said who asks.
    Unknown,
    /// The token is not the one.
    WrongToken,
    /// Too many wrong tokens came from there.
    TooManyGuesses(Duration),
    /// Too many writes came from there.
    TooManyWrites {
        /// What is allowed.
        rate: Rate,
        /// Until the next.
        wait: Duration,
    },
}

impl Refusal {
    /// The answer to `request`.
    pub(super) fn answer(self, request: &Request) -> Response {
        if self == Self::Unknown && wants_page(request) {
            return Redirect::to(&login::page(&target(request), None)).into_response();
        }
        if let Self::Foreign(reason) = &self {
            tracing::warn!(reason, "refused a request from elsewhere");
        }
        let challenges = matches!(self, Self::Unknown | Self::WrongToken);
        let wait = self.seconds();
        let mut answer = if request.uri().path().starts_with(SERVER_FUNCTIONS) {
            let request_id = request.extensions().get::<RequestId>().map(|RequestId(id)| id.clone());
            let problem = Problem { request_id, ..self.problem() };
            let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::FORBIDDEN);
            (status, Json(problem)).into_response()
        } else {
            ApiProblem::from(self.problem()).into_response()
        };
        if let Some(seconds) = wait {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if challenges {
            answer
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"swarmscope\""));
        }
        answer
    }

    /// Whole seconds until another try is worth it, rounded up.
    fn seconds(&self) -> Option<u64> {
        match self {
            Self::TooManyGuesses(wait) | Self::TooManyWrites { wait, .. } => Some(whole_seconds(*wait)),
            _ => None,
        }
    }

    fn problem(&self) -> Problem {
        let wait = self.seconds().unwrap_or_default();
        match self {
            Self::Foreign(reason) => Problem::new(ProblemKind::Forbidden, reason),
            Self::Unknown => Problem::new(
                ProblemKind::Unauthenticated,
                "this server asks for its admin token: send `Authorization: Bearer TOKEN`, or log in at /login",
            ),
            Self::WrongToken => {
                Problem::new(ProblemKind::Unauthenticated, "the token is not the one this server was started with")
            }
            Self::TooManyGuesses(_) => Problem::new(
                ProblemKind::TooMany,
                format!("too many wrong tokens came from this address; none is looked at for {wait} s"),
            ),
            Self::TooManyWrites { rate, .. } => Problem::new(
                ProblemKind::TooMany,
                format!(
                    "more than {} writes a second came from this address; send again in {wait} s, or more records in \
                     each request ([server] writes_per_second sets the limit)",
                    rate.per_second
                ),
            ),
        }
    }
}

/// Rounded up, so that who waits that long is let through.
pub(super) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// Whether a person sees the answer: who opens a page, or sends a form without JavaScript.
fn wants_page(request: &Request) -> bool {
    let accepted = request.headers().get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|part| part.trim().starts_with("text/html"))
}

/// Where to go after logging in: to the page that was asked for; a form is not sent a second time.
fn target(request: &Request) -> String {
    let asked = matches!(*request.method(), Method::GET | Method::HEAD).then(|| request.uri().path_and_query());
    asked.flatten().map_or_else(|| "/".to_owned(), ToString::to_string)
}
