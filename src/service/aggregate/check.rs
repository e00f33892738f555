//! What may be asked.

use chrono_tz::Tz;

use crate::model::aggregate::{AggregateQuery, Function, OrderKey, Source};
use crate::model::{Problem, RecordFilter};
use crate::service::query::filter_from;

/// Refuses a question that has no answer; finds its zone and what its filter means.
///
/// # Errors
/// A [`Problem`] that says what to ask instead.
pub(super) fn check(query: &AggregateQuery) -> Result<(Tz, RecordFilter), Problem> {
    check_functions(query)?;
    check_groups(query)?;
    let filter = read_filter(query)?;
    if query.limit.is_some_and(|limit| limit == 0 || limit > AggregateQuery::LIMIT_MAX) {
        let most = AggregateQuery::LIMIT_MAX;
        return Err(Problem::bad_request(format!("`limit`: write a whole number from 1 to {most}")));
    }
    let Some(name) = query.tz.as_deref() else { return Ok((Tz::UTC, filter)) };
    name.parse().map(|zone| (zone, filter)).map_err(|_| {
        Problem::bad_request(format!("there is no zone `{name}`; write an IANA name such as Europe/Berlin or UTC"))
    })
}

fn check_functions(query: &AggregateQuery) -> Result<(), Problem> {
    let functions = &query.functions;
    if functions.is_empty() || functions.len() > AggregateQuery::FUNCTIONS_MAX {
        let most = AggregateQuery::FUNCTIONS_MAX;
        return Err(Problem::bad_request(format!("ask for 1 to {most} functions, such as `fn=count` or `fn=avg,p95`")));
    }
    let source = query.source;
    for (place, function) in functions.iter().enumerate() {
        if functions[..place].contains(function) {
            return Err(Problem::bad_request(format!("function `{function}` is asked for twice; once is enough")));
        }
        if *function == Function::SuccessRate && !source.has_success() {
            let of = [Source::Tasks.as_str(), Source::Healings.as_str()].join(" and ");
            return Err(Problem::bad_request(format!("{} have no success rate; {of} have", source.as_str())));
        }
        if function.needs_field() && query.field.is_none() {
            return Err(Problem::bad_request(format!("`{function}` needs a field; {}", fields(source))));
        }
    }
    match query.field {
        Some(field) if !source.fields().contains(&field) => {
            let what = format!("{} have no field `{}`; {}", source.as_str(), field.as_str(), fields(source));
            Err(Problem::bad_request(what))
        }
        _ => Ok(()),
    }
}

fn fields(source: Source) -> String {
    let names: Vec<&str> = source.fields().iter().map(|field| field.as_str()).collect();
    if names.is_empty() {
        format!("{} carry no numbers: ask for count or rate", source.as_str())
    } else {
        format!("{} have {}", source.as_str(), names.join(", "))
    }
}

fn check_groups(query: &AggregateQuery) -> Result<(), Problem> {
    let groups = &query.group_by;
    if groups.len() > AggregateQuery::GROUPS_MAX {
        return Err(Problem::bad_request(format!("group by at most {} words", AggregateQuery::GROUPS_MAX)));
    }
    for (place, group) in groups.iter().enumerate() {
        if !query.source.groups().contains(group) {
            let known: Vec<&str> = query.source.filters().collect();
            let (source, group) = (query.source.as_str(), group.as_str());
            let detail = format!("{source} cannot be grouped by `{group}`; known: {}", known.join(", "));
            return Err(Problem::bad_request(detail));
        }
        if groups[..place].contains(group) {
            return Err(Problem::bad_request(format!("`{}` is grouped by twice; once is enough", group.as_str())));
        }
    }
    let Some(order) = query.order_by else { return Ok(()) };
    let known = match order.key {
        OrderKey::Function(function) => query.functions.contains(&function),
        OrderKey::Group(group) => groups.contains(&group),
    };
    if known {
        return Ok(());
    }
    Err(Problem::bad_request(format!("`order_by={order}` is neither a function asked for nor a word grouped by")))
}

/// Only words that can be grouped by, each as lists of records take it.
fn read_filter(query: &AggregateQuery) -> Result<RecordFilter, Problem> {
    let mut rest = query.filter.clone();
    let mut asked = Vec::new();
    for field in query.source.filters() {
        if let Some(value) = rest.field_mut(field).and_then(Option::take) {
            asked.push((field, value));
        }
    }
    if !rest.is_empty() {
        let known: Vec<&str> = query.source.filters().collect();
        let (source, known) = (query.source.as_str(), known.join(", "));
        return Err(Problem::bad_request(format!("figures of {source} can be filtered by {known} only")));
    }
    let pairs = asked.iter().map(|(field, value)| (*field, value.as_str()));
    filter_from(query.source.dataset(), pairs)
}
