//! One question to a running server, in plain HTTP: a whole client would be a large dependency for that.
//!
//! A connection a question: one every few seconds costs nothing, and none is left open on a server that restarts.

use std::path::Path;
use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::HeaderValue;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use super::CliError;
use crate::config::server::token_of_environment;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer; a screen of figures has some ten thousand.
const ANSWER_MAX: usize = 1 << 20;
const PORT: u16 = 80;

/// A running server.
#[derive(Debug)]
pub(super) struct Remote {
    /// As it was written.
    url: String,
    authority: Authority,
    /// Where the routes start, for one behind a proxy: no slash at its end.
    base: String,
    /// `Bearer …`, for a server that wants to know who asks.
    authorization: Option<HeaderValue>,
}

impl Remote {
    /// The server at `url`; its token is in the environment or in `token_file`, if it needs one.
    ///
    /// # Errors
    /// [`CliError::Usage`] for what is no address, and for a token that cannot be read.
    pub(super) fn open(url: &str, token_file: Option<&Path>) -> Result<Self, CliError> {
        let remote = Self::parse(url)?;
        let token = match (token_of_environment(), token_file) {
            (Some(token), _) => Some(token.to_string_lossy().into_owned()),
            (None, Some(path)) => Some(std::fs::read_to_string(path).map_err(|error| {
                CliError::Usage(format!("could not read the admin token in {}: {error}", path.display()))
            })?),
            (None, None) => None,
        };
        remote.with_token(token.as_deref())
    }

    /// Reads `http://host:port/base`.
    fn parse(url: &str) -> Result<Self, CliError> {
        let refuse = |why: &str| {
            CliError::Usage(format!("`{url}` is no address of a server{why}; write one such as http://127.0.0.1:3000"))
        };
        let parsed: Uri = url.parse().map_err(|error| refuse(&format!(" ({error})")))?;
        if parsed.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP) {
            return Err(refuse(" that can be asked: only plain http is spoken here, so tunnel the rest"));
        }
        let authority = parsed.authority().filter(|_| parsed.scheme().is_some()).ok_or_else(|| refuse(""))?.clone();
        if parsed.query().is_some() {
            return Err(refuse(" alone: it has a query"));
        }
        let base = parsed.path().trim_end_matches('/').to_owned();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), authority, base, authorization: None })
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
        let (status, body) = tokio::time::timeout(PATIENCE, self.ask(path)).await.map_err(late)?.map_err(|error| {
            CliError::Failed(format!("no server answers at {url} ({error}); start one with `swarmscope serve`"))
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

    async fn ask(&self, path: &str) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.authority.port_u16().unwrap_or(PORT))).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let talking = tokio::spawn(connection);
        let mut request = Request::get(format!("{}{path}", self.base))
            .header(header::HOST, self.authority.as_str())
            .header(header::ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request.body(Empty::<Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), ANSWER_MAX).collect().await?.to_bytes();
        talking.abort(); // nothing more is asked on it
        Ok((status, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_that_is_spoken_and_a_host() {
        for (url, host, base) in [
            ("http://127.0.0.1:3000", "127.0.0.1:3000", ""),
            ("http://localhost:3000/", "localhost:3000", ""),
            ("http://[::1]:3000/swarm/", "[::1]:3000", "/swarm"),
        ] {
            let remote = Remote::parse(url).expect(url);
            assert_eq!((remote.authority.as_str(), remote.base.as_str()), (host, base));
        }
        for (url, why) in [
            ("127.0.0.1:3000", "is no address of a server; write one such as http://127.0.0.1:3000"),
            ("https://swarm.example", "only plain http is spoken here, so tunnel the rest"),
            ("http://a/?x=1", "it has a query"),
            ("http://a b", "is no address of a server (invalid uri character)"),
        ] {
            let error = Remote::parse(url).expect_err(url).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
