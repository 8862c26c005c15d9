//! What the window may see: plain values without secrets, drawn by `ui/` as they are.
//!
//! Everything that crosses to the web view is defined here and nowhere else; `ui/src/generated/` holds the same
//! types for TypeScript, written by `ts-rs`. No type here may hold a token, and none does: the canary test and a
//! test over the generated files watch it. Values are codes and data; the words are in `ui/src/messages/`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

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

/// What the person can choose, as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct SettingsView {
    /// Tell of a token before it dies.
    pub notices: bool,
    /// Whether the desktop shows notices at all.
    pub notices_shown: bool,
    /// Live on in the tray when the window closes.
    pub keep_in_tray: bool,
    /// How often all accounts are checked.
    pub check_minutes: u32,
    /// Start at login; `null` where that cannot be.
    pub starts_at_login: Option<bool>,
}

/// One thing the person chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Choice {
    /// See [`SettingsView::notices`].
    Notices {
        /// Yes or no.
        on: bool,
    },
    /// See [`SettingsView::keep_in_tray`].
    KeepInTray {
        /// Yes or no.
        on: bool,
    },
    /// See [`SettingsView::check_minutes`].
    CheckEvery {
        /// One of the lengths that are offered.
        minutes: u32,
    },
    /// See [`SettingsView::starts_at_login`].
    StartAtLogin {
        /// Yes or no.
        on: bool,
    },
}

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

/// Where secrets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum PlaceView {
    /// GNOME Keyring.
    GnomeKeyring,
    /// KDE Wallet.
    Kwallet,
    /// Another Secret Service.
    SecretService,
    /// macOS.
    MacKeychain,
    /// Windows.
    WindowsCredentialManager,
    /// The encrypted file.
    EncryptedFile,
}

/// How the keychain is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum KeychainView {
    /// Not asked yet.
    Unknown,
    /// Works.
    Ready {
        /// Which.
        place: PlaceView,
    },
    /// Waits to be unlocked.
    Locked {
        /// Which.
        place: PlaceView,
    },
    /// There is none on this computer.
    Absent,
    /// The encrypted file waits for its passphrase.
    NeedsPassphrase {
        /// Whether the last passphrase was wrong.
        wrong: bool,
    },
    /// Anything else.
    Broken {
        /// `keychain_denied`, `keychain_full`, `keychain_hung`, `keychain_corrupt`, `keychain_failed`.
        code: String,
        /// For "Details".
        detail: String,
    },
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

/// One GitLab.
#[expect(clippy::struct_excessive_bools, reason = "facts, each for itself")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct InstanceView {
    /// Its address.
    pub address: String,
    /// Its address for people.
    pub host: String,
    /// `built_in`, `typed`, `link_profile`, `managed`.
    pub source: String,
    /// Whether the connection is not encrypted.
    pub plain_http: bool,
    /// Whether an extra certificate authority is trusted for it.
    pub extra_authority: bool,
    /// Version seen last, for example `18.1.1-ee`.
    pub version: Option<String>,
    /// How many accounts are linked on it.
    pub accounts: u32,
    /// Whether managed policy decides about it, so that nothing of it can be changed here.
    pub managed: bool,
    /// Whom the certificate of the extra authority names.
    pub authority: Option<String>,
    /// Whether app login can begin here.
    pub app_login: AppLoginState,
    /// The application ID of its app registration.
    pub application_id: Option<String>,
    /// Whether that registration has a secret.
    pub confidential: bool,
    /// What a registration looks like here, and the scopes app login asks for.
    pub registering: RegisteringView,
}

/// Whether app login can begin on an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum AppLoginState {
    /// An application is known.
    Ready,
    /// None is.
    NotSetUp,
}

/// What has to be entered at GitLab to register LabLink there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RegisteringView {
    /// The instance's address.
    pub address: String,
    /// Its address for people.
    pub host: String,
    /// The name to enter.
    pub name: String,
    /// The redirect address to enter.
    pub redirect: String,
    /// The scopes to tick; what app login asks for.
    pub scopes: Vec<String>,
    /// The page of a person's own applications, to be read; it is opened by [`Destination::RegistrationPage`].
    pub user_page: String,
    /// The page of the instance's applications.
    pub admin_page: String,
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

