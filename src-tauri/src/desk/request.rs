//! What can be asked of the desk.

use links::{AccountId, Preference, Snooze};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::view::{
    Destination, ExportHow, LinkGoal, LoginMethodView, ProblemView, ProfileExportView, Snapshot, Way,
};

/// Where an answer goes.
pub struct Reply<T>(pub(super) oneshot::Sender<Result<T, ProblemView>>);

impl<T> Reply<T> {
    /// Answers. Whoever asked may have gone; then nobody hears it.
    pub(super) fn answer(self, answer: Result<T, ProblemView>) {
        let _gone = self.0.send(answer);
    }
}

/// What can be asked of the desk. It has no `Debug`: some requests carry secrets.
pub enum Request {
    /// Everything, for the first draw. Answered when what is kept has been read.
    Snapshot(Reply<Snapshot>),
    /// Check one account or all.
    Check(Option<AccountId>, Reply<()>),
    /// Check every account (tray).
    CheckAll,
    /// Check the account of this identifier (tray).
    CheckOne(String),
    /// Call an account otherwise.
    Rename(AccountId, String, Reply<()>),
    /// Rotate an account's token now. Answered when it is done, or why not.
    Rotate(AccountId, Reply<()>),
    /// Whether an account's token is rotated ahead of its end.
    RotateByItself(AccountId, bool, Reply<()>),
    /// The person has read what the last start put right.
    DismissRecovered(Reply<()>),
    /// Put the damaged database aside and begin with what can be read of it.
    PutAside(Reply<()>),
    /// Something of the link flow.
    Link(LinkRequest, Reply<()>),
    /// Something of the login that waits in the browser or for a code.
    Login(LoginRequest, Reply<()>),
    /// Something of the dialog that edits permissions.
    Permit(PermitRequest, Reply<()>),
    /// Something of the link profile under review.
    Profile(ProfileRequest, Reply<()>),
    /// Review the profile of this `lablink://` link; it came from outside, and nothing else is done with it.
    ProfileLink(String),
    /// Add an instance; answered with its address when its server has answered.
    AddInstance(AddedInstance, Reply<String>),
    /// Forget the instance of this address.
    RemoveInstance(String, Reply<()>),
    /// Hand out the link profile of the instance of this address.
    ExportProfile(String, ExportHow, Reply<ProfileExportView>),
    /// Copy a text.
    Copy(Copied, Reply<()>),
    /// Something of the unlink dialog.
    Unlink(UnlinkRequest, Reply<()>),
    /// Something of the dialog that trusts another authority.
    Trust(TrustRequest, Reply<()>),
    /// Something about a token that waits to be revoked.
    Waiting(AccountId, WaitingRequest, Reply<()>),
    /// Something of the keychain.
    Keychain(KeychainRequest, Reply<()>),
    /// Open a place outside the window.
    Open(Destination, Reply<()>),
    /// The redacted report.
    Report(Reply<String>),
    /// The redacted report, to the clipboard.
    CopyReport(Reply<()>),
    /// Keep a choice of the person's.
    Prefer(Preference, Reply<()>),
    /// Start LabLink at login, or no longer.
    StartAtLogin(bool, Reply<()>),
    /// The desktop shows the tray, or no longer.
    Tray(bool),
    /// The desktop can show notices, or no longer.
    NoticesCanBeShown(bool),
    /// Tell of these again later (notice).
    Snooze(Vec<AccountId>, Snooze),
    /// Show this account (tray).
    CallTo(String),
    /// Open the link flow (tray).
    CallToLink,
    /// Link this account again: open the flow for it; an account that signs in by app goes on to the browser at once, for
    /// the person pressed what says so (tray, notice).
    CallToRelink(AccountId),
    /// Open the flow for the account this `lablink://relink` link means; it came from outside, and nothing else is done.
    RelinkLink(String),
    /// The window is gone and its web view with it.
    WindowClosed,
}

