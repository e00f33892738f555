//! Reads what an aggregate is made from, into one cell for each group and bucket.

use std::collections::BTreeMap;

use super::axis::{Axis, Stretch};
use crate::analytics::grid::{Piece, pieces, widen};
use crate::analytics::stats::Moments;
use crate::model::TimeRange;
use crate::model::answer::{Estimator, Tier};
use crate::service::insight::reading::Reading;
use crate::service::insight::spread::{Values, portions};
use crate::store::StoreError;
use crate::store::read::aggregate::{Family, Group, Needs, Question, SumsAt, ValueAt};

/// Values of records that are in memory at once, about.
const VALUES_AT_ONCE: u64 = 200_000;

/// What is known of one group in one bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cell {
    pub records: u64,
    pub success: u64,
    pub rated: u64,
    /// Records that carry the field.
    pub carried: u64,
    pub moments: Moments,
    /// The values or their summary, if asked for and there are any.
    pub values: Option<Values>,
}

/// Cells by group, one for each bucket.
pub(super) struct Cells {
    pub groups: BTreeMap<Group, Vec<Cell>>,
    /// The coarsest rows that were read; `None` when there were none.
    pub tier: Option<Tier>,
    pub estimator: Estimator,
    buckets: usize,
}

impl Cells {
    /// No cells yet, of so many buckets a group.
    pub(super) fn new(buckets: usize) -> Self {
        Self { groups: BTreeMap::new(), tier: None, estimator: Estimator::Exact, buckets }
    }

    fn cell(&mut self, group: Group, bucket: usize) -> Option<&mut Cell> {
        let buckets = self.buckets;
        self.groups.entry(group).or_insert_with(|| vec![Cell::default(); buckets]).get_mut(bucket)
    }

    /// How many values of the field there are.
    pub(super) fn values(&self) -> u64 {
        self.groups.values().flatten().map(|cell| cell.carried).sum()
    }
}

/// A question, and which rows answer it.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub question: Question,
    pub family: Family,
    pub needs: Needs,
}

impl Reading {
    /// The pieces to read a stretch in.
    pub(super) fn pieces_for(&self, family: Family, range: TimeRange, coarsest: Tier) -> Vec<Piece> {
        match (family, self.scope.bounds) {
            (Family::Fleet, _) => self.pieces(range, coarsest),
            (Family::Agents, _) => self.of_agents(pieces(self.near_data(range), coarsest, None)),
            (Family::Usage, _) => pieces(self.near_data(range), coarsest, None),
            (Family::Metrics, Some(bounds)) => self.of_series(pieces(widen(range, bounds), coarsest, None)),
            (Family::Events, Some(bounds)) => pieces(widen(range, bounds), coarsest, None),
            // Beyond all records there is nothing to read, and nothing to cut into portions.
            (_, Some(bounds)) => {
                let near = TimeRange::new(range.from.max(bounds.from), range.until.min(bounds.until));
                near.into_iter().flat_map(|range| pieces(range, Tier::Raw, None)).collect()
            }
            (_, None) => Vec::new(),
        }
    }

    /// Every cell of `plan` on `axis`. `values` is how many values there are, if known; the cells count them else.
    pub(super) async fn gather(&mut self, plan: &Plan, axis: &Axis, values: Option<u64>) -> Result<Cells, StoreError> {
        let mut cells = Cells::new(axis.starts.len());
        for stretch in &axis.stretches {
            for piece in self.pieces_for(plan.family, stretch.range, stretch.coarsest) {
                self.add_sums(plan, axis, stretch, &piece, &mut cells).await?;
                cells.tier = cells.tier.max(Some(piece.tier));
            }
        }
        cells.tier = cells.tier.filter(|_| !cells.groups.is_empty());
        let empty = Values::for_question(values.unwrap_or_else(|| cells.values()));
        cells.estimator = empty.estimator();
        if !plan.needs.spread && !plan.needs.quantiles {
            return Ok(cells);
        }
        for stretch in &axis.stretches {
            for piece in self.pieces_for(plan.family, stretch.range, stretch.coarsest) {
                self.add_values(plan, axis, stretch, &piece, &empty, &mut cells).await?;
            }
        }
        Ok(cells)
    }

    async fn add_sums(
        &mut self,
        plan: &Plan,
        axis: &Axis,
        stretch: &Stretch,
        piece: &Piece,
        cells: &mut Cells,
    ) -> Result<(), StoreError> {
        let (question, grid) = (&plan.question, &stretch.grid);
        let sums = if piece.tier == Tier::Raw {
            self.snapshot.record_sums(question, piece.range, grid).await?
        } else {
            self.snapshot.bucket_sums(question, plan.family, piece, grid, plan.needs).await?
        };
        for SumsAt { slot, group, records, success, rated, mut moments } in sums {
            let Some(cell) = axis.bucket(stretch, slot).and_then(|bucket| cells.cell(group, bucket)) else { continue };
            cell.records += records;
            cell.success += success;
            cell.rated += rated;
            cell.carried += moments.n;
            if piece.tier == Tier::Raw && plan.needs.spread {
                moments = Moments::default(); // the values follow one by one
            }
            cell.moments.merge(&moments);
        }
        Ok(())
    }

    /// Adds the values of one piece: as sketches where they may be and there are, else one by one.
    async fn add_values(
        &mut self,
        plan: &Plan,
        axis: &Axis,
        stretch: &Stretch,
        piece: &Piece,
        empty: &Values,
        cells: &mut Cells,
    ) -> Result<(), StoreError> {
        let (question, raw) = (&plan.question, piece.tier == Tier::Raw);
        if !raw && !plan.needs.quantiles {
            return Ok(());
        }
        if !raw && empty.estimator() == Estimator::Sketch {
            for part in self.snapshot.bucket_sketches(question, plan.family, piece, &stretch.grid).await? {
                let bucket = axis.bucket(stretch, part.slot);
                let Some(cell) = bucket.and_then(|bucket| cells.cell(part.group, bucket)) else { continue };
                cell.values.get_or_insert_with(|| empty.clone()).merge(&Values::Sketched(part.sketch));
            }
            return Ok(());
        }
        let records: u64 = cells.groups.values().flatten().map(|cell| cell.records).sum();
        for part in portions(piece.range, records / VALUES_AT_ONCE + 1) {
            for ValueAt { slot, group, value } in self.snapshot.record_values(question, part, &stretch.grid).await? {
                let bucket = axis.bucket(stretch, slot);
                let Some(cell) = bucket.and_then(|bucket| cells.cell(group, bucket)) else { continue };
                if raw && plan.needs.spread {
                    cell.moments.push(value);
                }
                if plan.needs.quantiles {
                    cell.values.get_or_insert_with(|| empty.clone()).push(value);
                }
            }
        }
        Ok(())
    }
}
