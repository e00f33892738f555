//! The life of one file: made, filled, killed again and again, and judged after each kill.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use swarmscope::model::Micros;
use swarmscope::model::time::{DAY, HOUR};
use swarmscope::service::demo::dice::Dice;
use tempfile::TempDir;

use crate::common::fixtures::{self, Fixture};
use crate::common::oracle::{Batch, Counts, Ledger, found};
use crate::common::sums::assert_rollups_are_whole;
use crate::common::{Serving, program, run};
use crate::disturbances::{DISTURBANCES, Disturber};

/// Clients that send at the same time.
const SENDERS: usize = 3;
/// The most records of a batch.
const BATCH_MAX: f64 = 150.0;
/// The longest a server lives under load, in milliseconds.
const LIFE_MAX: f64 = 600.0;
/// The longest one lives that is killed while it starts; starting takes about so long.
const BIRTH_MAX: f64 = 120.0;

/// Records are sealed soon, in small chunks, and never deleted.
const CONFIG: &str = "\
[retention]
detailed_days = 1
hourly_days = 36500
daily_days = 36500
[compression]
min_age_days = 1
batch_size = 100
";

/// A file, and what is known about it.
pub struct Life {
    folder: TempDir,
    name: String,
    dice: Dice,
    ledger: Ledger,
    /// Batches that nobody answered, which their senders may try again.
    unanswered: Vec<Batch>,
}

