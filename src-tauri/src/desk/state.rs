//! What the desk holds: all of it plain data, so that the snapshot is a pure function of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use links::{
    Account, AccountId, FlowState, Instance, Keychain, LedgerEntry, Method, Policy, Preferences, PutAside,
    Recovered, Revocation,
};

use super::{Permitting, Reviewing, Trusting, Unlinking};
use crate::view::{CallView, ProblemView, Unasked};

/// The state of the running app.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Linked accounts as they were last read.
    pub accounts: Vec<Account>,
    /// What happened to each, newest first.
    pub happened: BTreeMap<AccountId, Vec<LedgerEntry>>,
    /// Tokens of unlinked accounts that wait to be revoked.
    pub waiting: Vec<Revocation>,
    /// The instances known here.
    pub instances: Vec<Instance>,
    /// How the keychain is; `None` until it has answered once.
    pub keychain: Option<Keychain>,
    /// The link flow, while one is open.
    pub flow: Option<FlowState>,
    /// The unlink dialog, while one is open.
    pub unlinking: Option<Unlinking>,
    /// The dialog that trusts another authority, while one is open.
    pub trusting: Option<Trusting>,
    /// The link profile under review.
    pub reviewing: Option<Reviewing>,
    /// The dialog that edits permissions, while one is open.
    pub permitting: Option<Permitting>,
    /// How managed policy was when what is kept was opened.
    pub policy: Option<Policy>,
    /// Where managed policy is.
    pub policy_file: PathBuf,
    /// Whether the desktop shows a tray.
    pub tray: bool,
    /// What the person has chosen.
    pub preferences: Preferences,
    /// Whether the desktop shows notices.
    pub notices_shown: bool,
    /// Whether LabLink starts at login; `None` where it cannot.
    pub starts_at_login: Option<bool>,
    /// What the last start put right, until the person has read it.
    pub recovered: Vec<Recovered>,
    /// The accounts whose earlier token or sign-in GitLab did not take back, until the person has read it.
    pub left_alive: Vec<(Method, String)>,
    /// The damaged database that was put aside, until the person has read it.
    pub put_aside: Option<PutAside>,
    /// The labels of secrets in the keychain that no account here knows, once they were looked for: where no account is
    /// left they are all that tells of any.
    pub orphans: Option<Vec<String>>,
    /// Accounts being checked one by one.
    pub checking: BTreeSet<AccountId>,
    /// Accounts whose token is being rotated because the person said so.
    pub rotating: BTreeSet<AccountId>,
    /// What is being done that nobody asked for.
    pub unasked: Unasked,
    /// Whether all are being checked.
    pub checking_all: bool,
    /// The account the tray called to, or why one cannot be.
    pub called_to: Option<CallView>,
    /// How many calls there were.
    pub calls: u64,
    /// The log folder.
    pub log_folder: String,
    /// Why nothing works.
    pub trouble: Option<ProblemView>,
}

impl State {
    /// The account of an identifier.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == *id)
    }

    /// The person has read what the start had to tell.
    pub fn forget_told(&mut self) {
        self.recovered.clear();
        self.left_alive.clear();
        self.put_aside = None;
        self.orphans = Some(Vec::new());
    }

    /// Calls the window to an account, if there is one of this identifier.
    pub fn call_to(&mut self, id: &str) {
        if self.accounts.iter().any(|account| account.id.to_string() == id) {
            self.calls += 1;
            self.called_to = Some(CallView {
                call: self.calls,
                id: Some(id.to_owned()),
                problem: None,
            });
        }
    }

    /// Calls the window to say what was asked from outside and cannot be done.
    pub fn call_with(&mut self, problem: ProblemView) {
        self.calls += 1;
        self.called_to = Some(CallView {
            call: self.calls,
            id: None,
            problem: Some(problem),
        });
    }
}
