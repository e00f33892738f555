//! A JSON value of whatever shape, of which only scalars are kept.
//!
//! Transcripts are written by dozens of versions of their producer: a field of an unexpected type
//! must cost that field, never the line. Not here: what the fields mean (`line`).

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A scalar, borrowed where the text has no escapes; anything else is [`Loose::Other`].
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Loose<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// A truth value.
    Flag(bool),
    /// `null`, a list, an object, or no field at all.
    #[default]
    Other,
}

impl Loose<'_> {
    /// The string, unless it is empty or none.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Flag(true))
    }

    /// The number, if it is finite and not negative.
    pub fn amount(&self) -> Option<f64> {
        match self {
            Self::Number(number) if number.is_finite() && *number >= 0.0 => Some(*number),
            _ => None,
        }
    }

    /// The number as a count; a fraction is cut off. 2^53 and more is no count.
    #[expect(clippy::cast_possible_truncation, reason = "checked to lie below 2^53")]
    pub fn count(&self) -> Option<i64> {
        self.amount().filter(|number| *number < 9_007_199_254_740_992.0).map(|number| number as i64)
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Loose::Flag(flag))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of 2^53 and more are refused by count()")]
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Loose::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of 2^53 and more are refused by count()")]
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Loose::Number(number))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_read_and_only_scalars_are_kept() {
        let read = |json: &'static str| serde_json::from_str::<Loose<'_>>(json).expect("any value is read");
        assert_eq!(read(r#""a""#).text(), Some("a"));
        assert_eq!(read(r#""\n""#).text(), Some("\n"));
        assert_eq!(read(r#""""#).text(), None);
        assert_eq!(read("7").count(), Some(7));
        assert_eq!(read("7.9").count(), Some(7));
        assert_eq!(read("-1").count(), None);
        assert_eq!(read("1e300").count(), None);
        assert!(read("true").is_true());
        for other in ["null", "[1,{}]", r#"{"a":[]}"#] {
            assert_eq!(read(other), Loose::Other);
        }
    }
}
