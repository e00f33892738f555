//! How large the file is, table by table and shelf by shelf. SQLite's `dbstat` reads every page for that, which
//! takes about a second for a gigabyte: callers keep what they are told for a while.

use std::collections::{BTreeMap, HashMap};

use super::Store;
use super::error::{StoreError, query};
use crate::model::answer::Tier;
use crate::model::maintain::{Shelf, StorePart};
use crate::model::time::SECOND;
use crate::model::{Dataset, Micros};

/// One row for each table and index and each kind of page in it. Rows of a table with row ids lie in its leaves
/// only; one without is an index, whose inner pages hold rows too.
const SELECT_PAGES: &str = "\
select s.tbl_name, s.type = 'index', coalesce(l.wr, 0), d.pagetype = 'leaf', sum(d.ncell), sum(d.pgsize)
from dbstat d join sqlite_schema s on s.name = d.name
    left join pragma_table_list l on l.name = s.name and l.schema = 'main'
group by 1, 2, 3, 4";

/// Bytes of SQLite's own tables and of free pages are what is left.
const SELECT_SPACE: &str = "\
select page_count * page_size, freelist_count * page_size
from pragma_page_count, pragma_page_size, pragma_freelist_count";

/// Tables that hold several tiers: rows by tier, and by what their bytes are shared out.
const TIERED: [(&str, &str); 8] = [
    ("fleet_rollup", "select tier, count(*), count(*) from fleet_rollup group by tier"),
    ("agent_rollup", "select tier, count(*), count(*) from agent_rollup group by tier"),
    ("usage_rollup", "select tier, count(*), count(*) from usage_rollup group by tier"),
    ("metric_rollup", "select tier, count(*), count(*) from metric_rollup group by tier"),
    ("event_rollup", "select tier, count(*), count(*) from event_rollup group by tier"),
    ("fleet_sketch", "select tier, count(*), sum(length(duration)) from fleet_sketch group by tier"),
    ("agent_sketch", "select tier, count(*), sum(length(duration)) from agent_sketch group by tier"),
    ("metric_sketch", "select tier, count(*), sum(length(value)) from metric_sketch group by tier"),
];

/// Records by day, where day rollups know it; else by the index on time.
const DAY_COUNTS: [(Dataset, &str); 5] = [
    (Dataset::Tasks, "select bucket, tasks from fleet_rollup where tier = 86400 order by bucket"),
    (
        Dataset::AgentMetrics,
        "select bucket, sum(n) from metric_rollup where kind = 1 and tier = 86400 group by bucket order by bucket",
    ),
    (
        Dataset::SwarmMetrics,
        "select bucket, sum(n) from metric_rollup where kind = 2 and tier = 86400 group by bucket order by bucket",
    ),
    (Dataset::Events, "select bucket, sum(n) from event_rollup where tier = 86400 group by bucket order by bucket"),
    (
        Dataset::Healings,
        "select ts / 86400000000 * 86400000000 as day, count(*) from healing where ts >= 0 group by day order by day",
    ),
];

/// Where the bytes are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measured {
    /// By table and shelf, largest first.
    pub parts: Vec<StorePart>,
    /// Bytes of the whole file.
    pub file_bytes: u64,
    /// Bytes of it that are free.
    pub free_bytes: u64,
}

/// The table a dataset's records lie in.
#[must_use]
pub fn table_of(dataset: Dataset) -> &'static str {
    match dataset {
        Dataset::Tasks => "task",
        Dataset::AgentMetrics => "agent_metric",
        Dataset::SwarmMetrics => "swarm_metric",
        Dataset::Events => "event",
        Dataset::Healings => "healing",
        Dataset::Agents => "agent_life",
        Dataset::Memory => "memory",
    }
}

#[derive(Debug, Default)]
struct Table {
    rows: u64,
    bytes: u64,
}

