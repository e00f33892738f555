//! What a task costs on the disk: its row with its indices, its share of the rollups, and what is left when it is
//! sealed.

use std::path::Path;
use std::time::Instant;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use swarmscope::model::time::DAY;
use swarmscope::model::{Dataset, Micros};
use swarmscope::store::{SealOptions, Store, StoreOptions};

use crate::Failure;
use crate::fleet::Fleet;
use crate::report::{Aim, row};

/// No more days are sealed when so many tasks are.
const SEALED_MIN: u64 = 1_000_000;

/// Bytes of every table and index, with the table they belong to.
const SIZES: &str = "select coalesce(schema.tbl_name, stat.name), sum(stat.pgsize) from dbstat stat \
    left join sqlite_schema schema on schema.name = stat.name where stat.aggregate = 1 group by 1";

/// Bytes by table, its indices included.
async fn sizes(file: &mut SqliteConnection) -> Result<Vec<(String, i64)>, Failure> {
    Ok(sqlx::query_as(SIZES).fetch_all(file).await?)
}

/// Prints bytes a task.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub async fn of_each_part(db: &Path) -> Result<(), Failure> {
    let mut file = SqliteConnectOptions::new().filename(db).read_only(true).connect().await?;
    let tasks: i64 = sqlx::query_scalar("select count(*) from task").fetch_one(&mut file).await?;
    let sizes = sizes(&mut file).await?;
    let sum = |chosen: &dyn Fn(&str) -> bool| {
        sizes.iter().filter(|(table, _)| chosen(table)).map(|(_, bytes)| *bytes).sum::<i64>() as f64
            / tasks.max(1) as f64
    };
    let rollup = |table: &str| table.ends_with("_rollup") || table.ends_with("_sketch");
    row("bytes a task, hot with its indices", sum(&|table| table == "task"), "B/task", Aim::AtMost(145.0));
    row("  rollups and sketches beside it", sum(&rollup), "B/task", Aim::None);
    row("  everything else", sum(&|table| table != "task" && !rollup(table)), "B/task", Aim::None);
    Ok(())
}

/// Seals the oldest days, up to about a million tasks, and prints what a task costs then.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub async fn sealed(db: &Path, fleet: &Fleet) -> Result<(), Failure> {
    let store = Store::open(db, &StoreOptions::default()).await?;
    let (mut rows, mut bytes) = (0, 0);
    let mut day = Micros(fleet.time(0).0.div_euclid(DAY) * DAY);
    let started = Instant::now();
    while rows < SEALED_MIN && day < Micros(fleet.until.0 - 8 * DAY) {
        let sealed = store.seal_day(Dataset::Tasks, day, &SealOptions::default()).await?;
        rows += sealed.rows;
        bytes += sealed.bytes;
        day.0 += DAY;
    }
    let seconds = started.elapsed().as_secs_f64();
    store.close().await;
    row("sealing old days", rows as f64 / seconds, "tasks/s", Aim::None);
    // The aim is 16 bytes besides the id, and a random UUID is 16 bytes that nothing compresses.
    row(
        "bytes a task, sealed, its random UUID included",
        bytes as f64 / rows.max(1) as f64,
        "B/task",
        Aim::AtMost(32.0),
    );
    Ok(())
}
