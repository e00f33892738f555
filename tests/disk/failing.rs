//! A disk whose fsync fails: after that nobody knows what it kept, so writing stops until a restart.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::oracle::{Batch, Ledger, found};
use common::{NOON, Serving, eventually, skipped};
use swarmscope::model::Micros;

use crate::common;

/// A library that lets fsync fail, and the switch for it.
struct FailingDisk {
    folder: tempfile::TempDir,
    library: PathBuf,
}

impl FailingDisk {
    fn build() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let library = folder.path().join("fsync.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/disk/fsync.c");
        let mut cc = Command::new("cc");
        match cc.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").output() {
            Ok(built) => assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr)),
            Err(error) => {
                skipped(&format!("the failing disk: no cc ({error})"));
                return None;
            }
        }
        Some(Self { folder, library })
    }

    fn trigger(&self) -> PathBuf {
        self.folder.path().join("eio")
    }

    fn break_down(&self) {
        std::fs::write(self.trigger(), "").expect("a trigger");
    }

    fn repair(&self) {
        std::fs::remove_file(self.trigger()).expect("the trigger");
    }

    fn db(&self) -> PathBuf {
        self.folder.path().join("s.db")
    }

    fn serve(&self) -> Serving {
        Serving::start_with(self.db(), |command| {
            command.env("LD_PRELOAD", &self.library).env("SWARMSCOPE_TEST_EIO", self.trigger());
        })
    }
}

fn batch(name: &str) -> Batch {
    Batch { atomic: true, ..Batch::new(name, 100, || Micros(NOON)) }
}

async fn status(serving: &Serving, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}{path}", serving.address)).await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_fsync_stops_writing_for_good_and_a_restart_finds_what_was_acknowledged() {
    let Some(disk) = FailingDisk::build() else { return };
    let mut serving = disk.serve();
    let client = reqwest::Client::new();
    let mut ledger = Ledger::default();
    // Several at once share a commit, and must share its fate.
    for round in 0..6 {
        if round == 3 {
            disk.break_down();
        }
        if round == 5 {
            disk.repair(); // asking again would succeed, and hide what was lost
        }
        let senders = (0..4).map(|sender| {
            let (client, address, mut batch) = (client.clone(), serving.address, batch(&format!("r{round}-s{sender}")));
            tokio::spawn(async move {
                let answer = batch.post(&client, address).await.expect("an answer");
                (batch, answer)
            })
        });
        for sender in senders.collect::<Vec<_>>() {
            let (batch, answer) = sender.await.expect("no panic");
            ledger.note(&batch);
            if round < 3 {
                assert_eq!(answer.status, 200, "{}", answer.text);
            } else {
                assert_eq!(answer.status, 503, "{}", answer.text);
                assert!(answer.detail().contains("writing stopped: check the disk, then start again"), "{answer:?}");
            }
        }
    }
    let (ready, text) = status(&serving, "/readyz?verbose").await;
    assert_eq!(ready, 503, "{text}");
    assert!(text.contains("[-]store-writing failed: ") && text.contains("[+]store-readable ok"), "{text}");
    assert_eq!(status(&serving, "/livez").await.0, 200, "a restart by a supervisor heals no disk");
    assert_eq!(status(&serving, "/").await.0, 200, "pages are shown");
    let counts = ledger.judge(&found(&client, serving.address).await, "while writing is stopped");
    assert_eq!((counts.acknowledged, counts.unanswered, counts.lost), (1200, 0, 1200), "reading goes on");

    disk.break_down(); // it must not hang on its way out either
    serving.signal("TERM");
    tokio::task::block_in_place(|| serving.wait(Duration::from_secs(20)));
    disk.repair();
    let serving = disk.serve();
    assert_eq!(status(&serving, "/readyz").await.0, 200);
    let mut after = batch("after");
    assert!(after.send(&client, serving.address).await, "writing goes on after a restart");
    // What was refused may have reached the disk all the same, but each batch whole or not at all.
    for batch in (3..6).flat_map(|round| (0..4).map(move |sender| batch(&format!("r{round}-s{sender}")))) {
        ledger.note(&batch);
    }
    ledger.note(&after);
    let records = found(&client, serving.address).await;
    ledger.judge(&records, "after the restart");
    common::sums::assert_rollups_are_whole(&disk.db(), &records, "after the restart").await;
    assert_eq!(common::run(disk.folder.path(), &["--db", "s.db", "check"]).code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_fsync_in_a_quiet_moment_stops_writing_too() {
    let Some(disk) = FailingDisk::build() else { return };
    let serving = disk.serve();
    let client = reqwest::Client::new();
    let mut before = batch("before");
    assert!(before.send(&client, serving.address).await);
    disk.break_down();
    // Nobody writes; the log is copied into the file when the writer has been idle for a while.
    eventually("not ready", async || status(&serving, "/readyz").await.0 == 503).await;
    let refused = batch("refused").post(&client, serving.address).await.expect("an answer");
    assert_eq!(refused.status, 503, "{}", refused.text);
    let mut ledger = Ledger::default();
    ledger.note(&before);
    let counts = ledger.judge(&found(&client, serving.address).await, "after the failed copy");
    assert_eq!(counts.acknowledged, before.lines.len());
}
