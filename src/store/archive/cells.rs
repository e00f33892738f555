//! The values of one row on their way into the columns of a chunk, and out of them.

use std::sync::Arc;

use super::super::key::TextId;
use super::super::table::Origin;
use super::codec::{Build, Damage, Values};
use super::filter::Probe;
use super::rows::{Column, Sealed};

/// Takes the values of a row into the columns that are being built.
#[derive(Debug)]
pub(in crate::store) struct PutRow<'a> {
    columns: std::slice::IterMut<'a, Build>,
    index: usize,
    filtered: &'static [Column],
    probes: &'a mut Vec<Probe>,
}

impl<'a> PutRow<'a> {
    pub(super) fn new<T: Sealed>(columns: &'a mut [Build], probes: &'a mut Vec<Probe>) -> Self {
        Self { columns: columns.iter_mut(), index: 0, filtered: T::COLUMNS, probes }
    }

    fn next(&mut self, probe: impl FnOnce(usize) -> Option<Probe>) -> Option<&'a mut Build> {
        let index = self.index;
        self.index += 1;
        if self.filtered.get(index).is_some_and(|column| column.filtered) {
            self.probes.extend(probe(index));
        }
        self.columns.next()
    }

    // A value of the wrong kind leaves its column short, which sealing refuses.
    pub(super) fn int(&mut self, value: impl Into<Option<i64>>) {
        let value = value.into();
        let column = self.next(|column| value.map(|value| Probe::int(column, value)));
        if let Some(Build::Ints(values)) = column {
            values.push(value);
        }
    }

    pub(super) fn real(&mut self, value: impl Into<Option<f64>>) {
        if let Some(Build::Reals(values)) = self.next(|_| None) {
            values.push(value.into());
        }
    }

    pub(super) fn text(&mut self, value: Option<&Arc<str>>) {
        let column = self.next(|column| value.map(|value| Probe::text(column, value)));
        if let Some(Build::Texts(values)) = column {
            values.push(value.cloned());
        }
    }

    pub(super) fn id(&mut self, value: Option<&TextId>) {
        let column = self.next(|column| value.map(|value| Probe::id(column, value)));
        if let Some(Build::Ids(values)) = column {
            values.push(value.cloned());
        }
    }

    pub(super) fn origin(&mut self, origin: &Origin) {
        self.int(origin.project);
        self.int(origin.source);
        self.text(origin.source_key.as_ref());
    }
}

/// Gives the values of a row from columns that were read.
#[derive(Debug)]
pub(in crate::store) struct GetRow<'a> {
    columns: std::slice::Iter<'a, Option<Values>>,
    row: usize,
}

pub(super) const NULL: Damage = Damage("a value is null that may not be");

impl<'a> GetRow<'a> {
    pub(super) fn new(columns: &'a [Option<Values>], row: usize) -> Self {
        Self { columns: columns.iter(), row }
    }

    fn next(&mut self) -> Option<&'a Values> {
        self.columns.next()?.as_ref()
    }

    pub(super) fn int(&mut self) -> Option<i64> {
        self.next()?.int(self.row)
    }

    pub(super) fn real(&mut self) -> Option<f64> {
        self.next()?.real(self.row)
    }

    pub(super) fn text(&mut self) -> Option<Arc<str>> {
        self.next()?.text(self.row).map(Into::into)
    }

    pub(super) fn id(&mut self) -> Option<TextId> {
        self.next()?.id(self.row).cloned()
    }

    pub(super) fn origin(&mut self) -> Origin {
        Origin { project: self.int(), source: self.int(), source_key: self.text() }
    }
}
