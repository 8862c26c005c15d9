//! An account's facts in words for the terminal: state, person, method, place, abilities, moments. Touches nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use links::{Account, Health, Method, Place, ProblemCode, Scopes, TokenKind};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::terminal::{Tone, escape};
use crate::text::words;

/// A state as it is shown: bullet, word, tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    bullet: &'static str,
    word: String,
    /// The colour that goes with it.
    pub tone: Tone,
}

impl State {
    /// `● Linked`.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.bullet, self.word)
    }
}

/// The state of an account in a word or three.
#[must_use]
pub fn state(health: &Health) -> State {
    let (bullet, tone, word) = match health {
        Health::Linked => ("●", Tone::Good, "Linked".to_owned()),
        Health::Expiring { days } => ("◐", Tone::Soon, expires(*days)),
        Health::Expired { .. } | Health::Revoked { .. } => ("✕", Tone::Bad, "Needs re-linking".to_owned()),
        Health::TooNarrow { .. } => ("◐", Tone::Soon, "Lacks permissions".to_owned()),
        Health::Refused { .. } => ("✕", Tone::Bad, "Needs you at GitLab".to_owned()),
        Health::Unreachable { .. } => ("○", Tone::Quiet, "Offline".to_owned()),
        Health::Unknown { .. } => ("○", Tone::Quiet, "Not known".to_owned()),
    };
    State { bullet, word, tone }
}

fn expires(days: u32) -> String {
    match days {
        0 => "Expires today".to_owned(),
        1 => "Expires in 1 day".to_owned(),
        days => format!("Expires in {days} days"),
    }
}

/// What else there is to say about an account's state; `None` where all is well.
#[must_use]
pub fn detail(account: &Account) -> Option<String> {
    if let Some(code) = login_trouble(account) {
        return message(account, code);
    }
    if let Some(code) = rotation_trouble(account) {
        return message(account, code);
    }
    match &account.health {
        Health::Linked => None,
        Health::Expiring { .. } => {
            let day = account.expires_on?;
            Some(format!(
                "The token works until the end of {} (UTC).",
                day.yesterday().ok()?
            ))
        }
        Health::Expired { on: Some(day) } => Some(format!("The token expired on {day}.")),
        Health::Expired { on: None } => Some("The token expired.".to_owned()),
        Health::Revoked { noticed_at: Some(at) } => Some(format!(
            "GitLab no longer accepts the token; noticed on {}.",
            at.strftime("%Y-%m-%d")
        )),
        Health::Revoked { noticed_at: None } => Some("GitLab no longer accepts the token.".to_owned()),
        Health::TooNarrow { missing } => {
            let missing: Vec<String> = missing.iter().map(|scope| escape(scope)).collect();
            let what = match account.method {
                Method::App => "login",
                Method::Token => "token",
            };
            Some(format!("The {what} lacks {}.", list(&missing)))
        }
        Health::Refused { why } | Health::Unreachable { why } => message(account, *why),
        Health::Unknown { why } => message(account, (*why)?),
    }
}

/// The one thing to do about an account's state; `None` where there is nothing to do.
#[must_use]
pub fn action(account: &Account) -> Option<String> {
    problem(account).map(|failure| failure.hint().to_owned())
}

/// The problem an account's state is; `None` where there is none, or only a term.
#[must_use]
pub fn problem(account: &Account) -> Option<Failure> {
    let (code, value) = match &account.health {
        Health::Expired { .. } | Health::Revoked { .. } if account.method == Method::App => {
            (login_trouble(account).unwrap_or(ProblemCode::TokenRevoked), None)
        }
        Health::Linked | Health::Expiring { .. } | Health::Unknown { why: None } => return None,
        Health::Expired { .. } => (ProblemCode::TokenExpired, None),
        Health::Revoked { .. } => (ProblemCode::TokenRevoked, None),
        Health::TooNarrow { missing } => (ProblemCode::TokenTooNarrow, Some(("missing", missing.join(" ")))),
        Health::Refused { why } | Health::Unreachable { why } | Health::Unknown { why: Some(why) } => {
            (*why, account.moved_to.clone().map(|to| ("to", to)))
        }
    };
    Some(Failure::of_code(
        code.as_str(),
        status(&account.health),
        account,
        value.into_iter().collect(),
    ))
}

