//! One form to GitLab's OAuth endpoints and what came of it.

use tokio::time::Instant;
use url::{Url, form_urlencoded};

use super::form::Form;
use super::loose::Told;
use super::problem::GrantProblem;
use crate::connection::Reach;
use crate::evidence::{says_maintenance, target};
use crate::once::{self, Came, Missed, Sent};
use crate::shown::shown;
use crate::unanswered::Unanswered;
use crate::wire::{Answer, TELLING, holds};

/// An answer that was not yes.
pub(super) enum No {
    /// `authorization_pending`: the person has not answered yet.
    Pending,
    /// `slow_down`: polled too early.
    SlowDown,
    /// It cannot answer now, and says for how many seconds it wants to be left alone (RFC 9110 §10.2.3).
    Rest {
        problem: GrantProblem,
        seconds: u64,
    },
    Problem(GrantProblem),
}

impl From<GrantProblem> for No {
    fn from(problem: GrantProblem) -> Self {
        Self::Problem(problem)
    }
}

impl From<No> for GrantProblem {
    /// Only a device's poll may be told to wait.
    fn from(no: No) -> Self {
        match no {
            No::Pending | No::SlowDown => Self::Unexpected { status: 400 },
            No::Problem(problem) | No::Rest { problem, .. } => problem,
        }
    }
}

/// Posts the form and reads a good answer.
pub(super) async fn post(reach: &Reach, form: &Form, end: Instant) -> Result<Told, No> {
    let came = carry(reach, form, end).await?;
    if !(200..=299).contains(&came.status) {
        return Err(refused(reach, came, form));
    }
    let Some(told) = Told::read(&came.body) else {
        return Err(GrantProblem::Unusable(came.nature()).into());
    };
    // Some proxies make every answer a 200.
    match told.error.text() {
        Some(error) if told.access_token.is_nothing() => {
            Err(known(error, None).unwrap_or(No::Problem(GrantProblem::NoAccessToken)))
        }
        _ => Ok(told),
    }
}

/// Posts the form where a good answer says nothing.
pub(super) async fn post_for_nothing(reach: &Reach, form: &Form, end: Instant) -> Result<(), GrantProblem> {
    let came = carry(reach, form, end).await?;
    if !(200..=299).contains(&came.status) {
        return Err(refused(reach, came, form).into());
    }
    if !came.body.trim_ascii().is_empty() && Told::read(&came.body).is_none() {
        return Err(GrantProblem::Unusable(came.nature()));
    }
    Ok(())
}

async fn carry(reach: &Reach, form: &Form, end: Instant) -> Result<Came, GrantProblem> {
    let sent = Sent {
        to: &form.to,
        fields: &form.fields,
        token: None,
    };
    once::post(reach, &sent, end)
        .await
        .map_err(|missed| match missed {
            Missed::NotSent(unanswered) => GrantProblem::Unanswered(unanswered),
            Missed::Lost(unanswered) => GrantProblem::LostAnswer(unanswered),
            Missed::Unusable(unusable) => GrantProblem::Unusable(unusable),
        })
}

/// Sorts an answer that is not good, by its error code where it has one (contract §3.6: never by prose).
fn refused(reach: &Reach, came: Came, form: &Form) -> No {
    let told = Told::read(&came.body);
    let answer = came.into_answer();
    let status = answer.status;
    let problem = match (status, told.as_ref().and_then(|told| told.error.text())) {
        (301 | 302 | 303 | 307 | 308, _) => match target(&answer, &form.to) {
            Ok(to) if !names_what_was_sent(&to, form) => GrantProblem::RedirectElsewhere {
                to: shown(&to.origin().ascii_serialization()),
            },
            _ => GrantProblem::Unexpected { status },
        },
        (407, _) if reach.proxy(&form.to).is_some() => GrantProblem::Unanswered(Unanswered::Proxy {
            proxy: reach.proxy(&form.to).unwrap_or_default(),
            detail: "it wants a password".to_owned(),
        }),
        (429, _) => GrantProblem::Unanswered(Unanswered::RateLimited {
            retry_after: answer.retry_after(),
        }),
        (_, Some(error)) => match known(error, answer.retry_after()) {
            Some(No::Problem(problem)) => problem,
            Some(no) => return no,
            None => by_status(&answer),
        },
        (_, None) => by_status(&answer),
    };
    let busy = matches!(
        problem,
        GrantProblem::Unanswered(_) | GrantProblem::TemporarilyUnavailable { .. }
    );
    match answer.retry_after() {
        Some(seconds) if busy => No::Rest { problem, seconds },
        _ => problem.into(),
    }
}

/// Whether a host is made of what the form says: a hostile server may want to have that shown.
fn names_what_was_sent(to: &Url, form: &Form) -> bool {
    let host = to.host_str().unwrap_or_default();
    form_urlencoded::parse(&form.fields).any(|(_, value)| value.len() >= TELLING && holds(host, &value))
}

fn by_status(answer: &Answer) -> GrantProblem {
    match answer.status {
        503 if says_maintenance(answer) => GrantProblem::Unanswered(Unanswered::Maintenance),
        503 => GrantProblem::Unanswered(Unanswered::ServerError { status: 503 }),
        // RFC 6585 §6: the network on the way wants a sign-in, and passed nothing on.
        511 => GrantProblem::Unexpected { status: 511 },
        // What failed inside, or on the way back, may have been done before it failed.
        status @ 500.. => GrantProblem::LostAnswer(Unanswered::ServerError { status }),
        status => GrantProblem::Unexpected { status },
    }
}

fn known(error: &str, retry_after: Option<u64>) -> Option<No> {
    Some(No::Problem(match error {
        "authorization_pending" => return Some(No::Pending),
        "slow_down" => return Some(No::SlowDown),
        "invalid_request" => GrantProblem::InvalidRequest,
        "invalid_client" => GrantProblem::InvalidClient,
        "invalid_grant" => GrantProblem::InvalidGrant,
        "unauthorized_client" => GrantProblem::UnauthorizedClient,
        "invalid_scope" => GrantProblem::InvalidScope,
        "unsupported_grant_type" => GrantProblem::UnsupportedGrantType,
        "access_denied" => GrantProblem::AccessDenied,
        "expired_token" => GrantProblem::Expired,
        "temporarily_unavailable" => GrantProblem::TemporarilyUnavailable { retry_after },
        _ => return None,
    }))
}
