//! Finding the project or group a path names, for those who manage it (contract §8.1: what a caller may not see is 404,
//! what it may see and not manage 403).

use hyper::StatusCode;

use super::listing::{sees_group, sees_project};
use crate::guard::{Caller, Refusal};
use crate::reply::{Reply, forbidden};
use crate::state::World;
use crate::state::hook::HookOwner;
use crate::state::project::{MAINTAINER, OWNER};

/// A project by number or path, if the caller has at least this level on it.
pub(super) fn project(world: &World, caller: Caller, id: &str, least: u8) -> Result<u64, Refusal> {
    let found = match id.parse::<u64>() {
        Ok(id) => world.projects.get(&id),
        Err(_) => world.project_at(id),
    };
    let project = found
        .filter(|project| sees_project(world, caller, project))
        .ok_or_else(|| Box::new(Reply::message(StatusCode::NOT_FOUND, "404 Project Not Found")))?;
    if caller.admin || world.access(caller.user, project) >= least {
        Ok(project.id)
    } else {
        Err(Box::new(forbidden()))
    }
}

/// A group by number or path, if the caller has at least this level in it.
pub(super) fn group(world: &World, caller: Caller, id: &str, least: u8) -> Result<u64, Refusal> {
    let found = match id.parse::<u64>() {
        Ok(id) => world.groups.get(&id),
        Err(_) => world.group_at(id),
    };
    let group = found
        .filter(|group| sees_group(world, caller, group))
        .ok_or_else(|| Box::new(Reply::message(StatusCode::NOT_FOUND, "404 Group Not Found")))?;
    let level = group.members.get(&caller.user).copied().unwrap_or(0);
    if caller.admin || level >= least {
        Ok(group.id)
    } else {
        Err(Box::new(forbidden()))
    }
}

/// `projects` for their maintainers, `groups` for their owners.
pub(super) fn managed(world: &World, caller: Caller, kind: &str, id: &str) -> Result<HookOwner, Refusal> {
    if kind == "groups" {
        group(world, caller, id, OWNER).map(HookOwner::Group)
    } else {
        project(world, caller, id, MAINTAINER).map(HookOwner::Project)
    }
}
