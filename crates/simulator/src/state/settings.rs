//! The instance's switches an administrator has, as far as the contract speaks of them.

use serde::{Deserialize, Serialize};

/// Instance-wide settings; each can be changed through `/_sim/settings`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "they are switches")]
pub(crate) struct Settings {
    /// Administrators need the `admin_mode` scope for what only they may do (A15).
    pub(crate) admin_mode: bool,
    /// Impersonation tokens work (A4 when not).
    pub(crate) impersonation: bool,
    /// Personal access tokens work and have their page (A19 when not).
    pub(crate) personal_access_tokens: bool,
    /// Tokens must expire (contract §2.6, lifetime after rotation).
    pub(crate) require_expiry: bool,
    /// Longest lifetime of a token in days.
    pub(crate) maximum_lifetime_days: i64,
    /// Git accepts the account's password.
    pub(crate) git_password: bool,
    /// Paths of groups whose address list leaves the caller out (A18).
    pub(crate) hidden_groups: Vec<String>,
    /// Paths of groups that admit fine-grained tokens only (A6).
    pub(crate) granular_only_groups: Vec<String>,
    /// Administrators cannot give far-reaching scopes to applications that are not trusted (quirk 56).
    pub(crate) disable_admin_oauth_scopes: bool,
    /// `verification_uri` of the device flow without the subpath; by version when absent (quirk 25).
    pub(crate) device_uri_without_subpath: Option<bool>,
    /// Polling says `access_denied`, which GitLab does not (quirk 26).
    pub(crate) device_denial_is_told: bool,
    /// Webhooks may go to this computer and its network (quirk 49).
    pub(crate) local_webhooks: bool,
    /// An Enterprise Edition has a licence; without one it behaves as Free (quirk 33).
    pub(crate) licensed: bool,
    /// What new tokens begin with; administrators can change it (contract §2.1).
    pub(crate) token_prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            admin_mode: true,
            impersonation: true,
            personal_access_tokens: true,
            require_expiry: true,
            maximum_lifetime_days: 365,
            git_password: true,
            hidden_groups: Vec::new(),
            granular_only_groups: Vec::new(),
            disable_admin_oauth_scopes: false,
            device_uri_without_subpath: None,
            device_denial_is_told: false,
            local_webhooks: false,
            licensed: true,
            token_prefix: "glpat-".to_owned(),
        }
    }
}
