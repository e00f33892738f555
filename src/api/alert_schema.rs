//! How words of alert rules look in the document: texts with a grammar of their own.

use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::model::aggregate::Function;
use crate::model::alert::Span;

impl PartialSchema for Span {
    fn schema() -> RefOr<Schema> {
        text("A length of time: a whole number and s, m, h, d or w.", "^[0-9]+[smhdw]$", "5m")
    }
}

impl ToSchema for Span {}

impl PartialSchema for Function {
    fn schema() -> RefOr<Schema> {
        text(
            "What is computed: avg, sum, count, min, max, stddev, stddev_samp, rate, success_rate, p0 to p100.",
            "^[a-z][a-z0-9_.]*$",
            "p99",
        )
    }
}

impl ToSchema for Function {}

fn text(about: &str, pattern: &str, example: &str) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
        .pattern(Some(pattern))
        .examples([example])
        .into()
}
