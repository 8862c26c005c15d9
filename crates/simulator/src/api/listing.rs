//! `/projects` and `/groups`, read only (contract §5.4). What the caller may not see is 404, not 403 (§8.1); what a group's
//! address list hides is too (A18).

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::{Answer, paging};
use crate::asked::Asked;
use crate::clock::iso;
use crate::guard::{Caller, Refusal, Rule, admit};
use crate::reply::Reply;
use crate::state::project::{Group, Project};
use crate::state::{Instance, World};

const PROJECTS: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_project",
};
const GROUPS: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_group",
};

pub(super) fn projects(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &PROJECTS)?;
    let least = least_level(asked, "membership");
    let shown = world
        .projects
        .values()
        .filter(|project| sees_project(&world, caller, project))
        .filter(|project| least == 0 || world.access(caller.user, project) >= least)
        .filter(|project| found(asked, &project.path))
        .map(|project| {
            full_project(
                instance,
                &world,
                caller,
                project,
                asked.flag("simple") == Some(true),
            )
        })
        .collect();
    if asked.param("pagination").as_deref() == Some("keyset") {
        return Ok(paging::keyset(instance, asked, shown));
    }
    Ok(paging::offset(instance, asked, shown))
}

pub(super) fn project(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &PROJECTS)?;
    let found = match id.parse::<u64>() {
        Ok(id) => world.projects.get(&id),
        Err(_) => world.project_at(id),
    };
    match found.filter(|project| sees_project(&world, caller, project)) {
        Some(project) => {
            fine_grained_only(&world, caller, project.namespace())?;
            Ok(Reply::ok(&full_project(instance, &world, caller, project, false)))
        }
        None => Ok(Reply::message(StatusCode::NOT_FOUND, "404 Project Not Found")),
    }
}

pub(super) fn groups(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &GROUPS)?;
    let least = least_level(asked, "owned");
    let shown = world
        .groups
        .values()
        .filter(|group| sees_group(&world, caller, group))
        .filter(|group| {
            least == 0
                || group
                    .members
                    .get(&caller.user)
                    .is_some_and(|&level| level >= least)
        })
        .filter(|group| found(asked, &group.path))
        .map(|group| group_object(instance, group))
        .collect();
    Ok(paging::offset(instance, asked, shown))
}

pub(super) fn group(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &GROUPS)?;
    let found = match id.parse::<u64>() {
        Ok(id) => world.groups.get(&id),
        Err(_) => world.group_at(id),
    };
    match found.filter(|group| sees_group(&world, caller, group)) {
        Some(group) => {
            fine_grained_only(&world, caller, &group.path)?;
            Ok(Reply::ok(&group_object(instance, group)))
        }
        None => Ok(Reply::message(StatusCode::NOT_FOUND, "404 Group Not Found")),
    }
}

/// A6, its last case: a group that admits fine-grained tokens only.
fn fine_grained_only(world: &World, caller: Caller, path: &str) -> Result<(), Refusal> {
    let enforced = world
        .settings
        .granular_only_groups
        .iter()
        .any(|group| group.eq_ignore_ascii_case(path));
    let classic = world
        .tokens
        .get(&caller.token)
        .is_some_and(|token| token.granular.is_none());
    if enforced && classic && caller.kind.is_pat_like() {
        return Err(crate::guard::insufficient_granular_scope(
            "This group requires fine-grained personal access tokens.",
        ));
    }
    Ok(())
}

fn least_level(asked: &Asked, switch: &str) -> u8 {
    let asked_for = asked
        .number("min_access_level")
        .and_then(|level| u8::try_from(level).ok())
        .unwrap_or(0);
    let owned = if asked.flag("owned") == Some(true) { 50 } else { 0 };
    let member = u8::from(asked.flag(switch) == Some(true));
    asked_for.max(owned).max(member)
}

fn found(asked: &Asked, path: &str) -> bool {
    asked
        .param("search")
        .is_none_or(|part| path.to_ascii_lowercase().contains(&part.to_ascii_lowercase()))
}

fn hidden(world: &World, path: &str) -> bool {
    world
        .settings
        .hidden_groups
        .iter()
        .any(|group| group.eq_ignore_ascii_case(path))
}

pub(super) fn sees_project(world: &World, caller: Caller, project: &Project) -> bool {
    !hidden(world, project.namespace()) && (caller.admin || world.sees(caller.user, project))
}

pub(super) fn sees_group(world: &World, caller: Caller, group: &Group) -> bool {
    !hidden(world, &group.path)
        && (caller.admin || !group.private || group.members.contains_key(&caller.user))
}

fn group_object(instance: &Instance, group: &Group) -> Value {
    json!({
        "id": group.id,
        "web_url": format!("{}/groups/{}", instance.canonical, group.path),
        "name": group.name,
        "path": group.path,
        "full_name": group.name,
        "full_path": group.path,
        "parent_id": null,
        "visibility": if group.private { "private" } else { "public" },
        "avatar_url": null,
        "marked_for_deletion_on": null,
    })
}

/// What every form of a project has.
pub(super) fn short_project(instance: &Instance, world: &World, project: &Project) -> Map<String, Value> {
    let web = format!("{}/{}", instance.canonical, project.path);
    let host = instance.canonical.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let group = world.group_at(project.namespace());
    let object = json!({
        "id": project.id,
        "description": null,
        "name": project.name(),
        "name_with_namespace": project.path.replace('/', " / "),
        "path": project.name(),
        "path_with_namespace": project.path,
        "created_at": iso(project.created_at),
        "visibility": if project.private { "private" } else { "public" },
        "web_url": web,
        "http_url_to_repo": format!("{web}.git"),
        "ssh_url_to_repo": format!("git@{host}:{}.git", project.path),
        "default_branch": "main",
        "namespace": {
            "id": group.map_or(project.id + 1_000, |group| group.id),
            "kind": if group.is_some() { "group" } else { "user" },
            "full_path": project.namespace(),
        },
    });
    match object {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn full_project(
    instance: &Instance,
    world: &World,
    caller: Caller,
    project: &Project,
    simple: bool,
) -> Value {
    let mut fields = short_project(instance, world, project);
    if !simple {
        let level = |level: Option<&u8>| level.map(|level| json!({ "access_level": level }));
        let inherited = world
            .group_at(project.namespace())
            .and_then(|group| group.members.get(&caller.user));
        fields.insert("archived".to_owned(), Value::Bool(false));
        fields.insert(
            "permissions".to_owned(),
            json!({
                "project_access": level(project.members.get(&caller.user)),
                "group_access": level(inherited),
            }),
        );
    }
    Value::Object(fields)
}
