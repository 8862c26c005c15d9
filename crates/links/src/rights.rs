//! What an account's token is good for, and where it goes too far. Pure: scopes in, words out (contract §2.5, §7).

use gitlab::{Scopes, TokenKind};

use crate::account::{Account, Method};

/// Scopes with which whoever holds a token can do much harm, and which nothing LabLink is for needs.
const GREAT: [&str; 5] = [
    "sudo",
    "admin_mode",
    "k8s_proxy",
    "create_runner",
    "manage_runner",
];

/// Scopes that write, which a bot that was linked to read does not need.
const WRITING: [&str; 3] = ["api", "write_repository", "write_registry"];

/// What a program can do with an account: git with repositories, docker with container images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Pull and push.
    Full,
    /// Pull; pushing wants one of these scopes.
    PullOnly {
        /// The least of them.
        missing: Vec<&'static str>,
    },
    /// Nothing; it wants these scopes.
    Nothing {
        /// The least of them.
        missing: Vec<&'static str>,
    },
    /// Nothing, whatever its scopes: GitLab's registry takes no app logins.
    Never,
    /// GitLab does not tell.
    Unknown,
}

impl Reach {
    /// The word: `pull_and_push`, `pull_only`, `nothing`, `never`, `unknown`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Full => "pull_and_push",
            Self::PullOnly { .. } => "pull_only",
            Self::Nothing { .. } => "nothing",
            Self::Never => "never",
            Self::Unknown => "unknown",
        }
    }

    /// The scopes it lacks.
    #[must_use]
    pub fn missing(&self) -> &[&'static str] {
        match self {
            Self::PullOnly { missing } | Self::Nothing { missing } => missing,
            Self::Full | Self::Never | Self::Unknown => &[],
        }
    }
}

impl Account {
    /// What git can do with it.
    #[must_use]
    pub fn git(&self) -> Reach {
        let pull = ["read_repository", "write_repository", "api"];
        reach(self, &pull, &["write_repository", "api"])
    }

    /// What docker can do with it in GitLab's container registry.
    #[must_use]
    pub fn registry(&self) -> Reach {
        match self.method {
            Method::App => Reach::Never,
            Method::Token => reach(self, &["read_registry", "api"], &["write_registry", "api"]),
        }
    }

    /// Scopes it has beyond what it was linked for, and which are worth a warning: those that reach far, and on a bot
    /// that was linked only to read, those that write. In the order GitLab tells them.
    #[must_use]
    pub fn wider(&self) -> Vec<String> {
        let Scopes::Known(scopes) = &self.scopes else {
            return Vec::new();
        };
        if self.kind == TokenKind::FineGrained {
            return Vec::new();
        }
        let wanted = |scope: &str| self.wanted.iter().any(|wanted| wanted == scope);
        let reads_only = !self.wanted.is_empty() && !WRITING.iter().any(|scope| wanted(scope));
        let bot = self.user.bot
            || matches!(
                self.kind,
                TokenKind::Project | TokenKind::Group | TokenKind::ServiceAccount
            );
        scopes
            .iter()
            .filter(|scope| {
                let scope = scope.as_str();
                !wanted(scope) && (GREAT.contains(&scope) || (bot && reads_only && WRITING.contains(&scope)))
            })
            .cloned()
            .collect()
    }
}

