//! The server: composes routes, pages and static files, and runs them until it is told to stop.
//!
//! Connections go through hyper directly, because axum's own `serve` has no limit on the time a
//! client may take to send the head of a request.

mod connections;
mod pages;
mod patient;
mod site;
pub mod startup;

use std::future::Future;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant, SystemTime};

use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::response::Response;
use axum::{Router, middleware};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::api::access::Access;
use crate::api::guard::address::Peer;
use crate::api::guard::{self, Guard};
use crate::api::steady::Pace;
use crate::api::{self, ApiState, Limits, Meters, request_id};
use crate::config::{Config, ServerConfig};
use crate::jobs::Jobs;
use crate::service::Service;
use connections::{Connections, Place};
use patient::Patient;
use site::Site;

/// Why the server does not serve.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Somebody else listens there.
    #[error("{address} is in use, perhaps by another swarmscope; end that one or name another port with --bind {ip}:PORT", ip = address.ip())]
    Busy {
        /// Where.
        address: SocketAddr,
    },
    /// The address cannot be had for another reason.
    #[error("could not listen on {address}: {source}")]
    Bind {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The listening socket failed.
    #[error("the listening socket failed: {0}")]
    Listen(std::io::Error),
}

/// Takes the address.
///
/// # Errors
/// [`ServerError::Busy`] or [`ServerError::Bind`].
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        std::io::ErrorKind::AddrInUse => ServerError::Busy { address },
        _ => ServerError::Bind { address, source },
    })
}

/// Every route, page and file, with what wraps them all.
pub fn compose(service: &Service, config: &Config) -> Router {
    let limits = Limits {
        json_bytes: config.ingest.json_bytes_max,
        ndjson_bytes: config.ingest.ndjson_bytes_max,
        line_bytes: config.ingest.line_bytes_max,
    };
    let access = Access { service: service.clone(), slow: Duration::from_millis(config.log.slow_query_ms) };
    let pace = Pace {
        idle: Duration::from_secs(config.server.body_idle_seconds),
        bytes_per_second_min: config.server.body_bytes_per_second_min,
    };
    let guard = Guard::new(config.server.rules(), Instant::now());
    let meters = Meters::new(SystemTime::now());
    let routes = api::router::build(ApiState { service: service.clone(), limits, meters: meters.clone() });
    let site = Site::find(config.server.site.as_deref());
    if !site.exists() {
        tracing::warn!(folder = %site.root().display(), "no site folder: pages come without style and script; `make build` makes it");
    }
    let mut routes = routes.merge(pages::router(service, &site));
    if guard.asks_for_token() {
        routes = routes.merge(guard::login::routes(guard.clone())).merge(pages::login(&site));
    }
    // The last layer is the first to see a request.
    routes
        .layer(middleware::from_fn_with_state(meters, api::meters::layer))
        .layer(middleware::from_fn_with_state(guard, guard::layer))
        .layer(compression())
        .layer(middleware::map_response(protect))
        .layer(middleware::from_fn_with_state(access, api::access::layer))
        .layer(middleware::from_fn(request_id::layer))
        .layer(middleware::from_fn_with_state(pace, api::steady::layer))
}

/// Text is compressed on the way out, at a level that costs little time. Event streams are not, nor
/// is what comes compressed.
fn compression() -> CompressionLayer<impl Predicate> {
    let compressible = DefaultPredicate::new().and(NotForContentType::const_new("application/gzip"));
    CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(compressible)
}

/// Headers for whatever does not bring its own, such as a page's stricter policy with a nonce.
async fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Ends on the first SIGINT or SIGTERM; a second one ends the process at once.
pub async fn stop_signal() {
    signal().await;
    tokio::spawn(async {
        signal().await;
        tracing::warn!("second signal: ending at once");
        std::process::exit(130);
    });
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
        (Ok(mut interrupt), Ok(mut terminate)) => {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        }
        // Without handlers the signals end the process themselves.
        _ => std::future::pending().await,
    }
}

/// Serves on `listener` and runs the jobs until `stop` ends, finishes running requests and closes the store. Returns
/// whether every request could be finished in time.
///
/// # Errors
/// [`ServerError`].
pub async fn serve(
    service: Service,
    config: &Config,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> Result<bool, ServerError> {
    if config.server.admin_token.is_none() && !config.server.bind.ip().is_loopback() {
        tracing::warn!(address = %config.server.bind, "whoever reaches this address can read and change everything");
    }
    let door = Door::new(compose(&service, config), &config.server);
    let jobs = Jobs::start(&service);
    let (draining, delay) = (service.clone(), Duration::from_secs(config.server.drain_delay_seconds));
    let stop = async move {
        stop.await;
        draining.drain();
        tokio::time::sleep(delay).await;
    };
    let connections = Connections::new(config.server.connections_max);
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of descriptors, most likely: wait for some to come free.
                    tracing::warn!(%error, "could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let place = tokio::select! {
            place = connections.enter() => place,
            () = &mut stop => break,
        };
        door.open(stream, peer, place, &graceful);
    }
    drop(listener);
    service.close_feed(); // streams would never end by themselves
    let drain = Duration::from_secs(config.server.drain_seconds);
    let drained = tokio::time::timeout(drain, graceful.shutdown()).await.is_ok();
    if !drained {
        tracing::warn!(seconds = config.server.drain_seconds, "some requests did not end in time and were cut off");
    }
    jobs.stop().await;
    service.close_buffer().await;
    service.store().close().await;
    Ok(drained)
}

/// What every connection is served with.
struct Door {
    http: http1::Builder,
    router: Router,
    answer_idle: Duration,
}

impl Door {
    fn new(router: Router, config: &ServerConfig) -> Self {
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(config.header_seconds))
            .max_buf_size(config.header_bytes_max);
        Self { http, router, answer_idle: Duration::from_secs(config.answer_idle_seconds) }
    }

    /// Serves one connection, in a task of its own, until it ends or has to make room.
    fn open(&self, stream: TcpStream, peer: SocketAddr, place: Place, graceful: &GracefulShutdown) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "could not switch off Nagle's algorithm");
        }
        let told_to_go = place.told_to_go();
        let router = TowerToHyperService::new(self.router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer.ip()));
            let (answer, busy) = (router.call(request), place.busy());
            async move { answer.await.map(|answer| answer.map(|body| busy.until_end_of(body))) }
        });
        let stream = Patient::new(stream, self.answer_idle);
        let connection = graceful.watch(self.http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = told_to_go => tracing::debug!(%peer, "a connection without a request made room for another"),
            }
        });
    }
}
