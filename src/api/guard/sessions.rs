//! Who is logged in: secrets of cookies, in memory only. A restart logs everybody out, and so does time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, header};

use super::token::{Fingerprint, fingerprint};

/// The cookie.
pub const COOKIE: &str = "swarmscope_session";
/// Most sessions at a time; one more ends the one that ends soonest.
const SESSIONS_MAX: usize = 1000;

/// Open sessions, by the fingerprint of their secret.
#[derive(Debug)]
pub struct Sessions {
    lasting: Duration,
    ends: Mutex<HashMap<Fingerprint, Instant>>,
}

impl Sessions {
    /// None yet; each will last for `lasting`.
    pub fn new(lasting: Duration) -> Self {
        Self { lasting, ends: Mutex::default() }
    }

    /// How long a session lasts.
    pub fn lasting(&self) -> Duration {
        self.lasting
    }

    /// Opens a session and returns its secret: 122 random bits of the system, not made from the token.
    pub fn open(&self, now: Instant) -> String {
        let secret = uuid::Uuid::new_v4().simple().to_string();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.retain(|_, end| *end > now);
        if ends.len() >= SESSIONS_MAX
            && let Some(soonest) = ends.iter().min_by_key(|(_, end)| **end).map(|(secret, _)| *secret)
        {
            ends.remove(&soonest);
        }
        ends.insert(fingerprint(&secret), now + self.lasting);
        secret
    }

    /// Whether one of the cookies in `headers` is that of an open session.
    pub fn has(&self, headers: &HeaderMap, now: Instant) -> bool {
        let ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        secrets(headers).any(|secret| ends.get(&fingerprint(secret)).is_some_and(|end| *end > now))
    }

    /// Ends the session of the cookies in `headers`.
    pub fn close(&self, headers: &HeaderMap) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        for secret in secrets(headers) {
            ends.remove(&fingerprint(secret));
        }
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
        assert!(sessions.has(&with(&first), start) && !sessions.has(&with("made-up"), start));
        assert!(!sessions.has(&HeaderMap::new(), start));
        sessions.close(&with(&first));
        assert!(!sessions.has(&with(&first), start) && sessions.has(&with(&second), start));
        assert!(!sessions.has(&with(&second), start + hour));
    }

    #[test]
    fn one_session_too_many_ends_the_oldest() {
        let start = Instant::now();
        let sessions = Sessions::new(Duration::from_secs(3600));
        let secrets: Vec<String> = (0..=1000).map(|n| sessions.open(start + Duration::from_millis(n))).collect();
        let open = |secret: &String| sessions.has(&with(secret), start + Duration::from_secs(2));
        assert_eq!((open(&secrets[0]), open(&secrets[1]), open(&secrets[1000])), (false, true, true));
    }
}
