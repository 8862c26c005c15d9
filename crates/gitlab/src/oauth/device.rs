//! Signing in on another screen: RFC 8628 as GitLab does it (contract §3.8).

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use url::Url;
use zeroize::Zeroizing;

use super::carry::{No, post};
use super::grants::now;
use super::loose::{Loose, Told};
use super::pace::Pace;
use super::{ApplicationId, GrantProblem, Registration, TokenSet, form};
use crate::base_url::BaseUrl;
use crate::client::Client;
use crate::problem::Unusable;
use crate::wire::deadline;

/// Seconds between polls when the server does not say (RFC 8628 §3.2), and what a `slow_down` adds (§3.5).
pub(super) const INTERVAL: u64 = 5;

/// GitLab's lifetime of a device code when it does not say, in seconds (contract §3.1).
const LIFETIME: u64 = 300;

/// The longest lifetime taken from a server, in seconds.
const LONGEST_LIFETIME: u64 = 3600;

/// The longest device code taken, in bytes.
const CODE_LIMIT: usize = 4096;

/// A device login that waits for a person. Carries a secret: cannot be printed, serialized or copied.
pub struct DeviceAuthorization {
    device_code: Zeroizing<String>,
    /// What the person types: 1 to 32 letters, digits and hyphens.
    pub user_code: String,
    /// Where they type it: always below the GitLab's own address.
    pub verification_uri: Url,
    /// The same with the code filled in.
    pub verification_uri_complete: Url,
    /// How long to wait between polls: at least 1 s, and no longer than the code lives.
    pub interval: Duration,
    /// When it is over, by the runtime's clock.
    pub expires_at: Instant,
}

/// What one poll found.
pub enum DevicePoll {
    /// Nobody has answered yet. A denial looks the same (quirk 26).
    Pending,
    /// Polled too early: wait 5 s longer from now on (RFC 8628 §3.5).
    SlowDown,
    /// It cannot answer now and wants to be left alone for so long. Says nothing about the login.
    Busy {
        /// How long.
        rest: Duration,
    },
    /// Signed in.
    Done(TokenSet),
}

impl Client {
    /// Asks for a device code. [`GrantProblem::UnsupportedGrantType`] where the GitLab is too old for it.
    pub async fn start_device(
        &self,
        id: &ApplicationId,
        scopes: &[String],
    ) -> Result<DeviceAuthorization, GrantProblem> {
        let form = form::device(&self.base, id, scopes)?;
        let asked_at = Instant::now();
        match post(&self.reach, &form, deadline(&self.reach)).await {
            Ok(told) => authorization(told, &self.base, asked_at),
            // The route came with 17.2; before, GitLab says so in HTML or in JSON.
            Err(No::Problem(GrantProblem::Unexpected { status: 404 | 405 })) => {
                Err(GrantProblem::UnsupportedGrantType)
            }
            Err(no) => Err(no.into()),
        }
    }

    /// Asks once whether the person has signed in. An `invalid_grant` is a device code that has been forgotten, which
    /// GitLab does after it has said once that it expired (quirk 26): [`GrantProblem::Expired`].
    pub async fn poll_device(
        &self,
        registration: &Registration,
        device: &DeviceAuthorization,
    ) -> Result<DevicePoll, GrantProblem> {
        let form = form::poll(&self.base, registration, &device.device_code);
        let asked_at = now();
        match post(&self.reach, &form, deadline(&self.reach)).await {
            Ok(told) => {
                let tokens = self.signed_in(registration, &told, &form, asked_at);
                tokens.await.map(DevicePoll::Done)
            }
            Err(No::Pending) => Ok(DevicePoll::Pending),
            Err(No::SlowDown) => Ok(DevicePoll::SlowDown),
            Err(No::Problem(GrantProblem::InvalidGrant)) => Err(GrantProblem::Expired),
            Err(No::Rest { seconds, .. }) => Ok(DevicePoll::Busy {
                rest: Duration::from_secs(seconds),
            }),
            Err(No::Problem(problem)) => Err(problem),
        }
    }

