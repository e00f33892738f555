//! Every statement that stands in this room as one text, whoever wrote it and whenever: found in the sources, and
//! planned. Statements that are put together from parts are planned beside those who do so.

use std::path::{Path, PathBuf};

use super::{store, try_plan};

/// Tables that stay small whatever is stored, as plans name them: reading one whole costs nothing.
const SMALL: [&str; 31] = [
    "a",              // agent_name
    "alert",          // what is the matter now
    "alert_change",   // at most 10 000, read from the end
    "alert_delivery", // what waits, and the last 1 000 that ended; also as `d` and `e`
    "d",
    "e",
    "alert_look",         // one row
    "alert_notification", // what waits to be told
    "alert_rule",         // made by people
    "alert_silence",      // made by people, at most some thousand
    "agent_name",
    "agent_pulse", // one row an agent, as `p`
    "p",
    "s",          // names in a list, or one row a session that is found by index
    "derive_due", // one row an agent that had news, as `d`
    "d",
    "chunk", // one row for thousands of records; the blobs lie apart
    "hourless_day",
    "json_each", // rows that are handed in
    "last_row",
    "maintenance_run",
    "model_name",
    "n",                // metric_name, or names in a list
    "pattern",          // some hundred rows
    "pattern_change",   // at most 10 000, read from the end
    "pattern_learning", // one row
    "project_name",
    "sqlite_schema",
    "swarm_agent",
    "uncounted_day",
    "_sqlx_migrations",
];

/// Parts of statements that may sort, because what they sort is small, and what it is.
const SORTING: [(&str, &str); 17] = [
    ("from swarm_agent m join event e", "tasks of one swarm and one day"),
    ("from memory indexed by memory_by_session where session_id = ?1 group by memory_type", "one group a type"),
    ("from json_each(?) s", "names in a list"),
    ("select n.name, p.last_ts from agent_pulse p", "one row an agent"),
    ("select name from sqlite_schema", "the tables of a file"),
    ("select type, count(*) from event where ts >= ? and ts < ?", "one row an event type"),
    ("from agent_rollup where tier = ?1 and bucket >= ?2 and bucket < ?3 group by agent", "one row an agent"),
    ("agent_name a cross join agent_life l", "one row a type and status"),
    ("from healing h join strategy_name n", "one row a strategy"),
    ("from metric_name n cross join metric_rollup r", "one row a series of swarms"),
    ("task where ts >= ?1 and ts < ?2 and task_id = ?3", "tasks of one id and one instant"),
    ("from pattern where faded_ts is null order by place", "some hundred patterns"),
    ("select day, sum(rows), count(*), sum(bytes) from chunk", "one row a chunk"),
    ("duration_max is not null order by duration_max desc", "one row a chunk"),
    ("select distinct agent from agent_rollup where tier = 86400", "one row an agent"),
    ("select agent, min(span_from), 1 from derived_healing", "failures that were decided since the last look"),
    ("select agent, min(ts), 1 from event", "what arrived for a day while it was deleted"),
];

/// Files whose statements are about the whole store and are asked for by people, now and then.
const WHOLE: [&str; 2] = ["size", "upkeep"];

/// The folder whose statements run over files of other programs, which have the indices they have.
const FOREIGN: &str = "foreign";

/// What begins a statement.
const VERBS: [&str; 5] = ["select ", "insert ", "update ", "delete ", "with "];

/// Fewer than there are; if the search finds fewer, it is broken.
const STATEMENTS_MIN: usize = 80;

#[tokio::test]
async fn no_statement_walks_a_large_table_or_sorts_what_an_index_has_in_order() {
    let (store, _folder) = store().await;
    let mut connection = store.reader().acquire().await.expect("a connection");
    let (mut planned, mut findings) = (0, Vec::new());
    for path in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")) {
        let source = std::fs::read_to_string(&path).expect("a source");
        for text in texts(&source) {
            // What ends with a blank goes on elsewhere.
            if !VERBS.iter().any(|verb| text.starts_with(verb)) || text.ends_with(' ') {
                continue;
            }
            // A part of a statement, or prose that begins with one of the verbs.
            let Ok(plan) = try_plan(&mut connection, &text).await else { continue };
            planned += 1;
            let sorts = SORTING.iter().any(|(part, _)| text.contains(part));
            let bad: Vec<&str> = plan.lines().filter(|step| walks(step) || (!sorts && is_sort(step))).collect();
            if !bad.is_empty() {
                findings.push(format!("{}: {text}\n    {}", path.display(), bad.join("\n    ")));
            }
        }
    }
    assert!(planned >= STATEMENTS_MIN, "only {planned} statements were found");
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

fn walks(step: &str) -> bool {
    let Some(what) = step.strip_prefix("SCAN ") else { return false };
    let table = what.split(' ').next().unwrap_or_default();
    !(SMALL.contains(&table) || what.starts_with('(') || what.contains("CONSTANT ROW"))
}

fn is_sort(step: &str) -> bool {
    step.starts_with("USE TEMP B-TREE")
}

/// The sources below `folder`, without those of [`WHOLE`], [`FOREIGN`] and the tests of plans.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            found.extend(if name == FOREIGN { Vec::new() } else { sources(&path) });
        } else if !(["plans", "texts", "tests"].contains(&name) || WHOLE.contains(&name)) {
            found.push(path);
        }
    }
    found
}

/// The string literals of Rust source, as the compiler reads them; not those in comments.
fn texts(source: &str) -> Vec<String> {
    let code: Vec<&str> = source.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n").replace("'\"'", "");
    let (mut texts, mut chars) = (Vec::new(), code.chars().peekable());
    while chars.any(|c| c == '"') {
        let mut text = String::new();
        while let Some(c) = chars.next() {
            match (c, chars.peek()) {
                ('"', _) => break,
                ('\\', Some('\n')) => while chars.next_if(|c| c.is_whitespace()).is_some() {},
                ('\\', Some('n')) => text.push(chars.next().map_or(' ', |_| '\n')),
                ('\\', Some(_)) => text.extend(chars.next()),
                (c, _) => text.push(c),
            }
        }
        texts.push(text);
    }
    texts
}

#[test]
fn literals_are_read_as_the_compiler_reads_them() {
    let source =
        "const A: &str = \"select 1 \\\n     from b\"; let c = \"d\\\"e\"; const F: &str = \"\\\nselect\n 2\";";
    assert_eq!(texts(source), ["select 1 from b", "d\"e", "select\n 2"]);
}
