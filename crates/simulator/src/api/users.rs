//! `/user` and `/users` (contract §2.4, §5.1's lookup).

use hyper::StatusCode;
use serde_json::{Map, Value, json};

use super::{Answer, paging};
use crate::asked::Asked;
use crate::clock::{day, iso};
use crate::guard::{Rule, admit};
use crate::options::Edition;
use crate::reply::{Reply, forbidden};
use crate::state::user::{User, UserState};
use crate::state::{Instance, seed};

const READ: Rule = Rule {
    accepts: &["api", "read_api", "read_user"],
    told: "api read_api api read_user",
    permission: "read_user",
};

const WRITE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "create_user",
};

/// `POST /users` (contract §5.1): administrators make people; nobody makes a bot this way.
pub(super) fn create(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &WRITE)?;
    if !caller.admin {
        return Err(Box::new(forbidden()));
    }
    let said = |name: &str| asked.param(name);
    let mut absent: Vec<String> = ["email", "name", "username"]
        .iter()
        .filter(|name| said(name).is_none())
        .map(|name| format!("{name} is missing"))
        .collect();
    let secrets = ["password", "reset_password", "force_random_password"];
    if secrets.iter().all(|name| said(name).is_none()) {
        absent.push(format!(
            "{} are missing, at least one parameter must be provided",
            secrets.join(", ")
        ));
    }
    let (Some(email), Some(name), Some(username), true) =
        (said("email"), said("name"), said("username"), absent.is_empty())
    else {
        let body = json!({ "error": absent.join(", ") });
        return Ok(Reply::json(StatusCode::BAD_REQUEST, &body));
    };
    if world
        .users
        .values()
        .any(|user| user.email.eq_ignore_ascii_case(&email))
    {
        return Ok(Reply::message(
            StatusCode::CONFLICT,
            "Email has already been taken",
        ));
    }
    if world.user_named(&username).is_some() {
        let text = "Username has already been taken";
        return Ok(Reply::message(StatusCode::CONFLICT, text));
    }
    let password = said("password");
    if password
        .as_ref()
        .is_some_and(|password| password.chars().count() < 8)
    {
        let body = json!({ "message": { "password": ["is too short (minimum is 8 characters)"] } });
        return Ok(Reply::json(StatusCode::BAD_REQUEST, &body));
    }
    let id = world.next_id();
    let mut made = seed::user(id, &username, instance.clock.now());
    made.name = name;
    made.email = email;
    made.admin = asked.flag("admin").unwrap_or(false);
    if let Some(password) = password {
        made.password = password;
    }
    let mut body = public(instance, &made);
    extend(
        &mut body,
        json!({ "email": made.email, "commit_email": made.email, "is_admin": made.admin, "note": said("note") }),
    );
    world.users.insert(id, made);
    Ok(Reply::json(StatusCode::CREATED, &Value::Object(body)))
}

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
