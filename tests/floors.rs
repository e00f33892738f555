//! The house rules about imports, kept by reading `src/` as text.
//!
//! A file belongs to the room that is the first part of its path. It may name its own room and rooms on
//! floors below; `web` may name only floors 0 and 1, except where its bridges are. The target is mentioned
//! in three places only. The reader is a small tokenizer, so that comments, strings and `use a::{b, c}`
//! are understood, and `super::super::…` is followed to where it leads.
//!
//! Only std is used: `make check` compiles this file alone, in a second or two.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Rooms by floor, from the ground up.
const FLOORS: [&[&str]; 6] = [
    &["model"],
    &["analytics", "alerts"],
    &["store", "wire", "notify"],
    &["service"],
    &["api", "web", "jobs"],
    &["main", "cli", "server", "config", "telemetry"],
];

/// The floor that wires everything: its rooms may name each other.
const TOP: usize = 5;

/// Where pages reach the server: these alone in `web` may name `service`.
const BRIDGES: [&str; 2] = ["web/calls", "web/platform/server"];

/// Files that may say which target they are for; `model/` may in `cfg_attr(feature = …, derive(…))`.
const GATES: [&str; 2] = ["lib.rs", "web/platform/mod.rs"];

/// Lines a file should not exceed; its tests may live beside it in `tests.rs`.
const LINES_MAX: usize = 400;

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// Says why `file` (relative to `src/`) of `room` may not name room `target`; `None` when it may.
fn objection(file: &str, room: &str, target: &str) -> Option<String> {
    if target == room || file == "lib.rs" {
        return None;
    }
    let (Some(from), Some(to)) = (floor(room), floor(target)) else {
        return Some(format!("`{target}` has no floor: only rooms are named from the crate's root"));
    };
    if room == "web" && to > 1 && !(target == "service" && BRIDGES.iter().any(|bridge| file.starts_with(bridge))) {
        return Some(format!("web names {target}; it may name floors 0 and 1, and its bridges service"));
    }
    match to.cmp(&from) {
        std::cmp::Ordering::Less => None,
        std::cmp::Ordering::Equal if from == TOP => None,
        std::cmp::Ordering::Equal => Some(format!("{room} names {target}, sideways on floor {from}")),
        std::cmp::Ordering::Greater => Some(format!("{room} (floor {from}) names {target} (floor {to}), upwards")),
    }
}

/// Words, `::`, single marks, and `"` for any string or character literal, with their line; comments are dropped.
fn tokens(text: &str) -> Vec<(usize, String)> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut found = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let start = i;
        let mut token = None;
        if at(i) == '/' && at(i + 1) == '/' {
            while i < chars.len() && at(i) != '\n' {
                i += 1;
            }
        } else if at(i) == '/' && at(i + 1) == '*' {
            i = end_of_block_comment(&chars, i);
        } else if let Some(end) = end_of_literal(&chars, i) {
            i = end;
            token = Some("\"".to_owned());
        } else if at(i) == '_' || at(i).is_alphabetic() {
            while at(i) == '_' || at(i).is_alphanumeric() {
                i += 1;
            }
            token = Some(chars[start..i].iter().collect());
        } else if at(i) == ':' && at(i + 1) == ':' {
            i += 2;
            token = Some("::".to_owned());
        } else {
            token = (!at(i).is_whitespace()).then(|| at(i).to_string());
            i += 1;
        }
        found.extend(token.map(|token| (line, token)));
        line += chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    found
}

