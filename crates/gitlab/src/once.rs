//! One form that is sent once, whatever happens; what happens is told so that a lost answer is never taken for a request
//! that was not made. For everything GitLab must not be asked twice: grants, and the rotation of a token.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use http::{HeaderMap, HeaderValue, Request, header};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::{Zeroize as _, Zeroizing};

use crate::connection::Reach;
use crate::problem::Unusable;
use crate::token::Token;
use crate::unanswered::{Unanswered, of_request};
use crate::wire::{Answer, BODY_LIMIT, Fault, bearer, carried};

/// How much room an answer is given from the start, in bytes: memory that grows leaves copies behind.
const USUAL_SIZE: usize = 32 * 1024;

/// A form, where it goes, and the token it is sent with where one is needed.
pub(crate) struct Sent<'a> {
    pub(crate) to: &'a Url,
    pub(crate) fields: &'a Zeroizing<Vec<u8>>,
    pub(crate) token: Option<&'a Token>,
}

/// Why there is no answer to look at.
pub(crate) enum Missed {
    /// Nothing GitLab could act on was sent.
    NotSent(Unanswered),
    /// It was sent, and no whole answer came.
    Lost(Unanswered),
    /// An answer came that is none, or a good one that is too large.
    Unusable(Unusable),
}

/// An answer. Its body may hold secrets and is cleared.
pub(crate) struct Came {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Zeroizing<Vec<u8>>,
    /// The token the form was sent with.
    secret: Option<Zeroizing<String>>,
}

impl Came {
    /// What a good answer is that is no JSON object.
    pub(crate) fn nature(mut self) -> Unusable {
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

    /// For an answer that gives nothing secret: a refusal.
    pub(crate) fn into_answer(self) -> Answer {
        Answer::of(self.status, self.headers, self.body.to_vec(), self.secret)
    }
}

/// Posts the form, once.
pub(crate) async fn post(reach: &Reach, form: &Sent<'_>, end: Instant) -> Result<Came, Missed> {
    let sent = Arc::new(AtomicBool::new(false));
    let body = Once {
        fields: Some(Bytes::from_owner(form.fields.clone())),
        sent: Arc::clone(&sent),
    };
    let mut request = Request::post(form.to.as_str())
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(token) = form.token {
        let value: HeaderValue = bearer(token).map_err(Missed::Unusable)?;
        request = request.header(header::AUTHORIZATION, value);
    }
    let request = request
        .body(body)
        .map_err(|_| Missed::Unusable(Unusable::NotHttp))?;
    let lost = |unanswered| {
        if sent.load(Ordering::Acquire) {
            Missed::Lost(unanswered)
        } else {
            Missed::NotSent(unanswered)
        }
    };
    match timeout_at(end, exchange(reach, request, form.to)).await {
        Ok(Ok(came)) => Ok(Came {
            secret: form.token.map(carried),
            ..came
        }),
        Ok(Err(Fault::Unanswered(unanswered))) => Err(lost(unanswered)),
        Ok(Err(Fault::Unusable(unusable))) => Err(Missed::Unusable(unusable)),
        Err(_) => Err(lost(reach.silent(form.to, sent.load(Ordering::Acquire)))),
    }
}

async fn exchange(reach: &Reach, request: Request<Once>, to: &Url) -> Result<Came, Fault> {
    let mut response = reach
        .send(request)
        .await
        .map_err(|error| of_request(&error, to, reach))?;
    let status = response.status;
    let headers = std::mem::take(&mut response.headers);
    let mut body = Zeroizing::new(Vec::with_capacity(USUAL_SIZE));
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= BODY_LIMIT => body.extend_from_slice(&chunk),
            Ok(None) => break,
            // A refusal's status has said it; only a good answer is worth nothing in pieces.
            Ok(Some(_)) | Err(_) if !(200..=299).contains(&status) => break,
            Ok(Some(_)) => return Err(Fault::Unusable(Unusable::TooLarge { limit: BODY_LIMIT })),
            Err(error) => return Err(of_request(&error, to, reach)),
        }
    }
    Ok(Came {
        status,
        headers,
        body,
        secret: None,
    })
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
