//! Query parameters, declared once: what a route reads is what its document says.
//!
//! Not here: reading them ([`super::params`]), and rules between several of them, which `service` knows.

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AnyOfBuilder, ArrayBuilder, KnownFormat, ObjectBuilder, Schema, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Required};

use crate::model::{Dataset, Problem, RecordFilter};

/// One query parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it does.
    pub about: &'static str,
    /// A value that always makes sense.
    pub example: &'static str,
}

/// The values of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Any text but the empty one.
    Text,
    /// One of some words.
    Word(&'static [&'static str]),
    /// Several of some words, with commas.
    Words(&'static [&'static str]),
    /// A whole number within bounds.
    Number {
        /// Without the parameter; `None` = nothing then.
        default: Option<u32>,
        /// The least.
        min: u32,
        /// The greatest.
        max: u32,
    },
    /// `1`, `true` or nothing = on; `0`, `false` = off.
    Switch,
    /// RFC 3339, epoch milliseconds, or relative to now.
    Time,
    /// A text of this form, as an ECMA-262 pattern; what reads it refuses others.
    Like(&'static str),
}

/// `asc` and `desc`.
pub const ORDERS: &[&str] = &["asc", "desc"];

/// The first instant.
pub const FROM: Spec = Spec::new(
    "from",
    Takes::Time,
    "First instant: RFC 3339, epoch milliseconds, or relative (`now-6h`); everything without it.",
    "2026-01-01T00:00:00Z",
);
/// The first instant after.
pub const TO: Spec = Spec::new(
    "to",
    Takes::Time,
    "First instant after the range, in the same forms; no end without it.",
    "2026-02-01T00:00:00Z",
);

impl Spec {
    /// One parameter.
    #[must_use]
    pub const fn new(name: &'static str, takes: Takes, about: &'static str, example: &'static str) -> Self {
        Self { name, takes, about, example }
    }

    /// How many rows: `default` without it, at most `max`.
    #[must_use]
    pub const fn limit(default: u32, max: u32) -> Self {
        Self::new("limit", Takes::Number { default: Some(default), min: 1, max }, "Most rows.", "10")
    }

    /// Ascending or descending.
    #[must_use]
    pub const fn order(about: &'static str) -> Self {
        Self::new("order", Takes::Word(ORDERS), about, "desc")
    }

    /// A filter by equality; `None` for what is no field of any record.
    #[must_use]
    pub fn filter(field: &str) -> Option<Self> {
        FILTERS.iter().find(|spec| spec.name == field).copied()
    }

    /// The filters of a list of `dataset`.
    #[must_use]
    pub fn filters(dataset: Dataset) -> Vec<Self> {
        RecordFilter::fields(dataset).iter().copied().filter_map(Self::filter).collect()
    }

    /// Refuses a value it does not take.
    ///
    /// # Errors
    /// [`Problem`] that says what it takes.
    pub fn check(&self, value: &str) -> Result<(), Problem> {
        let name = self.name;
        let refuse = |takes: String| Err(Problem::bad_request(format!("`{name}={value}`: write {takes}")));
        match self.takes {
            Takes::Text if value.is_empty() => {
                Err(Problem::bad_request(format!("filter `{name}` is empty; leave it out to see all")))
            }
            Takes::Time if value.is_empty() => Err(Problem::bad_request(format!("`{name}` is empty; leave it out"))),
            Takes::Text | Takes::Like(_) | Takes::Time => Ok(()), // times are read where the clock is known
            Takes::Word(words) if words.contains(&value) => Ok(()),
            Takes::Word(words) => refuse(listed(words)),
            Takes::Words(words) if value.split(',').all(|word| words.contains(&word.trim())) => Ok(()),
            Takes::Words(words) => refuse(format!("some of {}, with commas", words.join(", "))),
            Takes::Number { min, max, .. } => match value.parse::<u32>() {
                Ok(number) if (min..=max).contains(&number) => Ok(()),
                _ => refuse(format!("a whole number from {min} to {max}")),
            },
            Takes::Switch if matches!(value, "" | "0" | "1" | "true" | "false") => Ok(()),
            Takes::Switch => refuse("1 or 0".to_owned()),
        }
    }

    fn schema(&self) -> RefOr<Schema> {
        let text = || ObjectBuilder::new().schema_type(Type::String);
        match self.takes {
            Takes::Text => text().min_length(Some(1)).build().into(),
            Takes::Like(pattern) => text().pattern(Some(pattern)).build().into(),
            Takes::Word(words) => text().enum_values(Some(words.iter().copied())).build().into(),
            Takes::Words(words) => {
                let word = text().enum_values(Some(words.iter().copied())).build();
                ArrayBuilder::new().items(word).min_items(Some(1)).build().into()
            }
            Takes::Number { default, min, max } => ObjectBuilder::new()
                .schema_type(Type::Integer)
                .minimum(Some(min as usize))
                .maximum(Some(max as usize))
                .default(default.map(Into::into))
                .build()
                .into(),
            Takes::Switch => ObjectBuilder::new().schema_type(Type::Boolean).build().into(),
            Takes::Time => Schema::AnyOf(
                AnyOfBuilder::new()
                    .item(text().format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime))))
                    .item(text().pattern(Some(r"^now([+-][0-9]{1,5}[smhdw])?$")))
                    .item(ObjectBuilder::new().schema_type(Type::Integer).description(Some("epoch milliseconds")))
                    .build(),
            )
            .into(),
        }
    }
}

