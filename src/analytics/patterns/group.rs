//! The events of one type in one stream, with what is summed up over them; events come at the end and go at both ends.
//!
//! Not here: what depends on events of other types (`tally`).

use super::streams::{LAG, SESSION, WIDTHS, Widths};
use super::window::Window;

/// The events of one type in one stream.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub stream: u32,
    pub kind: u32,
    /// When, ascending.
    pub times: Window<i64>,
    /// The row of the log each came from, the rows that are gone included; see [`Streams::row`].
    pub rows: Window<u32>,
    /// Whether each opens a window that overlaps none before: of correlations, of precursors.
    pub apart: Window<[bool; 2]>,
    /// How many do.
    pub trials: [u64; 2],
    /// When the last of these windows ends.
    open: [i64; 2],
    /// Time at work between the first and the last, in microseconds: silences count up to [`SESSION`].
    pub active: i64,
    /// The part of it that such an event follows within the width.
    pub covered: [i64; WIDTHS],
    /// The number of events of any type that follow within the width, of all events together. Kept by `tally`.
    pub slots: [i64; WIDTHS],
}

impl Group {
    /// A group without events.
    pub fn new(stream: u32, kind: u32) -> Self {
        Self {
            stream,
            kind,
            times: Window::default(),
            rows: Window::default(),
            apart: Window::default(),
            trials: [0; 2],
            open: [i64::MIN; 2],
            active: 0,
            covered: [0; WIDTHS],
            slots: [0; WIDTHS],
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn len(&self) -> f64 {
        self.count() as f64
    }

    /// How many events there are.
    pub fn count(&self) -> u64 {
        self.times.len() as u64
    }

    /// Adds an event, the newest.
    pub fn push(&mut self, time: i64, row: u32, widths: Widths) {
        if let Some(last) = self.times.last() {
            self.silence(time - last, 1, widths);
        }
        let mut apart = [false; 2];
        for (i, apart) in apart.iter_mut().enumerate() {
            *apart = time >= self.open[i];
            if *apart {
                self.open[i] = time.saturating_add(widths.0[LAG + i]);
                self.trials[i] += 1;
            }
        }
        self.times.push(time);
        self.rows.push(row);
        self.apart.push(apart);
    }

    /// Takes away the newest `count` events.
    pub fn drop_back(&mut self, count: usize, widths: Widths) {
        let left = self.times.len().saturating_sub(count);
        for at in left..self.times.len() {
            if at > 0 {
                self.silence(self.times[at] - self.times[at - 1], -1, widths);
            }
            self.forget_trials(at);
        }
        self.times.truncate(left);
        self.rows.truncate(left);
        self.apart.truncate(left);
        for i in 0..2 {
            let last = (0..left).rev().find(|at| self.apart[*at][i]);
            self.open[i] = last.map_or(i64::MIN, |at| self.times[at].saturating_add(widths.0[LAG + i]));
        }
    }

    /// Takes away the oldest `count` events. Which of the others open a window changes with that: the places that do now
    /// and did not, or the other way round, each with the window (0 of correlations, 1 of precursors).
    pub fn drop_front(&mut self, count: usize, widths: Widths) -> Vec<(usize, usize)> {
        for at in 0..count.min(self.times.len()) {
            if let Some(next) = self.times.get(at + 1) {
                self.silence(next - self.times[at], -1, widths);
            }
            self.forget_trials(at);
        }
        self.times.drop_front(count);
        self.rows.drop_front(count);
        self.apart.drop_front(count);
        (0..2).flat_map(|window| self.open_anew(window, widths.0[LAG + window])).collect()
    }

    /// Opens windows from the first event on, until one opens that was opened before: from there on all are as they were.
    fn open_anew(&mut self, window: usize, width: i64) -> Vec<(usize, usize)> {
        let mut changed = Vec::new();
        let mut open = i64::MIN;
        for (at, time) in self.times.iter().enumerate() {
            let opens = *time >= open;
            if opens {
                open = time.saturating_add(width);
            }
            let before = std::mem::replace(&mut self.apart[at][window], opens);
            if opens && before {
                return changed;
            }
            if opens != before {
                self.trials[window] = if opens { self.trials[window] + 1 } else { self.trials[window] - 1 };
                changed.push((at, window));
            }
        }
        self.open[window] = open;
        changed
    }

    fn forget_trials(&mut self, at: usize) {
        for (trials, apart) in self.trials.iter_mut().zip(self.apart[at]) {
            *trials -= u64::from(apart);
        }
    }

    /// What is summed up, to compare.
    #[cfg(test)]
    pub fn sums(&self) -> impl std::fmt::Debug + use<> {
        (self.active, self.covered, self.slots, self.trials, self.open)
    }

    fn silence(&mut self, silence: i64, sign: i64, widths: Widths) {
        let gap = silence.min(SESSION);
        self.active += sign * gap;
        for (covered, width) in self.covered.iter_mut().zip(widths.0) {
            *covered += sign * gap.min(width);
        }
    }

    /// The mean number of events of any type that follow within the width.
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    pub fn followers(&self, width: usize) -> f64 {
        self.slots[width] as f64 / self.len()
    }
}
