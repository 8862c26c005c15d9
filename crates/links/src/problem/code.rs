//! The one list of problem codes for window, command line, log and database.

/// Stable words for what went wrong. Whoever shows a problem says it in its own words, found by its code.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// A problem's stable word. Faces translate it, the database keeps it, tests compare it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ProblemCode {
            $($(#[$doc])* $variant,)+
        }

        impl ProblemCode {
            /// All codes there are.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word, for example `token_revoked`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The code of a word; `None` for a word of another version.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

codes! {
    /// No address was given.
    AddressEmpty = "address_empty",
    /// The address is longer than any address is.
    AddressTooLong = "address_too_long",
    /// The text is no address.
    AddressInvalid = "address_invalid",
    /// Neither http nor https nor an ssh form of them.
    AddressScheme = "address_scheme",
    /// A user name or password stands in the address.
    AddressUserInfo = "address_user_info",
    /// A token or another secret was given as the address.
    AddressToken = "address_token",
    /// The host mixes scripts so that it looks like another.
    AddressMixedScript = "address_mixed_script",
    /// A control or invisible character stands in the address.
    AddressControl = "address_control",
    /// Plain http needs the person's consent.
    HttpNeedsConsent = "http_needs_consent",
    /// Something else answers there.
    NotGitLab = "not_gitlab",
    /// A sign-in proxy answers there.
    SignInWall = "sign_in_wall",
    /// The server sends elsewhere.
    RedirectElsewhere = "redirect_elsewhere",
    /// An answer came that cannot be used.
    UnusableAnswer = "unusable_answer",
    /// The name does not resolve.
    NameNotFound = "name_not_found",
    /// Nothing listens there.
    ConnectionRefused = "connection_refused",
    /// The connection broke off.
    ConnectionLost = "connection_lost",
    /// No way leads there.
    Unreachable = "unreachable",
    /// No answer in time.
    Silent = "silent",
    /// Too many requests.
    RateLimited = "rate_limited",
    /// The server has a problem of its own.
    ServerError = "server_error",
    /// The server is being maintained.
    Maintenance = "maintenance",
    /// The proxy does not let the request through.
    ProxyFailed = "proxy_failed",
    /// The certificate's time is over.
    CertificateExpired = "certificate_expired",
    /// The certificate's time has not begun.
    CertificateNotYetValid = "certificate_not_yet_valid",
    /// The certificate is for another host.
    CertificateOtherHost = "certificate_other_host",
    /// The certificate's authority is not trusted here.
    CertificateUnknownAuthority = "certificate_unknown_authority",
    /// The certificate vouches for itself.
    CertificateSelfSigned = "certificate_self_signed",
    /// The certificate cannot be used.
    CertificateInvalid = "certificate_invalid",
    /// The certificate's authority is not trusted here, and its own certificate was not sent.
    AuthorityNotSent = "authority_not_sent",
    /// The text is no certificate authority.
    AuthorityInvalid = "authority_invalid",
    /// No token was given.
    TokenEmpty = "token_empty",
    /// The token is longer than any token is.
    TokenTooLong = "token_too_long",
    /// The text cannot be a token.
    TokenInvalidText = "token_invalid_text",
    /// Another kind of secret.
    TokenWrongKind = "token_wrong_kind",
    /// GitLab does not know the token.
    TokenUnknown = "token_unknown",
    /// The token's last day has passed.
    TokenExpired = "token_expired",
    /// The token was revoked.
    TokenRevoked = "token_revoked",
    /// The token lacks scopes.
    TokenTooNarrow = "token_too_narrow",
    /// The token can do nothing of use.
    TokenUseless = "token_useless",
    /// The token belongs to another user than the account.
    TokenOther = "token_other",
    /// Another user than the account's signed in, or owns the token, and nobody agreed to that.
    OtherUser = "other_user",
    /// The user's tokens need a proof of possession.
    DpopRequired = "dpop_required",
    /// A fine-grained permission is missing, or only fine-grained tokens are allowed.
    FineGrainedRefused = "fine_grained_refused",
    /// An impersonation token, and impersonation is switched off.
    ImpersonationDisabled = "impersonation_disabled",
    /// The account is blocked.
    AccountBlocked = "account_blocked",
    /// The account waits for approval.
    AccountPending = "account_pending",
    /// The account sleeps.
    AccountDeactivated = "account_deactivated",
    /// The e-mail address is not confirmed.
    AccountUnconfirmed = "account_unconfirmed",
    /// The terms of service are not accepted.
    TermsNotAccepted = "terms_not_accepted",
    /// The password has expired.
    PasswordExpired = "password_expired",
    /// GitLab forbids it.
    Forbidden = "forbidden",
    /// No display name was given.
    NameEmpty = "name_empty",
    /// The display name is too long.
    NameTooLong = "name_too_long",
    /// The display name is another account's.
    NameTaken = "name_taken",
    /// The display name contains a control character.
    NameInvalid = "name_invalid",
    /// There is no keychain.
    KeychainAbsent = "keychain_absent",
    /// The keychain is locked.
    KeychainLocked = "keychain_locked",
    /// The keychain refused.
    KeychainDenied = "keychain_denied",
    /// The keychain is full.
    KeychainFull = "keychain_full",
    /// The keychain does not answer.
    KeychainHung = "keychain_hung",
    /// The stored record is damaged.
    KeychainCorrupt = "keychain_corrupt",
    /// The passphrase does not open the encrypted file.
    KeychainWrongPassphrase = "keychain_wrong_passphrase",
    /// The encrypted file waits for its passphrase.
    KeychainNeedsPassphrase = "keychain_needs_passphrase",
    /// The account's secret is no longer in the keychain.
    KeychainMissing = "keychain_missing",
    /// The keychain failed otherwise.
    KeychainFailed = "keychain_failed",
    /// No account of this name.
    AccountNotFound = "account_not_found",
    /// No instance of this address.
    InstanceNotFound = "instance_not_found",
    /// Accounts are linked on the instance.
    InstanceInUse = "instance_in_use",
    /// GitLab.com is built in and stays.
    InstanceBuiltIn = "instance_built_in",
    /// The text is no `lablink://relink` link.
    RelinkLinkInvalid = "relink_link_invalid",
    /// The text is no list of scopes.
    ScopesInvalid = "scopes_invalid",
    /// The text is no link profile.
    ProfileInvalid = "profile_invalid",
    /// The link profile is of another version.
    ProfileVersion = "profile_version",
    /// The link profile would change an instance that exists.
    ProfileConflict = "profile_conflict",
    /// The app registration has a secret, which no link profile carries.
    ProfileConfidential = "profile_confidential",
    /// Managed policy decides about the instance.
    PolicyLocked = "policy_locked",
    /// Managed policy cannot be used.
    PolicyBroken = "policy_broken",
    /// Revoked, but the token still answers.
    StillAlive = "still_alive",
    /// The encrypted file as a whole cannot be read.
    KeychainFileDamaged = "keychain_file_damaged",
    /// Another LabLink has been at work on the account for long.
    AccountBusy = "account_busy",
    /// The database failed.
    StoreFailed = "store_failed",
    /// The database belongs to a newer LabLink.
    StoreNewer = "store_newer",
    /// The database is damaged.
    StoreDamaged = "store_damaged",
    /// The keychain keeps secrets of accounts that are not in the list.
    SecretsOrphaned = "secrets_orphaned",
    /// This computer's clock is off.
    ClockOff = "clock_off",
    /// The home folder cannot be used.
    HomeUnusable = "home_unusable",
    /// A fault of LabLink's own.
    Internal = "internal",
    /// The work was interrupted.
    Interrupted = "interrupted",
    /// The person cancelled.
    Cancelled = "cancelled",
    /// The clipboard holds no text.
    ClipboardEmpty = "clipboard_empty",
    /// The clipboard cannot be read.
    ClipboardFailed = "clipboard_failed",
    /// git is not installed.
    GitMissing = "git_missing",
    /// App login is not set up for this GitLab: no application is registered there that LabLink knows of.
    AppNotSetUp = "app_not_set_up",
    /// GitLab does not know the application, or knows it no more.
    AppUnknown = "app_unknown",
    /// The application's secret is wrong, missing or was renewed.
    AppSecretWrong = "app_secret_wrong",
    /// GitLab does not let the application do this: its scopes or its redirect address.
    AppRefused = "app_refused",
    /// The text is no application ID.
    ApplicationIdInvalid = "application_id_invalid",
    /// The text is no application's secret.
    ApplicationSecretInvalid = "application_secret_invalid",
    /// Access was not granted.
    LoginDenied = "login_denied",
    /// The browser did not come back in time.
    LoginTimedOut = "login_timed_out",
    /// The answer calls itself another server's.
    LoginMixedUp = "login_mixed_up",
    /// The browser could not be opened.
    BrowserFailed = "browser_failed",
    /// This computer gives no port to listen on.
    ListenerFailed = "listener_failed",
    /// This GitLab has no login with a code.
    DeviceUnsupported = "device_unsupported",
    /// The code's time is over.
    DeviceExpired = "device_expired",
    /// The login with a code was denied.
    DeviceDenied = "device_denied",
    /// GitLab does not accept the login's code or renews the login no more.
    GrantRefused = "grant_refused",
    /// GitLab does not renew the login right now; it may in a minute.
    RenewalDelayed = "renewal_delayed",
    /// GitLab renewed the login and no answer came that could be used.
    LostRenewal = "lost_renewal",
    /// The account signs in by app login, which has no token to rotate.
    RotationOfLogin = "rotation_of_login",
    /// The day the new token is to end on has passed.
    RotationPast = "rotation_past",
    /// The token has neither scope that lets it be rotated.
    RotationScope = "rotation_scope",
    /// The GitLab is too old to rotate a token.
    RotationTooOld = "rotation_too_old",
    /// Another account here uses the same token.
    RotationShared = "rotation_shared",
    /// GitLab does not take the day the new token is to end on.
    RotationExpiry = "rotation_expiry",
    /// The answer to a rotation was lost, the token still works, and it is not rotated again.
    RotationUnsure = "rotation_unsure",
    /// The answer to a rotation was lost, and nobody knows yet whether the token still works.
    RotationUnsettled = "rotation_unsettled",
    /// The account signs in with an access token, not by app login.
    NoAppLogin = "no_app_login",
    /// Other scopes were granted than were asked for.
    ScopesDiffer = "scopes_differ",
}

impl ProblemCode {
    /// Whether GitLab said that the token is dead: no later silence takes that back.
    #[must_use]
    pub fn tells_dead(self) -> bool {
        matches!(
            self,
            Self::TokenUnknown
                | Self::TokenRevoked
                | Self::TokenExpired
                | Self::ImpersonationDisabled
                | Self::AppUnknown
                | Self::GrantRefused
                | Self::LostRenewal
        )
    }

    /// Whether nothing was learned about the token: the network, the server or another LabLink was in the way.
    #[must_use]
    pub fn tells_nothing(self) -> bool {
        matches!(
            self,
            Self::NameNotFound
                | Self::ConnectionRefused
                | Self::ConnectionLost
                | Self::Unreachable
                | Self::Silent
                | Self::RateLimited
                | Self::ServerError
                | Self::Maintenance
                | Self::ProxyFailed
                | Self::CertificateExpired
                | Self::CertificateNotYetValid
                | Self::CertificateOtherHost
                | Self::CertificateUnknownAuthority
                | Self::CertificateSelfSigned
                | Self::CertificateInvalid
                | Self::NotGitLab
                | Self::SignInWall
                | Self::RedirectElsewhere
                | Self::UnusableAnswer
                | Self::RenewalDelayed
                | Self::AccountBusy
                | Self::RotationUnsettled
        )
    }

    /// Whether a GitLab presents a certificate of somebody nobody here trusts: all else about it is right, so a person may
    /// say whom to trust.
    #[must_use]
    pub fn asks_whom_to_trust(self) -> bool {
        matches!(
            self,
            Self::CertificateUnknownAuthority | Self::CertificateSelfSigned
        )
    }

    /// Whether the keychain was in the way.
    #[must_use]
    pub fn of_keychain(self) -> bool {
        self.as_str().starts_with("keychain_")
    }
}

impl std::fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_its_code_and_is_used_once() {
        for code in ProblemCode::ALL {
            assert_eq!(ProblemCode::from_word(code.as_str()), Some(*code));
        }
        assert_eq!(ProblemCode::from_word("of_next_year"), None);
    }
}
