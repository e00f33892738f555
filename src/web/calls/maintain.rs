//! The store itself: what it holds, and the tasks that keep it so.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use serde::{Deserialize, Serialize};

use crate::model::Problem;
use crate::model::maintain::{MaintenanceStatus, StoreReport};
use crate::model::system::SystemHealth;

/// A task as the forms of the page name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskName {
    /// What retention asks for.
    Cleanup,
    /// Give free pages back.
    Vacuum,
    /// A verified copy.
    Backup,
    /// Look at every page.
    Check,
}

/// The store as a whole.
#[server(prefix = "/rpc", endpoint = "load_store_report", input = Json)]
pub async fn load_store_report() -> Result<StoreReport, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.store_report(call.now).await;
    call.end(answer)
}

/// How the program itself is doing.
#[server(prefix = "/rpc", endpoint = "load_system_health", input = Json)]
pub async fn load_system_health() -> Result<SystemHealth, Problem> {
    let call = crate::web::platform::Call::begin()?;
    let answer = call.service.system_health(call.now).await;
    call.end(Ok(answer))
}

/// Starts a task. A plain form can call it, too: without JavaScript, the answer leads back to the page.
/// `older_than_days` and `dry_run` are fields of that form, about a cleanup: empty or not there = as retention says, and
/// for good.
#[server(prefix = "/rpc", endpoint = "start_task")]
pub async fn start_task(
    task: TaskName,
    older_than_days: Option<String>,
    dry_run: Option<bool>,
) -> Result<MaintenanceStatus, Problem> {
    use crate::model::maintain::MaintenanceTask;
    let call = crate::web::platform::Call::begin()?;
    let days = match older_than_days.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => text.parse().ok().filter(|days| (1..=36_500).contains(days)).map(Some).ok_or_else(|| {
            Problem::bad_request(format!("`{text}` is no number of days; write 1 to 36500, or nothing"))
        }),
    };
    let task = match task {
        TaskName::Cleanup => MaintenanceTask::Cleanup {
            older_than_days: call.clone().end(days.map_err(crate::service::ServiceError::from))?,
            dry_run: dry_run.unwrap_or(false),
        },
        TaskName::Vacuum => MaintenanceTask::Vacuum,
        TaskName::Backup => MaintenanceTask::Backup { name: None },
        TaskName::Check => MaintenanceTask::Check,
    };
    let answer = call.service.start_maintenance(task, call.now);
    let answer = call.end(answer)?;
    leptos_axum::redirect("/system");
    Ok(answer)
}
