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

    /// `text` without the secret, should somebody have echoed it.
    #[must_use]
    pub fn hide_in(&self, text: &str) -> String {
        let whole = if self.0.len() < LOOKED_FOR_MIN { text.to_owned() } else { text.replace(&self.0, HIDDEN) };
        // Of a URL it is the path that is echoed.
        let path = self.0.split_once("://").and_then(|(_, rest)| rest.split_once('/')).map(|(_, path)| path);
        path.filter(|path| path.len() >= LOOKED_FOR_MIN).map_or(whole.clone(), |path| whole.replace(path, HIDDEN))
    }
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
        assert_eq!(url.hide_in("Cannot POST /services/T0/B0/XYZ"), "Cannot POST /…");
        assert_eq!(url.hide_in("no https://hooks.example/services/T0/B0/XYZ here"), "no … here");
        assert_eq!(Revealed::from("abc".to_owned()).hide_in("abcdef"), "abcdef", "too short to look for");
    }
}
