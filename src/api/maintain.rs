//! `GET /api/v1/store`, `POST /api/v1/maintenance/{task}`: what the store holds, and what keeps it so.
//!
//! Like everything that changes state, tasks are refused to pages of elsewhere (`guard`).

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::parameter::{FROM, Spec, TO, Takes, takes};
use super::params::Params;
use super::path::Segments;
use super::{ApiResult, now, reply, timing};
use crate::model::maintain::{MaintenanceReport, MaintenanceStatus, MaintenanceTask, StoreReport};
use crate::model::{Problem, TimeRange};
use crate::service::Service;
use crate::service::query::range_from;

/// Most days that can be named.
const DAYS_MAX: u32 = 36_500;
const OLDER_THAN: Spec = Spec::new(
    "older_than",
    Takes::Number { default: None, min: 1, max: DAYS_MAX },
    "Of `cleanup`: only delete days older than so many days.",
    "90",
);
const DRY_RUN: Spec =
    Spec::new("dry_run", Takes::Switch, "Of `cleanup`: only say what would be done; with `wait`.", "true");
const NAME: Spec = Spec::new(
    "name",
    Takes::Text,
    "Of `backup`: name of the copy's file in the folder `backups` beside the store.",
    "before-upgrade.db",
);
const WAIT: Spec = Spec::new("wait", Takes::Switch, "Answer when it is done, with its report.", "true");

takes!(MaintenanceParams, [OLDER_THAN, DRY_RUN, NAME, FROM, TO, WAIT]);

/// What can be done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "describes the path; the task is read from its name")]
enum TaskName {
    /// What retention asks for.
    Cleanup,
    /// Give free pages back to the disk.
    Vacuum,
    /// Copy the store, and verify the copy.
    Backup,
    /// Look at every page and index.
    Check,
    /// Turn sealed records from `from` to `to` back into rows.
    Unarchive,
}

/// Sizes by table and shelf, retention state, forecast, and the last maintenance runs.
#[utoipa::path(get, path = "/api/v1/store", tag = "store",
    responses((status = 200, description = "rows and bytes by table and shelf, days, settings, forecast, runs", body = StoreReport)))]
pub async fn store(State(service): State<Service>, RawQuery(query): RawQuery) -> ApiResult<Response> {
    Params::read(query.as_deref(), &[])?;
    reply::fresh(&timing::query(service.store_report(now())).await?)
}

/// Starts a task; `GET /api/v1/store` tells in `running` how far it is, and in `runs` how it ended.
#[utoipa::path(post, path = "/api/v1/maintenance/{task}", tag = "store",
    params(
        ("task" = inline(TaskName), Path, description = "what to do", example = "check"),
        MaintenanceParams,
    ),
    responses(
        (status = 200, description = "with `wait`: what was done", body = MaintenanceReport),
        (status = 202, description = "it was started", body = MaintenanceStatus),
        (status = 404, description = "there is no such task"),
        (status = 409, description = "another task runs"),
    ))]
pub async fn maintenance(
    State(service): State<Service>,
    Segments(task): Segments<String>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let query = query.as_deref();
    let (task, params) = match task.as_str() {
        "cleanup" => {
            let params = Params::take(query, vec![OLDER_THAN, DRY_RUN, WAIT])?;
            let older_than_days = params.whole("older_than");
            (MaintenanceTask::Cleanup { older_than_days, dry_run: params.on("dry_run").unwrap_or(false) }, params)
        }
        "vacuum" => (MaintenanceTask::Vacuum, Params::take(query, vec![WAIT])?),
        "check" => (MaintenanceTask::Check, Params::take(query, vec![WAIT])?),
        "backup" => {
            let params = Params::take(query, vec![NAME, WAIT])?;
            (MaintenanceTask::Backup { name: params.get("name").map(str::to_owned) }, params)
        }
        "unarchive" => {
            let params = Params::take(query, vec![FROM, TO, WAIT])?;
            let TimeRange { from, until } = range_from(params.get("from"), params.get("to"), now())?;
            (MaintenanceTask::Unarchive { from, until }, params)
        }
        other => {
            let detail = format!("there is no task `{other}`; there are cleanup, vacuum, backup, check and unarchive");
            return Err(Problem::not_found(detail).into());
        }
    };
    let dry_run = matches!(task, MaintenanceTask::Cleanup { dry_run: true, .. });
    if params.on("wait").unwrap_or(dry_run) {
        return reply::fresh(&timing::query(service.run_maintenance(task, now())).await?);
    }
    let mut response = reply::fresh(&service.start_maintenance(task, now())?)?;
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
