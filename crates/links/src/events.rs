//! What changed, for whoever draws it.

use crate::account::{AccountId, Method};
use crate::health::Health;
use crate::recovery::Recovered;
use crate::taking_back::ReplacedEnd;

/// Something changed; whoever cares reads again. Changes of other processes are told by
/// [`Links::changed_outside`](crate::Links::changed_outside) instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// An account came, went, or changed its name or facts.
    AccountsChanged,
    /// An instance came, went or changed.
    InstancesChanged,
    /// An account's health changed.
    HealthChanged {
        /// Which.
        id: AccountId,
        /// How it was.
        from: Health,
        /// How it is.
        to: Health,
    },
    /// GitLab was asked to take back what an account signed in with before.
    Replaced {
        /// Which account.
        id: AccountId,
        /// Its display name.
        name: String,
        /// What it was: an app login or a token.
        method: Method,
        /// What became of it.
        end: ReplacedEnd,
    },
    /// Another keychain is used, or it was opened.
    KeychainChanged,
    /// Half-done work of a dead process was put right.
    Recovered(Recovered),
}
