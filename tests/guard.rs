//! Who may ask, and how much: the whole server, from outside.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

mod common;

use std::time::Duration;

use common::{Answer, NOON, Server, program, task};
use reqwest::redirect::Policy;
use swarmscope::api::guard::AdminToken;
use swarmscope::config::Config;
use swarmscope::model::Dataset;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const TOKEN: &str = "the-admin-token-0123";
const MILLIS: i64 = NOON / 1000;

fn guarded() -> Config {
    let mut config = Config::default();
    config.server.admin_token = AdminToken::new(TOKEN).ok();
    config
}

/// A client that shows redirects instead of following them.
fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().expect("a client")
}

/// Logs in and returns the cookie, as a browser would send it back.
async fn log_in(server: &Server, token: &str, to: &str) -> (Answer, String) {
    let form = format!("token={token}&to={to}");
    let request = browser().post(server.url("/login")).header("content-type", "application/x-www-form-urlencoded");
    let answer = Answer::of(request.body(form)).await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    (answer, cookie)
}

#[tokio::test]
async fn the_token_opens_routes_pages_and_streams_and_nothing_else_does() {
    let server = Server::start_with(guarded()).await;
    for path in ["/api/v1/tasks", "/api/v1/stream", "/api/v1/export/tasks.csv", "/metrics", "/api/docs", "/"] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"swarmscope\"", "{path}");
        assert!(answer.detail().contains("send `Authorization: Bearer TOKEN`"), "{}", answer.text);
    }
    assert_eq!(server.send(&task("t1", MILLIS, "")).await.status, 401);
    assert!(server.stored(Dataset::Tasks).await.is_empty(), "what was refused was not stored");
    let sent = server.client.post(server.url("/api/v1/ingest")).bearer_auth(TOKEN);
    let sent = Answer::of(sent.header("content-type", "application/x-ndjson").body(task("t1", MILLIS, ""))).await;
    assert_eq!(sent.counts(), [1, 0, 0, 0]);
    for path in ["/api/v1/tasks", "/metrics", "/api/docs", "/"] {
        assert_eq!(Answer::of(server.client.get(server.url(path)).bearer_auth(TOKEN)).await.status, 200, "{path}");
    }
    for path in ["/livez", "/readyz", "/startupz"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    let call = server.client.post(server.url("/rpc/load_overview")).header("content-type", "application/json");
    assert_eq!(Answer::of(call.body("{}")).await.status, 401);
}

