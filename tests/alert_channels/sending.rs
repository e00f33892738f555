//! Each kind of channel is tried through the route, and says what became of it.

use serde_json::{Value, json};
use swarmscope::model::Micros;
use swarmscope::wire::notify::signature;

use super::receivers::{DOWN, Http, OK, Smtp};
use super::{config, secret_file};
use crate::common::Server;

async fn test(server: &Server, channel: &str) -> Value {
    let answer = server.send_to(&format!("/api/v1/alerts/channels/{channel}/test"), "").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn every_kind_of_channel_gets_what_it_understands_and_no_answer_shows_a_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let hooks = Http::start(&[OK]).await;
    let mail = Smtp::start().await;
    let file = |name: &str, text: &str| secret_file(&folder, name, text);
    let text = format!(
        "[alerts]\nexternal_url = 'https://swarm.example/'\n\
         [[alerts.channels]]\nname = 'hook'\ntype = 'webhook'\nurl = '{hook}'\nsecret = {key}\ntoken = {token}\nallow_private = true\n\
         [[alerts.channels]]\nname = 'slack'\ntype = 'slack'\nurl = {slack}\nallow_private = true\n\
         [[alerts.channels]]\nname = 'pager'\ntype = 'pagerduty'\nrouting_key = {routing}\nurl = '{pager}'\nallow_private = true\n\
         [[alerts.channels]]\nname = 'am'\ntype = 'alertmanager'\nurl = '{am}'\nallow_private = true\n\
         [[alerts.channels]]\nname = 'mail'\ntype = 'email'\nhost = '127.0.0.1'\nport = {port}\ntls = 'none'\n\
         from = 'swarm@example.org'\nto = ['ops@example.org', 'dev@example.org']\nallow_private = true\n",
        hook = hooks.url("/in"),
        key = file("key", "k3y-of-the-hook\n"),
        token = file("token", "t0ken-of-the-hook"),
        slack = file("slack", &hooks.url("/services/T0/B0/hunter2")),
        routing = file("routing", "r0uting-key"),
        pager = hooks.url("/v2/enqueue"),
        am = hooks.url("/prefix/"),
        port = mail.address.port(),
    );
    let server = Server::start_with(config(&text)).await;

    for channel in ["hook", "slack", "pager", "am", "mail"] {
        let told = test(&server, channel).await;
        let expected = json!({"channel": channel, "state": "sent", "test": true, "attempts": 1, "alerts": 1});
        for (key, value) in expected.as_object().expect("an object") {
            assert_eq!(&told[key], value, "{channel}: {key} of {told}");
        }
    }
    let [hook, slack, pager, over, am]: [_; 5] = hooks.requests().try_into().expect("five requests");

    assert_eq!(hook.line, "POST /in HTTP/1.1");
    assert_eq!(hook.header("authorization"), Some("Bearer t0ken-of-the-hook"));
    assert_eq!((&hook.json()["version"], &hook.json()["receiver"]), (&json!("4"), &json!("hook")));
    assert_eq!(hook.json()["externalURL"], "https://swarm.example");
    let signed = hook.header(signature::HEADER).expect("a signature");
    let seconds: i64 = signed[2..].split(',').next().and_then(|text| text.parse().ok()).expect("t=…");
    assert_eq!(signature::sign("k3y-of-the-hook", &hook.body, Micros(seconds * 1_000_000)), signed);
    assert!(hook.header("x-swarmscope-delivery").is_some());

    assert_eq!(slack.line, "POST /services/T0/B0/hunter2 HTTP/1.1");
    assert!(slack.json()["text"].as_str().is_some_and(|text| text.starts_with("[FIRING] SwarmscopeTest")));
    assert_eq!(
        (&pager.json()["routing_key"], &pager.json()["event_action"]),
        (&json!("r0uting-key"), &json!("trigger"))
    );
    assert_eq!(
        (&over.json()["dedup_key"], &over.json()["event_action"]),
        (&pager.json()["dedup_key"], &json!("resolve")),
        "nobody has to close what a test opened"
    );
    assert_eq!(
        (am.line.as_str(), &am.json()[0]["labels"]["alertname"]),
        ("POST /prefix/api/v2/alerts HTTP/1.1", &json!("SwarmscopeTest"))
    );
    let mails = mail.mails();
    let expected = ["MAIL FROM:<swarm@example.org>", "RCPT TO:<ops@example.org>", "Subject: [FIRING] SwarmscopeTest"];
    assert!(expected.iter().all(|line| mails[0].contains(line)), "{}", mails[0]);

    let shown = server.get("/api/v1/alerts/channels").await.text + &server.get("/api/v1/alerts/deliveries").await.text;
    for secret in ["k3y-of", "t0ken-of", "hunter2", "r0uting"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_test_whose_incident_stays_open_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let pager = Http::start(&[OK, DOWN]).await;
    let server = Server::start_with(config(&format!(
        "[[alerts.channels]]\nname = 'pager'\ntype = 'pagerduty'\nrouting_key = {}\nurl = '{}'\nallow_private = true\n",
        secret_file(&folder, "routing", "r0uting-key"),
        pager.url("/v2/enqueue"),
    )))
    .await;
    let told = test(&server, "pager").await;
    assert_eq!((&told["state"], &told["status"]), (&json!("failed"), &json!(503)));
    assert_eq!(
        told["error"],
        "the test opened an incident that could not be resolved again; resolve it by hand: answered 503: down"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_channel_that_does_not_exist_is_not_found_and_those_that_do_are_named() {
    let server =
        Server::start_with(config("[[alerts.channels]]\nname = 'ops'\ntype = 'webhook'\nurl = 'https://x.invalid'"))
            .await;
    let answer = server.send_to("/api/v1/alerts/channels/osp/test", "").await;
    assert_eq!((answer.status, answer.detail().as_str()), (404, "there is no channel `osp`; there are ops"));
    server.stop().await;
}

#[tokio::test]
async fn what_a_receiver_answers_is_kept_and_nothing_leads_to_where_it_may_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let token = secret_file(&folder, "token", "t0ken-long");
    let inner = Http::start(&[OK]).await;
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", inner.url("/inner"));
    let elsewhere = Http::start(&[&redirect]).await;
    let echo =
        Http::start(&["HTTP/1.1 404 Not Found\r\n\r\nCannot POST /services/hunter2-long, token t0ken-long"]).await;
    let endless = Http::start(&["HTTP/1.1 400 Bad\r\ncontent-length: 999999999\r\n\r\nx"]).await;
    let silent = Http::start(&[""]).await;
    let down = Http::start(&[DOWN]).await;
    let channel = |name: &str, url: String, more: &str| {
        format!("[[alerts.channels]]\nname = '{name}'\ntype = 'webhook'\nurl = '{url}'\n{more}\n")
    };
    let allowed = "allow_private = true\ntimeout_seconds = 2";
    let text = [
        channel("inner", inner.url("/"), ""),
        channel("redirect", elsewhere.url("/"), allowed),
        channel("echo", echo.url("/services/hunter2-long"), &format!("{allowed}\ntoken = {token}")),
        channel("endless", endless.url("/"), allowed),
        channel("silent", silent.url("/"), allowed),
        channel("down", down.url("/"), allowed),
        channel("nobody", "http://127.0.0.1:1/".into(), allowed),
        channel("meta", "http://169.254.169.254/latest".into(), allowed),
        "[[alerts.channels]]\nname = 'unset'\ntype = 'slack'\nurl = { env = 'SWARMSCOPE_UNSET' }\n".into(),
    ];
    let server = Server::start_with(config(&text.concat())).await;
    let mut told = Vec::new();
    for channel in ["inner", "redirect", "echo", "endless", "silent", "down", "nobody", "meta", "unset"] {
        let answer = test(&server, channel).await;
        assert_eq!((&answer["state"], &answer["next"]), (&json!("failed"), &Value::Null), "{answer}");
        told.push((answer["status"].as_u64(), answer["error"].as_str().unwrap_or_default().to_owned()));
    }
    let expected = [
        (None, "127.0.0.1 is 127.0.0.1, which is a private address; write allow_private = true to allow it"),
        (Some(302), "answered 302: it leads elsewhere, and redirects are not followed; write the final URL"),
        (Some(404), "answered 404: Cannot POST /…, token …"),
        (Some(400), "answered 400"),
        (None, "could not talk to 127.0.0.1"),
        (Some(503), "answered 503: down"),
        (None, "could not talk to 127.0.0.1:1: Connection refused"),
        (None, "169.254.169.254 is 169.254.169.254, which no alert is ever sent to"),
        (None, "the environment has no variable SWARMSCOPE_UNSET; set it and start again"),
    ];
    for ((status, error), (expected_status, begins)) in told.iter().zip(expected) {
        assert_eq!(*status, expected_status, "{error}");
        assert!(error.starts_with(begins), "{error}");
    }
    assert!(inner.requests().is_empty(), "neither reached directly nor by a redirect");
    let channels = server.get("/api/v1/alerts/channels").await.json();
    let unset = channels["items"].as_array().and_then(|items| items.last().cloned()).expect("the last one");
    assert!(unset["trouble"].as_str().is_some_and(|why| why.contains("SWARMSCOPE_UNSET")), "{unset}");
    server.stop().await;
}

#[tokio::test]
async fn the_log_is_narrowed_by_channel_and_state() {
    let hook = Http::start(&[OK, DOWN]).await;
    let text = |name: &str| {
        format!(
            "[[alerts.channels]]\nname = '{name}'\ntype = 'webhook'\nurl = '{}'\nallow_private = true\n",
            hook.url("/")
        )
    };
    let server = Server::start_with(config(&(text("a") + &text("b")))).await;
    for channel in ["a", "b", "b"] {
        test(&server, channel).await;
    }
    for (query, count) in
        [("", 3), ("?channel=a", 1), ("?channel=b", 2), ("?state=failed", 2), ("?state=sent", 1), ("?limit=2", 2)]
    {
        let listed = server.get(&format!("/api/v1/alerts/deliveries{query}")).await.json();
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(count), "{query}");
    }
    let wrong = server.get("/api/v1/alerts/deliveries?state=lost").await;
    assert_eq!((wrong.status, wrong.detail().as_str()), (400, "`state=lost`: write waiting, sent or failed"));
    server.stop().await;
}
