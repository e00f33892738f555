//! Files of every version so far become files of this one, with every record and every sum; files that are not what
//! they say are refused and left as they are.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

#[path = "../common/mod.rs"]
mod common;
mod dump;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::fixtures::{self, Fixture};
use common::sums::assert_rollups_are_whole;
use common::{NOON, stored};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use swarmscope::model::time::DAY;
use swarmscope::model::{AgentId, Dataset, Micros, RangeSpec, Record};
use swarmscope::service::{Service, Settings};
use swarmscope::store::{Clock, Landing, SealOptions, Store, StoreError, StoreOptions};
use swarmscope::wire::native::{IgnoredFields, ParseContext, parse};
use swarmscope::wire::ndjson::push_object;

/// Migrations that no build ever had as its newest, so that no file ends with them.
const NEVER_ALONE: [i64; 1] = [2];

/// The migrations, oldest first.
fn migrations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut all: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the migrations").map(|entry| entry.expect("a migration").path()).collect();
    all.sort();
    all
}

fn newest() -> i64 {
    migrations().last().map_or(0, |path| fixtures::version(path))
}

async fn open(path: &Path) -> Result<Store, StoreError> {
    let options = StoreOptions { clock: Clock::fixed(Micros(NOON)), ..StoreOptions::default() };
    Store::open(path, &options).await
}

async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new().filename(path).connect().await.expect("a connection")
}

/// The records of the fixtures, parsed.
fn records() -> Vec<Record> {
    let context = ParseContext { now: Micros(NOON + DAY), assume_offset: None };
    let (mut records, mut ignored) = (Vec::new(), IgnoredFields::default());
    for line in fixtures::lines() {
        parse(line.as_bytes(), &context, &mut records, &mut ignored).unwrap_or_else(|error| panic!("{error}: {line}"));
    }
    assert!(ignored.into_inner().is_empty(), "every field is read");
    records
}

/// Everything in a store, as the lines of an export.
async fn lines_in(store: &Store) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for dataset in Dataset::ALL {
        for record in stored(store, dataset).await {
            let mut line = Vec::new();
            push_object(&mut line, &record, true);
            lines.insert(String::from_utf8(line).expect("text"));
        }
    }
    lines
}

/// What makes up a schema, without what SQLite makes of it.
async fn schema(path: &Path) -> Vec<(String, String)> {
    let mut file = raw(path).await;
    let schema = sqlx::query_as("select name, sql from sqlite_schema where sql is not null order by rowid")
        .fetch_all(&mut file)
        .await
        .expect("a schema");
    file.close().await.expect("closed");
    schema
}

#[tokio::test]
#[ignore = "writes tests/fixtures/schema-….sql; run it once for each new migration: cargo test --test migrations -- --ignored"]
async fn write_the_fixture_of_the_newest_schema() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    let store = open(&path).await.expect("a store");
    let service = Service::new(store, Settings::default());
    let landings = service.record(records(), Micros(NOON)).await.expect("stored");
    assert!(landings.iter().all(|landing| *landing == Landing::Stored), "{landings:?}");
    // The older half lies sealed, as in a store that is in use.
    let new_year = Micros(NOON - NOON.rem_euclid(DAY));
    for dataset in [Dataset::Tasks, Dataset::AgentMetrics, Dataset::SwarmMetrics, Dataset::Events] {
        for day in [Micros(new_year.0 - 8 * DAY), new_year] {
            service.store().seal_day(dataset, day, &SealOptions::default()).await.expect("sealed");
        }
    }
    service.store().close().await;
    let target = fixtures::folder().join(format!("schema-{:04}.sql", newest()));
    std::fs::write(&target, dump::dump(&path).await).expect("written");
}

#[test]
fn every_migration_has_a_fixture_and_is_one_transaction() {
    let known: Vec<i64> = Fixture::all().iter().map(|fixture| fixture.version).collect();
    for path in migrations() {
        let version = fixtures::version(&path);
        let alone = !NEVER_ALONE.contains(&version);
        assert!(
            !alone || known.contains(&version),
            "no fixture of schema {version}: cargo test --test migrations -- --ignored"
        );
        let text = std::fs::read_to_string(&path).expect("a migration");
        assert!(!text.contains("no-transaction"), "{} would not be undone when it fails", path.display());
        let first_words = text.lines().map(|line| line.split_whitespace().next().unwrap_or_default().to_lowercase());
        for word in first_words {
            let word = word.trim_end_matches(';');
            assert!(!["begin", "commit", "end", "vacuum", "pragma"].contains(&word), "{}: {word}", path.display());
        }
    }
}

#[tokio::test]
async fn stores_of_every_version_keep_their_records_and_sums_and_go_on() {
    let new = tempfile::tempdir().expect("a folder");
    let new = new.path().join("s.db");
    open(&new).await.expect("a new store").close().await;
    for fixture in Fixture::all() {
        let context = format!("schema {}", fixture.version);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.db");
        fixture.build(&path).await;
        let store = open(&path).await.unwrap_or_else(|error| panic!("{context}: {error}"));
        assert_eq!(lines_in(&store).await, fixtures::lines().into_iter().collect(), "{context}");
        assert_rollups_are_whole(&path, &fixtures::records(), &context).await;
        assert!(store.check().await.expect("checked").is_sound(), "{context}");
        // What is sent again is known still, and what is new adds up with what is old.
        let landings = store.write(records()).await.expect("written");
        assert!(landings.iter().all(|landing| *landing == Landing::Duplicate), "{context}: {landings:?}");
        let mut more = fixtures::records();
        more[0]["timestamp"] = "2026-01-01T12:00:00.000002Z".into();
        let context_of_line = ParseContext { now: Micros(NOON), assume_offset: None };
        let mut one_more = Vec::new();
        parse(more[0].to_string().as_bytes(), &context_of_line, &mut one_more, &mut IgnoredFields::default())
            .expect("a record");
        assert_eq!(store.write(one_more).await.expect("written"), [Landing::Stored], "{context}");
        more.push(fixtures::records().swap_remove(0));
        assert_rollups_are_whole(&path, &more, &context).await;
        store.close().await;
        let (mut migrated, mut made) = (schema(&path).await, schema(&new).await);
        migrated.sort();
        made.sort();
        assert_eq!(migrated, made, "{context}: migrated and new files have the same schema");
    }
}

