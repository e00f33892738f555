//! The account of an intake: what became of each record that was sent.

use crate::model::answer::{Receipt, Rejection};
use crate::service::ServiceError;
use crate::store::Landing;
use crate::wire::native::IgnoredFields;

/// One record as it was sent: its place, and how many rows it became.
#[derive(Debug)]
pub(super) struct Mark {
    pub index: u64,
    pub line: u64,
    pub parts: usize,
}

/// What became of everything that was sent in.
#[derive(Debug)]
pub struct Report {
    /// The account, as the sender gets it.
    pub receipt: Receipt,
    /// The lines of `receipt.rejected`, in its order, from 1.
    pub rejected_lines: Vec<u64>,
    /// The lines of `receipt.differing`, in its order, from 1.
    pub differing_lines: Vec<u64>,
    /// How many records were read.
    pub read: u64,
    /// Why it ended early; what the receipt counts is stored all the same.
    pub failure: Option<ServiceError>,
}

impl Report {
    /// Records that arrived and could be taken: new ones and repeats.
    #[must_use]
    pub fn valid(&self) -> u64 {
        self.receipt.accepted + self.receipt.duplicates + self.receipt.differing_count
    }
}

#[derive(Debug, Default)]
pub(super) struct Account {
    pub receipt: Receipt,
    rejected_lines: Vec<u64>,
    differing_lines: Vec<u64>,
}

impl Account {
    pub(super) fn refuse(&mut self, index: u64, line: u64, error: String) {
        self.receipt.rejected_count += 1;
        if self.receipt.rejected.len() < Receipt::LISTED_MAX {
            self.receipt.rejected.push(Rejection { index, error });
            self.rejected_lines.push(line);
        }
    }

    /// Counts every mark once, by the best that happened to its rows: something new makes it new.
    pub(super) fn land(&mut self, marks: &[Mark], landings: &[Landing]) {
        let mut rest = landings;
        for mark in marks {
            let (own, after) = rest.split_at(mark.parts.min(rest.len()));
            rest = after;
            if own.iter().any(|landing| matches!(landing, Landing::Stored | Landing::Updated)) {
                self.receipt.accepted += 1;
            } else if own.contains(&Landing::Differs) {
                self.differ(mark);
            } else {
                self.receipt.duplicates += 1;
            }
        }
    }

    fn differ(&mut self, mark: &Mark) {
        self.receipt.differing_count += 1;
        if self.receipt.differing.len() < Receipt::LISTED_MAX {
            let error = "it was sent before with other values; the first is kept".into();
            self.receipt.differing.push(Rejection { index: mark.index, error });
            self.differing_lines.push(mark.line);
        }
    }

    pub(super) fn report(mut self, ignored: IgnoredFields, read: u64, failure: Option<ServiceError>) -> Report {
        self.receipt.ignored_fields = ignored.into_inner();
        Report {
            receipt: self.receipt,
            rejected_lines: self.rejected_lines,
            differing_lines: self.differing_lines,
            read,
            failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_several_rows_counts_once() {
        let mut account = Account::default();
        let marks = [
            Mark { index: 0, line: 1, parts: 3 },
            Mark { index: 1, line: 2, parts: 1 },
            Mark { index: 2, line: 3, parts: 2 },
        ];
        use Landing::{Differs, Duplicate, Stored};
        account.land(&marks, &[Duplicate, Stored, Differs, Duplicate, Duplicate, Differs]);
        let report = account.report(IgnoredFields::default(), 3, None);
        assert_eq!((report.receipt.accepted, report.receipt.duplicates, report.receipt.differing_count), (1, 1, 1));
        assert_eq!((report.receipt.differing[0].index, &report.differing_lines), (2, &vec![3]));
        assert_eq!(report.valid(), 3);
    }

    #[test]
    fn the_first_1000_refusals_are_listed_and_all_are_counted() {
        let mut account = Account::default();
        (0..1500).for_each(|index| account.refuse(index, index + 1, "no".into()));
        let report = account.report(IgnoredFields::default(), 1500, None);
        assert_eq!((report.receipt.rejected.len(), report.receipt.rejected_count), (1000, 1500));
        assert_eq!(report.rejected_lines.last(), Some(&1000));
    }
}
