//! `/jwt/auth`: where docker gets its bearer token for the container registry (contract §7.2). What was granted stands in
//! the token, and may be less than was asked for.

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::asked::Asked;
use crate::git::access::{ACCESS_DENIED, Credential, basic, sign_in};
use crate::pages;
use crate::reply::Reply;
use crate::signing::json_web_token;
use crate::state::project::{DEVELOPER, Project, REPORTER};
use crate::state::token::TokenKind;
use crate::state::{Instance, LETTERS, World, random_text};

/// Seconds a registry token lives.
const LIFETIME: i64 = 300;

/// Answers `{base}/jwt/auth`.
pub(crate) fn answer(instance: &Instance, asked: &Asked) -> Reply {
    if asked.method != Method::GET || asked.param("service").as_deref() != Some("container_registry") {
        return pages::missing(instance);
    }
    let now = instance.clock.now();
    let world = instance.world();
    let shown = asked.header("authorization").is_some();
    let credential = basic(asked).and_then(|(name, password)| sign_in(&world, now, &name, &password));
    if shown && credential.is_none() {
        return refused(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            &format!(
                "{ACCESS_DENIED} See {}/help/user/packages/container_registry/authenticate_with_container_registry.md",
                instance.canonical
            ),
        );
    }
    let granted: Vec<Value> = wanted(asked)
        .iter()
        .filter_map(|(name, actions)| grant(&world, credential.as_ref(), name, actions))
        .collect();
    // Who has no say in the registry at all is turned away, as is a stranger who gets nothing.
    let heard = credential.as_ref().map_or(!granted.is_empty(), reaches_registry);
    if !heard {
        return refused(
            StatusCode::FORBIDDEN,
            "DENIED",
            "requested access to the resource is denied",
        );
    }
    let issued = now.as_second();
    let claims = json!({
        "iss": "gitlab-issuer",
        "aud": "container_registry",
        "sub": credential.as_ref().map_or("", |credential| credential.user().username.as_str()),
        "jti": random_text(36, LETTERS),
        "iat": issued,
        "nbf": issued - 5,
        "exp": issued + LIFETIME,
        "access": granted,
    });
    let key = random_text(32, LETTERS);
    Reply::ok(&json!({ "token": json_web_token(key.as_bytes(), &claims) }))
}

fn refused(status: StatusCode, code: &str, message: &str) -> Reply {
    Reply::json(
        status,
        &json!({ "errors": [{ "code": code, "message": message }] }),
    )
}

/// Every `scope=repository:<path>:<action>,<action>`; docker sends several.
fn wanted(asked: &Asked) -> Vec<(String, Vec<String>)> {
    form_urlencoded::parse(asked.query.as_bytes())
        .filter(|(key, _)| key == "scope")
        .filter_map(|(_, scope)| {
            let (kind, rest) = scope.split_once(':')?;
            let (name, actions) = rest.rsplit_once(':')?;
            let actions = actions.split(',').map(str::to_owned).collect();
            (kind == "repository").then(|| (name.to_owned(), actions))
        })
        .collect()
}

/// What a caller may do of what is asked; nothing where nothing is left.
fn grant(world: &World, caller: Option<&Credential<'_>>, name: &str, actions: &[String]) -> Option<Value> {
    let project = owner(world, name)?;
    let left: Vec<&String> = actions
        .iter()
        .filter(|action| may(world, caller, project, action))
        .collect();
    (!left.is_empty()).then(|| json!({ "type": "repository", "name": name, "actions": left }))
}

/// The project an image belongs to: its path, with whatever name behind it.
fn owner<'a>(world: &'a World, name: &str) -> Option<&'a Project> {
    let mut path = name;
    loop {
        if let Some(project) = world.project_at(path) {
            return Some(project);
        }
        path = path.rsplit_once('/')?.0;
    }
}

fn may(world: &World, caller: Option<&Credential<'_>>, project: &Project, action: &str) -> bool {
    let level = caller.map_or(0, |caller| {
        if caller.user().admin {
            u8::MAX
        } else {
            world.access(caller.user().id, project)
        }
    });
    match action {
        "pull" => {
            let covered = caller.is_none_or(|caller| covers(caller, &["api", "read_registry"]));
            covered && (!project.private || level >= REPORTER)
        }
        "push" => {
            let covered = caller.is_some_and(|caller| covers(caller, &["api", "write_registry"]));
            covered && level >= DEVELOPER
        }
        _ => false,
    }
}

fn covers(caller: &Credential<'_>, scopes: &[&str]) -> bool {
    match caller {
        Credential::Password(_) => true,
        // Quirk 58: an OAuth token means nothing to the registry, whatever its scopes.
        Credential::Token(_, token) => {
            token.kind != TokenKind::Oauth && token.granular.is_none() && token.has_any(scopes)
        }
    }
}

fn reaches_registry(caller: &Credential<'_>) -> bool {
    covers(caller, &["api", "read_registry", "write_registry"])
}
