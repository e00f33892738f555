//! Rows in, bytes out: one loop for each of the three ways in which formats are written.

use std::io;
use std::path::Path;

use tokio::sync::mpsc;

use super::sink::{Halt, Sink};
use super::sort::{Sorted, Sorter};
use super::{ExportRequest, ServiceError, ended_early};
use crate::model::filter::{Cursor, Order, PageRequest};
use crate::model::{Dataset, Format, Record, Selection};
use crate::store::{Row, Store, StoreError};
use crate::wire::csv::CsvWriter;
use crate::wire::grafana::GrafanaWriter;
use crate::wire::json::JsonWriter;
use crate::wire::ndjson::NdjsonWriter;
use crate::wire::nested::NestedWriter;
use crate::wire::openmetrics::OpenMetricsWriter;
use crate::wire::prometheus::CurrentValues;
use crate::wire::{Flat, Grouped, Place};

/// Most rows fetched at a time: even if each carries the most metadata that is taken in, they fit.
const PAGE_ROWS: u32 = 1000;
/// The same for memories, whose values may be far larger than metadata.
const PAGE_ROWS_OF_MEMORY: u32 = 64;
/// About as many bytes of rows are fetched at a time; heavy rows come in shorter pages.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
/// Sorted pieces taken back at a time.
const BATCH_PIECES: usize = 4096;
/// And about as many bytes of them.
const BATCH_BYTES: usize = 256 * 1024;

/// Writes the whole export into `sink`.
pub(super) async fn run(store: &Store, request: &ExportRequest, sink: &mut Sink) -> Result<(), Halt> {
    let layout = request.layout;
    match (request.selection, request.format) {
        (Selection::One(dataset), Format::Csv) => {
            flat(store, request, sink, &mut CsvWriter::new(dataset, layout)).await?;
        }
        (Selection::One(_), Format::Json) => flat(store, request, sink, &mut JsonWriter::new(layout)).await?,
        (_, Format::Ndjson) => flat(store, request, sink, &mut NdjsonWriter::new(layout)).await?,
        (_, Format::Prometheus) => current(store, request, sink).await?,
        (_, Format::OpenMetrics) => grouped(store, request, sink, &mut OpenMetricsWriter::default()).await?,
        (_, Format::Grafana) => grouped(store, request, sink, &mut GrafanaWriter::default()).await?,
        (Selection::All, Format::Json) => grouped(store, request, sink, &mut NestedWriter::new(layout)).await?,
        // Service::export refuses this before.
        (Selection::All, Format::Csv) => {}
    }
    sink.finish().await
}

async fn flat(
    store: &Store,
    request: &ExportRequest,
    sink: &mut Sink,
    writer: &mut (dyn Flat + Sync),
) -> Result<(), Halt> {
    writer.begin(&mut sink.buffer)?;
    let mut rows = Rows::new(store, request);
    while let Some(page) = rows.next().await? {
        writer.records(&mut page.iter().map(|row| &row.record), &mut sink.buffer)?;
        sink.flush().await?;
    }
    writer.end(&mut sink.buffer);
    Ok(())
}

async fn current(store: &Store, request: &ExportRequest, sink: &mut Sink) -> Result<(), Halt> {
    let mut values = CurrentValues::default();
    let mut rows = Rows::new(store, request);
    while let Some(page) = rows.next().await? {
        sink.still_wanted()?;
        page.iter().for_each(|row| values.add(&row.record));
    }
    sink.buffer = values.encode();
    Ok(())
}

async fn grouped(
    store: &Store,
    request: &ExportRequest,
    sink: &mut Sink,
    writer: &mut (dyn Grouped + Sync),
) -> Result<(), Halt> {
    let folder = store.path().parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut sorter = Sorter::new(folder);
    let mut rows = Rows::new(store, request);
    while let Some(page) = rows.next().await? {
        sink.still_wanted()?;
        for row in &page {
            writer.split(&row.record, &mut |place, piece| sorter.push(place, piece));
        }
        if sorter.is_full() {
            sorter = blocking(move || sorter.spill().map(|()| sorter)).await?;
        }
    }
    let mut sorted = blocking(move || sorter.finish()).await?;
    writer.begin(&mut sink.buffer);
    loop {
        let pieces;
        (sorted, pieces) = blocking(move || batch(&mut sorted).map(|pieces| (sorted, pieces))).await?;
        if pieces.is_empty() {
            break;
        }
        for (place, piece) in pieces {
            writer.piece(place, &piece, &mut sink.buffer)?;
        }
        sink.flush().await?;
    }
    writer.end(&mut sink.buffer)?;
    Ok(())
}