impl Store {
    /// Reads every page.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn measure(&self) -> Result<Measured, StoreError> {
        let pages: Vec<(String, bool, bool, bool, i64, i64)> =
            sqlx::query_as(SELECT_PAGES).fetch_all(self.reader()).await.map_err(query("measure the tables"))?;
        let mut tables: BTreeMap<String, Table> = BTreeMap::new();
        for (name, index, without_ids, leaf, cells, bytes) in pages {
            let table = tables.entry(name).or_default();
            table.bytes += bytes.unsigned_abs();
            if !index && (leaf || without_ids) {
                table.rows += cells.unsigned_abs();
            }
        }
        let mut parts = Vec::new();
        let mut tiers = self.tiers().await?;
        for (name, table) in tables {
            match tiers.remove(name.as_str()) {
                Some(shares) => parts.extend(shared_out(&name, &table, &shares)),
                None => {
                    let shelf = shelf_of(&name);
                    parts.push(StorePart { table: name, shelf, rows: table.rows, bytes: table.bytes });
                }
            }
        }
        parts.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.table.cmp(&b.table)));
        let (file_bytes, free_bytes) = self.space().await?;
        Ok(Measured { parts, file_bytes, free_bytes })
    }

    /// Bytes of the file, and how many of them are free. Cheap.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn space(&self) -> Result<(u64, u64), StoreError> {
        let (all, free): (i64, i64) =
            sqlx::query_as(SELECT_SPACE).fetch_one(self.reader()).await.map_err(query("measure the file"))?;
        Ok((all.unsigned_abs(), free.unsigned_abs()))
    }

    /// How many records there are of each day, sealed ones included where rollups know them.
    ///
    /// # Errors
    /// [`StoreError::Query`].
    pub async fn day_counts(&self) -> Result<Vec<(Dataset, Vec<(Micros, u64)>)>, StoreError> {
        let mut all = Vec::with_capacity(DAY_COUNTS.len());
        for (dataset, select) in DAY_COUNTS {
            let days: Vec<(i64, i64)> =
                sqlx::query_as(select).fetch_all(self.reader()).await.map_err(query("count records by day"))?;
            all.push((dataset, days.into_iter().map(|(day, rows)| (Micros(day), rows.unsigned_abs())).collect()));
        }
        Ok(all)
    }

    /// Rows and weight of each tier of the tables that hold several.
    async fn tiers(&self) -> Result<HashMap<&'static str, Vec<(Shelf, u64, u64)>>, StoreError> {
        let mut all = HashMap::new();
        for (table, select) in TIERED {
            let tiers: Vec<(i64, i64, i64)> =
                sqlx::query_as(select).fetch_all(self.reader()).await.map_err(query("count rollups by tier"))?;
            let shares = tiers
                .into_iter()
                .map(|(tier, rows, weight)| (shelf_of_tier(tier), rows.unsigned_abs(), weight.unsigned_abs()));
            all.insert(table, shares.collect());
        }
        Ok(all)
    }
}

fn shelf_of_tier(tier: i64) -> Shelf {
    let of = |known: Tier| tier * SECOND == crate::analytics::grid::width(known);
    [Tier::Minute, Tier::Hour, Tier::Day].into_iter().find(|known| of(*known)).map_or(Shelf::Other, Shelf::of)
}

fn shelf_of(table: &str) -> Shelf {
    if Dataset::ALL.into_iter().any(|dataset| table_of(dataset) == table) {
        Shelf::Rows
    } else if matches!(table, "chunk" | "chunk_data") {
        Shelf::Sealed
    } else {
        Shelf::Other
    }
}

/// One part for each tier, the bytes in proportion to the weights.
fn shared_out(name: &str, table: &Table, shares: &[(Shelf, u64, u64)]) -> Vec<StorePart> {
    let weights: u64 = shares.iter().map(|(_, _, weight)| weight).sum();
    if weights == 0 {
        let part = StorePart { table: name.to_owned(), shelf: Shelf::Other, rows: 0, bytes: table.bytes };
        return vec![part]; // an empty table still has a page
    }
    let bytes = |weight: u64| u64::try_from(u128::from(table.bytes) * u128::from(weight) / u128::from(weights));
    shares
        .iter()
        .map(|&(shelf, rows, weight)| StorePart {
            table: name.to_owned(),
            shelf,
            rows,
            bytes: bytes(weight).unwrap_or(u64::MAX),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreOptions;

    #[test]
    fn bytes_of_a_table_of_several_tiers_are_shared_out_by_weight() {
        let table = Table { rows: 4, bytes: 1000 };
        let parts = shared_out("x", &table, &[(Shelf::Hours, 3, 30), (Shelf::Days, 1, 10)]);
        let shown: Vec<_> = parts.iter().map(|part| (part.shelf, part.rows, part.bytes)).collect();
        assert_eq!(shown, [(Shelf::Hours, 3, 750), (Shelf::Days, 1, 250)]);
    }

    #[tokio::test]
    async fn the_parts_are_the_whole_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("s.db"), &StoreOptions::default()).await.expect("a store");
        let measured = store.measure().await.expect("measured");
        let bytes: u64 = measured.parts.iter().map(|part| part.bytes).sum();
        // What is left are SQLite's own pages: the schema and the map of pages that incremental vacuum needs.
        assert!(bytes <= measured.file_bytes && bytes + 40_960 > measured.file_bytes, "{bytes} of {measured:?}");
        let rows = |table: &str| measured.parts.iter().find(|part| part.table == table).map(|part| part.rows);
        assert_eq!(rows("result_name"), Some(6), "six words are given");
        assert_eq!(rows("task"), Some(0));
    }
}