#[tokio::test]
async fn agents_of_older_stores_are_known_by_what_was_heard_of_them_and_by_their_beats() {
    for fixture in Fixture::all() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.db");
        fixture.build(&path).await;
        if fixture.version < 4 {
            // Twenty beats a minute apart, of an agent with nothing else.
            let mut file = raw(&path).await;
            let beats = "insert into agent_name (id, name) values (900, 'beating');
                insert into event_name (id, name) values (900, 'heartbeat');
                insert into event (id, ts, event_id, type, agent)
                    select 900 + value, 1767268800000000 + value * 60000000, 'beat-' || value, 900, 900
                    from generate_series(1, 20)";
            let series = "with recursive generate_series (value) as (select 1 union all select value + 1 from \
                          generate_series where value < 20) select value from generate_series";
            let beats = beats.replace("generate_series(1, 20)", &format!("({series})"));
            sqlx::raw_sql(AssertSqlSafe(beats)).execute(&mut file).await.expect("written");
            file.close().await.expect("closed");
        }
        let service = Service::new(open(&path).await.expect("a store"), Settings::default());
        let now = Micros(NOON + DAY);
        let all = RangeSpec { from: RangeSpec::ALL.into(), to: String::new() };
        let profile = async |name: &str| {
            let agent = AgentId::new(name).expect("an id");
            service.agent_profile(&agent, &all, now).await.expect("readable")
        };
        let builder = profile("builder-1").await.expect("an agent");
        // The end of its life, which is its latest instant in every version.
        let midnight = Micros(NOON + DAY / 2);
        assert_eq!((builder.last_seen, builder.life_count), (Some(midnight), 1), "schema {}", fixture.version);
        if fixture.version < 4 {
            let health = profile("beating").await.expect("an agent").health;
            let last = Micros(NOON + 20 * 60_000_000);
            assert_eq!((health.beats, health.last_beat, health.interval_ms), (16, Some(last), 60_000));
        }
        service.store().close().await;
    }
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let new = tempfile::tempdir().expect("a folder");
    let new = new.path().join("s.db");
    open(&new).await.expect("a new store").close().await;
    let last_made = schema(&new).await.pop().expect("an object").0;
    for fixture in Fixture::all().into_iter().filter(|fixture| fixture.version < newest()) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("s.db");
        fixture.build(&path).await;
        // The last thing that the newest migration makes is there already, so it fails at its end.
        let mut file = raw(&path).await;
        let made = sqlx::query(AssertSqlSafe(format!("create table {last_made} (in_the_way integer)")));
        made.execute(&mut file).await.expect("made");
        file.close().await.expect("closed");
        let refused = open(&path).await.expect_err("refused");
        assert!(matches!(refused, StoreError::Migration { .. }), "{refused:?}");
        // Migrations before the newest one may have been done: each is a transaction of its own.
        let mut file = raw(&path).await;
        let version: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations")
            .fetch_one(&mut file)
            .await
            .expect("a version");
        assert!(version < newest(), "the one that failed was not done");
        sqlx::query(AssertSqlSafe(format!("drop table {last_made}"))).execute(&mut file).await.expect("dropped");
        file.close().await.expect("closed");
        let store = open(&path).await.expect("nothing is in the way of a second try");
        assert_eq!(lines_in(&store).await, fixtures::lines().into_iter().collect());
        store.close().await;
    }
}

/// Opens a file after `change` was done to it; it must be refused and left alone.
async fn refused_after(change: &'static str) -> StoreError {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("s.db");
    open(&path).await.expect("a store").close().await;
    let mut file = raw(&path).await;
    sqlx::query(change).execute(&mut file).await.expect("changed");
    file.close().await.expect("closed");
    let before = std::fs::read(&path).expect("the file");
    let refused = open(&path).await.expect_err("refused");
    assert_eq!(std::fs::read(&path).expect("the file"), before);
    refused
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let future = "insert into _sqlx_migrations (version, description, success, checksum, execution_time) \
                  values (9999, 'from the future', 1, x'00', 0)";
    let refused = refused_after(future).await;
    let newest = newest();
    assert!(matches!(refused, StoreError::NewerSchema { found: 9999, known, .. } if known == newest), "{refused:?}");
    assert!(refused.to_string().contains(&format!("s.db has schema 9999, this program knows {newest}")));
}

#[tokio::test]
async fn a_file_whose_migration_read_differently_is_refused_and_left_alone() {
    let refused = refused_after("update _sqlx_migrations set checksum = x'00' where version = 1").await;
    assert!(matches!(refused, StoreError::OtherSchema { version: 1, .. }), "{refused:?}");
    assert!(refused.to_string().contains("s.db was made by another build"), "{refused}");
}
