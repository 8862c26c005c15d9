//! What an account is: one linked GitLab user or bot, as everyone outside this crate sees it. Never holds a secret.

use std::fmt;
use std::str::FromStr;

use gitlab::{BaseUrl, Scopes, TokenKind};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;
use vault::Place;

use crate::health::Health;
use crate::problem::ProblemCode;
use crate::rotation::facts::RotationFacts;

/// The scopes an account is wanted for unless somebody says otherwise (design §6).
pub const WANTED: [&str; 3] = ["api", "read_repository", "write_repository"];

/// Scopes of which a token needs at least one to be of use.
pub(crate) const OF_USE: [&str; 7] = [
    "api",
    "read_api",
    "read_user",
    "read_repository",
    "write_repository",
    "read_registry",
    "write_registry",
];

/// The identifier of an account on this computer. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AccountId(Uuid);

impl AccountId {
    /// A new one; those made later sort later.
    pub(crate) fn new() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is no account identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no identifier of an account")]
pub struct BadAccountId;

impl FromStr for AccountId {
    type Err = BadAccountId;

    fn from_str(text: &str) -> Result<Self, BadAccountId> {
        Uuid::try_parse(text).map(Self).map_err(|_| BadAccountId)
    }
}

/// One linked account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its identifier on this computer.
    pub id: AccountId,
    /// Its display name, unique on this computer (case and spaces folded).
    pub name: String,
    /// The GitLab it is on.
    pub instance: BaseUrl,
    /// Who it is there.
    pub user: AccountUser,
    /// How it signs in.
    pub method: Method,
    /// What kind of token it has.
    pub kind: TokenKind,
    /// What it may do.
    pub scopes: Scopes,
    /// What it was linked for.
    pub wanted: Vec<String>,
    /// What it was linked for and may not do; empty where the server cannot tell.
    pub missing: Vec<String>,
    /// How it is now.
    pub health: Health,
    /// The first day (UTC) the token does not work; `None`: never, or not told (contract §2.2).
    pub expires_on: Option<Date>,
    /// The token's name at GitLab.
    pub token_name: Option<String>,
    /// The token's number at GitLab.
    pub token_id: Option<u64>,
    /// When the token was made at GitLab.
    pub token_created_at: Option<Timestamp>,
    /// When GitLab last saw it used, to within ten minutes or a day.
    pub last_used_at: Option<Timestamp>,
    /// When it was last checked, whatever came of it.
    pub checked_at: Option<Timestamp>,
    /// When it was linked here.
    pub linked_at: Timestamp,
    /// Where its secret is.
    pub secret_in: Place,
    /// Whether it answers where nothing more exact says who does.
    pub default_on_instance: bool,
    /// Whether the connection is not encrypted.
    pub plain_http: bool,
    /// What went wrong since GitLab last accepted it: more exact than its health.
    pub trouble: Option<ProblemCode>,
    /// Where the address of its GitLab sends, where that is what is wrong: an address in a server's words, escaped.
    pub moved_to: Option<String>,
    /// How many seconds its GitLab's clock is ahead of this computer's, where that is more than a few minutes.
    pub clock_ahead: Option<i64>,
    /// Of an account that signs in by app login.
    pub login: Option<LoginFacts>,
    /// Of an account that signs in with an access token.
    pub rotation: Option<RotationFacts>,
}

/// What is known of an app login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginFacts {
    /// The application it was given to.
    pub application_id: String,
    /// When its access token ends; `None`: never, or not told.
    pub access_until: Option<Timestamp>,
    /// Whether it is renewed without a person.
    pub renews_by_itself: bool,
    /// When it is renewed next by an app that is running; whoever needs the token earlier renews it then.
    pub renews_at: Option<Timestamp>,
}

/// The GitLab user behind an account. `id` and the instance are its identity, the rest may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountUser {
    /// GitLab's number of the user.
    pub id: u64,
    /// The user name, without `@`; `None` where the token may not tell it.
    pub username: Option<String>,
    /// The person's own name.
    pub name: Option<String>,
    /// Whether GitLab calls it a bot.
    pub bot: bool,
    /// The profile page, on GitLab's canonical address.
    pub web_url: Option<String>,
}

/// How an account signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// OAuth.
    App,
    /// An access token.
    Token,
}

impl Account {
    /// Whether it goes on working without anybody doing anything: an app login that is renewed, a token that is rotated.
    #[must_use]
    pub fn renews_by_itself(&self) -> bool {
        self.login.as_ref().is_some_and(|login| login.renews_by_itself)
            || self.rotation.is_some_and(|rotation| rotation.renews_by_itself())
    }

    /// What it should be able to do, and whether it can.
    #[must_use]
    pub fn abilities(&self) -> Vec<Ability> {
        abilities(&self.wanted, &self.scopes, self.kind)
    }
}

impl Method {
    /// The word: `app` or `token`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Token => "token",
        }
    }

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        [Self::App, Self::Token]
            .into_iter()
            .find(|method| method.as_str() == word)
    }
}

/// One line of the ledger: what happened to which account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEntry {
    /// When; of what happened several times, when first.
    pub at: Timestamp,
    /// Which account, also when it is gone.
    pub account: Option<AccountId>,
    /// Its display name then.
    pub name: String,
    /// `linked`, `renamed`, `health_changed`, `unlinked`, …
    pub what: String,
    /// The state, name or program that goes with it.
    pub detail: Option<String>,
    /// The address a token was given or refused for: no user name, no query, escaped.
    pub address: Option<String>,
    /// How often it happened.
    pub times: u32,
    /// When it happened last.
    pub last_at: Timestamp,
}

