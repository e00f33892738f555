//! What the login page is told: why a try was refused, and where to go afterwards.

/// Why a try to log in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefusal {
    /// It was not the token.
    Wrong,
    /// Too many wrong ones came from there; this one was not looked at.
    Slowed,
}

impl LoginRefusal {
    /// How a query string says it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wrong => "wrong",
            Self::Slowed => "slowed",
        }
    }

    /// The one a query string means.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Wrong, Self::Slowed].into_iter().find(|refusal| refusal.as_str() == text)
    }
}

/// Where a person goes who has logged in: `to` when it is a path of this site, else the overview. A link to the login
/// page must not lead anywhere else afterwards.
#[must_use]
pub fn landing(to: &str) -> &str {
    let own = to.strip_prefix('/').is_some_and(|rest| !rest.starts_with(['/', '\\']));
    let plain = to.bytes().all(|byte| byte.is_ascii_graphic());
    let again = ["/login", "/logout"].iter().any(|page| to.starts_with(page));
    if own && plain && !again { to } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_lands_on_this_site_only() {
        assert_eq!(landing("/agents/a%20b?from=now-7d"), "/agents/a%20b?from=now-7d");
        for elsewhere in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "javascript:x",
            "/a\r\nb",
            "/\u{e9}",
            "/login?to=/",
        ] {
            assert_eq!(landing(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn refusals_are_read_as_they_are_written() {
        for refusal in [LoginRefusal::Wrong, LoginRefusal::Slowed] {
            assert_eq!(LoginRefusal::parse(refusal.as_str()), Some(refusal));
        }
        assert_eq!(LoginRefusal::parse("<b>"), None);
    }
}
