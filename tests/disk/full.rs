//! A small tmpfs that fills up.

use std::path::Path;
use std::process::{Command, Stdio};

use common::oracle::{Batch, Ledger, found};
use common::{NOON, Serving, run, skipped};
use swarmscope::model::Micros;

use crate::common;

/// A disk of four megabytes, where one may be mounted.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder.path()).output();
        let mounted = mount.is_ok_and(|done| done.status.success());
        if !mounted {
            skipped("the full disk: no tmpfs may be mounted here");
        }
        mounted.then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes what room there is, but for `left` bytes.
    fn fill(&self, left: u64) {
        let file = std::fs::File::create(self.path().join("ballast")).expect("a file");
        let free = Command::new("df").args(["--output=avail", "-B1"]).arg(self.path()).output().expect("df runs");
        let text = String::from_utf8(free.stdout).expect("text");
        let free: u64 = text.lines().last().and_then(|line| line.trim().parse().ok()).expect("a number");
        let mut file = std::io::BufWriter::new(file);
        std::io::copy(&mut std::io::Read::take(std::io::repeat(0), free.saturating_sub(left)), &mut file)
            .expect("ballast fits");
    }

    fn make_room(&self) {
        std::fs::remove_file(self.path().join("ballast")).expect("room again");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Best effort: a mount that stays behind is gone with the machine.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn batch(name: &str, atomic: bool) -> Batch {
    Batch { atomic, ..Batch::new(name, 200, || Micros(NOON)) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_answers_507_keeps_reading_and_takes_writes_again_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let db = disk.path().join("s.db");
    // Its log is elsewhere, or it would compete for the room.
    let serve = || {
        Serving::start_with(db.clone(), |command| {
            command.stderr(Stdio::null());
        })
    };
    let mut serving = serve();
    let client = reqwest::Client::new();
    let mut ledger = Ledger::default();
    let mut first = batch("first", true);
    assert!(first.send(&client, serving.address).await);
    ledger.note(&first);
    disk.fill(600_000);

    let mut refusals = 0;
    for number in 0..1000 {
        let mut batch = batch(&format!("b{number}"), number % 2 == 0);
        let answer = batch.post(&client, serving.address).await.expect("an answer");
        ledger.note(&batch);
        if answer.status != 200 {
            assert_eq!(answer.status, 507, "{}", answer.text);
            assert!(answer.detail().contains("is full; free some space"), "{}", answer.text);
            refusals += 1;
        }
        if refusals == 3 {
            break;
        }
    }
    assert_eq!(refusals, 3, "the disk filled, and stayed full");
    let counts = ledger.judge(&found(&client, serving.address).await, "on the full disk");
    assert!(counts.acknowledged >= first.lines.len(), "reading goes on");

    // Killed on the full disk, it starts again there, or says what is in its way.
    serving.kill();
    let ended = run(disk.path(), &["--db", "s.db", "check"]);
    assert!(ended.code == Some(0) || ended.err.contains("is full; free some space"), "{ended:?}");

    disk.make_room();
    let serving = serve();
    let records = found(&client, serving.address).await;
    ledger.judge(&records, "with room again");
    common::sums::assert_rollups_are_whole(&db, &records, "with room again").await;
    let mut after = batch("after", false);
    assert!(after.send(&client, serving.address).await);
    ledger.note(&after);
    disk.fill(0);
    let refused = batch("none", true).post(&client, serving.address).await.expect("an answer");
    assert_eq!(refused.status, 507, "{}", refused.text);
    disk.make_room();
    let mut resumed = batch("resumed", true);
    assert!(resumed.send(&client, serving.address).await, "without a restart, too");
    ledger.note(&resumed);
    ledger.judge(&found(&client, serving.address).await, "after all");
    assert_eq!(run(disk.path(), &["--db", "s.db", "check"]).code, Some(0));
}
