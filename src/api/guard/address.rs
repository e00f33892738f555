//! Whose request it is: the address that limits count by.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName};

/// What proxies add: who asked them, the nearest last.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The other end of the connection; the server puts it into every request.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Who asks: the peer, or, when that is a proxy of `trusted`, whoever it and proxies before it name. What a stranger
/// writes into the header counts for nothing.
pub fn caller(peer: Option<&Peer>, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |Peer(address)| address.to_canonical());
    if !trusted.contains(&peer) {
        return peer;
    }
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).into_iter().filter_map(|value| value.to_str().ok()).collect();
    let hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut named = hops.map_while(|hop| hop.trim().parse::<IpAddr>().ok()).map(|address| address.to_canonical());
    named.find(|address| !trusted.contains(address)).unwrap_or(peer)
}

/// What limits count as one: an IPv4 address, or the /64 that is given to one IPv6 network.
pub fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn of(peer: &str, forwarded: &[&'static str]) -> IpAddr {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        caller(Some(&Peer(address(peer))), &headers, &[address("127.0.0.1"), address("10.0.0.9")])
    }

    #[test]
    fn only_proxies_that_are_trusted_say_who_asks() {
        assert_eq!(of("203.0.113.5", &["198.51.100.1"]), address("203.0.113.5"), "a stranger says what he likes");
        assert_eq!(of("127.0.0.1", &["198.51.100.1"]), address("198.51.100.1"));
        assert_eq!(of("::ffff:127.0.0.1", &["198.51.100.1"]), address("198.51.100.1"));
        assert_eq!(
            of("127.0.0.1", &["6.6.6.6, 198.51.100.1", "10.0.0.9"]),
            address("198.51.100.1"),
            "the last stranger"
        );
        assert_eq!(of("127.0.0.1", &["6.6.6.6, unknown"]), address("127.0.0.1"), "nothing behind what is no address");
        assert_eq!(of("127.0.0.1", &[]), address("127.0.0.1"));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        assert_eq!(household(address("2001:db8:1:2:aaaa::1")), household(address("2001:db8:1:2:bbbb::2")));
        assert_ne!(household(address("2001:db8:1:2::1")), household(address("2001:db8:1:3::1")));
        assert_ne!(household(address("192.0.2.1")), household(address("192.0.2.2")));
    }
}
