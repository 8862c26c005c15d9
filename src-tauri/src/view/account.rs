//! An account as the list and its page show it.

use serde::Serialize;
use ts_rs::TS;

use super::{PlaceView, ProblemView};

/// One linked account.
#[expect(clippy::struct_excessive_bools, reason = "facts, each for itself")]
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct AccountView {
    /// Identifier of the account on this computer.
    pub id: String,
    /// Display name.
    pub name: String,
    /// GitLab's number of the user.
    #[ts(type = "number")]
    pub user_id: u64,
    /// User name without `@`; `null` where the token may not tell it.
    pub username: Option<String>,
    /// The person's own name.
    pub person: Option<String>,
    /// Whether the user is a bot.
    pub bot: bool,
    /// The instance's address, for example `https://git.example.test/gitlab`.
    pub address: String,
    /// The address for people, for example `git.example.test/gitlab`.
    pub host: String,
    /// Whether the connection is not encrypted.
    pub plain_http: bool,
    /// How it signs in.
    pub method: MethodView,
    /// What kind of token it is.
    pub kind: KindView,
    /// Raw scope names; `null` where the server cannot tell (15.0 to 15.4).
    pub scopes: Option<Vec<String>>,
    /// What it should be able to do, and whether it can.
    pub abilities: Vec<AbilityView>,
    /// Scopes it has beyond what it was linked for, worth a warning.
    pub wider: Vec<String>,
    /// What git can do with it.
    pub git: ReachView,
    /// What docker can do with it in the container registry.
    pub registry: ReachView,
    /// How it is.
    pub health: HealthView,
    /// How loudly that asks for the person.
    pub attention: Attention,
    /// By how much this computer's clock differs from its GitLab's, where that is worth a word: `clock_off`.
    pub clock: Option<ProblemView>,
    /// Whether its GitLab presents a certificate of somebody nobody trusts, and the person may say whom to trust there.
    pub can_trust: bool,
    /// Where the address of its GitLab sends, where that is why it cannot be reached.
    pub moved_to: Option<String>,
    /// Whether a check of this account is under way.
    pub checking: bool,
    /// First day the token does not work: `YYYY-MM-DD` (contract §2.2).
    pub expires_on: Option<String>,
    /// When the token was made at GitLab: RFC 3339.
    pub created_at: Option<String>,
    /// When GitLab last saw it used: RFC 3339.
    pub last_used_at: Option<String>,
    /// When it was last checked: RFC 3339.
    pub checked_at: Option<String>,
    /// When it was linked here: RFC 3339.
    pub linked_at: String,
    /// The token's name at GitLab.
    pub token_name: Option<String>,
    /// The token's number at GitLab.
    #[ts(type = "number | null")]
    pub token_id: Option<u64>,
    /// Whether its login or token renews itself while LabLink can reach its GitLab.
    pub renews_by_itself: bool,
    /// How rotating its token stands; `null` for an app login.
    pub rotation: Option<RotationView>,
    /// When its login or token is renewed next at the latest: RFC 3339.
    pub renews_at: Option<String>,
    /// The application it signs in through; `null` for access tokens.
    pub application_id: Option<String>,
    /// Where its secret is.
    pub secret_in: PlaceView,
    /// What happened, newest first, at most 20; fewer where there are many accounts.
    pub events: Vec<EventView>,
}

/// How rotating an access token stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RotationView {
    /// Whether the person wants it done ahead of the token's end.
    pub on: bool,
    /// The code of why it cannot be done.
    pub hindrance: Option<String>,
    /// The code of what the last attempt came to, where it failed and that says more than the state.
    pub trouble: Option<String>,
    /// Whether it is being done because the person said so.
    pub running: bool,
}

/// How an account signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MethodView {
    /// OAuth.
    App,
    /// An access token.
    Token,
}

/// What kind of token an account has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum KindView {
    /// A person's.
    Personal,
    /// A project's bot.
    Project,
    /// A group's bot.
    Group,
    /// A service account's.
    ServiceAccount,
    /// Fine-grained: permissions instead of scopes.
    FineGrained,
    /// The server cannot tell.
    Unknown,
}

/// One thing an account is wanted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct AbilityView {
    /// The scope that grants it: `api`, `read_repository`, `write_repository`.
    pub scope: String,
    /// `null` where the server cannot tell.
    pub granted: Option<bool>,
}

/// What a program can do with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ReachView {
    /// `pull_and_push`, `pull_only`, `nothing`, `never` (by app login), `unknown`.
    pub can: String,
    /// Scopes it lacks for more.
    pub missing: Vec<String>,
}

/// How an account is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum HealthView {
    /// Works.
    Linked,
    /// Works, dies in so many days.
    Expiring {
        /// Whole days left, 0 to 30.
        days: u32,
    },
    /// Dead of age.
    Expired {
        /// `YYYY-MM-DD`.
        on: Option<String>,
    },
    /// GitLab no longer accepts it.
    Revoked {
        /// When LabLink noticed: RFC 3339.
        noticed_at: Option<String>,
    },
    /// Works, but lacks scopes.
    TooNarrow {
        /// Scopes it lacks.
        missing: Vec<String>,
    },
    /// GitLab answers and refuses for a reason of the account or the network.
    Refused {
        /// A problem code, see [`ProblemView::code`].
        why: String,
    },
    /// No usable answer: offline is not dead.
    Unreachable {
        /// A problem code.
        why: String,
    },
    /// Not checked yet, or the keychain could not be read.
    Unknown {
        /// A problem code, where one is known.
        why: Option<String>,
    },
}

/// How loudly an account asks for the person, from the loudest to the quietest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// It does not work and will not until the person acts.
    Now,
    /// It works and will stop.
    Soon,
    /// Nothing could be learned: offline is not dead, and time or the network may bring it back.
    Offline,
    /// It works and can do less than it was linked for, which the person has chosen.
    Limited,
    /// It works, or was not asked yet.
    Well,
}

/// One event of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct EventView {
    /// RFC 3339; of what happened several times, when first.
    pub at: String,
    /// `linked`, `renamed`, `checked`, `health_changed`, …
    pub what: String,
    /// State, name or program that goes with it.
    pub detail: Option<String>,
    /// The address a token was given or refused for, for people.
    pub address: Option<String>,
    /// How often it happened.
    pub times: u32,
    /// When it happened last: RFC 3339.
    pub last_at: String,
}
