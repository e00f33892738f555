//! Which addresses may be reached. A name of elsewhere must not lead to what only this machine can reach.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;

use super::{Outbound, SendError};

/// The answer of a [`Lookup`].
pub type Found<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Finds the addresses of a name.
pub trait Lookup: Send + Sync {
    /// The addresses of `host`, with `port`.
    fn look_up<'a>(&'a self, host: &'a str, port: u16) -> Found<'a>;
}

/// As this machine does it: hosts file, DNS.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn look_up<'a>(&'a self, host: &'a str, port: u16) -> Found<'a> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// Who can reach an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Everybody.
    Public,
    /// This machine, or its network.
    Private,
    /// Nobody should: link-local (where clouds keep credentials), multicast, unspecified, reserved.
    Never,
}

fn reach(address: IpAddr) -> Reach {
    match address {
        IpAddr::V4(address) => reach_v4(address),
        IpAddr::V6(address) => reach_v6(address),
    }
}

fn reach_v4(address: Ipv4Addr) -> Reach {
    match address.octets() {
        [10 | 127, ..] | [192, 168, ..] => Reach::Private,
        [172, second, ..] if (16..32).contains(&second) => Reach::Private,
        [100, second, ..] if (64..128).contains(&second) => Reach::Private, // shared by customers of a provider, RFC 6598
        // "This network", link-local, protocol assignments, documentation, benchmarks, multicast and reserved (RFC 6890).
        [0, ..] | [169, 254, ..] | [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => {
            Reach::Never
        }
        [first, ..] if first >= 224 => Reach::Never,
        _ => Reach::Public,
    }
}

fn reach_v6(address: Ipv6Addr) -> Reach {
    // An IPv4 address in other clothes: mapped (::ffff:a.b.c.d), translated (64:ff9b::/96), 6to4 (2002::/16).
    let s = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        reach_v4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            inner(high, low)
        }
        _ if address.is_loopback() => Reach::Private,
        [first, ..] if first & 0xfe00 == 0xfc00 => Reach::Private, // unique local
        [first, ..] if first & 0xe000 != 0x2000 => Reach::Never,   // only 2000::/3 is given out
        [0x2001, 0xdb8, ..] | [0x2001, 0, ..] => Reach::Never,     // documentation; Teredo, which holds an IPv4 address
        _ => Reach::Public,
    }
}

/// A host that was looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Checked {
    /// Where to connect, in the order of the system; never empty.
    pub addresses: Vec<SocketAddr>,
    /// Whether only this machine or its network can reach any of them.
    pub private: bool,
}

/// Looks `host` up once. All its addresses must be allowed.
///
/// # Errors
/// [`SendError::Unresolved`], [`SendError::Forbidden`].
pub(super) async fn check(
    outbound: &Outbound,
    host: &str,
    port: u16,
    allow_private: bool,
) -> Result<Checked, SendError> {
    let unresolved = |source: Option<io::Error>| SendError::Unresolved { host: host.to_owned(), source };
    let found = outbound.lookup.look_up(host, port).await.map_err(|error| unresolved(Some(error)))?;
    if found.is_empty() {
        return Err(unresolved(None));
    }
    let allowed = |address: &SocketAddr| match reach(address.ip()) {
        Reach::Public => true,
        Reach::Private => allow_private,
        Reach::Never => false,
    };
    if let Some(wrong) = found.iter().find(|address| !allowed(address)) {
        let settable = reach(wrong.ip()) == Reach::Private;
        return Err(SendError::Forbidden { host: host.to_owned(), address: wrong.ip(), settable });
    }
    let private = found.iter().all(|address| reach(address.ip()) == Reach::Private);
    Ok(Checked { addresses: found, private })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn addresses_are_told_apart_whatever_they_are_written_as() {
        let of = |text: &str| reach(text.parse().expect(text));
        for public in
            ["1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.0.1", "192.167.1.1", "2606:4700::1", "::ffff:1.1.1.1"]
        {
            assert_eq!(of(public), Reach::Public, "{public}");
        }
        let private = [
            "127.0.0.1",
            "127.9.9.9",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:c0a8:1::1",
        ];
        for private in private {
            assert_eq!(of(private), Reach::Private, "{private}");
        }
        let never = [
            "0.0.0.0",
            "169.254.169.254",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "fe80::1",
            "ff02::1",
            "::ffff:169.254.169.254",
            "::ffff:0.0.0.0",
            "::127.0.0.1",
            "2001:db8::1",
            "2001:0:1::1",
            "192.0.2.1",
            "198.18.0.1",
            "240.0.0.1",
        ];
        for never in never {
            assert_eq!(of(never), Reach::Never, "{never}");
        }
    }

    /// Answers with the next list each time it is asked, as a name does that is rebound.
    struct Rebound(Vec<Vec<&'static str>>, AtomicUsize);

    impl Lookup for Rebound {
        fn look_up<'a>(&'a self, _: &'a str, port: u16) -> Found<'a> {
            let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
            let found = self.0[turn].iter().map(|ip| SocketAddr::new(ip.parse().expect("an address"), port)).collect();
            Box::pin(async move { Ok(found) })
        }
    }

    async fn checked(answers: Vec<Vec<&'static str>>, allow_private: bool) -> (Result<Checked, SendError>, usize) {
        let lookup = Arc::new(Rebound(answers, AtomicUsize::new(0)));
        let outbound = Outbound::with_lookup(lookup.clone());
        let found = check(&outbound, "hooks.example", 443, allow_private).await;
        (found, lookup.1.load(Ordering::SeqCst))
    }

    #[tokio::test]
    async fn a_name_is_looked_up_once_and_that_address_is_the_one_used() {
        let (found, asked) = checked(vec![vec!["1.2.3.4"], vec!["127.0.0.1"]], false).await;
        let expected = Checked { addresses: vec!["1.2.3.4:443".parse().expect("an address")], private: false };
        assert_eq!((found.expect("allowed"), asked), (expected, 1));
    }

    #[tokio::test]
    async fn one_forbidden_address_among_others_is_enough_to_refuse_a_name() {
        let (found, _) = checked(vec![vec!["1.2.3.4", "10.0.0.7"]], false).await;
        assert_eq!(
            found.expect_err("refused").to_string(),
            "hooks.example is 10.0.0.7, which is a private address; write allow_private = true to allow it"
        );
        let (found, _) = checked(vec![vec!["10.0.0.7", "1.2.3.4"]], true).await;
        assert!(found.is_ok_and(|found| !found.private), "one of them is reached across the internet");
        let (found, _) = checked(vec![vec!["169.254.169.254"]], true).await;
        assert_eq!(
            found.expect_err("refused").to_string(),
            "hooks.example is 169.254.169.254, which no alert is ever sent to"
        );
        let (found, _) = checked(vec![vec![]], true).await;
        assert!(matches!(found, Err(SendError::Unresolved { .. })));
    }
}
