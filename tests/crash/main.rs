//! Kills the server at random moments, over and over on the same file, and compares what is there with what was
//! acknowledged and what was sent. Whatever else the program does to a file happens meanwhile, and is killed, too.
//!
//! `SWARMSCOPE_CRASH_ROUNDS` sets how many kills (50), `SWARMSCOPE_CRASH_SEED` the seed, which is printed: the same
//! seed makes the same choices and waits, though not the same instant of the kill.
//!
//! Not here: power cuts. A process that dies takes no page of the system's cache with it, so what is tested is the
//! order of our own steps, not whether the disk keeps what it acknowledged.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;
mod disturbances;
mod life;

use std::time::{SystemTime, UNIX_EPOCH};

use futures::StreamExt as _;

use common::oracle::Counts;
use life::Life;

/// Kills in all, unless the environment says otherwise.
const ROUNDS: usize = 50;
/// Kills that one file lives through; then a new one begins, whose making is disturbed, too.
const KILLS_A_FILE: usize = 10;
/// Files at a time.
const LIVES_AT_ONCE: usize = 2;

#[tokio::test(flavor = "multi_thread", worker_threads = 6)]
async fn a_kill_at_any_moment_loses_nothing_acknowledged_and_invents_nothing() {
    let rounds = setting("SWARMSCOPE_CRASH_ROUNDS").map_or(ROUNDS, |text| text.parse().expect("a number of rounds"));
    let seed = setting("SWARMSCOPE_CRASH_SEED").map_or_else(any_seed, |text| text.parse().expect("a seed"));
    println!("{rounds} kills, seed {seed}; the same choices again with SWARMSCOPE_CRASH_SEED={seed}");
    let lives = (0..rounds.div_ceil(KILLS_A_FILE)).map(|life| {
        let kills = KILLS_A_FILE.min(rounds - life * KILLS_A_FILE);
        tokio::spawn(Life::new(seed, life).live(kills))
    });
    let mut sum = Counts::default();
    let mut lives = futures::stream::iter(lives).buffer_unordered(LIVES_AT_ONCE);
    while let Some(counts) = lives.next().await {
        let counts = counts.expect("a life without a contradiction");
        sum.acknowledged += counts.acknowledged;
        sum.unanswered += counts.unanswered;
        sum.lost += counts.lost;
        sum.sealed += counts.sealed;
    }
    println!("{sum:?}");
    assert!(sum.acknowledged > rounds, "the load was real: {sum:?}");
    assert!(sum.sealed > 0 || rounds < ROUNDS, "some of it was sealed: {sum:?}");
}

fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn any_seed() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").subsec_nanos().into()
}
