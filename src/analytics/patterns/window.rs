//! A row of values that grows at its end and shrinks at both, and is one slice all the same.

use std::ops::{Deref, DerefMut};

/// Values in a row. What is dropped at the front is forgotten when it is as much as what is left.
#[derive(Debug, Clone)]
pub(super) struct Window<T> {
    values: Vec<T>,
    start: usize,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Self { values: Vec::new(), start: 0 }
    }
}

impl<T> Window<T> {
    pub fn push(&mut self, value: T) {
        self.values.push(value);
    }

    /// Leaves the first `count`.
    pub fn truncate(&mut self, count: usize) {
        self.values.truncate(self.start + count);
    }

    /// Drops the first `count`.
    pub fn drop_front(&mut self, count: usize) {
        self.start = (self.start + count).min(self.values.len());
        if self.start * 2 >= self.values.len() {
            self.values.drain(..self.start);
            self.start = 0;
        }
    }
}

impl<T> Deref for Window<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..]
    }
}

impl<T> DerefMut for Window<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_move_and_the_middle_stays() {
        let mut window = Window::default();
        (0..10).for_each(|value| window.push(value));
        window.drop_front(3);
        window.truncate(5);
        assert_eq!(*window, [3, 4, 5, 6, 7]);
        window.drop_front(4);
        window.push(8);
        assert_eq!(*window, [7, 8]);
        window.drop_front(9);
        assert!(window.is_empty());
    }
}