/// The word of a kind of token: `personal`, `project`, `group`, `service_account`, `fine_grained`, `unknown`.
#[must_use]
pub fn kind_name(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::Personal => "personal",
        TokenKind::Project => "project",
        TokenKind::Group => "group",
        TokenKind::ServiceAccount => "service_account",
        TokenKind::FineGrained => "fine_grained",
        TokenKind::Unknown => "unknown",
    }
}

/// The kind of a word; `Unknown` for a word of another version.
pub(crate) fn kind_from_name(name: &str) -> TokenKind {
    [
        TokenKind::Personal,
        TokenKind::Project,
        TokenKind::Group,
        TokenKind::ServiceAccount,
        TokenKind::FineGrained,
    ]
    .into_iter()
    .find(|kind| kind_name(*kind) == name)
    .unwrap_or(TokenKind::Unknown)
}

/// The word of a place for secrets: `gnome_keyring`, `encrypted_file` …
#[must_use]
pub fn place_name(place: Place) -> &'static str {
    match place {
        Place::GnomeKeyring => "gnome_keyring",
        Place::KWallet => "kwallet",
        Place::SecretService => "secret_service",
        Place::MacKeychain => "mac_keychain",
        Place::WindowsCredentialManager => "windows_credential_manager",
        Place::EncryptedFile => "encrypted_file",
        Place::Memory => "memory",
    }
}

pub(crate) fn place_from_name(name: &str) -> Option<Place> {
    [
        Place::GnomeKeyring,
        Place::KWallet,
        Place::SecretService,
        Place::MacKeychain,
        Place::WindowsCredentialManager,
        Place::EncryptedFile,
        Place::Memory,
    ]
    .into_iter()
    .find(|place| place_name(*place) == name)
}

/// What of `wanted` the scopes do not name, in the order wanted. Names are compared literally: what a person asked
/// for by name is what the token must have by name. Nothing is missing where the server cannot tell, nor of a
/// fine-grained token, to which scopes do not apply (quirk 45).
#[must_use]
pub fn missing_scopes(wanted: &[String], scopes: &Scopes, kind: TokenKind) -> Vec<String> {
    if kind == TokenKind::FineGrained {
        return Vec::new();
    }
    match scopes {
        Scopes::Unknown => Vec::new(),
        Scopes::Known(_) => wanted
            .iter()
            .filter(|scope| !scopes.names(scope))
            .cloned()
            .collect(),
    }
}

/// One thing an account is wanted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ability {
    /// The scope that grants it.
    pub scope: String,
    /// Whether the token has it; `None` where the server cannot tell.
    pub granted: Option<bool>,
}

/// What of `wanted` the scopes grant, in the order wanted.
#[must_use]
pub fn abilities(wanted: &[String], scopes: &Scopes, kind: TokenKind) -> Vec<Ability> {
    let told = kind != TokenKind::FineGrained && matches!(scopes, Scopes::Known(_));
    wanted
        .iter()
        .map(|scope| Ability {
            scope: scope.clone(),
            granted: told.then(|| scopes.names(scope)),
        })
        .collect()
}

/// Whether a token can do anything LabLink is for.
#[must_use]
pub fn is_of_use(scopes: &Scopes, kind: TokenKind) -> bool {
    match scopes {
        _ if kind == TokenKind::FineGrained => true,
        Scopes::Unknown => true,
        Scopes::Known(_) => OF_USE.iter().any(|scope| scopes.names(scope)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(scopes: &[&str]) -> Scopes {
        Scopes::Known(scopes.iter().map(|scope| (*scope).to_owned()).collect())
    }

    fn wanted() -> Vec<String> {
        WANTED.map(str::to_owned).to_vec()
    }

    #[test]
    fn scopes_are_compared_by_name() {
        let missing = |scopes: &[&str]| missing_scopes(&wanted(), &known(scopes), TokenKind::Personal);
        assert_eq!(missing(&["api"]), ["read_repository", "write_repository"]);
        assert_eq!(
            missing(&["write_repository", "read_api"]),
            ["api", "read_repository"]
        );
        assert!(missing(&["write_repository", "api", "sudo", "read_repository"]).is_empty());
    }

    #[test]
    fn quirk_34_nothing_is_missing_where_the_server_cannot_tell() {
        assert!(missing_scopes(&wanted(), &Scopes::Unknown, TokenKind::Personal).is_empty());
        assert!(is_of_use(&Scopes::Unknown, TokenKind::Unknown));
    }

    #[test]
    fn quirk_45_scopes_do_not_apply_to_fine_grained_tokens() {
        let granular = known(&["granular"]);
        assert!(missing_scopes(&wanted(), &granular, TokenKind::FineGrained).is_empty());
        assert!(is_of_use(&granular, TokenKind::FineGrained));
    }

    #[test]
    fn a_token_of_no_use_is_told() {
        for useless in [&["self_rotate"][..], &["k8s_proxy", "create_runner"], &[]] {
            assert!(!is_of_use(&known(useless), TokenKind::Personal), "{useless:?}");
        }
        for useful in OF_USE {
            assert!(
                is_of_use(&known(&["self_rotate", useful]), TokenKind::Personal),
                "{useful}"
            );
        }
    }

    #[test]
    fn words_lead_back_to_what_they_name() {
        for place in [
            Place::GnomeKeyring,
            Place::KWallet,
            Place::SecretService,
            Place::EncryptedFile,
            Place::Memory,
        ] {
            assert_eq!(place_from_name(place_name(place)), Some(place));
        }
        assert_eq!(kind_from_name("service_account"), TokenKind::ServiceAccount);
        assert_eq!(kind_from_name("of next year"), TokenKind::Unknown);
    }
}
