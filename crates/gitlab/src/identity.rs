//! Who a token is, and what it may do, as the server told it.

use crate::version::GitLabVersion;

/// What a server told about a token that works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account the token acts as.
    pub user: User,
    /// The token itself.
    pub token: TokenFacts,
    /// The server's version; `None` when the token may not read it (contract §1.3).
    pub version: Option<GitLabVersion>,
    /// Whether it is an Enterprise Edition build (≥ 15.6). Says nothing about the licence (quirk 33).
    pub enterprise: Option<bool>,
    /// Seconds the server's clock is ahead of this computer's, from its `Date` header.
    pub clock_ahead_seconds: Option<i64>,
}

/// The account behind a token (contract §2.4). `id` and the instance are its identity, everything else may change.
/// All text is escaped and capped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// GitLab's number of the user, above 0.
    pub id: u64,
    /// The `@name`, without the `@`; `None` when the token may not read its user.
    pub username: Option<String>,
    /// The name people read.
    pub name: Option<String>,
    /// Whether GitLab calls it a bot (project, group and service accounts).
    pub bot: Option<bool>,
    /// The profile page, on GitLab's canonical address (quirk 54), http or https.
    pub web_url: Option<String>,
    /// The picture's address, http or https.
    pub avatar_url: Option<String>,
    /// `Some(true)` for an administrator; absent is not "no" (quirk 32).
    pub is_admin: Option<bool>,
    /// `active` in every answer known.
    pub state: Option<String>,
}

/// What the server says about the token (contract §2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// GitLab's number of the token.
    pub id: Option<u64>,
    /// The name its owner gave it.
    pub name: Option<String>,
    /// What kind of token it is, as far as the server lets it be known.
    pub kind: TokenKind,
    /// What it may do.
    pub scopes: Scopes,
    /// The first day it does *not* work any more, `YYYY-MM-DD`, counted in UTC (quirk 5). `None`: never, or not told.
    pub expires_on: Option<String>,
    /// When it was created, ISO 8601.
    pub created_at: Option<String>,
    /// When it was last used, ISO 8601, at a granularity of minutes to a day.
    pub last_used_at: Option<String>,
}

/// The kinds of access token (contract §2.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A person's token.
    Personal,
    /// A project's bot.
    Project,
    /// A group's bot.
    Group,
    /// A service account.
    ServiceAccount,
    /// A fine-grained token: classic scopes do not apply (quirk 45).
    FineGrained,
    /// The server does not let it be known.
    Unknown,
}

/// What a token may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scopes {
    /// The server's list, in its order, each name once.
    Known(Vec<String>),
    /// The server cannot tell: GitLab 15.0 to 15.4 (contract §1.5).
    Unknown,
}

impl Scopes {
    /// Whether the list is known and names `scope`.
    #[must_use]
    pub fn names(&self, scope: &str) -> bool {
        matches!(self, Self::Known(scopes) if scopes.iter().any(|known| known == scope))
    }
}