    /// Polls at the right pace until the person has signed in, the time is over, or `stopped` is done, which counts as
    /// [`GrantProblem::Expired`]; a poll that is under way then goes on to its answer. What says nothing about the login
    /// (no connection, a busy server) is lived through; a lost answer too, but if the code is gone afterwards, then it
    /// was the answer that had the tokens.
    pub async fn await_device(
        &self,
        registration: &Registration,
        device: &DeviceAuthorization,
        stopped: impl Future<Output = ()>,
    ) -> Result<TokenSet, GrantProblem> {
        let mut stopped = Box::pin(stopped);
        let mut pace = Pace::of(device);
        let mut lost = None;
        loop {
            let due = pace.due(Instant::now());
            tokio::select! {
                () = sleep_until(due.unwrap_or(device.expires_at)) => {}
                () = &mut stopped => return Err(GrantProblem::Expired),
            }
            if due.is_none() {
                return Err(lost.unwrap_or(GrantProblem::Expired));
            }
            let polled = Box::pin(self.poll_device(registration, device)).await;
            pace.heard(&polled);
            match polled {
                Ok(DevicePoll::Done(tokens)) => return Ok(tokens),
                Ok(DevicePoll::Pending | DevicePoll::SlowDown | DevicePoll::Busy { .. })
                | Err(GrantProblem::Unanswered(_) | GrantProblem::TemporarilyUnavailable { .. }) => {}
                Err(problem @ GrantProblem::LostAnswer(_)) => lost = Some(problem),
                Err(GrantProblem::Expired) => return Err(lost.unwrap_or(GrantProblem::Expired)),
                Err(problem) => return Err(problem),
            }
        }
    }
}

fn authorization(told: Told, base: &BaseUrl, asked_at: Instant) -> Result<DeviceAuthorization, GrantProblem> {
    let device_code = match told.device_code {
        Loose::Text(code)
            if (1..=CODE_LIMIT).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_graphic()) =>
        {
            code
        }
        _ => return Err(wrong("device_code")),
    };
    let user_code = told
        .user_code
        .text()
        .filter(|code| code.len() <= 32 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
        .ok_or(wrong("user_code"))?
        .to_owned();
    let verification_uri = verification_uri(told.verification_uri.text(), base)?;
    let mut verification_uri_complete = verification_uri.clone();
    verification_uri_complete
        .query_pairs_mut()
        .append_pair("user_code", &user_code);
    let seconds = |field: &Loose, name, usual: u64, longest: u64| match field {
        Loose::Nothing => Ok(usual),
        field => field
            .number()
            .map(|number| number.clamp(1, longest))
            .ok_or(wrong(name)),
    };
    let lifetime = seconds(&told.expires_in, "expires_in", LIFETIME, LONGEST_LIFETIME)?;
    let interval = seconds(&told.interval, "interval", INTERVAL, lifetime)?.min(lifetime);
    Ok(DeviceAuthorization {
        device_code,
        user_code,
        verification_uri,
        verification_uri_complete,
        interval: Duration::from_secs(interval),
        expires_at: asked_at + Duration::from_secs(lifetime),
    })
}

/// The page for the person: the server's, if it lies within this GitLab, and else this GitLab's own (contract §3.8). The
/// server's may lack the path (quirk 25), be of the address GitLab is known by elsewhere (quirk 54), claim https where
/// there is none (quirk 24), or be a hostile one: people are sent nowhere but to the GitLab they gave.
fn verification_uri(told: Option<&str>, base: &BaseUrl) -> Result<Url, GrantProblem> {
    let told = told.ok_or(wrong("verification_uri"))?;
    let within = Url::parse(told).ok().filter(|told| {
        base.covers(told)
            && told.username().is_empty()
            && told.password().is_none()
            && told.query().is_none()
            && told.fragment().is_none()
    });
    Ok(within.unwrap_or_else(|| base.join("oauth/device")))
}

fn wrong(field: &'static str) -> GrantProblem {
    GrantProblem::Unusable(Unusable::WrongTypes { field })
}
