//! The write buffer: records of callers that do not wait for the commit (`?ack=buffered`). They are validated and
//! named before they come here; a job empties it every few seconds or when enough wait.
//!
//! Nothing in it is dropped silently: a flush that fails leaves everything where it is and is tried again, a record
//! that the store cannot take is taken out alone, counted and logged. When it is full, senders are told so.
//! What waits here when the process dies is lost: that is the price of not waiting, and said in the answer's name.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use super::Intake;
use crate::model::answer::Buffered;
use crate::model::{Problem, ProblemKind, Record};
use crate::service::{Service, ServiceError};
use crate::store::StoreError;

/// So many times `max_size` records may wait, while the store is slow.
const ROOM_FACTOR: usize = 100;
/// Most bytes of records that wait, as they were sent.
const BYTES_MAX: usize = 32 << 20;
/// Records of one transaction.
const RECORDS_A_WRITE: usize = 5000;

/// Records that wait, and what became of those before.
#[derive(Debug, Default)]
pub(in crate::service) struct Buffer {
    waiting: Mutex<Waiting>,
    full: Notify,
    flushing: tokio::sync::Mutex<()>,
    flushed: AtomicU64,
    failures: AtomicU64,
    lost: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    records: VecDeque<(Record, usize)>,
    bytes: usize,
    closed: bool,
}

/// How the buffer is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferGauge {
    /// Records that wait.
    pub waiting: u64,
    /// The most that may wait.
    pub room: u64,
    /// Records handed to the store since the start.
    pub flushed: u64,
    /// Flushes that failed and were, or will be, tried again.
    pub failures: u64,
    /// Records the store could not take, or that waited when the server stopped.
    pub lost: u64,
}

impl Buffer {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service {
    /// Takes what `intake` has read into the buffer: all of it, or nothing when there is no room.
    ///
    /// # Errors
    /// A [`Problem`]: overloaded when the buffer is full or closed, too large when it could never fit.
    pub fn buffer(&self, intake: Intake) -> Result<Buffered, Problem> {
        let (records, sent, bytes, receipt) = intake.into_records();
        let settings = self.settings().write_buffer;
        let room = room(settings.max_size);
        if records.len() > room || bytes > BYTES_MAX {
            let detail = format!(
                "{} records of {bytes} bytes are more than the write buffer holds ({room}, {BYTES_MAX} bytes); \
                 send fewer, or leave `ack=buffered` out",
                records.len()
            );
            return Err(Problem::new(ProblemKind::TooLarge, detail));
        }
        {
            let mut waiting = self.buffer.waiting();
            if waiting.closed {
                return Err(Problem::new(ProblemKind::Overloaded, "the server is stopping; nothing of it is buffered"));
            }
            if waiting.records.len() + records.len() > room || waiting.bytes + bytes > BYTES_MAX {
                let detail = "the write buffer is full; nothing of it is buffered, try again later";
                return Err(Problem::new(ProblemKind::Overloaded, detail));
            }
            let share = bytes / records.len().max(1);
            waiting.bytes += share * records.len();
            waiting.records.extend(records.into_iter().map(|record| (record, share)));
            if waiting.records.len() >= settings.max_size as usize {
                self.buffer.full.notify_one();
            }
        }
        Ok(Buffered {
            buffered: sent,
            rejected: receipt.rejected,
            rejected_count: receipt.rejected_count,
            ignored_fields: receipt.ignored_fields,
        })
    }

    /// Ends when the buffer holds as many records as it should before it is emptied.
    pub async fn buffer_full(&self) {
        self.buffer.full.notified().await;
    }

    /// Hands everything that waits to the store and returns, once it is durable, how many records it took.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; what was not written waits for the next time.
    pub async fn flush(&self) -> Result<u64, ServiceError> {
        let _turn = self.buffer.flushing.lock().await;
        let mut flushed = 0;
        loop {
            let records: Vec<Record> =
                self.buffer.waiting().records.iter().take(RECORDS_A_WRITE).map(|(record, _)| record.clone()).collect();
            if records.is_empty() {
                return Ok(flushed);
            }
            let count = records.len();
            let done = self.write_each(records).await;
            let (written, failure) = match done {
                Ok(()) => (count, None),
                Err((written, error)) => (written, Some(error)),
            };
            {
                let mut waiting = self.buffer.waiting();
                let bytes: usize = waiting.records.drain(..written).map(|(_, bytes)| bytes).sum();
                waiting.bytes -= bytes;
            }
            flushed += written as u64;
            if let Some(error) = failure {
                self.buffer.failures.fetch_add(1, Ordering::Relaxed);
                return Err(error.into());
            }
        }
    }

