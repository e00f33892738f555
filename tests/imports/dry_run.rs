//! What `--dry-run` says is what the import then says, and it leaves nothing behind.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

use crate::moai_files::{SWARM, V1, make};
use crate::otlp_files::{logs, ndjson, spans, transcripts};
use crate::scene::{Scene, run};

/// Every file below `folder` with its bytes.
fn contents(folder: &Path) -> BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            let bytes = std::fs::read(&path).expect("readable");
            found.insert(path, bytes);
        }
    }
    found
}

/// Runs the import of `words` dry and then in earnest; returns what both said.
fn both(folder: &Path, words: &[&str]) -> (Value, Value) {
    let report = |more: &[&str]| -> Value {
        let all = [&["--db", "store/cli.db", "import"], words, &["--json"], more].concat();
        let (code, out, err) = run(folder, &all);
        assert_eq!(code, Some(0), "{err}");
        serde_json::from_str(&out).expect("JSON")
    };
    let before = contents(&folder.join("source"));
    let dry = report(&["--dry-run"]);
    assert!(!folder.join("store").exists(), "a dry run makes no store");
    assert_eq!(contents(&folder.join("source")), before, "the source is as it was");
    (dry, report(&[]))
}

/// Without what only one of the two can say.
fn alike(mut report: Value) -> Value {
    let fields = report.as_object_mut().expect("an object");
    for only in ["dry_run", "records"] {
        assert!(fields.remove(only).is_some(), "`{only}` is said");
    }
    report
}

fn stored(report: &Value) -> BTreeMap<String, u64> {
    let records = report["records"].as_object().expect("an object");
    records.iter().map(|(kind, landed)| (kind.clone(), landed["stored"].as_u64().expect("a count"))).collect()
}

#[tokio::test]
async fn every_importer_says_beforehand_what_it_will_say() {
    let scene = Scene::new().await;
    let folder = scene.folder.path();
    let source = folder.join("source");
    std::fs::create_dir_all(&source).expect("made");
    transcripts(&source);
    scene.file("source/otlp/logs.ndjson", ndjson(&logs()));
    scene.file("source/otlp/spans.ndjson", ndjson(&spans()));
    let row = "insert into task_metrics values ('t', 'a', 5, 'partial', 1, 1, '2025-11-01T10:00:00');";
    make(&source.join("moai.db"), &format!("{SWARM}{V1}{row}")).await;

    for (words, kinds) in [
        (&["claude-code", "source/projects"][..], &["agent", "event", "task"][..]),
        (&["otlp-json", "source/otlp"], &["agent", "event", "task"]),
        (&["moai", "source/moai.db", "--assume-offset", "+09:00"], &["task"]),
    ] {
        let (dry, real) = both(folder, words);
        assert_eq!((&dry["dry_run"], &real["dry_run"]), (&json!(true), &json!(false)), "{words:?}");
        assert_eq!(stored(&dry).values().sum::<u64>(), 0, "{words:?}: a dry run stores nothing");
        for kind in kinds {
            assert!(stored(&real).get(*kind).is_some_and(|count| *count > 0), "{words:?}: no {kind} in {real}");
        }
        assert_eq!(alike(dry), alike(real), "{words:?}");
        std::fs::remove_dir_all(folder.join("store")).expect("removed");
    }
}
