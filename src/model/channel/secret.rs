//! Where a secret is read. It is never part of the configuration, so it is never shown, logged or sent to a page.

use std::fmt;
use std::path::PathBuf;

use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Said of a secret that stands in the configuration itself; whoever shows this must not show what was written.
pub const IN_CLEAR: &str = "a secret does not stand here itself: write { env = \"NAME\" } or { file = \"/path\" }";

/// Where a secret is read, each time it is needed: a changed file counts at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Secret {
    /// A variable of the environment the program was started with.
    Env(String),
    /// A file; one line feed at its end is not part of it.
    File(PathBuf),
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "${name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
        }
    }
}

/// What may be a secret, or stand in the configuration as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// As it is.
    Plain(String),
    /// Read when it is needed.
    Secret(Secret),
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Plain(text) => text.serialize(serializer),
            Self::Secret(secret) => secret.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Text::deserialize(deserializer)? {
            Text::Secret(secret) => Ok(secret),
            Text::Plain(_) => Err(de::Error::custom(IN_CLEAR)),
        }
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = Text;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, { env = \"NAME\" } or { file = \"/path\" }")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text, E> {
                Ok(Text::Plain(text.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text, A::Error> {
                let secret = match map.next_key::<String>()?.as_deref() {
                    Some("env") => Secret::Env(map.next_value()?),
                    Some("file") => Secret::File(map.next_value()?),
                    _ => return Err(de::Error::custom("write { env = \"NAME\" } or { file = \"/path\" }")),
                };
                if map.next_key::<String>()?.is_some() {
                    return Err(de::Error::custom("write either env or file, and nothing else"));
                }
                Ok(Text::Secret(secret))
            }
        }

        deserializer.deserialize_any(Either)
    }
}
