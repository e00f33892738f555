//! A question for figures over records, and its answer in columns.
//!
//! One question fits `/api/v1/aggregate`, `/explore` and the documented query methods. Data and small total
//! functions only: which rows answer it is decided by `service`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::answer::{Estimator, Tier};
use super::time::{DAY, HOUR, MINUTE};
use super::{Dataset, Micros, Problem, RangeSpec, RecordFilter, TimeRange};

/// Which records are counted and added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// Tasks.
    #[default]
    Tasks,
    /// Numbers about agents.
    AgentMetrics,
    /// Numbers about swarms.
    SwarmMetrics,
    /// Agent events.
    Events,
    /// Healing attempts.
    Healings,
}

impl Source {
    /// Every source.
    pub const ALL: [Self; 5] = [Self::Tasks, Self::AgentMetrics, Self::SwarmMetrics, Self::Events, Self::Healings];

    /// The name in requests: that of the dataset.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.dataset().as_str()
    }

    /// The dataset it reads.
    #[must_use]
    pub fn dataset(self) -> Dataset {
        match self {
            Self::Tasks => Dataset::Tasks,
            Self::AgentMetrics => Dataset::AgentMetrics,
            Self::SwarmMetrics => Dataset::SwarmMetrics,
            Self::Events => Dataset::Events,
            Self::Healings => Dataset::Healings,
        }
    }

    /// The numbers its records carry.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Tasks => &[
                Field::DurationMs,
                Field::TokensUsed,
                Field::TokensInput,
                Field::TokensOutput,
                Field::TokensCacheRead,
                Field::TokensCacheWrite,
                Field::TokensReasoning,
                Field::FilesChanged,
                Field::CostUsd,
            ],
            Self::AgentMetrics | Self::SwarmMetrics => &[Field::Value],
            Self::Events => &[],
            Self::Healings => &[Field::DurationMs],
        }
    }

    /// The words its records can be grouped by.
    #[must_use]
    pub fn groups(self) -> &'static [GroupBy] {
        match self {
            Self::Tasks => &[GroupBy::Agent, GroupBy::Swarm, GroupBy::Project, GroupBy::Model, GroupBy::Result],
            Self::AgentMetrics => &[GroupBy::Agent, GroupBy::MetricType, GroupBy::Project],
            Self::SwarmMetrics => &[GroupBy::Swarm, GroupBy::MetricType, GroupBy::Project],
            Self::Events => &[GroupBy::EventType, GroupBy::Agent, GroupBy::AgentType, GroupBy::Swarm, GroupBy::Project],
            Self::Healings => {
                &[GroupBy::Strategy, GroupBy::FailureType, GroupBy::Success, GroupBy::Agent, GroupBy::Project]
            }
        }
    }

    /// The fields it can be filtered by: those it can be grouped by.
    pub fn filters(self) -> impl Iterator<Item = &'static str> {
        self.groups().iter().map(|group| group.as_str())
    }

    /// Whether its records succeed or fail, so that they have a success rate.
    #[must_use]
    pub fn has_success(self) -> bool {
        matches!(self, Self::Tasks | Self::Healings)
    }

    /// Reads a name made by [`Self::as_str`].
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        named("source", name, &Self::ALL, |source| source.as_str())
    }
}

/// A number that records carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Duration of a task or a healing, in milliseconds.
    DurationMs,
    /// All tokens of a task.
    TokensUsed,
    /// Not cached prompt tokens.
    TokensInput,
    /// Answer tokens.
    TokensOutput,
    /// Prompt tokens read from a cache.
    TokensCacheRead,
    /// Prompt tokens written to a cache.
    TokensCacheWrite,
    /// Reasoning tokens, a part of the output.
    TokensReasoning,
    /// Files a task changed.
    FilesChanged,
    /// What a task cost in USD, as its source reported it.
    CostUsd,
    /// The value of a metric.
    Value,
}

impl Field {
    /// Every field.
    pub const ALL: [Self; 10] = [
        Self::DurationMs,
        Self::TokensUsed,
        Self::TokensInput,
        Self::TokensOutput,
        Self::TokensCacheRead,
        Self::TokensCacheWrite,
        Self::TokensReasoning,
        Self::FilesChanged,
        Self::CostUsd,
        Self::Value,
    ];

    /// The name in requests and in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DurationMs => "duration_ms",
            Self::TokensUsed => "tokens_used",
            Self::TokensInput => "tokens_input",
            Self::TokensOutput => "tokens_output",
            Self::TokensCacheRead => "tokens_cache_read",
            Self::TokensCacheWrite => "tokens_cache_write",
            Self::TokensReasoning => "tokens_reasoning",
            Self::FilesChanged => "files_changed",
            Self::CostUsd => "cost_usd",
            Self::Value => "value",
        }
    }

    /// Reads a name made by [`Self::as_str`].
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        named("field", name, &Self::ALL, |field| field.as_str())
    }
}