    /// Writes `records` in one transaction. When the store cannot take one of them, the halves are tried apart,
    /// until the one is found; it is counted, and the others are stored. A failure tells how many were dealt with.
    async fn write_each(&self, records: Vec<Record>) -> Result<(), (usize, StoreError)> {
        let mut parts = vec![records];
        let mut dealt = 0;
        while let Some(mut part) = parts.pop() {
            let count = part.len();
            match self.store().write(part.clone()).await {
                Ok(_) => {
                    dealt += count;
                    self.buffer.flushed.fetch_add(count as u64, Ordering::Relaxed);
                }
                Err(error) if !error.is_about_a_record() => return Err((dealt, error)),
                Err(error) if count == 1 => {
                    dealt += 1;
                    self.buffer.lost.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(%error, "the store cannot take a buffered record; it is left out");
                }
                Err(_) => {
                    let later = part.split_off(count / 2);
                    parts.push(later);
                    parts.push(part);
                }
            }
        }
        Ok(())
    }

    /// Takes nothing more into the buffer and empties it, if the settings say so; what is left is counted as lost.
    pub async fn close_buffer(&self) {
        self.buffer.waiting().closed = true;
        if self.settings().write_buffer.flush_on_shutdown
            && let Err(error) = self.flush().await
        {
            tracing::error!(error = %error.problem(), "the write buffer could not be emptied at the end");
        }
        let left = std::mem::take(&mut self.buffer.waiting().records).len();
        if left > 0 {
            self.buffer.lost.fetch_add(left as u64, Ordering::Relaxed);
            tracing::warn!(records = left, "buffered records were dropped because the server stops");
        }
    }

    /// How the buffer is doing.
    #[must_use]
    pub fn buffer_gauge(&self) -> BufferGauge {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        BufferGauge {
            waiting: self.buffer.waiting().records.len() as u64,
            room: room(self.settings().write_buffer.max_size) as u64,
            flushed: of(&self.buffer.flushed),
            failures: of(&self.buffer.failures),
            lost: of(&self.buffer.lost),
        }
    }
}

fn room(max_size: u32) -> usize {
    (max_size as usize).saturating_mul(ROOM_FACTOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::maintain::WriteBufferSettings;
    use crate::model::{Dataset, MetricRecord, Micros};
    use crate::service::Settings;
    use crate::service::record::IntakeOptions;
    use crate::store::{Store, StoreOptions};

    async fn service(max_size: u32) -> (Service, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("s.db"), &StoreOptions::default()).await.expect("a store");
        let write_buffer = WriteBufferSettings { max_size, ..WriteBufferSettings::default() };
        (Service::new(store, Settings { write_buffer, ..Settings::default() }), folder)
    }

    async fn intake(service: &Service, count: usize) -> Intake {
        let mut intake = service.intake(IntakeOptions {
            now: Micros(1_767_268_800_000_000),
            assume_offset: None,
            key: None,
            line_bytes_max: 1000,
            atomic: true,
        });
        for _ in 0..count {
            let line = br#"{"kind":"agent_metric","agent_id":"a","metric_type":"load","value":1}"#;
            intake.take(line, 0).await.expect("taken");
        }
        intake
    }

    async fn stored(service: &Service) -> u64 {
        service.store().counts().await.expect("counts")[Dataset::AgentMetrics as usize]
    }

    #[tokio::test]
    async fn a_full_buffer_refuses_whole_bodies_and_what_it_took_is_flushed() {
        let (service, _folder) = service(1).await; // room for 100
        assert_eq!(service.buffer(intake(&service, 60).await).map(|taken| taken.buffered), Ok(60));
        let refused = service.buffer(intake(&service, 41).await).expect_err("no room");
        assert_eq!(refused.kind, ProblemKind::Overloaded);
        let never = service.buffer(intake(&service, 101).await).expect_err("more than it holds");
        assert_eq!(never.kind, ProblemKind::TooLarge);
        assert_eq!(service.flush().await.expect("flushed"), 60);
        assert_eq!((stored(&service).await, service.buffer_gauge().waiting), (60, 0));
        service.close_buffer().await;
        assert!(service.buffer(intake(&service, 1).await).is_err(), "it is closed");
    }

    #[tokio::test]
    async fn a_record_the_store_cannot_take_is_left_out_alone_and_counted() {
        let (service, _folder) = service(100).await;
        assert!(service.buffer(intake(&service, 20).await).is_ok());
        let bad = Record::AgentMetric(MetricRecord {
            subject: "a".into(),
            metric_type: "load".into(),
            value: f64::NAN, // reads as null, which the table refuses
            timestamp: Micros(0),
            id: None,
            metadata: None,
            project: None,
            source: None,
        });
        service.buffer.waiting().records.insert(7, (bad, 0));
        service.flush().await.expect("the others are flushed");
        let gauge = service.buffer_gauge();
        assert_eq!((stored(&service).await, gauge.flushed, gauge.lost, gauge.waiting), (20, 20, 1, 0));
    }

    #[tokio::test]
    async fn a_failed_flush_is_counted_and_keeps_everything_for_the_next() {
        let (service, _folder) = service(100).await;
        assert!(service.buffer(intake(&service, 5).await).is_ok());
        service.store().close().await;
        assert!(service.flush().await.is_err());
        assert_eq!((service.buffer_gauge().waiting, service.buffer_gauge().failures), (5, 1));
    }
}
