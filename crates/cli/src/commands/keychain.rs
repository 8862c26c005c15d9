//! `lablink keychain …`: where secrets are kept, and opening that place for the other commands.

use links::{Keychain, Links, Secret};
use serde_json::{Value, json};

use crate::args::Keychain as Args;
use crate::console::Answer;
use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::health::place_name;
use crate::secret_input::ask_passphrase;

/// Opens the encrypted file, where secrets are kept in one: with the passphrase given, or the one a person is asked for.
/// Answers whether it did.
pub(crate) async fn open(links: &Links, passphrase: Option<Secret>, person: bool) -> Result<bool, Failure> {
    if let Some(passphrase) = passphrase {
        links.open_encrypted_file(passphrase).await.map_err(|problem| match problem.code() {
            "keychain_missing" => Failure::usage(
                "There is no encrypted file that a passphrase could open.",
                "Leave out --passphrase-stdin, or choose an encrypted file first: lablink keychain use-file",
            ),
            _ => Failure::from(problem),
        })?;
        return Ok(true);
    }
    if person && matches!(links.keychain().await, Keychain::NeedsPassphrase { .. }) {
        links.open_encrypted_file(ask_passphrase(false)?).await?;
        return Ok(true);
    }
    Ok(false)
}

/// Says how it is, or chooses.
pub(crate) async fn run(links: &Links, args: &Args, passphrase: Option<Secret>) -> Result<Answer, Failure> {
    match args {
        Args::Status => {}
        Args::UseSystem => links.use_system_keychain().await?,
        Args::UseFile => {
            let passphrase = passphrase.ok_or_else(|| Failure::new("passphrase_empty", ExitStatus::Usage))?;
            links.use_encrypted_file(passphrase).await?;
        }
    }
    Ok(status(&links.keychain().await))
}

fn status(keychain: &Keychain) -> Answer {
    let (state, place, failure) = match keychain {
        Keychain::Ready { place } => ("ready", Some(*place), None),
        Keychain::Locked { place } => ("locked", Some(*place), Some(of("keychain_locked"))),
        Keychain::Absent => ("absent", None, Some(of("keychain_absent"))),
        Keychain::NeedsPassphrase { .. } => ("needs_passphrase", None, Some(of("keychain_needs_passphrase"))),
        Keychain::Broken { problem } => ("broken", None, Some(Failure::from(problem))),
    };
    let value = json!({
        "state": state,
        "secret_in": place.map_or(Value::Null, |place| json!(place)),
        "problem": failure.as_ref().map(Failure::code),
    });
    let text = match (&failure, place) {
        (None, Some(place)) => format!("● Secrets are kept in {}.\n", place_name(place)),
        (None, None) => "● Secrets can be kept.\n".to_owned(),
        (Some(failure), _) => format!("✕ {}\n  {}\n", failure.message(), failure.hint()),
    };
    let end = if failure.is_some() {
        ExitStatus::Keychain
    } else {
        ExitStatus::Done
    };
    Answer::asked("keychain", value, text).ending(end, failure)
}

fn of(code: &'static str) -> Failure {
    Failure::new(code, ExitStatus::Keychain)
}
