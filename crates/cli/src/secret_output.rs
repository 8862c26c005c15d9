//! The only way a token leaves the command line: to another program's end of standard output, never to a screen unless
//! a person asks for just that. Writes to the output it is handed.

use std::io;

use links::Token;
use zeroize::Zeroizing;

use crate::terminal::Output;

/// What a token is written in the middle of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around<'a> {
    /// What stands before it.
    pub before: &'a str,
    /// What stands behind it.
    pub after: &'a str,
    /// Whether it is written as a JSON string.
    pub json: bool,
}

/// Why a token was not handed out.
#[derive(Debug)]
pub enum Kept {
    /// It would have been shown on a terminal.
    Terminal,
    /// The output does not work.
    Output(io::Error),
}

/// Writes the token. `shown`: also to a terminal.
pub fn hand_out(output: &mut Output<'_>, token: &Token, around: Around<'_>, shown: bool) -> Result<(), Kept> {
    if output.is_terminal() && !shown {
        return Err(Kept::Terminal);
    }
    let secret = token.expose();
    // Room for all from the start: a text that grows leaves copies behind.
    let room = around.before.len() + 2 * secret.len() + 2 + around.after.len();
    let mut text = Zeroizing::new(String::with_capacity(room));
    text.push_str(around.before);
    if around.json {
        // Tokens are visible ASCII: nothing else needs an escape (RFC 8259 §7).
        text.push('"');
        for c in secret.chars() {
            if matches!(c, '"' | '\\') {
                text.push('\\');
            }
            text.push(c);
        }
        text.push('"');
    } else {
        text.push_str(secret);
    }
    text.push_str(around.after);
    output.write(&text).map_err(Kept::Output)
}

#[cfg(test)]
mod tests {
    use super::{Around, Kept, hand_out};
    use crate::terminal::Output;

    fn written(token: &str, around: Around<'_>, terminal: bool, shown: bool) -> Option<String> {
        let mut bytes = Vec::new();
        let mut output = Output::new(&mut bytes, false).on_terminal(terminal);
        let token = links::Token::read(token).unwrap();
        match hand_out(&mut output, &token, around, shown) {
            Ok(()) => Some(String::from_utf8(bytes).unwrap()),
            Err(Kept::Terminal) => {
                assert!(bytes.is_empty());
                None
            }
            Err(Kept::Output(error)) => panic!("{error}"),
        }
    }

    #[test]
    fn a_token_goes_to_a_screen_only_when_that_is_asked_for() {
        let around = Around {
            after: "\n",
            ..Around::default()
        };
        for (terminal, shown, said) in [
            (false, false, Some("x-1\n")),
            (false, true, Some("x-1\n")),
            (true, true, Some("x-1\n")),
            (true, false, None),
        ] {
            assert_eq!(written("x-1", around, terminal, shown).as_deref(), said);
        }
    }

    #[test]
    fn any_token_is_one_json_string() {
        let around = Around {
            before: "{\"token\":",
            after: "}",
            json: true,
        };
        for token in ["glpat-x", r#"a"b\c"#, r#"\\""#, "~!@#$%^&*()"] {
            let text = written(token, around, false, false).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value["token"], token);
        }
    }
}