/// What can be asked of the link flow.
pub enum LinkRequest {
    /// Open it.
    Start(Way),
    /// Open it at a GitLab that is known here.
    Known {
        /// Its address.
        address: String,
        /// What for.
        goal: LinkGoal,
    },
    /// The login that is under way is not wanted any more.
    StopLogin,
    /// The scopes the account should have.
    Scopes(Vec<String>),
    /// Open it for an account that is linked already.
    Relink(AccountId),
    /// Whose GitLab.
    Way(Way),
    /// The address as it stands in the field.
    Address(String),
    /// Plain http is agreed to, for the host that stands.
    ConsentPlainHttp,
    /// The presented authority is trusted, for the instance that stands.
    TrustAuthority,
    /// Look once more.
    LookAgain,
    /// The display name as it stands in the field.
    Name(String),
    /// One step on.
    Next,
    /// One step back.
    Back,
    /// The token as it stands in the field; empty clears.
    Token(Zeroizing<String>),
    /// The token that is on the clipboard.
    Paste,
    /// How to sign in.
    Method(LoginMethodView),
    /// The fields of an application as they stand; an empty ID clears both.
    Application {
        /// The application ID.
        application_id: String,
        /// The secret of a confidential one, or nothing.
        secret: Zeroizing<String>,
    },
    /// Whether who signed in with a code is the person in front of the window.
    Confirm(bool),
    /// Link; where scopes are missing, only if the person takes it as it is.
    Link {
        /// The person takes it as it is.
        as_it_is: bool,
    },
    /// End it and leave nothing behind.
    Cancel,
    /// Close it when it is done.
    Finish,
}

/// What can be asked of a login that waits; its address never leaves Rust but for the browser and the clipboard.
#[derive(Debug, Clone, Copy)]
pub enum LoginRequest {
    /// Open it in the browser again.
    OpenAgain,
    /// Copy its address.
    CopyLink,
}

/// What can be asked of the dialog that edits permissions.
#[derive(Debug, Clone)]
pub enum PermitRequest {
    /// Open it for an account.
    Edit(AccountId),
    /// Ask GitLab for this set.
    Ask(Vec<String>),
    /// Close it; a browser that is waited for is waited for no longer.
    Cancel,
}

/// What can be asked of the link profile under review.
#[derive(Debug, Clone)]
pub enum ProfileRequest {
    /// Review this text: a file's or a link.
    Review(String),
    /// Take it; with `replace` also where something known here changes.
    Take {
        /// The person agreed to what changes.
        replace: bool,
    },
    /// Put it away.
    Dismiss,
}

/// An instance to add.
#[derive(Debug, Clone)]
pub struct AddedInstance {
    /// Its address as pasted.
    pub text: String,
    /// Consent to plain http.
    pub allow_http: bool,
}

/// What is copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copied {
    /// The redirect address of every registration.
    Redirect,
    /// The message to an administrator, in the window's words.
    AdminMessage(String),
}

/// What can be asked of the unlink dialog.
#[derive(Debug, Clone, Copy)]
pub enum UnlinkRequest {
    /// Open it for an account.
    Ask(AccountId),
    /// The person does not want to.
    Cancel,
    /// Do it.
    Go {
        /// The token stays valid at GitLab.
        keep_token: bool,
        /// GitLab is not asked at all.
        here_only: bool,
        /// The account goes at once, the token is revoked when GitLab answers.
        revoke_later: bool,
    },
    /// Close it when it is over.
    Close,
}

/// What can be asked of the dialog that trusts another authority.
#[derive(Debug, Clone, Copy)]
pub enum TrustRequest {
    /// Open it for the GitLab of an account, and ask that for its certificate.
    Ask(AccountId),
    /// Close it; nothing is kept.
    Cancel,
    /// Trust whom it shows.
    Go,
}

/// What can be asked about a token that waits to be revoked.
#[derive(Debug, Clone, Copy)]
pub enum WaitingRequest {
    /// Try now.
    Try,
    /// Give it up: the token stays alive, its secret goes.
    GiveUp,
}

/// What can be asked of the keychain.
pub enum KeychainRequest {
    /// Have the system ask for its password.
    Unlock,
    /// Look again.
    Retry,
    /// Keep secrets in an encrypted file from now on.
    UseFile(Zeroizing<String>),
    /// Open the encrypted file.
    OpenFile(Zeroizing<String>),
}
