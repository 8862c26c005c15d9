//! What an app registration is known by here: its application ID, the scopes it has, where it sends back to. Pure.

use gitlab::{ApplicationId, ApplicationIdProblem, RedirectUri};

/// The redirect address of every registration (RFC 8252 §7.3: of an IP literal the port is free, so none is named).
pub const REDIRECT: &str = RedirectUri::REGISTERED;

/// The most scopes of one registration; GitLab knows about thirty.
const SCOPES_LIMIT: usize = 64;
/// The longest name of a scope, in characters.
const SCOPE_LIMIT: usize = 64;

/// Reads an application ID as it is kept.
pub(crate) fn application_id(text: &str) -> Result<String, ApplicationIdProblem> {
    ApplicationId::read(text).map(|id| id.as_str().to_owned())
}

/// Whether these are names of scopes: at least one, each once, of the letters GitLab's are made of (contract §2.5).
pub(crate) fn are_scopes(names: &[String]) -> bool {
    let fine = |name: &String| {
        (1..=SCOPE_LIMIT).contains(&name.len())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_:".contains(&byte))
    };
    let once = names
        .iter()
        .enumerate()
        .all(|(at, name)| !names.iter().take(at).any(|before| before == name));
    (1..=SCOPES_LIMIT).contains(&names.len()) && once && names.iter().all(fine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_names_each_once() {
        let are =
            |names: &[&str]| are_scopes(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert!(are(&["api"]) && are(&["read_user", "api", "user:profile"]));
        for bad in [
            &[][..],
            &["api", "api"],
            &[""],
            &["API"],
            &["a b"],
            &["api\n"],
            &["ä"],
        ] {
            assert!(!are(bad), "{bad:?}");
        }
        assert!(!are(&[&"x".repeat(65)]));
    }
}
