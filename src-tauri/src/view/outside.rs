//! What comes from outside the window, and where it leads out of it.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

#[cfg(doc)]
use super::InstanceView;
use super::ProblemView;

/// A call from the tray to look at one account, or from a link that means none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct CallView {
    /// Grows with every call, so that the window answers each one once.
    #[ts(type = "number")]
    pub call: u64,
    /// Identifier of the account.
    pub id: Option<String>,
    /// Why what was asked from outside cannot be done.
    pub problem: Option<ProblemView>,
}

/// A place outside the window, out of a closed list: the page never names an address of its own making.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Destination {
    /// GitLab's page that makes a token, name and scopes filled in, on the instance of the open link flow.
    TokenPage,
    /// The account's page on its GitLab.
    AccountOnGitlab {
        /// Identifier of the account.
        id: String,
    },
    /// The start page of an instance that is known here.
    Instance {
        /// Its address, as [`InstanceView::address`] says it.
        address: String,
    },
    /// GitLab's page that registers an application, on an instance that is known here or of the open link flow.
    RegistrationPage {
        /// The instance's address.
        address: String,
        /// Whose applications.
        whose: ApplicationsOf,
    },
    /// GitLab's page of the applications an account has authorized.
    AuthorizedApps {
        /// Identifier of the account.
        id: String,
    },
    /// The folder of the logs.
    LogFolder,
}

/// Whose applications a page of GitLab's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationsOf {
    /// The person's own.
    User,
    /// The whole instance's, for its administrators.
    Admin,
}
