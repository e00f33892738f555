//! Taking records in: from bytes to durable rows, with an account of what became of each.
//!
//! An [`Intake`] parses while earlier chunks are being committed, holds at most a few chunks in
//! memory, and never loses a valid record because a neighbour is invalid. HTTP, the command line and
//! tests use the same one. Not here: reading the bytes of one record (`wire::native`), media types
//! and limits of requests (`api::ingest`).

mod account;
pub mod buffer;
pub mod decode;
mod names;
mod pump;

use std::collections::VecDeque;

use chrono::FixedOffset;
use tokio::task::JoinHandle;

use super::{Service, ServiceError};
use crate::model::answer::Receipt;
use crate::model::{Micros, Problem, ProblemKind, Record};
use crate::store::{KeyUse, Landing, StoreError};
use crate::wire::native::{self, IgnoredFields, ParseContext, RecordError};
use account::{Account, Mark};
use names::Names;

pub(super) use names::new_event_id;

pub use account::Report;
pub use pump::PumpError;

/// Records handed to the store at once. Small enough that parsing one chunk overlaps the commit of
/// the one before within a body of 10 000 lines, large enough that a commit is shared by thousands.
const CHUNK_RECORDS: usize = 5000;
/// Bytes of input handed to the store at once; bounds memory when records are large.
const CHUNK_BYTES: usize = 2 << 20;
/// Chunks that may wait for their commit while the next one is parsed.
const CHUNKS_WAITING_MAX: usize = 2;

/// How records are taken in.
#[derive(Debug, Clone)]
pub struct IntakeOptions {
    /// The time of records that bring none.
    pub now: Micros,
    /// The offset of times that bring none.
    pub assume_offset: Option<FixedOffset>,
    /// With its index, this names records that have no identity of their own.
    pub key: Option<String>,
    /// Most bytes of one record.
    pub line_bytes_max: usize,
    /// All or nothing: nothing is stored before [`Intake::finish`], and nothing at all when a record
    /// is refused. Everything is held in memory, which is the caller's to bound.
    pub atomic: bool,
}

/// Nothing more can be taken in; the report says why.
#[derive(Debug)]
pub struct Stopped;

/// Records on their way into the store.
#[derive(Debug)]
pub struct Intake {
    service: Service,
    context: ParseContext,
    line_bytes_max: usize,
    atomic: bool,
    names: Names,
    account: Account,
    ignored: IgnoredFields,
    chunk: Vec<Record>,
    marks: Vec<Mark>,
    bytes: usize,
    waiting: VecDeque<Commit>,
    failure: Option<ServiceError>,
    next_index: u64,
}

/// A chunk that is being committed.
#[derive(Debug)]
struct Commit {
    marks: Vec<Mark>,
    landings: JoinHandle<Result<Vec<Landing>, StoreError>>,
}

impl Service {
    /// Opens an intake.
    #[must_use]
    pub fn intake(&self, options: IntakeOptions) -> Intake {
        Intake {
            service: self.clone(),
            context: ParseContext { now: options.now, assume_offset: options.assume_offset },
            line_bytes_max: options.line_bytes_max,
            atomic: options.atomic,
            names: Names::new(options.now, options.key),
            account: Account::default(),
            ignored: IgnoredFields::default(),
            chunk: Vec::new(),
            marks: Vec::new(),
            bytes: 0,
            waiting: VecDeque::new(),
            failure: None,
            next_index: 0,
        }
    }

    /// Stores `records` in one transaction, names those that bring no identity, and says what became
    /// of each, in their order.
    ///
    /// # Errors
    /// [`ServiceError::Store`]; then none of them is stored.
    pub async fn record(&self, mut records: Vec<Record>, now: Micros) -> Result<Vec<Landing>, ServiceError> {
        let mut names = Names::new(now, None);
        for (index, record) in (0..).zip(&mut records) {
            names.give(record, index, 0);
        }
        Ok(self.store().write(records).await?)
    }
}

