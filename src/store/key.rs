//! Ids of tasks and events as they lie in the file: 16 bytes for a canonical UUID, else the text.

use std::fmt::Write as _;
use std::sync::Arc;

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _, TypeInfo as _, ValueRef as _};

use super::table::Bound;

/// A text id. Two of them are equal exactly when their texts are.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::store) enum TextId {
    /// A UUID in lower case with hyphens, which comes back as it was.
    Uuid([u8; 16]),
    /// Any other text, a UUID in upper case included.
    Text(Arc<str>),
}

impl TextId {
    /// Takes the short form when the text is canonical.
    pub(in crate::store) fn new(text: &str) -> Self {
        canonical_uuid(text).map_or_else(|| Self::Text(text.into()), Self::Uuid)
    }

    /// Adds it to the values of a statement.
    pub(in crate::store) fn bind(&self, values: &mut SqliteArguments) -> Bound {
        match self {
            Self::Uuid(bytes) => values.add(bytes.as_slice()),
            Self::Text(text) => values.add(text.clone()),
        }
    }

    /// As [`Self::bind`], null for `None`.
    pub(in crate::store) fn bind_opt(id: Option<&Self>, values: &mut SqliteArguments) -> Bound {
        match id {
            Some(id) => id.bind(values),
            None => values.add(None::<i64>),
        }
    }

    /// Reads column `index`, which may not be null.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(in crate::store) fn required(row: &SqliteRow, index: usize) -> Result<Self, sqlx::Error> {
        Self::read(row, index)?.ok_or_else(|| sqlx::Error::Decode("an id is null".into()))
    }

    /// Reads column `index`; `None` when it is null.
    ///
    /// # Errors
    /// [`sqlx::Error`] when the column holds neither 16 bytes nor a text.
    pub(in crate::store) fn read(row: &SqliteRow, index: usize) -> Result<Option<Self>, sqlx::Error> {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(None);
        }
        if raw.type_info().name() == "BLOB" {
            let bytes: &[u8] = row.try_get(index)?;
            let bytes = bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            return Ok(Some(Self::Uuid(bytes)));
        }
        let text: &str = row.try_get(index)?;
        Ok(Some(Self::Text(text.into())))
    }
}

impl std::fmt::Display for TextId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Uuid(bytes) => {
                for (index, byte) in bytes.iter().enumerate() {
                    if matches!(index, 4 | 6 | 8 | 10) {
                        f.write_char('-')?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
        }
    }
}

/// The bytes of `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` in lower-case hexadecimal; `None` for any other text.
fn canonical_uuid(text: &str) -> Option<[u8; 16]> {
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 16];
    let mut digits = 0;
    for (place, character) in text.iter().enumerate() {
        if matches!(place, 8 | 13 | 18 | 23) {
            if *character != b'-' {
                return None;
            }
            continue;
        }
        let digit = match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => return None,
        };
        bytes[digits / 2] = bytes[digits / 2] << 4 | digit;
        digits += 1;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_canonical_uuid_is_shortened_and_each_id_comes_back_as_it_was() {
        let uuid = "0190a6e5-9c3b-7d2e-8f10-1234567890ab";
        assert!(matches!(TextId::new(uuid), TextId::Uuid([0x01, 0x90, 0xa6, 0xe5, ..])));
        for text in [uuid, &uuid.to_uppercase(), &uuid.replace('-', "_"), &uuid.replace('0', "g"), "task-1", "é"] {
            assert_eq!(TextId::new(text).to_string(), text);
        }
        assert!(matches!(TextId::new(&uuid.to_uppercase()), TextId::Text(_)));
    }
}
