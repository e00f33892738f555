//! One POST over HTTP/1.1.
//!
//! hyper's connection is used as it is, without a client around it: a client would look names up itself, follow
//! redirects, and keep connections to addresses nobody checked again.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::client::conn::http1;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;

use super::dial::dial;
use super::secret::{Revealed, shown};
use super::{ANSWER_MAX, Bounds, Outbound, SendError, address, trust};

/// What is sent.
#[derive(Debug)]
pub struct Post<'a> {
    /// Where to; may be a secret.
    pub url: &'a Revealed,
    /// Further headers; their values may be secrets.
    pub headers: Vec<(&'static str, Revealed)>,
    /// JSON.
    pub body: Vec<u8>,
    /// What else in this message is secret, and must not be shown if it is echoed.
    pub hide: Vec<Revealed>,
}

/// What a URL says.
struct Target {
    uri: Uri,
    host: String,
    port: u16,
    tls: bool,
}

fn target(url: &Revealed) -> Result<Target, SendError> {
    let wrong = |reason| SendError::Unusable { what: "the URL", reason };
    let uri: Uri = url.expose().trim().parse().map_err(|_| wrong("it is no URL"))?;
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        _ => return Err(wrong("it begins neither with https:// nor with http://")),
    };
    let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
    if authority.as_str().contains('@') {
        return Err(wrong("it holds a user or password; use `token`"));
    }
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
    Ok(Target { uri, host, port, tls })
}

/// Sends it; returns the status.
pub(super) async fn post(outbound: &Outbound, post: &Post<'_>, bounds: Bounds<'_>) -> Result<u16, SendError> {
    let target = target(post.url)?;
    let checked = address::check(outbound, &target.host, target.port, bounds.allow_private).await?;
    if !target.tls && !checked.private {
        return Err(SendError::Clear { host: target.host });
    }
    let request = request(&target, post)?;
    let stream = dial(&target.host, &checked, bounds).await?;
    let answer = if target.tls {
        exchange(&target, encrypt(outbound, &target.host, stream, bounds.ca_file).await?, request).await?
    } else {
        exchange(&target, stream, request).await?
    };
    judge(answer, post)
}

/// Makes a connection to `host` encrypted, if `host` is who it says it is.
///
/// # Errors
/// [`SendError::Tls`], [`SendError::Connection`], [`SendError::CaFile`].
pub(super) async fn encrypt(
    outbound: &Outbound,
    host: &str,
    stream: TcpStream,
    ca_file: Option<&Path>,
) -> Result<TlsStream<TcpStream>, SendError> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| SendError::Unusable { what: "the host", reason: "it is no name that a certificate can hold" })?;
    let connector = outbound.trust.connector(ca_file).await?;
    connector.connect(name, stream).await.map_err(|error| match trust::reason(&error) {
        Some(reason) => SendError::Tls { host: host.to_owned(), reason },
        None => SendError::Connection { host: host.to_owned(), reason: error.to_string() },
    })
}

fn request(target: &Target, post: &Post<'_>) -> Result<Request<Full<Bytes>>, SendError> {
    let unusable = || SendError::Unusable { what: "a header", reason: "it holds characters that no header may" };
    let path = target.uri.path_and_query().map_or("/", |path| path.as_str());
    let authority = target.uri.authority().map_or(target.host.as_str(), |authority| authority.as_str());
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(if path.is_empty() { "/" } else { path })
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "*/*")
        .header(header::USER_AGENT, concat!("Swarmscope/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in &post.headers {
        let mut value = HeaderValue::from_str(value.expose()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        request = request.header(HeaderName::from_static(name), value);
    }
    request.body(Full::new(Bytes::from(post.body.clone()))).map_err(|_| unusable())
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    /// What could be read of it within the limit.
    text: String,
}

async fn exchange<S>(target: &Target, stream: S, request: Request<Full<Bytes>>) -> Result<Answer, SendError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let failed = |error: hyper::Error| broken(target, &error);
    let mut client = http1::Builder::new();
    client.max_buf_size(ANSWER_MAX); // bounds the head, too
    let (mut sender, connection) = client.handshake(TokioIo::new(stream)).await.map_err(failed)?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let response = sender.send_request(request).await.map_err(failed)?;
    let (head, body) = response.into_parts();
    // An answer that is too long or breaks off is still an answer: its status says what became of the message.
    let text = match Limited::new(body, ANSWER_MAX).collect().await {
        Ok(collected) => String::from_utf8_lossy(&collected.to_bytes()).into_owned(),
        Err(_) => String::new(),
    };
    Ok(Answer { status: head.status, headers: head.headers, text })
}

fn broken(target: &Target, error: &dyn std::error::Error) -> SendError {
    let reason = error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"));
    SendError::Connection { host: format!("{}:{}", target.host, target.port), reason }
}

fn judge(answer: Answer, post: &Post<'_>) -> Result<u16, SendError> {
    let status = answer.status.as_u16();
    match status {
        200..=299 => Ok(status),
        300..=399 => Err(SendError::Redirect { status }),
        _ => Err(SendError::Refused {
            status,
            answer: shown(&answer.text, &secrets(post)),
            retry_after: answer.headers.get(header::RETRY_AFTER).and_then(retry_after),
            transient: matches!(status, 408 | 425 | 429 | 500..=599),
        }),
    }
}

/// Everything in `post` that must not be shown.
fn secrets(post: &Post<'_>) -> Vec<Revealed> {
    post.headers.iter().map(|(_, value)| value).chain(&post.hide).chain([post.url]).cloned().collect()
}

/// Seconds; a date is not read, the usual pause does then.
fn retry_after(value: &HeaderValue) -> Option<Duration> {
    value.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}
