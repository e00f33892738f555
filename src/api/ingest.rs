//! `POST /api/v1/ingest`: records in, answered after they are durable, or at once with `ack=buffered`.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use futures::TryStreamExt;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncBufRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use super::parameter::{Spec, Takes, takes};
use super::params::Params;
use super::record_schema::AnyItem;
use super::request_id::RequestId;
use super::{ApiProblem, ApiResult, ApiState};
use crate::model::answer::{Buffered, Receipt};
use crate::model::{Problem, ProblemKind, time};
use crate::service::Service;
use crate::service::record::decode::{Compression, Decoded};
use crate::service::record::{Intake, IntakeOptions, PumpError, Report};
use crate::wire::native::array;

/// Longest idempotency key, in bytes.
const KEY_BYTES_MAX: usize = 255;

const SPECS: [Spec; 3] = [
    Spec::new(
        "ack",
        Takes::Word(&["durable", "buffered"]),
        "`durable` (default): the answer comes after the commit; \
        `buffered`: it does not wait, and what waits when the server dies is lost.",
        "durable",
    ),
    Spec::new("atomic", Takes::Switch, "All records or none.", "true"),
    Spec::new(
        "assume_offset",
        Takes::Like("^([+-][0-9]{2}:?[0-9]{2}|Z)$"),
        "Offset of times that bring none.",
        "+09:00",
    ),
];

const HEADERS: [Spec; 2] = [
    Spec::new(
        "Idempotency-Key",
        Takes::Like("^[!-~]{1,255}$"),
        "Names this body: sent again it counts once, with another body it is refused.",
        "batch-17",
    ),
    Spec::new(
        "Content-Encoding",
        Takes::Word(&["identity", "gzip", "zstd"]),
        "How the body is compressed.",
        "identity",
    ),
];

takes!(IngestParams, SPECS, HEADERS);

/// Which form the records come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// One object, or an array of them.
    Json,
    /// One object a line.
    Ndjson,
}

/// Stores records of any kind. The answer comes after the commit.
#[utoipa::path(post, path = "/api/v1/ingest", tag = "records",
    params(
        IngestParams,
    ),
    request_body(content(
        (Vec<AnyItem> = "application/json", example = json!([{"kind": "task", "task_id": "task-1", "agent_id": "coder-1",
            "result": "success", "timestamp": "2026-01-15T12:00:00Z", "duration_ms": 1250.0}])),
        (String = "application/x-ndjson"),
    ), description = "records; `kind` says which: task, agent_metric, swarm_metric, event, healing, agent, memory"),
    responses(
        (status = 200, description = "what became of each record", body = Receipt),
        (status = 202, description = "with `ack=buffered`: valid records wait to be stored; 200 as without it when the buffer is switched off", body = Buffered),
        (status = 400, description = "no record is valid, or the body cannot be read"),
        (status = 413, description = "the decoded body is too large"),
        (status = 415, description = "another media type or encoding"),
        (status = 422, description = "the idempotency key came with another body"),
        (status = 507, description = "the disk is full"),
    ))]
pub async fn ingest(
    State(state): State<ApiState>,
    Extension(RequestId(request_id)): Extension<RequestId>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> ApiResult<Response> {
    let params = Params::take(query.as_deref(), SPECS.to_vec())?;
    let form = form(&headers)?;
    let compression = compression(&headers)?;
    let key = idempotency_key(&headers)?;
    let assume_offset =
        params.get("assume_offset").map(|text| time::parse_offset(text).map_err(|_| bad_offset(text))).transpose()?;
    let mut options = IntakeOptions {
        now: super::now(),
        assume_offset,
        key,
        line_bytes_max: state.limits.line_bytes,
        atomic: params.on("atomic").unwrap_or(false),
    };
    let buffered = wants_buffer(&params, &options)? && state.service.settings().write_buffer.enabled;
    let body = compression.decode(StreamReader::new(body.into_data_stream().map_err(std::io::Error::other)));
    if buffered {
        let bytes = read_whole(body, state.limits.json_bytes).await?;
        return buffer(&state.service, options, form, &bytes).await;
    }
    let (report, stopped) = if form == Form::Json || options.atomic || options.key.is_some() {
        let bytes = read_whole(body, state.limits.json_bytes).await?;
        if let Some(key) = &options.key {
            options.now = state.service.remember_key(key, Sha256::digest(&bytes).into()).await?;
        }
        take_whole(state.service.intake(options.clone()), form, &bytes).await?
    } else {
        let mut intake = state.service.intake(options.clone());
        let stopped = intake.pump(body, state.limits.ndjson_bytes, |_, _| {}).await.err();
        (intake.finish().await, stopped)
    };
    tracing::debug!(%request_id, read = report.read, accepted = report.receipt.accepted, "ingested");
    answer(report, stopped, options.atomic)
}

fn bad_offset(text: &str) -> Problem {
    Problem::bad_request(format!("`assume_offset={text}` is no offset from UTC; write one such as +09:00"))
}

fn form(headers: &HeaderMap) -> Result<Form, Problem> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "application/json" => Ok(Form::Json),
        "application/x-ndjson" | "application/ndjson" => Ok(Form::Ndjson),
        _ => Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            format!("Content-Type `{sent}` is not read here; send application/json or application/x-ndjson"),
        )),
    }
}

