//! Users and bots, and the states of an account that close the API to its tokens (A9 to A14).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What an account may do, as far as its state decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UserState {
    Active,
    Blocked,
    PendingApproval,
    Terms,
    Deactivated,
    Unconfirmed,
    PasswordExpired,
}

/// One user, human or bot.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about one account"
)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) username: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) admin: bool,
    pub(crate) bot: bool,
    pub(crate) state: UserState,
    /// Demonstrating Proof of Possession is on: personal access tokens alone are refused (A7).
    pub(crate) dpop: bool,
    /// Uses the account from too many addresses (A16).
    pub(crate) too_many_ips: bool,
    /// Absolute, or relative to the instance; nothing when absent.
    pub(crate) avatar_url: Option<String>,
    /// Where a service account was made, as its usual name begins; nothing for everybody else.
    pub(crate) home: Option<String>,
    pub(crate) created_at: Timestamp,
}

impl User {
    /// The refusal of the account's state, without `403 Forbidden - ` before it (contract §2.7 A9 to A14).
    pub(crate) fn refusal(&self, canonical: &str) -> Option<String> {
        Some(match self.state {
            UserState::Active => return None,
            UserState::Blocked => "Your account has been blocked.".to_owned(),
            UserState::PendingApproval => {
                "Your account is pending approval from your administrator and hence blocked.".to_owned()
            }
            UserState::Terms => format!(
                "You (@{}) must accept the Terms of Service in order to perform this action. To accept these terms, \
                 please access GitLab from a web browser at {canonical}.",
                self.username
            ),
            UserState::Deactivated => format!(
                "Your account has been deactivated by your administrator. Please log back in from a web browser to \
                 reactivate your account at {canonical}"
            ),
            UserState::Unconfirmed => format!(
                "Your primary email address is not confirmed. Please check your inbox for the confirmation \
                 instructions. In case the link is expired, you can request a new confirmation email at \
                 {canonical}/users/confirmation/new"
            ),
            UserState::PasswordExpired => {
                "Your password expired. Please access GitLab from a web browser to update your password."
                    .to_owned()
            }
        })
    }

    /// Whether the account can sign in at all, with a password or for git.
    pub(crate) fn can_sign_in(&self) -> bool {
        matches!(
            self.state,
            UserState::Active | UserState::Terms | UserState::Unconfirmed
        )
    }
}
