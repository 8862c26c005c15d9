//! `/personal_access_tokens` by number, its list, and the making of new ones (contract §2.3, §2.6). A foreign or unknown
//! number is 401 for ordinary callers and 404 for administrators (quirk 39).

use hyper::{Method, StatusCode};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::{Answer, paging};
use crate::asked::Asked;
use crate::clock::{day, iso};
use crate::guard::{Caller, Refusal, Rule, admit};
use crate::reply::{Reply, bad_request, forbidden, not_found, unauthorized, unknown_route, wrong_method};
use crate::state::seed::days_from;
use crate::state::token::{Expiry, Token, TokenKind, new_secret};
use crate::state::{Instance, World};

const READ: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_personal_access_token",
};
const REVOKE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "revoke_personal_access_token",
};
const CREATE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "create_personal_access_token",
};

/// The object of contract §2.2, with the fields this version has.
pub(super) fn object(instance: &Instance, token: &Token) -> Map<String, Value> {
    let now = instance.clock.now();
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| {
        fields.insert(key.to_owned(), value);
    };
    put("id", json!(token.id));
    put("name", json!(token.name));
    put("revoked", json!(token.revoked));
    put("created_at", json!(iso(token.created_at)));
    put(
        "scopes",
        if token.granular.is_some() {
            json!(["granular"])
        } else {
            json!(token.scopes)
        },
    );
    put("user_id", json!(token.user));
    put("last_used_at", json!(token.last_used_at.map(iso)));
    put("active", json!(token.active(now)));
    put(
        "expires_at",
        match token.expiry {
            Expiry::Day(date) => json!(date.to_string()),
            Expiry::Never | Expiry::At(_) => Value::Null,
        },
    );
    if instance.since(17, 7) {
        put("description", json!(token.description));
    }
    if instance.since(17, 10) {
        put("last_used_ips", json!(token.last_used_ips));
    }
    if instance.since(18, 10) {
        put("expired", json!(token.expired(now)));
        put("granular", json!(token.granular.is_some()));
        if let Some(scopes) = &token.granular {
            put("granular_scopes", json!(scopes));
        }
    }
    fields
}

/// The same with the secret, which is shown this once.
pub(super) fn object_with_secret(instance: &Instance, token: &Token) -> Value {
    let mut fields = object(instance, token);
    fields.insert("token".to_owned(), json!(token.secret));
    Value::Object(fields)
}

pub(super) fn list(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &READ)?;
    let owner = asked.number("user_id");
    if !caller.admin && owner.is_some_and(|id| id != caller.user) {
        return Err(Box::new(unauthorized()));
    }
    let owner = owner.or((!caller.admin).then_some(caller.user));
    let now = instance.clock.now();
    let mut tokens: Vec<&Token> = world
        .tokens
        .values()
        .filter(|token| token.kind.is_pat_like() && token.kind != TokenKind::Impersonation)
        .filter(|token| owner.is_none_or(|id| token.user == id))
        .filter(|token| !instance.since(15, 5) || matches(asked, token, now))
        .collect();
    if let Some(sort) = asked.param("sort").filter(|_| instance.since(15, 5)) {
        order(&mut tokens, &sort);
    }
    let objects = tokens
        .into_iter()
        .map(|token| Value::Object(object(instance, token)))
        .collect();
    Ok(paging::offset(instance, asked, objects))
}

/// The list's filters (since 15.5).
fn matches(asked: &Asked, token: &Token, now: Timestamp) -> bool {
    let moment = |name: &str| asked.param(name).and_then(|text| read_moment(&text));
    let between = |what: Option<Timestamp>, name: &str| {
        let before = moment(&format!("{name}_before"));
        let after = moment(&format!("{name}_after"));
        before.is_none_or(|limit| what.is_some_and(|at| at < limit))
            && after.is_none_or(|limit| what.is_some_and(|at| at > limit))
    };
    let expires = match token.expiry {
        Expiry::Never => None,
        Expiry::Day(date) => midnight(date),
        Expiry::At(at) => Some(at),
    };
    asked.flag("revoked").is_none_or(|wanted| token.revoked == wanted)
        && asked.param("search").is_none_or(|part| {
            token
                .name
                .to_ascii_lowercase()
                .contains(&part.to_ascii_lowercase())
        })
        && match asked.param("state").as_deref() {
            Some("active") => token.active(now),
            Some("inactive") => !token.active(now),
            _ => true,
        }
        && between(Some(token.created_at), "created")
        && between(token.last_used_at, "last_used")
        && between(expires, "expires")
}

fn read_moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| text.parse().ok().and_then(midnight))
}

fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(jiff::tz::TimeZone::UTC)
        .ok()
        .map(|at| at.timestamp())
}

