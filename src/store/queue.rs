//! The queue to the writer, bounded in records and bytes. A full queue makes senders wait, and
//! after [`PATIENCE`] tells them so; nothing that was taken in is dropped.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::archive;
use super::chore::{Chore, Outcome};
use super::error::StoreError;
use super::gauge::Counters;
use super::{KeyUse, Landing};
use crate::model::{Dataset, Record};

/// Most records that wait.
pub(super) const RECORDS_MAX: usize = 200_000;
/// Most bytes that wait, in KiB, as [`weight`] estimates them.
const KIB_MAX: usize = 64 * 1024;
/// How long a sender waits for room.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the writer is asked to do in one transaction.
#[derive(Debug)]
pub(super) enum Work {
    /// Store records.
    Records(Vec<Record>),
    /// Remember an idempotency key and the digest of the body it came with.
    Key { key: String, digest: [u8; 32] },
    /// Set a fact about the file.
    Info { key: String, value: String },
    /// Give some free pages back to the disk.
    Vacuum,
    /// A small piece of upkeep.
    Chore(Chore),
    /// Seal rows of a dataset, or undo it.
    Archive { dataset: Dataset, step: archive::Step },
}

impl Work {
    fn records(&self) -> usize {
        if let Self::Records(records) = self { records.len() } else { 0 }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Records(records) => records.iter().map(weight).sum(),
            Self::Key { key, .. } => key.len(),
            Self::Info { key, value } => key.len() + value.len(),
            Self::Vacuum | Self::Chore(_) | Self::Archive { .. } => 0,
        }
    }
}

/// Room taken in the queue, in records and in KiB; given back when the job is done.
type Room = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// What was done.
#[derive(Debug)]
pub(super) enum Done {
    /// One landing a record.
    Records(Vec<Landing>),
    /// Whether the key was known.
    Key(KeyUse),
    /// The fact is set.
    Info,
    /// So much was given back; 0 when there is nothing left.
    Vacuum { bytes: u64 },
    /// What came of the upkeep.
    Chore(Outcome),
    /// What one step of sealing did.
    Archive(archive::Progress),
}

/// One sender's work, its place in the queue, and where the answer goes.
#[derive(Debug)]
pub(super) struct Job {
    pub work: Work,
    pub reply: oneshot::Sender<Result<Done, StoreError>>,
    bytes: usize,
    _room: Room,
}

impl Job {
    /// How many records it brings.
    pub(super) fn records(&self) -> usize {
        self.as_records().len()
    }

    /// The records it brings.
    pub(super) fn as_records(&self) -> &[Record] {
        if let Work::Records(records) = &self.work { records } else { &[] }
    }

    /// About how many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The senders' end.
#[derive(Debug)]
pub(super) struct Queue {
    sender: Mutex<Option<mpsc::UnboundedSender<Job>>>,
    records: Arc<Semaphore>,
    kib: Arc<Semaphore>,
    patience: Duration,
    counters: Arc<Counters>,
}

impl Queue {
    /// A queue and the writer's end of it.
    pub(super) fn new(counters: Arc<Counters>) -> (Self, mpsc::UnboundedReceiver<Job>) {
        let (sender, receiver) = mpsc::unbounded_channel(); // the semaphores bound it
        let queue = Self {
            sender: Mutex::new(Some(sender)),
            records: Arc::new(Semaphore::new(RECORDS_MAX)),
            kib: Arc::new(Semaphore::new(KIB_MAX)),
            patience: PATIENCE,
            counters,
        };
        (queue, receiver)
    }

    /// Hands `work` to the writer and waits until it is durable. When the caller stops waiting after
    /// the work was handed over, it is done all the same.
    ///
    /// # Errors
    /// [`StoreError::Overloaded`], [`StoreError::Closed`], or what the writer met.
    pub(super) async fn run(&self, work: Work) -> Result<Done, StoreError> {
        let bytes = work.bytes();
        let room =
            timeout(self.patience, self.room(work.records(), bytes)).await.map_err(|_| StoreError::Overloaded)??;
        let (reply, answer) = oneshot::channel();
        let job = Job { work, reply, bytes, _room: room };
        {
            let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
            let sender = sender.as_ref().ok_or(StoreError::Closed)?;
            self.counters.queued_records.fetch_add(job.records() as u64, Ordering::Relaxed);
            sender.send(job).map_err(|_| StoreError::Closed)?;
        }
        answer.await.map_err(|_| StoreError::Closed)?
    }

    /// Waits for room. Work larger than the whole queue takes all of it.
    async fn room(&self, records: usize, bytes: usize) -> Result<Room, StoreError> {
        let permits = |amount: usize, most: usize| u32::try_from(amount.clamp(1, most)).unwrap_or(u32::MAX);
        // Always in this order, so that two large senders cannot hold what the other one needs.
        let records = Arc::clone(&self.records).acquire_many_owned(permits(records, RECORDS_MAX));
        let records = records.await.map_err(|_| StoreError::Closed)?;
        let kib = Arc::clone(&self.kib).acquire_many_owned(permits(bytes.div_ceil(1024), KIB_MAX));
        let kib = kib.await.map_err(|_| StoreError::Closed)?;
        Ok((records, kib))
    }

    /// Takes no more work. What was taken is still done.
    pub(super) fn close(&self) {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.records.close();
        self.kib.close();
    }
}

/// About how many bytes a record holds in memory.
fn weight(record: &Record) -> usize {
    let texts = match record {
        Record::Task(task) => task.metadata.as_ref().map_or(0, |json| json.0.len()),
        Record::AgentMetric(metric) | Record::SwarmMetric(metric) => {
            metric.metadata.as_ref().map_or(0, |json| json.0.len())
        }
        Record::Event(event) => event.metadata.as_ref().map_or(0, |json| json.0.len()),
        Record::Healing(healing) => {
            let actions: usize = healing.actions.iter().map(String::len).sum();
            healing.metadata.as_ref().map_or(0, |json| json.0.len()) + actions
        }
        Record::Agent(life) => life.metadata.as_ref().map_or(0, |json| json.0.len()),
        Record::Memory(memory) => memory.value.0.len() + memory.key.len(),
    };
    size_of::<Record>() + texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{MetricRecord, Micros};

    fn metrics(count: usize) -> Work {
        let metric = MetricRecord {
            subject: "a".into(),
            metric_type: "load".into(),
            value: 1.0,
            timestamp: Micros(0),
            id: None,
            metadata: None,
            project: None,
            source: None,
        };
        Work::Records(vec![Record::AgentMetric(metric); count])
    }

    #[tokio::test]
    async fn a_full_queue_makes_senders_wait_then_tells_them_and_frees_its_room_with_the_job() {
        let (queue, mut jobs) = Queue::new(Arc::default());
        let queue = Arc::new(Queue { patience: Duration::from_millis(20), ..queue });
        // More than the bytes that may wait: it takes the whole queue for itself.
        let first = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.run(metrics(RECORDS_MAX + 1)).await }
        });
        let job = jobs.recv().await.expect("the first job");
        assert!(matches!(queue.run(metrics(1)).await, Err(StoreError::Overloaded)));
        drop(job); // the writer went away with it
        assert!(matches!(first.await.expect("no panic"), Err(StoreError::Closed)));
        let second = tokio::spawn(async move { queue.run(metrics(1)).await });
        let job = jobs.recv().await.expect("there is room again");
        job.reply.send(Ok(Done::Info)).expect("somebody waits");
        assert!(matches!(second.await.expect("no panic"), Ok(Done::Info)));
    }
}
