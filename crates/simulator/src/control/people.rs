//! `/_sim/users`: making, changing and deleting users and bots.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Controlled, Wrong};
use crate::reply::Reply;
use crate::state::Instance;
use crate::state::seed;
use crate::state::user::{User, UserState};

/// What may be said of a user; what is left out stays, or gets the usual value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    username: String,
    /// A new name of the account.
    rename_to: Option<String>,
    name: Option<String>,
    email: Option<String>,
    password: Option<String>,
    admin: Option<bool>,
    bot: Option<bool>,
    state: Option<State>,
    dpop: Option<bool>,
    too_many_ips: Option<bool>,
    /// Empty takes it away.
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum State {
    Account(UserState),
    Deleted(Deleted),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deleted {
    Deleted,
}

pub(super) fn put(instance: &Instance, person: Person) -> Controlled {
    let mut world = instance.world();
    let known = world.user_named(&person.username).map(|user| user.id);
    if let Some(State::Deleted(Deleted::Deleted)) = person.state {
        let id = known.ok_or_else(|| Wrong::missing(format!("no user is called {:?}", person.username)))?;
        world.remove_user(id);
        return Ok(Reply::no_content());
    }
    if !valid_name(&person.username) || person.rename_to.as_deref().is_some_and(|name| !valid_name(name)) {
        return Err(Wrong::new("a username is letters, digits, '_', '-' and '.'"));
    }
    let status = if known.is_some() {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let id = if let Some(id) = known {
        id
    } else {
        let id = world.next_id();
        let user = seed::user(id, &person.username, instance.clock.now());
        world.users.insert(id, user);
        id
    };
    let user = world
        .users
        .get_mut(&id)
        .ok_or_else(|| Wrong::missing("no such user"))?;
    apply(user, person);
    Ok(Reply::json(
        status,
        &json!({ "id": id, "username": user.username, "password": user.password }),
    ))
}

fn valid_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 255
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

fn apply(user: &mut User, person: Person) {
    user.username = person.rename_to.unwrap_or_else(|| user.username.clone());
    user.name = person.name.unwrap_or_else(|| user.name.clone());
    user.email = person.email.unwrap_or_else(|| user.email.clone());
    user.password = person.password.unwrap_or_else(|| user.password.clone());
    user.admin = person.admin.unwrap_or(user.admin);
    user.bot = person.bot.unwrap_or(user.bot);
    user.dpop = person.dpop.unwrap_or(user.dpop);
    user.too_many_ips = person.too_many_ips.unwrap_or(user.too_many_ips);
    if let Some(State::Account(state)) = person.state {
        user.state = state;
    }
    if let Some(avatar) = person.avatar_url {
        user.avatar_url = Some(avatar).filter(|address| !address.is_empty());
    }
}