fn order(tokens: &mut [&Token], sort: &str) {
    let (field, downwards) = match sort.rsplit_once('_') {
        Some((field, "desc")) => (field, true),
        Some((field, _)) => (field, false),
        None => return,
    };
    match field {
        "name" => tokens.sort_by(|a, b| a.name.cmp(&b.name)),
        "created" | "created_at" => tokens.sort_by_key(|token| token.created_at),
        "last_used" | "last_used_at" => tokens.sort_by_key(|token| token.last_used_at),
        "expires" | "expires_at" => tokens.sort_by_key(|token| match token.expiry {
            Expiry::Day(date) => Some(date),
            _ => None,
        }),
        _ => return,
    }
    if downwards {
        tokens.reverse();
    }
}

/// The token with this number if the caller may touch it. A word is a number nobody has.
pub(super) fn reachable(world: &World, caller: Caller, id: &str) -> Result<u64, Refusal> {
    let found = id
        .parse()
        .ok()
        .and_then(|id: u64| world.tokens.get(&id))
        .filter(|token| token.kind.is_pat_like());
    match found {
        Some(token) if caller.admin || token.user == caller.user => Ok(token.id),
        None if caller.admin => Err(Box::new(not_found())),
        _ => Err(Box::new(unauthorized())),
    }
}

pub(super) fn show(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &READ)?;
    let id = reachable(&world, caller, id)?;
    let token = world.tokens.get(&id).ok_or_else(|| Box::new(not_found()))?;
    Ok(Reply::ok(&Value::Object(object(instance, token))))
}

pub(super) fn revoke(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &REVOKE)?;
    let id = reachable(&world, caller, id)?;
    if let Some(token) = world.tokens.get_mut(&id) {
        token.revoked = true;
    }
    Ok(Reply::no_content())
}

/// `POST /user/personal_access_tokens` (16.5): for the caller, and only with scopes that can do little.
pub(super) fn create_own(instance: &Instance, asked: &Asked) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &CREATE)?;
    let making = Making {
        user: caller.user,
        kind: TokenKind::Personal,
        allowed: &["k8s_proxy", "self_rotate"],
    };
    let id = make(instance, &mut world, asked, &making)?;
    Ok(shown_once(instance, &world, id))
}

/// `POST /users/:user_id/personal_access_tokens`: administrators only.
pub(super) fn create_for(instance: &Instance, asked: &Asked, id: &str) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &CREATE)?;
    if !caller.admin {
        return Err(Box::new(forbidden()));
    }
    let user = id.parse().ok().filter(|id| world.users.contains_key(id));
    let Some(user) = user else {
        return Ok(Reply::message(StatusCode::NOT_FOUND, "404 User Not Found"));
    };
    let kind = match world.users.get(&user) {
        Some(user) if user.home.is_some() => TokenKind::ServiceAccount,
        _ => TokenKind::Personal,
    };
    let making = Making {
        user,
        kind,
        allowed: &SCOPES,
    };
    let id = make(instance, &mut world, asked, &making)?;
    Ok(shown_once(instance, &world, id))
}

/// Scopes a personal access token can have (contract §2.5).
pub(super) const SCOPES: [&str; 20] = [
    "api",
    "read_api",
    "read_user",
    "read_repository",
    "write_repository",
    "read_registry",
    "write_registry",
    "read_virtual_registry",
    "write_virtual_registry",
    "create_runner",
    "manage_runner",
    "ai_features",
    "k8s_proxy",
    "self_rotate",
    "sudo",
    "admin_mode",
    "read_service_ping",
    "read_observability",
    "write_observability",
    "mcp",
];

/// Scopes the bot behind a project's or group's token can have (contract §2.5).
pub(super) const BOT_SCOPES: [&str; 16] = [
    "api",
    "read_api",
    "read_repository",
    "write_repository",
    "read_registry",
    "write_registry",
    "read_virtual_registry",
    "write_virtual_registry",
    "create_runner",
    "manage_runner",
    "ai_features",
    "k8s_proxy",
    "self_rotate",
    "read_observability",
    "write_observability",
    "mcp",
];

/// A token to be made: whose, of which kind, with which scopes at most.
pub(super) struct Making<'a> {
    pub(super) user: u64,
    pub(super) kind: TokenKind,
    pub(super) allowed: &'a [&'a str],
}

