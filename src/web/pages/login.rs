//! `/login`: the one page that is shown to anybody. A plain form, so that it works without JavaScript; the server sends
//! it without the program of the other pages.

use leptos::prelude::*;

use crate::model::login::LoginRefusal;
use crate::web::view_state::encode;

/// What the page is asked with.
#[derive(Debug, Clone)]
pub struct LoginAsked {
    /// Where to go afterwards; a path of this site.
    pub to: String,
    /// Why the last try was refused.
    pub refused: Option<LoginRefusal>,
    /// Whether a page of another site led here.
    pub from_elsewhere: bool,
}

impl LoginAsked {
    /// The address of the page.
    #[must_use]
    pub fn url(&self) -> String {
        format!("/login?to={}", encode(&self.to))
    }
}

/// The page.
#[component]
pub fn LoginPage(
    /// What it is asked with.
    asked: LoginAsked,
) -> impl IntoView {
    let refused = asked.refused.map(|refused| {
        let words = match refused {
            LoginRefusal::Wrong => "That is not the token this server was started with.",
            LoginRefusal::Slowed => {
                "Too many wrong tokens came from your address. The last one was not looked at; try again in a few seconds."
            }
        };
        view! { <p class="refused" role="alert">{words}</p> }
    });
    view! {
        <main id="main" class="login">
            <section class="notice" data-kind="login">
                <p class="brand">
                    <img src="/logo.svg" alt="" width="24" height="24" />
                    "Swarmscope"
                </p>
                <h1>"Log in"</h1>
                {refused}
                <form method="post" action="/login">
                    <label for="token">"Admin token"</label>
                    <input
                        id="token"
                        name="token"
                        type="password"
                        required
                        autofocus
                        autocomplete="current-password"
                        autocapitalize="none"
                        spellcheck="false"
                    />
                    <input type="hidden" name="to" value=asked.to />
                    <button type="submit" class="button primary">"Log in"</button>
                </form>
                <p class="muted">
                    "On the server it stands in "<code>"SWARMSCOPE_ADMIN_TOKEN"</code>" or in its "<code>"admin_token_file"</code>"."
                </p>
            </section>
        </main>
    }
}
