//! What the page shows, part by part. The page is made once, from the answers that came first; what comes later changes
//! the parts that differ, and nothing else. What cannot be read again stays as it was read last, and says so.

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;

use crate::model::alert::{Alert, AlertChange, AlertHistory, AlertsPage as Answer, RuleStatus, Silence};
use crate::model::channel::Telling;
use crate::model::{Micros, Problem};
use crate::web::calls::Answer as Asked;
use crate::web::components::answer::skeleton;
use crate::web::components::notices::ProblemNotice;
use crate::web::format;

/// What is asked.
#[derive(Clone, Copy)]
pub(super) struct Sources {
    pub alerts: Asked<Answer>,
    pub history: Asked<AlertHistory>,
    pub telling: Asked<Telling>,
}

impl Sources {
    /// Asks all of it again.
    pub fn read_again(self) {
        self.alerts.refetch();
        self.history.refetch();
        self.telling.refetch();
    }

    /// A skeleton, then what `show` makes of the answers, once; or what is the problem, until there is none.
    pub fn view(self, show: impl Fn(Shown) -> AnyView + Clone + Send + Sync + 'static) -> impl IntoView {
        let failed = RwSignal::new(false);
        let tries = RwSignal::new(0);
        Effect::new(move || {
            if failed.get() && matches!(self.alerts.get(), Some(Ok(_))) {
                tries.update(|tries| *tries += 1);
            }
        });
        let content = move || {
            tries.track();
            let show = show.clone();
            // Untracked: another answer is no reason to make the page anew.
            let first =
                ScopedFuture::new_untracked(async move { (self.alerts.await, self.history.await, self.telling.await) });
            Suspend::new(async move {
                let (alerts, history, telling) = first.await;
                failed.set(alerts.is_err());
                match alerts {
                    Ok(alerts) => show(self.shown(alerts, history, telling)),
                    Err(problem) => {
                        view! { <ProblemNotice problem=problem retry=move || self.read_again() /> }.into_any()
                    }
                }
            })
        };
        view! {
            <div class="answer">
                <Transition fallback=skeleton>{content}</Transition>
            </div>
        }
    }

    fn shown(self, alerts: Answer, history: Result<AlertHistory, Problem>, telling: Result<Telling, Problem>) -> Shown {
        let page = Memo::new(move |last: Option<&Answer>| match self.alerts.get() {
            Some(Ok(now)) => now,
            _ => last.unwrap_or(&alerts).clone(),
        });
        let trouble = Memo::new(move |_| self.alerts.get().and_then(Result::err));
        Shown {
            page: page.into(),
            trouble: trouble.into(),
            history: latest(self.history, history),
            telling: latest(self.telling, telling),
        }
    }
}

/// What was read last, or else why nothing was.
fn latest<T>(source: Asked<T>, first: Result<T, Problem>) -> Signal<Result<T, Problem>>
where
    T: Clone + PartialEq + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    let latest = Memo::new(move |last: Option<&Result<T, Problem>>| {
        let last = last.unwrap_or(&first);
        match source.get() {
            Some(now) if now.is_ok() || last.is_err() => now,
            _ => last.clone(),
        }
    });
    latest.into()
}

/// The answers that came last.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    /// Alerts, rules, silences.
    pub page: Signal<Answer>,
    /// Why they could not be read again.
    pub trouble: Signal<Option<Problem>>,
    /// What became of alerts.
    pub history: Signal<Result<AlertHistory, Problem>>,
    /// Channels, and what they were sent.
    pub telling: Signal<Result<Telling, Problem>>,
}

impl Shown {
    fn part<T: Clone + PartialEq + Send + Sync + 'static>(self, of: fn(&Answer) -> T) -> Signal<T> {
        Memo::new(move |_| self.page.with(of)).into()
    }

    /// The server's clock.
    pub(super) fn now(self) -> Signal<Micros> {
        self.part(|page| page.now)
    }

    /// The alerts, the worst first.
    pub(super) fn alerts(self) -> Signal<Vec<Alert>> {
        self.part(|page| page.alerts.clone())
    }

    /// The rules, by name.
    pub(super) fn rules(self) -> Signal<Vec<RuleStatus>> {
        self.part(|page| page.rules.clone())
    }

    /// Silences that hold, then those that ended.
    pub(super) fn silences(self) -> Signal<Vec<Silence>> {
        self.part(|page| page.silences.clone())
    }

    /// The steps of alerts, newest first.
    pub(super) fn history(self) -> Signal<Result<Vec<AlertChange>, Problem>> {
        let changes = |history: &Result<AlertHistory, Problem>| history.clone().map(|history| history.changes);
        Memo::new(move |_| self.history.with(changes)).into()
    }

    /// `2 firing, 1 pending`.
    pub(super) fn in_short(self) -> Signal<String> {
        self.part(|page| match (page.counts.firing, page.counts.pending) {
            (0, 0) => "nothing fires".to_owned(),
            (firing, pending) => format!("{firing} firing, {pending} pending"),
        })
    }

    /// How old all this is.
    pub(super) fn looked(self) -> Signal<String> {
        let looked = self.part(|page| {
            if page.watching {
                format!("looked {}", format::ago(page.evaluated_at, page.now))
            } else {
                "nobody watches: [alerts] enabled is false, or no server ran lately; figures are of now".to_owned()
            }
        });
        Signal::derive(move || match self.trouble.get() {
            None => looked.get(),
            Some(problem) => {
                let last = format::clock(self.page.with(|page| page.now));
                format!("as it was at {last}, since when it cannot be read: {}", problem.detail)
            }
        })
    }
}
