//! The list of events, with how many of each type there were over time.

use serde_json::{Map, Value};

use super::{Asked, check_fields, total};
use crate::model::aggregate::{AggregateAnswer, AggregateQuery, AggregateSeries, Bucket, Function, Source};
use crate::model::filter::{Cursor, PageRequest};
use crate::model::listing::{EVENT_SORTS, EventCounts, EventList, EventListRow, ListQuery, Total, TypeCounts};
use crate::model::overview::PageQuery;
use crate::model::{Dataset, Json, Micros, Record, RecordFilter, TimeRange};
use crate::service::{Service, ServiceError};
use crate::store::Row;
use crate::store::page_sorted::{SortKey, SortPlace};

const LIST: &str = "events";
const DURATION: &str = "duration_ms";
/// About how many buckets the chart shows.
const BUCKETS: i64 = 120;
/// Events up to which the chart may be finer than the hours that are counted: so many are read in some 20 ms.
const FINE_EVENTS_MAX: u64 = 50_000;

impl Service {
    /// One page of events, the newest first unless asked otherwise; the same price at any depth. Counting them over
    /// time reads hours and days that were counted as they came, unless a filter asks for something else than a type.
    ///
    /// # Errors
    /// As [`Service::task_list`].
    pub async fn event_list(&self, query: &ListQuery, now: Micros) -> Result<EventList, ServiceError> {
        let asked = Asked::new(LIST, &EVENT_SORTS, query)?;
        check_fields(LIST, &query.filter, RecordFilter::fields(Dataset::Events))?;
        // The moment comes first: what arrives from here on is news, and at worst on the page already.
        let page = asked.page(RecordFilter::default());
        let scope = self.scope(&page, now).await?;
        let place = |place: &SortPlace| match place.key {
            Some(SortKey::Int(time)) => Cursor { time: Micros(time), row: place.row },
            _ => Cursor { time: Micros(0), row: place.row }, // a cursor of our own always has a time
        };
        let mut request = PageRequest {
            range: scope.range,
            filter: query.filter.clone(),
            order: query.order,
            after: asked.after().map(place),
            limit: query.limit + 1, // one more tells whether a page follows
        };
        let mut rows = self.store().page(Dataset::Events, &request).await?;
        let more = rows.len() > query.limit as usize;
        rows.truncate(query.limit as usize);
        let last = rows.last().filter(|_| more);
        let last = last.map(|row| SortPlace { key: Some(SortKey::Int(row.time.0)), row: row.id });
        let (counts, count) = match self.event_counts_of(&query.filter, &page, scope.range, now).await? {
            Some((counts, count)) => (Some(counts), total(count)),
            None => {
                (request.after, request.limit) = (None, u32::try_from(Total::COUNTED_MAX + 1).unwrap_or(u32::MAX));
                (None, total(self.store().page(Dataset::Events, &request).await?.len() as u64))
            }
        };
        let rows = rows.into_iter().filter_map(listed).collect();
        Ok(EventList { list: asked.answer(LIST, scope, rows, last, count), counts })
    }

    /// Events of the page's range by type and bucket, and how many there are; `None` for a filter by which events
    /// are not counted: one task, one event.
    async fn event_counts_of(
        &self,
        filter: &RecordFilter,
        page: &PageQuery,
        range: TimeRange,
        now: Micros,
    ) -> Result<Option<(EventCounts, u64)>, ServiceError> {
        if filter.task_id.is_some() || filter.event_id.is_some() {
            return Ok(None);
        }
        let whole = AggregateQuery {
            source: Source::Events,
            functions: vec![Function::Count],
            range: page.range.clone(),
            filter: filter.clone(),
            ..AggregateQuery::default()
        };
        let events = self.aggregate(&whole, now).await?.series.first().map_or(0, |series| series.records);
        let finest = Bucket::fitting(range, BUCKETS);
        let bucket = Some(if events > FINE_EVENTS_MAX { finest.max(Bucket::HOUR) } else { finest });
        let most = u32::try_from(EventCounts::TYPES_MAX).unwrap_or(u32::MAX);
        let types = self.event_counts(filter, &page.range, bucket, most, now).await?;
        let all =
            if types.truncated { Some(self.aggregate(&AggregateQuery { bucket, ..whole }, now).await?) } else { None };
        let counts = event_counts(&types, all.as_ref());
        let count = counts.types.iter().chain(&counts.other).map(|of| of.total).sum();
        Ok(Some((counts, count)))
    }
}

