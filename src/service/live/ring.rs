//! The latest news, bounded in bytes: what followers that are a little behind still find.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Fresh;
use crate::model::HighWater;

/// Most bytes of news that are kept; one batch may be larger.
const BYTES_MAX: usize = 16 << 20;
/// Most batches that are kept.
const BATCHES_MAX: usize = 4096;
/// What a record takes beside its texts, which it holds twice: as fields and as JSON.
const RECORD_BYTES: usize = size_of::<Fresh>() + 64;

/// What one look at the store brought.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Batch {
    /// New records, in the order of arrival.
    Fresh(Vec<Arc<Fresh>>),
    /// Something was written, but no record is new: records were changed or deleted.
    Changed,
    /// So much was new that it was passed over.
    Skipped,
}

/// Numbered batches, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Ring {
    batches: VecDeque<(Arc<Batch>, usize)>,
    /// The number of the oldest batch.
    first: u64,
    bytes: usize,
    /// The place after the last batch.
    until: HighWater,
}

/// What a follower finds.
#[derive(Debug)]
pub(super) enum Found {
    /// The batch it comes to next.
    Batch(Arc<Batch>),
    /// Nothing yet.
    Nothing,
    /// What it comes to next is gone.
    Gone,
}

impl Ring {
    /// Empties the ring and begins at `until`. Numbers go on, so that nobody mistakes new batches for old ones.
    pub(super) fn restart(&mut self, until: HighWater) {
        *self = Self { first: self.next(), until, ..Self::default() };
    }

    /// Adds a batch, after which the place is `until`; the oldest make room. Returns the number that comes next.
    pub(super) fn push(&mut self, batch: Batch, until: HighWater) -> u64 {
        let bytes = match &batch {
            Batch::Fresh(rows) => rows.iter().map(|row| RECORD_BYTES + 2 * row.json.len()).sum(),
            Batch::Changed | Batch::Skipped => size_of::<Batch>(),
        };
        self.batches.push_back((Arc::new(batch), bytes));
        self.bytes += bytes;
        self.until = until;
        while self.batches.len() > 1 && (self.bytes > BYTES_MAX || self.batches.len() > BATCHES_MAX) {
            self.bytes -= self.batches.pop_front().map_or(0, |(_, bytes)| bytes);
            self.first += 1;
        }
        self.next()
    }

    /// Moves the place on without a batch.
    pub(super) fn pass(&mut self, until: HighWater) {
        self.until = until;
    }

    /// What batch `number` is.
    pub(super) fn find(&self, number: u64) -> Found {
        let Some(place) = number.checked_sub(self.first) else { return Found::Gone };
        let batch = usize::try_from(place).ok().and_then(|place| self.batches.get(place));
        batch.map_or(Found::Nothing, |(batch, _)| Found::Batch(Arc::clone(batch)))
    }

    /// The number of the batch that comes next.
    pub(super) fn next(&self) -> u64 {
        self.first + self.batches.len() as u64
    }

    /// The place after the last batch.
    pub(super) fn until(&self) -> HighWater {
        self.until
    }

    /// Bytes of what is kept.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dataset, MemoryRecord, Micros, Record};

    fn fresh(json: usize) -> Batch {
        let record = Record::Memory(MemoryRecord {
            session_id: "s".into(),
            memory_type: "semantic".into(),
            key: "k".into(),
            value: crate::model::Json("1".into()),
            timestamp: Micros(0),
            ttl_hours: None,
            id: None,
            project: None,
            source: None,
        });
        Batch::Fresh(vec![Arc::new(Fresh { dataset: Dataset::Memory, id: 1, record, json: vec![b' '; json] })])
    }

    #[test]
    fn the_oldest_batches_make_room_and_who_wanted_them_is_told() {
        let mut ring = Ring::default();
        let mebibyte = fresh(1 << 19);
        let next = (0..40).map(|_| ring.push(mebibyte.clone(), HighWater::default())).last();
        assert_eq!(next, Some(40));
        assert!(ring.bytes() <= BYTES_MAX, "{}", ring.bytes());
        assert!(matches!(ring.find(0), Found::Gone) && matches!(ring.find(40), Found::Nothing));
        assert!(matches!(ring.find(39), Found::Batch(_)));
        let kept = (0..40).filter(|number| matches!(ring.find(*number), Found::Batch(_))).count();
        assert_eq!(kept, 15, "fifteen mebibytes and what the records take");
    }

    #[test]
    fn a_batch_beyond_all_bounds_is_kept_alone() {
        let mut ring = Ring::default();
        ring.push(Batch::Changed, HighWater::default());
        ring.push(fresh(BYTES_MAX), HighWater::default());
        assert!(matches!(ring.find(0), Found::Gone) && matches!(ring.find(1), Found::Batch(_)));
    }

    #[test]
    fn a_new_start_gives_no_number_out_again() {
        let mut ring = Ring::default();
        ring.push(Batch::Changed, HighWater::default());
        ring.restart(HighWater::default());
        assert_eq!((ring.next(), ring.bytes()), (1, 0));
        assert!(matches!(ring.find(0), Found::Gone) && matches!(ring.find(1), Found::Nothing));
    }
}
