//! What else happens to a file while a server that works on it is killed. One line each.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use serde_json::Value;
use swarmscope::model::Micros;

use crate::common::oracle::Batch;
use crate::common::{Ended, program, run};

#[path = "../import_claude_code/fixture.rs"]
#[expect(dead_code, reason = "only plain turns are made here")]
mod transcripts;

/// A command beside the server.
#[derive(Debug, Clone, Copy)]
pub struct Disturbance {
    /// Its name, for messages.
    pub name: &'static str,
    /// Its words; `{new}` stands for a path that does not exist, `{input}` for what `input` wrote.
    words: &'static [&'static str],
    /// Writes what the command reads to the path, and returns the records that it brings.
    input: Option<fn(&Path, &str) -> Batch>,
}

/// One of these runs beside each server.
pub const DISTURBANCES: &[Disturbance] = &[
    Disturbance { name: "nothing", words: &[], input: None },
    Disturbance { name: "ingest", words: &["ingest", "{input}"], input: Some(lines) },
    Disturbance { name: "import", words: &["import", "claude-code", "{input}"], input: Some(turns) },
    Disturbance { name: "backup", words: &["backup", "{new}"], input: None },
    Disturbance { name: "check", words: &["check"], input: None },
];

/// A disturbance that is under way.
pub struct Disturber {
    child: Option<Child>,
    brings: Batch,
    copy: Option<PathBuf>,
}

impl Disturber {
    /// Starts it on `db`; its files lie in `folder`, and its records are named after `kill`.
    pub fn begin(what: Disturbance, folder: &Path, db: &Path, kill: usize) -> Self {
        let input = folder.join(format!("input-{kill}"));
        let new = folder.join(format!("new-{kill}"));
        let nothing = Batch { lines: Vec::new(), atomic: false, acknowledged: false };
        let brings = what.input.map_or(nothing, |write| write(&input, &format!("k{kill}")));
        let mut words = what.words.iter().map(|word| match *word {
            "{input}" => input.clone().into_os_string(),
            "{new}" => new.clone().into_os_string(),
            word => word.into(),
        });
        let Some(first) = words.next() else { return Self { child: None, brings, copy: None } };
        let mut command = program();
        command.arg("--db").arg(db).arg(first).args(words);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        Self { child: Some(child), brings, copy: what.words.contains(&"{new}").then_some(new) }
    }

    /// Kills it, or waits for its end, which must be a good one; returns the records it brought.
    pub fn end(mut self, kill: bool, context: &str) -> Batch {
        let Some(mut child) = self.child.take() else { return self.brings };
        if kill {
            child.kill().expect("it can be killed");
        }
        let ended = Ended::of(child.wait_with_output().expect("it ends"));
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
