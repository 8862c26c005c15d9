//! What OAuth hands out before a token: authorization codes and device codes (contract §3.1, §3.5, §3.8).

use jiff::Timestamp;

/// How a code challenge was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChallengeMethod {
    Plain,
    S256,
}

/// One authorization code. A used one stays, so that a second use is told from an unknown code nowhere but here.
pub(crate) struct Grant {
    pub(crate) code: String,
    pub(crate) application: u64,
    pub(crate) user: u64,
    pub(crate) redirect_uri: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) challenge: Option<(String, ChallengeMethod)>,
    pub(crate) created_at: Timestamp,
    pub(crate) used: bool,
}

/// Where a device code stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeviceState {
    Pending,
    Approved(u64),
    Denied,
}

/// One device code; gone once redeemed, or once told that it expired.
pub(crate) struct DeviceGrant {
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) application: u64,
    pub(crate) scopes: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) polled_at: Option<Timestamp>,
    pub(crate) state: DeviceState,
}
