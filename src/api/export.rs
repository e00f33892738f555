//! `GET /api/v1/export/{dataset}.{ext}`: whole datasets as files.
//!
//! A failure before the first byte is an ordinary problem answer. One after it breaks the connection
//! off, so that the client sees an incomplete transfer instead of a short file.
//!
//! Not here: compressing transfers by `Accept-Encoding`, which `server` does for every answer; a
//! `.gz` file is a compressed file, whatever the transfer.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};

use super::parameter::{FROM, Spec, TO, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::problem::chain;
use super::{ApiResult, now, timing};
use crate::model::{Dataset, Format, Micros, Problem, Selection, TimeRange};
use crate::service::Service;
use crate::service::export::{ExportRequest, filter_fields, filter_for};
use crate::service::query::range_from;
use crate::wire::Layout;
use crate::wire::exposition::Dialect;

/// Parameters that are no filters.
const OWN: [Spec; 5] = [
    FROM,
    TO,
    Spec::new("pretty", Takes::Switch, "Indent JSON.", "true"),
    Spec::new("metadata", Takes::Switch, "0: leave metadata out (CSV, JSON, NDJSON).", "false"),
    Spec::new("guard", Takes::Switch, "0: do not disarm formulas in CSV text.", "false"),
];

/// Every parameter of any dataset.
fn all_specs() -> Vec<Spec> {
    let mut specs = OWN.to_vec();
    for spec in Dataset::ALL.into_iter().flat_map(Spec::filters) {
        if !specs.contains(&spec) {
            specs.push(spec);
        }
    }
    specs
}

takes!(ExportParams, all_specs());

/// A whole dataset as a file, streamed: all rows, oldest first.
///
/// `file` is `tasks`, `agent-metrics`, `swarm-metrics`, `events`, `healings`, `agents`, `memory` or
/// `all`, a dot, and `csv`, `json`, `ndjson`, `prom`, `om` or `grafana.json`; `.gz` after it gives a
/// compressed file. `all` is JSON (nested: tasks in agents in swarms) and NDJSON; `agents` has no
/// history (`om`, `grafana.json`), `memory` no numbers. Every filter of the list routes is a query
/// parameter here too; datasets of `all` without a field that is filtered contribute nothing.
///
/// Everything stored when the export begins is in it exactly once. A connection that breaks off
/// means an incomplete file; every form but CSV and NDJSON also has an end of its own, and those two
/// end with a line feed only when they are whole.
#[utoipa::path(
    get, path = "/api/v1/export/{file}", tag = "export",
    params(
        ("file" = String, Path, description = "dataset.extension, such as tasks.csv or all.ndjson.gz", example = "tasks.csv"),
        ExportParams,
    ),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/csv"), (String = "application/json"), (String = "application/x-ndjson"),
            (String = "text/plain"), (String = "application/openmetrics-text"), (String = "application/gzip"),
        )),
        (status = 404, description = "No such dataset, or not in that form"),
        (status = 507, description = "No room beside the store for sorting"),
    )
)]
pub async fn export(
    State(service): State<Service>,
    Segments(file): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let file = FileName::parse(&file)?;
    let filters = filter_fields(file.selection).into_iter().filter_map(Spec::filter);
    let params = Params::take(query.as_deref(), OWN.into_iter().chain(filters).collect())?;
    let range = range_from(params.get("from"), params.get("to"), now())?;
    let request = ExportRequest {
        selection: file.selection,
        format: file.format,
        range,
        filter: filter_for(file.selection, params.iter().filter(|(name, _)| OWN.iter().all(|own| own.name != *name)))?,
        layout: Layout {
            metadata: params.on("metadata").unwrap_or(true),
            pretty: params.on("pretty").unwrap_or(false),
            guard: params.on("guard").unwrap_or(true),
        },
        gzip: file.gz,
    };
    let mut chunks = service.export(request)?;
    let first = timing::query(chunks.next()).await.transpose()?;
    let rest = stream::iter(first.map(Ok)).chain(chunks).inspect(|chunk| {
        if let Err(error) = chunk {
            tracing::error!(error = %chain(error), "an export broke off");
        }
    });
    let mut response = Body::from_stream(rest).into_response();
    file.describe(range, response.headers_mut());
    Ok(response)
}

