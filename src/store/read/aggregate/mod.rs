//! Sums, values and sketches of any source by slot and group: the rows behind every aggregate.
//!
//! - `family` which rollups hold what is asked
//! - `raw` the records, `sealed` those that are sealed
//! - `buckets` the rollups
//! - `words` names to numbers and back
//!
//! Not here: merging the parts, functions, ordering (`service::aggregate`).

mod buckets;
mod family;
mod raw;
mod sealed;
#[cfg(test)]
mod tests;
mod words;

use sqlx::{QueryBuilder, Sqlite};

use super::Cut;
use crate::analytics::sketch::Sketch;
use crate::analytics::stats::Moments;
use crate::model::aggregate::{Field, GroupBy, Source};

pub use family::{Family, Needs};

/// The numbers of a group's words, in the order of `group_by`; 0 where there is none.
pub type Group = [i64; 2];

/// What is asked, in the numbers of the dictionaries.
#[derive(Debug, Clone)]
pub struct Question {
    pub(super) source: Source,
    pub(super) field: Option<Field>,
    pub(super) group_by: Vec<GroupBy>,
    /// Which tasks; of use for tasks only.
    pub(super) cut: Cut,
    /// Which other records: column and number.
    pub(super) conditions: Vec<(&'static str, i64)>,
    /// Only groups whose first word has one of these numbers; `None` = all.
    pub only: Option<Vec<i64>>,
}

/// A part of the sums of one group in one slot.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct SumsAt {
    /// Its place in the grid.
    pub slot: usize,
    /// The group.
    pub group: Group,
    /// Records.
    pub records: u64,
    /// Those that succeeded.
    pub success: u64,
    /// Those that count in the success rate.
    pub rated: u64,
    /// Of the field. From records, and from rollups without [`Needs::spread`], `m2` is not known and 0.
    pub moments: Moments,
}

/// One value of the field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueAt {
    /// Its place in the grid.
    pub slot: usize,
    /// Its group.
    pub group: Group,
    /// The number.
    pub value: f64,
}

/// Values of one group in one slot, or a part of them, summarised.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupSketch {
    /// Its place in the grid.
    pub slot: usize,
    /// The group.
    pub group: Group,
    /// Their summary.
    pub sketch: Sketch,
}

impl Question {
    /// The column of the field; `null` without one.
    fn value_column(&self) -> &'static str {
        // A field's name is its column's.
        self.field.map_or("null", Field::as_str)
    }

    /// Adds `, g1, g2`: the numbers of the group's words.
    fn push_groups(&self, sql: &mut QueryBuilder<Sqlite>, column: impl Fn(GroupBy) -> &'static str) {
        for place in 0..2 {
            sql.push(", ").push(self.group_by.get(place).map_or("0", |group| column(*group)));
        }
    }

    /// Adds ` and g1 in (…)` when only some groups are wanted.
    fn push_only(&self, sql: &mut QueryBuilder<Sqlite>, column: impl Fn(GroupBy) -> &'static str) {
        let (Some(only), Some(group)) = (&self.only, self.group_by.first()) else { return };
        sql.push(" and ").push(column(*group)).push(" in (");
        let mut list = sql.separated(", ");
        for number in only {
            list.push_bind(*number);
        }
        sql.push(")");
    }
}
