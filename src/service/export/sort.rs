//! Sorting the pieces of an export in bounded memory: runs of up to a few MiB are sorted in memory
//! and, once there is more than one, lie in an unnamed temporary file until they are merged (external
//! merge sort, Knuth TAOCP 3, 5.4). Blocking: callers run it off the async threads.
//!
//! Not here: what the pieces mean (`wire`).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::wire::Place;

/// Bytes held in memory before a run is written out.
const RUN_BYTES: usize = 16 * 1024 * 1024;
/// Bytes read from a run at a time.
const READ_BYTES: usize = 32 * 1024;
/// A place and the length of its piece, as a run on disk holds them.
const HEAD_BYTES: usize = 4 * 8 + 4;

/// A place with where its piece lies.
type Entry = (Place, usize, usize);

/// Takes pieces in any order.
#[derive(Debug)]
pub(super) struct Sorter {
    folder: PathBuf,
    run_bytes: usize,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
    file: Option<File>,
    runs: Vec<Run>,
}

impl Sorter {
    /// A sorter that writes runs into an unnamed file in `folder`.
    pub(super) fn new(folder: &Path) -> Self {
        Self::with_run_bytes(folder, RUN_BYTES)
    }

    fn with_run_bytes(folder: &Path, run_bytes: usize) -> Self {
        let folder = folder.to_owned();
        Self { folder, run_bytes, entries: Vec::new(), bytes: Vec::new(), file: None, runs: Vec::new() }
    }

    /// Takes a piece. Call [`Self::spill`] when [`Self::is_full`].
    pub(super) fn push(&mut self, place: Place, piece: &[u8]) {
        self.entries.push((place, self.bytes.len(), piece.len()));
        self.bytes.extend_from_slice(piece);
    }

    /// Whether enough is held for a run.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() + self.entries.len() * size_of::<Entry>() >= self.run_bytes
    }

    /// Sorts what is held and writes it out as a run.
    ///
    /// # Errors
    /// [`io::Error`] when the file cannot be made or written.
    pub(super) fn spill(&mut self) -> io::Result<()> {
        self.entries.sort_by_key(|(place, ..)| *place); // stable: equal places keep their order
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile_in(&self.folder)?),
        };
        let start = file.seek(SeekFrom::End(0))?;
        let mut out = io::BufWriter::with_capacity(256 * 1024, file);
        let mut length = 0;
        for (place, at, len) in self.entries.drain(..) {
            let piece = self.bytes.get(at..at + len).unwrap_or_default();
            for part in place {
                out.write_all(&part.to_le_bytes())?;
            }
            out.write_all(&u32::try_from(len).map_err(io::Error::other)?.to_le_bytes())?;
            out.write_all(piece)?;
            length += (HEAD_BYTES + len) as u64;
        }
        out.flush()?;
        self.bytes.clear();
        self.runs.push(Run::Disk { at: start, end: start + length, buffer: Vec::new(), used: 0 });
        Ok(())
    }

    /// Every piece in ascending order of place, those of equal place in the order they came.
    ///
    /// # Errors
    /// [`io::Error`] when the file cannot be read.
    pub(super) fn finish(mut self) -> io::Result<Sorted> {
        self.entries.sort_by_key(|(place, ..)| *place);
        self.runs.push(Run::Memory { entries: self.entries.into_iter(), bytes: self.bytes });
        let mut sorted = Sorted { file: self.file, runs: self.runs, heads: Vec::new(), heap: BinaryHeap::new() };
        for run in 0..sorted.runs.len() {
            sorted.heads.push(Vec::new());
            sorted.advance(run)?;
        }
        Ok(sorted)
    }
}

/// Sorted pieces that were not yet taken.
#[derive(Debug)]
enum Run {
    /// In the file, from `at` on; `buffer` from `used` on was read already.
    Disk { at: u64, end: u64, buffer: Vec<u8>, used: usize },
    /// The last run, which needs no file.
    Memory { entries: std::vec::IntoIter<Entry>, bytes: Vec<u8> },
}

impl Run {
    fn next(&mut self, file: Option<&mut File>) -> io::Result<Option<(Place, Vec<u8>)>> {
        match self {
            Self::Memory { entries, bytes } => Ok(entries.next().map(|(place, at, len)| {
                let piece = bytes.get(at..at + len).unwrap_or_default();
                (place, piece.to_owned())
            })),
            Self::Disk { at, end, buffer, used } => {
                let Some(file) = file else { return Ok(None) };
                if *used == buffer.len() && at == end {
                    return Ok(None);
                }
                let mut source = Source { file, at, end: *end, buffer, used };
                let mut place = [0; 4];
                for part in &mut place {
                    *part = i64::from_le_bytes(source.array()?);
                }
                let len = u32::from_le_bytes(source.array()?);
                Ok(Some((place, source.take(len as usize)?)))
            }
        }
    }
}