impl Life {
    /// Nothing yet. Lives of one seed differ.
    pub fn new(seed: u64, life: usize) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            name: format!("seed {seed}, file {life}"),
            dice: Dice::new(seed, life as u64),
            ledger: Ledger::default(),
            unanswered: Vec::new(),
        }
    }

    /// Lives through `kills` of them; returns what the last judgement counted, with all that was lost on the way.
    pub async fn live(mut self, kills: usize) -> Counts {
        std::fs::write(self.config(), CONFIG).expect("written");
        self.inherit().await;
        let mut lost = 0;
        for kill in 0..kills {
            lost += self.round(kill).await.lost;
        }
        let serving = self.start();
        let counts = self.judge(serving.address, "at the end").await;
        Counts { lost: lost + counts.lost, sealed: self.sealed().await, ..counts }
    }

    /// Begins, half of the time, with a file that an earlier version left, which the first server migrates.
    async fn inherit(&mut self) {
        let versions = Fixture::all();
        let chosen = self.dice.between(0.0, versions.len() as f64 * 2.0) as usize;
        if let Some(version) = versions.get(chosen) {
            version.build(&self.db()).await;
            self.name += &format!(" of schema {}", version.version);
            // Its memory expired long ago: cleanup takes it, a run without cleanup does not.
            let (expired, lines) = fixtures::records().into_iter().partition(|line| line["ttl_hours"].is_number());
            self.ledger.note(&Batch { lines, atomic: false, acknowledged: true });
            self.ledger.note(&Batch { lines: expired, atomic: false, acknowledged: false });
        }
    }

    fn db(&self) -> PathBuf {
        self.folder.path().join("s.db")
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("swarmscope.toml")
    }

    /// Starts the server on whatever the last kill left.
    fn start(&self) -> Serving {
        let adjust = |command: &mut Command| {
            command.arg("--config").arg(self.config());
        };
        tokio::task::block_in_place(|| Serving::start_with(self.db(), adjust))
    }

    /// Lets every day look as if its records had come on that day, so that cleaning up finds something to seal.
    async fn age(&self) {
        let file = SqliteConnectOptions::new().filename(self.db()).connect().await;
        let Ok(mut file) = file else { return }; // not made yet
        // Nor is the table while its file is being made.
        let _ = sqlx::query("update arrival set last_ts = day").execute(&mut file).await;
        file.close().await.expect("closed");
    }

    /// How many records lie sealed.
    async fn sealed(&self) -> usize {
        let file = SqliteConnectOptions::new().filename(self.db()).read_only(true);
        let mut file = file.connect().await.expect("a store");
        let sealed: i64 = sqlx::query_scalar("select coalesce(sum(rows), 0) from chunk")
            .fetch_one(&mut file)
            .await
            .expect("a number");
        usize::try_from(sealed).expect("a number of records")
    }

    /// Starts, judges what the kill before left, sends, disturbs, kills.
    async fn round(&mut self, kill: usize) -> Counts {
        // The first server makes or migrates the file, so that moment is tried more often.
        while self.dice.chance(if kill == 0 { 0.7 } else { 0.2 }) {
            self.kill_at_birth().await;
        }
        self.age().await;
        let mut serving = self.start();
        let counts = self.judge(serving.address, &format!("before kill {kill}")).await;

        let disturbance = self.dice.pick(DISTURBANCES);
        let context = format!("{}, kill {kill} beside `{}`", self.name, disturbance.name);
        let disturber = Disturber::begin(disturbance, &serving, &self.config(), kill);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let again = self.unanswered.pop().filter(|_| self.dice.chance(0.5));
                let dice = Dice::new(self.dice.between(0.0, 1e15) as u64, sender as u64);
                tokio::spawn(send_until_gone(serving.address, format!("k{kill}-s{sender}"), again, dice))
            })
            .collect();
        tokio::time::sleep(Duration::from_micros(self.dice.between(0.0, LIFE_MAX * 1e3) as u64)).await;
        serving.kill();
        let also = self.dice.chance(0.5);
        self.ledger.note(&disturber.end(also, &context).await);
        for sender in senders {
            for batch in sender.await.unwrap_or_else(|error| panic!("{context}: {error}")) {
                self.ledger.note(&batch);
                if !batch.acknowledged {
                    self.unanswered.push(batch);
                }
            }
        }
        counts
    }

    /// Kills a server while it opens, or makes, the file.
    async fn kill_at_birth(&mut self) {
        let mut command = program();
        command.arg("--db").arg(self.db()).arg("--config").arg(self.config()).args(["serve", "--bind", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program starts");
        tokio::time::sleep(Duration::from_micros(self.dice.between(0.0, BIRTH_MAX * 1e3) as u64)).await;
        child.kill().expect("it can be killed");
        child.wait().expect("it is gone");
    }

    /// Holds what is there against what was sent, and the file against itself.
    async fn judge(&mut self, address: SocketAddr, when: &str) -> Counts {
        let context = format!("{}, {when}", self.name);
        let records = found(&reqwest::Client::new(), address).await;
        let counts = self.ledger.judge(&records, &context);
        assert_rollups_are_whole(&self.db(), &records, &context).await;
        let db = self.db();
        let checked =
            tokio::task::block_in_place(|| run(self.folder.path(), &["--db", db.to_str().expect("text"), "check"]));
        assert_eq!(checked.code, Some(0), "{context}: {}", checked.err);
        counts
    }
}

/// Sends batches until the server is gone; the last one is the one that nobody answered.
async fn send_until_gone(address: SocketAddr, name: String, again: Option<Batch>, mut dice: Dice) -> Vec<Batch> {
    let client = reqwest::Client::new();
    let mut sent = Vec::new();
    let mut next = again;
    for number in 0.. {
        let mut batch = next.take().unwrap_or_else(|| {
            let count = dice.between(1.0, BATCH_MAX) as usize;
            let mut batch = Batch::new(&format!("{name}-b{number}"), count, || some_time(&mut dice));
            batch.atomic = number % 2 == 1;
            batch
        });
        let answered = batch.send(&client, address).await;
        sent.push(batch);
        if !answered {
            break;
        }
    }
    sent
}

/// Mostly of the last hour, now and then days late.
fn some_time(dice: &mut Dice) -> Micros {
    let now = chrono::Utc::now().timestamp_micros();
    let (days, within) = (dice.between(0.0, 20.0).floor(), dice.between(0.0, HOUR as f64));
    Micros(now - within as i64 - if dice.chance(0.4) { days as i64 * DAY } else { 0 })
}
