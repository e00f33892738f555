//! Tokens that people and programs present: compared, and wrong ones slowed down by address.
//!
//! Only *different* wrong tokens count. Who goes on sending one old token, as a forgotten agent does after the token
//! was changed, learns nothing and locks nobody out who shares its address.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::rates::{Addresses, Bucket, Rate};
use super::token::{AdminToken, Fingerprint, fingerprint};

/// Ten wrong tokens at once, then one every six seconds.
const RATE: Rate = Rate { per_second: 1.0 / 6.0, burst: 10.0 };
/// Wrong tokens remembered of one address.
const REMEMBERED: usize = 16;

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the one.
    Right,
    /// It is not.
    Wrong,
    /// It was not looked at: too many wrong ones came from there. Worth another try after this time.
    Slowed(Duration),
}

/// The wrong tokens of every address.
#[derive(Debug)]
pub struct Guesses {
    accounts: Mutex<Addresses<Account>>,
}

#[derive(Debug)]
struct Account {
    bucket: Bucket,
    wrong: VecDeque<Fingerprint>,
}

impl Account {
    fn new(now: Instant) -> Self {
        Self { bucket: Bucket::new(now), wrong: VecDeque::new() }
    }
}

impl Guesses {
    /// Nobody guessed.
    pub fn new(now: Instant) -> Self {
        Self { accounts: Mutex::new(Addresses::new(Account::new(now))) }
    }

    /// Holds `presented` against `token`.
    pub fn judge(&self, token: &AdminToken, presented: &str, address: IpAddr, now: Instant) -> Verdict {
        let presented = fingerprint(presented);
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = accounts.of(address, now, || Account::new(now), |account| account.bucket.is_idle(RATE, now));
        if account.wrong.contains(&presented) {
            return Verdict::Wrong;
        }
        // Before looking: an answer that differs would tell what waiting is meant to hide.
        if let Some(wait) = account.bucket.wait(RATE, now) {
            return Verdict::Slowed(wait);
        }
        if token.is(&presented) {
            return Verdict::Right;
        }
        // There is room: it was asked for a moment ago.
        let _ = account.bucket.take(RATE, now);
        account.wrong.truncate(REMEMBERED - 1);
        account.wrong.push_front(presented);
        Verdict::Wrong
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const RIGHT: &str = "the-right-token-0123";
    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const THERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn ten_guesses_are_free_and_the_eleventh_waits_even_when_it_is_right() {
        let start = Instant::now();
        let (guesses, token) = (Guesses::new(start), AdminToken::new(RIGHT).expect("a token"));
        for n in 0..10 {
            assert_eq!(guesses.judge(&token, &format!("guess-{n}"), HERE, start), Verdict::Wrong);
        }
        let Verdict::Slowed(wait) = guesses.judge(&token, RIGHT, HERE, start) else { panic!("it was looked at") };
        assert!((5.9..=6.1).contains(&wait.as_secs_f64()), "{wait:?}");
        assert_eq!(guesses.judge(&token, RIGHT, THERE, start), Verdict::Right, "others are not held up");
        let later = start + Duration::from_secs(7);
        assert_eq!(guesses.judge(&token, RIGHT, HERE, later), Verdict::Right);
    }

    #[test]
    fn one_old_token_sent_again_and_again_holds_nobody_up() {
        let start = Instant::now();
        let (guesses, token) = (Guesses::new(start), AdminToken::new(RIGHT).expect("a token"));
        for _ in 0..1000 {
            assert_eq!(guesses.judge(&token, "the-token-of-last-year", HERE, start), Verdict::Wrong);
        }
        assert_eq!(guesses.judge(&token, RIGHT, HERE, start), Verdict::Right);
    }
}
