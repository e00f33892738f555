//! The figures the store is measured by, each beside what it aims at: a fleet of 200 agents over 90 days, written by
//! HTTP into the real server and asked by HTTP. Prints, asserts nothing about time.
//!
//! `cargo bench --bench scale`
//! - `SWARMSCOPE_BENCH_TASKS`: how many tasks (1 000 000; the aims speak of 10 000 000).
//! - `SWARMSCOPE_BENCH_DIR`: where files go (the build's folder, so that it is the disk one has in mind).
//! - `SWARMSCOPE_BENCH_DB`: a store of an earlier run to ask again; it is made, and kept, when it is not there.
//!
//! Clients and server share the machine, so what clients cost is in the figures. Not here: other formats than CSV
//! (`export`), the pages' weight (`scripts/bench`).

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

mod acks;
mod answers;
mod fleet;
mod ingest;
mod report;
mod rival;
mod server;
mod size;

use std::path::PathBuf;

use fleet::Fleet;
use server::Server;
use swarmscope::model::Micros;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let tasks = std::env::var("SWARMSCOPE_BENCH_TASKS").ok().map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let folder = tempfile::tempdir_in(
        std::env::var_os("SWARMSCOPE_BENCH_DIR").unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into()),
    )?;
    let kept = std::env::var_os("SWARMSCOPE_BENCH_DB").map(PathBuf::from);
    let db = kept.clone().unwrap_or_else(|| folder.path().join("store.db"));
    let fleet = Fleet::until(Micros(chrono::Utc::now().timestamp_micros()), tasks);
    println!(
        "{tasks} tasks of {} agents over {} days; random UUIDs, in the order of their time",
        fleet::AGENTS,
        fleet::DAYS
    );
    let runtime = tokio::runtime::Runtime::new()?;

    let peak = if db.exists() {
        println!("asking {} of an earlier run: nothing is written", db.display());
        None
    } else {
        let rival = runtime.block_on(rival::plain_sqlite(&folder.path().join("plain.db"), &fleet))?;
        let server = Server::start(&db)?;
        let peak = ingest::over_http(&server, &fleet, rival)?;
        server.stop()?;
        ingest::offline(folder.path(), &fleet)?;
        Some(peak)
    };
    let server = Server::start(&db)?;
    runtime.block_on(answers::questions(&server, &db, &fleet))?;
    runtime.block_on(answers::export(&server, &fleet))?;
    server.stop()?;
    runtime.block_on(size::of_each_part(&db))?;
    let (None, Some(peak)) = (kept, peak) else {
        println!("no acknowledgements, nothing sealed: a store that is kept stays as it is");
        return Ok(());
    };
    // What follows adds more tasks to the last hour, and takes old ones out of their table, than questions expect.
    let server = Server::start(&db)?;
    acks::at_half_of_peak(&server, folder.path(), &fleet, peak)?;
    server.stop()?;
    runtime.block_on(size::sealed(&db, &fleet))?;
    let server = Server::start(&db)?;
    answers::sealed(&server, &fleet)?;
    server.stop()
}
