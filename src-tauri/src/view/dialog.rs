//! The dialogs about one account, and the tokens that wait to be revoked.

use serde::Serialize;
use ts_rs::TS;

use super::{BrowserView, MethodView, PlaceView, ProblemView};

/// The unlink dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct UnlinkView {
    /// Account.
    pub id: String,
    /// Its display name (kept after it is gone).
    pub name: String,
    /// Its user.
    pub username: Option<String>,
    /// Its GitLab for people.
    pub host: String,
    /// How it signs in.
    pub method: MethodView,
    /// Where its secret is.
    pub secret_in: PlaceView,
    /// Where it stands.
    pub stage: UnlinkStage,
    /// Steps in order.
    pub steps: Vec<UnlinkStepView>,
    /// Why it stopped, at the stage `stopped`.
    pub problem: Option<ProblemView>,
}

/// Stages of unlinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum UnlinkStage {
    /// Asking the person.
    Confirm,
    /// At work.
    Running,
    /// GitLab could not be reached: try again, unlink and revoke later, or forget it here only.
    Stopped,
    /// Gone.
    Done,
}

/// One step of unlinking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct UnlinkStepView {
    /// `revoke`, `prove`, `forget_secret`, `forget_account`.
    pub step: String,
    /// `todo`, `busy`, `done`, `skipped`, `failed`, `later`.
    pub state: String,
}

/// A token that waits to be revoked: its account is unlinked, its GitLab did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct WaitingView {
    /// The identifier the account had.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Its user, without `@`.
    pub username: Option<String>,
    /// Its GitLab for people.
    pub host: String,
    /// Since when it waits: RFC 3339.
    pub since: String,
    /// What the last attempt came to: a problem code.
    pub why: Option<String>,
}

/// The dialog that edits permissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PermissionsView {
    /// Account.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Its GitLab for people.
    pub host: String,
    /// Raw scope names it has now.
    pub scopes: Vec<String>,
    /// Raw scope names it is to have; those it has until the person asks.
    pub wanted: Vec<String>,
    /// Where it stands.
    pub stage: PermissionsStage,
    /// Whether the browser was opened, while waiting.
    pub browser: Option<BrowserView>,
    /// When LabLink waits no longer: RFC 3339.
    pub deadline: Option<String>,
    /// Why it failed; the account is as it was.
    pub problem: Option<ProblemView>,
}

/// Stages of editing permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PermissionsStage {
    /// Asking the person.
    Choose,
    /// The person signs in and authorizes in the browser.
    Waiting,
    /// The browser came back; the new permissions are being stored, and there is no way back.
    Finishing,
    /// The account has the new permissions.
    Done,
    /// The account is as it was.
    Failed,
}
