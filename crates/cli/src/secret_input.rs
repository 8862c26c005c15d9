//! The only way secrets come into the command line: standard input, or a prompt that does not show what is typed.
//! Reads standard input and the terminal, nothing else.

use std::io::Read;

use links::{Secret, Token};
use zeroize::{Zeroize as _, Zeroizing};

use crate::exit::ExitStatus;
use crate::failure::Failure;

/// The most that is read from standard input, in bytes: a passphrase and the longest token with room to spare.
const LIMIT: u64 = 64 * 1024;

/// Standard input, and whether a person sits there.
pub struct Input<'a> {
    reader: &'a mut dyn Read,
    person: bool,
}

/// Which secrets a command needs, and how they were said to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is wanted or not")]
pub struct Wanted {
    /// A token comes on standard input.
    pub token: bool,
    /// The secret of an application comes on standard input. Never together with a token.
    pub application_secret: bool,
    /// The passphrase comes on the first line of standard input.
    pub passphrase_stdin: bool,
    /// A new passphrase is needed.
    pub new_passphrase: bool,
}

/// The secrets a command was given.
#[derive(Default)]
pub struct Secrets {
    /// The token.
    pub token: Option<Token>,
    /// The secret of an application, as it came.
    pub application_secret: Option<Secret>,
    /// The passphrase of the encrypted file.
    pub passphrase: Option<Secret>,
}

impl<'a> Input<'a> {
    /// `person`: standard input and standard error are terminals, so that asking makes sense.
    pub fn new(reader: &'a mut dyn Read, person: bool) -> Self {
        Self { reader, person }
    }

    /// Whether a person can be asked.
    #[must_use]
    pub fn person(&self) -> bool {
        self.person
    }

    /// Standard input itself, for a protocol that is spoken on it.
    pub(crate) fn reader(self) -> &'a mut dyn Read {
        self.reader
    }

    /// Everything `wanted`, each from where it was said to come. A person is asked for what was not piped in; without a
    /// person that is wrong usage, and nothing is read.
    pub fn secrets(&mut self, wanted: Wanted) -> Result<Secrets, Failure> {
        // At a terminal a secret would show as it is typed: ask instead.
        let piped = !self.person && (wanted.token || wanted.application_secret || wanted.passphrase_stdin);
        if wanted.new_passphrase && !wanted.passphrase_stdin && !self.person {
            return Err(Failure::usage(
                "The encrypted file needs a passphrase, and standard input is not a terminal to ask at.",
                "Pipe it in: lablink keychain use-file --passphrase-stdin < passphrase-file",
            ));
        }
        let mut secrets = Secrets::default();
        if piped {
            let text = self.read(wanted)?;
            let mut rest = text.as_str();
            if wanted.passphrase_stdin {
                let (first, after) = rest.split_once('\n').unwrap_or((rest, ""));
                secrets.passphrase = Some(passphrase(first.strip_suffix('\r').unwrap_or(first))?);
                rest = after;
            }
            if wanted.token {
                secrets.token = Some(token(rest)?);
            }
            if wanted.application_secret {
                secrets.application_secret = Some(application_secret(rest)?);
            }
            return Ok(secrets);
        }
        if wanted.new_passphrase || wanted.passphrase_stdin {
            secrets.passphrase = Some(ask_passphrase(wanted.new_passphrase)?);
        }
        if wanted.token {
            secrets.token = Some(token(&ask("Access token (not shown): ")?)?);
        }
        if wanted.application_secret {
            let typed = ask("The application's secret (not shown): ")?;
            secrets.application_secret = Some(application_secret(&typed)?);
        }
        Ok(secrets)
    }

    /// All of standard input as text, for what is `wanted` of it.
    fn read(&mut self, wanted: Wanted) -> Result<Zeroizing<String>, Failure> {
        let capacity = usize::try_from(LIMIT).unwrap_or(0) + 1;
        // Room for all from the start: a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(capacity));
        Read::take(&mut *self.reader, LIMIT + 1)
            .read_to_end(&mut bytes)
            .map_err(|_| unreadable())?;
        if bytes.len() >= capacity {
            return Err(unusable(wanted, "token_too_long"));
        }
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(unusable(wanted, "token_invalid_text"))
            }
        }
    }
}

/// Asks a person for the passphrase of the encrypted file; a new one twice.
pub fn ask_passphrase(new: bool) -> Result<Secret, Failure> {
    let first = ask("Passphrase of the encrypted file (not shown): ")?;
    if new && *ask("The same again: ")? != *first {
        return Err(Failure::usage("The two passphrases differ.", "Try again."));
    }
    passphrase(&first)
}

fn ask(prompt: &str) -> Result<Zeroizing<String>, Failure> {
    rpassword::prompt_password(prompt)
        .map(Zeroizing::new)
        .map_err(|_| unreadable())
}

fn passphrase(text: &str) -> Result<Secret, Failure> {
    if text.is_empty() {
        return Err(Failure::new("passphrase_empty", ExitStatus::Usage));
    }
    Ok(Secret::new(text.to_owned()))
}