fn batch(sorted: &mut Sorted) -> io::Result<Vec<(Place, Vec<u8>)>> {
    let (mut pieces, mut bytes) = (Vec::new(), 0);
    while pieces.len() < BATCH_PIECES && bytes < BATCH_BYTES {
        let Some((place, piece)) = sorted.next()? else { break };
        bytes += piece.len();
        pieces.push((place, piece));
    }
    Ok(pieces)
}

/// Runs file work off the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, ServiceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(ServiceError::Sort),
        Err(died) => Err(ServiceError::Sort(io::Error::other(died))),
    }
}

/// The rows of an export, oldest first within each dataset. The next page is on its way while one is written.
struct Rows {
    pages: mpsc::Receiver<Result<Vec<Row>, StoreError>>,
}

impl Rows {
    fn new(store: &Store, request: &ExportRequest) -> Self {
        let (sender, pages) = mpsc::channel(1);
        let datasets: Vec<_> = request.selection.datasets().filter(|dataset| request.holds(*dataset)).collect();
        let filter = request.filter.clone();
        let request = PageRequest { range: request.range, filter, order: Order::Asc, after: None, limit: 0 };
        let store = store.clone();
        tokio::spawn(async move {
            let read = read(&store, datasets, request, &sender).await;
            if let Err(error) = read {
                // Who does not wait for pages does not wait for the reason why there are none.
                drop(sender.send(Err(error)).await);
            }
        });
        Self { pages }
    }

    /// The next page, never an empty one; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<Row>>, ServiceError> {
        // Its end is told by an empty page, so that a reader which died is not taken for it.
        let page = self.pages.recv().await.ok_or_else(ended_early)??;
        Ok(Some(page).filter(|page| !page.is_empty()))
    }
}

/// Hands every page on, and an empty one at the end, until nobody takes them.
async fn read(
    store: &Store,
    datasets: Vec<Dataset>,
    mut request: PageRequest,
    pages: &mpsc::Sender<Result<Vec<Row>, StoreError>>,
) -> Result<(), StoreError> {
    for dataset in datasets {
        request.after = None;
        request.limit = most_rows(dataset);
        loop {
            let page = store.page(dataset, &request).await?;
            // Only an empty page is the end: a short one may have other reasons.
            let Some(last) = page.last() else { break };
            request.after = Some(Cursor { time: last.time, row: last.id });
            request.limit = next_limit(dataset, &page);
            if pages.send(Ok(page)).await.is_err() {
                return Ok(());
            }
        }
    }
    drop(pages.send(Ok(Vec::new())).await);
    Ok(())
}

/// How many rows weigh about [`PAGE_BYTES`] if they are like those of `page`.
fn next_limit(dataset: Dataset, page: &[Row]) -> u32 {
    let bytes: usize = page.iter().map(|row| weight(&row.record)).sum();
    let rows = page.len() * PAGE_BYTES / bytes.max(1);
    u32::try_from(rows).unwrap_or(u32::MAX).clamp(1, most_rows(dataset))
}

fn most_rows(dataset: Dataset) -> u32 {
    if dataset == Dataset::Memory { PAGE_ROWS_OF_MEMORY } else { PAGE_ROWS }
}

/// About how many bytes a record takes; only what can be large is looked at.
fn weight(record: &Record) -> usize {
    let large = match record {
        Record::Task(r) => r.metadata.as_ref(),
        Record::AgentMetric(r) | Record::SwarmMetric(r) => r.metadata.as_ref(),
        Record::Event(r) => r.metadata.as_ref(),
        Record::Healing(r) => r.metadata.as_ref(),
        Record::Agent(r) => r.metadata.as_ref(),
        Record::Memory(r) => Some(&r.value),
    };
    512 + large.map_or(0, |json| json.0.len())
}
