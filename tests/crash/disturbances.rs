//! What else happens to a file while a server that works on it is killed. One line each.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::Value;
use swarmscope::model::Micros;
use tokio::task::JoinHandle;

use crate::common::oracle::Batch;
use crate::common::{Ended, Serving, program, run};

#[path = "../import_claude_code/fixture.rs"]
#[expect(dead_code, reason = "only plain turns are made here")]
mod transcripts;

/// Something that happens beside the server, or in it.
#[derive(Debug, Clone, Copy)]
pub struct Disturbance {
    /// Its name, for messages.
    pub name: &'static str,
    what: What,
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// Only the kill.
    Nothing,
    /// A command; `{new}` stands for a path that does not exist.
    Command(&'static [&'static str]),
    /// A command, and who writes what it reads, `{input}`, and says which records that brings.
    Bringing(&'static [&'static str], fn(&Path, &str) -> Batch),
    /// A request that the server is told to work on.
    Request(&'static str),
}

const fn that(name: &'static str, what: What) -> Disturbance {
    Disturbance { name, what }
}

/// One of these happens to each server.
pub const DISTURBANCES: &[Disturbance] = &[
    that("nothing", What::Nothing),
    that("ingest", What::Bringing(&["ingest", "{input}"], lines)),
    that("import", What::Bringing(&["import", "claude-code", "{input}"], turns)),
    that("backup", What::Command(&["backup", "{new}"])),
    that("check", What::Command(&["check"])),
    that("cleanup", What::Command(&["cleanup"])),
    that("vacuum", What::Command(&["vacuum"])),
    that("unarchive", What::Command(&["unarchive"])),
    that("cleanup by the server", What::Request("/api/v1/maintenance/cleanup?wait=true")),
    that("vacuum by the server", What::Request("/api/v1/maintenance/vacuum?wait=true")),
    that("backup by the server", What::Request("/api/v1/maintenance/backup?wait=true")),
];

/// A disturbance that is under way.
pub struct Disturber {
    child: Option<Child>,
    brings: Batch,
    copy: Option<PathBuf>,
    request: Option<JoinHandle<()>>,
}

impl Disturber {
    /// Starts it on the store of `serving`; its files lie beside that, and its records are named after `kill`.
    pub fn begin(disturbance: Disturbance, serving: &Serving, config: &Path, kill: usize) -> Self {
        let nothing = Batch { lines: Vec::new(), atomic: false, acknowledged: false };
        let mut disturber = Self { child: None, brings: nothing, copy: None, request: None };
        let input = serving.db.with_file_name(format!("input-{kill}"));
        let new = serving.db.with_file_name(format!("new-{kill}"));
        let words = match disturbance.what {
            What::Nothing => return disturber,
            What::Request(path) => {
                disturber.request = Some(tokio::spawn(request(format!("http://{}{path}", serving.address))));
                return disturber;
            }
            What::Command(words) => words,
            What::Bringing(words, write) => {
                disturber.brings = write(&input, &format!("k{kill}"));
                words
            }
        };
        disturber.copy = words.contains(&"{new}").then(|| new.clone());
        let mut command = program();
        command.arg("--db").arg(&serving.db).arg("--config").arg(config);
        command.args(words.iter().map(|word| match *word {
            "{input}" => input.as_os_str(),
            "{new}" => new.as_os_str(),
            word => OsStr::new(word),
        }));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        Self { child: Some(child), ..disturber }
    }

    /// Kills it, or waits for its end, which must be a good one; returns the records it brought. The server is gone
    /// already.
    pub async fn end(mut self, kill: bool, context: &str) -> Batch {
        if let Some(request) = self.request.take() {
            request.await.unwrap_or_else(|error| panic!("{context}: {error}"));
        }
        let Some(mut child) = self.child.take() else { return self.brings };
        if kill {
            child.kill().expect("it can be killed");
        }
        let ended = tokio::task::block_in_place(|| Ended::of(child.wait_with_output().expect("it ends")));
        // It may have ended before it could be killed.
        self.brings.acknowledged = ended.code == Some(0);
        assert!(self.brings.acknowledged || (kill && ended.code.is_none()), "{context}: {ended:?}");
        if let Some(copy) = self.copy.filter(|_| self.brings.acknowledged) {
            let folder = copy.parent().expect("a folder");
            let checked = run(folder, &["--db", copy.to_str().expect("text"), "check"]);
            assert_eq!(checked.code, Some(0), "{context}: the backup: {}", checked.err);
        }
        self.brings
    }
}

/// Asks until the server is gone; what is answered must be well.
async fn request(url: String) {
    let client = reqwest::Client::new();
    while let Ok(answer) = client.post(&url).send().await {
        let status = answer.status().as_u16();
        let Ok(text) = answer.text().await else { return };
        // What the server does by itself may be under way.
        assert!(status == 200 || status == 409, "{url}: {status} {text}");
    }
}

fn now() -> Micros {
    Micros(chrono::Utc::now().timestamp_micros())
}

/// A file for `ingest`.
fn lines(path: &Path, name: &str) -> Batch {
    let batch = Batch::new(&format!("{name}-file"), 3000, now);
    std::fs::write(path, batch.ndjson()).expect("written");
    batch
}

/// Transcripts for `import`. What they bring is what they bring to an empty store.
fn turns(path: &Path, name: &str) -> Batch {
    for session in 0..4 {
        let id = format!("{name}-session-{session}");
        let start = (now().millis() - transcripts::START) as f64 / 1e3 - 3600.0;
        let turns = (0..20).flat_map(|turn| {
            let (at, uuid) = (start + f64::from(turn) * 10.0, |part| format!("{id}-{turn}-{part}"));
            let text = transcripts::text();
            [
                transcripts::prompt(&id, &uuid("prompt"), at),
                transcripts::reply(&id, &uuid("reply"), at + 5.0, &uuid("message"), [10, 5, 0, 100], true, text),
            ]
        });
        let project = path.join(transcripts::PROJECT);
        transcripts::write(&project.join(format!("{id}.jsonl")), &turns.collect::<Vec<_>>());
    }
    let empty = tempfile::tempdir().expect("a folder");
    let input = path.to_str().expect("text");
    let imported = run(empty.path(), &["--db", "alone.db", "import", "claude-code", input]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let brought = run(empty.path(), &["--db", "alone.db", "export", "all", "--format", "ndjson"]);
    assert_eq!(brought.code, Some(0), "{brought:?}");
    let lines: Vec<Value> = brought.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.len() > 80, "every turn is a record: {}", lines.len());
    Batch { lines, atomic: false, acknowledged: false }
}
