//! Values as opaque text for a URL: hexadecimal digits of JSON. Cursors are made of it.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// `value` as text.
pub(super) fn write(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).unwrap_or_default();
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or_default();
    json.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads what [`write`] wrote; `None` when it is something else.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
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
