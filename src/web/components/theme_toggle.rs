//! Light, dark, or as the system likes it; the server reads the choice from a cookie, so that the first
//! paint is right.

use leptos::prelude::*;

use crate::web::platform;

/// Counts up whenever colours or pixels change: charts that are painted must be painted again.
#[derive(Debug, Clone, Copy)]
pub struct Look(pub RwSignal<u32>);

/// The toggle. Without JavaScript the page follows the system, and the toggle is not shown.
#[component]
pub fn ThemeToggle() -> impl IntoView {
    let theme = RwSignal::new(platform::chosen_theme());
    let look = use_context::<Look>();
    let choose = move |choice: Option<&'static str>| {
        platform::choose_theme(choice);
        theme.set(choice.map(str::to_owned));
        if let Some(Look(look)) = look {
            look.update(|n| *n += 1);
        }
    };
    let choices = [("System", None), ("Light", Some("light")), ("Dark", Some("dark"))];
    let buttons = choices.map(|(name, choice)| {
        let pressed = move || theme.with(|theme| theme.as_deref() == choice).to_string();
        view! {
            <button type="button" aria-pressed=pressed on:click=move |_| choose(choice)>
                {name}
            </button>
        }
    });
    view! {
        <div class="theme-toggle needs-js" role="group" aria-label="Theme">
            {buttons.collect_view()}
        </div>
    }
}
