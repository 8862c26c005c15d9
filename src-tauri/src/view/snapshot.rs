//! The whole of what is drawn, and what stands in it everywhere.

use serde::Serialize;
use ts_rs::TS;

use super::{
    AccountView, CallView, FlowView, InstanceView, KeychainView, PermissionsStage, PermissionsView,
    ProfileReviewView, SettingsView, TrustView, UnlinkStage, UnlinkView, WaitingView,
};

/// Everything the window draws, whole. Sent on every change as the event `snapshot`.
#[derive(Debug, Clone, PartialEq, Serialize, TS)]
pub struct Snapshot {
    /// Grows by one with every snapshot of this process.
    #[ts(type = "number")]
    pub revision: u64,
    /// Version of LabLink, for example `0.1.0`.
    pub version: String,
    /// Linked accounts, those that need the person first, then by name.
    pub accounts: Vec<AccountView>,
    /// The instances known on this computer. GitLab.com is always first.
    pub instances: Vec<InstanceView>,
    /// How the keychain is.
    pub keychain: KeychainView,
    /// The link flow, while one is open in this window.
    pub flow: Option<FlowView>,
    /// The unlink dialog, while one is open in this window.
    pub unlink: Option<UnlinkView>,
    /// The dialog that trusts another authority, while one is open in this window.
    pub trust: Option<TrustView>,
    /// Tokens of unlinked accounts that wait to be revoked, oldest first.
    pub waiting: Vec<WaitingView>,
    /// The link profile that waits to be taken or put away.
    pub profile: Option<ProfileReviewView>,
    /// The dialog that edits permissions, while one is open in this window.
    pub permissions: Option<PermissionsView>,
    /// Whether the desktop shows a tray, so that closing the window leaves LabLink running.
    pub tray: bool,
    /// What the person can choose.
    pub settings: SettingsView,
    /// What the last start found half done and put right; the person dismisses it.
    pub recovered: Vec<RecoveredView>,
    /// When any account was last checked: RFC 3339.
    pub checked_at: Option<String>,
    /// Whether a check of all accounts is under way.
    pub checking: bool,
    /// The log folder, for the settings screen.
    pub log_folder: String,
    /// Why managed policy cannot be used: `policy_broken`, with its `place`.
    pub policy: Option<ProblemView>,
    /// Why nothing works at all: what is kept could not be opened. The window learns it by the refusal of its first
    /// question; this is for the tray.
    #[serde(skip)]
    #[ts(skip)]
    pub trouble: Option<ProblemView>,
    /// What is being done that nobody asked for.
    #[serde(skip)]
    #[ts(skip)]
    pub unasked: Unasked,
    /// The account whose line was picked in the tray: the window shows it. Gone when the window closes.
    pub called_to: Option<CallView>,
}

impl Snapshot {
    /// Whether something is under way that should come to its end: linking, unlinking, renewing, rotating, a
    /// notice. Cut off, the next start would put it right, tell of what GitLab's lost answer took along, or show the notice
    /// once more; better it needs not.
    #[must_use]
    pub fn at_work(&self) -> bool {
        let linking = self.flow.as_ref().is_some_and(|flow| flow.linking);
        let unlinking = self
            .unlink
            .as_ref()
            .is_some_and(|unlink| unlink.stage == UnlinkStage::Running);
        let permitting = self
            .permissions
            .as_ref()
            .is_some_and(|permissions| permissions.stage == PermissionsStage::Finishing);
        let rotating =
            |account: &AccountView| account.rotation.as_ref().is_some_and(|rotation| rotation.running);
        linking
            || unlinking
            || permitting
            || self.unasked.renewing
            || self.unasked.noticing
            || self.accounts.iter().any(rotating)
    }
}

/// What LabLink is doing by itself that should come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unasked {
    /// Renewing logins and tokens that were due.
    pub renewing: bool,
    /// Giving the desktop a notice.
    pub noticing: bool,
}

/// A problem, in code; the window says it in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProblemView {
    /// Stable code, for example `token_revoked`, `name_taken`, `keychain_locked`.
    pub code: String,
    /// Values the words need: host, name, scope, date …; never a secret.
    #[ts(type = "Record<string, string>")]
    pub values: std::collections::BTreeMap<String, String>,
    /// Technical detail for "Details", escaped and redacted.
    pub detail: Option<String>,
}

/// Something half done that the last start put right, a damaged database that was put aside, secrets without accounts, or
/// what GitLab did not take back of an account that was linked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RecoveredView {
    /// `link_undone`, `link_finished`, `unlink_finished`, `unlink_undone`, `relink_undone`, `relink_finished`, `put_aside`, `orphaned`,
    /// `old_token_lives`, `old_login_lives`.
    pub what: String,
    /// The account's display name; the file of what was put aside; the labels of secrets.
    pub name: String,
}