/// `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Query parameters as the document describes them.
#[must_use]
pub fn document(specs: &[Spec]) -> Vec<Parameter> {
    described(specs, &ParameterIn::Query)
}

/// Headers as the document describes them.
#[must_use]
pub fn document_headers(specs: &[Spec]) -> Vec<Parameter> {
    described(specs, &ParameterIn::Header)
}

fn described(specs: &[Spec], place: &ParameterIn) -> Vec<Parameter> {
    let parameter = |spec: &Spec| {
        let mut parameter = ParameterBuilder::new()
            .name(spec.name)
            .parameter_in(place.clone())
            .required(Required::False)
            .description(Some(spec.about))
            .schema(Some(spec.schema()))
            .example(Some(spec.example_json()));
        if matches!(spec.takes, Takes::Words(_)) {
            parameter = parameter.explode(Some(false)); // commas, not repetitions
        }
        parameter.build()
    };
    specs.iter().map(parameter).collect()
}

impl Spec {
    fn example_json(&self) -> serde_json::Value {
        let text = || serde_json::Value::from(self.example);
        match self.takes {
            Takes::Number { .. } => self.example.parse::<u32>().map_or_else(|_| text(), Into::into),
            Takes::Switch => (self.example == "true").into(),
            Takes::Words(_) => self.example.split(',').collect(),
            Takes::Text | Takes::Word(_) | Takes::Time | Takes::Like(_) => text(),
        }
    }
}

/// Declares a type that describes parameters to `utoipa`: `takes!(Name, specs)`, or with `headers` behind.
macro_rules! takes {
    ($name:ident, $specs:expr) => {
        $crate::api::parameter::takes!($name, $specs, []);
    };
    ($name:ident, $specs:expr, $headers:expr) => {
        struct $name;

        impl utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                let headers = $crate::api::parameter::document_headers(&$headers);
                $crate::api::parameter::document(&$specs).into_iter().chain(headers).collect()
            }
        }
    };
}
pub(super) use takes;

/// The names of everything in `$of::ALL`.
macro_rules! words {
    ($of:ty) => {{
        const NAMES: [&str; <$of>::ALL.len()] = {
            let mut names = [""; <$of>::ALL.len()];
            let mut at = 0;
            while at < names.len() {
                names[at] = <$of>::ALL[at].as_str();
                at += 1;
            }
            names
        };
        &NAMES
    }};
}
pub(super) use words;

const fn equal(name: &'static str, about: &'static str, example: &'static str) -> Spec {
    Spec::new(name, Takes::Text, about, example)
}

/// Every filter there is.
const FILTERS: [Spec; 17] = [
    equal("task_id", "Only this task.", "task-1"),
    equal("agent_id", "Only this agent.", "coder-1"),
    equal("swarm_id", "Only this swarm.", "swarm-1"),
    equal("result", "Only tasks with this result; `none` = without one.", "success"),
    equal("model", "Only this model.", "claude-sonnet-4"),
    equal("project", "Only this project.", "shop"),
    equal("metric_type", "Only this metric type, with or without its prefix.", "success_rate"),
    equal("event_type", "Only this event type.", "spawn"),
    equal("agent_type", "Only this kind of agent.", "coder"),
    equal("event_id", "Only this event.", "0d6c1f6e-8a65-4f3c-9b1e-6f0f5f6f7a01"),
    equal("strategy", "Only this healing strategy.", "restart"),
    equal("failure_type", "Only this kind of failure.", "timeout"),
    Spec::new("success", Takes::Word(&["true", "false"]), "Only healings that succeeded, or did not.", "true"),
    equal("status", "Only agents in this state of their latest life.", "running"),
    equal("session_id", "Only this session.", "session-1"),
    equal("memory_type", "Only this type of memory.", "semantic"),
    equal("key", "Only this key.", "goal"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_filter_of_every_dataset_is_described() {
        for dataset in Dataset::ALL {
            assert_eq!(Spec::filters(dataset).len(), RecordFilter::fields(dataset).len(), "{dataset:?}");
        }
    }

    #[test]
    fn every_example_is_taken() {
        for spec in FILTERS.iter().chain(&[FROM, TO, Spec::limit(1, 10), Spec::order("")]) {
            assert_eq!(spec.check(spec.example), Ok(()), "{}", spec.name);
        }
    }

    #[test]
    fn what_is_not_taken_is_refused_with_what_is() {
        let detail = |spec: Spec, value: &str| spec.check(value).expect_err(value).detail;
        assert_eq!(detail(Spec::order(""), "up"), "`order=up`: write asc or desc");
        assert_eq!(detail(Spec::limit(5, 10), "11"), "`limit=11`: write a whole number from 1 to 10");
        let words = Spec::new("fn", Takes::Words(&["a", "b"]), "", "a");
        assert_eq!(words.check("b, a"), Ok(()));
        assert_eq!(detail(words, "c"), "`fn=c`: write some of a, b, with commas");
        let agent = Spec::filter("agent_id").expect("a filter");
        assert_eq!(detail(FROM, ""), "`from` is empty; leave it out");
        assert_eq!(detail(agent, ""), "filter `agent_id` is empty; leave it out to see all");
    }
}