/// The end of the comment that opens at `i`; such comments nest.
fn end_of_block_comment(chars: &[char], mut i: usize) -> usize {
    let mut depth = 0;
    while i + 1 < chars.len() {
        match (chars[i], chars[i + 1]) {
            ('/', '*') => (depth, i) = (depth + 1, i + 2),
            ('*', '/') => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

/// The end of the string, raw string or character that starts at `i`, if one does. A lifetime is none.
fn end_of_literal(chars: &[char], i: usize) -> Option<usize> {
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let prefix = match (at(i), at(i + 1)) {
        ('r' | 'b' | 'c', '"' | '#' | '\'') => 1,
        ('b' | 'c', 'r') if matches!(at(i + 2), '"' | '#') => 2,
        _ => 0,
    };
    let mut j = i + prefix;
    let raw = prefix > 0 && at(j - 1) == 'r';
    let hashes = (0..).take_while(|n| at(j + n) == '#').count();
    if raw && at(j + hashes) == '"' {
        j += hashes + 1;
        while j < chars.len() && !(at(j) == '"' && (1..=hashes).all(|n| at(j + n) == '#')) {
            j += 1;
        }
        return Some(j + 1 + hashes);
    }
    let quote = at(j);
    let is_char = quote == '\'' && (at(j + 1) == '\\' || at(j + 2) == '\'');
    if raw || hashes > 0 || !(quote == '"' || is_char) {
        return None;
    }
    j += 1;
    while j < chars.len() && at(j) != quote {
        j += if at(j) == '\\' { 2 } else { 1 };
    }
    Some(j + 1)
}

/// The modules a file is: `store/read/mod.rs` is `store`, `read`.
fn module_path(file: &str) -> Vec<String> {
    let mut parts: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || (parts.len() == 1 && last == "lib")) {
        parts.pop();
    }
    parts
}

/// Every breach of the rules in one file, as `file:line: what`.
fn faults(file: &str, text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let word = |i: usize| tokens.get(i).map_or("", |(_, token)| token.as_str());
    let here = module_path(file);
    let room = here.first().map_or("lib", String::as_str);
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut inline: Vec<usize> = Vec::new(); // brace depths at which inline modules opened
    for i in 0..tokens.len() {
        let mut report = |what: String| found.push(format!("{file}:{}: {what}", tokens[i].0));
        match word(i) {
            "{" => depth += 1,
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                }
            }
            "mod" if word(i + 2) == "{" => inline.push(depth),
            "extern" if word(i + 1) == "crate" => report("renames a crate".to_owned()),
            "path" if word(i + 1) == "=" && word(i.wrapping_sub(1)) == "[" && !GATES.contains(&file) => {
                report("moves a module to another path".to_owned());
            }
            "feature" | "target_arch" | "target_family" if word(i + 1) == "=" && word(i + 2) == "\"" => {
                let derive = (0..6).map(|n| word((i + n).wrapping_sub(2)));
                let in_model = room == "model"
                    && derive.eq(["cfg_attr", "(", "feature", "=", "\"", ","])
                    && word(i + 4) == "derive";
                if !GATES.contains(&file) && !in_model {
                    report("mentions the target".to_owned());
                }
            }
            // A path that starts at the root: by name, or by climbing.
            start @ ("crate" | "swarmscope" | "super")
                if word(i.wrapping_sub(1)) != "::" || word(i.wrapping_sub(2)) == "self" =>
            {
                let climbs = (0..).take_while(|n| word(i + 2 * n) == "super").count();
                let height = here.len() + inline.len();
                let after = i + 2 * climbs.max(1);
                if start == "super" && climbs < height || word(after - 1) != "::" {
                    if word(i + 1) == "as" && (start != "super" || climbs >= height) {
                        report("gives the crate's root another name".to_owned());
                    }
                    continue;
                }
                for target in heads(&tokens, after) {
                    if let Some(why) = objection(file, room, &target) {
                        report(why);
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The first names of a path or of each path in a group: `{a::b, c}` gives `a`, `c`.
fn heads(tokens: &[(usize, String)], start: usize) -> Vec<String> {
    let word = |i: usize| tokens.get(i).map_or("", |(_, token)| token.as_str());
    if word(start) != "{" {
        return vec![word(start).to_owned()];
    }
    let mut names = vec![word(start + 1).to_owned()];
    let (mut i, mut depth) = (start + 1, 1);
    while depth > 0 && i < tokens.len() {
        match word(i) {
            "{" => depth += 1,
            "}" => depth -= 1,
            "," if depth == 1 && word(i + 1) != "}" => names.push(word(i + 1).to_owned()),
            _ => {}
        }
        i += 1;
    }
    names
}

/// Every `.rs` file below `folder`.
fn rust_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Every source file with its path relative to `src/`.
fn sources() -> io::Result<Vec<(String, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&root)?
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            Ok((name, fs::read_to_string(&path)?))
        })
        .collect()
}

#[test]
fn rooms_import_only_from_floors_below() {
    let found: Vec<String> = sources().unwrap().iter().flat_map(|(file, text)| faults(file, text)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn no_file_is_too_long_to_read_in_one_sitting() {
    let long: Vec<String> = sources()
        .unwrap()
        .iter()
        .filter(|(file, text)| !file.ends_with("tests.rs") && text.lines().count() > LINES_MAX)
        .map(|(file, text)| format!("{file}: {} lines, at most {LINES_MAX}", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "\n{}\n", long.join("\n"));
}

/// The API's document knows types by their names alone: of two with one name it shows one, silently.
#[test]
fn no_two_types_of_the_document_share_a_name() {
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for (file, text) in sources().unwrap() {
        let lines: Vec<&str> = text.lines().collect();
        for at in (0..lines.len()).filter(|&at| lines[at].contains("derive(") && lines[at].contains("ToSchema")) {
            let declared = lines[at..].iter().find(|line| line.contains("struct ") || line.contains("enum "));
            let head = declared.and_then(|line| line.split(['{', '(', '<', ';']).next()).unwrap_or_default();
            let name = head.split_whitespace().last().unwrap_or_default().to_owned();
            let other = homes.insert(name.clone(), file.clone());
            assert!(
                other.is_none(),
                "{name} of {file} and of {} would be one in the document",
                other.unwrap_or_default()
            );
        }
    }
    assert!(homes.len() > 50, "{} found", homes.len());
}

#[test]
fn planted_faults_are_found() {
    let planted = [
        ("store/task.rs", "use crate::service::Service;"), // upwards
        ("wire/csv.rs", "use crate::store::Row;"),         // sideways
        ("model/id.rs", "use crate::{model::time, store::{self, Row}};"), // in a group
        ("model/id.rs", "fn f() -> crate::wire::Line { f() }"), // without use
        ("store/read/day.rs", "use super::super::super::service::Service;"), // by climbing
        ("analytics/mod.rs", "mod tests { use super::super::store::Row; }"), // out of an inline module
        ("analytics/stats.rs", "use self::super::super::store::Row;"), // by self
        ("wire/csv.rs", "use super::super::{model::Micros, store::Row};"), // climbing into a group
        ("store/task.rs", "use crate as root; use root::api::X;"), // renamed
        ("store/mod.rs", "use super as root;"),            // renamed by climbing
        ("api/lists.rs", "use swarmscope::web::App;"),     // by the crate's name
        ("service/mod.rs", "use crate::*;"),               // everything
        ("web/pages/overview.rs", "use crate::service::Service;"), // past the bridge
        ("web/calls/overview.rs", "use crate::store::Store;"), // the bridge leads to service only
        ("jobs/rollup.rs", "use crate::api::Problem;"),    // sideways on floor 4
        ("store/task.rs", "use crate::util::hex;"),        // no room
        ("store/task.rs", "#[path = \"../api/x.rs\"] mod x;"), // a module of elsewhere
        ("web/app.rs", "#[cfg(feature = \"ssr\")] fn f() {}"), // the target
        ("web/app.rs", "fn f() { if cfg!(target_arch = \"wasm32\") {} }"),
        ("model/id.rs", "#[cfg_attr(feature = \"ssr\", serde(default))] struct S;"),
        ("model/id.rs", "#[cfg(all(test, feature = \"ssr\"))] mod t {}"),
    ];
    for (file, text) in planted {
        assert_eq!(faults(file, text).len(), 1, "{file}: {text}: {:?}", faults(file, text));
    }
}

#[test]
fn what_is_allowed_is_not_reported() {
    let fine = [
        ("lib.rs", "#[cfg(feature = \"ssr\")] pub mod store;"),
        ("web/platform/mod.rs", "#[cfg_attr(feature = \"ssr\", path = \"server.rs\")] mod twin;"),
        ("web/calls/overview.rs", "async fn f() { use crate::service::Service; }"),
        ("web/platform/server.rs", "use crate::service::Service;"),
        ("model/id.rs", "#[cfg_attr(feature = \"ssr\", derive(sqlx::Type))] pub struct Id;"),
        ("store/read/day.rs", "use super::super::error::StoreError; use super::super::super::model::Micros;"),
        ("store/mod.rs", "mod tests { use super::*; use super::super::model::Micros; }"),
        ("cli/serve.rs", "use crate::{config, server, service::Service};"),
        ("main.rs", "use swarmscope::cli;"),
        (
            "wire/csv.rs",
            "// crate::store\nfn f<'a>(x: &'a str) { g(\"crate::store\", r#\"crate::api\"#, '\"'); /* crate::web */ }",
        ),
        ("store/task.rs", "let feature = 1; let path = 2; use sqlx::sqlite::SqlitePool;"),
        ("store/task.rs", "struct A { x: crate::model::Micros, y: super::Row }"),
    ];
    for (file, text) in fine {
        assert_eq!(faults(file, text), Vec::<String>::new(), "{file}: {text}");
    }
}
