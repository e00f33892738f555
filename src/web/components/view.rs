//! Where a page stands: its path and its [`ViewState`], read from the URL as it is.

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

use crate::model::RangeSpec;
use crate::web::view_state::{NAMELESS, ViewState, decode};

/// The path and the state of the page, for everything that links back to it.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The path, still encoded.
    pub path: Memo<String>,
    /// The query string, still encoded.
    pub search: Memo<String>,
    /// What the query string says.
    pub state: Memo<ViewState>,
}

/// Provides the view of a page to everything on it.
///
/// The address changes before the page does: a page that is being left keeps its last view, or it would
/// ask for an agent with the id of a task.
pub fn provide_view() -> View {
    provide_view_of(RangeSpec::default())
}

/// The same for a page that is about `usual` where its URL names no range.
pub fn provide_view_of(usual: RangeSpec) -> View {
    let location = use_location();
    let (pathname, search) = (location.pathname, location.search);
    let own = pathname.with_untracked(|path| section(path).to_owned());
    let here = move || pathname.with(|path| section(path) == own);
    let held = move |text: Memo<String>| {
        let here = here.clone();
        Memo::new(move |last: Option<&String>| match last {
            Some(last) if !here() => last.clone(),
            _ => text.get(),
        })
    };
    let (path, search) = (held(pathname), held(search));
    let state = Memo::new(move |_| search.with(|search| ViewState::parse_for(search, &usual)));
    let view = View { path, search, state };
    provide_context(view);
    view
}

/// The path without what names one of many things, which is the kind of page: `/agents/` for any agent.
fn section(path: &str) -> &str {
    match path.trim_start_matches('/').find('/') {
        Some(end) => &path[..path.len() - path.trim_start_matches('/').len() + end + 1],
        None => path,
    }
}

/// The view of the page around.
#[must_use]
pub fn use_view() -> View {
    use_context::<View>().unwrap_or_else(provide_view)
}

impl View {
    /// A link to this page in another state.
    #[must_use]
    pub fn href(&self, state: &ViewState) -> String {
        format!("{}{}", self.path.get_untracked(), state.query())
    }

    /// The id of what the page is about: the last segment of the path, decoded, or what stands for it in the query.
    #[must_use]
    pub fn id(&self) -> String {
        let id = self.path.with(|path| decode(path.rsplit('/').next().unwrap_or_default()));
        let said = self.state.with(|state| state.id.clone()).filter(|_| id == NAMELESS);
        said.unwrap_or(id)
    }
}

/// Goes to a link of this page without scrolling: one gesture, one step back.
pub fn use_go() -> impl Fn(&str) + Clone + 'static {
    let navigate = use_navigate();
    move |href: &str| navigate(href, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}
