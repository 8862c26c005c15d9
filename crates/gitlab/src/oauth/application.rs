//! The OAuth application an instance knows LabLink by (contract §3.2).

use std::fmt;

use zeroize::Zeroizing;

use crate::token::{TOKEN_LIMIT, looks_like_token};

/// The longest application ID taken, in characters: what GitLab's database column holds.
const ID_LIMIT: usize = 255;

/// An application ID (`client_id`): 1 to 255 visible ASCII characters. Not a secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ApplicationId(String);

/// Why a text cannot be an application ID. Never carries the text: it may be a secret that was pasted here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationIdProblem {
    /// Nothing, or white space alone.
    #[error("there is no application ID")]
    Empty,
    /// Longer than 255 characters.
    #[error("an application ID has at most 255 characters")]
    TooLong,
    /// White space inside, a control character, or a letter outside ASCII.
    #[error("there is a character in it that no application ID contains")]
    BadCharacter,
    /// It begins as GitLab's secrets do (contract §2.1).
    #[error("this looks like a secret and not like an application ID")]
    LooksLikeSecret,
}

/// The prefixes of GitLab's secrets that people have beside the application ID in front of them.
const SECRETS: [&str; 4] = ["gloas-", "glpat-", "gldt-", "_gitlab_session="];

impl ApplicationId {
    /// Takes the application ID out of a pasted text; white space around it goes.
    pub fn read(text: &str) -> Result<Self, ApplicationIdProblem> {
        let text = trimmed(text);
        if text.is_empty() {
            return Err(ApplicationIdProblem::Empty);
        }
        if SECRETS.iter().any(|prefix| text.starts_with(prefix)) || looks_like_token(text) {
            return Err(ApplicationIdProblem::LooksLikeSecret);
        }
        if text.chars().nth(ID_LIMIT).is_some() {
            return Err(ApplicationIdProblem::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ApplicationIdProblem::BadCharacter);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApplicationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The secret of a confidential application. Cannot be printed, serialized or copied; cleared when it is dropped.
pub struct ApplicationSecret(Zeroizing<String>);

/// Why a text cannot be an application's secret. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ApplicationSecretProblem {
    /// Nothing, or white space alone.
    #[error("there is no secret")]
    Empty,
    /// Longer than any secret of GitLab.
    #[error("this is longer than a secret can be")]
    TooLong,
    /// White space inside, a control character, or a letter outside ASCII.
    #[error("there is a character in it that no secret contains")]
    BadCharacter,
}

impl ApplicationSecret {
    /// Takes the secret out of a pasted text; white space around it goes, any shape is taken.
    pub fn read(text: &str) -> Result<Self, ApplicationSecretProblem> {
        let text = trimmed(text);
        if text.is_empty() {
            return Err(ApplicationSecretProblem::Empty);
        }
        if text.chars().nth(TOKEN_LIMIT).is_some() {
            return Err(ApplicationSecretProblem::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(ApplicationSecretProblem::BadCharacter);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The secret itself. Whoever calls this answers for where it goes.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What GitLab knows LabLink by on one instance.
pub struct Registration {
    /// The application ID.
    pub application_id: ApplicationId,
    /// The secret; the application is confidential exactly if there is one. A public application with a secret is
    /// refused by GitLab (quirk 21), as a confidential one without is (quirk 20).
    pub secret: Option<ApplicationSecret>,
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_id_is_taken_as_it_is_without_the_white_space_around_it() {
        let hex = "0123456789abcdef".repeat(4);
        for text in [
            hex.clone(),
            format!(" {hex}\r\n"),
            format!("\u{feff}{hex}\u{200b}"),
        ] {
            assert_eq!(ApplicationId::read(&text).unwrap().as_str(), hex);
        }
        assert!(ApplicationId::read(&"j".repeat(255)).is_ok());
        assert!(ApplicationId::read("~!@$%^&*()").is_ok());
    }

    #[test]
    fn what_cannot_be_an_application_id_says_why() {
        for (text, problem) in [
            ("", ApplicationIdProblem::Empty),
            (" \r\n\t", ApplicationIdProblem::Empty),
            ("a b", ApplicationIdProblem::BadCharacter),
            ("a\nb", ApplicationIdProblem::BadCharacter),
            ("a\u{0}b", ApplicationIdProblem::BadCharacter),
            ("ä", ApplicationIdProblem::BadCharacter),
            ("a\u{202e}b", ApplicationIdProblem::BadCharacter),
            ("gloas-0123", ApplicationIdProblem::LooksLikeSecret),
            (" glpat-0123 ", ApplicationIdProblem::LooksLikeSecret),
            (
                "glcbt-0123456789abcdefghij",
                ApplicationIdProblem::LooksLikeSecret,
            ),
            ("ghp_0123456789abcdefghij", ApplicationIdProblem::LooksLikeSecret),
        ] {
            assert_eq!(ApplicationId::read(text).err(), Some(problem), "{text:?}");
        }
        let long = "j".repeat(256);
        assert_eq!(
            ApplicationId::read(&long).err(),
            Some(ApplicationIdProblem::TooLong)
        );
    }

    #[test]
    fn a_secret_is_taken_in_any_shape() {
        for text in ["gloas-0123", "0123456789abcdef", " company!secret \n"] {
            assert!(ApplicationSecret::read(text).unwrap().expose() == text.trim());
        }
        for (text, problem) in [
            ("  ", ApplicationSecretProblem::Empty),
            ("a b", ApplicationSecretProblem::BadCharacter),
            ("gloas-\u{7f}", ApplicationSecretProblem::BadCharacter),
        ] {
            assert_eq!(ApplicationSecret::read(text).err(), Some(problem), "{text:?}");
        }
        let long = "j".repeat(TOKEN_LIMIT + 1);
        assert_eq!(
            ApplicationSecret::read(&long).err(),
            Some(ApplicationSecretProblem::TooLong)
        );
    }
}
