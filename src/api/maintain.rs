//! `GET /api/v1/store`, `POST /api/v1/maintenance/{task}`: what the store holds, and what keeps it so.
//!
//! Like everything that changes state, tasks are refused to pages of elsewhere (`guard`).

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::params::Params;
use super::problem::ProblemBody;
use super::{ApiResult, now};
use crate::model::Problem;
use crate::model::maintain::MaintenanceTask;
use crate::service::Service;

/// Sizes by table and shelf, retention state, forecast, and the last maintenance runs.
#[utoipa::path(get, path = "/api/v1/store", tag = "store",
    responses((status = 200, description = "`parts`: rows and bytes by table and shelf (rows, sealed, minutes, hours, days, other); `datasets`; `sealed` days; `forecast` of bytes in 30 and 90 days; `retention`, `compression`; `runs`; `running`", body = serde_json::Value)))]
pub async fn store(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    let report = service.store_report(now()).await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(report)).into_response())
}

/// Starts a task; `GET /api/v1/store` tells in `running` how far it is, and in `runs` how it ended.
#[utoipa::path(post, path = "/api/v1/maintenance/{task}", tag = "store",
    params(
        ("task" = String, Path, description = "cleanup, vacuum, backup or check"),
        ("older_than" = Option<u32>, Query, description = "cleanup: only delete days older than so many days, at least 1"),
        ("dry_run" = Option<bool>, Query, description = "cleanup: only say what would be done; with `wait`"),
        ("name" = Option<String>, Query, description = "backup: name of the copy's file in the folder `backups` beside the store"),
        ("wait" = Option<bool>, Query, description = "answer when it is done, with its report"),
    ),
    responses(
        (status = 200, description = "with `wait`: what was done", body = serde_json::Value),
        (status = 202, description = "it was started", body = serde_json::Value),
        (status = 400, description = "a parameter makes no sense", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "there is no such task", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "another task runs", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "the store takes no work; see Retry-After", body = ProblemBody, content_type = "application/problem+json"),
    ))]
pub async fn maintenance(
    State(service): State<Service>,
    Path(task): Path<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let query = query.as_deref();
    let (task, params) = match task.as_str() {
        "cleanup" => {
            let params = Params::read(query, &["older_than", "dry_run", "wait"])?;
            let older_than_days =
                params.get("older_than").map(|_| params.number("older_than", 1, 1, 36_500)).transpose()?;
            (MaintenanceTask::Cleanup { older_than_days, dry_run: params.switch("dry_run", false)? }, params)
        }
        "vacuum" => (MaintenanceTask::Vacuum, Params::read(query, &["wait"])?),
        "check" => (MaintenanceTask::Check, Params::read(query, &["wait"])?),
        "backup" => {
            let params = Params::read(query, &["name", "wait"])?;
            (MaintenanceTask::Backup { name: params.get("name").map(str::to_owned) }, params)
        }
        other => {
            let detail = format!("there is no task `{other}`; there are cleanup, vacuum, backup and check");
            return Err(Problem::not_found(detail).into());
        }
    };
    let dry_run = matches!(task, MaintenanceTask::Cleanup { dry_run: true, .. });
    if params.switch("wait", dry_run)? {
        return Ok(Json(service.run_maintenance(task, now()).await?).into_response());
    }
    Ok((StatusCode::ACCEPTED, Json(service.start_maintenance(task, now())?)).into_response())
}
