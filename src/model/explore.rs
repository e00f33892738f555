//! What `/explore` asks and gets: an aggregate, with what the page around it needs.

use serde::{Deserialize, Serialize};

use super::Problem;
use super::aggregate::{AggregateAnswer, AggregateQuery};
use super::overview::Scope;

/// A question for figures, some of it left to the server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ExploreQuery {
    /// The question.
    pub query: AggregateQuery,
    /// Whether the server chooses the width of buckets, as only it knows how long the range is.
    pub auto_bucket: bool,
}

/// The answer with its question as it was really asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explored {
    /// What every page knows.
    pub scope: Scope,
    /// The question.
    pub query: AggregateQuery,
    /// The figures, or why there are none; the page then still shows the form.
    pub answer: Result<AggregateAnswer, Problem>,
}
