//! `/user` and `/users` (contract §2.4, §5.1's lookup).

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::{Answer, paging};
use crate::asked::Asked;
use crate::clock::{day, iso};
use crate::guard::{Rule, admit};
use crate::options::Edition;
use crate::reply::Reply;
use crate::state::Instance;
use crate::state::user::{User, UserState};

const READ: Rule = Rule {
    accepts: &["api", "read_api", "read_user"],
    told: "api read_api api read_user",
    permission: "read_user",
};

/// The caller, with what only the caller sees.
pub(super) fn me(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &READ)?;
    let user = world
        .users
        .get(&caller.user)
        .ok_or_else(|| Box::new(crate::reply::unauthorized()))?;
    let now = instance.clock.now();
    let mut body = public(instance, user);
    let own = json!({
        "last_sign_in_at": iso(user.created_at),
        "confirmed_at": iso(user.created_at),
        "last_activity_on": day(now).to_string(),
        "email": user.email,
        "theme_id": 1,
        "color_scheme_id": 1,
        "projects_limit": if user.bot { 0 } else { 100_000 },
        "current_sign_in_at": iso(user.created_at),
        "identities": [],
        "can_create_group": !user.bot,
        "can_create_project": !user.bot,
        "two_factor_enabled": false,
        "external": false,
        "private_profile": false,
        "commit_email": user.email,
    });
    extend(&mut body, own);
    if instance.since(16, 8) {
        body.insert("namespace_id".to_owned(), json!(user.id + 1_000));
    }
    if instance.since(17, 0) {
        body.insert("created_by".to_owned(), Value::Null);
    }
    if instance.edition == Edition::Ee {
        let paid =
            json!({ "shared_runners_minutes_limit": null, "extra_shared_runners_minutes_limit": null });
        extend(&mut body, paid);
    }
    if caller.admin {
        let address = asked.peer.to_string();
        let more = json!({
            "is_admin": true, "note": null, "current_sign_in_ip": address, "last_sign_in_ip": address,
        });
        extend(&mut body, more);
    }
    Ok(Reply::ok(&Value::Object(body)))
}

/// Everybody, or the one with an exact name in any case of letters.
pub(super) fn list(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    admit(&mut world, instance, asked, &READ)?;
    let wanted = asked.param("username");
    let users = world
        .users
        .values()
        .filter(|user| {
            wanted
                .as_ref()
                .is_none_or(|name| user.username.eq_ignore_ascii_case(name))
        })
        .map(|user| Value::Object(basic(instance, user)))
        .collect();
    Ok(paging::offset(instance, asked, users))
}

pub(super) fn show(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    admit(&mut world, instance, asked, &READ)?;
    match id.parse().ok().and_then(|id: u64| world.users.get(&id)) {
        Some(user) => Ok(Reply::ok(&Value::Object(public(instance, user)))),
        None => Ok(Reply::message(StatusCode::NOT_FOUND, "404 User Not Found")),
    }
}

/// What every list shows of a user.
pub(super) fn basic(instance: &Instance, user: &User) -> Map<String, Value> {
    let mut fields = Map::new();
    let known = json!({
        "id": user.id,
        "username": user.username,
        "name": user.name,
        "state": match user.state {
            UserState::Blocked => "blocked",
            UserState::PendingApproval => "blocked_pending_approval",
            UserState::Deactivated => "deactivated",
            _ => "active",
        },
        "avatar_url": user.avatar_url,
        "web_url": format!("{}/{}", instance.canonical, user.username),
    });
    extend(&mut fields, known);
    if instance.since(16, 0) {
        fields.insert("locked".to_owned(), Value::Bool(false));
    }
    if instance.since(17, 4) {
        fields.insert("public_email".to_owned(), Value::Null);
    }
    fields
}

fn public(instance: &Instance, user: &User) -> Map<String, Value> {
    let mut fields = basic(instance, user);
    let more = json!({
        "created_at": iso(user.created_at),
        "bio": "", "location": null, "public_email": null, "skype": "", "linkedin": "", "twitter": "",
        "discord": "", "website_url": "", "organization": null, "job_title": "", "pronouns": null,
        "bot": user.bot,
        "work_information": null,
        "followers": 0, "following": 0, "is_followed": false,
        "local_time": null,
    });
    extend(&mut fields, more);
    fields
}

pub(super) fn extend(fields: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        fields.extend(more);
    }
}
