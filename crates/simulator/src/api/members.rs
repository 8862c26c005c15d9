//! Members of projects and groups (contract §5.3). Who is one already is told with 409, which an idempotent client takes
//! for success (quirk 46).

use std::collections::BTreeMap;

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::{Answer, paging, scope, users};
use crate::asked::Asked;
use crate::clock::iso;
use crate::guard::{Refusal, Rule, admit};
use crate::reply::{Reply, unknown_route, wrong_method};
use crate::state::hook::HookOwner;
use crate::state::project::{MAINTAINER, OWNER};
use crate::state::{Instance, World};

const READ: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_member",
};
const WRITE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "write_member",
};

/// Levels that can be given.
const LEVELS: [u8; 7] = [5, 10, 15, 20, 30, 40, 50];

/// Answers `{api}/projects|groups/:id/members…`.
pub(super) fn answer(instance: &Instance, asked: &Asked, kind: &str, id: &str, rest: &[&str]) -> Answer {
    let mut world = instance.world();
    let rule = if asked.reads() { &READ } else { &WRITE };
    let caller = admit(&mut world, instance, asked, rule)?;
    let manage = !asked.reads();
    let place = if kind == "groups" {
        HookOwner::Group(scope::group(&world, caller, id, if manage { OWNER } else { 0 })?)
    } else {
        HookOwner::Project(scope::project(
            &world,
            caller,
            id,
            if manage { MAINTAINER } else { 0 },
        )?)
    };
    match (rest, &asked.method) {
        ([] | ["all"], &Method::GET | &Method::HEAD) => {
            Ok(list(instance, &world, asked, place, !rest.is_empty()))
        }
        ([], &Method::POST) => add(instance, &mut world, asked, place),
        ([], _) => Ok(wrong_method("GET, HEAD, POST")),
        ([user], &Method::GET | &Method::HEAD) => one(instance, &world, place, user, false),
        (["all", user], &Method::GET | &Method::HEAD) => one(instance, &world, place, user, true),
        ([user], &Method::PUT) => {
            let user = present(&world, place, user)?;
            let level = level(asked)?;
            members(&mut world, place).map(|members| members.insert(user, level));
            Ok(Reply::ok(&member(instance, &world, user, level)))
        }
        ([user], &Method::DELETE) => {
            let user = present(&world, place, user)?;
            members(&mut world, place).map(|members| members.remove(&user));
            Ok(Reply::no_content())
        }
        ([_], _) => Ok(wrong_method("DELETE, GET, HEAD, PUT")),
        _ => Ok(unknown_route()),
    }
}

fn members(world: &mut World, place: HookOwner) -> Option<&mut BTreeMap<u64, u8>> {
    match place {
        HookOwner::Project(id) => world.projects.get_mut(&id).map(|project| &mut project.members),
        HookOwner::Group(id) => world.groups.get_mut(&id).map(|group| &mut group.members),
    }
}

/// Direct members, or those of the groups above as well.
fn levels(world: &World, place: HookOwner, inherited: bool) -> BTreeMap<u64, u8> {
    match place {
        HookOwner::Group(id) => world.groups.get(&id).map(|group| group.members.clone()),
        HookOwner::Project(id) => world.projects.get(&id).map(|project| {
            if inherited {
                let everybody = world
                    .users
                    .keys()
                    .map(|&user| (user, world.access(user, project)));
                everybody.filter(|(_, level)| *level > 0).collect()
            } else {
                project.members.clone()
            }
        }),
    }
    .unwrap_or_default()
}

fn list(instance: &Instance, world: &World, asked: &Asked, place: HookOwner, inherited: bool) -> Reply {
    let shown = levels(world, place, inherited)
        .into_iter()
        .filter(|(user, _)| world.users.contains_key(user))
        .map(|(user, level)| member(instance, world, user, level))
        .collect();
    paging::offset(instance, asked, shown)
}

fn not_a_member() -> Refusal {
    Box::new(Reply::message(StatusCode::NOT_FOUND, "404 Not found"))
}

fn one(instance: &Instance, world: &World, place: HookOwner, user: &str, inherited: bool) -> Answer {
    let found = user.parse().ok().and_then(|user: u64| {
        let level = levels(world, place, inherited).get(&user).copied()?;
        Some((user, level))
    });
    let (user, level) = found.ok_or_else(not_a_member)?;
    Ok(Reply::ok(&member(instance, world, user, level)))
}

fn present(world: &World, place: HookOwner, user: &str) -> Result<u64, Refusal> {
    user.parse()
        .ok()
        .filter(|user| levels(world, place, false).contains_key(user))
        .ok_or_else(not_a_member)
}

fn bad(body: &Value) -> Refusal {
    Box::new(Reply::json(StatusCode::BAD_REQUEST, body))
}

fn level(asked: &Asked) -> Result<u8, Refusal> {
    let said = asked
        .param("access_level")
        .ok_or_else(|| bad(&json!({ "error": "access_level is missing" })))?;
    let number: i64 = said
        .parse()
        .map_err(|_| bad(&json!({ "error": "access_level is invalid" })))?;
    u8::try_from(number)
        .ok()
        .filter(|level| LEVELS.contains(level))
        .ok_or_else(|| bad(&json!({ "message": { "access_level": ["is not included in the list"] } })))
}

fn add(instance: &Instance, world: &mut World, asked: &Asked, place: HookOwner) -> Answer {
    let Some(said) = asked.param("user_id") else {
        return Err(bad(&json!({ "error": "user_id is missing" })));
    };
    let level = level(asked)?;
    let user = said
        .parse()
        .ok()
        .filter(|user| world.users.contains_key(user))
        .ok_or_else(|| Box::new(Reply::message(StatusCode::NOT_FOUND, "404 User Not Found")))?;
    if levels(world, place, false).contains_key(&user) {
        return Ok(Reply::message(StatusCode::CONFLICT, "Member already exists"));
    }
    members(world, place).map(|members| members.insert(user, level));
    Ok(Reply::json(
        StatusCode::CREATED,
        &member(instance, world, user, level),
    ))
}

fn member(instance: &Instance, world: &World, user: u64, level: u8) -> Value {
    let mut fields = world
        .users
        .get(&user)
        .map_or_else(Map::new, |user| users::basic(instance, user));
    users::extend(
        &mut fields,
        json!({
            "access_level": level,
            "created_at": iso(instance.clock.now()),
            "created_by": null,
            "expires_at": null,
            "membership_state": "active",
        }),
    );
    Value::Object(fields)
}
