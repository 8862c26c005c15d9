//! The token table: five kinds that are rows of one table (contract §0.1, PAT-like), and OAuth access tokens beside them.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::user::User;
use super::{HEX, LETTERS, Settings, World, random_text};
use crate::clock::day;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenKind {
    Personal,
    Impersonation,
    Project,
    Group,
    ServiceAccount,
    /// An OAuth access token; bearer only.
    Oauth,
}

impl TokenKind {
    /// Rows of the personal access token table; all answer the same endpoints.
    pub(crate) fn is_pat_like(self) -> bool {
        self != Self::Oauth
    }
}

/// One entry of a fine-grained token's `granular_scopes` (contract §2.2).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct GranularScope {
    #[serde(default = "everywhere")]
    pub(crate) access: String,
    pub(crate) permissions: Vec<String>,
    #[serde(default)]
    pub(crate) project_id: Option<u64>,
    #[serde(default)]
    pub(crate) group_id: Option<u64>,
}

fn everywhere() -> String {
    "all_memberships".to_owned()
}

/// What only OAuth tokens have.
pub(crate) struct OauthPart {
    pub(crate) application: u64,
    /// Empty where none was issued: a token without a person has none.
    pub(crate) refresh: String,
}

/// When a token stops working.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expiry {
    Never,
    /// The first day, in UTC, on which it does not work (contract §2.2).
    Day(Date),
    /// The second from which it does not work; OAuth.
    At(Timestamp),
}

/// One token.
pub(crate) struct Token {
    pub(crate) id: u64,
    pub(crate) secret: String,
    pub(crate) kind: TokenKind,
    pub(crate) user: u64,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) last_used_at: Option<Timestamp>,
    pub(crate) last_used_ips: Vec<String>,
    pub(crate) expiry: Expiry,
    pub(crate) revoked: bool,
    /// The token this one replaced (contract §2.6).
    pub(crate) previous: Option<u64>,
    /// Present for a fine-grained token.
    pub(crate) granular: Option<Vec<GranularScope>>,
    /// Present for a token that an application got.
    pub(crate) oauth: Option<OauthPart>,
}

impl Token {
    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        match self.expiry {
            Expiry::Never => false,
            Expiry::Day(first_dead) => first_dead <= day(now),
            Expiry::At(at) => at <= now,
        }
    }

    pub(crate) fn active(&self, now: Timestamp) -> bool {
        !self.revoked && !self.expired(now)
    }

    pub(crate) fn has_any(&self, scopes: &[&str]) -> bool {
        self.scopes.iter().any(|have| scopes.contains(&have.as_str()))
    }

    /// Whether a fine-grained token has a permission; a classic one has none of these.
    pub(crate) fn permits(&self, permission: &str) -> bool {
        self.granular.as_ref().is_some_and(|scopes| {
            scopes
                .iter()
                .any(|scope| scope.permissions.iter().any(|given| given == permission))
        })
    }
}

/// A secret in the form of its kind (contract §2.1); no two starts share one.
pub(crate) fn new_secret(kind: TokenKind, settings: &Settings) -> String {
    match kind {
        TokenKind::Oauth => random_text(64, HEX),
        _ => format!("{}{}", settings.token_prefix, random_text(20, LETTERS)),
    }
}

impl World {
    /// Whether the caller may do what only administrators may: an administrator, and with Admin Mode on a token that
    /// has `admin_mode` (A15).
    pub(crate) fn is_admin(&self, user: &User, token: &Token) -> bool {
        user.admin && (!self.settings.admin_mode || token.has_any(&["admin_mode"]))
    }

    /// Revokes a token's active descendants: what replaced it, what replaced that, and so on (contract §2.6).
    pub(crate) fn revoke_descendants(&mut self, ancestor: u64) {
        let mut parents = vec![ancestor];
        while let Some(parent) = parents.pop() {
            for token in self
                .tokens
                .values_mut()
                .filter(|token| token.previous == Some(parent))
            {
                token.revoked = true;
                parents.push(token.id);
            }
        }
    }
}
