//! Query strings, read strictly: a misspelt parameter must not silently widen a question.

use std::borrow::Cow;

use super::parameter::{Spec, Takes};
use crate::model::{Order, Problem};

/// The parameters of one request.
#[derive(Debug)]
pub struct Params {
    pairs: Vec<(String, String)>,
    /// What was declared, when it was.
    specs: Vec<Spec>,
}

impl Params {
    /// Reads `query` (the part after `?`). A parameter outside `known`, or one that comes twice, is refused.
    ///
    /// # Errors
    /// [`Problem`] of kind bad request, which lists the known parameters.
    pub fn read(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for part in query.unwrap_or_default().split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if !known.contains(&name.as_ref()) {
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                return Err(Problem::bad_request(format!("unknown query parameter `{name}`; known: {known}")));
            }
            if pairs.iter().any(|(earlier, _)| *earlier == name) {
                return Err(Problem::bad_request(format!("query parameter `{name}` comes twice; send it once")));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self { pairs, specs: Vec::new() })
    }

    /// Reads `query` by the declarations that the document shows, too: each value is one that its parameter takes.
    ///
    /// # Errors
    /// As [`Self::read`]; [`Problem`] for a value that is not taken.
    pub fn take(query: Option<&str>, specs: Vec<Spec>) -> Result<Self, Problem> {
        let known: Vec<&str> = specs.iter().map(|spec| spec.name).collect();
        let mut params = Self::read(query, &known)?;
        for (name, value) in params.iter() {
            if let Some(spec) = specs.iter().find(|spec| spec.name == name) {
                spec.check(value)?;
            }
        }
        params.specs = specs;
        Ok(params)
    }

    /// A declared number, or its default.
    #[must_use]
    pub fn whole(&self, name: &str) -> Option<u32> {
        let takes = self.specs.iter().find(|spec| spec.name == name).map(|spec| spec.takes);
        let sent = self.get(name).and_then(|text| text.parse().ok()); // checked by `take`
        sent.or(if let Some(Takes::Number { default, .. }) = takes { default } else { None })
    }

    /// A declared switch; `None` when it was not sent.
    #[must_use]
    pub fn on(&self, name: &str) -> Option<bool> {
        self.get(name).map(|text| !matches!(text, "0" | "false")) // checked by `take`
    }

    /// The declared `order`.
    #[must_use]
    pub fn order(&self, default: Order) -> Order {
        match self.get("order") {
            Some("asc") => Order::Asc,
            Some("desc") => Order::Desc,
            _ => default,
        }
    }

    /// The value of `name`, if it was sent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `name` as a switch: `1`, `true` or nothing after the name = on, `0` or `false` = off.
    ///
    /// # Errors
    /// [`Problem`] for any other value.
    pub fn switch(&self, name: &str, default: bool) -> Result<bool, Problem> {
        match self.get(name) {
            None => Ok(default),
            Some("" | "1" | "true") => Ok(true),
            Some("0" | "false") => Ok(false),
            Some(other) => Err(Problem::bad_request(format!("`{name}={other}`: write 1 or 0"))),
        }
    }

    /// `name` as a whole number from `min` to `max`.
    ///
    /// # Errors
    /// [`Problem`] for anything else.
    pub fn number(&self, name: &str, default: u32, min: u32, max: u32) -> Result<u32, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse()
            .ok()
            .filter(|number| (min..=max).contains(number))
            .ok_or_else(|| Problem::bad_request(format!("`{name}={text}`: write a whole number from {min} to {max}")))
    }

    /// Every parameter, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// Percent-decoding with `+` as a blank, as forms send it.
fn decode(text: &str) -> Result<Cow<'_, str>, Problem> {
    if !text.contains(['%', '+']) {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                let (Some(high), Some(low)) = (digit(high), digit(low)) else { return Err(undecodable(text)) };
                bytes.push(high * 16 + low);
                rest = after;
            }
            (b'%', _) => return Err(undecodable(text)),
            (byte, _) => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| undecodable(text))
}

fn undecodable(text: &str) -> Problem {
    Problem::bad_request(format!("`{text}` in the query string is not percent-encoded UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_or_repeated_parameter_is_refused_and_the_known_ones_are_listed() {
        let problem = Params::read(Some("form=now-1h"), &["from", "to"]).expect_err("a typo");
        assert_eq!(problem.detail, "unknown query parameter `form`; known: from, to");
        assert!(Params::read(Some("from=1&from=2"), &["from"]).is_err());
    }

    #[test]
    fn values_are_decoded_as_forms_encode_them() {
        let params = Params::read(Some("a=x%20y+z%2B&b&&c=%C3%A9"), &["a", "b", "c"]).expect("well formed");
        assert_eq!(params.get("a"), Some("x y z+"));
        assert_eq!(params.get("b"), Some(""));
        assert_eq!(params.get("c"), Some("é"));
        for broken in ["a=%", "a=%4", "a=%zz", "a=%ff"] {
            assert!(Params::read(Some(broken), &["a"]).is_err(), "{broken}");
        }
    }

    #[test]
    fn switches_and_numbers_take_nothing_else() {
        let params = Params::read(Some("on&off=0&odd=yes&n=7"), &["on", "off", "odd", "n"]).expect("well formed");
        assert_eq!(params.switch("on", false), Ok(true));
        assert_eq!(params.switch("off", true), Ok(false));
        assert!(params.switch("odd", true).is_err());
        assert_eq!(params.number("n", 1, 1, 10), Ok(7));
        assert!(params.number("n", 1, 1, 6).is_err());
        assert_eq!(params.number("absent", 3, 1, 6), Ok(3));
    }
}
