//! The words for every problem a person can meet on the terminal, in one place (its rooms by where
//! a problem comes from): what happened, then what to do.
//! The codes are links' (and this crate's own, [`OWN_CODES`]); touches nothing.

mod computer;
mod happened;
mod login;
mod replaced;
pub mod rights;
mod rotation;
mod server;
mod set_up;
mod token;
mod typed;
mod unwritten;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use self::happened::happened;
pub use self::replaced::replaced;
pub use self::unwritten::unwritten;

use crate::health::list;
use crate::redact::redact;
use crate::terminal::escape;

/// A problem in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// What happened.
    pub message: String,
    /// What to do about it; one action.
    pub hint: String,
}

/// Codes of problems only a command line has.
pub const OWN_CODES: [&str; 13] = [
    "usage",
    "ca_file_unreadable",
    "passphrase_empty",
    "input_unreadable",
    "output_failed",
    "folder_unwritable",
    "date_invalid",
    "token_to_terminal",
    "profile_unreadable",
    "profile_unwritable",
    "nothing_pending",
    "revocation_waits",
    "secret_left",
];

/// What a problem's words are filled with, made safe to show.
struct Values<'a>(&'a BTreeMap<&'static str, String>);

impl Values<'_> {
    /// The value of that name, or `otherwise` where the problem does not carry it.
    fn or(&self, name: &str, otherwise: &str) -> String {
        match self.0.get(name) {
            Some(value) if !value.is_empty() => redact(&escape(value)),
            _ => otherwise.to_owned(),
        }
    }

    /// A list of words with spaces between, as people say lists.
    fn list(&self, name: &str, otherwise: &str) -> String {
        let items: Vec<String> = self.or(name, otherwise).split(' ').map(str::to_owned).collect();
        if self.0.get(name).is_some_and(|value| !value.is_empty()) {
            list(&items)
        } else {
            otherwise.to_owned()
        }
    }

    /// Where it happened, at the start of a sentence.
    fn subject(&self) -> String {
        self.or("host", "That address")
    }

    /// What links the account again, as it is typed.
    fn relink(&self) -> String {
        let token = if self.or("method", "") == "token" {
            " --token-stdin"
        } else {
            ""
        };
        format!("lablink relink {}{token}", self.account())
    }

    /// The account's name as a shell takes it.
    fn account(&self) -> String {
        as_typed(self.or("name", "NAME"))
    }

    /// A user of GitLab's, known by name or, where that is not told, by number.
    fn user(&self, name: &str) -> String {
        let user = self.or(name, "somebody else");
        if user.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("user {user}")
        } else if user.contains(' ') {
            user
        } else {
            format!("@{user}")
        }
    }

    /// Where it happened, inside a sentence.
    fn place(&self) -> String {
        self.or("host", "that address")
    }
}

/// A word as a shell takes it, whatever stands in it.
fn as_typed(word: String) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.:/".contains(letter);
    if word.chars().all(plain) && !word.starts_with('-') {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The words for `code`; `None` for a code this build does not know.
#[must_use]
pub fn words(code: &str, values: &BTreeMap<&'static str, String>) -> Option<Words> {
    let v = Values(values);
    let (message, hint) = typed::own(code, &v)
        .or_else(|| typed::address(code, &v))
        .or_else(|| typed::name(code, &v))
        .or_else(|| server::server(code, &v))
        .or_else(|| server::connection(code, &v))
        .or_else(|| server::certificate(code, &v))
        .or_else(|| login::account(code, &v))
        .or_else(|| login::application(code, &v))
        .or_else(|| login::sign_in(code, &v))
        .or_else(|| login::renewal(code, &v))
        .or_else(|| rotation::rotation(code, &v))
        .or_else(|| token::token(code, &v))
        .or_else(|| token::person(code, &v))
        .or_else(|| set_up::set_up(code, &v))
        .or_else(|| computer::keychain(code, &v))
        .or_else(|| computer::here(code, &v))?;
    Some(Words {
        message,
        hint: hint.into_owned(),
    })
}

type Pair = Option<(String, Cow<'static, str>)>;

#[expect(
    clippy::unnecessary_wraps,
    reason = "every arm of the tables below reads the same"
)]
fn say(message: impl Into<String>, hint: impl Into<Cow<'static, str>>) -> Pair {
    Some((message.into(), hint.into()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use links::ProblemCode;

    use super::{OWN_CODES, Words, words};

    /// Every code in words, for an account with a token and for one that is linked by app login.
    fn all() -> Vec<(&'static str, Words)> {
        let mut all: Vec<(&'static str, Words)> = Vec::new();
        for method in ["token", "app"] {
            let values = BTreeMap::from([("method", method.to_owned())]);
            for code in ProblemCode::ALL.iter().map(|code| code.as_str()).chain(OWN_CODES) {
                let said = words(code, &values).unwrap_or_else(|| panic!("no words for {code}"));
                // Most are the same for both.
                if !all.contains(&(code, said.clone())) {
                    all.push((code, said));
                }
            }
        }
        all
    }

    #[test]
    fn an_address_of_a_servers_making_does_nothing_in_a_shell() {
        let values = BTreeMap::from([
            ("name", "Work".to_owned()),
            ("host", "git.example.test".to_owned()),
            ("to", "https://new.example.test/$(touch x);'y".to_owned()),
        ]);
        let hint = words("redirect_elsewhere", &values).unwrap().hint;
        assert!(
            hint.ends_with(r"lablink link 'https://new.example.test/$(touch x);'\''y'"),
            "{hint}"
        );
    }

    #[test]
    fn every_code_has_words_of_its_own() {
        let mut seen = BTreeMap::new();
        for (code, words) in all() {
            let another = seen.insert(words.message.clone(), code);
            assert!(
                another.is_none_or(|another| another == code),
                "{code} says what another says: {}",
                words.message
            );
        }
        assert_eq!(words("of_next_year", &BTreeMap::new()), None);
    }

    #[test]
    fn words_say_what_happened_and_what_to_do_without_blame_or_bare_codes() {
        for (code, words) in all() {
            for text in [&words.message, &words.hint] {
                assert!(
                    text.chars().next().is_some_and(char::is_uppercase) || text.starts_with("git "),
                    "{code}: {text}"
                );
                for never in [
                    "wrong with",
                    "something went",
                    "invalid",
                    "error",
                    "failed to",
                    "please",
                    "oops",
                    "{",
                    "}",
                ] {
                    assert!(
                        !text.to_lowercase().contains(never),
                        "{code} says “{never}”: {text}"
                    );
                }
                for status in ["400", "401", "403", "404", "429", "500", "502", "503"] {
                    assert!(!text.contains(status), "{code} shows a bare status: {text}");
                }
            }
            assert!(words.message.ends_with('.'), "{code}: {}", words.message);
        }
    }

    #[test]
    fn foreign_values_are_escaped_and_secrets_withheld() {
        let values = BTreeMap::from([("software", "\u{1b}[31mGitea\u{202e} glpat-secret".to_owned())]);
        let said = words("not_gitlab", &values).unwrap().message;
        assert!(said.contains(r"\u{1b}[31mGitea\u{202e} [withheld]"), "{said}");
    }
}
