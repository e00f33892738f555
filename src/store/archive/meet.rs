//! Whether rows that are sent lie sealed already: a record counts once, wherever it lies.
//!
//! Rows newer than everything sealed that no importer owns are not compared: what is live costs nothing.
//! So a record known by its id alone (an event, a metric with an id) that is sent again after its day was
//! sealed, and with a later time, counts as a new one.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::sqlite::SqliteConnection;

use super::super::Landing;
use super::super::error::{StoreError, query};
use super::super::table::{Key, KeyPart, Meeting};
use super::chunk::{self, Chunk, Head, Wanted};
use super::filter::{self, Probe};
use super::rows::{Sealed, column_of};
use super::seal::thaw;
use super::walk::Walk;
use crate::model::{Dataset, Micros, Order, TimeRange};

/// The last instant that is sealed: chunks do not overlap, so the one that begins last ends last.
const SELECT_END: &str = "select last_ts from chunk where dataset = ? order by first_ts desc, first_row desc limit 1";

/// What the writer remembers about chunks. Dropped whenever any may have changed.
#[derive(Debug, Default)]
pub(in crate::store) struct Sealing {
    ends: HashMap<Dataset, Option<i64>>,
}

impl Sealing {
    /// Forgets everything: chunks were written or taken away.
    pub(in crate::store) fn forget(&mut self) {
        self.ends.clear();
    }

    async fn end<T: Sealed>(&mut self, connection: &mut SqliteConnection) -> Result<Option<i64>, StoreError> {
        if let Some(end) = self.ends.get(&T::DATASET) {
            return Ok(*end);
        }
        let end = sqlx::query_scalar(SELECT_END).bind(T::DATASET.as_str()).fetch_optional(connection).await;
        let end = end.map_err(query("see what is sealed"))?;
        self.ends.insert(T::DATASET, end);
        Ok(end)
    }
}

/// A key that was sent, and by which rows.
struct Sent {
    kind: usize,
    key: Key,
    /// The time, where it is part of the key.
    time: Option<i64>,
    rows: Vec<usize>,
}

/// A sealed row that has a key of a sent one.
struct Match<T> {
    kind: usize,
    chunk: i64,
    stored: T,
}

/// What becomes of those of `rows` that lie sealed; `None` for the others, which are to be inserted. Chunks
/// that hold a row which must be replaced are moved back into the table first. An empty answer decides nothing.
///
/// # Errors
/// [`StoreError`]; then the transaction must be rolled back.
pub(in crate::store) async fn meet<T: Sealed>(
    connection: &mut SqliteConnection,
    sealing: &mut Sealing,
    rows: &[T],
) -> Result<Vec<Option<Landing>>, StoreError> {
    let Some(end) = sealing.end::<T>(connection).await? else { return Ok(Vec::new()) };
    let sent = sent(rows, end);
    if sent.is_empty() {
        return Ok(Vec::new());
    }
    let (matches, heads) = find_matches(connection, &sent, rows.len()).await?;
    let (decided, thaw_all) = decide(rows, &matches);
    for id in thaw_all {
        if let Some(head) = heads.get(&id) {
            thaw::<T>(connection, *head).await?;
            sealing.forget();
        }
    }
    Ok(decided)
}

/// The keys of the rows that may lie before `end`.
fn sent<T: Sealed>(rows: &[T], end: i64) -> Vec<Sent> {
    let mut keys: HashMap<(usize, Key), Vec<usize>> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        if row.time() > end && row.key(0).is_none() {
            continue;
        }
        for kind in 0..T::KEYS.len() {
            if let Some(key) = row.key(kind) {
                keys.entry((kind, key)).or_default().push(index);
            }
        }
    }
    let time = |key: &Key| key.iter().find_map(|part| if let KeyPart::Int(time) = part { Some(*time) } else { None });
    keys.into_iter().map(|((kind, key), rows)| Sent { kind, time: time(&key), key, rows }).collect()
}

/// The part of a key that the filter of a chunk knows.
fn probe<T: Sealed>(kind: usize, key: &Key) -> Option<Probe> {
    let column = column_of::<T>(T::KEY_COLUMNS.get(kind)?)?;
    key.iter().find_map(|part| match part {
        KeyPart::Int(_) => None,
        KeyPart::Text(text) => Some(Probe::text(column, text)),
        KeyPart::Id(id) => Some(Probe::id(column, id)),
    })
}

type Matches<T> = Vec<Vec<Match<T>>>;