/// The counts of an answer by type, with those of `all` events where types were left out.
fn event_counts(types: &AggregateAnswer, all: Option<&AggregateAnswer>) -> EventCounts {
    let listed: Vec<TypeCounts> = types.series.iter().filter(|series| series.records > 0).map(type_counts).collect();
    let other = all.and_then(|all| all.series.first()).map(|series| {
        let mut rest = TypeCounts { event_type: String::new(), ..type_counts(series) };
        for of in &listed {
            // Both questions are asked one after the other, and events may arrive between them.
            rest.total = rest.total.saturating_sub(of.total);
            rest.counts.iter_mut().zip(&of.counts).for_each(|(rest, count)| *rest = rest.saturating_sub(*count));
        }
        rest
    });
    EventCounts {
        step_ms: types.bucket.map_or(1, |bucket| bucket.micros() / 1000),
        time: types.time.clone(),
        end: types.end,
        partial: (types.partial_first, types.partial_last),
        types: listed,
        other: other.filter(|rest| rest.total > 0),
        type_count: types.group_count,
        tier: types.tier,
    }
}

fn type_counts(series: &AggregateSeries) -> TypeCounts {
    let values = series.columns.first().map(|column| column.values.as_slice()).unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are whole and far below 2^53")]
    let counts = values.iter().map(|value| value.unwrap_or(0.0) as u64).collect();
    TypeCounts {
        event_type: series.group.first().cloned().flatten().unwrap_or_default(),
        total: series.records,
        counts,
    }
}

fn listed(row: Row) -> Option<EventListRow> {
    let Record::Event(event) = row.record else { return None };
    // Metadata is anything: what is no object has no fields, and is shown as it is.
    let metadata = event.metadata.map(|Json(text)| text);
    let fields: Option<Map<String, Value>> = metadata.as_deref().and_then(|text| serde_json::from_str(text).ok());
    let details = fields.as_ref().map(in_words).or(metadata);
    Some(EventListRow {
        row: row.id,
        event_type: event.event_type,
        timestamp: event.timestamp,
        agent_id: event.agent_id.into(),
        agent_type: event.agent_type,
        swarm_id: event.swarm_id.map(Into::into),
        task_id: event.task_id.map(Into::into),
        project: event.project,
        duration_ms: fields.as_ref().and_then(duration),
        detail: details.filter(|text| !text.is_empty()).map(beginning),
    })
}

/// Where importers put it.
fn duration(fields: &Map<String, Value>) -> Option<f64> {
    fields.get(DURATION)?.as_f64().filter(|ms| *ms >= 0.0)
}

/// Fields in one line, without the duration, which has a column of its own.
fn in_words(fields: &Map<String, Value>) -> String {
    let others = fields.iter().filter(|(name, _)| *name != DURATION);
    let words = others.map(|(name, value)| match value {
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    });
    words.collect::<Vec<_>>().join(" · ")
}

fn beginning(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(EventListRow::DETAIL_CHARS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_put_into_words_cut_between_characters_and_read_for_a_duration() {
        assert_eq!(beginning("ü".repeat(200)), "ü".repeat(200));
        assert_eq!(beginning("ü".repeat(201)), "ü".repeat(200) + "…");
        let fields = |text: &str| serde_json::from_str::<Map<String, Value>>(text).ok();
        let of = |text: &str| fields(text).as_ref().and_then(duration);
        assert_eq!(of(r#"{"duration_ms":12.5,"x":1}"#), Some(12.5));
        for nothing in ["{}", "[1]", "1", r#"{"duration_ms":"1"}"#, r#"{"duration_ms":null}"#, r#"{"duration_ms":-1}"#]
        {
            assert_eq!(of(nothing), None, "{nothing}");
        }
        let words = |text| fields(text).as_ref().map(in_words);
        let some = r#"{"tool":"Bash","duration_ms":5,"ok":true,"args":{"n":[1]}}"#;
        assert_eq!(words(some).as_deref(), Some(r#"args {"n":[1]} · ok true · tool Bash"#));
        assert_eq!(words(r#"{"duration_ms":5}"#).as_deref(), Some(""));
        assert_eq!(words("[1]"), None);
    }
}
