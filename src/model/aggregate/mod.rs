//! A question for figures over records, and its answer in columns.
//!
//! One question fits `/api/v1/aggregate`, `/explore` and the documented query methods. Data and small total
//! functions only: which rows answer it is decided by `service`.

mod bucket;
mod function;
mod source;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::answer::{Estimator, Tier};
use super::{Micros, Problem, RangeSpec, RecordFilter, TimeRange};

pub use bucket::Bucket;
pub use function::Function;
pub use source::{Field, GroupBy, Source};

/// By what groups are ordered. Groups without a value come last, whatever the direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OrderBy {
    /// The function of the whole range, or the word.
    pub key: OrderKey,
    /// Largest, or last in the alphabet, first.
    pub descending: bool,
}

/// What [`OrderBy`] compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKey {
    /// A function over the whole range; one of those asked for.
    Function(Function),
    /// A word; one of those grouped by.
    Group(GroupBy),
}

impl OrderBy {
    /// Reads `p95` (ascending), `-p95` (descending), `agent_id`, ….
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        let (word, descending) = name.strip_prefix('-').map_or((name, false), |word| (word, true));
        let key = match GroupBy::parse(word) {
            Ok(group) => OrderKey::Group(group),
            Err(_) => OrderKey::Function(Function::parse(word).map_err(|_| {
                Problem::bad_request(format!(
                    "`order_by={name}`: write a function that `fn` asks for or a word of `group_by`, \
                     with - before it for descending"
                ))
            })?),
        };
        Ok(Self { key, descending })
    }
}

impl fmt::Display for OrderBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.descending { "-" } else { "" };
        match self.key {
            OrderKey::Function(function) => write!(f, "{sign}{function}"),
            OrderKey::Group(group) => write!(f, "{sign}{}", group.as_str()),
        }
    }
}

/// A question for figures. The default counts the tasks of the last 24 hours.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct AggregateQuery {
    /// Of which records.
    pub source: Source,
    /// Of which of their numbers; `None` when only records are counted.
    pub field: Option<Field>,
    /// What to compute, in the order of the answer's columns; at least one, none twice.
    pub functions: Vec<Function>,
    /// Of which time.
    pub range: RangeSpec,
    /// Of which records of it; only fields of [`Source::filters`].
    pub filter: RecordFilter,
    /// By which words; at most [`Self::GROUPS_MAX`].
    pub group_by: Vec<GroupBy>,
    /// In which steps; `None` = the range as a whole.
    pub bucket: Option<Bucket>,
    /// An IANA zone (`Europe/Berlin`) whose midnight and hours the buckets start at; `None` = UTC.
    pub tz: Option<String>,
    /// In which order groups come; `None` = by their words.
    pub order_by: Option<OrderBy>,
    /// At most so many groups, 1 to [`Self::LIMIT_MAX`]; `None` = [`Self::LIMIT_DEFAULT`].
    pub limit: Option<u32>,
}

impl Default for AggregateQuery {
    fn default() -> Self {
        Self {
            source: Source::default(),
            field: None,
            functions: vec![Function::Count],
            range: RangeSpec::default(),
            filter: RecordFilter::default(),
            group_by: Vec::new(),
            bucket: None,
            tz: None,
            order_by: None,
            limit: None,
        }
    }
}

impl AggregateQuery {
    /// Most buckets; more are refused.
    pub const BUCKETS_MAX: usize = 5_000;
    /// Most words to group by.
    pub const GROUPS_MAX: usize = 2;
    /// Most functions.
    pub const FUNCTIONS_MAX: usize = 12;
    /// Groups when no limit is asked for.
    pub const LIMIT_DEFAULT: u32 = 100;
    /// Most groups.
    pub const LIMIT_MAX: u32 = 1_000;
}

/// Figures in columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateAnswer {
    /// The server's clock when it answered.
    pub now: Micros,
    /// The instants asked about.
    pub range: TimeRange,
    /// The steps that were really used; `None` = the range as a whole.
    pub bucket: Option<Bucket>,
    /// The zone that was really used.
    pub zone: String,
    /// Starts of the buckets, epoch milliseconds, ascending, none left out; without buckets one entry, the start
    /// of the range.
    pub time: Vec<i64>,
    /// The end of the last bucket, epoch milliseconds.
    pub end: i64,
    /// Whether the range starts inside the first bucket, which then holds only a part of its time.
    pub partial_first: bool,
    /// Whether the last bucket is still being filled, or the range ends inside it.
    pub partial_last: bool,
    /// What `group` of each series holds.
    pub group_by: Vec<GroupBy>,
    /// One series a group, in the order asked for; exactly one without grouping.
    pub series: Vec<AggregateSeries>,
    /// How many groups there are.
    pub group_count: u64,
    /// Whether groups were left out.
    pub truncated: bool,
    /// The coarsest rows that answered; `None` when nothing did.
    pub tier: Option<Tier>,
    /// Where the answer is not quite what was asked for, and why.
    pub note: Option<String>,
}

/// The figures of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateSeries {
    /// Its words, in the order of `group_by`; `None` = the records have none.
    pub group: Vec<Option<String>>,
    /// How many records it has in the range.
    pub records: u64,
    /// One column a function, in the order asked for.
    pub columns: Vec<AggregateColumn>,
}

/// One function of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateColumn {
    /// The function.
    pub function: Function,
    /// A value for each bucket; `None` = no data.
    pub values: Vec<Option<f64>>,
    /// How many values each stands on: records that carry the field, rated records of a success rate.
    pub samples: Vec<u64>,
    /// The successes of each bucket, of `samples` rated records; only of [`Function::SuccessRate`].
    pub successes: Option<Vec<u64>>,
    /// The function of the whole range.
    pub total: Option<f64>,
    /// How many values `total` stands on.
    pub n: u64,
    /// How percentiles were computed; `None` for other functions, which are exact.
    pub estimator: Option<Estimator>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_read_back() {
        for name in ["p95", "-p95", "agent_id", "-model"] {
            assert_eq!(OrderBy::parse(name).map(|order| order.to_string()), Ok(name.to_owned()));
        }
        assert!(OrderBy::parse("shoe_size").is_err());
    }
}
