//! Values as opaque text for a URL: hexadecimal digits of JSON. Cursors are made of it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::Problem;

/// `value` as text.
#[must_use]
pub fn write(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    json.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads what [`write`] wrote; `None` when it is something else.
#[must_use]
pub fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? * 16 + digit(*low)?),
            _ => None,
        })
        .collect();
    serde_json::from_slice(&bytes?).ok()
}

/// Reads a cursor.
///
/// # Errors
/// [`Problem`] when it is none, or one of something else.
pub fn read_cursor<T: DeserializeOwned>(text: &str) -> Result<T, Problem> {
    read(text)
        .ok_or_else(|| Problem::bad_request("`cursor` is not one that was given out here; start again without it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_back_and_nothing_else_is_read() {
        let value = ("tasks".to_owned(), 7_u32);
        let text = write(&value);
        assert!(text.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(read(&text), Some(value));
        for broken in ["", "zz", "abc", "7b7d", "é"] {
            let problem = read_cursor::<(String, u32)>(broken).expect_err(broken);
            assert!(problem.detail.starts_with("`cursor` is not one that was given out here"));
        }
    }
}
