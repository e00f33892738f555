//! A command to copy.

use leptos::prelude::*;

use crate::web::platform;

/// A command, with a button that copies it.
#[component]
pub fn CommandBlock(
    /// The command, as it is typed.
    #[prop(into)]
    command: String,
) -> impl IntoView {
    let copied = RwSignal::new(false);
    let text = command.clone();
    let copy = move |_| {
        platform::copy(&text);
        copied.set(true);
        let forget = move || {
            // The page may be gone by then.
            let _ = copied.try_set(false);
        };
        set_timeout(forget, std::time::Duration::from_secs(2));
    };
    view! {
        <div class="command">
            <pre tabindex="0"><code>{command}</code></pre>
            <button type="button" class="button needs-js" on:click=copy>
                {move || if copied.get() { "Copied" } else { "Copy" }}
            </button>
        </div>
    }
}

/// What a `curl` command must say where one has to log in; the shell puts the token in.
#[must_use]
pub fn authorization() -> &'static str {
    if platform::logged_in() { " -H \"Authorization: Bearer $SWARMSCOPE_ADMIN_TOKEN\"" } else { "" }
}
