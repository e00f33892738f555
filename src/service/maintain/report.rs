//! What the store holds and costs.

use crate::analytics::forecast::{Beside, Holding, forecast};
use crate::analytics::retention::seals;
use crate::model::maintain::{DatasetState, Forecast, SealedDay, Shelf, StorePart, StoreReport};
use crate::model::time::{HOUR, MINUTE};
use crate::model::{Dataset, Micros};
use crate::service::{Service, ServiceError};
use crate::store::archive::SEALED;
use crate::store::size::{Measured, table_of};

/// How long a measurement is kept: it reads every page of the file.
const MEASURED_KEPT: i64 = 5 * MINUTE;

impl Service {
    /// The store as a whole: sizes by table and shelf, what is kept of each dataset, forecast, last runs.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn store_report(&self, now: Micros) -> Result<StoreReport, ServiceError> {
        let (measured, parts) = self.measured(now).await?;
        let sealed = self.sealed().await?;
        let mut datasets = Vec::with_capacity(Dataset::ALL.len());
        for dataset in Dataset::ALL {
            datasets.push(self.dataset_state(dataset, &parts, &sealed).await?);
        }
        let gauge = self.store().gauge();
        let (file_bytes, free_bytes) = self.store().space().await?;
        let settings = self.settings();
        Ok(StoreReport {
            file: self.store().path().display().to_string(),
            file_bytes: file_bytes.max(gauge.file_bytes),
            wal_bytes: gauge.wal_bytes,
            free_bytes,
            measured,
            forecast: self.forecast(&parts, &sealed, now).await?,
            parts: parts.parts,
            datasets,
            sealed,
            retention: settings.retention,
            compression: settings.compression,
            next_cleanup: self.next_cleanup().await?,
            runs: self.store().runs(StoreReport::RUNS_LISTED).await?,
            running: self.maintenance_status(),
            dry_run: self.desk.dry_run().clone(),
        })
    }

    /// When the server cleans up next: an interval after the last time; `None` when it does not, or never did.
    ///
    /// # Errors
    /// [`ServiceError::Store`].
    pub async fn next_cleanup(&self) -> Result<Option<Micros>, ServiceError> {
        let retention = &self.settings().retention;
        if !retention.auto_cleanup {
            return Ok(None);
        }
        let interval = i64::from(retention.cleanup_interval_hours) * HOUR;
        let last = self.store().last_run("cleanup").await?;
        Ok(last.map(|last| Micros(last.0.saturating_add(interval))))
    }

    /// The sizes, measured again when they are old.
    pub(super) async fn measured(&self, now: Micros) -> Result<(Micros, Measured), ServiceError> {
        let mut kept = self.desk.measured.lock().await; // whoever comes meanwhile waits for this measurement
        if let Some((at, measured)) = kept.as_ref().filter(|(at, _)| now.0 - at.0 < MEASURED_KEPT) {
            return Ok((*at, measured.clone()));
        }
        let measured = self.store().measure().await?;
        *kept = Some((now, measured.clone()));
        Ok((now, measured))
    }

    /// Every sealed day, newest first.
    pub(super) async fn sealed(&self) -> Result<Vec<SealedDay>, ServiceError> {
        let mut all = Vec::new();
        for dataset in SEALED {
            let days = self.store().sealed_days(dataset).await?.into_iter();
            all.extend(days.map(|found| SealedDay {
                dataset,
                day: found.day,
                rows: found.rows,
                chunks: found.chunks,
                bytes: found.bytes,
            }));
        }
        all.sort_by_key(|day| (std::cmp::Reverse(day.day), day.dataset));
        Ok(all)
    }

    async fn dataset_state(
        &self,
        dataset: Dataset,
        measured: &Measured,
        sealed: &[SealedDay],
    ) -> Result<DatasetState, ServiceError> {
        let days = self.store().day_states(dataset).await?;
        let held = || days.iter().filter(|day| day.rows).map(|day| day.day);
        let own = || sealed.iter().filter(|day| day.dataset == dataset);
        Ok(DatasetState {
            dataset,
            rows: rows_of(measured, dataset).map_or(0, |part| part.rows),
            sealed: own().map(|day| day.rows).sum(),
            first_day: held().chain(own().map(|day| day.day)).min(),
            last_day: held().chain(own().map(|day| day.day)).max(),
            days_without_hours: days.iter().filter(|day| day.hourless).count() as u64,
        })
    }

    #[expect(clippy::cast_precision_loss, reason = "sizes stay far below 2^53")]
    async fn forecast(
        &self,
        measured: &Measured,
        sealed: &[SealedDay],
        now: Micros,
    ) -> Result<Option<Forecast>, ServiceError> {
        let mut holdings = Vec::new();
        for (dataset, mut days) in self.store().day_counts().await? {
            if dataset == Dataset::Healings {
                // No rollup knows them, so what is sealed is not counted yet.
                let own = sealed.iter().filter(|day| day.dataset == dataset);
                days.extend(own.map(|day| (day.day, day.rows)));
            }
            let part = rows_of(measured, dataset).filter(|part| part.rows > 0);
            let own = || sealed.iter().filter(|day| day.dataset == dataset);
            let (rows, bytes) = own().fold((0, 0), |(rows, bytes), day| (rows + day.rows, bytes + day.bytes));
            holdings.push(Holding {
                dataset,
                row_bytes: part.map(|part| part.bytes as f64 / part.rows as f64),
                sealed_bytes: (rows > 0).then(|| bytes as f64 / rows as f64),
                days,
            });
        }
        let of = |shelf: Shelf| -> f64 {
            measured.parts.iter().filter(|part| part.shelf == shelf).map(|part| part.bytes as f64).sum()
        };
        let mut days: Vec<Micros> = holdings.iter().flat_map(|holding| &holding.days).map(|(day, _)| *day).collect();
        days.sort_unstable();
        days.dedup();
        let held = days.len().max(1) as f64;
        let with_hours = held.min(f64::from(self.settings().retention.hourly_days.max(1)));
        let unsealed: f64 = Dataset::ALL
            .into_iter()
            .filter(|dataset| !seals(*dataset))
            .filter_map(|dataset| rows_of(measured, dataset))
            .map(|part| part.bytes as f64)
            .sum();
        let beside = Beside {
            hours_a_day: of(Shelf::Hours) / with_hours,
            days_a_day: of(Shelf::Days) / held,
            steady: of(Shelf::Minutes) + of(Shelf::Other) + unsealed,
        };
        let settings = self.settings();
        Ok(forecast(&holdings, &beside, &settings.retention, &settings.compression, now))
    }
}

/// The part that holds the rows of `dataset`.
pub(super) fn rows_of(measured: &Measured, dataset: Dataset) -> Option<&StorePart> {
    measured.parts.iter().find(|part| part.shelf == Shelf::Rows && part.table == table_of(dataset))
}
