//! Answers as pages hold them: asked again when their question changes, and sent with the first page.

use leptos::prelude::*;
use leptos::server::codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::model::Problem;

/// The answer to a server function.
pub type Answer<T> = Resource<Result<T, Problem>, SameJson>;

/// Asks `call` whenever `question` changes.
pub fn ask<Q, T, F>(
    question: impl Fn() -> Q + Send + Sync + 'static,
    call: impl Fn(Q) -> F + Send + Sync + 'static,
) -> Answer<T>
where
    Q: Clone + PartialEq + Send + Sync + 'static,
    T: Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = Result<T, Problem>> + Send + 'static,
{
    Resource::new_with_options(question, call, false)
}

/// JSON, read the way server functions read it: from bytes. Leptos' own codec reads from text, which would
/// put a second copy of every decoder into the browser module.
#[derive(Debug, Clone, Copy)]
pub struct SameJson;

impl<T: Serialize> Encoder<T> for SameJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(answer: &T) -> Result<String, Self::Error> {
        serde_json::to_string(answer)
    }
}

impl<T: DeserializeOwned> Decoder<T> for SameJson {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}
