//! Who may ask what. Every request passes here before anything else looks at it:
//!
//! 1. Probes answer anybody, and so does `/metrics` where it is public; a server for this machine alone looks where they
//!    come from.
//! 2. With an admin token configured, everything else needs it, as `Authorization: Bearer` or as the session of
//!    somebody who logged in with it ([`login`]); only the login page and the files that draw it do not.
//! 3. Who does not hold the token itself must not be a foreign page ([`origin`]).
//! 4. What changes something is counted by address ([`rates`]).
//!
//! Not here: limits on sizes and times of a request (`server`, [`super::steady`]), users and rights (there is one token).

pub mod address;
mod guesses;
pub mod login;
pub mod origin;
pub mod rates;
mod refusal;
mod sessions;
mod token;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::Response;

use address::Peer;
use guesses::{Guesses, Verdict};
use origin::Hosts;
use rates::{Addresses, Bucket, Rate};
use refusal::Refusal;
use sessions::Sessions;

pub use sessions::Session;
pub use token::AdminToken;

/// Server functions live below this path, whatever their method.
pub const SERVER_FUNCTIONS: &str = "/rpc";
/// Beginnings of the names of server functions that only read, although pages ask them by POST.
const READING: [&str; 2] = ["/rpc/load_", "/rpc/list_"];
/// What draws the login page. Nothing in these files comes from the store.
const PUBLIC: [&str; 3] = ["/pkg/", "/favicon.svg", "/logo.svg"];

/// What the guard goes by.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The admin token; `None` lets everybody in who can connect.
    pub token: Option<AdminToken>,
    /// The names of this server.
    pub hosts: Hosts,
    /// Whether `/metrics` answers anybody.
    pub metrics_public: bool,
    /// How long a person stays logged in.
    pub session: Duration,
    /// How often one address may write; `None` = without limit.
    pub writes: Option<Rate>,
    /// Proxies whose word on who asks is taken.
    pub proxies: Vec<IpAddr>,
}

/// Who asks, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Anybody.
    Anybody,
    /// Somebody who logged in.
    Session,
    /// A program with the token.
    Token,
}

/// The guard. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Guard {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    rules: Rules,
    sessions: Sessions,
    guesses: Guesses,
    writes: Mutex<Addresses<Bucket>>,
}

impl Guard {
    /// Goes by `rules`; nobody is logged in.
    #[must_use]
    pub fn new(rules: Rules, now: Instant) -> Self {
        let sessions = Sessions::new(rules.session);
        let writes = Mutex::new(Addresses::new(Bucket::new(now)));
        Self { shared: Arc::new(Shared { rules, sessions, guesses: Guesses::new(now), writes }) }
    }

    /// Whether there is a token, and so a login page.
    #[must_use]
    pub fn asks_for_token(&self) -> bool {
        self.shared.rules.token.is_some()
    }

    fn admit(&self, request: &Request, now: Instant) -> Result<Caller, Refusal> {
        let (rules, method, path) = (&self.shared.rules, request.method(), request.uri().path());
        let foreign =
            || origin::check(&rules.hosts, method, request.uri(), request.headers()).map_err(Refusal::Foreign);
        if is_probe(path) || (rules.metrics_public && path == "/metrics") {
            // Whoever probes a server for others uses names of its own; one for this machine alone has no such guests.
            return if rules.hosts.elsewhere { Ok(Caller::Anybody) } else { foreign().map(|()| Caller::Anybody) };
        }
        let address = self.address_of(request);
        let caller = self.recognize(request.headers(), address, now)?;
        if caller != Caller::Token {
            foreign()?;
        }
        if rules.token.is_some() && caller == Caller::Anybody && !is_public(path) {
            return Err(Refusal::Unknown);
        }
        if is_write(method, path) {
            self.count_write(address, now)?;
        }
        Ok(caller)
    }

    fn address_of(&self, request: &Request) -> IpAddr {
        let peer = request.extensions().get::<Peer>();
        address::household(address::caller(peer, request.headers(), &self.shared.rules.proxies))
    }

    fn recognize(&self, headers: &HeaderMap, address: IpAddr, now: Instant) -> Result<Caller, Refusal> {
        if self.shared.rules.token.is_none() {
            return Ok(Caller::Anybody);
        }
        match bearer(headers) {
            Some(presented) => match self.judge(presented, address, now) {
                Verdict::Right => Ok(Caller::Token),
                Verdict::Wrong => Err(Refusal::WrongToken),
                Verdict::Slowed(wait) => Err(Refusal::TooManyGuesses(wait)),
            },
            None if self.shared.sessions.of(headers, now).is_some() => Ok(Caller::Session),
            None => Ok(Caller::Anybody),
        }
    }

    /// Holds what somebody presents against the token; nothing is right when there is none.
    fn judge(&self, presented: &str, address: IpAddr, now: Instant) -> Verdict {
        let Some(token) = &self.shared.rules.token else { return Verdict::Wrong };
        let verdict = self.shared.guesses.judge(token, presented, address, now);
        if verdict != Verdict::Right {
            tracing::warn!(%address, ?verdict, "refused a token");
        }
        verdict
    }

    fn count_write(&self, address: IpAddr, now: Instant) -> Result<(), Refusal> {
        let Some(rate) = self.shared.rules.writes else { return Ok(()) };
        let mut writes = self.shared.writes.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = writes.of(address, now, || Bucket::new(now), |bucket| bucket.is_idle(rate, now));
        bucket.take(rate, now).map_err(|wait| Refusal::TooManyWrites { rate, wait })
    }
}

/// Lets a request through, with its [`Caller`] among the extensions (and its [`Session`], if it is one's), or answers in
/// its place.
pub async fn layer(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let now = Instant::now();
    match guard.admit(&request, now) {
        Ok(caller) => {
            let session = (caller == Caller::Session).then(|| guard.shared.sessions.of(request.headers(), now));
            if let Some(session) = session.flatten() {
                request.extensions_mut().insert(session);
            }
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refusal.answer(&request),
    }
}

/// What stands behind `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// A probe, or one check of it.
fn is_probe(path: &str) -> bool {
    ["/livez", "/readyz", "/startupz"]
        .iter()
        .any(|probe| path.strip_prefix(probe).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn is_public(path: &str) -> bool {
    path == login::LOGIN || PUBLIC.iter().any(|public| path.starts_with(public))
}

/// Whether a request counts as writing. Logging in and out has limits of its own.
fn is_write(method: &Method, path: &str) -> bool {
    origin::changes(method)
        && !READING.iter().any(|reading| path.starts_with(reading))
        && ![login::LOGIN, login::LOGOUT].contains(&path)
}

#[cfg(test)]
mod tests;
