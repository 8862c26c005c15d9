//! Accounts that are no person's: the bots behind project and group access tokens, service accounts, and the tokens of
//! both (contract §2.6, §2.8, §5.2).

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::tokens::{self, Making};
use super::{Answer, paging, rotation, scope};
use crate::asked::Asked;
use crate::guard::{Caller, Refusal, Rule, admit};
use crate::reply::{Reply, bad_request, forbidden, not_found, unknown_route, wrong_method};
use crate::state::hook::HookOwner;
use crate::state::project::{MAINTAINER, OWNER};
use crate::state::seed::user;
use crate::state::token::{Token, TokenKind};
use crate::state::user::User;
use crate::state::{HEX, Instance, World, random_text};

const READ: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_resource_access_token",
};
const WRITE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "create_resource_access_token",
};
const SELF: Rule = Rule {
    accepts: &["api", "self_rotate"],
    told: "api read_api api self_rotate",
    permission: "rotate_personal_access_token",
};

/// Levels a token's bot can have.
const LEVELS: [u64; 6] = [10, 15, 20, 30, 40, 50];

/// Answers `{api}/projects|groups/:id/access_tokens…`.
pub(super) fn access_tokens(
    instance: &Instance,
    asked: &Asked,
    kind: &str,
    id: &str,
    rest: &[&str],
) -> Answer {
    let mut world = instance.world();
    if let (["self", "rotate"], true) = (rest, instance.since(17, 9)) {
        let caller = admit(&mut world, instance, asked, &SELF)?;
        let owner = scope_of(&world, caller, kind, id, 0)?;
        if asked.method != Method::POST {
            return Ok(wrong_method("POST"));
        }
        in_reach(&world, owner, &caller.token.to_string())?;
        return rotation::replace(instance, &mut world, asked, caller.token, true);
    }
    let rule = if asked.reads() { &READ } else { &WRITE };
    let caller = admit(&mut world, instance, asked, rule)?;
    let owner = scope::managed(&world, caller, kind, id)?;
    match (rest, &asked.method) {
        ([], &Method::GET | &Method::HEAD) => {
            let shown = world
                .tokens
                .values()
                .filter(|token| belongs(&world, owner, token))
                .map(|token| Value::Object(described(instance, &world, owner, token)))
                .collect();
            Ok(paging::offset(instance, asked, shown))
        }
        ([], &Method::POST) => create_access_token(instance, &mut world, asked, caller, owner),
        ([], _) => Ok(wrong_method("GET, HEAD, POST")),
        ([token], &Method::GET | &Method::HEAD) => {
            let id = in_reach(&world, owner, token)?;
            let token = world.tokens.get(&id).ok_or_else(|| Box::new(not_found()))?;
            Ok(Reply::ok(&Value::Object(described(
                instance, &world, owner, token,
            ))))
        }
        ([token], &Method::DELETE) => {
            let id = in_reach(&world, owner, token)?;
            if let Some(token) = world.tokens.get_mut(&id) {
                token.revoked = true;
            }
            Ok(Reply::no_content())
        }
        ([_], _) => Ok(wrong_method("DELETE, GET, HEAD")),
        ([token, "rotate"], &Method::POST) if instance.since(16, 0) => {
            let id = in_reach(&world, owner, token)?;
            rotation::replace(instance, &mut world, asked, id, instance.since(16, 6))
        }
        _ => Ok(unknown_route()),
    }
}

fn scope_of(world: &World, caller: Caller, kind: &str, id: &str, least: u8) -> Result<HookOwner, Refusal> {
    if kind == "groups" {
        scope::group(world, caller, id, least).map(HookOwner::Group)
    } else {
        scope::project(world, caller, id, least).map(HookOwner::Project)
    }
}

/// How the names of a place's bots begin (contract §2.4).
fn bots(owner: HookOwner) -> String {
    match owner {
        HookOwner::Project(id) => format!("project_{id}_bot_"),
        HookOwner::Group(id) => format!("group_{id}_bot_"),
    }
}

fn belongs(world: &World, owner: HookOwner, token: &Token) -> bool {
    let bot = world.users.get(&token.user);
    matches!(token.kind, TokenKind::Project | TokenKind::Group)
        && bot.is_some_and(|user| user.username.starts_with(&bots(owner)))
}

fn in_reach(world: &World, owner: HookOwner, id: &str) -> Result<u64, Refusal> {
    id.parse()
        .ok()
        .and_then(|id: u64| world.tokens.get(&id))
        .filter(|token| belongs(world, owner, token))
        .map(|token| token.id)
        .ok_or_else(|| {
            let text = format!(
                "404 Could not find {} access token with token_id: {id} Not Found",
                word(owner)
            );
            Box::new(Reply::message(StatusCode::NOT_FOUND, &text))
        })
}

