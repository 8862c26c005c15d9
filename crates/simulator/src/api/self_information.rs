//! `/personal_access_tokens/self`: a token about itself, with any scope (contract §2.2, §2.3, §2.6).

use serde_json::{Value, json};

use super::{Answer, listing, tokens};
use crate::asked::Asked;
use crate::guard::{Caller, Refusal, Rule, admit};
use crate::reply::{Reply, bad_request, unauthorized};
use crate::state::Instance;
use crate::state::token::TokenKind;

const SHOW: Rule = Rule {
    accepts: &[],
    told: "",
    permission: "read_personal_access_token",
};
const REVOKE: Rule = Rule {
    accepts: &[],
    told: "",
    permission: "revoke_personal_access_token",
};
/// Until 15.4 a token needed `api` to revoke itself.
const REVOKE_BEFORE_15_4: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    ..REVOKE
};

/// 400 for an OAuth token: how a client tells the two apart (quirk 7).
fn pat_only(caller: Caller) -> Result<(), Refusal> {
    if caller.kind.is_pat_like() {
        return Ok(());
    }
    Err(Box::new(bad_request(
        "This endpoint requires token type to be a personal access token",
    )))
}

pub(super) fn show(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &SHOW)?;
    pat_only(caller)?;
    let token = world
        .tokens
        .get(&caller.token)
        .ok_or_else(|| Box::new(unauthorized()))?;
    Ok(Reply::ok(&Value::Object(tokens::object(instance, token))))
}

pub(super) fn revoke(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let rule = if instance.since(15, 4) {
        &REVOKE
    } else {
        &REVOKE_BEFORE_15_4
    };
    let caller = admit(&mut world, instance, asked, rule)?;
    pat_only(caller)?;
    if caller.kind == TokenKind::Impersonation && !caller.admin {
        return Err(Box::new(bad_request("Not permitted to revoke")));
    }
    if let Some(token) = world.tokens.get_mut(&caller.token) {
        token.revoked = true;
    }
    Ok(Reply::no_content())
}

pub(super) fn associations(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &SHOW)?;
    pat_only(caller)?;
    let least = asked
        .number("min_access_level")
        .and_then(|level| u8::try_from(level).ok())
        .unwrap_or(1);
    let groups: Vec<Value> = world
        .groups
        .values()
        .filter_map(|group| {
            let level = group
                .members
                .get(&caller.user)
                .copied()
                .filter(|&level| level >= least)?;
            Some(json!({
                "id": group.id,
                "web_url": format!("{}/groups/{}", instance.canonical, group.path),
                "name": group.name,
                "parent_id": null,
                "organization_id": 1,
                "access_levels": level,
                "visibility": if group.private { "private" } else { "public" },
            }))
        })
        .collect();
    let projects: Vec<Value> = world
        .projects
        .values()
        .filter(|project| world.access(caller.user, project) >= least)
        .map(|project| {
            let direct = project.members.get(&caller.user);
            let inherited = world
                .group_at(project.namespace())
                .and_then(|group| group.members.get(&caller.user));
            let mut fields = listing::short_project(instance, &world, project);
            fields.insert(
                "access_levels".to_owned(),
                json!({ "project_access_level": direct, "group_access_level": inherited }),
            );
            Value::Object(fields)
        })
        .collect();
    Ok(Reply::ok(&json!({ "groups": groups, "projects": projects })))
}
