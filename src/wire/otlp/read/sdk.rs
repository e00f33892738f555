//! Objects as the OpenTelemetry SDK for JavaScript writes them to a file, one export after another: not
//! OTLP, with times as `[seconds, nanoseconds]` and another numbering of the temporality.

use serde_json::Value;

use crate::model::Micros;
use crate::wire::lenient::{number, text};
use crate::wire::otlp::{Adding, Attributes, Batch, Log, Point, Span};

pub(super) fn batch(json: &Value) -> Option<Batch> {
    let resource = resource(&json["resource"]);
    if json["scopeMetrics"].is_array() {
        let scopes = json["scopeMetrics"].as_array().into_iter().flatten();
        let metrics = scopes.flat_map(|scope| scope["metrics"].as_array().into_iter().flatten());
        return Some(Batch { resource, points: metrics.flat_map(points).collect(), ..Batch::default() });
    }
    if json["hrTime"].is_array() {
        return Some(Batch { resource, logs: vec![log(json)], ..Batch::default() });
    }
    let context = [&json["_spanContext"], &json["spanContext"]].into_iter().find(|context| context.is_object())?;
    Some(Batch { resource, spans: vec![span(json, context)], ..Batch::default() })
}

/// Pairs, or an object.
fn resource(value: &Value) -> Attributes {
    let pairs = value["_rawAttributes"].as_array().into_iter().flatten();
    let pairs = pairs.filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].clone())));
    let plain = value["attributes"].as_object().or_else(|| value["_attributes"].as_object());
    pairs.chain(plain.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone()))).collect()
}

fn attributes(value: &Value) -> Attributes {
    value.as_object().cloned().unwrap_or_default()
}

fn time(value: &Value) -> Option<Micros> {
    let (seconds, nanos) = (value[0].as_i64()?, value[1].as_i64()?);
    seconds.checked_mul(1_000_000)?.checked_add(nanos / 1000).filter(|micros| *micros > 0).map(Micros)
}

fn log(record: &Value) -> Log {
    Log {
        at: time(&record["hrTime"]).or_else(|| time(&record["hrTimeObserved"])),
        name: text(&record["eventName"]).map(str::to_owned), // the body is prose
        attributes: attributes(&record["attributes"]),
    }
}

fn span(span: &Value, context: &Value) -> Span {
    let parent = text(&span["parentSpanId"]).or_else(|| text(&span["parentSpanContext"]["spanId"]));
    Span {
        trace: text(&context["traceId"]).unwrap_or_default().to_ascii_lowercase(),
        id: text(&context["spanId"]).unwrap_or_default().to_ascii_lowercase(),
        parent: parent.map(str::to_ascii_lowercase),
        name: text(&span["name"]).unwrap_or_default().to_owned(),
        began: time(&span["startTime"]),
        ended: time(&span["endTime"]),
        failed: span["status"]["code"] == 2,
        attributes: attributes(&span["attributes"]),
    }
}

fn points(metric: &Value) -> Vec<Point> {
    let descriptor = &metric["descriptor"];
    let adding = match (text(&descriptor["type"]), metric["aggregationTemporality"].as_u64()) {
        (Some("GAUGE" | "OBSERVABLE_GAUGE"), _) => Adding::Value,
        (_, Some(0)) => Adding::Delta,
        _ => Adding::Cumulative,
    };
    let point = |point: &Value| {
        let spread = point["value"].is_object();
        Some(Point {
            metric: text(&descriptor["name"])?.to_owned(),
            unit: text(&descriptor["unit"]).unwrap_or_default().to_owned(),
            adding,
            started: time(&point["startTime"]),
            at: time(&point["endTime"]),
            value: number(if spread { &point["value"]["sum"] } else { &point["value"] })?,
            count: if spread { number(&point["value"]["count"]) } else { None },
            attributes: attributes(&point["attributes"]),
        })
    };
    metric["dataPoints"].as_array().into_iter().flatten().filter_map(point).collect()
}
