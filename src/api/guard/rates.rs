//! How often somebody may do something: token buckets, one an address, in a table that cannot grow without end.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Most addresses that are told apart; beyond, the new ones share one account until others are forgotten.
const ADDRESSES_MAX: usize = 10_000;
/// How often a full table is looked through for addresses that can be forgotten.
const SWEEPS_APART: Duration = Duration::from_secs(1);

/// So many at once, and then so many a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// What comes back each second; above 0.
    pub per_second: f64,
    /// Most at once; at least 1.
    pub burst: f64,
}

/// What somebody has used of a [`Rate`].
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    used: f64,
    at: Instant,
}

impl Bucket {
    /// Nothing is used.
    pub fn new(now: Instant) -> Self {
        Self { used: 0.0, at: now }
    }

    /// How long until one more is allowed; `None` = now.
    pub fn wait(&mut self, rate: Rate, now: Instant) -> Option<Duration> {
        let back = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second;
        *self = Self { used: (self.used - back).max(0.0), at: now.max(self.at) };
        let over = self.used + 1.0 - rate.burst;
        (over > 0.0).then(|| Duration::from_secs_f64(over / rate.per_second))
    }

    /// Uses one up.
    ///
    /// # Errors
    /// How long to wait when none is left.
    pub fn take(&mut self, rate: Rate, now: Instant) -> Result<(), Duration> {
        match self.wait(rate, now) {
            Some(wait) => Err(wait),
            None => {
                self.used += 1.0;
                Ok(())
            }
        }
    }

    /// Whether everything has come back, so that it need not be remembered.
    pub fn is_idle(&mut self, rate: Rate, now: Instant) -> bool {
        let _ = self.wait(rate, now);
        self.used <= 0.0
    }
}

/// An account for each address.
#[derive(Debug)]
pub struct Addresses<V> {
    known: HashMap<IpAddr, V>,
    /// The account of those for whom there is no room.
    others: V,
    swept: Option<Instant>,
}

impl<V> Addresses<V> {
    /// None yet. `others` is the account that newcomers share while the table is full.
    pub fn new(others: V) -> Self {
        Self { known: HashMap::new(), others, swept: None }
    }

    /// The account of `address`, opened by `new` when there is none. `is_idle` says which can be forgotten.
    pub fn of(
        &mut self,
        address: IpAddr,
        now: Instant,
        new: impl FnOnce() -> V,
        mut is_idle: impl FnMut(&mut V) -> bool,
    ) -> &mut V {
        let full = self.known.len() >= ADDRESSES_MAX && !self.known.contains_key(&address);
        if full && self.swept.is_none_or(|swept| now.saturating_duration_since(swept) >= SWEEPS_APART) {
            self.known.retain(|_, account| !is_idle(account));
            self.swept = Some(now);
        }
        if full && self.known.len() >= ADDRESSES_MAX {
            return &mut self.others;
        }
        self.known.entry(address).or_insert_with(new)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const RATE: Rate = Rate { per_second: 2.0, burst: 3.0 };

    #[test]
    fn a_burst_is_let_through_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut bucket = Bucket::new(start);
        assert_eq!([(); 3].map(|()| bucket.take(RATE, start)), [Ok(()), Ok(()), Ok(())]);
        assert_eq!(bucket.take(RATE, start), Err(Duration::from_millis(500)));
        assert_eq!(bucket.take(RATE, start + Duration::from_millis(500)), Ok(()));
        let later = start + Duration::from_millis(500);
        assert_eq!(bucket.take(RATE, later), Err(Duration::from_millis(500)), "what was refused costs nothing");
        assert!(!bucket.is_idle(RATE, later) && bucket.is_idle(RATE, start + Duration::from_secs(2)));
    }

    #[test]
    fn a_full_table_forgets_the_idle_and_lets_newcomers_share() {
        let start = Instant::now();
        let mut table = Addresses::new(Bucket::new(start));
        let address = |n: usize| IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(n).expect("few")));
        let mut take = |n: usize, now| {
            table.of(address(n), now, || Bucket::new(now), |bucket| bucket.is_idle(RATE, now)).take(RATE, now)
        };
        for n in 0..ADDRESSES_MAX {
            assert_eq!(take(n, start), Ok(()));
        }
        let newcomers = [1, 2, 3, 4].map(|n| take(ADDRESSES_MAX + n, start).is_ok());
        assert_eq!(newcomers, [true, true, true, false], "they share one account");
        assert_eq!(take(0, start), Ok(()), "who is known has his own");
        let later = start + Duration::from_secs(5);
        let newcomers = [1, 2, 3, 4].map(|n| take(ADDRESSES_MAX + n, later).is_ok());
        assert_eq!(newcomers, [true; 4], "the others were forgotten");
    }
}