/// Makes a token as a request describes it; answers its number.
pub(super) fn make(
    instance: &Instance,
    world: &mut World,
    asked: &Asked,
    making: &Making<'_>,
) -> Result<u64, Refusal> {
    let grape = |text: &str| Box::new(Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": text })));
    let name = asked.param("name");
    let scopes: Option<Vec<String>> = match asked.params.get("scopes") {
        Some(Value::Array(items)) => {
            let items = items.iter().filter_map(Value::as_str);
            Some(items.map(str::to_owned).collect())
        }
        _ => None,
    };
    let (name, scopes) = match (name, scopes) {
        (Some(name), Some(scopes)) => (name, scopes),
        (None, Some(_)) => return Err(grape("name is missing")),
        (Some(_), None) => return Err(grape("scopes is missing")),
        (None, None) => return Err(grape("name is missing, scopes is missing")),
    };
    let known = |scope: &String| making.allowed.contains(&scope.as_str());
    if scopes.is_empty() || !scopes.iter().all(known) {
        return Err(grape("scopes does not have a valid value"));
    }
    let now = instance.clock.now();
    let expiry = match requested_expiry(instance, world, asked)? {
        Some(date) => Expiry::Day(date),
        None if world.settings.require_expiry && instance.since(16, 0) => {
            Expiry::Day(days_from(now, world.settings.maximum_lifetime_days))
        }
        None => Expiry::Never,
    };
    let id = world.next_id();
    let token = Token {
        id,
        secret: new_secret(making.kind, &world.settings),
        kind: making.kind,
        user: making.user,
        name,
        description: asked.param("description"),
        scopes,
        created_at: now,
        last_used_at: None,
        last_used_ips: Vec::new(),
        expiry,
        revoked: false,
        previous: None,
        granular: None,
        oauth: None,
    };
    world.tokens.insert(id, token);
    Ok(id)
}

/// 201 with the secret, which is shown this once.
pub(super) fn shown_once(instance: &Instance, world: &World, id: u64) -> Reply {
    match world.tokens.get(&id) {
        Some(token) => Reply::json(StatusCode::CREATED, &object_with_secret(instance, token)),
        None => not_found(),
    }
}

/// `/users/:id/impersonation_tokens`: administrators only; the tokens act as the account (contract §2.6).
pub(super) fn impersonation(instance: &Instance, asked: &Asked, user: &str, rest: &[&str]) -> Answer {
    let mut world = instance.world();
    let caller = admit(
        &mut world,
        instance,
        asked,
        if asked.reads() { &READ } else { &CREATE },
    )?;
    if !caller.admin {
        return Err(Box::new(forbidden()));
    }
    let Some(user) = user.parse().ok().filter(|id| world.users.contains_key(id)) else {
        return Ok(Reply::message(StatusCode::NOT_FOUND, "404 User Not Found"));
    };
    let its = |token: &&Token| token.user == user && token.kind == TokenKind::Impersonation;
    let marked = |mut fields: Map<String, Value>| {
        fields.insert("impersonation".to_owned(), Value::Bool(true));
        Value::Object(fields)
    };
    let named = |id: &str| {
        let token = id
            .parse()
            .ok()
            .and_then(|id: u64| world.tokens.get(&id))
            .filter(its);
        token.map(|token| token.id).ok_or_else(|| {
            let text = "404 Impersonation Token Not Found";
            Box::new(Reply::message(StatusCode::NOT_FOUND, text))
        })
    };
    match (rest, &asked.method) {
        ([], &Method::GET | &Method::HEAD) => {
            let tokens = world.tokens.values().filter(its);
            let shown = tokens.map(|token| marked(object(instance, token))).collect();
            Ok(paging::offset(instance, asked, shown))
        }
        ([], &Method::POST) => {
            let making = Making {
                user,
                kind: TokenKind::Impersonation,
                allowed: &SCOPES,
            };
            let id = make(instance, &mut world, asked, &making)?;
            let token = world.tokens.get(&id).ok_or_else(|| Box::new(not_found()))?;
            let mut fields = object(instance, token);
            fields.insert("token".to_owned(), json!(token.secret));
            Ok(Reply::json(StatusCode::CREATED, &marked(fields)))
        }
        ([], _) => Ok(wrong_method("GET, HEAD, POST")),
        ([id], &Method::GET | &Method::HEAD) => {
            let id = named(id)?;
            let token = world.tokens.get(&id).ok_or_else(|| Box::new(not_found()))?;
            Ok(Reply::ok(&marked(object(instance, token))))
        }
        ([id], &Method::DELETE) => {
            let id = named(id)?;
            if let Some(token) = world.tokens.get_mut(&id) {
                token.revoked = true;
            }
            Ok(Reply::no_content())
        }
        _ => Ok(unknown_route()),
    }
}

/// The `expires_at` that was asked for, if any, within what the instance allows.
pub(super) fn requested_expiry(
    instance: &Instance,
    world: &World,
    asked: &Asked,
) -> Result<Option<Date>, Refusal> {
    let Some(text) = asked.param("expires_at") else {
        return Ok(None);
    };
    let Ok(date) = text.parse::<Date>() else {
        let body = json!({ "error": "expires_at is invalid" });
        return Err(Box::new(Reply::json(StatusCode::BAD_REQUEST, &body)));
    };
    let now = instance.clock.now();
    if date <= day(now) {
        return Err(Box::new(bad_request("Expiration date must be in the future")));
    }
    let last = days_from(now, world.settings.maximum_lifetime_days);
    if instance.since(16, 0) && world.settings.require_expiry && date > last {
        return Err(Box::new(bad_request(&format!(
            "Expiration date must be before {last}"
        ))));
    }
    Ok(Some(date))
}
