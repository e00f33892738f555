//! The server's twin.

use std::error::Error;

use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use leptos::prelude::*;
use leptos::web_sys::{Element, HtmlCanvasElement};
use leptos_axum::ResponseOptions;
use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea;

use crate::model::{Micros, Problem, ProblemKind};
use crate::service::{Service, ServiceError};
use crate::web::charts::{Drawing, Theme};

use super::Heard;

/// The id of the request being answered; the server provides it as context, the log names it.
#[derive(Debug, Clone)]
pub struct RequestName(pub String);

/// The seed of the demo data in the store, if that is what it holds; a request's own, as an import may end it.
#[derive(Debug, Clone, Copy)]
pub struct DemoSeed(pub Option<u64>);

/// Somebody logged in to see this page, and may log out; the server provides it as context.
#[derive(Debug, Clone, Copy)]
pub struct LoggedIn;

/// What a server function needs: the service, and the time it is.
#[derive(Debug, Clone)]
pub struct Call {
    /// The use cases.
    pub service: Service,
    /// The clock, read once a call.
    pub now: Micros,
}

impl Call {
    /// Fetches the service from context and reads the clock.
    ///
    /// # Errors
    /// When the server provided no service.
    pub fn begin() -> Result<Self, Problem> {
        let now = Micros(chrono::Utc::now().timestamp_micros());
        match use_context::<Service>() {
            Some(service) => Ok(Self { service, now }),
            None => Err(shown(&Problem::new(ProblemKind::Internal, "the server has no store to ask"), None)),
        }
    }

    /// Turns a failure into what may be shown, sets the status and logs the cause, once.
    ///
    /// # Errors
    /// When the use case failed.
    pub fn end<T>(self, answer: Result<T, ServiceError>) -> Result<T, Problem> {
        answer.map_err(|error| shown(&error.problem(), error.source().map(|_| &error as &dyn Error)))
    }
}

fn shown(problem: &Problem, cause: Option<&dyn Error>) -> Problem {
    set_status(problem.kind.status());
    let request_id = use_context::<RequestName>().map(|name| name.0);
    if problem.kind.status() >= 500 {
        let cause = cause.map(chain).unwrap_or_default();
        tracing::error!(request_id, cause, "a page could not be answered: {}", problem.detail);
    } else {
        tracing::debug!(request_id, "a page was refused: {}", problem.detail);
    }
    Problem { request_id, ..problem.clone() }
}

/// The whole chain of causes in one line.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

/// Sets the status of the answer.
pub fn set_status(status: u16) {
    if let (Some(options), Ok(status)) = (use_context::<ResponseOptions>(), StatusCode::from_u16(status)) {
        options.set_status(status);
    }
}

/// Sends the content policy that goes with this page's nonce, and forbids storing the page.
pub fn secure_page() {
    let Some(options) = use_context::<ResponseOptions>() else { return };
    let nonce = leptos::nonce::use_nonce().map(|nonce| format!("'nonce-{nonce}'")).unwrap_or_default();
    let policy = format!(
        "default-src 'self'; script-src 'self' {nonce} 'wasm-unsafe-eval'; style-src 'self' {nonce}; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy.as_str()),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("referrer-policy"), "same-origin"),
    ];
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            options.insert_header(name, value);
        }
    }
}

/// Where this page comes from, such as `http://127.0.0.1:3000`. A proxy that speaks TLS says so.
#[must_use]
pub fn origin() -> String {
    let parts = use_context::<Parts>();
    let header = |name: &str| Some(parts.as_ref()?.headers.get(name)?.to_str().ok()?.to_owned());
    let scheme = if header("x-forwarded-proto").as_deref() == Some("https") { "https" } else { "http" };
    format!("{scheme}://{}", header("host").as_deref().unwrap_or("127.0.0.1:3000"))
}

/// The theme a person chose, `light` or `dark`; `None` follows the system.
#[must_use]
pub fn chosen_theme() -> Option<String> {
    let parts = use_context::<Parts>()?;
    let cookies = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().strip_prefix("theme="))
        .find(|theme| matches!(*theme, "light" | "dark"))
        .map(str::to_owned)
}

/// The seed of the simulation, when the store holds demo data; the server provides it with each page.
#[must_use]
pub fn demo_seed() -> Option<u64> {
    use_context::<DemoSeed>().and_then(|DemoSeed(seed)| seed)
}

/// Whether somebody logged in to see this page.
#[must_use]
pub fn logged_in() -> bool {
    use_context::<LoggedIn>().is_some()
}

/// Keeps the choice; only browsers do.
pub fn choose_theme(_theme: Option<&str>) {}

/// The drawing as SVG for `width` × `height` CSS pixels, drawn at twice that size for smooth lines. Colours are
/// the page's own tokens, so that the picture follows the theme.
#[must_use]
pub fn picture<D: Drawing>(drawing: &D, width: u32, height: u32) -> String {
    // Sized by the stylesheet; the words beside the picture say what it shows.
    svg(drawing, width, height, "aria-hidden=\"true\" ")
}

/// The same for drawings without words, which may be pulled to whatever size there is.
#[must_use]
pub fn stretched_picture<D: Drawing>(drawing: &D, width: u32, height: u32) -> String {
    svg(drawing, width, height, "aria-hidden=\"true\" preserveAspectRatio=\"none\" ")
}

fn svg<D: Drawing>(drawing: &D, width: u32, height: u32, attributes: &str) -> String {
    const SCALE: u32 = 2;
    /// What plotters' SVG divides font sizes by.
    const FONT_SCALE: f64 = 1.24;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (width * SCALE, height * SCALE)).into_drawing_area();
        if let Err(error) = drawing.draw(&area, &Theme::numbered(f64::from(SCALE), FONT_SCALE)) {
            tracing::error!(%error, drawing = drawing.name(), "could not draw a chart");
        }
    }
    let sized = format!("width=\"{}\" height=\"{}\" ", width * SCALE, height * SCALE);
    // What is the default anyway is a third of a drawing of many small marks.
    let svg = svg.replacen(&sized, attributes, 1).replace(" opacity=\"1\"", "").replace(" stroke=\"none\"", "");
    Theme::name_tokens(&svg)
}

/// Paints a canvas; only browsers do.
pub fn paint<D: Drawing>(_canvas: &HtmlCanvasElement, _drawing: &D) {}

/// Calls back when an element's size changes; only in browsers.
pub fn watch_size(_element: &Element, _changed: impl Fn() + 'static) {}

/// Calls back when colours or pixels change; only in browsers.
pub fn watch_look(_changed: impl Fn() + Clone + 'static) {}

/// Puts a text on the clipboard; only in browsers.
pub fn copy(_text: &str) {}

/// A stream of news; only browsers follow one.
#[derive(Debug)]
pub struct Stream;

/// Follows the server's stream; only browsers do.
pub fn follow(_url: &str, _heard: impl Fn(Heard) + 'static) -> Option<Stream> {
    None
}

/// The browser's clock; there is none here, as a view must not depend on it.
#[must_use]
pub fn clock_ms() -> f64 {
    0.0
}

/// Whether a text is selected; only in browsers.
#[must_use]
pub fn is_selecting() -> bool {
    false
}

/// Whether the page is scrolled beyond something; only in browsers.
#[must_use]
pub fn is_above(_selector: &str) -> bool {
    false
}