fn word(owner: HookOwner) -> &'static str {
    match owner {
        HookOwner::Project(_) => "project",
        HookOwner::Group(_) => "group",
    }
}

/// A token with where it belongs and what its bot may do there.
fn described(instance: &Instance, world: &World, owner: HookOwner, token: &Token) -> Map<String, Value> {
    let mut fields = tokens::object(instance, token);
    let (resource, level) = match owner {
        HookOwner::Project(id) => {
            let project = world.projects.get(&id);
            (id, project.and_then(|project| project.members.get(&token.user)))
        }
        HookOwner::Group(id) => {
            let group = world.groups.get(&id);
            (id, group.and_then(|group| group.members.get(&token.user)))
        }
    };
    fields.insert("access_level".to_owned(), json!(level));
    fields.insert("resource_type".to_owned(), json!(word(owner)));
    fields.insert("resource_id".to_owned(), json!(resource));
    fields
}

/// Only a person makes one: a bot cannot make another (contract §2.8).
fn create_access_token(
    instance: &Instance,
    world: &mut World,
    asked: &Asked,
    caller: Caller,
    owner: HookOwner,
) -> Answer {
    if world.users.get(&caller.user).is_none_or(|user| user.bot) {
        let text = format!(
            "User does not have permission to create {} access token",
            word(owner)
        );
        return Ok(bad_request(&text));
    }
    let level = match asked.param("access_level") {
        None => Some(u64::from(MAINTAINER)),
        Some(_) => asked
            .number("access_level")
            .filter(|level| LEVELS.contains(level)),
    };
    let Some(level) = level.and_then(|level| u8::try_from(level).ok()) else {
        return Ok(Reply::json(
            StatusCode::BAD_REQUEST,
            &json!({ "error": "access_level does not have a valid value" }),
        ));
    };
    let (kind, id) = match owner {
        HookOwner::Project(_) => (TokenKind::Project, world.next_id()),
        HookOwner::Group(_) => (TokenKind::Group, world.next_id()),
    };
    let making = Making {
        user: id,
        kind,
        allowed: &tokens::BOT_SCOPES,
    };
    let made = tokens::make(instance, world, asked, &making)?;
    let bot = User {
        name: asked.param("name").unwrap_or_default(),
        bot: true,
        ..user(
            id,
            &format!("{}{}", bots(owner), random_text(32, HEX)),
            instance.clock.now(),
        )
    };
    world.users.insert(id, bot);
    let members = match owner {
        HookOwner::Project(id) => world.projects.get_mut(&id).map(|project| &mut project.members),
        HookOwner::Group(id) => world.groups.get_mut(&id).map(|group| &mut group.members),
    };
    if let Some(members) = members {
        members.insert(id, level);
    }
    let token = world.tokens.get(&made).ok_or_else(|| Box::new(not_found()))?;
    let mut fields = described(instance, world, owner, token);
    fields.insert("token".to_owned(), json!(token.secret));
    Ok(Reply::json(StatusCode::CREATED, &Value::Object(fields)))
}

/// Whether this instance has service accounts: for everybody since 18.11, before that for who pays (contract §5.2).
fn offered(instance: &Instance, world: &World) -> Result<(), Refusal> {
    let paid = instance.edition == crate::options::Edition::Ee && world.settings.licensed;
    if instance.since(18, 11) || paid {
        Ok(())
    } else {
        Err(Box::new(forbidden()))
    }
}

