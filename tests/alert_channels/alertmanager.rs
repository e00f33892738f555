//! A real Alertmanager takes what it is sent, as firing and as resolved.

use std::process::{Child, Command, Stdio};

use serde_json::Value;
use swarmscope::model::Micros;
use swarmscope::model::alert::{NotificationStatus, Severity};
use swarmscope::model::channel::{DeliveryQuery, DeliveryState};

use super::delivery::{alert, deliver, moved, service};
use crate::common::{eventually, skipped};

/// Debian's name, and that of everybody else.
const NAMES: [&str; 2] = ["prometheus-alertmanager", "alertmanager"];

struct Running {
    child: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts one, if the program is there.
fn start() -> Option<Running> {
    let there =
        |name: &&str| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let program = NAMES.into_iter().find(there)?;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("alertmanager.yml");
    std::fs::write(&file, "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n").expect("a configuration");
    let port =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
    let child = Command::new(program)
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.path().join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .arg("--cluster.listen-address=")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    Some(Running { child, url: format!("http://127.0.0.1:{port}"), _folder: folder })
}

/// The alerts it knows as active: name and agent.
async fn active(url: &str) -> Vec<(String, String)> {
    let Ok(answer) = reqwest::get(format!("{url}/api/v2/alerts?active=true")).await else { return Vec::new() };
    let Ok(alerts) = answer.json::<Vec<Value>>().await else { return Vec::new() };
    let label = |alert: &Value, name: &str| alert["labels"][name].as_str().unwrap_or_default().to_owned();
    let mut found: Vec<_> = alerts.iter().map(|alert| (label(alert, "alertname"), label(alert, "agent_id"))).collect();
    found.sort();
    found
}

#[tokio::test]
async fn an_alertmanager_shows_what_fires_and_no_more_what_resolved() {
    let Some(running) = start() else {
        return skipped("channels to a real Alertmanager (no alertmanager program; Debian: prometheus-alertmanager)");
    };
    let url = &running.url;
    eventually("Alertmanager is ready", async || {
        reqwest::get(format!("{url}/-/ready")).await.is_ok_and(|answer| answer.status().is_success())
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let channel =
        format!("[[alerts.channels]]\nname = 'am'\ntype = 'alertmanager'\nurl = '{url}'\nallow_private = true\n");
    let service = service(&folder.path().join("s.db"), &channel).await;
    let now = || Micros(chrono::Utc::now().timestamp_micros()); // an Alertmanager has its own clock
    let alerts = ["a1", "a2"].map(|agent| alert("Slow", Severity::Critical, agent));
    let known =
        |agents: &[&str]| agents.iter().map(|agent| ("Slow".to_owned(), (*agent).to_owned())).collect::<Vec<_>>();

    moved(&service, NotificationStatus::Firing, &alerts).await;
    deliver(&service, now()).await;
    let sent = service.deliveries(&DeliveryQuery::default()).await.expect("readable");
    assert_eq!((sent[0].state, sent[0].status, sent[0].alerts), (DeliveryState::Sent, Some(200), 2), "{sent:?}");
    eventually("both fire", async || active(url).await == known(&["a1", "a2"])).await;

    moved(&service, NotificationStatus::Resolved, &alerts[..1]).await;
    deliver(&service, now()).await;
    eventually("one is left", async || active(url).await == known(&["a2"])).await;

    let until = async || {
        let alerts: Vec<Value> =
            reqwest::get(format!("{url}/api/v2/alerts")).await.expect("there").json().await.expect("JSON");
        alerts.iter().map(|alert| alert["endsAt"].as_str().unwrap_or_default().to_owned()).max()
    };
    assert_eq!(service.channels_reminded().collect::<Vec<_>>(), ["am"]);
    let before = until().await;
    service.remind("am", now(), std::future::pending()).await.expect("runs");
    eventually("it believes for longer", async || until().await > before).await;
    assert_eq!(active(url).await, known(&["a2"]), "what resolved is not told again");
}
