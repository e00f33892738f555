//! What ours is measured against: plain SQLite with the same rows, table and indices but no rollups, and the disk.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _};
use swarmscope::model::{Outcome, TaskRecord};
use swarmscope::store::{Store, StoreOptions};

use crate::Failure;
use crate::fleet::Fleet;
use crate::ingest::LINES_A_BODY;

/// Rows of a statement: what a patient programmer would find to be fastest.
const ROWS_A_STATEMENT: usize = 500;

/// Rows a second that plain SQLite takes, durable every [`LINES_A_BODY`] rows, words looked up beforehand.
pub async fn plain_sqlite(path: &Path, fleet: &Fleet) -> Result<f64, Failure> {
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
    let row = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
    let insert: Arc<str> = format!(
        "insert into task (id, ts, task_id, agent, swarm, project, model, result, duration_ms, tokens_used, \
         files_changed, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, metadata) values {}",
        vec![row; ROWS_A_STATEMENT].join(",")
    )
    .into();
    let mut time = Duration::ZERO;
    let mut rows = 0;
    let whole = fleet.tasks - fleet.tasks % ROWS_A_STATEMENT;
    while rows < whole {
        let tasks =
            (rows..whole.min(rows + LINES_A_BODY)).map(|index| fleet.task(index)).collect::<Result<Vec<_>, _>>()?;
        let started = Instant::now();
        sqlx::query("begin immediate").execute(&mut connection).await?;
        for tasks in tasks.chunks(ROWS_A_STATEMENT) {
            let mut values = SqliteArguments::default();
            for task in tasks {
                rows += 1;
                bind(&mut values, rows, task)?;
            }
            sqlx::query_with(AssertSqlSafe(Arc::clone(&insert)), values).execute(&mut connection).await?;
        }
        sqlx::query("commit").execute(&mut connection).await?;
        time += started.elapsed();
    }
    connection.close().await?;
    for suffix in ["", "-wal", "-shm", ".lock"] {
        // Room for ours; what is not there need not go.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    Ok(rows as f64 / time.as_secs_f64().max(1e-9))
}

fn bind(values: &mut SqliteArguments, id: usize, task: &TaskRecord) -> Result<(), Failure> {
    let digits: String = task.task_id.as_str().chars().filter(|c| *c != '-').collect();
    let uuid = u128::from_str_radix(&digits, 16)?.to_be_bytes().to_vec();
    let agent: i64 = task.agent_id.as_str().trim_start_matches("agent-").parse()?;
    values.add(i64::try_from(id)?)?;
    values.add(task.timestamp.0)?;
    values.add(uuid)?;
    values.add(agent + 1)?;
    values.add(agent % 10 + 1)?;
    values.add(agent % 3 + 1)?;
    values.add(task.model.as_ref().map(|model| i64::from(model == "large") + 1))?;
    values.add(task.result.as_ref().map(|result| match result {
        Outcome::Success => 1_i64,
        Outcome::Failure => 2,
        Outcome::Timeout => 3,
        _ => 4,
    }))?;
    values.add(task.duration_ms)?;
    values.add(task.tokens_used)?;
    values.add(task.files_changed)?;
    values.add(task.tokens.input)?;
    values.add(task.tokens.output)?;
    values.add(task.tokens.cache_read)?;
    values.add(task.tokens.cache_write)?;
    values.add(task.metadata.as_ref().map(|json| json.0.clone()))?;
    Ok(())
}

/// How long a bare 4 KiB append with fdatasync takes, so many times.
pub fn fdatasync(folder: &Path, times: usize) -> Result<Vec<Duration>, Failure> {
    let mut file = std::fs::File::create(folder.join("bare"))?;
    let page = [7; 4096];
    let mut took = Vec::with_capacity(times);
    for _ in 0..times {
        let started = Instant::now();
        file.write_all(&page)?;
        file.sync_data()?;
        took.push(started.elapsed());
    }
    Ok(took)
}
