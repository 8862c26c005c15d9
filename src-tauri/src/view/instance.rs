//! A GitLab that is known here, and the dialog that trusts another authority for one.

use serde::Serialize;
use ts_rs::TS;

#[cfg(doc)]
use super::Destination;
use super::ProblemView;

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
