//! What an account may do, in words: its scopes, what git and docker can do with it, and what it may do too much.
//! Touches nothing.

use links::{Account, Method, Reach, Scopes, TokenKind};

use crate::health::list;
use crate::terminal::escape;

/// What a scope allows; `None` for one this version does not know.
fn scope(name: &str) -> Option<&'static str> {
    Some(match name {
        "api" => "use the API",
        "read_api" => "read through the API",
        "read_user" => "read the profile",
        "read_repository" => "read code",
        "write_repository" => "push code",
        "read_registry" => "pull container images",
        "write_registry" => "push container images",
        "create_runner" => "create runners",
        "manage_runner" => "manage runners",
        "self_rotate" => "rotate itself",
        "sudo" => "act as another user",
        "admin_mode" => "use admin rights",
        "ai_features" => "use GitLab Duo",
        "k8s_proxy" => "reach Kubernetes clusters",
        _ => return None,
    })
}

/// A scope in words with its name, or its name alone.
fn named(name: &str) -> String {
    match scope(name) {
        Some(words) => format!("{words} ({name})"),
        None => escape(name),
    }
}

/// What the account may do.
#[must_use]
pub fn may(account: &Account) -> String {
    match &account.scopes {
        _ if account.kind == TokenKind::FineGrained => "what its fine-grained permissions allow".to_owned(),
        Scopes::Unknown => "GitLab does not tell (older than 15.5)".to_owned(),
        Scopes::Known(names) if names.is_empty() => "nothing".to_owned(),
        Scopes::Known(names) => list(&names.iter().map(|name| named(name)).collect::<Vec<_>>()),
    }
}

/// What it was linked for and may not do; `None` where nothing is missing.
#[must_use]
pub fn lacks(account: &Account) -> Option<String> {
    let missing = &account.missing;
    (!missing.is_empty()).then(|| list(&missing.iter().map(|name| named(name)).collect::<Vec<_>>()))
}

/// What a program can do with it.
#[must_use]
pub fn reach(reach: &Reach) -> String {
    let missing: Vec<String> = reach.missing().iter().map(|name| (*name).to_owned()).collect();
    match reach {
        Reach::Full => "pull and push".to_owned(),
        Reach::PullOnly { .. } => format!("pull; to push it lacks {}", list(&missing)),
        Reach::Nothing { .. } => format!("nothing; it lacks {}", list(&missing)),
        Reach::Never => "nothing: GitLab's registry takes no app logins, only tokens".to_owned(),
        Reach::Unknown => "GitLab does not tell".to_owned(),
    }
}

/// A warning where it may do more than it was linked for.
#[must_use]
pub fn wider(account: &Account) -> Option<String> {
    let wider = account.wider();
    if wider.is_empty() {
        return None;
    }
    let what = match account.method {
        Method::App => "login",
        Method::Token => "token",
    };
    Some(format!(
        "This {what} may do more than it needs to: {}. Link a narrower one in its place.",
        list(&wider.iter().map(|name| named(name)).collect::<Vec<_>>())
    ))
}