#[tokio::test]
async fn a_person_logs_in_stays_so_and_logs_out() {
    let server = Server::start_with(guarded()).await;
    let page = Answer::of(browser().get(server.url("/agents?from=now-7d")).header("accept", "text/html")).await;
    assert_eq!((page.status, page.header("location")), (303, "/login?to=%2Fagents%3Ffrom%3Dnow-7d"));
    let form = server.get("/login?to=%2Fagents%3Ffrom%3Dnow-7d").await;
    assert_eq!(form.status, 200);
    assert!(
        form.text.contains("name=\"token\"") && form.text.contains("value=\"/agents?from=now-7d\""),
        "{}",
        form.text
    );
    assert!(!form.text.contains(".wasm") && !form.text.contains("/pkg/swarmscope.js"), "it brings no program along");

    let (wrong, cookie) = log_in(&server, "not-the-token", "%2Fagents").await;
    assert_eq!(
        (wrong.status, wrong.header("location"), cookie.as_str()),
        (303, "/login?to=%2Fagents&refused=wrong", "")
    );
    let (right, cookie) = log_in(&server, TOKEN, "%2Fagents%3Ffrom%3Dnow-7d").await;
    assert_eq!((right.status, right.header("location")), (303, "/agents?from=now-7d"));
    let set = right.header("set-cookie");
    for part in ["; HttpOnly", "; SameSite=Strict", "; Path=/", "; Max-Age=604800"] {
        assert!(set.contains(part), "{set}");
    }
    assert!(!set.contains("Secure") && !set.contains(TOKEN), "{set}");

    let with = |path: &str| browser().get(server.url(path)).header("cookie", &cookie).header("accept", "text/html");
    for path in ["/", "/agents", "/api/v1/tasks", "/api/v1/export/tasks.csv", "/metrics"] {
        let accept = if path.starts_with("/api") || path == "/metrics" { "*/*" } else { "text/html" };
        let answer =
            Answer::of(browser().get(server.url(path)).header("cookie", &cookie).header("accept", accept)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    assert!(Answer::of(with("/")).await.text.contains("action=\"/logout\""), "a way out");
    let again = Answer::of(with("/login?to=%2Ftasks")).await;
    assert_eq!((again.status, again.header("location")), (303, "/tasks"), "who is in is led on");
    let foreign =
        browser().post(server.url("/api/v1/flush")).header("cookie", &cookie).header("origin", "https://evil.example");
    assert_eq!(Answer::of(foreign).await.status, 403);

    let out = Answer::of(browser().post(server.url("/logout")).header("cookie", &cookie)).await;
    assert_eq!((out.status, out.header("location")), (303, "/login"));
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(Answer::of(with("/")).await.header("location"), "/login", "the secret is worth nothing any more");
}

#[tokio::test]
async fn a_login_leads_nowhere_else_and_its_cookie_is_secure_where_the_page_is() {
    let mut config = guarded();
    config.server.allowed_hosts = vec!["swarm.example".into()];
    let server = Server::start_with(config).await;
    let (answer, _) = log_in(&server, TOKEN, "https%3A%2F%2Fevil.example%2F").await;
    assert_eq!(answer.header("location"), "/");
    let (answer, _) = log_in(&server, TOKEN, "%2F%2Fevil.example").await;
    assert_eq!(answer.header("location"), "/");
    let behind_proxy = |origin: &'static str| {
        let request = browser().post(server.url("/login")).header("host", "swarm.example").header("origin", origin);
        Answer::of(request.header("content-type", "application/x-www-form-urlencoded").body(format!("token={TOKEN}")))
    };
    assert!(behind_proxy("https://swarm.example").await.header("set-cookie").ends_with("; Secure"));
    assert_eq!(behind_proxy("https://evil.example").await.status, 403, "nobody is logged in by a foreign page");
    let huge = browser().post(server.url("/login")).header("content-type", "application/x-www-form-urlencoded");
    let huge = Answer::of(huge.body(format!("token={}", "x".repeat(100_000)))).await;
    assert_eq!(huge.status, 400, "{}", huge.text);
}

#[tokio::test]
async fn a_link_of_another_site_finds_who_is_logged_in_still_logged_in() {
    let server = Server::start_with(guarded()).await;
    let from = |site: &'static str| {
        Answer::of(server.client.get(server.url("/login?to=%2Ftasks")).header("sec-fetch-site", site))
    };
    let foreign = from("cross-site").await;
    assert!(foreign.text.contains("http-equiv=\"refresh\" content=\"0; url=/login?to=%2Ftasks\""), "{}", foreign.text);
    assert!(!from("same-origin").await.text.contains("http-equiv"), "it asks for itself once");
}

#[tokio::test]
async fn wrong_tokens_are_slowed_by_address_whoever_sends_them() {
    let mut config = guarded();
    config.server.trusted_proxies = vec!["127.0.0.1".parse().expect("an address")];
    let server = Server::start_with(config).await;
    let guess = |token: String, from: &'static str| {
        let request = server.client.get(server.url("/api/v1/tasks")).header("x-forwarded-for", from);
        Answer::of(request.bearer_auth(token))
    };
    for n in 0..10 {
        assert_eq!(guess(format!("guess-number-{n}"), "192.0.2.1").await.status, 401);
    }
    let slowed = guess(TOKEN.to_owned(), "192.0.2.1").await;
    assert_eq!(slowed.status, 429, "it is not even looked at");
    let wait: u64 = slowed.header("retry-after").parse().expect("seconds");
    assert!((1..=6).contains(&wait), "{wait}");
    assert_eq!(guess(TOKEN.to_owned(), "192.0.2.2").await.status, 200, "others are not held up");
    let form = browser().post(server.url("/login")).header("x-forwarded-for", "192.0.2.1");
    let form = form.header("content-type", "application/x-www-form-urlencoded").body(format!("token={TOKEN}"));
    assert_eq!(Answer::of(form).await.header("location"), "/login?refused=slowed");
    for _ in 0..30 {
        assert_eq!(guess("one-old-token-0000".to_owned(), "192.0.2.3").await.status, 401);
    }
    assert_eq!(guess(TOKEN.to_owned(), "192.0.2.3").await.status, 200, "one old token is one guess");
}

#[tokio::test]
async fn writes_above_the_rate_are_429_and_reading_goes_on() {
    let mut config = Config::default();
    (config.server.writes_per_second, config.server.writes_burst) = (1, 3);
    let server = Server::start_with(config).await;
    let mut statuses = Vec::new();
    for n in 0..5 {
        let answer = server.send(&task(&format!("t{n}"), MILLIS, "")).await;
        if answer.status == 429 {
            assert_eq!(answer.header("retry-after"), "1");
            assert!(
                answer.detail().starts_with("more than 1 writes a second came from this address"),
                "{}",
                answer.text
            );
        }
        statuses.push(answer.status);
    }
    assert_eq!(statuses[..3], [200, 200, 200]);
    assert!(statuses.contains(&429), "{statuses:?}");
    let stored = server.stored(Dataset::Tasks).await.len();
    assert_eq!(stored, statuses.iter().filter(|status| **status == 200).count(), "what was refused was not stored");
    for _ in 0..10 {
        assert_eq!(server.get("/api/v1/tasks").await.status, 200);
    }
}

