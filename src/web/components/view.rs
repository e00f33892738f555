//! Where a page stands: its path and its [`ViewState`], read from the URL as it is.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::web::view_state::{ViewState, decode};

/// The path and the state of the page, for everything that links back to it.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The path, still encoded.
    pub path: Memo<String>,
    /// What the query string says.
    pub state: Memo<ViewState>,
}

/// Reads the view of the current page from the URL.
#[must_use]
pub fn use_view() -> View {
    let location = use_location();
    let (path, search) = (location.pathname, location.search);
    View { path, state: Memo::new(move |_| search.with(|search| ViewState::parse(search))) }
}

impl View {
    /// A link to this page in another state.
    #[must_use]
    pub fn href(&self, state: &ViewState) -> String {
        format!("{}{}", self.path.get_untracked(), state.query())
    }

    /// The last segment of the path, decoded: the id of what the page is about.
    #[must_use]
    pub fn id(&self) -> String {
        self.path.with(|path| decode(path.rsplit('/').next().unwrap_or_default()))
    }
}

/// Goes to a link of this page without scrolling: one gesture, one step back.
pub fn use_go() -> impl Fn(&str) + Clone + 'static {
    let navigate = use_navigate();
    move |href: &str| navigate(href, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}
