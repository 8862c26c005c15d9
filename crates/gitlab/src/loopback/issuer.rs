//! Whether an answer's `iss` names the GitLab that was asked (RFC 9207 §2.4).

use crate::base_url::BaseUrl;

/// Compares. `issuer`: what the GitLab calls itself, to be named letter by letter. Where it does not say, its issuer is
/// taken to be the address it is reached by, whatever the scheme: one that does not know of the TLS in front of it
/// names http, and one that does not listen to it names https (quirk 24).
pub(super) fn is_named(iss: &str, issuer: Option<&str>, base: &BaseUrl) -> bool {
    match issuer {
        Some(issuer) => iss == issuer,
        None => BaseUrl::parse(iss).is_ok_and(|named| {
            named.host() == base.host() && named.port() == base.port() && named.path() == base.path()
        }),
    }
}
