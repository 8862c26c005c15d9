//! `/oauth/userinfo` (contract §3.9): the claims about the person behind a token with `openid`. Its refusals have no body.

use hyper::StatusCode;
use hyper::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::asked::Asked;
use crate::body::Body;
use crate::guard::bearer;
use crate::reply::Reply;
use crate::state::Instance;
use crate::state::project::{DEVELOPER, MAINTAINER, OWNER};
use crate::state::token::TokenKind;

fn refused(status: StatusCode, code: &str, description: &str) -> Reply {
    let challenge =
        format!("Bearer realm=\"Doorkeeper\", error=\"{code}\", error_description=\"{description}\"");
    let mut headers = HeaderMap::new();
    if let Ok(challenge) = HeaderValue::from_str(&challenge) {
        headers.insert(WWW_AUTHENTICATE, challenge);
    }
    Reply {
        status,
        headers,
        body: Body::empty(),
    }
}

pub(super) fn answer(instance: &Instance, asked: &Asked) -> Reply {
    let now = instance.clock.now();
    let world = instance.world();
    let shown = bearer(asked)
        .map(str::to_owned)
        .or_else(|| asked.param("access_token"));
    let found = shown
        .and_then(|secret| world.token_with_secret(&secret))
        .filter(|token| token.kind == TokenKind::Oauth && token.active(now))
        .and_then(|token| world.users.get(&token.user).map(|user| (token, user)));
    let Some((token, user)) = found else {
        return refused(
            StatusCode::UNAUTHORIZED,
            "invalid_token",
            "The access token is invalid",
        );
    };
    if !token.has_any(&["openid"]) {
        return refused(
            StatusCode::FORBIDDEN,
            "insufficient_scope",
            "Access to this resource requires scope \\\"openid\\\".",
        );
    }
    let web = format!("{}/{}", instance.canonical, user.username);
    let groups = |least: u8| -> Vec<&str> {
        let mine = world.groups.values().filter(|group| {
            let level = group.members.get(&user.id).copied().unwrap_or(0);
            level >= least && level > 0
        });
        mine.map(|group| group.path.as_str()).collect()
    };
    let legacy = Sha256::digest(format!("{}-{}", user.id, instance.canonical))
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    // The address that only the account sees needs a scope of its own; the public one is not set here.
    let told = token.has_any(&["email"]);
    Reply::ok(&json!({
        "sub": user.id.to_string(),
        "sub_legacy": legacy,
        "name": user.name,
        "nickname": user.username,
        "preferred_username": user.username,
        "email": told.then_some(&user.email),
        "email_verified": told,
        "website": "",
        "profile": web,
        "picture": user.avatar_url,
        "groups": groups(0),
        "https://gitlab.org/claims/groups/owner": groups(OWNER),
        "https://gitlab.org/claims/groups/maintainer": groups(MAINTAINER),
        "https://gitlab.org/claims/groups/developer": groups(DEVELOPER),
    }))
}
