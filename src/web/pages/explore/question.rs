//! The question as the URL has it, and the route that answers it as a file.

use crate::model::Problem;
use crate::model::aggregate::{
    AggregateAnswer, AggregateQuery, Bucket, Field, Function, GroupBy, OrderBy, OrderKey, Source,
};
use crate::model::explore::ExploreQuery;
use crate::web::view_state::{ViewState, encode};

/// What stands for "no buckets" in the URL.
pub(super) const WHOLE: &str = "none";

/// What the URL asks for, and what of it makes no sense and is left out.
pub(super) fn asked(state: &ViewState) -> (ExploreQuery, Vec<String>) {
    let mut wrong = Vec::new();
    let source = one(state, "source", Source::parse, &mut wrong).unwrap_or_default();
    let mut functions = many(state, "fn", Function::parse, &mut wrong);
    if functions.is_empty() {
        functions.push(Function::Count);
    }
    let group_by = many(state, "group", GroupBy::parse, &mut wrong);
    let field = one(state, "field", Field::parse, &mut wrong);
    let needed = functions.iter().any(|function| function.needs_field());
    let bucket = state.own("bucket").filter(|bucket| *bucket != "auto");
    let auto_bucket = bucket.is_none();
    let bucket = if bucket == Some(WHOLE) { None } else { one(state, "bucket", Bucket::parse, &mut Vec::new()) };
    let limit = one(state, "limit", number, &mut wrong);
    let order_by = functions.first().filter(|_| !group_by.is_empty());
    let query = AggregateQuery {
        source,
        field: field.or(source.fields().first().copied().filter(|_| needed)),
        order_by: order_by.map(|first| OrderBy { key: OrderKey::Function(*first), descending: true }),
        functions,
        range: state.range.clone(),
        filter: state.filter.clone(),
        group_by,
        bucket,
        tz: state.own("tz").map(str::to_owned),
        limit,
    };
    (ExploreQuery { query, auto_bucket }, wrong)
}

fn number(text: &str) -> Result<u32, Problem> {
    text.parse().map_err(|_| Problem::bad_request(format!("`limit={text}`: write a whole number")))
}

/// The value of `key`, if there is one that can be read.
fn one<T>(
    state: &ViewState,
    key: &str,
    parse: impl Fn(&str) -> Result<T, Problem>,
    wrong: &mut Vec<String>,
) -> Option<T> {
    parse(state.own(key)?).map_err(|problem| wrong.push(problem.detail)).ok()
}

/// The values of `key` that can be read, each once.
fn many<T: PartialEq>(
    state: &ViewState,
    key: &str,
    parse: impl Fn(&str) -> Result<T, Problem>,
    wrong: &mut Vec<String>,
) -> Vec<T> {
    let mut all = Vec::new();
    let words = state.own(key).unwrap_or_default().split(',').map(str::trim).filter(|word| !word.is_empty());
    for word in words {
        match parse(word) {
            Ok(value) if !all.contains(&value) => all.push(value),
            Ok(_) => {}
            Err(problem) => wrong.push(problem.detail),
        }
    }
    all
}

/// The state of another source: what the new one does not have is dropped.
pub(super) fn of_source(state: &ViewState, source: Source) -> ViewState {
    let mut other = state.with_own("source", Some(source.as_str().to_owned()));
    for key in ["field", "fn", "group"] {
        other = other.with_own(key, None);
    }
    for (key, _) in state.filters() {
        if !source.filters().any(|filter| filter == key) {
            other = other.without_filter(key);
        }
    }
    other
}

/// The route that answers exactly this, over the instants of the answer; as `format`, or JSON.
pub(super) fn export_href(query: &AggregateQuery, answer: &AggregateAnswer, format: Option<&str>) -> String {
    let list = |words: Vec<String>| Some(words.join(",")).filter(|words| !words.is_empty());
    let mut filter = query.filter.clone();
    let filters = query.source.filters().filter_map(|key| Some((key, filter.field_mut(key)?.take()?)));
    let mut pairs = vec![
        ("source", Some(query.source.as_str().to_owned())),
        ("field", query.field.map(|field| field.as_str().to_owned())),
        ("fn", list(query.functions.iter().map(ToString::to_string).collect())),
        ("from", Some(answer.range.from.to_rfc3339())),
        ("to", Some(answer.range.until.to_rfc3339())),
        ("group_by", list(query.group_by.iter().map(|group| group.as_str().to_owned()).collect())),
        ("bucket", answer.bucket.map(|bucket| bucket.to_string())),
        ("tz", query.tz.clone()),
        ("order_by", query.order_by.map(|order| order.to_string())),
        ("limit", query.limit.map(|limit| limit.to_string())),
        ("format", format.map(str::to_owned)),
    ];
    pairs.extend(filters.map(|(key, value)| (key, Some(value))));
    let pairs = pairs.into_iter().filter_map(|(key, value)| Some(format!("{key}={}", encode(&value?))));
    format!("/api/v1/aggregate?{}", pairs.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_is_the_question() {
        let url =
            "?from=now-7d&source=tasks&field=tokens_used&fn=avg&fn=p99.9,count&group=model&bucket=1h&tz=Europe/Berlin";
        let (explore, wrong) = asked(&ViewState::parse(url));
        assert!(wrong.is_empty() && !explore.auto_bucket);
        let query = explore.query;
        assert_eq!(query.functions, [Function::Avg, Function::Percentile(99_900), Function::Count]);
        assert_eq!((query.field, query.bucket), (Some(Field::TokensUsed), Some(Bucket::HOUR)));
        assert_eq!(query.order_by.map(|order| order.to_string()).as_deref(), Some("-avg"));
        assert_eq!(query.tz.as_deref(), Some("Europe/Berlin"));
    }

    #[test]
    fn an_empty_url_counts_tasks_and_a_function_without_field_gets_the_first() {
        let (explore, _) = asked(&ViewState::default());
        assert_eq!(explore, ExploreQuery { query: AggregateQuery::default(), auto_bucket: true });
        let (explore, _) = asked(&ViewState::parse("?fn=p95"));
        assert_eq!(explore.query.field, Some(Field::DurationMs));
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_said() {
        let (explore, wrong) = asked(&ViewState::parse("?fn=p200,avg&group=shoe_size&limit=x"));
        assert_eq!(explore.query.functions, [Function::Avg]);
        assert_eq!(wrong.len(), 3, "{wrong:?}");
    }

    #[test]
    fn another_source_keeps_range_and_the_filters_it_has() {
        let state = ViewState::parse("?from=now-7d&project=a&model=m&fn=p95&field=tokens_used");
        let events = of_source(&state, Source::Events).query();
        assert_eq!(events, "?from=now-7d&project=a&source=events");
    }
}
