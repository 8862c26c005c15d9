//! Rotation (contract §2.6): the new token is shown once, the old one is dead at once. Reuse detection stands at the door,
//! in `guard`, because only a token that is not let in triggers it.

use hyper::StatusCode;

use super::{Answer, tokens};
use crate::asked::Asked;
use crate::guard::{Rule, admit};
use crate::reply::{Reply, bad_request, not_found};
use crate::state::seed::days_from;
use crate::state::token::{Expiry, Token, new_secret};
use crate::state::{Instance, World};

const SELF: Rule = Rule {
    accepts: &["api", "self_rotate"],
    told: "api read_api api self_rotate",
    permission: "rotate_personal_access_token",
};
const BY_ID: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "rotate_personal_access_token",
};

pub(super) fn rotate_self(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &SELF)?;
    if !caller.kind.is_pat_like() {
        return Ok(Reply::message(
            StatusCode::METHOD_NOT_ALLOWED,
            "405 Method Not Allowed",
        ));
    }
    replace(instance, &mut world, asked, caller.token, true)
}

pub(super) fn rotate(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &BY_ID)?;
    let id = tokens::reachable(&world, caller, id)?;
    replace(instance, &mut world, asked, id, instance.since(16, 6))
}

/// Puts a new token in an old one's place: same name, description, scopes, user; new number and secret.
pub(super) fn replace(
    instance: &Instance,
    world: &mut World,
    asked: &Asked,
    old: u64,
    may_choose: bool,
) -> Answer {
    let now = instance.clock.now();
    let wanted = if may_choose {
        tokens::requested_expiry(instance, world, asked)?
    } else {
        None
    };
    let expiry = match wanted {
        Some(date) => Expiry::Day(date),
        None if world.settings.require_expiry => Expiry::Day(days_from(now, 7)),
        None => Expiry::Never,
    };
    let id = world.next_id();
    let Some(token) = world.tokens.get(&old) else {
        return Err(Box::new(not_found()));
    };
    if !token.active(now) {
        return Err(Box::new(bad_request("Token already revoked or expired")));
    }
    let next = Token {
        id,
        secret: new_secret(token.kind, &world.settings),
        kind: token.kind,
        user: token.user,
        name: token.name.clone(),
        description: token.description.clone(),
        scopes: token.scopes.clone(),
        created_at: now,
        last_used_at: None,
        last_used_ips: Vec::new(),
        expiry,
        revoked: false,
        previous: Some(old),
        granular: token.granular.clone(),
        oauth: None,
    };
    let reply = Reply::ok(&tokens::object_with_secret(instance, &next));
    world.tokens.insert(id, next);
    if let Some(token) = world.tokens.get_mut(&old) {
        token.revoked = true;
    }
    Ok(reply)
}