/// Why an app login is dead: more exact than its health.
fn login_trouble(account: &Account) -> Option<ProblemCode> {
    let dead = matches!(account.health, Health::Expired { .. } | Health::Revoked { .. });
    account
        .trouble
        .filter(|code| account.method == Method::App && dead && code.tells_dead())
}

/// What became of a token's rotation, where a person should know.
fn rotation_trouble(account: &Account) -> Option<ProblemCode> {
    let trouble = account.rotation?.trouble;
    match account.health {
        Health::Revoked { .. } => account.trouble.filter(|code| *code == ProblemCode::LostRenewal),
        Health::Linked => trouble.filter(|code| *code == ProblemCode::RotationUnsure),
        Health::Expiring { .. } => trouble,
        _ => None,
    }
}

/// Until when the account works, for people.
#[must_use]
pub fn expiry(account: &Account) -> String {
    match (&account.login, account.expires_on) {
        (Some(login), _) if login.renews_by_itself => "renewed by itself".to_owned(),
        (Some(login), _) => login
            .access_until
            .map_or_else(|| "never, as far as GitLab tells".to_owned(), moment),
        (None, Some(day)) if account.renews_by_itself() => format!("{day}, renewed by itself before"),
        (None, Some(day)) => day.to_string(),
        (None, None) => "never, as far as GitLab tells".to_owned(),
    }
}

fn message(account: &Account, why: ProblemCode) -> Option<String> {
    let mut values = BTreeMap::from([
        ("host", account.instance.host_port()),
        ("method", account.method.as_str().to_owned()),
        ("name", account.name.clone()),
    ]);
    if let Some(login) = &account.login {
        values.insert("application_id", login.application_id.clone());
    }
    values.extend(account.moved_to.clone().map(|to| ("to", to)));
    words(why.as_str(), &values).map(|words| words.message)
}

/// Whether GitLab accepts the account's token, as far as is known.
#[must_use]
pub fn works(health: &Health) -> bool {
    matches!(
        health,
        Health::Linked | Health::Expiring { .. } | Health::TooNarrow { .. } | Health::Unreachable { .. }
    )
}

/// The exit status an account's state stands for (design §6).
#[must_use]
pub fn status(health: &Health) -> ExitStatus {
    match health {
        Health::Linked | Health::Expiring { .. } => ExitStatus::Done,
        // Or somebody answered, and not as this GitLab does.
        Health::TooNarrow { .. }
        | Health::Unreachable {
            why:
                ProblemCode::NotGitLab
                | ProblemCode::SignInWall
                | ProblemCode::RedirectElsewhere
                | ProblemCode::UnusableAnswer,
        } => ExitStatus::Refused,
        Health::Expired { .. } | Health::Revoked { .. } | Health::Refused { .. } => ExitStatus::PersonNeeded,
        Health::Unreachable { why } | Health::Unknown { why: Some(why) } if why.of_keychain() => {
            ExitStatus::Keychain
        }
        Health::Unreachable { .. } | Health::Unknown { .. } => ExitStatus::NoAnswer,
    }
}

/// `Ada Lovelace (@ada)`; `None` where the token may not tell.
#[must_use]
pub fn person(account: &Account) -> Option<String> {
    match (account.user.name.as_deref(), account.user.username.as_deref()) {
        (Some(name), Some(user)) => Some(format!("{} (@{})", escape(name), escape(user))),
        (None, Some(user)) => Some(format!("@{}", escape(user))),
        (Some(name), None) => Some(escape(name)),
        (None, None) => None,
    }
}

