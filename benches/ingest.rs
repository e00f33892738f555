//! How many task records a second become durable: through the store with its rollups, and beside it
//! plain SQLite with the same rows, table and indices. Prints figures, asserts nothing about time.
//!
//! `cargo bench --bench ingest`; `SWARMSCOPE_BENCH_TASKS` changes the number of tasks (1 000 000).

#![expect(clippy::print_stdout, reason = "a benchmark speaks to the terminal")]

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments as _, ConnectOptions as _, Connection as _};
use swarmscope::model::{Micros, Outcome, Record, TaskRecord, TokenCounts};
use swarmscope::store::{Store, StoreOptions};

const BATCH: usize = 10_000;
const AGENTS: u64 = 50;
const SWARMS: u64 = 5;
const DAYS: i64 = 14;
const DAY: i64 = 86_400_000_000;

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let tasks = std::env::var("SWARMSCOPE_BENCH_TASKS").ok().map_or(Ok(1_000_000), |text| text.parse::<usize>())?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir_in(std::env::var_os("SWARMSCOPE_BENCH_DIR").unwrap_or_else(|| ".".into()))?;
        println!("{tasks} tasks of {AGENTS} agents over {DAYS} days, ascending, UUID ids, {BATCH} a transaction");
        let wide = through_the_store(&folder.path().join("store.db"), tasks).await?;
        let single = plain_sqlite(&folder.path().join("single.db"), tasks, 1).await?;
        let multi = plain_sqlite(&folder.path().join("multi.db"), tasks, 500).await?;
        print("store, rollups on, durable every batch", tasks, wide);
        print("plain SQLite, one row a statement, one transaction", tasks, single);
        print("plain SQLite, 500 rows a statement, one transaction", tasks, multi);
        Ok(())
    })
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn print(what: &str, tasks: usize, (time, bytes): (Duration, u64)) {
    let rate = tasks as f64 / time.as_secs_f64();
    let size = bytes as f64 / tasks as f64;
    println!("{what:<52} {rate:>9.0} tasks/s {:>7.2} s {size:>6.0} B/task", time.as_secs_f64());
}

/// Task `index` of `of`, the same on every run.
fn task(index: usize, of: usize) -> Result<TaskRecord, Failure> {
    // SplitMix64: numbers that look random and follow from the index alone.
    let random = |salt: u64| {
        let mut z = (index as u64 + salt * 0x1_0000_0000).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let agent = random(1) % AGENTS;
    let ts = 1_767_225_600_000_000 + DAYS * DAY * index as i64 / of as i64;
    let uuid = format!(
        "{:08x}-{:04x}-7{:03x}-8{:03x}-{:012x}",
        ts >> 26 & 0xffff_ffff,
        ts >> 10 & 0xffff,
        random(2) & 0xfff,
        random(3) & 0xfff,
        random(4) & 0xffff_ffff_ffff
    );
    let result = match random(5) % 20 {
        0 => Outcome::Failure,
        1 => Outcome::Timeout,
        _ => Outcome::Success,
    };
    let tokens = TokenCounts {
        input: Some((random(6) % 4000) as i64),
        output: Some((random(7) % 2000) as i64),
        cache_read: Some((random(8) % 90_000) as i64),
        cache_write: Some((random(9) % 4000) as i64),
        reasoning: None,
    };
    Ok(TaskRecord {
        task_id: uuid.try_into()?,
        agent_id: format!("agent-{agent:02}").try_into()?,
        result: Some(result),
        timestamp: Micros(ts),
        duration_ms: Some((random(10) % 100_000) as f64 / 10.0),
        tokens_used: tokens.total(),
        files_changed: Some((random(11) % 8) as i64),
        swarm_id: Some(format!("swarm-{}", agent % SWARMS).try_into()?),
        model: Some(if agent.is_multiple_of(3) { "large" } else { "small" }.into()),
        tokens,
        cost_usd: None,
        metadata: None,
        project: None,
        source: None,
    })
}

async fn through_the_store(path: &Path, tasks: usize) -> Result<(Duration, u64), Failure> {
    let store = Store::open(path, &StoreOptions::default()).await?;
    let mut time = Duration::ZERO;
    for first in (0..tasks).step_by(BATCH) {
        let batch = (first..(first + BATCH).min(tasks)).map(|index| task(index, tasks).map(Record::Task));
        let batch = batch.collect::<Result<_, _>>()?;
        let started = Instant::now();
        store.write(batch).await?;
        time += started.elapsed();
    }
    store.close().await;
    Ok((time, std::fs::metadata(path)?.len()))
}

/// The same rows into the same table, without rollups, words looked up beforehand.
async fn plain_sqlite(path: &Path, tasks: usize, rows: usize) -> Result<(Duration, u64), Failure> {
    Store::open(path, &StoreOptions::default()).await?.close().await; // makes the tables
    let mut connection = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-65536")
        .pragma("wal_autocheckpoint", "16384")
        .disable_statement_logging()
        .connect()
        .await?;
    let row = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    let insert = format!(
        "insert into task (id, ts, task_id, agent, swarm, model, result, duration_ms, tokens_used, files_changed, \
         tokens_input, tokens_output, tokens_cache_read, tokens_cache_write) values {}",
        vec![row; rows].join(",")
    );
    let insert: std::sync::Arc<str> = insert.into();
    let mut time = Duration::ZERO;
    sqlx::query("begin immediate").execute(&mut connection).await?;
    for first in (0..tasks - tasks % rows).step_by(rows) {
        let batch = (first..first + rows).map(|index| task(index, tasks)).collect::<Result<Vec<_>, _>>()?;
        let started = Instant::now();
        let mut values = SqliteArguments::default();
        for (place, task) in batch.iter().enumerate() {
            bind(&mut values, first + place + 1, task)?;
        }
        sqlx::query_with(sqlx::AssertSqlSafe(std::sync::Arc::clone(&insert)), values).execute(&mut connection).await?;
        time += started.elapsed();
    }
    let started = Instant::now();
    commit(&mut connection).await?;
    time += started.elapsed();
    connection.close().await?;
    Ok((time, std::fs::metadata(path)?.len()))
}

async fn commit(connection: &mut SqliteConnection) -> Result<(), Failure> {
    sqlx::query("commit").execute(connection).await?;
    Ok(())
}

fn bind(values: &mut SqliteArguments, id: usize, task: &TaskRecord) -> Result<(), Failure> {
    let digits: String = task.task_id.as_str().chars().filter(|c| *c != '-').collect();
    let uuid = u128::from_str_radix(&digits, 16)?.to_be_bytes().to_vec();
    let agent: i64 = task.agent_id.as_str().trim_start_matches("agent-").parse()?;
    values.add(i64::try_from(id)?)?;
    values.add(task.timestamp.0)?;
    values.add(uuid)?;
    values.add(agent)?;
    values.add(agent % 5)?;
    values.add(agent % 3)?;
    values.add(task.result.as_ref().map(|result| if *result == Outcome::Success { 1_i64 } else { 2 }))?;
    values.add(task.duration_ms)?;
    values.add(task.tokens_used)?;
    values.add(task.files_changed)?;
    values.add(task.tokens.input)?;
    values.add(task.tokens.output)?;
    values.add(task.tokens.cache_read)?;
    values.add(task.tokens.cache_write)?;
    Ok(())
}
