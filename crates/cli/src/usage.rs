//! Makes a failure out of what clap could not understand, without saying back anything that may be a secret.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::Failure;
use crate::redact::{WITHHELD, looks_secret, redact};

/// From this length, in bytes, an argument nobody understands is not said back: it may be a token of any shape
/// (contract §2.1: prefixes are the administrators' to choose).
const LONG: usize = 20;

/// The failure for a command line clap refused.
#[must_use]
pub fn misunderstood(error: &clap::Error, args: &[String]) -> Failure {
    if args.iter().any(|arg| looks_secret(arg)) {
        return exposed();
    }
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return Failure::usage("No command was given.", "See: lablink --help");
    }
    let rendered = withhold(&error.render().to_string(), error);
    let mut paragraphs = rendered.split("\n\n");
    let message = paragraphs.next().unwrap_or_default().trim();
    let message = message.strip_prefix("error: ").unwrap_or(message);
    let tip = rendered
        .lines()
        .find_map(|line| line.trim().strip_prefix("tip: "));
    let usage = rendered
        .lines()
        .find_map(|line| line.trim().strip_prefix("Usage: "));
    let hint = match (tip, usage) {
        (Some(tip), Some(usage)) => format!("{}\nUsage: {usage}", sentence(tip)),
        (Some(tip), None) => sentence(tip),
        (None, Some(usage)) => format!("Usage: {usage}"),
        (None, None) => "See: lablink --help".to_owned(),
    };
    Failure::usage(&redact(&sentence(message)), &redact(&hint))
}

/// The failure for a secret among the arguments.
#[must_use]
pub fn exposed() -> Failure {
    Failure::usage(
        "There is a token or another secret on the command line, where other programs can read it. It was not used.",
        "Revoke it, create a new one, and pipe that in: a token with --token-stdin, a secret with --client-secret-stdin",
    )
}

/// Takes out of clap's text the arguments a person may not want to read again.
fn withhold(rendered: &str, error: &clap::Error) -> String {
    let mut text = rendered.to_owned();
    for (kind, value) in error.context() {
        let ContextValue::String(value) = value else {
            continue;
        };
        let surplus = match kind {
            ContextKind::InvalidArg => error.kind() == ErrorKind::UnknownArgument && !value.starts_with('-'),
            ContextKind::InvalidValue => error.kind() == ErrorKind::TooManyValues || value.len() >= LONG,
            ContextKind::InvalidSubcommand => value.len() >= LONG,
            _ => false,
        };
        if surplus && !value.is_empty() {
            text = text.replace(value.as_str(), WITHHELD);
        }
    }
    text
}

/// With a capital at its start and a full stop at its end.
fn sentence(text: &str) -> String {
    let mut characters = text.trim().chars();
    let Some(first) = characters.next() else {
        return String::new();
    };
    let rest = characters.as_str();
    let stop = if rest.ends_with(['.', '?', '!', ':', '>', ']']) {
        ""
    } else {
        "."
    };
    format!("{}{rest}{stop}", first.to_uppercase())
}
