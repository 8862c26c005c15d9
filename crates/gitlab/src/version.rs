//! GitLab's version, as far as it may be relied on.

use std::fmt;

use crate::shown::shown_within;

/// What `/metadata` or `/version` calls the version (contract §1.3): three leading integers, and the text around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitLabVersion {
    /// The first number, `18` in `18.1.1-ee`.
    pub major: u32,
    /// The second number.
    pub minor: u32,
    /// The third number.
    pub patch: u32,
    /// The whole text as the server gave it, escaped and capped at 60 characters.
    pub text: String,
}

impl GitLabVersion {
    /// Reads `MAJOR.MINOR.PATCH` with anything behind it; `None` for every other text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        let rest = parts.next()?;
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let patch = rest.get(..end)?.parse().ok()?;
        Some(Self {
            major,
            minor,
            patch,
            text: shown_within(text, 60),
        })
    }

    /// Whether this is `major.minor` or later. A pre-release counts as its release.
    #[must_use]
    pub fn at_least(&self, major: u32, minor: u32) -> bool {
        (self.major, self.minor) >= (major, minor)
    }
}

impl fmt::Display for GitLabVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leading_three_integers_count_and_the_rest_is_kept_as_text() {
        for (text, numbers) in [
            ("18.1.1-ee", (18, 1, 1)),
            ("17.11.0", (17, 11, 0)),
            ("19.5.0-pre", (19, 5, 0)),
            ("15.0.0-rc42-ee", (15, 0, 0)),
            ("16.10.3.4", (16, 10, 3)),
        ] {
            let version = GitLabVersion::read(text).unwrap();
            assert_eq!((version.major, version.minor, version.patch), numbers);
            assert_eq!(version.to_string(), text);
        }
    }

    #[test]
    fn anything_else_is_no_version() {
        for text in [
            "",
            "18",
            "18.1",
            "18.1.",
            "v18.1.1",
            "a.b.c",
            "-1.2.3",
            "99999999999.0.0",
            "18.1.x",
        ] {
            assert_eq!(GitLabVersion::read(text), None, "{text}");
        }
    }

    #[test]
    fn later_is_by_number_and_not_by_text() {
        let version = GitLabVersion::read("15.10.0").unwrap();
        assert!(version.at_least(15, 5) && version.at_least(15, 10) && !version.at_least(15, 11));
        assert!(!version.at_least(16, 0) && version.at_least(14, 99));
    }
}