/// What is computed of the records of a bucket and group. `None` where there is nothing to compute from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Function {
    /// Arithmetic mean of the field.
    Avg,
    /// Sum of the field.
    Sum,
    /// Records; with a field, those that carry it. 0 where there are none.
    Count,
    /// The smallest.
    Min,
    /// The largest.
    Max,
    /// Standard deviation of the values as a whole population (divides by n).
    Stddev,
    /// Standard deviation estimated from the values as a sample (divides by n − 1).
    StddevSamp,
    /// The value below which so many thousandths of a percent lie: 95 000 is p95, 99 900 is p99.9.
    Percentile(u32),
    /// [`Self::Count`] a second of the part of the bucket that the range covers.
    Rate,
    /// Successes ÷ rated records.
    SuccessRate,
}

impl Function {
    /// The functions without a parameter.
    pub const PLAIN: [Self; 9] = [
        Self::Avg,
        Self::Sum,
        Self::Count,
        Self::Min,
        Self::Max,
        Self::Stddev,
        Self::StddevSamp,
        Self::Rate,
        Self::SuccessRate,
    ];
    /// The median.
    pub const P50: Self = Self::Percentile(50_000);
    /// The 95th percentile.
    pub const P95: Self = Self::Percentile(95_000);
    /// The 99th percentile.
    pub const P99: Self = Self::Percentile(99_000);

    /// Whether it is computed from a field.
    #[must_use]
    pub fn needs_field(self) -> bool {
        !matches!(self, Self::Count | Self::Rate | Self::SuccessRate)
    }

    /// Reads `avg`, `stddev_samp`, `p99.9`, … Up to three decimals are read.
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        if let Some(plain) = Self::PLAIN.into_iter().find(|plain| plain.to_string() == name) {
            return Ok(plain);
        }
        let thousandths = name.strip_prefix('p').and_then(thousandths).filter(|share| *share <= 100_000);
        thousandths.map(Self::Percentile).ok_or_else(|| {
            let known: Vec<String> = Self::PLAIN.iter().map(ToString::to_string).collect();
            let known = known.join(", ");
            Problem::bad_request(format!("there is no function `{name}`; known: {known}, and p0 to p100 (p99.9)"))
        })
    }
}

/// `99.9` → 99 900.
fn thousandths(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').map_or((text, ""), |(whole, part)| (whole, part));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || whole.len() > 3 || part.len() > 3 || (text.contains('.') && !digits(part)) {
        return None;
    }
    let fraction: u32 = format!("{part:0<3}").parse().ok()?;
    Some(whole.parse::<u32>().ok()? * 1000 + fraction)
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Min => "min",
            Self::Max => "max",
            Self::Stddev => "stddev",
            Self::StddevSamp => "stddev_samp",
            Self::Rate => "rate",
            Self::SuccessRate => "success_rate",
            Self::Percentile(share) => {
                let (whole, rest) = (share / 1000, share % 1000);
                if rest == 0 {
                    return write!(f, "p{whole}");
                }
                let rest = format!("{rest:03}");
                return write!(f, "p{whole}.{}", rest.trim_end_matches('0'));
            }
        })
    }
}

impl From<Function> for String {
    fn from(function: Function) -> Self {
        function.to_string()
    }
}

impl TryFrom<String> for Function {
    type Error = Problem;
    fn try_from(name: String) -> Result<Self, Problem> {
        Self::parse(&name)
    }
}

/// A word that records are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum GroupBy {
    /// The agent.
    #[serde(rename = "agent_id")]
    Agent,
    /// The swarm.
    #[serde(rename = "swarm_id")]
    Swarm,
    /// The project.
    #[serde(rename = "project")]
    Project,
    /// The model.
    #[serde(rename = "model")]
    Model,
    /// A task's result word.
    #[serde(rename = "result")]
    Result,
    /// The metric type, without prefix.
    #[serde(rename = "metric_type")]
    MetricType,
    /// The event type.
    #[serde(rename = "event_type")]
    EventType,
    /// The kind of an event's agent.
    #[serde(rename = "agent_type")]
    AgentType,
    /// The healing strategy.
    #[serde(rename = "strategy")]
    Strategy,
    /// The failure that was healed.
    #[serde(rename = "failure_type")]
    FailureType,
    /// Whether a healing succeeded: `true` or `false`.
    #[serde(rename = "success")]
    Success,
}

impl GroupBy {
    /// Every grouping.
    pub const ALL: [Self; 11] = [
        Self::Agent,
        Self::Swarm,
        Self::Project,
        Self::Model,
        Self::Result,
        Self::MetricType,
        Self::EventType,
        Self::AgentType,
        Self::Strategy,
        Self::FailureType,
        Self::Success,
    ];

    /// The name in requests: that of the filter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Agent => "agent_id",
            Self::Swarm => "swarm_id",
            Self::Project => "project",
            Self::Model => "model",
            Self::Result => "result",
            Self::MetricType => "metric_type",
            Self::EventType => "event_type",
            Self::AgentType => "agent_type",
            Self::Strategy => "strategy",
            Self::FailureType => "failure_type",
            Self::Success => "success",
        }
    }

    /// Reads a name made by [`Self::as_str`]; `agent` and `swarm` are understood as well.
    ///
    /// # Errors
    /// A [`Problem`] that lists the names.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        match name {
            "agent" => Ok(Self::Agent),
            "swarm" => Ok(Self::Swarm),
            _ => named("group_by", name, &Self::ALL, |group| group.as_str()),
        }
    }
}

