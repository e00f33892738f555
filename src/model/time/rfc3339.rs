//! `#[serde(with = …)]` for instants that go out as text: RFC 3339 in UTC, microseconds kept.

use serde::{Deserialize, Deserializer, Serializer};

use super::Micros;

/// Writes the instant as text.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(time: &Micros, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&time.to_rfc3339())
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// When the text is no RFC 3339 with an offset.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
    let text = String::deserialize(deserializer)?;
    Micros::parse_rfc3339(&text, None).map_err(serde::de::Error::custom)
}

/// The same for an instant that may be absent: null.
pub mod option {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::model::Micros;

    /// Writes the instant as text, or null.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(time: &Option<Micros>, serializer: S) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.serialize_str(&time.to_rfc3339()),
            None => serializer.serialize_none(),
        }
    }

    /// Reads what [`serialize`] wrote.
    ///
    /// # Errors
    /// When the text is no RFC 3339 with an offset.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Micros>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| Micros::parse_rfc3339(&text, None)).transpose().map_err(serde::de::Error::custom)
    }
}