/// The first of the scopes that grant each is the least of them.
fn reach(account: &Account, pull: &[&'static str], push: &[&'static str]) -> Reach {
    if account.kind == TokenKind::FineGrained || matches!(account.scopes, Scopes::Unknown) {
        return Reach::Unknown;
    }
    let any = |scopes: &[&str]| scopes.iter().any(|scope| account.scopes.names(scope));
    let least = |scopes: &[&'static str]| scopes.first().copied();
    match (any(pull), any(push)) {
        // Pushing alone does nobody any good, and GitLab's scopes for it read too.
        (_, true) => Reach::Full,
        (true, false) => Reach::PullOnly {
            missing: least(push).into_iter().collect(),
        },
        (false, false) => Reach::Nothing {
            missing: least(pull).into_iter().chain(least(push)).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use vault::Place;

    use super::*;
    use crate::account::{AccountId, AccountUser};
    use crate::health::Health;

    fn account(kind: TokenKind, wanted: &[&str], scopes: &[&str]) -> Account {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        Account {
            id: AccountId::new(),
            name: "Work".to_owned(),
            instance: "https://git.example.test".parse().unwrap(),
            user: AccountUser {
                id: 1,
                username: None,
                name: None,
                bot: false,
                web_url: None,
            },
            method: Method::Token,
            kind,
            scopes: Scopes::Known(list(scopes)),
            wanted: list(wanted),
            missing: vec![],
            health: Health::Linked,
            expires_on: None,
            token_name: None,
            token_id: None,
            token_created_at: None,
            last_used_at: None,
            checked_at: None,
            linked_at: "2026-11-20T00:00:00Z".parse().unwrap(),
            secret_in: Place::Memory,
            default_on_instance: true,
            plain_http: false,
            trouble: None,
            moved_to: None,
            clock_ahead: None,
            login: None,
            rotation: None,
        }
    }

    const USUAL: [&str; 3] = ["api", "read_repository", "write_repository"];

    #[test]
    fn what_git_and_the_registry_can_do_follows_from_the_scopes() {
        for (scopes, git, registry) in [
            (&["api"][..], "pull_and_push", "pull_and_push"),
            (&["read_repository"], "pull_only", "nothing"),
            (&["write_repository"], "pull_and_push", "nothing"),
            (&["read_api", "read_registry"], "nothing", "pull_only"),
            (&["read_registry", "write_registry"], "nothing", "pull_and_push"),
            (&[], "nothing", "nothing"),
        ] {
            let account = account(TokenKind::Personal, &USUAL, scopes);
            assert_eq!(
                (account.git().as_str(), account.registry().as_str()),
                (git, registry),
                "{scopes:?}"
            );
        }
        let narrow = account(TokenKind::Personal, &USUAL, &["read_registry"]);
        assert_eq!(narrow.registry().missing(), ["write_registry"]);
        assert_eq!(narrow.git().missing(), ["read_repository", "write_repository"]);
    }

    #[test]
    fn nothing_is_said_of_what_gitlab_does_not_tell_and_the_registry_takes_no_app_logins() {
        let mut unknown = account(TokenKind::Unknown, &USUAL, &[]);
        unknown.scopes = Scopes::Unknown;
        let fine = account(TokenKind::FineGrained, &USUAL, &["granular"]);
        for account in [unknown, fine] {
            assert_eq!(
                (account.git(), account.registry()),
                (Reach::Unknown, Reach::Unknown)
            );
            assert!(account.wider().is_empty());
        }
        let mut app = account(TokenKind::Personal, &USUAL, &["api"]);
        app.method = Method::App;
        assert_eq!((app.git(), app.registry()), (Reach::Full, Reach::Never));
    }

    #[test]
    fn wider_is_what_reaches_far_and_was_not_asked_for() {
        let wider = |wanted: &[&str], scopes: &[&str]| account(TokenKind::Personal, wanted, scopes).wider();
        assert!(wider(&USUAL, &USUAL).is_empty());
        assert!(
            wider(&["read_repository"], &["api", "read_repository"]).is_empty(),
            "a person's own token may be wide"
        );
        assert!(wider(&USUAL, &["read_user", "self_rotate", "ai_features"]).is_empty());
        for scope in GREAT {
            assert_eq!(wider(&USUAL, &["api", scope]), [scope]);
            assert!(wider(&["api", scope], &["api", scope]).is_empty(), "asked for");
        }
    }

    #[test]
    fn a_bot_that_only_pulls_needs_nothing_that_writes() {
        for kind in [TokenKind::Project, TokenKind::Group, TokenKind::ServiceAccount] {
            let wider = |wanted: &[&str], scopes: &[&str]| account(kind, wanted, scopes).wider();
            assert_eq!(wider(&["read_repository"], &["api", "read_repository"]), ["api"]);
            assert_eq!(
                wider(&["read_repository"], &["read_repository", "write_repository"]),
                ["write_repository"]
            );
            assert!(wider(&USUAL, &["api", "write_registry"]).is_empty(), "it writes");
            assert!(wider(&["read_repository"], &["read_repository"]).is_empty());
        }
        let mut personal = account(TokenKind::Personal, &["read_repository"], &["api"]);
        personal.user.bot = true;
        assert_eq!(personal.wider(), ["api"]);
    }
}
