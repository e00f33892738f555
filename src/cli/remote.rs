//! One question to a running server, in plain HTTP: a whole client would be a large dependency for that.

use std::time::Duration;

use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, StatusCode, Uri, header};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

use super::CliError;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_MAX: usize = 1 << 20;
const PORT: u16 = 80;
/// The variable that holds the token of a server that wants one.
const TOKEN: &str = "SWARMSCOPE_ADMIN_TOKEN";

/// A running server.
#[derive(Debug)]
pub(super) struct Remote {
    url: String,
    authority: Authority,
    /// Where the routes start, for one behind a proxy: no slash at its end.
    base: String,
}

impl Remote {
    /// Reads `http://host:port/base`.
    ///
    /// # Errors
    /// [`CliError::Usage`].
    pub(super) fn parse(url: &str) -> Result<Self, CliError> {
        let refuse = |why: &str| {
            CliError::Usage(format!("`{url}` is no address of a server{why}; write one such as http://127.0.0.1:3000"))
        };
        let parsed: Uri = url.parse().map_err(|error| refuse(&format!(" ({error})")))?;
        if parsed.scheme().is_some_and(|scheme| *scheme != Scheme::HTTP) {
            return Err(refuse(" that can be asked: only plain http is spoken here, so tunnel the rest"));
        }
        let authority = parsed.authority().filter(|_| parsed.scheme().is_some()).ok_or_else(|| refuse(""))?.clone();
        let base = parsed.path().trim_end_matches('/').to_owned();
        Ok(Self { url: url.trim_end_matches('/').to_owned(), authority, base })
    }

    /// The answer at `path`, which starts with a slash.
    ///
    /// # Errors
    /// [`CliError::Failed`] when nobody answers in time, or not with what is expected.
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
        let detail = problem.as_ref().and_then(|problem| problem["detail"].as_str()).unwrap_or("is it Swarmscope?");
        let hint =
            if status == StatusCode::UNAUTHORIZED { format!("; {TOKEN} holds the token") } else { String::new() };
        Err(CliError::Failed(format!("{url} answers {status}: {detail}{hint}")))
    }

    async fn ask(&self, path: &str) -> Result<(StatusCode, Bytes), Box<dyn std::error::Error + Send + Sync>> {
        let host = self.authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.authority.port_u16().unwrap_or(PORT))).await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let talking = tokio::spawn(connection);
        let mut request = Request::get(format!("{}{path}", self.base))
            .header(header::HOST, self.authority.as_str())
            .header(header::ACCEPT, "application/json");
        if let Some(token) = std::env::var(TOKEN).ok().filter(|token| !token.is_empty()) {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let answer = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
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
        ] {
            let error = Remote::parse(url).expect_err(url).to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
