//! Keys that are the same on every machine and for every path: hashes of ids, and UUIDs made of them.
//!
//! Keys are written to the store, so the functions here may never change their results.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Begins the source key of every record of this importer.
pub const PREFIX: &str = "claude-code:";

fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Eight bytes that stand for `parts`. Two of a million different keys agree with a chance of 3·10⁻⁸.
#[must_use]
pub fn short(parts: &[&str]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = digest(parts);
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// A UUID (version 8) for the record `key`. It does not begin with a time, as ids of live events do:
/// the time of an imported event can change as its transcript grows, and its id must not.
#[must_use]
pub fn event_id(key: &str) -> String {
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest(&[key])[..16]);
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut id = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            id.push('-');
        }
        // Writing to a String cannot fail.
        let _ = write!(id, "{byte:02x}");
    }
    id
}

/// Claims as they are stored in a task's metadata: 16 hex digits each, nothing between them.
#[must_use]
pub fn write_claims(claims: &[u64]) -> String {
    let mut text = String::with_capacity(claims.len() * 16);
    for claim in claims {
        let _ = write!(text, "{claim:016x}");
    }
    text
}

/// Reads what [`write_claims`] wrote; anything else ends the list.
pub fn read_claims(text: &str) -> impl Iterator<Item = u64> + '_ {
    text.as_bytes()
        .chunks_exact(16)
        .map_while(|chunk| std::str::from_utf8(chunk).ok().and_then(|hex| u64::from_str_radix(hex, 16).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_depend_on_where_one_part_ends() {
        assert_ne!(short(&["ab", "c"]), short(&["a", "bc"]));
        assert_eq!(short(&["ab", "c"]), short(&["ab", "c"]));
    }

    #[test]
    fn an_event_id_is_a_uuid_of_version_8() {
        let id = event_id("claude-code:x");
        assert_eq!((id.len(), id.as_bytes()[14]), (36, b'8'), "{id}");
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        assert_eq!(id, event_id("claude-code:x"));
        assert_ne!(id, event_id("claude-code:y"));
    }

    #[test]
    fn claims_come_back_as_they_were_written() {
        let claims = [0, 1, u64::MAX];
        let text = write_claims(&claims);
        assert_eq!(text, "00000000000000000000000000000001ffffffffffffffff");
        assert_eq!(read_claims(&text).collect::<Vec<_>>(), claims);
        assert_eq!(read_claims("none of ours").count(), 0);
    }
}
