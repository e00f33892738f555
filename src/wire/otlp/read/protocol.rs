//! Export bodies of OTLP/JSON.

use serde_json::Value;

use super::{any, attributes, nanos};
use crate::wire::lenient::{number, text};
use crate::wire::otlp::{Adding, Batch, Log, Point, Span};

pub(super) fn batches(json: &Value) -> Vec<Batch> {
    let mut found = Vec::new();
    for resource in list(&json["resourceLogs"]) {
        let logs = list(&resource["scopeLogs"]).flat_map(|scope| list(&scope["logRecords"])).map(log).collect();
        found.push(Batch { resource: attributes(&resource["resource"]["attributes"]), logs, ..Batch::default() });
    }
    for resource in list(&json["resourceSpans"]) {
        let spans = list(&resource["scopeSpans"]).flat_map(|scope| list(&scope["spans"])).map(span).collect();
        found.push(Batch { resource: attributes(&resource["resource"]["attributes"]), spans, ..Batch::default() });
    }
    for resource in list(&json["resourceMetrics"]) {
        let points =
            list(&resource["scopeMetrics"]).flat_map(|scope| list(&scope["metrics"])).flat_map(points).collect();
        found.push(Batch { resource: attributes(&resource["resource"]["attributes"]), points, ..Batch::default() });
    }
    found
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn log(record: &Value) -> Log {
    let body = any(&record["body"]);
    Log {
        at: nanos(&record["timeUnixNano"]).or_else(|| nanos(&record["observedTimeUnixNano"])),
        name: text(&record["eventName"]).or_else(|| text(&body)).map(str::to_owned),
        attributes: attributes(&record["attributes"]),
    }
}

fn span(span: &Value) -> Span {
    let id = |name: &str| text(&span[name]).unwrap_or_default().to_ascii_lowercase();
    Span {
        trace: id("traceId"),
        id: id("spanId"),
        parent: Some(id("parentSpanId")).filter(|id| !id.is_empty()),
        name: text(&span["name"]).unwrap_or_default().to_owned(),
        began: nanos(&span["startTimeUnixNano"]),
        ended: nanos(&span["endTimeUnixNano"]),
        failed: span["status"]["code"] == 2 || span["status"]["code"] == "STATUS_CODE_ERROR",
        attributes: attributes(&span["attributes"]),
    }
}

fn points(metric: &Value) -> Vec<Point> {
    let adding = |data: &Value| match data["aggregationTemporality"].as_u64() {
        Some(1) => Adding::Delta,
        // Unspecified: what SDKs do by default.
        _ => Adding::Cumulative,
    };
    let kinds =
        [("sum", false), ("gauge", false), ("histogram", true), ("exponentialHistogram", true), ("summary", true)];
    let Some((kind, spread)) = kinds.into_iter().find(|(kind, _)| metric[*kind].is_object()) else { return Vec::new() };
    let data = &metric[kind];
    let point = |point: &Value| {
        let value = if spread {
            &point["sum"]
        } else if point["asInt"].is_null() {
            &point["asDouble"]
        } else {
            &point["asInt"]
        };
        Some(Point {
            metric: text(&metric["name"])?.to_owned(),
            unit: text(&metric["unit"]).unwrap_or_default().to_owned(),
            adding: if kind == "gauge" { Adding::Value } else { adding(data) },
            started: nanos(&point["startTimeUnixNano"]),
            at: nanos(&point["timeUnixNano"]),
            value: number(value)?,
            count: if spread { number(&point["count"]) } else { None },
            attributes: attributes(&point["attributes"]),
        })
    };
    list(&data["dataPoints"]).filter_map(point).collect()
}
