//! Splits a stream of bytes into lines, in memory bounded by the longest line that is taken.

/// One line, without its line feed.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The whole line.
    Whole(&'a [u8]),
    /// It has more bytes than are taken; they were skipped.
    TooLong,
}

/// Holds the beginning of a line that goes on in the next chunk.
#[derive(Debug)]
pub struct LineSplitter {
    begun: Vec<u8>,
    joined: Vec<u8>,
    max: usize,
    skipping: bool,
}

impl LineSplitter {
    /// A splitter that takes lines of up to `max` bytes.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { begun: Vec::new(), joined: Vec::new(), max, skipping: false }
    }

    /// The next line that ends in `chunk`, which then starts after it; `None` when none ends there:
    /// then `chunk` is empty and kept for the next one.
    pub fn next<'s, 'c: 's>(&'s mut self, chunk: &mut &'c [u8]) -> Option<Line<'s>> {
        let Some(end) = memchr::memchr(b'\n', chunk) else {
            self.keep(chunk);
            *chunk = &[];
            return None;
        };
        let (head, rest) = (&chunk[..end], &chunk[end + 1..]);
        *chunk = rest;
        if self.begun.is_empty() && !self.skipping {
            return Some(if head.len() > self.max { Line::TooLong } else { Line::Whole(head) });
        }
        self.keep(head);
        Some(self.ended())
    }

    /// The last line, when the stream does not end with a line feed.
    pub fn last(&mut self) -> Option<Line<'_>> {
        (self.skipping || !self.begun.is_empty()).then(|| self.ended())
    }

    fn keep(&mut self, part: &[u8]) {
        if !self.skipping && self.begun.len() + part.len() <= self.max {
            self.begun.extend_from_slice(part);
        } else {
            self.skipping = true;
            self.begun = Vec::new();
        }
    }

    fn ended(&mut self) -> Line<'_> {
        if std::mem::take(&mut self.skipping) {
            return Line::TooLong;
        }
        self.joined.clear();
        std::mem::swap(&mut self.joined, &mut self.begun);
        Line::Whole(&self.joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of `text` when it comes in chunks of `size` bytes; `None` for one that was too long.
    fn split(text: &str, size: usize, max: usize) -> Vec<Option<String>> {
        let mut splitter = LineSplitter::new(max);
        let mut lines = Vec::new();
        let own = |line: Line<'_>| match line {
            Line::Whole(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Line::TooLong => None,
        };
        for mut chunk in text.as_bytes().chunks(size) {
            while let Some(line) = splitter.next(&mut chunk) {
                lines.push(own(line));
            }
        }
        lines.extend(splitter.last().map(own));
        lines
    }

    #[test]
    fn lines_are_the_same_however_the_stream_is_cut() {
        let expected = vec![Some("ab".into()), Some(String::new()), None, Some("cde".into()), Some("f".into())];
        for size in 1..16 {
            assert_eq!(split("ab\n\ntoo long\ncde\nf", size, 3), expected, "chunks of {size}");
        }
    }

    #[test]
    fn a_stream_that_ends_within_a_line_that_is_too_long_says_so() {
        assert_eq!(split("ok\nendless", 2, 3), vec![Some("ok".into()), None]);
        assert_eq!(split("ok\n", 2, 3), vec![Some("ok".into())]);
    }

    #[test]
    fn a_line_that_never_ends_is_not_kept() {
        let mut splitter = LineSplitter::new(10);
        for _ in 0..1000 {
            assert_eq!(splitter.next(&mut [b'x'; 100].as_slice()), None);
            assert!(splitter.begun.capacity() <= 10);
        }
    }
}
