//! One question to a running server, over HTTP or HTTPS: a whole client would be a large dependency for that.
//!
//! A connection a question: one every few seconds costs nothing, and none is left open on a server that restarts.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::task::AbortOnDropHandle;

use super::CliError;
use crate::config::server::token_of_environment;
use crate::notify::{Outbound, SendError};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer; a screen of figures has some ten thousand.
const ANSWER_MAX: usize = 1 << 20;

/// How a server is reached, beside its address.
#[derive(Debug, Clone, Args)]
pub(super) struct Access {
    /// File with the admin token of that server; SWARMSCOPE_ADMIN_TOKEN may hold the token itself
    #[arg(long, env = "SWARMSCOPE_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub(super) admin_token_file: Option<PathBuf>,
    /// Certificates (PEM) of an authority to trust beside those this machine trusts, for an address with https
    #[arg(long, env = "SWARMSCOPE_CA_FILE", value_name = "FILE")]
    ca_file: Option<PathBuf>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
enum AskError {
    /// It is not who it says it is, or nobody knows whom to trust.
    #[error(transparent)]
    Untrusted(#[from] SendError),
    /// Nobody listens there.
    #[error(transparent)]
    Unreachable(#[from] std::io::Error),
    /// It does not speak HTTP, or stopped within its answer.
    #[error("{0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

/// A running server.
#[derive(Debug)]
pub(super) struct Remote {
    /// As it was written.
    url: String,
    authority: Authority,
    port: u16,
    /// What encrypts, if it speaks https.
    tls: Option<Outbound>,
    /// Authorities that are trusted beside those this machine trusts.
    ca_file: Option<PathBuf>,
    /// Where the routes start, for one behind a proxy: no slash at its end.
    base: String,
    /// `Bearer …`, for a server that wants to know who asks.
    authorization: Option<HeaderValue>,
}

impl Remote {
    /// The server at `url`; its token is in the environment or in the file that `access` names, if it needs one.
    ///
    /// # Errors
    /// [`CliError::Usage`] for what is no address, and for a token that cannot be read.
    pub(super) fn open(url: &str, access: &Access) -> Result<Self, CliError> {
        let remote = Self { ca_file: access.ca_file.clone(), ..Self::parse(url)? };
        let token = match (token_of_environment(), access.admin_token_file.as_deref()) {
            (Some(token), _) => Some(token.to_string_lossy().into_owned()),
            (None, Some(path)) => Some(std::fs::read_to_string(path).map_err(|error| {
                CliError::Usage(format!("could not read the admin token in {}: {error}", path.display()))
            })?),
            (None, None) => None,
        };
        remote.with_token(token.as_deref())
    }

    /// Reads `http://host:port/base`, or the same with https.
    fn parse(url: &str) -> Result<Self, CliError> {
        let refuse = |why: &str| {
            CliError::Usage(format!("`{url}` is no address of a server{why}; write one such as http://127.0.0.1:3000"))
        };
        let parsed: Uri = url.parse().map_err(|error| refuse(&format!(" ({error})")))?;
        let tls = match parsed.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(_) => return Err(refuse(" that can be asked: only http and https are spoken here")),
            None => return Err(refuse("")),
        };
        let authority = parsed.authority().ok_or_else(|| refuse(""))?.clone();
        if parsed.query().is_some() {
            return Err(refuse(" alone: it has a query"));
        }
        let base = parsed.path().trim_end_matches('/').to_owned();
        let port = authority.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let (tls, url) = (tls.then(Outbound::default), url.trim_end_matches('/').to_owned());
        Ok(Self { url, authority, port, tls, ca_file: None, base, authorization: None })
    }

    /// The same, asked with the admin token, which may end with a line feed as files do.
    fn with_token(self, token: Option<&str>) -> Result<Self, CliError> {
        let Some(token) = token else { return Ok(self) };
        let mut authorization = HeaderValue::try_from(format!("Bearer {}", token.trim()))
            .map_err(|_| CliError::Usage("the admin token may hold visible ASCII characters only".to_owned()))?;
        authorization.set_sensitive(true); // never shown by `Debug`
        Ok(Self { authorization: Some(authorization), ..self })
    }

    /// The address as it was written.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The answer in JSON at `path`, which starts with a slash and may end with a query.
    ///
    /// # Errors
    /// [`CliError::Usage`] for a question nobody can read, [`CliError::Failed`] when nobody answers it in time.
    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CliError> {
        let url = &self.url;
        let late = |_| CliError::Failed(format!("{url} did not answer within {} s", PATIENCE.as_secs()));
        let answer = tokio::time::timeout(PATIENCE, self.ask(path)).await.map_err(late)?;
        let (status, body) = answer.map_err(|error| match error {
            AskError::Untrusted(error) => CliError::Failed(format!("{url} is not asked: {error}")),
            error => {
                CliError::Failed(format!("no server answers at {url} ({error}); start one with `swarmscope serve`"))
            }
        })?;
        if status == StatusCode::OK {
            return serde_json::from_slice(&body).map_err(|error| {
                CliError::Failed(format!("the answer of {url} is not understood ({error}); is it the same version?"))
            });
        }
        // A problem says itself what it is; anything else is another program.
        let problem: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str());
        match (status, detail) {
            (StatusCode::BAD_REQUEST, Some(detail)) => Err(CliError::Usage(detail.to_owned())),
            (_, Some(detail)) => Err(CliError::Failed(format!("{url} answers {status}: {detail}"))),
            (_, None) => Err(CliError::Failed(format!("{url} answers {status}; is it Swarmscope?"))),
        }
    }

    async fn ask(&self, path: &str) -> Result<(StatusCode, Bytes), AskError> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.port)).await?;
        let exchanged = match &self.tls {
            Some(outbound) => self.exchange(outbound.encrypt(host, stream, self.ca_file.as_deref()).await?, path).await,
            None => self.exchange(stream, path).await,
        };
        exchanged.map_err(AskError::Broken)
    }

    async fn exchange<S>(
        &self,
        stream: S,
        path: &str,
    ) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let _talking = AbortOnDropHandle::new(tokio::spawn(connection)); // nothing more is asked on it
        let mut request = Request::get(format!("{}{path}", self.base))
            .header(header::HOST, self.authority.as_str())
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await?.to_bytes();
        Ok((status, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_that_is_spoken_and_a_host() {
        for (url, host, port, base) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000", 3000, ""),
            ("http://localhost/", "localhost", 80, ""),
            ("http://[::1]:3000/swarm/", "[::1]:3000", 3000, "/swarm"),
            ("https://swarm.example", "swarm.example", 443, ""),
        ] {
            let remote = Remote::parse(url).expect(url);
            assert_eq!((remote.authority.as_str(), remote.port, remote.base.as_str()), (host, port, base));
            assert_eq!(remote.tls.is_some(), url.starts_with("https:"));
        }
        for (url, why) in [
            ("127.0.0.1:3000", "is no address of a server; write one such as http://127.0.0.1:3000"),
            ("ftp://swarm.example", "only http and https are spoken here"),
            ("http://a/?x=1", "it has a query"),
            ("http://a b", "is no address of a server (invalid uri character)"),
        ] {
            let error = Remote::parse(url).expect_err(url).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