/// `@ada`, or GitLab's number where the token may not tell the user name.
#[must_use]
pub fn handle(account: &Account) -> String {
    match account.user.username.as_deref() {
        Some(user) => format!("@{}", escape(user)),
        None => format!("user {}", account.user.id),
    }
}

/// How the account signs in.
#[must_use]
pub fn method_name(account: &Account) -> String {
    match (account.method, account.kind) {
        (Method::App, _) => "App login",
        (Method::Token, TokenKind::Personal) => "Personal token",
        (Method::Token, TokenKind::Project) => "Project token",
        (Method::Token, TokenKind::Group) => "Group token",
        (Method::Token, TokenKind::ServiceAccount) => "Service account token",
        (Method::Token, TokenKind::FineGrained) => "Fine-grained token",
        (Method::Token, TokenKind::Unknown) => "Token",
    }
    .to_owned()
}

/// What the account may do.
#[must_use]
pub fn abilities(account: &Account) -> String {
    if account.kind == TokenKind::FineGrained {
        return "what its fine-grained permissions allow".to_owned();
    }
    match &account.scopes {
        Scopes::Unknown => "GitLab does not tell (older than 15.5)".to_owned(),
        Scopes::Known(names) if names.is_empty() => "nothing".to_owned(),
        Scopes::Known(names) => names
            .iter()
            .map(|name| escape(name))
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Where a secret is, as people call the place.
#[must_use]
pub fn place_name(place: Place) -> &'static str {
    match place {
        Place::GnomeKeyring => "GNOME Keyring",
        Place::KWallet => "KDE Wallet",
        Place::SecretService => "the system's keychain (Secret Service)",
        Place::MacKeychain => "the macOS keychain",
        Place::WindowsCredentialManager => "Windows Credential Manager",
        Place::EncryptedFile => "an encrypted file",
        Place::Memory => "memory",
    }
}

/// A moment to the minute, in UTC.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use links::{Health, ProblemCode};

    use super::{expires, list, state, status};
    use crate::exit::ExitStatus;

    #[test]
    fn states_are_told_by_bullet_and_word() {
        assert_eq!(state(&Health::Linked).text(), "● Linked");
        assert_eq!(state(&Health::Expiring { days: 9 }).text(), "◐ Expires in 9 days");
        assert_eq!(state(&Health::Expired { on: None }).text(), "✕ Needs re-linking");
        assert_eq!(
            state(&Health::Unreachable {
                why: ProblemCode::Silent
            })
            .text(),
            "○ Offline"
        );
    }

    #[test]
    fn days_left_read_well() {
        assert_eq!(
            [expires(0), expires(1), expires(2)],
            ["Expires today", "Expires in 1 day", "Expires in 2 days"]
        );
    }

    #[test]
    fn each_state_has_the_status_of_design_6() {
        for (health, expected) in [
            (Health::Linked, ExitStatus::Done),
            (Health::Expiring { days: 1 }, ExitStatus::Done),
            (
                Health::TooNarrow {
                    missing: vec!["api".to_owned()],
                },
                ExitStatus::Refused,
            ),
            (Health::Expired { on: None }, ExitStatus::PersonNeeded),
            (
                Health::Refused {
                    why: ProblemCode::AccountBlocked,
                },
                ExitStatus::PersonNeeded,
            ),
            (
                Health::Unreachable {
                    why: ProblemCode::Silent,
                },
                ExitStatus::NoAnswer,
            ),
            (
                Health::Unknown {
                    why: Some(ProblemCode::KeychainLocked),
                },
                ExitStatus::Keychain,
            ),
            (
                Health::Unreachable {
                    why: ProblemCode::SignInWall,
                },
                ExitStatus::Refused,
            ),
            (Health::Unknown { why: None }, ExitStatus::NoAnswer),
        ] {
            assert_eq!(status(&health), expected, "{health:?}");
        }
    }

    #[test]
    fn lists_read_as_people_say_them() {
        let words = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(
            [list(&words[..1]), list(&words[..2]), list(&words)],
            ["a", "a and b", "a, b and c"]
        );
    }
}
