//! Answers and the shapes they come in (contract §8.1). Building only; who gets which is decided elsewhere.

use hyper::header::{CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, LOCATION, WWW_AUTHENTICATE};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::asked::Asked;
use crate::body::Body;

/// One answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Body,
}

/// What happens to a request.
pub(crate) enum Outcome {
    /// It is answered.
    Answer(Box<Reply>),
    /// The connection closes without a word.
    Close,
    /// The connection stays open without a word.
    Silence,
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self::Answer(Box::new(reply))
    }
}

impl Reply {
    pub(crate) fn new(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self {
            status,
            headers,
            body: body.into(),
        }
    }

    pub(crate) fn json(status: StatusCode, value: &Value) -> Self {
        Self::new(status, "application/json", value.to_string())
    }

    pub(crate) fn ok(value: &Value) -> Self {
        Self::json(StatusCode::OK, value)
    }

    pub(crate) fn no_content() -> Self {
        Self {
            status: StatusCode::NO_CONTENT,
            headers: HeaderMap::new(),
            body: Body::empty(),
        }
    }

    pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", text.into())
    }

    pub(crate) fn html(status: StatusCode, text: impl Into<String>) -> Self {
        Self::new(status, "text/html; charset=utf-8", text.into())
    }

    /// `{"message":"<code> <text>"}`.
    pub(crate) fn message(status: StatusCode, text: &str) -> Self {
        Self::json(status, &json!({ "message": text }))
    }

    pub(crate) fn redirect(status: StatusCode, location: &str) -> Self {
        Self::html(status, "<html><body>You are being redirected.</body></html>").with(LOCATION, location)
    }

    /// Adds a header; a value that cannot be one is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }

    pub(crate) fn challenged(self, challenge: &str) -> Self {
        self.with(WWW_AUTHENTICATE, challenge)
    }

    /// Marks what a read answers, and says 304 to who has the very same already (contract §8.4).
    pub(crate) fn unless_known(self, asked: &Asked) -> Self {
        let Body::Whole(bytes) = &self.body else {
            return self;
        };
        if !asked.reads() || self.status != StatusCode::OK {
            return self;
        }
        let digest = Sha256::digest(bytes);
        let start = digest.iter().take(16);
        let mark = start.fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let mark = format!("W/\"{mark}\"");
        let known = asked.header("if-none-match") == Some(mark.as_str());
        let mut reply = self.with(ETAG, &mark);
        if known {
            reply.status = StatusCode::NOT_MODIFIED;
            reply.headers.remove(CONTENT_TYPE);
            reply.body = Body::empty();
        }
        reply
    }

    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }
}

/// A1: nothing is known of the token, and no challenge is sent.
pub(crate) fn unauthorized() -> Reply {
    Reply::message(StatusCode::UNAUTHORIZED, "401 Unauthorized")
}

/// A15, A16.
pub(crate) fn forbidden() -> Reply {
    Reply::message(StatusCode::FORBIDDEN, "403 Forbidden")
}

pub(crate) fn not_found() -> Reply {
    Reply::message(StatusCode::NOT_FOUND, "404 Not Found")
}

pub(crate) fn bad_request(reason: &str) -> Reply {
    Reply::message(StatusCode::BAD_REQUEST, &format!("400 Bad request - {reason}"))
}

/// What Grape says to a route nobody defined.
pub(crate) fn unknown_route() -> Reply {
    Reply::json(StatusCode::NOT_FOUND, &json!({ "error": "404 Not Found" }))
}

/// What Grape says to a known route asked with another method.
pub(crate) fn wrong_method(allowed: &str) -> Reply {
    Reply::json(
        StatusCode::METHOD_NOT_ALLOWED,
        &json!({ "error": "405 Not Allowed" }),
    )
    .with(hyper::header::ALLOW, allowed)
}