/// The link flow as the window draws it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct FlowView {
    /// Which step stands.
    pub step: FlowStep,
    /// Whose GitLab.
    pub way: Way,
    /// What was typed as the address (for Back).
    pub address_text: String,
    /// What the app found out about it.
    pub address: AddressView,
    /// Display name as it stands, prefilled or typed.
    pub name: String,
    /// What is wrong with the name: `name_empty`, `name_too_long`, `name_taken`, `name_invalid`.
    pub name_problem: Option<ProblemView>,
    /// Whether Next may be pressed.
    pub can_next: bool,
    /// The chosen way to sign in: app login where an application is known, until the person chooses.
    pub method: LoginMethodView,
    /// The ways to sign in and why some cannot work.
    pub methods: Vec<MethodChoice>,
    /// The scopes the login asks for; with a token, those the account is to have.
    pub asks_for: Vec<String>,
    /// How app login goes.
    pub app: AppLoginView,
    /// How the login with a code goes.
    pub device: DeviceView,
    /// What the app found out about the token.
    pub token: TokenView,
    /// Whether Link account would act at once.
    pub can_link: bool,
    /// Whether the link is being made.
    pub linking: bool,
    /// Why the link failed; nothing was stored.
    pub problem: Option<ProblemView>,
    /// The linked account, at the step `done`.
    pub account: Option<String>,
    /// The account that is linked again: the flow stands at signing in, and never goes back from there.
    pub relinking: Option<RelinkingView>,
    /// Somebody else than the account's user: are they to take its place? Nothing is stored before the answer.
    pub somebody_else: Option<PersonView>,
}

/// The account that is linked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct RelinkingView {
    /// Its identifier.
    pub id: String,
    /// Its user name; `null` where the token might not tell it.
    pub username: Option<String>,
}

/// Steps of the link flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FlowStep {
    /// Nothing is left to ask: the sign-in at a known GitLab begins by itself in a moment.
    AtOnce,
    /// Address and display name.
    Address,
    /// How to sign in.
    SignIn,
    /// It is linked.
    Done,
}

/// Whose GitLab is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// GitLab.com.
    GitlabCom,
    /// One with an address of its own.
    Company,
}

/// What a GitLab that is known is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LinkGoal {
    /// Sign in, without another question where app login is set up.
    SignIn,
    /// Sign in with a token.
    Token,
    /// Register LabLink there.
    Register,
}

/// A method as offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct MethodChoice {
    /// Which.
    pub method: LoginMethodView,
    /// Whether it works as it is. One that does not can be chosen all the same: it says what would make it work.
    pub ready: bool,
    /// Why it does not: a problem code, `app_not_set_up` or `device_unsupported`.
    pub why: Option<String>,
}

/// Ways to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LoginMethodView {
    /// OAuth in the browser.
    App,
    /// An access token.
    Token,
    /// OAuth with a code on another device.
    Device,
}

/// How app login goes. The address the browser opens never crosses to the window.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AppLoginView {
    /// Not known yet, for want of a GitLab.
    Unknown,
    /// No application is known for this GitLab.
    NotSetUp {
        /// How one is registered.
        registering: RegisteringView,
        /// What is wrong with what was typed.
        problem: Option<ProblemView>,
    },
    /// Link account opens the browser.
    Ready {
        /// The application ID.
        application_id: String,
        /// Whether the application has a secret.
        confidential: bool,
        /// Whether it was typed here; it is kept when the sign-in succeeds.
        typed: bool,
        /// How another one is registered.
        registering: RegisteringView,
        /// What is wrong with what was typed.
        problem: Option<ProblemView>,
    },
    /// Getting ready to open the browser.
    Starting,
    /// The person signs in and authorizes in the browser.
    Waiting {
        /// Whether the browser was opened.
        browser: BrowserView,
        /// When LabLink waits no longer: RFC 3339.
        deadline: String,
    },
    /// The browser came back; the account is being made.
    Finishing,
}

/// Whether the browser was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum BrowserView {
    /// Under way.
    Opening,
    /// Somebody took the address.
    Opened,
    /// The program that opens addresses has not come back.
    Unsure,
    /// It could not be opened.
    Failed,
}

/// How the login with a code goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DeviceView {
    /// Not begun.
    Idle,
    /// GitLab is asked for a code.
    Starting,
    /// The person types the code on another device.
    Waiting {
        /// The code.
        user_code: String,
        /// Where to type it, without the scheme.
        address: String,
        /// The address with the code filled in as a QR code: rows of modules, `1` is dark.
        qr: Vec<String>,
        /// When the code's time is over: RFC 3339.
        deadline: String,
    },
    /// Is this you? Nothing is stored before the answer.
    Confirm {
        /// Who signed in.
        person: PersonView,
    },
    /// The account is being made.
    Finishing,
}

/// Who signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PersonView {
    /// User name without `@`.
    pub username: Option<String>,
    /// The person's own name.
    pub name: Option<String>,
    /// Whether it is a bot.
    pub bot: bool,
    /// What was granted; empty where the server cannot tell.
    pub scopes: Vec<String>,
    /// The picture as a `data:` URL made by LabLink, at most 64 px each way.
    pub picture: Option<String>,
}

