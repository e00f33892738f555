//! Signs webhooks, so that a receiver knows that a body came from who knows the secret, and not long ago:
//! `t=<seconds since the epoch>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hexadecimal>`.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::model::Micros;

/// The header it is sent in.
pub const HEADER: &str = "x-swarmscope-signature";

/// The value of the header.
#[must_use]
pub fn sign(secret: &str, body: &[u8], now: Micros) -> String {
    let seconds = now.millis().div_euclid(1000);
    // HMAC takes keys of every length; the other arm is never reached, and signs nothing rather than something wrong.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_makes_of_it() {
        // printf '1767268800.{}' | openssl dgst -sha256 -hmac s3cret
        let expected = "t=1767268800,v1=1c0c4e6ca936c0568aef83486c8a77ffbf8c4e1d5101dde13f8b2fc066853d1e";
        assert_eq!(sign("s3cret", b"{}", Micros(1_767_268_800_999_999)), expected);
    }
}
