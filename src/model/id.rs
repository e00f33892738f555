//! Ids are newtypes, minted once; an id in hand is known to be neither empty nor oversized.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest id accepted, in bytes of UTF-8.
pub const ID_BYTES_MAX: usize = 512;

/// Why a text is no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum IdError {
    /// The text has no characters.
    #[error("must not be empty")]
    Empty,
    /// The text is longer than [`ID_BYTES_MAX`].
    #[error("has {bytes} bytes, at most {ID_BYTES_MAX} are allowed")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
}

/// Returns `text` if it may serve as an id.
///
/// # Errors
/// [`IdError`] when it is empty or longer than [`ID_BYTES_MAX`] bytes.
pub fn checked(text: &str) -> Result<&str, IdError> {
    match text.len() {
        0 => Err(IdError::Empty),
        bytes if bytes > ID_BYTES_MAX => Err(IdError::TooLong { bytes }),
        _ => Ok(text),
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and takes `text`.
            ///
            /// # Errors
            /// [`IdError`] when it is empty or too long.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                checked(&text)?;
                Ok(Self(text))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

text_id!(
    /// One agent, stable across its tasks and events.
    AgentId
);
text_id!(
    /// One task. Unique only together with the time of its end.
    TaskId
);
text_id!(
    /// One swarm: agents that work together; for a transcript, one session.
    SwarmId
);
text_id!(
    /// One agent event, unique in the store.
    EventId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_neither_empty_nor_longer_than_512_bytes() {
        assert_eq!(AgentId::new(""), Err(IdError::Empty));
        assert_eq!(AgentId::new("é".repeat(257)), Err(IdError::TooLong { bytes: 514 }));
        assert_eq!(AgentId::new("é".repeat(256)).map(|id| id.as_str().len()), Ok(512));
    }
}
