//! Who a client is (contract §3.1, §3.2), and the errors of the token endpoint (§3.6).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, PRAGMA};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use crate::asked::Asked;
use crate::guard::Refusal;
use crate::reply::Reply;
use crate::state::World;
use crate::state::application::Application;

const INVALID_GRANT: &str = "The provided authorization grant is invalid, expired, revoked, does not match the \
    redirection URI used in the authorization request, or was issued to another client.";
const INVALID_CLIENT: &str = "Client authentication failed due to unknown client, no client authentication included, \
    or unsupported authentication method.";

/// An error of the token endpoint with its challenge.
pub(super) fn error(status: StatusCode, code: &str, description: &str) -> Refusal {
    let challenge =
        format!("Bearer realm=\"Doorkeeper\", error=\"{code}\", error_description=\"{description}\"");
    let body = json!({ "error": code, "error_description": description });
    Box::new(unstored(Reply::json(status, &body)).challenged(&challenge))
}

pub(crate) fn invalid_grant() -> Refusal {
    error(StatusCode::BAD_REQUEST, "invalid_grant", INVALID_GRANT)
}

pub(super) fn invalid_client() -> Refusal {
    error(StatusCode::UNAUTHORIZED, "invalid_client", INVALID_CLIENT)
}

pub(super) fn missing(parameter: &str) -> Refusal {
    let text = format!("Missing required parameter: {parameter}.");
    error(StatusCode::BAD_REQUEST, "invalid_request", &text)
}

/// Success of the token endpoint.
pub(super) fn granted(body: &Value) -> Reply {
    unstored(Reply::ok(body))
}

fn unstored(reply: Reply) -> Reply {
    reply
        .with(CACHE_CONTROL, "no-store, no-cache")
        .with(PRAGMA, "no-cache")
}

/// Name and secret from `Authorization: Basic`, or else from the body.
fn credentials(asked: &Asked) -> Option<(String, Option<String>)> {
    let basic = asked
        .header("authorization")
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok());
    match basic.as_deref().and_then(|text| text.split_once(':')) {
        Some((id, secret)) => Some((
            id.to_owned(),
            Some(secret.to_owned()).filter(|text| !text.is_empty()),
        )),
        None => asked
            .param("client_id")
            .map(|id| (id, asked.param("client_secret"))),
    }
}

/// The application that asks. A confidential one proves itself; a public one must not show a wrong secret (quirk 21).
pub(super) fn authenticated<'a>(world: &'a World, asked: &Asked) -> Option<&'a Application> {
    let (id, secret) = credentials(asked)?;
    let application = world.application_called(&id)?;
    let right = match secret {
        Some(secret) => bool::from(secret.as_bytes().ct_eq(application.secret.as_bytes())),
        None => !application.confidential,
    };
    right.then_some(application)
}