#[tokio::test]
async fn heads_that_are_too_large_and_bodies_that_trickle_are_refused() {
    let mut config = Config::default();
    config.server.header_bytes_max = 8192;
    config.server.body_idle_seconds = 1;
    config.server.body_bytes_per_second_min = 1000;
    let server = Server::start_with(config).await;
    let large = server.client.get(server.url("/livez")).header("x-large", "x".repeat(10_000));
    assert_eq!(Answer::of(large).await.status, 431);
    let call = server.client.post(server.url("/rpc/load_overview")).header("content-type", "application/json");
    let call = Answer::of(call.body("x".repeat(1_100_000))).await;
    assert_eq!((call.status, call.detail().starts_with("a page sends at most")), (413, true), "{}", call.text);
    let mut trickle = TcpStream::connect(server.address).await.expect("connected");
    let head = format!(
        "POST /api/v1/ingest HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-ndjson\r\ncontent-length: 100000\r\n\r\n",
        server.address
    );
    trickle.write_all(head.as_bytes()).await.expect("sent");
    let (mut reading, mut writing) = trickle.into_split();
    let sending = tokio::spawn(async move {
        while writing.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    });
    let mut answer = vec![0; 4096];
    let length = reading.read(&mut answer).await.expect("an answer");
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("less than 1000 bytes a second came"), "{answer}");
    sending.abort();
}

#[tokio::test]
async fn clients_that_never_finish_a_head_make_room_for_others() {
    let mut config = Config::default();
    config.server.connections_max = 8;
    config.server.header_seconds = 60;
    let server = Server::start_with(config).await;
    let mut slow = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(server.address).await.expect("connected");
        // The last ones are kept; a write to one that has made room may fail.
        let _ = stream.write_all(b"GET / HTTP/1.1\r\n").await;
        slow.push(stream);
    }
    for _ in 0..5 {
        let client = reqwest::Client::new(); // a connection of its own
        let answer = tokio::time::timeout(Duration::from_secs(5), client.get(server.url("/livez")).send());
        assert_eq!(answer.await.expect("in time").expect("an answer").status(), 200);
    }
    let mut byte = [0];
    let oldest = tokio::time::timeout(Duration::from_secs(5), slow[0].read(&mut byte)).await.expect("it ended");
    assert!(matches!(oldest, Ok(0) | Err(_)), "{oldest:?}");
}

#[tokio::test]
async fn every_page_brings_a_policy_with_a_nonce_of_its_own() {
    let server = Server::start_with(guarded()).await;
    let mut nonces = std::collections::BTreeSet::new();
    for path in ["/", "/agents", "/exports", "/system", "/nowhere", "/login", "/"] {
        let answer = Answer::of(browser().get(server.url(path)).bearer_auth(TOKEN)).await;
        let policy = answer.header("content-security-policy");
        let nonce =
            policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce").to_owned();
        assert!(!policy.replace("'wasm-unsafe-eval'", "").contains("unsafe"), "{policy}");
        for part in [
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        for script in answer.text.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap_or_default();
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")) || tag.contains("src="), "{path}: <script{tag}>");
        }
        assert!(!answer.text.contains(" style=\""), "{path} has a style attribute, which the policy refuses");
        assert!(nonces.insert(nonce), "{path} repeats a nonce");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    }
}

#[test]
fn the_program_takes_its_token_from_the_environment_and_shows_it_nowhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |token: &str, words: &[&str]| {
        let mut command = program();
        command.current_dir(folder.path()).env("SWARMSCOPE_ADMIN_TOKEN", token).args(words);
        common::Ended::of(command.output().expect("it starts"))
    };
    let ended = run("short-token", &["serve", "--bind", "0.0.0.0:0"]);
    assert_eq!(ended.code, Some(2));
    assert!(ended.err.contains("setting `SWARMSCOPE_ADMIN_TOKEN`: it has 11 characters"), "{}", ended.err);
    assert!(!ended.err.contains("short-token"), "{}", ended.err);
    let help = run("a-token-that-is-secret", &["serve", "--help"]);
    assert!(!help.out.contains("a-token-that-is-secret"), "{}", help.out);
}