/// What is known of the typed address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum AddressView {
    /// Nothing typed.
    Empty,
    /// Asking.
    Looking {
        /// Host being asked.
        host: String,
    },
    /// A GitLab.
    Found {
        /// `https://git.example.test/gitlab`
        address: String,
        /// `git.example.test/gitlab`
        host: String,
        /// Whether http was upgraded to https by the server.
        upgraded: bool,
        /// Whether the connection is not encrypted.
        plain_http: bool,
    },
    /// Plain http: the person must agree, per host.
    NeedsConsent {
        /// Whose.
        host: String,
    },
    /// A certificate this computer does not trust.
    Certificate {
        /// Codes `certificate_expired`, `certificate_other_host`, `certificate_unknown_authority`,
        /// `certificate_self_signed`, `certificate_invalid`.
        problem: ProblemView,
        /// Whether "Trust this authority for this GitLab only" may be offered.
        can_trust: bool,
    },
    /// Anything else, in words of [`ProblemView::code`].
    Bad {
        /// What.
        problem: ProblemView,
    },
}

/// What is known of the typed token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum TokenView {
    /// None typed.
    Empty,
    /// It looks like another kind; it may still work.
    LooksWrong {
        /// `deploy_token`, `application_secret`, `runner_token`, …
        kind: String,
    },
    /// Typed, not asked yet.
    Typed,
    /// Asking GitLab.
    Checking,
    /// GitLab knows it.
    Checked {
        /// Who it belongs to.
        username: Option<String>,
        /// Their name.
        person: Option<String>,
        /// Kind of token.
        kind: KindView,
        /// What it can do of what is wanted.
        abilities: Vec<AbilityView>,
        /// Scopes it lacks; linking as it is is possible when not empty.
        missing: Vec<String>,
        /// First day it does not work.
        expires_on: Option<String>,
    },
    /// Will not do.
    Bad {
        /// What.
        problem: ProblemView,
    },
}

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

/// The dialog that trusts another authority for the GitLab of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct TrustView {
    /// The GitLab's address for people.
    pub host: String,
    /// How far it is.
    pub stage: TrustStage,
    /// What is wrong with the certificate: `certificate_unknown_authority` or `certificate_self_signed`, with the facts of
    /// it in the values.
    pub certificate: Option<ProblemView>,
    /// Whom the authority's certificate names.
    pub authority: Option<String>,
    /// The SHA-256 fingerprint of what would be trusted: 32 pairs of hexadecimal digits with colons between.
    pub fingerprint: Option<String>,
    /// Whom the authorities name that would be trusted no longer.
    pub instead_of: Vec<String>,
    /// Why nobody can be trusted there.
    pub problem: Option<ProblemView>,
}

/// How far the dialog that trusts another authority is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum TrustStage {
    /// The GitLab is asked for its certificate.
    Looking,
    /// The person is shown whose it is, and asked.
    Asks,
    /// It is being kept.
    Storing,
    /// Nobody can be trusted there, see the problem.
    Refused,
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

/// A link profile that was opened, before it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProfileReviewView {
    /// The GitLab's address; empty where the text is no profile.
    pub address: String,
    /// Its address for people.
    pub host: String,
    /// The application ID it carries.
    pub application_id: String,
    /// The scopes it asks for.
    pub scopes: Vec<String>,
    /// Whom the certificate authority it carries names.
    pub authority: Option<String>,
    /// What taking it would do.
    pub outcome: ProfileOutcome,
    /// In what it differs from what is known here.
    pub differences: Vec<DifferenceView>,
    /// Why it cannot be taken: it is no profile, or taking it failed.
    pub problem: Option<ProblemView>,
}

/// What taking a link profile would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ProfileOutcome {
    /// Its GitLab would be added.
    New,
    /// Nothing would change.
    Same,
    /// Something known here would change.
    Differs,
    /// Managed policy decides about its GitLab.
    Locked,
    /// It is no profile that can be taken.
    Invalid,
}

/// One thing a link profile says otherwise than it is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct DifferenceView {
    /// The GitLab that would change, for people.
    pub host: String,
    /// `application_id`, `confidential`, `scopes`, `authority`.
    pub what: String,
    /// How it is; `null`: not set.
    pub here: Option<String>,
    /// What it would be.
    pub there: String,
}

/// What to do with an exported link profile, besides answering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ExportHow {
    /// Nothing.
    Show,
    /// Copy its link.
    CopyLink,
    /// Copy the text of its file.
    CopyFile,
}

/// The answer to exporting a link profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ProfileExportView {
    /// Its link.
    pub link: String,
    /// Its link as a QR code: rows of modules, `1` is dark. Empty where it does not fit into one.
    pub qr: Vec<String>,
    /// The text of its file.
    pub file: String,
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
