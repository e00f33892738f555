//! The admin token: one secret that opens everything.

use std::fmt;

use ctutils::CtEq;
use sha2::{Digest as _, Sha256};

/// SHA-256 of a secret: what is remembered and compared in its place.
pub type Fingerprint = [u8; 32];

/// The fingerprint of `secret`.
pub fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

/// The admin token. It is never shown: not by `Debug`, not in the configuration.
#[derive(Clone)]
pub struct AdminToken {
    fingerprint: Fingerprint,
}

impl AdminToken {
    /// Shortest token: 64 bits when written in hexadecimal.
    const LENGTH_MIN: usize = 16;
    /// Longest token, far below the limit on the head of a request.
    const LENGTH_MAX: usize = 512;

    /// Takes `text` without the white space around it, as files end with a line feed.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat it.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let hint = "make one with `openssl rand -hex 32`";
        if text.is_empty() {
            return Err(format!("it is empty; {hint}"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("it may hold visible ASCII characters only, and no space; {hint}"));
        }
        if !(Self::LENGTH_MIN..=Self::LENGTH_MAX).contains(&text.len()) {
            return Err(format!(
                "it has {} characters and must have {} to {}; {hint}",
                text.len(),
                Self::LENGTH_MIN,
                Self::LENGTH_MAX
            ));
        }
        Ok(Self { fingerprint: fingerprint(text) })
    }

    /// Whether `presented` is the fingerprint of this token; takes as long for a near miss as for a far one.
    pub fn is(&self, presented: &Fingerprint) -> bool {
        self.fingerprint.ct_eq(presented).to_bool()
    }
}

impl PartialEq for AdminToken {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.fingerprint)
    }
}

impl Eq for AdminToken {}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_long_and_plain_and_never_shown() {
        let token = AdminToken::new("0123456789abcdef\n").expect("a token");
        assert!(token.is(&fingerprint("0123456789abcdef")) && !token.is(&fingerprint("0123456789abcdeg")));
        assert_eq!(format!("{token:?}"), "AdminToken(hidden)");
        for (bad, reason) in [("", "empty"), ("short", "has 5 characters"), ("with a space in it!", "no space")] {
            let error = AdminToken::new(bad).expect_err(bad);
            assert!(error.contains(reason) && (bad.is_empty() || !error.contains(bad)), "{error}");
        }
    }
}
