//! Where the browser brings GitLab's answer: RFC 8252 §7.3.

use std::fmt;

/// The path of every registration's redirect address: GitLab compares it (contract §3.4).
pub(crate) const PATH: &str = "/callback";

/// The redirect address of one login, on a port of its own: GitLab ignores the port of an IP literal and nothing else
/// (contract §3.4, quirk 19).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// What is registered at GitLab, once for all logins.
    pub const REGISTERED: &'static str = "http://127.0.0.1/callback";

    /// The address of a listener on `port` of this computer.
    #[must_use]
    pub fn loopback(port: u16) -> Self {
        Self(format!("http://127.0.0.1:{port}{PATH}"))
    }

    /// The text, the very same at every step of the flow (contract §3.13).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