/// For each row the sealed rows it meets, by kind of key; and the heads of their chunks.
async fn find_matches<T: Sealed>(
    connection: &mut SqliteConnection,
    sent: &[Sent],
    rows: usize,
) -> Result<(Matches<T>, BTreeMap<i64, Head>), StoreError> {
    let mut matches: Matches<T> = (0..rows).map(|_| Vec::new()).collect();
    let mut heads = BTreeMap::new();
    let mut walk = Walk::<T>::new(range(sent), Order::Asc, Vec::new());
    while let Some(head) = walk.next_head(connection).await? {
        let here = |sent: &&Sent| sent.time.is_none_or(|time| (head.first.0..=head.last.0).contains(&time));
        let mut asked: HashMap<Probe, Vec<&Sent>> = HashMap::new();
        for sent in sent.iter().filter(here) {
            if let Some(probe) = probe::<T>(sent.kind, &sent.key) {
                asked.entry(probe).or_default().push(sent);
            }
        }
        if asked.is_empty() {
            continue;
        }
        let filter = chunk::filter(connection, head.id).await?;
        asked.retain(|probe, _| filter::may_hold(&filter, *probe));
        for (row, stored) in rows_with::<T>(connection, head, &asked).await? {
            for sent in
                asked.get(&row).into_iter().flatten().filter(|sent| stored.key(sent.kind).as_ref() == Some(&sent.key))
            {
                heads.insert(head.id, head);
                for index in &sent.rows {
                    matches[*index].push(Match { kind: sent.kind, chunk: head.id, stored: stored.clone() });
                }
            }
        }
    }
    for found in &mut matches {
        found.sort_by_key(|found| found.kind);
    }
    Ok((matches, heads))
}

/// Where the keys may lie: in their times, or anywhere.
fn range(sent: &[Sent]) -> TimeRange {
    let times: Option<Vec<i64>> = sent.iter().map(|sent| sent.time).collect();
    let ends = times.and_then(|times| Some((*times.iter().min()?, *times.iter().max()?)));
    ends.map_or(TimeRange::ALL, |(first, last)| TimeRange {
        from: Micros(first),
        until: Micros(last.saturating_add(1)),
    })
}

/// The rows of a chunk that have one of the `asked` values in a column of a key.
async fn rows_with<T: Sealed>(
    connection: &mut SqliteConnection,
    head: Head,
    asked: &HashMap<Probe, Vec<&Sent>>,
) -> Result<Vec<(Probe, T)>, StoreError> {
    let kinds: HashSet<usize> = asked.values().flatten().map(|sent| sent.kind).collect();
    let columns: Vec<usize> = kinds.iter().filter_map(|kind| column_of::<T>(T::KEY_COLUMNS.get(*kind)?)).collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut chunk = Chunk::new::<T>(head)?;
    chunk.read::<T>(connection, Wanted::columns(&columns)).await?;
    let mut hits = Vec::new();
    for &column in &columns {
        for row in 0..head.rows {
            let text = chunk.text(column, row).map(|text| Probe::text(column, text));
            let probe = text.or_else(|| chunk.id(column, row).map(|id| Probe::id(column, id)));
            hits.extend(probe.filter(|probe| asked.contains_key(probe)).map(|probe| (probe, row)));
        }
    }
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    chunk.read::<T>(connection, Wanted::ALL).await?;
    hits.into_iter().map(|(probe, row)| Ok((probe, chunk.row(row)?.1))).collect()
}

/// What becomes of each row, and which chunks must be moved back because a row of theirs, or one that
/// meets one of theirs, has to go the way of rows that are not sealed.
fn decide<T: Sealed>(rows: &[T], matches: &Matches<T>) -> (Vec<Option<Landing>>, HashSet<i64>) {
    let mut thawing: HashSet<i64> = HashSet::new();
    let mut decided = Vec::with_capacity(rows.len());
    for (row, found) in rows.iter().zip(matches) {
        let landing = found.first().and_then(|first| {
            // A row in the table may have the earlier key, and that one decides.
            let earlier = (0..first.kind).any(|kind| row.key(kind).is_some());
            match row.meet(&first.stored) {
                _ if earlier => None,
                Meeting::Same => Some(Landing::Duplicate),
                Meeting::Differs => Some(Landing::Differs),
                Meeting::Replaced(_) => None,
            }
        });
        if landing.is_none() {
            thawing.extend(found.iter().map(|found| found.chunk));
        }
        decided.push(landing);
    }
    loop {
        let before = thawing.len();
        for (landing, found) in decided.iter_mut().zip(matches) {
            if found.iter().any(|found| thawing.contains(&found.chunk)) {
                *landing = None;
                thawing.extend(found.iter().map(|found| found.chunk));
            }
        }
        if thawing.len() == before {
            return (decided, thawing);
        }
    }
}
