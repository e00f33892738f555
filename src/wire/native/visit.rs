//! How serde walks over the bytes of a record: keys become [`Field`]s, values [`Scalar`]s or the text
//! they are. No value is judged here.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::RecordError;
use super::fields::{Field, Fields, Scalar};

/// Reads a record's object into `fields`.
pub(super) struct ObjectSeed<'f, 'a> {
    pub fields: &'f mut Fields<'a>,
    /// An error of our own that ended the reading.
    pub stopped: &'f mut Option<RecordError>,
}

impl<'a> DeserializeSeed<'a> for ObjectSeed<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Ends the reading with an error of our own, which the caller finds in `stopped`.
fn stop<T, E: serde::de::Error>(stopped: &mut Option<RecordError>, error: RecordError) -> Result<T, E> {
    *stopped = Some(error);
    Err(E::custom("stopped"))
}

macro_rules! not_an_object {
    ($($visit:ident($type:ty) = $what:literal),*) => {
        $(fn $visit<E: serde::de::Error>(self, _: $type) -> Result<(), E> {
            stop(self.stopped, RecordError::NotAnObject($what))
        })*
    };
}

impl<'a> Visitor<'a> for ObjectSeed<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    not_an_object!(
        visit_bool(bool) = "true or false",
        visit_i64(i64) = "a number",
        visit_u64(u64) = "a number",
        visit_f64(f64) = "a number",
        visit_str(&str) = "a text"
    );

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        stop(self.stopped, RecordError::NotAnObject("null"))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, _: A) -> Result<(), A::Error> {
        stop(self.stopped, RecordError::NotAnObject("an array"))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key_seed(NameSeed)? {
            match name {
                Name::Known(field) => {
                    let value = if field.is_verbatim() {
                        Scalar::Verbatim(map.next_value::<&'a RawValue>()?.get())
                    } else {
                        map.next_value_seed(ScalarSeed)?
                    };
                    let place = &mut self.fields.known[field as usize];
                    if *place != Scalar::Absent {
                        return stop(self.stopped, RecordError::field(field, "comes twice"));
                    }
                    *place = value;
                }
                Name::Unknown(name) => self.fields.unknown.push((name, map.next_value::<&'a RawValue>()?.get())),
            }
        }
        Ok(())
    }
}

enum Name<'a> {
    Known(Field),
    Unknown(Cow<'a, str>),
}

struct NameSeed;

impl<'a> DeserializeSeed<'a> for NameSeed {
    type Value = Name<'a>;
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Name<'a>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for NameSeed {
    type Value = Name<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_borrowed_str<E>(self, name: &'a str) -> Result<Name<'a>, E> {
        Ok(Field::parse(name).map_or(Name::Unknown(Cow::Borrowed(name)), Name::Known))
    }

    fn visit_str<E>(self, name: &str) -> Result<Name<'a>, E> {
        Ok(Field::parse(name).map_or_else(|| Name::Unknown(Cow::Owned(name.to_owned())), Name::Known))
    }
}

/// Reads one plain value.
pub(super) struct ScalarSeed;

impl<'a> DeserializeSeed<'a> for ScalarSeed {
    type Value = Scalar<'a>;
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Scalar<'a>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for ScalarSeed {
    type Value = Scalar<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar<'a>, E> {
        Ok(i64::try_from(value).map_or(Scalar::Large(value), Scalar::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'a str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Scalar<'a>, E> {
        Ok(Scalar::Absent)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut items: A) -> Result<Scalar<'a>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested("an array"))
    }

    fn visit_map<A: MapAccess<'a>>(self, mut entries: A) -> Result<Scalar<'a>, A::Error> {
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nested("an object"))
    }
}
