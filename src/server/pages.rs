//! The dashboard's routes: pages, server functions, the login page, and the page for paths that lead nowhere.

use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use http_body_util::Limited;
use leptos::prelude::{LeptosOptions, provide_context, use_context};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list, render_app_async_with_context};

use super::site::Site;
use crate::api::guard::{Caller, login};
use crate::api::request_id::RequestId;
use crate::api::{self, ApiProblem};
use crate::model::login::{LoginRefusal, landing};
use crate::model::{Problem, ProblemKind};
use crate::service::Service;
use crate::web::app::{App, login_shell, shell};
use crate::web::pages::LoginAsked;
use crate::web::platform::{DemoSeed, LoggedIn, RequestName};
use crate::web::view_state;

/// Pages and server functions; every other request gets a file of the site, a problem below `/api`, or the
/// dashboard's own 404.
pub fn router(service: &Service, site: &Site) -> Router {
    let options = options(site);
    let context = {
        let service = service.clone();
        move || {
            provide_context(service.clone());
            let id = use_context::<Parts>().and_then(|parts| parts.extensions.get::<RequestId>().cloned());
            if let Some(RequestId(id)) = id {
                provide_context(RequestName(id));
            }
            if use_context::<Parts>().is_some_and(|parts| parts.extensions.get() == Some(&Caller::Session)) {
                provide_context(LoggedIn);
            }
            if let Some(seed) = use_context::<Parts>().and_then(|parts| parts.extensions.get::<DemoSeed>().copied()) {
                provide_context(seed);
            }
        }
    };
    let page = {
        let options = options.clone();
        move || shell(options.clone())
    };
    let lost = render_app_async_with_context(context.clone(), page.clone());
    let site = site.clone();
    let rest = move |request: Request| {
        let (site, lost) = (site.clone(), lost.clone());
        async move { file_or_lost(&site, request, lost).await }
    };
    Router::new()
        .leptos_routes_with_context(&options, routes(), context, page)
        .fallback(rest)
        .layer(middleware::from_fn_with_state(service.clone(), mark_demo))
        .layer(middleware::from_fn(bound))
        .with_state(options)
}

/// The routes of the pages, found once in a process: while they are looked for, no page anywhere in it gets its data
/// (the framework holds back every resource meanwhile), so that a page of a server that runs already would never end.
fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: OnceLock<Vec<AxumRouteListing>> = OnceLock::new();
    ROUTES.get_or_init(|| generate_route_list(App)).clone()
}

/// Most bytes of what a page sends: its questions and forms.
const CALL_BYTES_MAX: usize = 1 << 20;

/// Server functions read their whole body, however large; here is its end.
async fn bound(request: Request, next: Next) -> Response {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: u64| bytes > CALL_BYTES_MAX as u64) {
        let reason = format!("a page sends at most {CALL_BYTES_MAX} bytes; records go to /api/v1/ingest");
        return ApiProblem::from(Problem::new(ProblemKind::TooLarge, reason)).into_response();
    }
    next.run(request.map(|body| Body::new(Limited::new(body, CALL_BYTES_MAX)))).await
}

/// The login page; whoever has logged in is led on.
pub fn login(site: &Site) -> Router {
    let options = options(site);
    let page = move |request: Request| {
        let (options, asked) = (options.clone(), asked(&request));
        let logged_in = request.extensions().get() == Some(&Caller::Session);
        async move {
            if logged_in {
                return Redirect::to(&asked.to).into_response();
            }
            let page = move || login_shell(options.clone(), asked.clone());
            render_app_async_with_context(|| (), page)(request).await
        }
    };
    Router::new().route(login::LOGIN, get(page))
}

/// What the address of the login page says, and how the browser came there.
fn asked(request: &Request) -> LoginAsked {
    let pairs: Vec<(String, String)> = view_state::pairs(request.uri().query().unwrap_or_default()).collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    LoginAsked {
        to: landing(value("to")).to_owned(),
        refused: LoginRefusal::parse(value("refused")),
        from_elsewhere: matches!(site, Some(b"cross-site" | b"same-site")),
    }
}

/// Finds out whether the store holds demo data, so that every page can say so, even one that is not there.
async fn mark_demo(State(service): State<Service>, mut request: Request, next: Next) -> Response {
    // Files and calls are not pages: nothing is read for them.
    if !["/rpc/", "/pkg/"].iter().any(|folder| request.uri().path().starts_with(folder)) {
        let seed = service.demo_seed().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "could not find out whether this is demo data");
            None
        });
        request.extensions_mut().insert(DemoSeed(seed));
    }
    next.run(request).await
}

async fn file_or_lost<L, F>(site: &Site, request: Request, lost: L) -> Response
where
    L: FnOnce(Request) -> F,
    F: Future<Output = Response>,
{
    if let Some(file) = site.file(request.method(), request.uri(), request.headers()).await {
        return file;
    }
    let path = request.uri().path();
    if ["/api/", "/rpc/", "/pkg/"].iter().any(|folder| path.starts_with(folder)) {
        return api::router::no_route(request.uri().clone()).await.into_response();
    }
    lost(request).await
}

fn options(site: &Site) -> LeptosOptions {
    let hashes = site.hashes();
    LeptosOptions::builder()
        .output_name("swarmscope")
        .site_root(site.root().to_string_lossy().into_owned())
        .hash_files(hashes.is_some()) // names of a debug build carry none
        .hash_file(hashes.unwrap_or_default().to_string_lossy().into())
        .build()
}
