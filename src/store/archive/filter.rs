//! A Bloom filter of what a chunk holds, so that a search for one id or word passes most chunks by.
//!
//! The hash is our own, because it lies in the file and must never change.

use super::super::key::TextId;

/// At ten bits a value and seven looks, one search in 120 opens a chunk in vain.
const BITS_A_VALUE: usize = 10;
const LOOKS: u64 = 7;

/// The hash of a value of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::store) struct Probe(u64);

impl Probe {
    pub(in crate::store) fn int(column: usize, value: i64) -> Self {
        Self::new(column, 0, &value.to_le_bytes())
    }

    pub(in crate::store) fn text(column: usize, value: &str) -> Self {
        Self::new(column, 1, value.as_bytes())
    }

    pub(in crate::store) fn id(column: usize, value: &TextId) -> Self {
        match value {
            TextId::Uuid(bytes) => Self::new(column, 2, bytes),
            TextId::Text(text) => Self::text(column, text),
        }
    }

    /// FNV-1a, and the mixer of `SplitMix64` behind it, since FNV alone leaves the high bits alike.
    fn new(column: usize, kind: u8, bytes: &[u8]) -> Self {
        let column = u8::try_from(column).unwrap_or(u8::MAX); // tables have some twenty columns
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in [column, kind].iter().chain(bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
        hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self(hash ^ (hash >> 31))
    }

    /// The bits it stands for in a filter of so many.
    fn bits(self, of: u64) -> impl Iterator<Item = u64> {
        let (start, step) = (self.0 & 0xffff_ffff, (self.0 >> 32) | 1);
        (0..LOOKS).map(move |look| start.wrapping_add(look.wrapping_mul(step)) % of)
    }
}

/// The filter of `probes`.
pub(super) fn build(mut probes: Vec<Probe>) -> Vec<u8> {
    probes.sort_unstable();
    probes.dedup();
    let mut filter = vec![0; (probes.len() * BITS_A_VALUE).div_ceil(8).max(1)];
    let size = filter.len() as u64 * 8;
    for bit in probes.into_iter().flat_map(|probe| probe.bits(size)) {
        if let Some(byte) = filter.get_mut((bit / 8) as usize) {
            *byte |= 1 << (bit % 8);
        }
    }
    filter
}

/// Whether `probe` may be in it; `false` is certain.
pub(super) fn may_hold(filter: &[u8], probe: Probe) -> bool {
    let size = filter.len() as u64 * 8;
    size > 0
        && probe.bits(size).all(|bit| filter.get((bit / 8) as usize).is_some_and(|byte| byte >> (bit % 8) & 1 == 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_little_else() {
        let filter = build((0..1000).map(|value| Probe::int(3, value)).collect());
        assert_eq!(filter.len(), 1250);
        assert!((0..1000).all(|value| may_hold(&filter, Probe::int(3, value))));
        let wrong = (1000..11_000).filter(|value| may_hold(&filter, Probe::int(3, *value))).count();
        assert!(wrong < 200, "{wrong} of 10 000"); // expected: 82
        assert!(!may_hold(&build(Vec::new()), Probe::int(3, 1)));
    }

    #[test]
    fn the_hash_in_the_file_stays_what_it_is() {
        assert_eq!(Probe::text(1, "task-1"), Probe(PINNED));
        assert_ne!(Probe::text(1, "task-1"), Probe::text(2, "task-1"));
    }

    /// Worked out by another program.
    const PINNED: u64 = 0xed73_e2e6_c683_16ab;
}
