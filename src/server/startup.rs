//! What answers while the store opens: probes, which may come during a long migration, and a word to everybody else.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use crate::api::{ApiProblem, probes, request_id};
use crate::model::{Problem, ProblemKind};
use crate::service::health::READY_CHECKS;

/// What every check but the process says.
const OPENING: &str = "the store is being opened and brought up to date";

/// Waits for `opening` and answers on `listener` meanwhile, one request a connection.
pub async fn answer_until<T>(listener: &TcpListener, header_seconds: u64, opening: impl Future<Output = T>) -> T {
    let router = Router::new().fallback(answer).layer(middleware::from_fn(request_id::layer));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(Duration::from_secs(header_seconds)).keep_alive(false);
    let mut opening = pin!(opening);
    loop {
        let accepted = tokio::select! {
            opened = &mut opening => return opened,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(50)).await; // out of descriptors, most likely
            continue;
        };
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

async fn answer(request: Request) -> Response {
    let verbose = request.uri().query().is_some_and(|query| query.split('&').any(|word| word.starts_with("verbose")));
    let mut parts = request.uri().path().trim_start_matches('/').splitn(2, '/');
    let (probe, check) = (parts.next().unwrap_or_default(), parts.next());
    let names: &[&'static str] = match probe {
        "livez" => return probes::answer(&[("process", Ok(()))], verbose),
        "readyz" => &READY_CHECKS,
        "startupz" => &probes::STARTUP_CHECKS,
        _ => {
            let problem = Problem::new(ProblemKind::Overloaded, format!("{OPENING}; try again in a moment"));
            return ([(header::RETRY_AFTER, "2")], ApiProblem::from(problem)).into_response();
        }
    };
    let named = names.iter().filter(|name| check.is_none_or(|check| check == **name));
    let checks: Vec<_> = named.map(|name| (*name, Err(OPENING.to_owned()))).collect();
    if checks.is_empty() {
        return ApiProblem::from(Problem::not_found(format!("there is no such check; there are {}", names.join(", "))))
            .into_response();
    }
    probes::answer(&checks, verbose)
}
