//! Who is logged in: secrets of cookies, in memory only. A restart logs everybody out, and so does time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};
use tokio_util::sync::CancellationToken;

use super::token::{Fingerprint, fingerprint};

/// The cookie.
pub const COOKIE: &str = "swarmscope_session";
/// Most sessions at a time; one more ends the one that ends soonest.
const SESSIONS_MAX: usize = 1000;

/// The session a request came with. Answers that go on for hours end with it.
#[derive(Debug, Clone)]
pub struct Session {
    end: Instant,
    closed: CancellationToken,
}

impl Session {
    /// Waits until its time is over, or its person logged out.
    pub async fn over(self) {
        tokio::select! {
            () = self.closed.cancelled() => {}
            () = tokio::time::sleep_until(self.end.into()) => {}
        }
    }
}

/// Open sessions, by the fingerprint of their secret.
#[derive(Debug)]
pub struct Sessions {
    lasting: Duration,
    open: Mutex<HashMap<Fingerprint, Session>>,
}

impl Sessions {
    /// None yet; each will last for `lasting`.
    pub fn new(lasting: Duration) -> Self {
        Self { lasting, open: Mutex::default() }
    }

    /// How long a session lasts.
    pub fn lasting(&self) -> Duration {
        self.lasting
    }

    /// Opens a session and returns its secret: 122 random bits of the system, not made from the token.
    pub fn open(&self, now: Instant) -> String {
        let secret = uuid::Uuid::new_v4().simple().to_string();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, session| session.end > now);
        if open.len() >= SESSIONS_MAX
            && let Some(soonest) = open.iter().min_by_key(|(_, session)| session.end).map(|(secret, _)| *secret)
        {
            end(&mut open, &soonest);
        }
        let session = Session { end: now + self.lasting, closed: CancellationToken::new() };
        open.insert(fingerprint(&secret), session);
        secret
    }

    /// The open session that one of the cookies in `headers` is of.
    pub fn of(&self, headers: &HeaderMap, now: Instant) -> Option<Session> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        secrets(headers).filter_map(|secret| open.get(&fingerprint(secret))).find(|session| session.end > now).cloned()
    }

    /// Ends the session of the cookies in `headers`.
    pub fn close(&self, headers: &HeaderMap) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets(headers) {
            end(&mut open, &fingerprint(secret));
        }
    }
}

/// Takes a session away and tells who waits for its end.
fn end(open: &mut HashMap<Fingerprint, Session>, secret: &Fingerprint) {
    if let Some(session) = open.remove(secret) {
        session.closed.cancel();
    }
}

fn secrets(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, secret)| secret)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn with(secret: &str) -> HeaderMap {
        let cookie = format!("theme=dark; {COOKIE}={secret}");
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(cookie).expect("a header"))])
    }

    #[test]
    fn a_session_lasts_until_its_time_or_its_person_ends_it() {
        let (start, hour) = (Instant::now(), Duration::from_secs(3600));
        let sessions = Sessions::new(hour);
        let (first, second) = (sessions.open(start), sessions.open(start));
        assert_ne!(first, second);
        let open = |secret: &str, now| sessions.of(&with(secret), now).is_some();
        assert!(open(&first, start) && !open("made-up", start));
        assert!(sessions.of(&HeaderMap::new(), start).is_none());
        sessions.close(&with(&first));
        assert!(!open(&first, start) && open(&second, start));
        assert!(!open(&second, start + hour));
    }

    #[test]
    fn one_session_too_many_ends_the_oldest() {
        let start = Instant::now();
        let sessions = Sessions::new(Duration::from_secs(3600));
        let secrets: Vec<String> = (0..=1000).map(|n| sessions.open(start + Duration::from_millis(n))).collect();
        let open = |secret: &String| sessions.of(&with(secret), start + Duration::from_secs(2)).is_some();
        assert_eq!((open(&secrets[0]), open(&secrets[1]), open(&secrets[1000])), (false, true, true));
    }

    #[tokio::test]
    async fn who_waits_for_the_end_of_a_session_hears_of_logging_out_and_of_time() {
        let now = Instant::now();
        let (long, short) = (Sessions::new(Duration::from_secs(3600)), Sessions::new(Duration::from_millis(1)));
        let secrets = [long.open(now), long.open(now), short.open(now)];
        let of = |sessions: &Sessions, secret: &str| sessions.of(&with(secret), now).expect("open");
        let (closed, open, expired) = (of(&long, &secrets[0]), of(&long, &secrets[1]), of(&short, &secrets[2]));
        long.close(&with(&secrets[0]));
        let patience = Duration::from_secs(10);
        tokio::time::timeout(patience, closed.over()).await.expect("its person logged out");
        tokio::time::timeout(patience, expired.over()).await.expect("its time was over");
        assert!(!open.closed.is_cancelled(), "the other one goes on");
    }
}
