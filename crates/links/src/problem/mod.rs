//! What can go wrong, as things a person can act on: one type for every face, each with a stable code.
//!
//! Whoever shows a problem finds its words by [`Problem::code`] and fills them from [`Problem::values`]; nothing here
//! ever carries a secret, and text of servers is escaped already.

mod code;
mod grant;
mod told;

pub use code::ProblemCode;

use std::collections::BTreeMap;

use gitlab::{
    AddressProblem, ApplicationIdProblem, ApplicationSecretProblem, AuthorityProblem, BaseUrl, Refusal,
    SetupProblem, TokenProblem, Unanswered, Unusable, Wall, WrongKind,
};
use jiff::civil::Date;
use vault::VaultError;

use crate::application::Registering;
use crate::names::NameProblem;
use crate::profile::ProfileProblem;
use told::{
    address_code, address_wrong, keychain_code, refusal_code, refusal_values, unanswered_code,
    unanswered_values,
};

/// One thing a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The pasted text is no address.
    #[error(transparent)]
    Address(#[from] AddressProblem),
    /// The text is no certificate authority.
    #[error(transparent)]
    Authority(#[from] AuthorityProblem),
    /// A GitLab's certificate is signed by somebody who is not trusted here and whose certificate did not come with it.
    #[error("{host} does not send the certificate of the authority that signed its own")]
    AuthorityNotSent {
        /// The host.
        host: String,
        /// What the authority is called.
        issuer: Option<String>,
    },
    /// The connection would not be encrypted, and nobody agreed to that.
    #[error("{host} would be reached without encryption, and nobody agreed to that")]
    HttpNeedsConsent {
        /// Host, with the port where it is not http's own.
        host: String,
    },
    /// Something answers there that is no GitLab.
    #[error("what answers at {host} is no GitLab: {software}")]
    NotGitLab {
        /// The address that was asked, for people.
        host: String,
        /// What it seems to be: a name, or empty when it cannot be told.
        software: String,
        /// What was seen.
        detail: String,
    },
    /// A sign-in proxy stands in front of whatever is there.
    #[error("a sign-in page stands in front of {host}")]
    SignInWall {
        /// The address that was asked, for people.
        host: String,
        /// What was seen.
        detail: String,
    },
    /// The server sends elsewhere, and nothing is carried there.
    #[error("the server sends us to {to}")]
    RedirectElsewhere {
        /// Where to, escaped.
        to: String,
        /// Whether it leads in a circle.
        circle: bool,
    },
    /// An answer came that cannot be used.
    #[error(transparent)]
    Unusable(#[from] Unusable),
    /// No usable answer came.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// The text cannot be a token.
    #[error(transparent)]
    TokenText(#[from] TokenProblem),
    /// GitLab does not know the token, which looks like a secret of another kind.
    #[error("GitLab does not know the token, and it looks like another kind of secret ({})", kind_word(*kind))]
    WrongKind {
        /// What it looks like, by its prefix.
        kind: WrongKind,
    },
    /// GitLab refuses the token, or its user.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The token lacks scopes that are required.
    #[error("the token lacks {}", missing.join(", "))]
    TooNarrow {
        /// What it lacks, in the order it was asked for.
        missing: Vec<String>,
    },
    /// The token works, but allows nothing that LabLink is for.
    #[error("the token allows nothing that LabLink is for")]
    Useless {
        /// What it allows.
        scopes: Vec<String>,
    },
    /// The account's secret is a token of another user now.
    #[error("the token belongs to another user than the account")]
    OtherUser {
        /// GitLab's number of the user the token belongs to.
        found: u64,
    },
    /// Somebody else than the account's user signed in, or owns the token, and nobody agreed to that.
    #[error("this is {found}, and “{name}” is {was}")]
    SomebodyElse {
        /// The account's name.
        name: String,
        /// The user name, or the number where it is not told.
        found: String,
        /// The same of the account's user.
        was: String,
    },
    /// The text is no `lablink://relink` link.
    #[error("this link means no account to link again")]
    RelinkLink,
    /// The text is no display name.
    #[error(transparent)]
    Name(#[from] NameProblem),
    /// Another account has this display name (case and spaces folded).
    #[error("another account is called “{name}”")]
    NameTaken {
        /// The name as it was given.
        name: String,
    },
    /// The keychain cannot do it.
    #[error(transparent)]
    Keychain(#[from] VaultError),
    /// Nothing in the encrypted file can be read, with whatever passphrase.
    #[error("the encrypted file {file} is damaged")]
    VaultFileDamaged {
        /// Where it is.
        file: String,
    },
    /// The encrypted file was chosen and waits for its passphrase.
    #[error("the encrypted file waits for its passphrase")]
    NeedsPassphrase,
    /// No account has this name, or not any more.
    #[error("{}", name.as_ref().map_or_else(|| "the account is gone".to_owned(), |name| format!("no account is called “{name}”")))]
    AccountNotFound {
        /// The name that was given; none where the account was there when it was begun with, and is gone since.
        name: Option<String>,
    },
    /// No instance has this address.
    #[error("no GitLab with the address {address} is known here")]
    InstanceNotFound {
        /// The address that was given.
        address: String,
    },
    /// Accounts are linked on the instance.
    #[error("{accounts} accounts are linked on {address}")]
    InstanceInUse {
        /// The instance.
        address: String,
        /// How many.
        accounts: u32,
    },
    /// GitLab.com is built in.
    #[error("{address} is built in and stays")]
    InstanceBuiltIn {
        /// The instance.
        address: String,
    },
    /// The names are no list of scopes.
    #[error("these are no scopes")]
    Scopes,
    /// The text is no link profile.
    #[error("this is no link profile: {0}")]
    Profile(#[from] ProfileProblem),
    /// The profile would change an instance that exists, and nobody agreed to that.
    #[error("the link profile differs from what is known about {address} in {}", differs.join(", "))]
    ProfileConflict {
        /// The profile's instance.
        address: String,
        /// In what: words of [`Terms`](crate::Terms).
        differs: Vec<&'static str>,
    },
    /// A link profile never carries a secret, and the registration needs one.
    #[error("the app registration of {address} has a secret, which no link profile carries")]
    ProfileConfidential {
        /// The instance.
        address: String,
    },
    /// Managed policy decides about the instance, or about whom its host is trusted by.
    #[error("managed policy decides about {address}")]
    PolicyLocked {
        /// The instance.
        address: String,
    },
    /// Managed policy cannot be used.
    #[error("the managed policy cannot be used: {detail}")]
    PolicyBroken {
        /// What is wrong with it.
        detail: String,
    },
    /// GitLab said that it revoked the token, and then still accepted it.
    #[error("the token was revoked and still works")]
    StillAlive,
    /// The database failed.
    #[error("LabLink's database failed: {detail}")]
    Store {
        /// In its own words.
        detail: String,
    },
    /// The database belongs to a newer LabLink.
    #[error("LabLink's database is of a newer version ({found}, known up to {known})")]
    StoreNewer {
        /// Its form.
        found: i64,
        /// The newest form this LabLink knows.
        known: i64,
    },
    /// The database is damaged. It is left as it is until the person has it put aside.
    #[error("LabLink's database is damaged: {detail}")]
    StoreDamaged {
        /// In SQLite's words.
        detail: String,
    },
    /// The keychain keeps secrets of accounts that are not in the list: the list was lost, or is another one's.
    #[error("the keychain keeps secrets of accounts that are not in the list")]
    SecretsOrphaned {
        /// What people see of each in the keychain's own window.
        labels: Vec<String>,
    },
    /// This computer's clock is off, compared with a GitLab's.
    #[error("this computer's clock is {seconds} seconds behind")]
    ClockOff {
        /// Seconds it is behind; negative where it is ahead.
        seconds: i64,
    },
    /// The home folder cannot be used.
    #[error("LabLink's folder cannot be used: {detail}")]
    Home {
        /// What is wrong with it.
        detail: String,
    },
    /// git is not there, for the doctor.
    #[error("git cannot be run: {detail}")]
    GitMissing {
        /// What happened.
        detail: String,
    },
    /// No application is known for this GitLab; how to register one is in it.
    #[error("app login is not set up for {}", .0.address)]
    AppNotSetUp(Box<Registering>),
    /// GitLab does not know the application.
    #[error("GitLab does not know the application")]
    AppUnknown {
        /// Its application ID.
        application_id: String,
    },
    /// The application's secret will not do: wrong, missing, or renewed (quirks 20, 21, 60).
    #[error("the application's secret is wrong, missing, or was renewed")]
    AppSecretWrong {
        /// Its application ID.
        application_id: String,
    },
    /// GitLab does not let the application do what it asked for.
    #[error("GitLab refuses the application ({error})")]
    AppRefused {
        /// RFC 6749's word for it, for example `invalid_scope`.
        error: String,
    },
    /// The text is no application ID.
    #[error(transparent)]
    ApplicationId(#[from] ApplicationIdProblem),
    /// The text is no application's secret.
    #[error(transparent)]
    ApplicationSecret(#[from] ApplicationSecretProblem),
    /// Access was not granted.
    #[error("access was not granted")]
    LoginDenied,
    /// The browser did not come back in time. GitLab shows most errors in the browser alone (quirk 16).
    #[error("the browser did not come back in time")]
    LoginTimedOut,
    /// The answer calls itself another server's (RFC 9207).
    #[error("the browser brought the answer of another server")]
    LoginMixedUp,
    /// The browser could not be opened.
    #[error("the browser could not be opened: {detail}")]
    BrowserFailed {
        /// What happened.
        detail: String,
    },
    /// This computer gives no port to listen on.
    #[error("this computer gives no port to wait for the browser on: {detail}")]
    ListenerFailed {
        /// What happened.
        detail: String,
    },
    /// This GitLab has no login with a code.
    #[error("this GitLab has no login with a code")]
    DeviceUnsupported,
    /// The code's time is over. A denial may look the same (quirk 26).
    #[error("the code's time is over")]
    DeviceExpired,
    /// The login with a code was denied.
    #[error("the login with a code was denied")]
    DeviceDenied,
    /// GitLab does not accept the login's code, or renews the login no more.
    #[error("GitLab does not accept the login any more")]
    GrantRefused,
    /// GitLab does not renew the login right now (quirk 13); it is tried again.
    #[error("GitLab does not renew the login right now")]
    RenewalDelayed,
    /// Another process has been at work on the account for longer than it is waited for.
    #[error("another LabLink is at work on the account")]
    AccountBusy,
    /// GitLab renewed the login, no answer came that could be used, and the old one is dead.
    #[error("GitLab renewed the login and no usable answer came")]
    LostRenewal,
    /// Other scopes were granted than were asked for.
    #[error("GitLab did not grant {}", missing.join(", "))]
    ScopesDiffer {
        /// Asked for and not granted.
        missing: Vec<String>,
        /// Granted and not asked for.
        beyond: Vec<String>,
    },
    /// The account signs in by app login, which is renewed in another way.
    #[error("“{name}” signs in by app login")]
    RotationOfLogin {
        /// The account's name.
        name: String,
    },
    /// A token's successor is to end on a day that has passed.
    #[error("{day} is not in the future")]
    RotationPast {
        /// The day.
        day: Date,
    },
    /// The token has neither `api` nor `self_rotate`.
    #[error("the token has neither `api` nor `self_rotate`")]
    RotationScope,
    /// The GitLab is older than 16.10.
    #[error("this GitLab is too old to rotate a token")]
    RotationTooOld,
    /// Another account here has the same token, and would be left with a dead one.
    #[error("“{name}” uses the same token")]
    RotationShared {
        /// The other account's name.
        name: String,
    },
    /// GitLab does not take the successor's end, and changed nothing.
    #[error("GitLab does not take {day}: {detail}")]
    RotationExpiry {
        /// The day.
        day: Date,
        /// What GitLab says about it.
        detail: String,
    },
    /// GitLab was asked to rotate the token and its answer was lost. The token still works; it is never rotated again,
    /// for that might end its successor and itself (quirk 9).
    #[error("the answer to a rotation was lost; the token still works and is not rotated again")]
    RotationUnsure,
    /// GitLab was asked to rotate the token, its answer was lost, and it says nothing more now.
    #[error("the answer to a rotation was lost; whether the token still works is not known yet")]
    RotationUnsettled,
    /// The account signs in with an access token.
    #[error("“{name}” signs in with an access token")]
    NoAppLogin {
        /// The account's name.
        name: String,
    },
    /// The same as somebody was told a moment ago whose work was waited for.
    #[error("as a moment ago: {0}")]
    AsBefore(ProblemCode),
    /// The person cancelled; nothing was kept.
    #[error("cancelled")]
    Cancelled,
    /// A fault of LabLink's own.
    #[error("internal fault: {detail}")]
    Internal {
        /// Where.
        detail: String,
    },
}

/// What a problem means for whoever asked: command line exit statuses, design §6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// An answer came and it will not do: exit 1.
    Refused,
    /// What was given cannot be meant: exit 2.
    Usage,
    /// A person has to do something at GitLab: exit 3.
    PersonNeeded,
    /// No usable answer: exit 4.
    NoAnswer,
    /// The keychain: exit 5.
    Keychain,
    /// LabLink itself, or its home: exit 1.
    Internal,
}

impl Problem {
    /// The problem's code.
    #[must_use]
    pub fn problem_code(&self) -> ProblemCode {
        use ProblemCode as C;
        match self {
            Self::Address(problem) => address_code(problem),
            Self::Authority(_) => C::AuthorityInvalid,
            Self::AuthorityNotSent { .. } => C::AuthorityNotSent,
            Self::HttpNeedsConsent { .. } => C::HttpNeedsConsent,
            Self::NotGitLab { .. } => C::NotGitLab,
            Self::SignInWall { .. } => C::SignInWall,
            Self::RedirectElsewhere { .. } => C::RedirectElsewhere,
            Self::Unusable(_) => C::UnusableAnswer,
            Self::Unanswered(unanswered) => unanswered_code(unanswered),
            Self::TokenText(TokenProblem::Empty) => C::TokenEmpty,
            Self::TokenText(TokenProblem::TooLong { .. }) => C::TokenTooLong,
            Self::TokenText(_) => C::TokenInvalidText,
            Self::WrongKind { .. } => C::TokenWrongKind,
            Self::Refusal(refusal) => refusal_code(refusal),
            Self::TooNarrow { .. } => C::TokenTooNarrow,
            Self::Useless { .. } => C::TokenUseless,
            Self::OtherUser { .. } => C::TokenOther,
            Self::SomebodyElse { .. } => C::OtherUser,
            Self::RelinkLink => C::RelinkLinkInvalid,
            Self::Name(NameProblem::Empty) => C::NameEmpty,
            Self::Name(NameProblem::TooLong) => C::NameTooLong,
            Self::Name(NameProblem::Invalid) => C::NameInvalid,
            Self::NameTaken { .. } => C::NameTaken,
            Self::Keychain(error) => keychain_code(error),
            Self::VaultFileDamaged { .. } => C::KeychainFileDamaged,
            Self::NeedsPassphrase => C::KeychainNeedsPassphrase,
            Self::AccountNotFound { .. } => C::AccountNotFound,
            Self::InstanceNotFound { .. } => C::InstanceNotFound,
            Self::InstanceInUse { .. } => C::InstanceInUse,
            Self::InstanceBuiltIn { .. } => C::InstanceBuiltIn,
            Self::Scopes => C::ScopesInvalid,
            Self::Profile(ProfileProblem::Version { .. }) => C::ProfileVersion,
            Self::Profile(_) => C::ProfileInvalid,
            Self::ProfileConflict { .. } => C::ProfileConflict,
            Self::ProfileConfidential { .. } => C::ProfileConfidential,
            Self::PolicyLocked { .. } => C::PolicyLocked,
            Self::PolicyBroken { .. } => C::PolicyBroken,
            Self::StillAlive => C::StillAlive,
            Self::Store { .. } => C::StoreFailed,
            Self::StoreNewer { .. } => C::StoreNewer,
            Self::StoreDamaged { .. } => C::StoreDamaged,
            Self::SecretsOrphaned { .. } => C::SecretsOrphaned,
            Self::ClockOff { .. } => C::ClockOff,
            Self::Home { .. } => C::HomeUnusable,
            Self::GitMissing { .. } => C::GitMissing,
            Self::AppNotSetUp(_) => C::AppNotSetUp,
            Self::AppUnknown { .. } => C::AppUnknown,
            Self::AppSecretWrong { .. } => C::AppSecretWrong,
            Self::AppRefused { .. } => C::AppRefused,
            Self::ApplicationId(_) => C::ApplicationIdInvalid,
            Self::ApplicationSecret(_) => C::ApplicationSecretInvalid,
            Self::LoginDenied => C::LoginDenied,
            Self::LoginTimedOut => C::LoginTimedOut,
            Self::LoginMixedUp => C::LoginMixedUp,
            Self::BrowserFailed { .. } => C::BrowserFailed,
            Self::ListenerFailed { .. } => C::ListenerFailed,
            Self::DeviceUnsupported => C::DeviceUnsupported,
            Self::DeviceExpired => C::DeviceExpired,
            Self::DeviceDenied => C::DeviceDenied,
            Self::GrantRefused => C::GrantRefused,
            Self::RenewalDelayed => C::RenewalDelayed,
            Self::AccountBusy => C::AccountBusy,
            Self::LostRenewal => C::LostRenewal,
            Self::ScopesDiffer { .. } => C::ScopesDiffer,
            Self::RotationOfLogin { .. } => C::RotationOfLogin,
            Self::RotationPast { .. } => C::RotationPast,
            Self::RotationScope => C::RotationScope,
            Self::RotationTooOld => C::RotationTooOld,
            Self::RotationShared { .. } => C::RotationShared,
            Self::RotationExpiry { .. } => C::RotationExpiry,
            Self::RotationUnsure => C::RotationUnsure,
            Self::RotationUnsettled => C::RotationUnsettled,
            Self::NoAppLogin { .. } => C::NoAppLogin,
            Self::AsBefore(code) => *code,
            Self::Cancelled => C::Cancelled,
            Self::Internal { .. } => C::Internal,
        }
    }

    /// The stable word, for example `token_revoked`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem_code().as_str()
    }

    /// What it means for whoever asked.
    #[must_use]
    pub fn kind(&self) -> ProblemKind {
        use ProblemKind as K;
        match self {
            Self::Address(_)
            | Self::Authority(_)
            | Self::HttpNeedsConsent { .. }
            | Self::TokenText(_)
            | Self::Name(_)
            | Self::NameTaken { .. }
            | Self::AccountNotFound { .. }
            | Self::InstanceNotFound { .. }
            | Self::InstanceInUse { .. }
            | Self::InstanceBuiltIn { .. }
            | Self::Scopes
            | Self::Profile(_)
            | Self::ProfileConflict { .. }
            | Self::ProfileConfidential { .. }
            | Self::PolicyLocked { .. }
            | Self::Home { .. }
            | Self::ApplicationId(_)
            | Self::ApplicationSecret(_)
            | Self::RotationOfLogin { .. }
            | Self::RotationPast { .. }
            | Self::RelinkLink
            | Self::NoAppLogin { .. } => K::Usage,
            Self::NotGitLab { .. }
            | Self::SignInWall { .. }
            | Self::RedirectElsewhere { .. }
            | Self::Unusable(_)
            | Self::TooNarrow { .. }
            | Self::Useless { .. }
            | Self::OtherUser { .. }
            | Self::SomebodyElse { .. }
            | Self::AppRefused { .. }
            | Self::LoginDenied
            | Self::LoginMixedUp
            | Self::DeviceUnsupported
            | Self::DeviceDenied
            | Self::ScopesDiffer { .. }
            | Self::RotationScope
            | Self::RotationTooOld
            | Self::RotationShared { .. }
            | Self::RotationExpiry { .. }
            | Self::StillAlive => K::Refused,
            Self::Unanswered(_)
            | Self::AuthorityNotSent { .. }
            | Self::RenewalDelayed
            | Self::AccountBusy
            | Self::RotationUnsettled => K::NoAnswer,
            Self::WrongKind { .. }
            | Self::AppNotSetUp(_)
            | Self::AppUnknown { .. }
            | Self::AppSecretWrong { .. }
            | Self::LoginTimedOut
            | Self::BrowserFailed { .. }
            | Self::DeviceExpired
            | Self::GrantRefused
            | Self::RotationUnsure
            | Self::LostRenewal => K::PersonNeeded,
            Self::AsBefore(code) => before(*code),
            Self::Refusal(refusal) => match refusal {
                Refusal::TooNarrow { .. }
                | Refusal::FineGrained { .. }
                | Refusal::TwoTokens
                | Refusal::Forbidden
                | Refusal::OtherForbidden { .. }
                | Refusal::OAuthToken => K::Refused,
                _ => K::PersonNeeded,
            },
            Self::Keychain(_) | Self::VaultFileDamaged { .. } | Self::NeedsPassphrase => K::Keychain,
            Self::Store { .. }
            | Self::StoreNewer { .. }
            | Self::StoreDamaged { .. }
            | Self::SecretsOrphaned { .. }
            | Self::ClockOff { .. }
            | Self::GitMissing { .. }
            | Self::PolicyBroken { .. }
            | Self::ListenerFailed { .. }
            | Self::Cancelled
            | Self::Internal { .. } => K::Internal,
        }
    }

    /// What the words need: `host`, `name`, `missing`, `kind` …; never a secret.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one arm for each problem")]
    pub fn values(&self) -> BTreeMap<&'static str, String> {
        let mut values = BTreeMap::new();
        match self {
            Self::Address(AddressProblem::Scheme { scheme }) => {
                values.insert("scheme", scheme.clone());
            }
            Self::Address(AddressProblem::MixedScript { ascii, looks_like }) => {
                values.insert("host", ascii.clone());
                values.extend(looks_like.clone().map(|name| ("looks_like", name)));
            }
            Self::Address(problem) if address_wrong(problem).is_some() => {
                values.extend(address_wrong(problem).map(|part| ("wrong", part.to_owned())));
            }
            Self::Address(AddressProblem::TooLong { limit })
            | Self::TokenText(TokenProblem::TooLong { limit }) => {
                values.insert("limit", limit.to_string());
            }
            Self::HttpNeedsConsent { host } | Self::SignInWall { host, .. } => {
                values.insert("host", host.clone());
            }
            Self::AuthorityNotSent { host, issuer } => {
                values.insert("host", host.clone());
                values.extend(issuer.clone().map(|issuer| ("issuer", issuer)));
            }
            Self::NotGitLab { host, software, .. } => {
                values.insert("host", host.clone());
                if !software.is_empty() {
                    values.insert("software", software.clone());
                }
            }
            Self::RedirectElsewhere { to, circle } => {
                values.insert("to", to.clone());
                if *circle {
                    values.insert("circle", "true".to_owned());
                }
            }
            Self::Unanswered(unanswered) => unanswered_values(unanswered, &mut values),
            Self::WrongKind { kind } => {
                values.insert("kind", kind_word(*kind).to_owned());
            }
            Self::Refusal(refusal) => refusal_values(refusal, &mut values),
            Self::TooNarrow { missing } => {
                values.insert("missing", missing.join(" "));
            }
            Self::Useless { scopes } => {
                values.insert("scopes", scopes.join(" "));
            }
            Self::Name(NameProblem::TooLong) => {
                values.insert("limit", crate::names::NAME_LIMIT.to_string());
            }
            Self::NameTaken { name }
            | Self::AccountNotFound { name: Some(name) }
            | Self::NoAppLogin { name }
            | Self::RotationOfLogin { name }
            | Self::RotationShared { name } => {
                values.insert("name", gitlab::shown(name));
            }
            Self::RotationPast { day } => {
                values.insert("day", day.to_string());
            }
            Self::RotationExpiry { day, detail } => {
                values.insert("day", day.to_string());
                values.insert("said", detail.clone());
            }
            Self::SomebodyElse { name, found, was } => {
                values.insert("name", gitlab::shown(name));
                values.insert("found", gitlab::shown(found));
                values.insert("was", gitlab::shown(was));
            }
            Self::Profile(problem) => {
                values.insert("reason", problem.word().to_owned());
                if let ProfileProblem::Version { found } = problem {
                    values.insert("found", found.to_string());
                }
            }
            Self::ProfileConflict { address, differs } => {
                values.insert("address", gitlab::shown(address));
                values.insert("differs", differs.join(" "));
            }
            Self::InstanceNotFound { address }
            | Self::InstanceBuiltIn { address }
            | Self::ProfileConfidential { address }
            | Self::PolicyLocked { address } => {
                values.insert("address", gitlab::shown(address));
            }
            Self::InstanceInUse { address, accounts } => {
                values.insert("address", gitlab::shown(address));
                values.insert("accounts", accounts.to_string());
            }
            Self::AppNotSetUp(registering) => values.extend(registering.values()),
            Self::AppUnknown { application_id } | Self::AppSecretWrong { application_id } => {
                values.insert("application_id", gitlab::shown(application_id));
            }
            Self::AppRefused { error } => {
                values.insert("error", gitlab::shown(error));
            }
            Self::ScopesDiffer { missing, beyond } => {
                values.insert("missing", missing.join(" "));
                values.insert("beyond", beyond.join(" "));
            }
            Self::VaultFileDamaged { file } => {
                values.insert("file", gitlab::shown(file));
            }
            Self::SecretsOrphaned { labels } => values.extend([("labels", labels_shown(labels))]),
            Self::ClockOff { seconds } => values.extend(clock_values(*seconds)),
            Self::StoreNewer { found, known } => {
                values.insert("found", found.to_string());
                values.insert("known", known.to_string());
            }
            _ => {}
        }
        values
    }

    /// Technical detail for whoever asks: escaped, redacted, in English. `None` where the code says it all.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Refusal(refusal) => Some(format!("{refusal} ({})", refusal.case())),
            Self::Address(problem) => Some(problem.to_string()),
            Self::Authority(problem) => Some(problem.to_string()),
            Self::Unusable(unusable) => Some(unusable.to_string()),
            Self::Unanswered(unanswered) => Some(unanswered.to_string()),
            Self::TokenText(problem) => Some(problem.to_string()),
            Self::Keychain(error) => Some(gitlab::shown(&error.to_string())),
            Self::NotGitLab { detail, .. }
            | Self::SignInWall { detail, .. }
            | Self::Store { detail }
            | Self::StoreDamaged { detail }
            | Self::Home { detail }
            | Self::Internal { detail }
            | Self::PolicyBroken { detail }
            | Self::GitMissing { detail } => Some(detail.clone()),
            Self::Profile(problem) => Some(gitlab::shown(&problem.to_string())),
            Self::ApplicationId(problem) => Some(problem.to_string()),
            _ => None,
        }
        .filter(|detail| !detail.is_empty())
    }
}

impl From<SetupProblem> for Problem {
    fn from(problem: SetupProblem) -> Self {
        match problem {
            SetupProblem::PlainHttp { host } => Self::HttpNeedsConsent { host },
            problem @ (SetupProblem::BadProxy | SetupProblem::BadProxyVariable { .. }) => {
                Self::Unanswered(problem.into())
            }
            SetupProblem::Client(detail) => Self::Internal { detail },
        }
    }
}

impl Problem {
    /// What a request to the GitLab at `base` came to.
    pub(crate) fn at(base: &BaseUrl, problem: gitlab::Problem) -> Self {
        match problem {
            gitlab::Problem::Refusal(refusal) => Self::Refusal(refusal),
            gitlab::Problem::Unanswered(unanswered) => Self::Unanswered(unanswered),
            gitlab::Problem::Unusable(unusable) => Self::Unusable(unusable),
            gitlab::Problem::RedirectElsewhere { to } => Self::RedirectElsewhere { to, circle: false },
            // RFC 6585 §6.
            gitlab::Problem::NotGitLabAnswer { status: 511 } => Self::SignInWall {
                host: base.label(),
                detail: crate::looking::wall(Wall::Network, None),
            },
            gitlab::Problem::NotGitLabAnswer { status } => Self::NotGitLab {
                host: base.label(),
                software: String::new(),
                detail: format!("what answers there does not answer as GitLab does (status {status})"),
            },
        }
    }
}

fn labels_shown(labels: &[String]) -> String {
    let labels: Vec<String> = labels.iter().map(|label| gitlab::shown(label)).collect();
    labels.join(", ")
}

/// By how much and which way a clock is off that is so many seconds behind.
fn clock_values(behind: i64) -> [(&'static str, String); 2] {
    let way = if behind < 0 { "ahead" } else { "behind" };
    [
        ("minutes", (behind.abs() / 60).to_string()),
        ("way", way.to_owned()),
    ]
}

/// What a renewal's failure means whose code alone was kept.
fn before(code: ProblemCode) -> ProblemKind {
    if code.tells_nothing() {
        ProblemKind::NoAnswer
    } else if code.of_keychain() {
        ProblemKind::Keychain
    } else {
        ProblemKind::PersonNeeded
    }
}

/// The word for a secret of another kind, as in `values()["kind"]`.
#[must_use]
pub fn kind_word(kind: WrongKind) -> &'static str {
    match kind {
        WrongKind::ApplicationSecret => "application_secret",
        WrongKind::DeployToken => "deploy_token",
        WrongKind::RunnerToken => "runner_token",
        WrongKind::JobToken => "job_token",
        WrongKind::PipelineTrigger => "pipeline_trigger",
        WrongKind::FeedToken => "feed_token",
        WrongKind::IncomingMailToken => "incoming_mail_token",
        WrongKind::AgentToken => "agent_token",
        WrongKind::WorkspaceToken => "workspace_token",
        WrongKind::ScimToken => "scim_token",
        WrongKind::FeatureFlagsToken => "feature_flags_token",
        WrongKind::SessionCookie => "session_cookie",
        WrongKind::IdentityCode => "identity_code",
        WrongKind::IdentityRefreshToken => "identity_refresh_token",
        WrongKind::GitHubToken => "github_token",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quirk_3_three_refusals_of_one_status_have_three_codes() {
        let codes: Vec<_> = [
            Refusal::TooNarrow {
                would_do: vec!["api".into()],
            },
            Refusal::Forbidden,
            Refusal::Blocked,
        ]
        .into_iter()
        .map(|refusal| Problem::from(refusal).code())
        .collect();
        assert_eq!(codes, ["token_too_narrow", "forbidden", "account_blocked"]);
    }

    #[test]
    fn kinds_are_the_command_lines_exit_statuses() {
        for (problem, kind) in [
            (Problem::from(AddressProblem::Empty), ProblemKind::Usage),
            (Problem::from(TokenProblem::Empty), ProblemKind::Usage),
            (Problem::from(NameProblem::Empty), ProblemKind::Usage),
            (
                Problem::AccountNotFound {
                    name: Some("x".into()),
                },
                ProblemKind::Usage,
            ),
            (
                Problem::RedirectElsewhere {
                    to: "x".into(),
                    circle: false,
                },
                ProblemKind::Refused,
            ),
            (Problem::from(Unusable::Html), ProblemKind::Refused),
            (Problem::TooNarrow { missing: vec![] }, ProblemKind::Refused),
            (Problem::from(Refusal::OAuthToken), ProblemKind::Refused),
            (
                Problem::WrongKind {
                    kind: WrongKind::DeployToken,
                },
                ProblemKind::PersonNeeded,
            ),
            (Problem::from(Refusal::Unknown), ProblemKind::PersonNeeded),
            (Problem::from(Refusal::Expired), ProblemKind::PersonNeeded),
            (Problem::from(Refusal::Unconfirmed), ProblemKind::PersonNeeded),
            (
                Problem::from(Refusal::Dpop {
                    detail: String::new(),
                }),
                ProblemKind::PersonNeeded,
            ),
            (Problem::from(Unanswered::Maintenance), ProblemKind::NoAnswer),
            (
                Problem::from(Unanswered::RateLimited { retry_after: None }),
                ProblemKind::NoAnswer,
            ),
            (Problem::from(VaultError::Locked), ProblemKind::Keychain),
        ] {
            assert_eq!(problem.kind(), kind, "{problem}");
        }
    }

    #[test]
    fn an_account_that_is_gone_has_no_name_to_be_called_by() {
        let gone = Problem::AccountNotFound { name: None };
        assert_eq!(gone.values().get("name"), None);
        assert_eq!(gone.to_string(), "the account is gone");
    }

    #[test]
    fn names_people_typed_come_back_escaped() {
        let problem = Problem::AccountNotFound {
            name: Some("a\u{1b}[31m".into()),
        };
        assert_eq!(
            problem.values().get("name").map(String::as_str),
            Some("a\\u{1b}[31m")
        );
    }
}
