//! The device flow (contract §3.8): codes for a device, a page for a person, and what polling says.

use hyper::StatusCode;
use serde_json::json;

use super::client::{authenticated, error, granted, invalid_client, invalid_grant, missing};
use super::consent::hidden;
use crate::asked::Asked;
use crate::guard::Refusal;
use crate::pages::{escaped, layout};
use crate::reply::Reply;
use crate::sign_in;
use crate::state::grant::{DeviceGrant, DeviceState};
use crate::state::{Instance, LETTERS, World, random_text};

/// Seconds a device code lives.
const LIFETIME: i64 = 300;
/// Seconds between polls.
const INTERVAL: i64 = 5;
const USER_CODE: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// No translation is shipped for the device errors (contract §3.8).
const DESCRIPTION: &str = "The authorization server encountered an unexpected condition which prevented it from \
    fulfilling the request.";

/// `POST /oauth/authorize_device`: the scope is not compared with the application's.
pub(super) fn begin(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let Some(application) = asked
        .param("client_id")
        .and_then(|id| world.application_called(&id))
    else {
        return *invalid_client();
    };
    let application = application.id;
    let now = instance.clock.now();
    let scope = asked.param("scope").unwrap_or_else(|| "api".to_owned());
    let grant = DeviceGrant {
        device_code: random_text(86, LETTERS),
        user_code: random_text(8, USER_CODE),
        application,
        scopes: scope.split_whitespace().map(str::to_owned).collect(),
        created_at: now,
        polled_at: None,
        state: DeviceState::Pending,
    };
    // Servers before mid-2026 leave the subpath out (quirk 25).
    let forgets = world
        .settings
        .device_uri_without_subpath
        .unwrap_or(!instance.since(19, 1));
    let base = if forgets {
        origin(&instance.canonical)
    } else {
        &instance.canonical
    };
    let body = json!({
        "device_code": grant.device_code,
        "user_code": grant.user_code,
        "verification_uri": format!("{base}/oauth/device"),
        "verification_uri_complete": format!("{base}/oauth/device?user_code={}", grant.user_code),
        "expires_in": LIFETIME,
        "interval": INTERVAL,
    });
    world.device_grants.push(grant);
    granted(&body)
}

/// Scheme, host and port.
fn origin(address: &str) -> &str {
    let end = address
        .match_indices('/')
        .nth(2)
        .map_or(address.len(), |(at, _)| at);
    address.get(..end).unwrap_or(address)
}

/// One poll. `expired_token` is said once, then the code is unknown (quirk 26).
pub(super) fn redeem(instance: &Instance, asked: &Asked) -> Result<Reply, Refusal> {
    let now = instance.clock.now();
    let mut world = instance.world();
    let code = asked.param("device_code").ok_or_else(|| missing("device_code"))?;
    let application = authenticated(&world, asked).ok_or_else(invalid_client)?.id;
    let denial_is_told = world.settings.device_denial_is_told;
    let at = world
        .device_grants
        .iter()
        .position(|grant| grant.device_code == code && grant.application == application)
        .ok_or_else(invalid_grant)?;
    let said = |code: &str| error(StatusCode::BAD_REQUEST, code, DESCRIPTION);
    let grant = world.device_grants.get_mut(at).ok_or_else(invalid_grant)?;
    if now.as_second() - grant.created_at.as_second() >= LIFETIME {
        world.device_grants.remove(at);
        return Err(said("expired_token"));
    }
    if grant
        .polled_at
        .is_some_and(|last| now.as_second() - last.as_second() < INTERVAL)
    {
        return Err(said("slow_down"));
    }
    grant.polled_at = Some(now);
    match grant.state {
        DeviceState::Denied if denial_is_told => Err(said("access_denied")),
        DeviceState::Pending | DeviceState::Denied => Err(said("authorization_pending")),
        DeviceState::Approved(user) => {
            let scopes = grant.scopes.clone();
            world.device_grants.remove(at);
            Ok(granted(&world.issue(application, user, scopes, now)))
        }
    }
}

