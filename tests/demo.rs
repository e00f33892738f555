//! `swarmscope demo` as a person meets it: the program itself over files that go away.

#![expect(clippy::expect_used, reason = "a test may say what it expects, in its helpers as well")]

use std::path::Path;
use std::process::{Command, Output};

use swarmscope::model::record::MetricRecord;
use swarmscope::model::{Micros, Record};
use swarmscope::service::demo;
use swarmscope::store::{Store, StoreOptions};

fn run(db: &Path, words: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_swarmscope");
    Command::new(program).arg("--db").arg(db).args(words).output().expect("the program starts")
}

async fn open(db: &Path) -> Store {
    Store::open(db, &StoreOptions::default()).await.expect("the store opens")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn a_demo_is_made_once_kept_while_fresh_and_made_anew_for_another_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("demo.db");
    let first = run(&db, &["demo"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(text(&first.stdout).contains("made from seed 42"), "{}", text(&first.stdout));

    let store = open(&db).await;
    let counts = store.counts().await.expect("counts");
    assert_eq!(store.info(demo::SEED_KEY).await.expect("the mark"), Some("42".to_owned()));
    assert!(text(&first.stdout).contains(&counts.iter().sum::<u64>().to_string()), "{counts:?}");
    store.close().await;

    assert!(text(&run(&db, &["demo"]).stdout).contains("already"));
    assert!(text(&run(&db, &["demo", "--seed", "7"]).stdout).contains("made from seed 7"));
    let store = open(&db).await;
    assert_eq!(store.info(demo::SEED_KEY).await.expect("the mark"), Some("7".to_owned()));
    store.close().await;
}

#[tokio::test]
async fn a_store_with_real_records_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let db = folder.path().join("real.db");
    let store = open(&db).await;
    let record = Record::AgentMetric(MetricRecord {
        subject: "worker".into(),
        metric_type: "load".into(),
        value: 0.5,
        timestamp: Micros(1_767_268_800_000_000),
        id: None,
        metadata: None,
        project: None,
        source: None,
    });
    store.write(vec![record]).await.expect("written");
    store.close().await;

    let refused = run(&db, &["demo"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("holds records that are no demo"), "{}", text(&refused.stderr));
    let store = open(&db).await;
    assert_eq!(store.counts().await.expect("counts").iter().sum::<u64>(), 1);
    assert_eq!(store.info(demo::SEED_KEY).await.expect("the mark"), None);
    store.close().await;
}