/// What came in is too long for all that is wanted, or is no text; `token` is the code for a token.
fn unusable(wanted: Wanted, token: &'static str) -> Failure {
    if wanted.token {
        Failure::new(token, ExitStatus::Usage)
    } else if wanted.application_secret {
        Failure::new("application_secret_invalid", ExitStatus::Usage)
    } else {
        Failure::usage(
            "What came in is no passphrase: it is too long, or no text.",
            "Put the passphrase on the first line of standard input, and nothing else.",
        )
    }
}

/// Not read here: links says what is wrong with it. None at all would be taken for an application without one.
fn application_secret(text: &str) -> Result<Secret, Failure> {
    if text.trim().is_empty() {
        return Err(Failure::new("application_secret_invalid", ExitStatus::Usage));
    }
    Ok(Secret::new(text.to_owned()))
}

fn token(text: &str) -> Result<Token, Failure> {
    Token::read(text).map_err(|problem| Failure::from(links::Problem::from(problem)))
}

fn unreadable() -> Failure {
    Failure::new("input_unreadable", ExitStatus::Usage)
}

#[cfg(test)]
mod tests {
    use super::{Input, Secrets, Wanted};
    use crate::failure::Failure;

    const TOKEN: Wanted = Wanted {
        token: true,
        application_secret: false,
        passphrase_stdin: false,
        new_passphrase: false,
    };

    fn read(bytes: &[u8], wanted: Wanted) -> Result<Secrets, Failure> {
        let mut reader = bytes;
        Input::new(&mut reader, false).secrets(wanted)
    }

    fn code(bytes: &[u8], wanted: Wanted) -> &'static str {
        read(bytes, wanted).err().map_or("none", |failure| failure.code())
    }

    #[test]
    fn space_and_newlines_around_a_token_are_not_part_of_it() {
        let secrets = read(b"\r\n  glpat-abc \n\n", TOKEN).unwrap_or_default();
        assert!(secrets.token.is_some_and(|token| token.expose() == "glpat-abc"));
    }

    #[test]
    fn what_is_no_text_is_called_what_it_should_have_been() {
        let secret = Wanted {
            token: false,
            application_secret: true,
            ..TOKEN
        };
        let passphrase = Wanted {
            token: false,
            passphrase_stdin: true,
            ..TOKEN
        };
        for bytes in [&b"\xff\n"[..], &vec![b'a'; 64 * 1024 + 1]] {
            assert_eq!(code(bytes, secret), "application_secret_invalid");
            assert_eq!(code(bytes, passphrase), "usage");
        }
    }

    #[test]
    fn what_is_no_token_is_named() {
        assert_eq!(code(b"", TOKEN), "token_empty");
        assert_eq!(code(b" \n", TOKEN), "token_empty");
        assert_eq!(code(b"glpat-\xff", TOKEN), "token_invalid_text");
        assert_eq!(code(b"glpat-\0x", TOKEN), "token_invalid_text");
        assert_eq!(code(b"glpat-a\nglpat-b", TOKEN), "token_invalid_text");
        assert_eq!(code(&vec![b'a'; 64 * 1024 + 1], TOKEN), "token_too_long");
        assert_eq!(code(&vec![b'a'; 9000], TOKEN), "token_too_long");
    }

    #[test]
    fn the_first_line_is_the_passphrase_and_the_rest_the_token() {
        let both = Wanted {
            passphrase_stdin: true,
            ..TOKEN
        };
        let secrets = read(b" pass word \r\nglpat-abc\n", both).unwrap_or_default();
        assert!(
            secrets
                .passphrase
                .is_some_and(|passphrase| passphrase.expose() == " pass word ")
        );
        assert!(secrets.token.is_some_and(|token| token.expose() == "glpat-abc"));
        assert_eq!(code(b"\nglpat-abc", both), "passphrase_empty");
        assert_eq!(code(b"only a passphrase", both), "token_empty");
    }

    #[test]
    fn an_applications_secret_comes_alone_or_behind_the_passphrase() {
        let wanted = Wanted {
            application_secret: true,
            ..Wanted::default()
        };
        let secret = |bytes: &[u8], wanted| {
            let secrets = read(bytes, wanted).unwrap_or_default();
            secrets
                .application_secret
                .map(|secret| secret.expose().to_owned())
        };
        assert_eq!(secret(b"gloas-abc\n", wanted).as_deref(), Some("gloas-abc\n"));
        let both = Wanted {
            passphrase_stdin: true,
            ..wanted
        };
        assert_eq!(secret(b"pass\ngloas-abc", both).as_deref(), Some("gloas-abc"));
        assert_eq!(code(b" \n", wanted), "application_secret_invalid");
    }

    #[test]
    fn nobody_is_asked_where_nobody_sits() {
        let new = Wanted {
            new_passphrase: true,
            ..Wanted::default()
        };
        assert_eq!(code(b"", new), "usage");
    }
}
