//! `/system`: how the program is doing, what the store holds and costs, and the tasks that keep it so.

mod report;
mod tasks;
mod vitals;

use std::time::Duration;

use leptos::prelude::*;
use leptos_meta::Title;

use crate::model::maintain::StoreReport;
use crate::model::system::SystemHealth;
use crate::web::calls::{ask, load_store_report, load_system_health};
use crate::web::components::answer::answer;
use crate::web::components::view::provide_view;
use tasks::Tasks;
use vitals::VitalsBody;

pub use report::ReportBody;

/// How often a running task is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the key metrics are read again while somebody looks at them.
const MEASURE_EVERY: Duration = Duration::from_secs(5);

/// The page of the store.
#[component]
pub fn SystemPage() -> impl IntoView {
    provide_view();
    let health = ask(|| (), |()| load_system_health());
    Effect::new(move || {
        let look = move || {
            if !document().hidden() {
                health.refetch();
            }
        };
        if let Ok(handle) = set_interval_with_handle(look, MEASURE_EVERY) {
            on_cleanup(move || handle.clear());
        }
    });
    let report = ask(|| (), |()| load_store_report());
    let running = RwSignal::new(false);
    Effect::new(move || {
        if running.get()
            && let Ok(handle) = set_interval_with_handle(move || report.refetch(), LOOK_EVERY)
        {
            on_cleanup(move || handle.clear());
        }
    });
    let vitals = move |health: SystemHealth| view! { <VitalsBody health=health /> }.into_any();
    let body = move |report: StoreReport| view! { <ReportBody report=report running=running /> }.into_any();
    view! {
        <Title text="System" />
        <header class="page-header">
            <div class="page-title">
                <h1>"System"</h1>
                <span class="muted">"the program, its store, and what keeps it"</span>
            </div>
        </header>
        {answer(health, RwSignal::new(false), vitals)}
        <Tasks report=report />
        {answer(report, RwSignal::new(false), body)}
    }
    .into_any()
}
