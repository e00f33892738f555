//! One value of a database that another program wrote: whatever type it has, whatever its column says.

/// A value as SQLite stores it.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Cell {
    /// No value.
    #[default]
    Null,
    /// A whole number.
    Int(i64),
    /// A number with a fraction, or an infinity.
    Real(f64),
    /// Text; what is no UTF-8 in it is replaced.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Cell {
    /// The text, if it is one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as a person would write it; bytes as their number.
    #[must_use]
    pub fn show(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Int(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Text(text) => text.clone(),
            Self::Blob(bytes) => format!("{} bytes", bytes.len()),
        }
    }
}
