//! Alerts → the bodies that receivers understand, one receiver a file. The same alerts give the same bytes.
//!
//! Not here: sending (`notify`), when and how often (`service`).

pub mod alertmanager;
pub mod email;
pub mod pagerduty;
pub mod signature;
pub mod slack;
pub mod webhook;

#[cfg(test)]
mod fixture;

/// At most `most` characters of `text`; what is cut off leaves a mark.
fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}