/// Answers `{api}/service_accounts…`, and those of groups and projects with `place`.
pub(super) fn service_accounts(
    instance: &Instance,
    asked: &Asked,
    place: Option<(&str, &str)>,
    rest: &[&str],
) -> Answer {
    let mut world = instance.world();
    let rule = if asked.reads() { &READ } else { &WRITE };
    let caller = admit(&mut world, instance, asked, rule)?;
    let owner = match place {
        None if caller.admin => None,
        None => return Err(Box::new(forbidden())),
        Some((kind, id)) => Some(scope_of(&world, caller, kind, id, OWNER)?),
    };
    offered(instance, &world)?;
    let prefix = match owner {
        None => "service_account_".to_owned(),
        Some(HookOwner::Group(id)) => format!("service_account_group_{id}_"),
        Some(HookOwner::Project(id)) => format!("service_account_project_{id}_"),
    };
    match (rest, &asked.method) {
        ([], &Method::GET | &Method::HEAD) => {
            let shown = world
                .users
                .values()
                .filter(|user| user.home.as_deref() == Some(prefix.as_str()))
                .map(account)
                .collect();
            Ok(paging::offset(instance, asked, shown))
        }
        ([], &Method::POST) => Ok(create_account(instance, &mut world, asked, prefix)),
        ([], _) => Ok(wrong_method("GET, HEAD, POST")),
        ([id, rest @ ..], method) => {
            let id = id
                .parse()
                .ok()
                .and_then(|id: u64| world.users.get(&id))
                .filter(|user| user.home.as_deref() == Some(prefix.as_str()))
                .map(|user| user.id)
                .ok_or_else(|| Box::new(Reply::message(StatusCode::NOT_FOUND, "404 User Not Found")))?;
            match (rest, method) {
                ([], &Method::PATCH) => Ok(change_account(&mut world, asked, id)),
                ([], &Method::DELETE) if owner.is_some() => {
                    world.remove_user(id);
                    Ok(Reply::no_content())
                }
                ([], _) => Ok(wrong_method("DELETE, PATCH")),
                (["personal_access_tokens", rest @ ..], _) if owner.is_some() => {
                    account_tokens(instance, &mut world, asked, id, rest)
                }
                _ => Ok(unknown_route()),
            }
        }
    }
}

fn account(user: &User) -> Value {
    json!({
        "id": user.id, "username": user.username, "name": user.name, "email": user.email,
        "unconfirmed_email": null,
    })
}

/// Every field may be left out; what is taken already is refused.
fn create_account(instance: &Instance, world: &mut World, asked: &Asked, prefix: String) -> Reply {
    let username = asked
        .param("username")
        .unwrap_or_else(|| format!("{prefix}{}", random_text(32, HEX)));
    let host = instance.canonical.split("://").nth(1).unwrap_or_default();
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let email = asked
        .param("email")
        .filter(|_| instance.since(17, 9))
        .unwrap_or_else(|| format!("{username}@noreply.{host}"));
    if world.user_named(&username).is_some() {
        return bad_request("Username has already been taken");
    }
    if world
        .users
        .values()
        .any(|user| user.email.eq_ignore_ascii_case(&email))
    {
        return bad_request("Email has already been taken");
    }
    let id = world.next_id();
    let made = User {
        name: asked
            .param("name")
            .unwrap_or_else(|| "Service account user".to_owned()),
        email,
        bot: true,
        home: Some(prefix),
        ..user(id, &username, instance.clock.now())
    };
    let body = account(&made);
    world.users.insert(id, made);
    Reply::json(StatusCode::CREATED, &body)
}

fn change_account(world: &mut World, asked: &Asked, id: u64) -> Reply {
    let username = asked.param("username");
    let taken = username.as_deref().and_then(|name| world.user_named(name));
    if taken.is_some_and(|user| user.id != id) {
        return bad_request("Username has already been taken");
    }
    let Some(user) = world.users.get_mut(&id) else {
        return not_found();
    };
    user.username = username.unwrap_or_else(|| user.username.clone());
    user.name = asked.param("name").unwrap_or_else(|| user.name.clone());
    user.email = asked.param("email").unwrap_or_else(|| user.email.clone());
    Reply::ok(&account(user))
}

/// Tokens of a group's or project's service account.
fn account_tokens(instance: &Instance, world: &mut World, asked: &Asked, user: u64, rest: &[&str]) -> Answer {
    let its = |world: &World, id: &str| -> Result<u64, Refusal> {
        id.parse()
            .ok()
            .and_then(|id: u64| world.tokens.get(&id))
            .filter(|token| token.user == user && token.kind.is_pat_like())
            .map(|token| token.id)
            .ok_or_else(|| Box::new(not_found()))
    };
    match (rest, &asked.method) {
        ([], &Method::GET | &Method::HEAD) if instance.since(17, 11) => {
            let tokens = world.tokens.values().filter(|token| token.user == user);
            let shown = tokens
                .map(|token| Value::Object(tokens::object(instance, token)))
                .collect();
            Ok(paging::offset(instance, asked, shown))
        }
        ([], &Method::POST) => {
            let making = Making {
                user,
                kind: TokenKind::ServiceAccount,
                allowed: &tokens::SCOPES,
            };
            let made = tokens::make(instance, world, asked, &making)?;
            Ok(tokens::shown_once(instance, world, made))
        }
        ([token, "rotate"], &Method::POST) => {
            let id = its(world, token)?;
            rotation::replace(instance, world, asked, id, true)
        }
        ([token], &Method::DELETE) if instance.since(17, 11) => {
            let id = its(world, token)?;
            if let Some(token) = world.tokens.get_mut(&id) {
                token.revoked = true;
            }
            Ok(Reply::no_content())
        }
        _ => Ok(unknown_route()),
    }
}
