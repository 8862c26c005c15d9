//! Ending a token and asking about one (contract §3.9).

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::client::{authenticated, invalid_client, missing};
use crate::asked::Asked;
use crate::guard::bearer;
use crate::reply::Reply;
use crate::state::application::Application;
use crate::state::token::{Expiry, TokenKind};
use crate::state::{Instance, World};

/// Ends access and refresh token together. Says 200 to what it does not know, personal tokens among it (quirk 28).
pub(super) fn revoke(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let Some(shown) = asked.param("token") else {
        return *missing("token");
    };
    let client = authenticated(&world, asked).map(|application| application.id);
    let found = world
        .token_with_refresh(&shown)
        .or_else(|| world.token_with_secret(&shown))
        .and_then(|token| token.oauth.as_ref().map(|oauth| (token.id, oauth.application)));
    match found {
        Some((_, owner)) if client != Some(owner) => {
            let text = "You are not authorized to revoke this token";
            let body = json!({ "error": "unauthorized_client", "error_description": text });
            Reply::json(StatusCode::FORBIDDEN, &body)
        }
        Some((id, _)) => {
            if let Some(token) = world.tokens.get_mut(&id) {
                token.revoked = true;
            }
            Reply::ok(&json!({}))
        }
        None => Reply::ok(&json!({})),
    }
}

/// `GET /oauth/token/info`: an OAuth token about itself.
pub(super) fn info(instance: &Instance, asked: &Asked) -> Reply {
    let world = instance.world();
    let now = instance.clock.now();
    let token = bearer(asked)
        .and_then(|secret| world.token_with_secret(secret))
        .filter(|token| token.kind == TokenKind::Oauth && token.active(now));
    let Some(token) = token else {
        let text = "The access token is invalid";
        let body = json!({ "error": "invalid_token", "error_description": text, "state": "unauthorized" });
        let challenge =
            format!("Bearer realm=\"Doorkeeper\", error=\"invalid_token\", error_description=\"{text}\"");
        return Reply::json(StatusCode::UNAUTHORIZED, &body).challenged(&challenge);
    };
    let left = match token.expiry {
        Expiry::At(at) => Some(at.as_second() - now.as_second()),
        _ => None,
    };
    let uid = token
        .oauth
        .as_ref()
        .and_then(|oauth| world.applications.get(&oauth.application));
    Reply::ok(&json!({
        "resource_owner_id": world.users.get(&token.user).map(|user| user.id),
        "scope": token.scopes,
        "expires_in": left,
        "application": { "uid": uid.map(|application| &application.uid) },
        "created_at": token.created_at.as_second(),
        "scopes": token.scopes,
        "expires_in_seconds": left,
    }))
}

/// The application of a live OAuth token that is shown to ask about another one.
fn vouched<'a>(world: &'a World, asked: &Asked, about: &str, now: Timestamp) -> Option<&'a Application> {
    let token = bearer(asked)
        .filter(|secret| *secret != about)
        .and_then(|secret| world.token_with_secret(secret))
        .filter(|token| token.active(now))?;
    world.applications.get(&token.oauth.as_ref()?.application)
}

/// `POST /oauth/introspect`, for clients about their own tokens.
pub(super) fn introspect(instance: &Instance, asked: &Asked) -> Reply {
    let world = instance.world();
    let now = instance.clock.now();
    let Some(shown) = asked.param("token") else {
        return *missing("token");
    };
    let Some(client) = authenticated(&world, asked).or_else(|| vouched(&world, asked, &shown, now)) else {
        return *invalid_client();
    };
    let token = world.token_with_secret(&shown).filter(|token| {
        token.active(now)
            && token
                .oauth
                .as_ref()
                .is_some_and(|oauth| oauth.application == client.id)
    });
    let Some(token) = token else {
        return Reply::ok(&json!({ "active": false }));
    };
    let until = match token.expiry {
        Expiry::At(at) => Some(at.as_second()),
        _ => None,
    };
    Reply::ok(&json!({
        "active": true,
        "scope": token.scopes.join(" "),
        "client_id": client.uid,
        "token_type": "Bearer",
        "iat": token.created_at.as_second(),
        "exp": until,
    }))
}
