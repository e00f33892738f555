//! How many records an export would hold, and about how many bytes.
//!
//! Counts come from `aggregate`, which knows them without reading rows. Sizes are what the newest records really
//! give, written by the export itself, times how many there are.

use futures::StreamExt;

use super::ExportRequest;
use crate::model::aggregate::Source;
use crate::model::export::{ExportOptions, ExportQuery, ExportSize, ExportSizes};
use crate::model::filter::{Order, PageRequest};
use crate::model::listing::Total;
use crate::model::overview::PageQuery;
use crate::model::{Dataset, Format, Micros, RecordFilter, Selection, TimeRange};
use crate::service::{Service, ServiceError};
use crate::wire::Layout;

/// Records that sizes are estimated from.
const SAMPLE: u32 = 400;

impl Service {
    /// What each export would hold.
    ///
    /// # Errors
    /// [`ServiceError::Problem`] when the range is unreadable; [`ServiceError::Store`] when reading fails.
    pub async fn export_sizes(&self, query: &ExportQuery, now: Micros) -> Result<ExportSizes, ServiceError> {
        let scope = self.scope(&PageQuery { filter: RecordFilter::default(), ..query.page.clone() }, now).await?;
        let mut datasets = Vec::with_capacity(Dataset::ALL.len());
        for dataset in Dataset::ALL {
            let filter = fitting(dataset, &query.page.filter);
            datasets.push(self.export_size(dataset, scope.range, filter, query.options, now).await?);
        }
        Ok(ExportSizes { scope, datasets })
    }

    async fn export_size(
        &self,
        dataset: Dataset,
        range: TimeRange,
        filter: RecordFilter,
        options: ExportOptions,
        now: Micros,
    ) -> Result<ExportSize, ServiceError> {
        let limit =
            if source(dataset).is_some() { SAMPLE } else { u32::try_from(Total::COUNTED_MAX + 1).unwrap_or(u32::MAX) };
        let request = PageRequest { range, filter: filter.clone(), order: Order::Desc, after: None, limit };
        let newest = self.list(dataset, &request).await?;
        let read = newest.len() as u64;
        let rows = match source(dataset) {
            Some(source) => Total::Exact(self.count_records(source, range, &filter, now).await?.max(read)),
            None if read > Total::COUNTED_MAX => Total::MoreThan(Total::COUNTED_MAX),
            None => Total::Exact(read),
        };
        let selection = Selection::One(dataset);
        let sample = newest.get(newest.len().min(SAMPLE as usize).saturating_sub(1)).map(|oldest| {
            (
                TimeRange { from: oldest.time.max(range.from), until: range.until },
                newest.iter().filter(|row| row.time >= oldest.time).count() as u64,
            )
        });
        let mut forms = Vec::new();
        for format in selection.formats() {
            let size = match (sample, rows) {
                (Some((range, sampled)), Total::Exact(rows)) if *format != Format::Prometheus => {
                    let layout = Layout { metadata: !options.no_metadata, pretty: options.pretty, ..Layout::default() };
                    let filter = filter.clone();
                    let request =
                        ExportRequest { selection, format: *format, range, filter, layout, gzip: options.gzip };
                    let bytes = self.weigh(request).await?;
                    Some(
                        u64::try_from(u128::from(bytes) * u128::from(rows) / u128::from(sampled.max(1)))
                            .unwrap_or(u64::MAX),
                    )
                }
                _ => None,
            };
            forms.push((*format, size));
        }
        Ok(ExportSize { dataset, rows, forms })
    }

    /// The bytes an export gives.
    async fn weigh(&self, request: ExportRequest) -> Result<u64, ServiceError> {
        let mut chunks = self.export(request)?;
        let mut bytes = 0;
        while let Some(chunk) = chunks.next().await {
            bytes += chunk?.len() as u64;
        }
        Ok(bytes)
    }
}

/// Whose records are counted by rollups.
fn source(dataset: Dataset) -> Option<Source> {
    Source::ALL.into_iter().find(|source| source.dataset() == dataset)
}

/// The part of `filter` that records of `dataset` can be filtered by, and counted by.
fn fitting(dataset: Dataset, filter: &RecordFilter) -> RecordFilter {
    let (mut asked, mut fitting) = (filter.clone(), RecordFilter::default());
    for field in RecordFilter::fields(dataset) {
        if let (Some(value), Some(place)) = (asked.field_mut(field).and_then(Option::take), fitting.field_mut(field)) {
            *place = Some(value);
        }
    }
    fitting
}
