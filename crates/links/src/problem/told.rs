//! What the crates below say, in codes and values.

use std::collections::BTreeMap;

use gitlab::{AddressProblem, Refusal, TlsKind, Unanswered};
use vault::VaultError;

use super::ProblemCode;

pub(super) fn address_code(problem: &AddressProblem) -> ProblemCode {
    match problem {
        AddressProblem::Empty => ProblemCode::AddressEmpty,
        AddressProblem::TooLong { .. } => ProblemCode::AddressTooLong,
        AddressProblem::ControlCharacter => ProblemCode::AddressControl,
        AddressProblem::Scheme { .. } => ProblemCode::AddressScheme,
        AddressProblem::UserInfo => ProblemCode::AddressUserInfo,
        AddressProblem::Token => ProblemCode::AddressToken,
        AddressProblem::MixedScript { .. } => ProblemCode::AddressMixedScript,
        AddressProblem::Space
        | AddressProblem::NotAnAddress
        | AddressProblem::NoHost
        | AddressProblem::BadHost { .. }
        | AddressProblem::BadPort => ProblemCode::AddressInvalid,
    }
}

/// Which part of an address cannot be right, where it is one part: `space`, `host`, `no_host`, `port`.
pub(super) fn address_wrong(problem: &AddressProblem) -> Option<&'static str> {
    match problem {
        AddressProblem::Space => Some("space"),
        AddressProblem::NoHost => Some("no_host"),
        AddressProblem::BadHost { .. } => Some("host"),
        AddressProblem::BadPort => Some("port"),
        AddressProblem::NotAnAddress
        | AddressProblem::Empty
        | AddressProblem::TooLong { .. }
        | AddressProblem::ControlCharacter
        | AddressProblem::Scheme { .. }
        | AddressProblem::UserInfo
        | AddressProblem::Token
        | AddressProblem::MixedScript { .. } => None,
    }
}

pub(super) fn unanswered_code(unanswered: &Unanswered) -> ProblemCode {
    match unanswered {
        Unanswered::NameNotFound { .. } => ProblemCode::NameNotFound,
        Unanswered::Refused { .. } => ProblemCode::ConnectionRefused,
        Unanswered::Unreachable { .. } => ProblemCode::Unreachable,
        Unanswered::Silent { .. } => ProblemCode::Silent,
        Unanswered::RateLimited { .. } => ProblemCode::RateLimited,
        Unanswered::ServerError { .. } => ProblemCode::ServerError,
        Unanswered::Maintenance => ProblemCode::Maintenance,
        Unanswered::Proxy { .. } | Unanswered::ProxyVariable { .. } => ProblemCode::ProxyFailed,
        Unanswered::ConnectionLost => ProblemCode::ConnectionLost,
        Unanswered::Tls(tls) => match tls.kind {
            TlsKind::Expired => ProblemCode::CertificateExpired,
            TlsKind::NotYetValid => ProblemCode::CertificateNotYetValid,
            TlsKind::OtherHost => ProblemCode::CertificateOtherHost,
            TlsKind::UnknownAuthority => ProblemCode::CertificateUnknownAuthority,
            TlsKind::SelfSigned => ProblemCode::CertificateSelfSigned,
            TlsKind::Revoked | TlsKind::NotTls | TlsKind::Other => ProblemCode::CertificateInvalid,
        },
    }
}

pub(super) fn unanswered_values(unanswered: &Unanswered, values: &mut BTreeMap<&'static str, String>) {
    match unanswered {
        Unanswered::NameNotFound { host } => {
            values.insert("host", host.clone());
        }
        Unanswered::Refused { host_port } | Unanswered::Unreachable { host_port } => {
            values.insert("host", host_port.clone());
        }
        Unanswered::Silent { after_seconds } => {
            values.insert("seconds", after_seconds.to_string());
        }
        Unanswered::RateLimited { retry_after } => {
            values.extend(retry_after.map(|seconds| ("seconds", seconds.to_string())));
        }
        Unanswered::ServerError { status } => {
            values.insert("status", status.to_string());
        }
        Unanswered::Proxy { proxy, .. } => {
            values.insert("proxy", proxy.clone());
        }
        Unanswered::ProxyVariable { variable } => {
            values.insert("variable", (*variable).to_owned());
        }
        Unanswered::Tls(tls) => {
            values.insert("host", tls.host.clone());
            for (key, value) in [
                ("subject", &tls.subject),
                ("issuer", &tls.issuer),
                ("not_after", &tls.not_after),
                ("fingerprint", &tls.fingerprint),
            ] {
                values.extend(value.clone().map(|value| (key, value)));
            }
        }
        Unanswered::Maintenance | Unanswered::ConnectionLost => {}
    }
}

pub(super) fn refusal_code(refusal: &Refusal) -> ProblemCode {
    match refusal {
        Refusal::Unknown => ProblemCode::TokenUnknown,
        Refusal::Expired => ProblemCode::TokenExpired,
        Refusal::Revoked => ProblemCode::TokenRevoked,
        Refusal::ImpersonationDisabled => ProblemCode::ImpersonationDisabled,
        Refusal::TooNarrow { .. } => ProblemCode::TokenTooNarrow,
        Refusal::FineGrained { .. } => ProblemCode::FineGrainedRefused,
        Refusal::Dpop { .. } => ProblemCode::DpopRequired,
        Refusal::Blocked => ProblemCode::AccountBlocked,
        Refusal::PendingApproval => ProblemCode::AccountPending,
        Refusal::TermsNotAccepted { .. } => ProblemCode::TermsNotAccepted,
        Refusal::Deactivated { .. } => ProblemCode::AccountDeactivated,
        Refusal::Unconfirmed => ProblemCode::AccountUnconfirmed,
        Refusal::PasswordExpired => ProblemCode::PasswordExpired,
        Refusal::TwoTokens | Refusal::Forbidden | Refusal::OtherForbidden { .. } => ProblemCode::Forbidden,
        Refusal::OAuthToken => ProblemCode::TokenWrongKind,
    }
}

pub(super) fn refusal_values(refusal: &Refusal, values: &mut BTreeMap<&'static str, String>) {
    match refusal {
        Refusal::TooNarrow { would_do } => {
            values.insert("missing", would_do.join(" "));
        }
        Refusal::TermsNotAccepted { url: Some(url) } | Refusal::Deactivated { url: Some(url) } => {
            values.insert("url", url.clone());
        }
        Refusal::OAuthToken => {
            values.insert("kind", "app_login_token".to_owned());
        }
        _ => {}
    }
}

pub(super) fn keychain_code(error: &VaultError) -> ProblemCode {
    match error {
        VaultError::Missing => ProblemCode::KeychainMissing,
        VaultError::Locked => ProblemCode::KeychainLocked,
        VaultError::Denied => ProblemCode::KeychainDenied,
        VaultError::Absent { .. } => ProblemCode::KeychainAbsent,
        VaultError::Full => ProblemCode::KeychainFull,
        VaultError::Hung => ProblemCode::KeychainHung,
        VaultError::Corrupt => ProblemCode::KeychainCorrupt,
        VaultError::WrongPassphrase => ProblemCode::KeychainWrongPassphrase,
        VaultError::Failed { .. } => ProblemCode::KeychainFailed,
    }
}