/// `GET /oauth/device`: where a person types the code.
pub(super) fn page(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let session = world.session(sign_in::cookie(asked));
    if session.user.is_none() {
        let inside = asked.path.strip_prefix(&instance.subpath).unwrap_or(&asked.path);
        session.return_to = Some(if asked.query.is_empty() {
            inside.to_owned()
        } else {
            format!("{inside}?{}", asked.query)
        });
        return sign_in::required(instance, session);
    }
    let content = format!(
        "<h1>Connect a device</h1>\n<form method=\"post\" action=\"{}/oauth/device/confirm\">{}\
         <label>Code <input name=\"user_code\" value=\"{}\"></label>\
         <button type=\"submit\">Continue</button></form>",
        instance.subpath,
        hidden("authenticity_token", &session.csrf),
        escaped(&asked.param("user_code").unwrap_or_default()),
    );
    Reply::html(StatusCode::OK, layout(instance, "Connect a device", &content))
}

/// The pending code a signed-in person means, or why there is none.
fn meant(instance: &Instance, world: &mut World, asked: &Asked) -> Result<(u64, usize), Refusal> {
    let now = instance.clock.now();
    let session = world.session(sign_in::cookie(asked));
    if asked.param("authenticity_token").as_deref() != Some(session.csrf.as_str()) {
        return Err(Box::new(sign_in::forged()));
    }
    let Some(user) = session.user else {
        return Err(Box::new(sign_in::required(instance, session)));
    };
    let code = asked.param("user_code").unwrap_or_default();
    let found = world.device_grants.iter().position(|grant| {
        grant.user_code.eq_ignore_ascii_case(code.trim())
            && grant.state == DeviceState::Pending
            && now.as_second() - grant.created_at.as_second() < LIFETIME
    });
    match found {
        Some(at) => Ok((user, at)),
        None if asked
            .header("accept")
            .is_some_and(|kinds| kinds.contains("application/json")) =>
        {
            let body = json!({ "errors": ["The user code is invalid."] });
            Err(Box::new(Reply::json(StatusCode::UNPROCESSABLE_ENTITY, &body)))
        }
        None => {
            let content = "<h1>Connect a device</h1><p role=\"alert\">The user code is invalid.</p>";
            Err(Box::new(Reply::html(
                StatusCode::OK,
                layout(instance, "Connect a device", content),
            )))
        }
    }
}

/// `POST /oauth/device/confirm`: shows who asks for what.
pub(super) fn confirm(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let at = match meant(instance, &mut world, asked) {
        Ok((_, at)) => at,
        Err(refusal) => return *refusal,
    };
    let csrf = world.session(sign_in::cookie(asked)).csrf.clone();
    let Some(grant) = world.device_grants.get(at) else {
        return *invalid_grant();
    };
    let name = world
        .applications
        .get(&grant.application)
        .map_or("", |application| &application.name);
    let carried = format!(
        "{}{}",
        hidden("authenticity_token", &csrf),
        hidden("user_code", &grant.user_code)
    );
    let action = format!("{}/oauth/device", instance.subpath);
    let content = format!(
        "<h1>{name} is requesting access to your account on GitLab</h1>\n<p>{scopes}</p>\n\
         <form method=\"post\" action=\"{action}\">{carried}\
         <button id=\"authorize\" type=\"submit\">Authorize</button></form>\n\
         <form method=\"post\" action=\"{action}\">{carried}{delete}\
         <button id=\"deny\" type=\"submit\">Deny</button></form>",
        name = escaped(name),
        scopes = escaped(&grant.scopes.join(", ")),
        delete = hidden("_method", "delete"),
    );
    Reply::html(StatusCode::OK, layout(instance, "Connect a device", &content))
}

/// `POST /oauth/device`: Authorize, or Deny by `_method`.
pub(super) fn decide(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let (user, at) = match meant(instance, &mut world, asked) {
        Ok(found) => found,
        Err(refusal) => return *refusal,
    };
    let denied = asked.param("_method").as_deref() == Some("delete");
    let Some(grant) = world.device_grants.get_mut(at) else {
        return *invalid_grant();
    };
    grant.state = if denied {
        DeviceState::Denied
    } else {
        DeviceState::Approved(user)
    };
    let content = if denied {
        "<h1>Access denied</h1>"
    } else {
        "<h1>Device connected</h1><p>You can close this page.</p>"
    };
    Reply::html(StatusCode::OK, layout(instance, "Connect a device", content))
}