fn compression(headers: &HeaderMap) -> Result<Compression, Problem> {
    let Some(value) = headers.get(header::CONTENT_ENCODING) else { return Ok(Compression::None) };
    match value.to_str().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(Compression::None),
        "gzip" | "x-gzip" => Ok(Compression::Gzip),
        "zstd" => Ok(Compression::Zstd),
        other => Err(Problem::new(
            ProblemKind::UnsupportedMediaType,
            format!("Content-Encoding `{other}` is not read here; send gzip, zstd, or none"),
        )),
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=KEY_BYTES_MAX).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(Problem::bad_request(format!("Idempotency-Key must have 1 to {KEY_BYTES_MAX} ASCII characters"))),
    }
}

/// The decoded body, which must not have more than `max` bytes.
async fn read_whole(body: Decoded, max: u64) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    body.take(max.saturating_add(1)).read_to_end(&mut bytes).await.map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > max { Err(too_large(max)) } else { Ok(bytes) }
}

async fn take_whole(mut intake: Intake, form: Form, bytes: &[u8]) -> Result<(Report, Option<PumpError>), Problem> {
    let stopped = take_records(&mut intake, form, bytes).await?;
    Ok((intake.finish().await, stopped))
}

/// Hands every record of a body to `intake`; says why it ended early, if it did.
async fn take_records(intake: &mut Intake, form: Form, bytes: &[u8]) -> Result<Option<PumpError>, Problem> {
    Ok(match form {
        Form::Ndjson => intake.pump(bytes_reader(bytes), u64::MAX, |_, _| {}).await.err(),
        Form::Json => {
            let records = array::records(bytes).map_err(|error| Problem::bad_request(error.to_string()))?;
            let mut stopped = None;
            for record in records {
                if let Err(error) = intake.take(record, 0).await {
                    stopped = Some(error.into());
                    break;
                }
            }
            stopped
        }
    })
}

/// Whether the sender does not wait. Promises about the whole body cannot be given before it is stored.
fn wants_buffer(params: &Params, options: &IntakeOptions) -> Result<bool, Problem> {
    match params.get("ack") {
        Some("buffered") if options.atomic || options.key.is_some() => Err(Problem::bad_request(
            "`ack=buffered` answers before anything is stored; leave it out with `atomic` or an Idempotency-Key",
        )),
        ack => Ok(ack == Some("buffered")),
    }
}

/// Answers after validation; the commit comes later.
async fn buffer(service: &Service, options: IntakeOptions, form: Form, bytes: &[u8]) -> ApiResult<Response> {
    // Atomic: nothing is stored while it is read.
    let mut intake = service.intake(IntakeOptions { atomic: true, ..options });
    take_records(&mut intake, form, bytes).await?;
    let taken = service.buffer(intake)?;
    if taken.buffered == 0 && taken.rejected_count > 0 {
        let first = taken.rejected.first().map(|first| format!("; record {}: {}", first.index, first.error));
        let (count, first) = (taken.rejected_count, first.unwrap_or_default());
        let problem: ApiProblem = Problem::bad_request(format!("none of the {count} records is valid{first}")).into();
        let Buffered { rejected, rejected_count, ignored_fields, .. } = taken;
        return Err(problem.with_receipt(Receipt { rejected, rejected_count, ignored_fields, ..Receipt::default() }));
    }
    Ok((StatusCode::ACCEPTED, Json(taken)).into_response())
}

fn bytes_reader(bytes: &[u8]) -> impl AsyncBufRead + Unpin {
    bytes
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::bad_request(format!("the body could not be read to its end: {error}"))
}

fn too_large(max: u64) -> Problem {
    Problem::new(ProblemKind::TooLarge, format!("the decoded body has more than {max} bytes; send it in parts"))
}

/// Success when something could be taken; else a problem that still carries the account.
fn answer(report: Report, stopped: Option<PumpError>, atomic: bool) -> ApiResult<Response> {
    let valid = report.valid();
    let kept = match valid {
        0 => "nothing of it is stored".to_owned(),
        n => format!("{n} records before that are stored, as the account in this answer says"),
    };
    let explain = |problem: Problem| Problem { detail: format!("{}; {kept}", problem.detail), ..problem };
    let problem: ApiProblem = match (report.failure, stopped) {
        (Some(failure), _) => ApiProblem::from(failure).map(explain),
        (None, Some(PumpError::TooLarge { max })) => explain(too_large(max)).into(),
        (None, Some(PumpError::Read(error))) => explain(unreadable(&error)).into(),
        (None, Some(PumpError::Stopped) | None) => {
            let receipt = &report.receipt;
            let first = receipt.rejected.first().map(|first| format!("; record {}: {}", first.index, first.error));
            let first = first.unwrap_or_default();
            if atomic && receipt.rejected_count > 0 {
                let (count, read) = (receipt.rejected_count, report.read);
                Problem::bad_request(format!("{count} of {read} records are invalid, so none is stored{first}")).into()
            } else if valid == 0 && report.read > 0 {
                Problem::bad_request(format!("none of the {} records is valid{first}", report.read)).into()
            } else {
                return Ok((StatusCode::OK, Json(report.receipt)).into_response());
            }
        }
    };
    Err(problem.with_receipt(report.receipt))
}
