//! A real server for black-box tests: in this process on a free port, or the program itself as a child.

#![expect(dead_code, reason = "every test file uses its own part")]
#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

pub mod fixtures;
pub mod oracle;
pub mod sums;

use std::fs::File;
use std::io::{BufRead, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use swarmscope::config::Config;
use swarmscope::model::filter::{Order, PageRequest, RecordFilter};
use swarmscope::model::{Dataset, Record, TimeRange};
use swarmscope::server;
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Store, StoreOptions};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// 2026-01-01T12:00:00Z in microseconds.
pub const NOON: i64 = 1_767_268_800_000_000;

/// A server in this process, over a store of its own.
pub struct Server {
    pub address: SocketAddr,
    pub service: Service,
    pub client: reqwest::Client,
    folder: TempDir,
    stop: oneshot::Sender<()>,
    running: JoinHandle<bool>,
}

impl Server {
    /// Starts with the default settings.
    pub async fn start() -> Self {
        Self::start_with(Config::default()).await
    }

    /// Starts with `config`, but on a free port and over a store in a temporary folder.
    pub async fn start_with(config: Config) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        // One reader: an answer that asks for a second moment while it holds one would wait for ever.
        let options = StoreOptions { readers: 1, ..StoreOptions::default() };
        let store = Store::open(&folder.path().join("test.db"), &options).await.expect("a store");
        let settings = Settings {
            retention: config.retention,
            compression: config.compression,
            write_buffer: config.write_buffer,
            stream: config.stream,
            agents: config.agents,
            heartbeat: config.heartbeat.clone(),
            patterns: config.patterns.clone(),
            alerts: config.alerts.clone(),
            budget: config.budget.clone(),
            external_url: config.external_url(),
            health: config.health,
            ..Settings::default()
        };
        let service = Service::new(store, settings);
        let listener = server::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = service.clone();
        let running = tokio::spawn(async move {
            let stop = async move {
                let _ = stopped.await;
            };
            server::serve(serving, &config, listener, stop).await.expect("it serves")
        });
        Self { address, service, client: reqwest::Client::new(), folder, stop, running }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.client.get(self.url(path))).await
    }

    /// Sends records as NDJSON.
    pub async fn send(&self, lines: &str) -> Answer {
        self.send_to("/api/v1/ingest", lines).await
    }

    pub async fn send_to(&self, path: &str, lines: &str) -> Answer {
        let request = self.client.post(self.url(path)).header("content-type", "application/x-ndjson");
        Answer::of(request.body(lines.to_owned())).await
    }

    /// Everything that is stored, oldest first.
    pub async fn stored(&self, dataset: Dataset) -> Vec<Record> {
        stored(self.service.store(), dataset).await
    }

    /// Stops gracefully and returns whether all requests were finished.
    pub async fn stop(self) -> bool {
        self.stop_and(|| Ok(())).await
    }

    /// Stops gracefully and looks at what it leaves; returns whether all requests were finished.
    pub async fn stop_and<T>(self, look: impl FnOnce() -> std::io::Result<T>) -> bool {
        let _ = self.stop.send(());
        let clean = self.running.await.expect("it ends");
        look().expect("what it leaves");
        clean
    }
}

/// Everything that is stored, oldest first.
pub async fn stored(store: &Store, dataset: Dataset) -> Vec<Record> {
    let request = PageRequest {
        range: TimeRange::ALL,
        filter: RecordFilter::default(),
        order: Order::Asc,
        after: None,
        limit: 1_000_000,
    };
    store.page(dataset, &request).await.expect("readable").into_iter().map(|row| row.record).collect()
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("a body") }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The `detail` of a problem, after a look at its form.
    pub fn detail(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(
            (problem["status"].as_u64(), problem["type"].as_str()),
            (Some(self.status.into()), Some("about:blank"))
        );
        assert_eq!(problem["request_id"].as_str(), Some(self.header("x-request-id")));
        problem["detail"].as_str().expect("a detail").to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// accepted, duplicates, differing, rejected
    pub fn counts(&self) -> [u64; 4] {
        let json = self.json();
        ["accepted", "duplicates", "differing_count", "rejected_count"]
            .map(|name| json[name].as_u64().unwrap_or_else(|| panic!("{name} in {}", self.text)))
    }
}

/// A task line.
pub fn task(id: &str, millis: i64, more: &str) -> String {
    format!(r#"{{"kind":"task","task_id":"{id}","agent_id":"a1","result":"success","timestamp":{millis}{more}}}"#)
}

/// The program itself.
pub fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_swarmscope"));
    for name in [
        "SWARMSCOPE_DB",
        "SWARMSCOPE_CONFIG",
        "SWARMSCOPE_BIND",
        "SWARMSCOPE_ADMIN_TOKEN",
        "SWARMSCOPE_ADMIN_TOKEN_FILE",
        "SWARMSCOPE_LOG_LEVEL",
        "SWARMSCOPE_LOG_FORMAT",
        "SWARMSCOPE_LOG_FILE",
    ] {
        command.env_remove(name);
    }
    command
}

/// Runs the program to its end in `folder`.
pub fn run(folder: &std::path::Path, words: &[&str]) -> Ended {
    Ended::of(program().current_dir(folder).args(words).stdin(Stdio::null()).output().expect("the program starts"))
}

/// Says that something could not be tested here, past the harness that hides what passing tests print.
pub fn skipped(what: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {what}");
}

/// Waits until `condition` holds; panics with `what` when it does not come.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(30), "it never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The program serving as a child process.
pub struct Serving {
    pub child: Child,
    pub address: SocketAddr,
    pub db: PathBuf,
}

impl Serving {
    /// Starts `swarmscope serve` over `db` on a free port and waits until it listens.
    pub fn start(db: PathBuf) -> Self {
        Self::start_with(db, |_| {})
    }

    /// The same, with more words or another environment.
    pub fn start_with(db: PathBuf, adjust: impl FnOnce(&mut Command)) -> Self {
        let mut log = db.as_os_str().to_owned();
        log.push(".log");
        let mut command = program();
        command.arg("--db").arg(&db).args(["serve", "--bind", "127.0.0.1:0"]).stdout(Stdio::piped());
        command.stderr(File::create(&log).expect("a log"));
        adjust(&mut command);
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_else(|| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            panic!("the server did not start: {said}")
        });
        Self { child, address: address.parse().expect("an address"), db }
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it is gone");
    }

    /// Sends a signal by name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for the end, at most `patience`; returns the exit code.
    pub fn wait(&mut self, patience: Duration) -> Option<i32> {
        let started = Instant::now();
        while started.elapsed() < patience {
            if let Some(status) = self.child.try_wait().expect("it can be waited for") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it did not end within {patience:?}");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
