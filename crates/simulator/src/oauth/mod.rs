//! OAuth 2.0 (contract §3): sign-in by a person who clicks, codes, tokens, refresh, revocation, the device flow, and the
//! grants without a browser. `OpenID` Connect has its discovery document and its claims; no ID tokens are signed.

mod authorize;
mod client;
mod consent;
mod device;
mod inspection;
mod pkce;
mod redirect_uri;
mod token;
mod unattended;
mod userinfo;

use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
};
use hyper::{Method, StatusCode};

pub(crate) use client::invalid_grant;

use crate::asked::Asked;
use crate::pages;
use crate::reply::Reply;
use crate::state::Instance;

/// Answers a path under `{base}/oauth`.
pub(crate) fn answer(instance: &Instance, asked: &Asked, rest: &[&str]) -> Reply {
    let posted = asked.method == Method::POST;
    match rest {
        ["authorize"] if asked.reads() => authorize::ask(instance, asked),
        ["authorize"] if posted => authorize::decide(instance, asked),
        ["token" | "revoke" | "userinfo"] if asked.method == Method::OPTIONS => preflight(),
        ["token"] if posted => open_to_all(token::answer(instance, asked)),
        ["revoke"] if posted => open_to_all(inspection::revoke(instance, asked)),
        ["token", "info"] if asked.reads() => inspection::info(instance, asked),
        ["userinfo"] if posted || asked.reads() => open_to_all(userinfo::answer(instance, asked)),
        ["introspect"] if posted => inspection::introspect(instance, asked),
        // Behind a flag that is off in 17.2 (contract §0.2).
        ["authorize_device"] if posted && instance.since(17, 3) => device::begin(instance, asked),
        ["device"] if asked.reads() && instance.since(17, 3) => device::page(instance, asked),
        ["device", "confirm"] if posted && instance.since(17, 3) => device::confirm(instance, asked),
        ["device"] if posted && instance.since(17, 3) => device::decide(instance, asked),
        _ => pages::missing(instance),
    }
}

fn open_to_all(reply: Reply) -> Reply {
    reply.with(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
}

/// CORS (contract §3.1).
fn preflight() -> Reply {
    open_to_all(Reply::text(StatusCode::OK, ""))
        .with(ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, OPTIONS")
        .with(ACCESS_CONTROL_ALLOW_HEADERS, "Authorization")
}