impl Service {
    /// Remembers an idempotency key and returns when it was first seen: the time that records without
    /// one get, so that a repeat is a repeat.
    ///
    /// # Errors
    /// [`Problem`] of kind unprocessable when the key came before with another body.
    pub async fn remember_key(&self, key: &str, digest: [u8; 32]) -> Result<Micros, ServiceError> {
        match self.store().idempotency(key, digest).await? {
            KeyUse::First(since) | KeyUse::Again(since) => Ok(since),
            KeyUse::OtherBody => Err(Problem::new(
                ProblemKind::Unprocessable,
                "this Idempotency-Key came before with another body; make a new key for a new body",
            )
            .into()),
        }
    }
}

impl Intake {
    /// Takes one record, the JSON object in `bytes`, which stands on `line` of its file (from 1; 0 = no file).
    ///
    /// # Errors
    /// [`Stopped`] when a commit failed; nothing after it is taken.
    pub async fn take(&mut self, bytes: &[u8], line: u64) -> Result<(), Stopped> {
        self.parse(bytes, line);
        if !self.atomic && (self.chunk.len() >= CHUNK_RECORDS || self.bytes >= CHUNK_BYTES) {
            self.flush().await?;
        }
        Ok(())
    }

    /// Parses one record into the chunk, or notes why it is refused.
    fn parse(&mut self, bytes: &[u8], line: u64) {
        if bytes.len() > self.line_bytes_max {
            self.refuse_long(line);
            return;
        }
        let index = self.index();
        match native::parse(bytes, &self.context, &mut self.chunk, &mut self.ignored) {
            Ok(parts) => {
                let first = self.chunk.len() - parts;
                for (part, record) in (0..).zip(&mut self.chunk[first..]) {
                    self.names.give(record, index, part);
                }
                self.marks.push(Mark { index, line, parts });
                self.bytes += bytes.len();
            }
            Err(error) => self.account.refuse(index, line, error.to_string()),
        }
    }

    /// Notes a record that was longer than is taken.
    fn refuse_long(&mut self, line: u64) {
        let index = self.index();
        let error = RecordError::LineTooLong { max: self.line_bytes_max };
        self.account.refuse(index, line, error.to_string());
    }

    fn index(&mut self) -> u64 {
        let index = self.next_index;
        self.next_index += 1;
        index
    }

    /// Hands the chunk to the store, and waits while too many are on their way.
    async fn flush(&mut self) -> Result<(), Stopped> {
        if !self.chunk.is_empty() {
            let records = std::mem::take(&mut self.chunk);
            let marks = std::mem::take(&mut self.marks);
            self.bytes = 0;
            let store = self.service.store().clone();
            let landings = tokio::spawn(async move { store.write(records).await });
            self.waiting.push_back(Commit { marks, landings });
        }
        while self.waiting.len() > CHUNKS_WAITING_MAX {
            self.settle().await;
        }
        if self.failure.is_some() { Err(Stopped) } else { Ok(()) }
    }

    /// Waits for the oldest commit.
    async fn settle(&mut self) {
        let Some(commit) = self.waiting.pop_front() else { return };
        match commit.landings.await {
            Ok(Ok(landings)) => self.account.land(&commit.marks, &landings),
            Ok(Err(error)) => self.fail(error.into()),
            Err(_) => {
                self.fail(Problem::new(ProblemKind::Internal, "a commit ended unexpectedly; the log says why").into())
            }
        }
    }

    /// Keeps the first failure.
    fn fail(&mut self, error: ServiceError) {
        self.failure.get_or_insert(error);
    }

    /// What is known so far; records on their way are not in it yet.
    #[must_use]
    pub fn so_far(&self) -> &Receipt {
        &self.account.receipt
    }

    /// Ends an atomic intake without storing anything: the rows, how many records they came in and of how many
    /// bytes, and the account of those that were refused.
    pub(super) fn into_records(self) -> (Vec<Record>, u64, usize, Receipt) {
        let report = self.account.report(self.ignored, self.next_index, self.failure);
        (self.chunk, self.marks.len() as u64, self.bytes, report.receipt)
    }

    /// Stores what is left and accounts for everything.
    pub async fn finish(mut self) -> Report {
        if self.atomic && self.account.receipt.rejected_count > 0 {
            self.chunk.clear();
        }
        if self.failure.is_none() {
            // A failure is kept, and the report carries it.
            drop(self.flush().await);
        }
        while !self.waiting.is_empty() {
            self.settle().await;
        }
        self.account.report(self.ignored, self.next_index, self.failure)
    }
}