/// What the last part of the path asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileName {
    selection: Selection,
    format: Format,
    gz: bool,
}

impl FileName {
    fn parse(file: &str) -> Result<Self, Problem> {
        let (name, gz) = file.strip_suffix(".gz").map_or((file, false), |name| (name, true));
        let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
        let Some(selection) = Selection::parse(stem) else {
            let known = Dataset::ALL.map(Dataset::as_str).join(", ");
            return Err(Problem::not_found(format!("there is no dataset `{stem}`; known: {known}, all")));
        };
        let Some(format) = Format::parse(extension) else {
            let known = Format::ALL.map(Format::extension).join(", .");
            return Err(Problem::not_found(format!("there is no form `.{extension}`; known: .{known}, each with .gz")));
        };
        Ok(Self { selection, format, gz })
    }

    /// The headers of the answer. The file's name is plain ASCII, so that RFC 6266 needs no second form of it.
    fn describe(self, range: TimeRange, headers: &mut HeaderMap) {
        let media_type = if self.gz { "application/gzip" } else { media_type(self.format) };
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let (name, range, extension) = (self.selection.as_str(), range_name(range), self.format.extension());
        let gz = if self.gz { ".gz" } else { "" };
        let disposition = format!("attachment; filename=\"swarmscope-{name}-{range}.{extension}{gz}\"");
        if let Ok(disposition) = HeaderValue::try_from(disposition) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
    }
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Csv => "text/csv; charset=utf-8; header=present",
        Format::Json | Format::Grafana => "application/json",
        Format::Ndjson => "application/x-ndjson",
        Format::Prometheus => Dialect::Text.content_type(),
        Format::OpenMetrics => Dialect::OpenMetrics.content_type(),
    }
}

/// `all`, `since-20260101T120000Z`, `until-…`, or `20260101T120000Z-20260102T120000Z`.
fn range_name(range: TimeRange) -> String {
    let basic = |time: Micros| {
        let seconds = Micros(time.0.div_euclid(1_000_000) * 1_000_000).to_rfc3339();
        seconds.replace(['-', ':'], "")
    };
    match (range.from == TimeRange::ALL.from, range.until == TimeRange::ALL.until) {
        (true, true) => "all".to_owned(),
        (false, true) => format!("since-{}", basic(range.from)),
        (true, false) => format!("until-{}", basic(range.until)),
        (false, false) => format!("{}-{}", basic(range.from), basic(range.until)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_dataset_form_and_compression() {
        let parsed = FileName::parse("tasks.grafana.json.gz").expect("known");
        assert_eq!(parsed, FileName { selection: Selection::One(Dataset::Tasks), format: Format::Grafana, gz: true });
        assert!(FileName::parse("tasks.xlsx").expect_err("unknown").detail.contains("known: .csv, .json"));
        assert!(FileName::parse("task.csv").expect_err("unknown").detail.contains("known: tasks, agent-metrics"));
        assert!(FileName::parse("tasks").is_err() && FileName::parse(".csv").is_err());
    }

    #[test]
    fn the_name_of_a_file_carries_its_range() {
        let (from, until) = (Micros(1_767_268_800_500_000), Micros(1_767_355_200_000_000));
        let name = |from, until| range_name(TimeRange { from, until });
        assert_eq!(range_name(TimeRange::ALL), "all");
        assert_eq!(name(from, until), "20260101T120000Z-20260102T120000Z");
        assert_eq!(name(from, TimeRange::ALL.until), "since-20260101T120000Z");
        assert_eq!(name(TimeRange::ALL.from, until), "until-20260102T120000Z");
    }
}
