//! What the tokens of a range cost.

use crate::analytics::cost;
use crate::analytics::grid::{pieces, widen};
use crate::model::answer::Tier;
use crate::model::overview::CostReport;
use crate::model::price::PriceTable;
use crate::model::{Micros, TimeRange};
use crate::store::StoreError;

use super::reading::Reading;

/// Models whose price changes are looked up; prices of models beyond count as of the start of the range.
const MODELS_MAX: u32 = 1000;

impl Reading {
    /// Cost by model and project. Between two price changes one price holds, so usage is read for each such time.
    pub(super) async fn costs(&mut self, range: TimeRange, prices: &PriceTable) -> Result<CostReport, StoreError> {
        let (Some(cut), Some(data)) = (self.cut, self.task_range()) else { return Ok(CostReport::default()) };
        let models = self.snapshot.models(MODELS_MAX).await?;
        let changes = prices.changes(models.iter().map(String::as_str));
        let coarsest = if cut.has_usage() { Tier::Day } else { Tier::Raw };
        let mut usage = Vec::new();
        for part in split(range, &changes, data) {
            let pieces = pieces(widen(part, data), coarsest, None);
            usage.extend(self.snapshot.usage(&pieces, &cut).await?);
        }
        Ok(cost::report(&usage, prices))
    }
}

/// `range`, as far as there is data, cut at the instants inside it.
fn split(range: TimeRange, at: &[Micros], data: TimeRange) -> Vec<TimeRange> {
    let (from, until) = (range.from.max(data.from), range.until.min(data.until));
    let mut ends: Vec<Micros> = at.iter().copied().filter(|at| from < *at && *at < until).collect();
    ends.push(until);
    let mut parts = Vec::with_capacity(ends.len());
    let mut start = from;
    for end in ends {
        parts.extend(TimeRange::new(start, end).ok());
        start = end;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_price_changes_inside_the_data_only() {
        let range = |from, until| TimeRange { from: Micros(from), until: Micros(until) };
        let at = [Micros(5), Micros(10), Micros(15), Micros(20), Micros(30)];
        assert_eq!(split(range(0, 100), &at, range(10, 21)), [range(10, 15), range(15, 20), range(20, 21)]);
        assert_eq!(split(range(0, 5), &at, range(10, 21)), []);
    }
}
