//! Logging in and out. A person exchanges the token for a session: the browser keeps a secret of its own in a cookie
//! that scripts cannot read and other sites cannot send. The page with the form is in `web`.

use std::net::IpAddr;
use std::time::Instant;

use axum::extract::{DefaultBodyLimit, Form, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{RequestExt, Router};
use serde::Deserialize;

use super::guesses::Verdict;
use super::{Guard, sessions};
use crate::api::{ApiProblem, ApiResult};
use crate::model::Problem;
use crate::model::login::{LoginRefusal, landing};

/// The page, and where its form goes.
pub const LOGIN: &str = "/login";
/// Where the button of every page goes.
pub const LOGOUT: &str = "/logout";
/// Most bytes of the form: a token and a path.
const FORM_BYTES_MAX: usize = 16 * 1024;

/// What the page sends.
#[derive(Deserialize)]
struct LoginForm {
    token: String,
    #[serde(default)]
    to: String,
}

/// `POST /login` and `POST /logout`. They are forms of pages, so they answer with redirects and are not part of the
/// documented interface.
pub fn routes(guard: Guard) -> Router {
    Router::new()
        .route(LOGIN, post(log_in))
        .route(LOGOUT, post(log_out))
        .layer(DefaultBodyLimit::max(FORM_BYTES_MAX))
        .with_state(guard)
}

/// The address of the login page for somebody who wants to go `to` somewhere.
pub(super) fn page(to: &str, refused: Option<LoginRefusal>) -> String {
    let mut query = Vec::new();
    let to = landing(to);
    if to != "/" {
        query.push(format!("to={}", crate::api::path::encode(to)));
    }
    if let Some(refused) = refused {
        query.push(format!("refused={}", refused.as_str()));
    }
    if query.is_empty() { LOGIN.to_owned() } else { format!("{LOGIN}?{}", query.join("&")) }
}

async fn log_in(State(guard): State<Guard>, request: Request) -> ApiResult<Response> {
    let address: IpAddr = guard.address_of(&request);
    let secure = request.headers().get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https:"));
    let Form(form) = request.extract::<Form<LoginForm>, _>().await.map_err(|error| {
        ApiProblem::from(Problem::bad_request(format!("the form could not be read: {}", error.body_text())))
    })?;
    let now = Instant::now();
    Ok(match guard.judge(form.token.trim(), address, now) {
        Verdict::Right => {
            let sessions = &guard.shared.sessions;
            let secret = sessions.open(now);
            go(landing(&form.to), &cookie(&secret, sessions.lasting().as_secs(), secure))
        }
        Verdict::Wrong => axum::response::Redirect::to(&page(&form.to, Some(LoginRefusal::Wrong))).into_response(),
        Verdict::Slowed(_) => axum::response::Redirect::to(&page(&form.to, Some(LoginRefusal::Slowed))).into_response(),
    })
}

async fn log_out(State(guard): State<Guard>, headers: HeaderMap) -> Response {
    guard.shared.sessions.close(&headers);
    go(LOGIN, &cookie("", 0, false))
}

/// `Secure` only where the page came over TLS: browsers would drop the cookie otherwise.
fn cookie(secret: &str, seconds: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{}={secret}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", sessions::COOKIE)
}

fn go(to: &str, cookie: &str) -> Response {
    let mut headers = HeaderMap::new();
    for (name, text) in [(header::LOCATION, to), (header::SET_COOKIE, cookie), (header::CACHE_CONTROL, "no-store")] {
        // Both are plain ASCII; a header that cannot be written would only leave the person logged out.
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(name, value);
        }
    }
    (StatusCode::SEE_OTHER, headers).into_response()
}