/// The width of a bucket. Every width divides a day, so that buckets start at midnight of their zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Bucket(i64);

impl Bucket {
    /// One hour.
    pub const HOUR: Self = Self(HOUR);
    /// One day.
    pub const DAY: Self = Self(DAY);
    /// Every width, ascending.
    pub const ALL: [Self; 14] = [
        Self(MINUTE),
        Self(2 * MINUTE),
        Self(5 * MINUTE),
        Self(10 * MINUTE),
        Self(15 * MINUTE),
        Self(30 * MINUTE),
        Self(HOUR),
        Self(2 * HOUR),
        Self(3 * HOUR),
        Self(4 * HOUR),
        Self(6 * HOUR),
        Self(8 * HOUR),
        Self(12 * HOUR),
        Self(DAY),
    ];

    /// Its length in microseconds; a day of a zone that changes its clock may be longer or shorter.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Reads `1m`, `15m`, `1h`, `1d`, ….
    ///
    /// # Errors
    /// A [`Problem`] that lists the widths.
    pub fn parse(name: &str) -> Result<Self, Problem> {
        Self::ALL.into_iter().find(|bucket| bucket.to_string() == name).ok_or_else(|| {
            let known: Vec<String> = Self::ALL.iter().map(ToString::to_string).collect();
            Problem::bad_request(format!("there is no bucket `{name}`; known: {}", known.join(", ")))
        })
    }

    /// The finest width that cuts `range` into at most `buckets`; the widest when none does.
    #[must_use]
    pub fn fitting(range: TimeRange, buckets: i64) -> Self {
        Self::ALL.into_iter().find(|bucket| range.length() / bucket.0 < buckets).unwrap_or(Self::DAY)
    }
}

impl fmt::Display for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            DAY => f.write_str("1d"),
            width if width % HOUR == 0 => write!(f, "{}h", width / HOUR),
            width => write!(f, "{}m", width / MINUTE),
        }
    }
}

impl From<Bucket> for String {
    fn from(bucket: Bucket) -> Self {
        bucket.to_string()
    }
}

impl TryFrom<String> for Bucket {
    type Error = Problem;
    fn try_from(name: String) -> Result<Self, Problem> {
        Self::parse(&name)
    }
}

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

fn named<T: Copy>(what: &str, name: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Result<T, Problem> {
    all.iter().copied().find(|each| word(*each) == name).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|each| word(*each)).collect();
        Problem::bad_request(format!("there is no {what} `{name}`; known: {}", known.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_read_back_and_nothing_else_is_one() {
        for name in ["avg", "sum", "count", "min", "max", "stddev", "stddev_samp", "rate", "success_rate"] {
            assert_eq!(Function::parse(name).map(|function| function.to_string()), Ok(name.to_owned()));
        }
        for (name, share) in [("p50", 50_000), ("p99.9", 99_900), ("p0", 0), ("p100", 100_000), ("p99.999", 99_999)] {
            assert_eq!(Function::parse(name), Ok(Function::Percentile(share)));
            assert_eq!(Function::Percentile(share).to_string(), name);
        }
        for name in ["", "p", "p101", "p100.1", "p-1", "p9.", "p.9", "p1e1", "p0.0001", "median", "AVG"] {
            assert!(Function::parse(name).is_err(), "{name}");
        }
    }

    #[test]
    fn buckets_divide_a_day_and_read_back() {
        for bucket in Bucket::ALL {
            assert_eq!(DAY % bucket.micros(), 0);
            assert_eq!(Bucket::parse(&bucket.to_string()), Ok(bucket));
        }
        assert_eq!(Bucket::parse("1d"), Ok(Bucket::DAY));
        assert!(Bucket::parse("7m").expect_err("no divisor").detail.contains("5m, 10m"));
    }

    #[test]
    fn the_fitting_bucket_is_the_finest_that_is_not_too_many() {
        let range = |length| TimeRange { from: Micros(0), until: Micros(length) };
        assert_eq!(Bucket::fitting(range(DAY), 120).to_string(), "15m");
        assert_eq!(Bucket::fitting(range(4000 * DAY), 120), Bucket::DAY);
    }

    #[test]
    fn orders_read_back() {
        for name in ["p95", "-p95", "agent_id", "-model"] {
            assert_eq!(OrderBy::parse(name).map(|order| order.to_string()), Ok(name.to_owned()));
        }
        assert!(OrderBy::parse("shoe_size").is_err());
    }

    #[test]
    fn groups_of_a_source_are_filters_of_its_dataset() {
        for source in Source::ALL {
            let fields = RecordFilter::fields(source.dataset());
            assert!(source.filters().all(|filter| fields.contains(&filter)), "{source:?}");
        }
    }
}
