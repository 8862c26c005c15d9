//! One form to GitLab and its answer. Sent once, whatever happens; what happens is told so that a lost answer is never
//! taken for a request that was not made.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::{HeaderMap, header};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};
use zeroize::{Zeroize as _, Zeroizing};

use super::form::Form;
use super::loose::Told;
use super::problem::GrantProblem;
use crate::connection::Reach;
use crate::evidence::{says_maintenance, target};
use crate::problem::Unusable;
use crate::unanswered::{Unanswered, of_request};
use crate::wire::{Answer, BODY_LIMIT, Fault, seconds};

/// How much room an answer is given from the start, in bytes: memory that grows leaves copies behind.
const USUAL_SIZE: usize = 32 * 1024;

/// An answer that was not yes.
pub(super) enum No {
    /// `authorization_pending`: the person has not answered yet.
    Pending,
    /// `slow_down`: polled too early.
    SlowDown,
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
            No::Problem(problem) => problem,
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

struct Came {
    status: u16,
    headers: HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Came {
    /// What a good answer is that is no JSON object.
    fn nature(mut self) -> Unusable {
        // What is no page may be tokens in pieces: it is not copied.
        if !self.body.trim_ascii_start().starts_with(b"<") {
            self.body.zeroize();
        }
        if self.into_answer().is_html() {
            Unusable::Html
        } else {
            Unusable::BrokenJson
        }
    }

    fn into_answer(self) -> Answer {
        Answer::of(self.status, self.headers, self.body.to_vec())
    }
}

async fn carry(reach: &Reach, form: &Form, end: Instant) -> Result<Came, GrantProblem> {
    let sent = Arc::new(AtomicBool::new(false));
    let body = Once {
        fields: Some(Bytes::from_owner(form.fields.clone())),
        sent: Arc::clone(&sent),
    };
    let request = reach
        .http
        .post(form.to.clone())
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(reqwest::Body::wrap(body));
    let lost = |unanswered| {
        if sent.load(Ordering::Acquire) {
            GrantProblem::LostAnswer(unanswered)
        } else {
            GrantProblem::Unanswered(unanswered)
        }
    };
    match timeout_at(end, exchange(reach, request, form)).await {
        Ok(Ok(came)) => Ok(came),
        Ok(Err(Fault::Unanswered(unanswered))) => Err(lost(unanswered)),
        Ok(Err(Fault::Unusable(unusable))) => Err(GrantProblem::Unusable(unusable)),
        Err(_) => Err(lost(Unanswered::Silent {
            after_seconds: seconds(reach.timeouts.whole),
        })),
    }
}

async fn exchange(reach: &Reach, request: reqwest::RequestBuilder, form: &Form) -> Result<Came, Fault> {
    let mut response = request
        .send()
        .await
        .map_err(|error| of_request(&error, &form.to, reach))?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Zeroizing::new(Vec::with_capacity(USUAL_SIZE));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= BODY_LIMIT => body.extend_from_slice(&chunk),
            Ok(None) => break,
            // A refusal's status has said it; only a good answer is worth nothing in pieces.
            Ok(Some(_)) | Err(_) if !(200..=299).contains(&status) => break,
            Ok(Some(_)) => return Err(Fault::Unusable(Unusable::TooLarge { limit: BODY_LIMIT })),
            Err(error) => return Err(of_request(&error, &form.to, reach)),
        }
    }
    Ok(Came {
        status,
        headers,
        body,
    })
}

/// Sorts an answer that is not good, by its error code where it has one (contract §3.6: never by prose).
fn refused(reach: &Reach, came: Came, form: &Form) -> No {
    let told = Told::read(&came.body);
    let answer = came.into_answer();
    let status = answer.status;
    let problem = match (status, told.as_ref().and_then(|told| told.error.text())) {
        (301 | 302 | 303 | 307 | 308, _) => match target(&answer, &form.to) {
            Ok(to) => GrantProblem::RedirectElsewhere {
                to: to.origin().ascii_serialization(),
            },
            Err(_) => GrantProblem::Unexpected { status },
        },
        (407, _) if reach.proxy.is_some() => GrantProblem::Unanswered(Unanswered::Proxy {
            proxy: reach.proxy.clone().unwrap_or_default(),
            detail: "it wants a password".to_owned(),
        }),
        (429, _) => GrantProblem::Unanswered(Unanswered::RateLimited {
            retry_after: answer.retry_after(),
        }),
        (_, Some(error)) => match known(error, answer.retry_after()) {
            Some(no) => return no,
            None => by_status(&answer),
        },
        (_, None) => by_status(&answer),
    };
    problem.into()
}

fn by_status(answer: &Answer) -> GrantProblem {
    match answer.status {
        503 if says_maintenance(answer) => GrantProblem::Unanswered(Unanswered::Maintenance),
        503 => GrantProblem::Unanswered(Unanswered::ServerError { status: 503 }),
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

/// A request's body that knows whether it was asked for: until then, nothing GitLab could act on has been sent.
struct Once {
    fields: Option<Bytes>,
    sent: Arc<AtomicBool>,
}

impl Body for Once {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.sent.store(true, Ordering::Release);
        Poll::Ready(self.fields.take().map(|fields| Ok(Frame::data(fields))))
    }

    fn is_end_stream(&self) -> bool {
        self.fields.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.fields.as_ref().map_or(0, |fields| fields.len() as u64))
    }
}
