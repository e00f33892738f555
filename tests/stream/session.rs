//! A stream that was opened with a session ends with it.

use reqwest::redirect::Policy;
use swarmscope::api::guard::AdminToken;

use super::*;

const TOKEN: &str = "the-admin-token-0123";

/// A client that does not follow redirects.
fn browser() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).build().expect("a client")
}

/// Logs in and returns the cookie.
async fn log_in(server: &Server) -> String {
    let form = browser().post(server.url("/login")).header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body(format!("token={TOKEN}")).send().await.expect("an answer");
    let cookie = answer.headers()["set-cookie"].to_str().expect("text");
    cookie.split(';').next().expect("a cookie").to_owned()
}

async fn send(server: &Server, id: &str) {
    let request = server.client.post(server.url("/api/v1/ingest")).bearer_auth(TOKEN);
    let sent = request.header("content-type", "application/x-ndjson").body(task(id, MILLIS, "")).send().await;
    assert_eq!(sent.expect("an answer").status(), 200);
}

#[tokio::test]
async fn who_logs_out_sees_nothing_more_and_others_go_on() {
    let mut config = Config::default();
    config.server.admin_token = AdminToken::new(TOKEN).ok();
    let server = Server::start_with(config).await;
    let (leaving, staying) = (log_in(&server).await, log_in(&server).await);
    let stream = || server.client.get(server.url("/api/v1/stream"));
    let mut left = Client::of(stream().header("cookie", &leaving)).await;
    let mut stayed = Client::of(stream().header("cookie", &staying)).await;
    let mut program = Client::of(stream().bearer_auth(TOKEN)).await;
    send(&server, "before").await;
    for client in [&mut left, &mut stayed, &mut program] {
        assert_eq!(client.take(1).await[0].text("task_id"), "before");
    }

    let out = browser().post(server.url("/logout")).header("cookie", &leaving).send().await.expect("an answer");
    assert_eq!(out.status(), 303);
    assert_eq!(left.next().await, None, "the stream ends");
    send(&server, "after").await;
    for client in [&mut stayed, &mut program] {
        assert_eq!(client.take(1).await[0].text("task_id"), "after");
    }
    let again = stream().header("cookie", &leaving).send().await.expect("an answer");
    assert_eq!(again.status(), 401, "and is not opened again");
}
