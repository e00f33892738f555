//! Reads secrets, each time one is needed, and keeps them out of logs and answers.

use std::fmt;
use std::io::Read as _;

use super::SendError;
use crate::model::channel::{Secret, Text};

/// Most bytes of a file with a secret.
const FILE_MAX: u64 = 16 << 10;
/// Put where a secret was.
const HIDDEN: &str = "…";
/// What is shorter than this is not looked for in answers: it would hide half of the words.
const LOOKED_FOR_MIN: usize = 6;
/// A word in the path of a URL that is looked for by itself: shorter ones are words such as `services`.
const WORD_MIN: usize = 16;
/// Characters of an answer that are kept for the log.
const SHOWN_MAX: usize = 200;

/// A secret in clear. Not printed by `Debug`, and without `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Revealed(String);

impl fmt::Debug for Revealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Revealed {
    /// For the place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What of it is looked for: the whole, and of a URL what may be echoed of it: its path, and long words in that.
    fn forms(&self) -> impl Iterator<Item = &str> {
        let path = self.0.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
        let bare = path.and_then(|path| path.split(['?', '#']).next());
        let words = path.into_iter().flat_map(|path| path.split(['/', '?', '&', '=', '#']));
        let forms = [Some(self.0.as_str()), path, bare].into_iter().flatten();
        forms.filter(|form| form.len() >= LOOKED_FOR_MIN).chain(words.filter(|word| word.len() >= WORD_MIN))
    }
}

/// The beginning of what a receiver said, on one line and without any of `secrets`, should it have echoed them.
pub(super) fn shown(text: &str, secrets: &[Revealed]) -> String {
    let mut forms: Vec<&str> = secrets.iter().flat_map(Revealed::forms).collect();
    // The longest first: one that holds another would not be found any more after that was hidden.
    forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    let hidden = forms.into_iter().fold(text.to_owned(), |text, form| text.replace(form, HIDDEN));
    let line = hidden.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control()).take(SHOWN_MAX).collect()
}

impl From<String> for Revealed {
    fn from(text: String) -> Self {
        Self(text)
    }
}

/// Reads a secret; one line feed at its end does not belong to it.
///
/// # Errors
/// [`SendError::NoVariable`], [`SendError::SecretFile`], [`SendError::Unusable`] when it is empty.
pub fn read(secret: &Secret) -> Result<Revealed, SendError> {
    let text = match secret {
        Secret::Env(name) => std::env::var(name).map_err(|_| SendError::NoVariable(name.clone()))?,
        Secret::File(path) => {
            let failed = |source| SendError::SecretFile { path: path.display().to_string(), source };
            let mut text = String::new();
            let file = std::fs::File::open(path).map_err(failed)?;
            file.take(FILE_MAX).read_to_string(&mut text).map_err(failed)?;
            text
        }
    };
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    if text.is_empty() {
        return Err(SendError::Unusable { what: "the secret", reason: "it is empty" });
    }
    Ok(Revealed(text.to_owned()))
}

/// Reads what may be a secret.
///
/// # Errors
/// As [`read`].
pub fn read_text(text: &Text) -> Result<Revealed, SendError> {
    match text {
        Text::Plain(text) => Ok(Revealed(text.clone())),
        Text::Secret(secret) => read(secret),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_anew_each_time_and_without_its_last_line_feed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        let secret = Secret::File(path.clone());
        assert!(matches!(read(&secret), Err(SendError::SecretFile { .. })), "there is none yet");
        for (written, expected) in [("one\n", "one"), ("two\r\n", "two"), (" three \n\n", " three \n")] {
            std::fs::write(&path, written).expect("a file");
            assert_eq!(read(&secret).expect("readable").expose(), expected);
        }
        std::fs::write(&path, "\n").expect("a file");
        assert_eq!(read(&secret).expect_err("empty").to_string(), "the secret cannot be used: it is empty");
    }

    #[test]
    fn a_missing_variable_is_named() {
        let secret = Secret::Env("SWARMSCOPE_NO_SUCH_VARIABLE".to_owned());
        let error = read(&secret).expect_err("there is none");
        assert_eq!(
            error.to_string(),
            "the environment has no variable SWARMSCOPE_NO_SUCH_VARIABLE; set it and start again"
        );
        assert!(!error.transient());
    }

    #[test]
    fn what_is_secret_is_neither_printed_nor_shown_when_a_receiver_echoes_it() {
        let url = Revealed::from("https://hooks.example/services/T0/B0/XYZ".to_owned());
        assert_eq!(format!("{url:?}"), "…");
        let hidden = |text: &str, secret: &str| shown(text, &[Revealed::from(secret.to_owned())]);
        let of_url = |text| shown(text, std::slice::from_ref(&url));
        assert_eq!(of_url("Cannot POST /services/T0/B0/XYZ"), "Cannot POST /…");
        assert_eq!(of_url("no https://hooks.example/services/T0/B0/XYZ\nhere"), "no … here");
        assert_eq!(hidden("abcdef", "abc"), "abcdef", "too short to look for");
        let asked = "https://h.example/hook/0123456789abcdef?key=x";
        assert_eq!(hidden("no /hook/0123456789abcdef here", asked), "no /… here", "without what was asked");
        assert_eq!(hidden("token 0123456789abcdef; hook", asked), "token …; hook", "a long word of it");
        let both = ["token-1", "token-1-and-more"].map(|secret| Revealed::from(secret.to_owned()));
        assert_eq!(shown("token-1-and-more", &both), "…", "nothing is left of the longer one");
    }
}
