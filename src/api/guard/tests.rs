use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};

use super::*;

const TOKEN: &str = "the-admin-token-0123";

fn rules() -> Rules {
    Rules {
        token: AdminToken::new(TOKEN).ok(),
        hosts: Hosts { elsewhere: true, names: Vec::new() },
        metrics_public: false,
        session: Duration::from_secs(3600),
        writes: Some(Rate { per_second: 1.0, burst: 2.0 }),
        proxies: Vec::new(),
    }
}

/// A request such as `GET /path` with headers.
fn request(line: &str, headers: &[(&'static str, &str)]) -> Request {
    let (method, path) = line.split_once(' ').expect("a method and a path");
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method.parse().expect("a method");
    *request.uri_mut() = path.parse().expect("a path");
    request.headers_mut().insert(header::HOST, HeaderValue::from_static("192.0.2.7:3000"));
    for (name, value) in headers {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header"));
    }
    request
}

fn admitted(guard: &Guard, line: &str, headers: &[(&'static str, &str)]) -> Result<Caller, Refusal> {
    guard.admit(&request(line, headers), Instant::now())
}

#[test]
fn without_the_token_only_probes_and_the_login_page_answer() {
    let guard = Guard::new(rules(), Instant::now());
    for open in [
        "GET /livez",
        "GET /readyz",
        "GET /readyz/disk",
        "GET /startupz",
        "GET /login",
        "POST /login",
        "GET /pkg/a.css",
    ] {
        assert_eq!(admitted(&guard, open, &[]), Ok(Caller::Anybody), "{open}");
    }
    for closed in [
        "GET /",
        "GET /agents",
        "GET /metrics",
        "GET /api/v1/tasks",
        "POST /api/v1/ingest",
        "POST /rpc/load_overview1",
        "GET /api/docs",
        "GET /api/v1/openapi.json",
        "POST /logout",
        "GET /livezz",
        "GET /loginx",
        "GET /api/v1/stream",
    ] {
        assert_eq!(admitted(&guard, closed, &[]), Err(Refusal::Unknown), "{closed}");
    }
    assert_eq!(admitted(&guard, "GET /readyz", &[("host", "load-balancer")]), Ok(Caller::Anybody));
    let own = Guard::new(Rules { hosts: Hosts::default(), ..rules() }, Instant::now());
    let rebound = admitted(&own, "GET /readyz", &[("host", "evil.example")]);
    assert!(matches!(rebound, Err(Refusal::Foreign(_))), "{rebound:?}");
    let public = Guard::new(Rules { metrics_public: true, ..rules() }, Instant::now());
    assert_eq!(admitted(&public, "GET /metrics", &[]), Ok(Caller::Anybody));
}

#[test]
fn the_token_opens_everything_under_any_name() {
    let guard = Guard::new(rules(), Instant::now());
    let bearer = format!("Bearer {TOKEN}");
    let any_name =
        [("authorization", bearer.as_str()), ("host", "swarmscope:3000"), ("origin", "https://other.example")];
    assert_eq!(admitted(&guard, "POST /api/v1/ingest", &any_name), Ok(Caller::Token));
    assert_eq!(admitted(&guard, "GET /metrics", &[("authorization", &format!("bearer {TOKEN}"))]), Ok(Caller::Token));
    for wrong in ["Bearer wrong-token", "Bearer ", "Bearer the-admin-token-012"] {
        assert_eq!(admitted(&guard, "GET /metrics", &[("authorization", wrong)]), Err(Refusal::WrongToken), "{wrong}");
    }
    assert_eq!(admitted(&guard, "GET /metrics", &[("authorization", "Basic YTpi")]), Err(Refusal::Unknown));
}

#[test]
fn a_session_opens_everything_for_our_own_pages_only() {
    let guard = Guard::new(rules(), Instant::now());
    let cookie = format!("{}={}", sessions::COOKIE, guard.shared.sessions.open(Instant::now()));
    let cookie = ("cookie", cookie.as_str());
    assert_eq!(admitted(&guard, "GET /api/v1/stream", &[cookie]), Ok(Caller::Session));
    assert_eq!(
        admitted(&guard, "POST /rpc/start_task1", &[cookie, ("origin", "http://192.0.2.7:3000")]),
        Ok(Caller::Session)
    );
    let foreign = admitted(&guard, "POST /rpc/start_task1", &[cookie, ("origin", "https://evil.example")]);
    assert!(matches!(foreign, Err(Refusal::Foreign(_))), "{foreign:?}");
    let rebound = admitted(&guard, "GET /", &[cookie, ("host", "evil.example")]);
    assert!(matches!(rebound, Err(Refusal::Foreign(_))), "{rebound:?}");
    let forged = format!("{}={TOKEN}", sessions::COOKIE);
    assert_eq!(admitted(&guard, "GET /", &[("cookie", &forged)]), Err(Refusal::Unknown), "the token is no session");
}

#[test]
fn only_what_changes_something_is_counted() {
    let guard = Guard::new(Rules { token: None, ..rules() }, Instant::now());
    let now = Instant::now();
    let ask = |line: &str| guard.admit(&request(line, &[]), now);
    for _ in 0..10 {
        for free in ["GET /api/v1/tasks", "POST /rpc/load_overview1", "POST /rpc/list_sources1", "POST /login"] {
            assert_eq!(ask(free), Ok(Caller::Anybody), "{free}");
        }
    }
    assert_eq!(ask("POST /api/v1/ingest"), Ok(Caller::Anybody));
    assert_eq!(ask("POST /rpc/start_task1"), Ok(Caller::Anybody));
    for write in ["PUT /api/v1/sessions/s/memory/semantic/k", "PATCH /api/v1/agents/a", "DELETE /api/v1/tasks"] {
        assert!(matches!(ask(write), Err(Refusal::TooManyWrites { .. })), "{write}");
    }
    assert_eq!(guard.admit(&request("POST /api/v1/ingest", &[]), now + Duration::from_secs(1)), Ok(Caller::Anybody));
}

#[tokio::test]
async fn a_refusal_is_said_in_the_words_of_who_asked() {
    let header = |answer: &Response, name: &str| {
        answer.headers().get(name).map(|value| value.to_str().expect("text").to_owned()).unwrap_or_default()
    };
    let page = Refusal::Unknown.answer(&request("GET /agents/a%20b?from=now-7d", &[("accept", "text/html,*/*;q=0.8")]));
    assert_eq!(
        (page.status(), header(&page, "location")),
        (StatusCode::SEE_OTHER, "/login?to=%2Fagents%2Fa%2520b%3Ffrom%3Dnow-7d".into())
    );
    let form = Refusal::Unknown.answer(&request("POST /rpc/start_task1", &[("accept", "text/html")]));
    assert_eq!((form.status(), header(&form, "location")), (StatusCode::SEE_OTHER, "/login".into()));

    let call = Refusal::Unknown.answer(&request("POST /rpc/load_overview1", &[("accept", "application/json")]));
    assert_eq!(
        (call.status(), header(&call, "www-authenticate")),
        (StatusCode::UNAUTHORIZED, "Bearer realm=\"swarmscope\"".into())
    );
    let body = axum::body::to_bytes(call.into_body(), 10_000).await.expect("a body");
    let problem: crate::model::Problem = serde_json::from_slice(&body).expect("what the page reads");
    assert_eq!(problem.kind, crate::model::ProblemKind::Unauthenticated);

    let slowed = Refusal::TooManyGuesses(Duration::from_millis(5200)).answer(&request("GET /api/v1/tasks", &[]));
    assert_eq!((slowed.status(), header(&slowed, "retry-after")), (StatusCode::TOO_MANY_REQUESTS, "6".into()));
}
