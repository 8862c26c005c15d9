//! OAuth applications: the instance's, for administrators, and since 19.0 everybody's own (contract §4.1, §4.2). A secret
//! is shown when it is made, and never again.

use hyper::{Method, StatusCode};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Answer, paging};
use crate::asked::Asked;
use crate::guard::{Caller, Refusal, Rule, admit};
use crate::reply::{Reply, forbidden, unknown_route, wrong_method};
use crate::state::application::Application;
use crate::state::{HEX, Instance, World, random_text};

const READ: Rule = Rule {
    accepts: &["api", "read_api"],
    told: "api read_api",
    permission: "read_oauth_application",
};
const WRITE: Rule = Rule {
    accepts: &["api"],
    told: "api read_api",
    permission: "create_oauth_application",
};

/// Answers `{api}/applications…`.
pub(super) fn of_instance(instance: &Instance, asked: &Asked, rest: &[&str]) -> Answer {
    let mut world = instance.world();
    let caller = admit(&mut world, instance, asked, &WRITE)?;
    if !caller.admin {
        return Err(Box::new(forbidden()));
    }
    match (rest, &asked.method) {
        ([], &Method::POST) => Ok(create(instance, &mut world, asked, None)),
        ([], &Method::GET | &Method::HEAD) => Ok(list(instance, &world, asked, None)),
        ([], _) => Ok(wrong_method("GET, HEAD, POST")),
        // The number, not the `application_id` (quirk 31).
        ([id], &Method::DELETE) => {
            let id = known(&world, id)?;
            world.remove_application(id);
            Ok(Reply::no_content())
        }
        ([_], _) => Ok(wrong_method("DELETE")),
        ([id, "renew-secret"], &Method::POST) if instance.since(16, 11) => {
            let id = known(&world, id)?;
            let application = world.applications.get_mut(&id).ok_or_else(missing)?;
            application.secret = new_secret();
            Ok(shown_once(instance, application))
        }
        _ => Ok(unknown_route()),
    }
}

/// Answers `{api}/user/applications…`.
pub(super) fn of_user(instance: &Instance, asked: &Asked, rest: &[&str]) -> Answer {
    let mut world = instance.world();
    let rule = if asked.reads() { &READ } else { &WRITE };
    let caller = admit(&mut world, instance, asked, rule)?;
    match (rest, &asked.method) {
        ([], &Method::POST) => Ok(create(instance, &mut world, asked, Some(caller.user))),
        ([], &Method::GET | &Method::HEAD) => Ok(list(instance, &world, asked, Some(caller.user))),
        ([], _) => Ok(wrong_method("GET, HEAD, POST")),
        ([id], method) => {
            let id = own(&world, caller, id)?;
            let application = world.applications.get_mut(&id).ok_or_else(missing)?;
            match *method {
                Method::GET | Method::HEAD => Ok(Reply::ok(&Value::Object(object(instance, application)))),
                Method::PUT => Ok(change(instance, asked, application)),
                Method::DELETE => {
                    world.remove_application(id);
                    Ok(Reply::no_content())
                }
                _ => Ok(wrong_method("DELETE, GET, HEAD, PUT")),
            }
        }
        _ => Ok(unknown_route()),
    }
}

pub(crate) fn new_secret() -> String {
    format!("gloas-{}", random_text(64, HEX))
}

fn missing() -> Refusal {
    Box::new(Reply::message(StatusCode::NOT_FOUND, "404 Application Not Found"))
}

fn known(world: &World, id: &str) -> Result<u64, Refusal> {
    id.parse()
        .ok()
        .filter(|id| world.applications.contains_key(id))
        .ok_or_else(missing)
}

fn own(world: &World, caller: Caller, id: &str) -> Result<u64, Refusal> {
    let id = known(world, id)?;
    let owner = world
        .applications
        .get(&id)
        .and_then(|application| application.owner);
    if owner == Some(caller.user) {
        Ok(id)
    } else {
        Err(Box::new(forbidden()))
    }
}

fn list(instance: &Instance, world: &World, asked: &Asked, owner: Option<u64>) -> Reply {
    let shown = world
        .applications
        .values()
        .filter(|application| application.owner == owner)
        .map(|application| Value::Object(object(instance, application)))
        .collect();
    paging::offset(instance, asked, shown)
}

