//! Display names of accounts: what is one, when two are the same, and what to suggest. Pure.

use caseless::default_case_fold_str;
use unicode_normalization::UnicodeNormalization as _;

/// The longest display name, in characters.
pub const NAME_LIMIT: usize = 60;

/// A display name that may be used: not empty, at most [`NAME_LIMIT`] characters, nothing in it that acts unseen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    shown: String,
    folded: String,
}

/// Why a text is no display name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameProblem {
    /// Nothing, or white space alone.
    #[error("the display name is empty")]
    Empty,
    /// Longer than [`NAME_LIMIT`].
    #[error("the display name is longer than {NAME_LIMIT} characters")]
    TooLong,
    /// Control characters, line breaks, bidirectional overrides.
    #[error("the display name contains a control character")]
    Invalid,
}

impl Name {
    /// Takes a typed name: white space around it goes, the rest stays as typed.
    pub fn read(text: &str) -> Result<Self, NameProblem> {
        let text = text.trim();
        if text.chars().nth(NAME_LIMIT).is_some() {
            return Err(NameProblem::TooLong);
        }
        if text.chars().any(acts_unseen) {
            return Err(NameProblem::Invalid);
        }
        let folded = folded(text);
        if folded.is_empty() {
            return Err(NameProblem::Empty);
        }
        Ok(Self {
            shown: text.to_owned(),
            folded,
        })
    }

    /// As it is shown.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// As it is compared: see [`folded`].
    #[must_use]
    pub fn folded(&self) -> &str {
        &self.folded
    }
}

/// The form in which names are compared: compatibility-normalised (NFKC), case folded, runs of white space as one
/// space, joiners and variation selectors dropped, so that what looks the same is the same.
#[must_use]
pub fn folded(text: &str) -> String {
    let once: String = text.nfkc().filter(|c| !joins(*c)).collect();
    let twice: String = default_case_fold_str(&once).nfkc().collect();
    twice.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A free name for an account: `host`, or `host 2`, `host 3` …
pub(crate) fn suggestion(host: &str, taken: impl Fn(&str) -> bool) -> String {
    let host = if host == "gitlab.com" { "GitLab.com" } else { host };
    let clean: String = host
        .chars()
        .filter(|c| !acts_unseen(*c))
        .take(NAME_LIMIT)
        .collect();
    let mut candidate = clean.clone();
    let mut number = 2_u32;
    while taken(&folded(&candidate)) {
        let tail = format!(" {number}");
        candidate = clean.chars().take(NAME_LIMIT - tail.len()).collect::<String>() + &tail;
        number += 1;
    }
    candidate
}

/// Controls, line and paragraph separators, bidirectional marks and overrides, blanks and tags nobody sees.
fn acts_unseen(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0x00AD | 0x034F | 0x061C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
            | 0x200B | 0x200E..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F
            | 0x3164 | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0xE000..=0xF8FF | 0xFDD0..=0xFDEF | 0xFFFE..=0xFFFF
            | 0xE_0000..=0x10_FFFF)
}

/// Zero-width joiners and variation selectors: right in many scripts and emoji, but no difference between names.
fn joins(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        Name::read(one).unwrap().folded() == Name::read(other).unwrap().folded()
    }

    #[test]
    fn what_looks_the_same_is_the_same() {
        for (one, other) in [
            ("Work", "work"),
            ("Work", "  WORK  "),
            ("Big  Work", "big work"),
            ("STRASSE", "straße"),
            ("Ｗｏｒｋ", "work"),
            ("Zoë", "Zoe\u{308}"),
            ("ﬁx", "FIX"),
            ("a\u{a0}b", "A b"),
            ("wo\u{200d}rk", "work"),
        ] {
            assert!(same(one, other), "{one:?} {other:?}");
        }
        assert!(!same("Work", "Work 2"));
    }

    #[test]
    fn what_is_no_name_says_why() {
        for (text, problem) in [
            ("", NameProblem::Empty),
            (" \t ", NameProblem::Empty),
            ("\u{200d}", NameProblem::Empty),
            ("a\nb", NameProblem::Invalid),
            ("a\u{0}", NameProblem::Invalid),
            ("a\u{1b}[31m", NameProblem::Invalid),
            ("a\u{202e}b", NameProblem::Invalid),
            ("a\u{2066}b", NameProblem::Invalid),
            ("a\u{200b}b", NameProblem::Invalid),
            (&"x".repeat(61), NameProblem::TooLong),
            (&"x".repeat(10_000), NameProblem::TooLong),
        ] {
            assert_eq!(Name::read(text), Err(problem), "{text:?}");
        }
    }

    #[test]
    fn sixty_characters_of_any_script_are_taken_as_typed() {
        for c in ["x", "李", "ß", "👩"] {
            let text = c.repeat(60);
            assert_eq!(Name::read(&text).unwrap().shown(), text);
        }
        assert_eq!(Name::read("  My  Work ").unwrap().shown(), "My  Work");
    }

    #[test]
    fn a_suggestion_is_free_and_short_enough() {
        assert_eq!(suggestion("git.example.test", |_| false), "git.example.test");
        assert_eq!(suggestion("gitlab.com", |_| false), "GitLab.com");
        let taken = ["git.example.test", "git.example.test 2"];
        assert_eq!(
            suggestion("git.example.test", |name| taken.contains(&name)),
            "git.example.test 3"
        );
        let long = "x".repeat(200);
        let first = suggestion(&long, |_| false);
        let second = suggestion(&long, |name| name == first);
        assert_eq!((first.len(), second.len()), (60, 60));
        assert!(second.ends_with(" 2"));
    }
}