/// A run on disk while it is read.
struct Source<'a> {
    file: &'a mut File,
    at: &'a mut u64,
    end: u64,
    buffer: &'a mut Vec<u8>,
    used: &'a mut usize,
}

impl Source<'_> {
    fn take(&mut self, len: usize) -> io::Result<Vec<u8>> {
        if self.buffer.len() - *self.used < len {
            self.fill(len)?;
        }
        let taken = self.buffer.get(*self.used..*self.used + len).ok_or(io::ErrorKind::UnexpectedEof)?.to_owned();
        *self.used += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        self.take(N)?.try_into().map_err(|_| io::ErrorKind::UnexpectedEof.into())
    }

    /// Reads on, so that at least `len` bytes are there unless the run ends.
    fn fill(&mut self, len: usize) -> io::Result<()> {
        self.buffer.drain(..*self.used);
        *self.used = 0;
        let wanted = READ_BYTES.max(len).saturating_sub(self.buffer.len()) as u64;
        let wanted = wanted.min(self.end - *self.at);
        self.file.seek(SeekFrom::Start(*self.at))?;
        let read = Read::by_ref(self.file).take(wanted).read_to_end(self.buffer)?;
        *self.at += read as u64;
        Ok(())
    }
}

/// Gives the pieces back in order.
#[derive(Debug)]
pub(super) struct Sorted {
    file: Option<File>,
    runs: Vec<Run>,
    heads: Vec<Vec<u8>>,                       // the next piece of each run
    heap: BinaryHeap<Reverse<(Place, usize)>>, // and its place; earlier runs first
}

impl Sorted {
    /// The next piece.
    ///
    /// # Errors
    /// [`io::Error`] when the file cannot be read.
    pub(super) fn next(&mut self) -> io::Result<Option<(Place, Vec<u8>)>> {
        let Some(Reverse((place, run))) = self.heap.pop() else { return Ok(None) };
        let piece = self.heads.get_mut(run).map(std::mem::take).unwrap_or_default();
        self.advance(run)?;
        Ok(Some((place, piece)))
    }

    fn advance(&mut self, run: usize) -> io::Result<()> {
        let Some(source) = self.runs.get_mut(run) else { return Ok(()) };
        if let Some((place, piece)) = source.next(self.file.as_mut())? {
            self.heap.push(Reverse((place, run)));
            if let Some(head) = self.heads.get_mut(run) {
                *head = piece;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 000 pieces of 0 to 99 bytes at 500 places, pushed in a scrambled order.
    fn pieces() -> Vec<(Place, Vec<u8>)> {
        (0..10_000_i64)
            .map(|n| {
                let scrambled = n * 7919 % 10_000;
                let place = [scrambled % 5, -(scrambled % 10), 0, scrambled % 100];
                let byte = u8::try_from(n % 251).expect("small");
                (place, vec![byte; usize::try_from(n % 100).expect("small")])
            })
            .collect()
    }

    fn sorted(run_bytes: usize) -> (Vec<(Place, Vec<u8>)>, usize) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut sorter = Sorter::with_run_bytes(folder.path(), run_bytes);
        for (place, piece) in pieces() {
            sorter.push(place, &piece);
            if sorter.is_full() {
                sorter.spill().expect("room for a run");
            }
        }
        let runs = sorter.runs.len();
        let mut sorted = sorter.finish().expect("readable");
        let mut out = Vec::new();
        while let Some(piece) = sorted.next().expect("readable") {
            out.push(piece);
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "the file has no name");
        (out, runs)
    }

    #[test]
    fn pieces_come_back_in_order_and_ties_in_the_order_they_came() {
        let mut expected = pieces();
        expected.sort_by_key(|(place, _)| *place);
        for (run_bytes, at_least) in [(usize::MAX, 0), (100_000, 5), (2_000, 300)] {
            let (out, runs) = sorted(run_bytes);
            assert!(runs >= at_least, "{runs} runs");
            assert!(out == expected, "{run_bytes} bytes a run");
        }
    }

    #[test]
    fn nothing_is_nothing() {
        let mut sorted = Sorter::new(Path::new("/nonexistent")).finish().expect("no file is needed");
        assert!(sorted.next().expect("nothing to read").is_none());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let mut sorter = Sorter::new(Path::new("/nonexistent"));
        sorter.push([0; 4], b"x");
        assert_eq!(sorter.spill().expect_err("no folder").kind(), io::ErrorKind::NotFound);
    }
}