fn object(instance: &Instance, application: &Application) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |key: &str, value: Value| {
        fields.insert(key.to_owned(), value);
    };
    put("id", json!(application.id));
    put("application_id", json!(application.uid));
    put("application_name", json!(application.name));
    put("callback_url", json!(application.redirect_uris.join("\n")));
    put("confidential", json!(application.confidential));
    if instance.since(19, 0) {
        put("scopes", json!(application.scopes));
    }
    fields
}

/// 201 where GitLab's documentation says 200 (quirk 30).
fn shown_once(instance: &Instance, application: &Application) -> Reply {
    let mut fields = object(instance, application);
    fields.insert("secret".to_owned(), json!(application.secret));
    Reply::json(StatusCode::CREATED, &Value::Object(fields))
}

fn create(instance: &Instance, world: &mut World, asked: &Asked, owner: Option<u64>) -> Reply {
    let mut absent = Vec::new();
    for name in ["name", "redirect_uri"] {
        if !asked.params.contains_key(name) {
            absent.push(format!("{name} is missing"));
        }
    }
    if !asked.params.contains_key("scopes") {
        absent.push("scopes is missing".to_owned());
    }
    if asked.param("scopes").is_none() {
        absent.push("scopes is empty".to_owned());
    }
    if !absent.is_empty() {
        return Reply::json(StatusCode::BAD_REQUEST, &json!({ "error": absent.join(", ") }));
    }
    let words = |name: &str| -> Vec<String> {
        let text = asked.param(name).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    };
    let (name, redirect_uris, scopes) = (asked.param("name"), words("redirect_uri"), words("scopes"));
    let mut wrong = Map::new();
    if name.is_none() {
        wrong.insert("name".to_owned(), json!(["can't be blank"]));
    }
    if let Some(text) = wrong_redirect(&redirect_uris) {
        wrong.insert("redirect_uri".to_owned(), json!([text]));
    }
    if let Some(text) = wrong_scopes(&scopes) {
        wrong.insert("scopes".to_owned(), json!([text]));
    }
    if !wrong.is_empty() {
        return invalid(&wrong);
    }
    let application = Application {
        id: world.next_id(),
        name: name.unwrap_or_default(),
        uid: random_text(64, HEX),
        secret: new_secret(),
        // Unless it is said otherwise (quirk 20).
        confidential: asked.flag("confidential").unwrap_or(true),
        trusted: false,
        owner,
        scopes,
        redirect_uris,
    };
    let reply = shown_once(instance, &application);
    world.applications.insert(application.id, application);
    reply
}

fn change(instance: &Instance, asked: &Asked, application: &mut Application) -> Reply {
    if let Some(text) = asked.param("scopes") {
        let scopes: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if let Some(text) = wrong_scopes(&scopes) {
            let mut wrong = Map::new();
            wrong.insert("scopes".to_owned(), json!([text]));
            return invalid(&wrong);
        }
        application.scopes = scopes;
    }
    if let Some(name) = asked.param("name") {
        application.name = name;
    }
    Reply::ok(&Value::Object(object(instance, application)))
}

fn invalid(wrong: &Map<String, Value>) -> Reply {
    Reply::json(StatusCode::BAD_REQUEST, &json!({ "message": wrong }))
}

/// What GitLab says of the first redirect URI it would not take (contract §3.4).
fn wrong_redirect(uris: &[String]) -> Option<&'static str> {
    if uris.is_empty() {
        return Some("can't be blank");
    }
    uris.iter().find_map(|text| match Url::parse(text) {
        Err(_) => Some("must be a valid URI."),
        Ok(uri) if matches!(uri.scheme(), "javascript" | "data" | "vbscript") => {
            Some("is forbidden by the server.")
        }
        Ok(uri) if uri.fragment().is_some() => Some("cannot contain a fragment."),
        Ok(uri) if uri.cannot_be_a_base() => Some("must be a valid URI."),
        Ok(_) => None,
    })
}

fn wrong_scopes(scopes: &[String]) -> Option<&'static str> {
    let known = |scope: &str| {
        super::tokens::SCOPES.contains(&scope) || matches!(scope, "openid" | "profile" | "email")
    };
    (!scopes.iter().all(|scope| known(scope))).then_some("doesn't match configured on the server.")
}
