//! Webhooks of projects and groups (contract §6.1, §6.2): their list, one of them, making, changing, removing.

mod delivery;
mod fields;
mod trial;

use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, paging, scope};
use crate::asked::Asked;
use crate::guard::{Refusal, Rule, admit};
use crate::reply::{Reply, not_found, unknown_route, wrong_method};
use crate::state::hook::HookOwner;
use crate::state::{Instance, World};

const READ: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_webhook",
};
const WRITE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "write_webhook",
};

/// Most webhooks of one project or group.
const LIMIT: usize = 100;

/// Answers `{api}/projects|groups/:id/hooks…`.
pub(super) async fn answer(
    instance: &Instance,
    asked: &Asked,
    kind: &str,
    id: &str,
    rest: &[&str],
) -> Answer {
    let since = |major, minor| instance.since(major, minor);
    let (owner, caller) = {
        let mut world = instance.world();
        let rule = if asked.reads() { &READ } else { &WRITE };
        let caller = admit(&mut world, instance, asked, rule)?;
        (scope::managed(&world, caller, kind, id)?, caller)
    };
    match rest {
        [] if asked.reads() => Ok(list(instance, asked, owner)),
        [] if asked.method == Method::POST => create(instance, asked, owner),
        [] => Ok(wrong_method("GET, HEAD, POST")),
        [hook, rest @ ..] => {
            let hook = owned(&instance.world(), owner, hook)?;
            match rest {
                [] => one(instance, asked, hook),
                ["test", trigger] if since(16, 11) && asked.method == Method::POST => {
                    trial::run(instance, caller, owner, hook, trigger).await
                }
                ["events"] if since(17, 3) && asked.reads() => Ok(trial::events(instance, asked, hook)),
                ["events", event, "resend"] if since(17, 4) && asked.method == Method::POST => {
                    trial::resend(instance, hook, event).await
                }
                ["custom_headers", key] if since(17, 1) => Ok(keyed(instance, asked, hook, key, true)),
                ["url_variables", key] => Ok(keyed(instance, asked, hook, key, false)),
                _ => Ok(unknown_route()),
            }
        }
    }
}

fn owned(world: &World, owner: HookOwner, id: &str) -> Result<u64, Refusal> {
    id.parse()
        .ok()
        .and_then(|id: u64| world.hooks.get(&id))
        .filter(|hook| hook.owner == owner)
        .map(|hook| hook.id)
        .ok_or_else(|| Box::new(not_found()))
}

fn list(instance: &Instance, asked: &Asked, owner: HookOwner) -> Reply {
    let world = instance.world();
    let shown = world
        .hooks
        .values()
        .filter(|hook| hook.owner == owner)
        .map(|hook| fields::object(instance, hook))
        .collect();
    paging::offset(instance, asked, shown)
}

fn create(instance: &Instance, asked: &Asked, owner: HookOwner) -> Answer {
    let mut world = instance.world();
    let url = fields::required_url(&world, asked)?;
    if world.hooks.values().filter(|hook| hook.owner == owner).count() >= LIMIT {
        let kind = match owner {
            HookOwner::Project(_) => "project",
            HookOwner::Group(_) => "group",
        };
        let text = format!("Maximum number of {kind} hooks ({LIMIT}) exceeded");
        return Ok(Reply::json(
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!({ "message": { "base": [text] } }),
        ));
    }
    let id = world.next_id();
    let mut hook = fields::blank(id, owner, url, instance.clock.now());
    fields::take(instance, asked, &mut hook)?;
    let body = fields::object(instance, &hook);
    world.hooks.insert(id, hook);
    Ok(Reply::json(StatusCode::CREATED, &body))
}

fn one(instance: &Instance, asked: &Asked, id: u64) -> Answer {
    let mut world = instance.world();
    let Some(mut hook) = world.hooks.remove(&id) else {
        return Ok(not_found());
    };
    let answer = match asked.method {
        Method::GET | Method::HEAD => Ok(Reply::ok(&fields::object(instance, &hook))),
        Method::DELETE => return Ok(Reply::no_content()),
        Method::PUT if !fields::any(asked) => Ok(Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "No parameters provided" }),
        )),
        Method::PUT => fields::change(instance, &world, asked, &mut hook).map(|()| {
            hook.recovered();
            Reply::ok(&fields::object(instance, &hook))
        }),
        _ => Ok(wrong_method("DELETE, GET, HEAD, PUT")),
    };
    world.hooks.insert(id, hook);
    answer
}

/// One custom header, or one variable of the address: its value goes in and never comes out.
fn keyed(instance: &Instance, asked: &Asked, id: u64, key: &str, header: bool) -> Reply {
    let mut world = instance.world();
    let Some(hook) = world.hooks.get_mut(&id) else {
        return not_found();
    };
    let kept = if header {
        &mut hook.custom_headers
    } else {
        &mut hook.url_variables
    };
    match asked.method {
        Method::PUT => match asked.param("value") {
            Some(value) => {
                kept.insert(key.to_owned(), value);
                Reply::no_content()
            }
            None => Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": "value is missing" })),
        },
        Method::DELETE if kept.remove(key).is_some() => Reply::no_content(),
        Method::DELETE => not_found(),
        _ => wrong_method("DELETE, PUT"),
    }
}

/// `{"error": "…"}` with 422, as the contract has it for what is wrong with a webhook.
fn unusable(text: &str) -> Refusal {
    let body: Value = json!({ "error": text });
    Box::new(Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &body))
}
