//! `/oauth/authorize` (contract §3.3): whatever is wrong with a request is shown to the person and never reaches the
//! redirect URI (quirk 16).

use hyper::StatusCode;
use jiff::Timestamp;
use url::{Url, form_urlencoded};

use super::{consent, pkce, redirect_uri};
use crate::asked::Asked;
use crate::reply::Reply;
use crate::sign_in;
use crate::state::application::Application;
use crate::state::grant::{ChallengeMethod, Grant};
use crate::state::user::{User, UserState};
use crate::state::{HEX, Instance, World, random_text};

/// Scopes an administrator may be kept from giving away (quirk 56).
const ADMIN_SCOPES: [&str; 8] = [
    "api",
    "read_api",
    "read_repository",
    "write_repository",
    "read_registry",
    "write_registry",
    "sudo",
    "admin_mode",
];

/// An authorization request in which nothing is wrong.
struct Request {
    application: u64,
    redirect_uri: String,
    scopes: Vec<String>,
    challenge: Option<(String, ChallengeMethod)>,
    mode: Mode,
    state: Option<String>,
}

/// How the answer reaches the client.
#[derive(Clone, Copy)]
enum Mode {
    Query,
    Fragment,
    FormPost,
}

/// Reads a request, or says in words what is wrong.
fn read(world: &World, asked: &Asked) -> Result<Request, &'static str> {
    let client = asked
        .param("client_id")
        .ok_or("Missing required parameter: client_id.")?;
    let application = world.application_called(&client).ok_or(
        "Client authentication failed due to unknown client, no client authentication included, or unsupported \
         authentication method.",
    )?;
    let redirect = asked
        .param("redirect_uri")
        .ok_or("The requested redirect uri is malformed or doesn't match client redirect URI.")?;
    if !application
        .redirect_uris
        .iter()
        .any(|registered| redirect_uri::matches(registered, &redirect))
    {
        return Err("The redirect URI included is not valid.");
    }
    match asked.param("response_type").as_deref() {
        Some("code") => {}
        Some(_) => return Err("The authorization server does not support this response type."),
        None => return Err("Missing required parameter: response_type."),
    }
    let mode = match asked.param("response_mode").as_deref() {
        None | Some("query") => Mode::Query,
        Some("fragment") => Mode::Fragment,
        Some("form_post") => Mode::FormPost,
        Some(_) => return Err("The authorization server does not support this response mode."),
    };
    // Left out means `api`, which the application may not have (quirk 22).
    let scope = match asked.param("gl_auth_type").as_deref() {
        // Who only wants to know who signs in gets no more, whatever was asked for.
        Some("login") => "read_user".to_owned(),
        _ => asked.param("scope").unwrap_or_else(|| "api".to_owned()),
    };
    let scopes: Vec<String> = scope.split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || !scopes.iter().all(|scope| application.scopes.contains(scope)) {
        return Err("The requested scope is invalid, unknown, or malformed.");
    }
    let challenge = pkce::challenge(asked)?;
    Ok(Request {
        application: application.id,
        redirect_uri: redirect,
        scopes,
        challenge,
        mode,
        state: asked.param("state"),
    })
}

/// Why this person may not authorize this application.
fn kept_out(world: &World, user: &User, application: &Application, scopes: &[String]) -> Option<Reply> {
    if user.state == UserState::Unconfirmed {
        return Some(consent::error(
            "Verify the email address in your account profile before you sign in.",
        ));
    }
    let restricted = world.settings.disable_admin_oauth_scopes
        && user.admin
        && !application.trusted
        && scopes.iter().any(|scope| ADMIN_SCOPES.contains(&scope.as_str()));
    restricted.then(consent::forbidden)
}

/// `GET`: sign in first, then consent, unless it was given before.
pub(super) fn ask(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let session = world.session(sign_in::cookie(asked));
    let (user, csrf) = (session.user, session.csrf.clone());
    let Some(user) = user.filter(|user| world.users.contains_key(user)) else {
        let id = sign_in::cookie(asked).map(str::to_owned);
        let session = world.session(id.as_deref());
        let inside = asked.path.strip_prefix(&instance.subpath).unwrap_or(&asked.path);
        session.return_to = Some(format!("{inside}?{}", asked.query));
        return sign_in::required(instance, session);
    };
    let request = match read(&world, asked) {
        Ok(request) => request,
        Err(text) => return consent::error(text),
    };
    let (Some(user), Some(application)) = (
        world.users.get(&user),
        world.applications.get(&request.application),
    ) else {
        return consent::error("The account is gone.");
    };
    if let Some(refusal) = kept_out(&world, user, application, &request.scopes) {
        return refusal;
    }
    if application.trusted || given_before(&world, user.id, application, &request.scopes) {
        let user = user.id;
        let target = approve(&mut world, instance.clock.now(), user, &request);
        return consent::client_side_redirect(&target);
    }
    consent::page(instance, asked, application, user, &request.scopes, &csrf)
}

/// A confidential application with a live token of the very same scopes is not asked again (quirks 17, 18).
fn given_before(world: &World, user: u64, application: &Application, scopes: &[String]) -> bool {
    let sorted = |scopes: &[String]| {
        let mut scopes = scopes.to_vec();
        scopes.sort();
        scopes.dedup();
        scopes
    };
    application.confidential
        && world.tokens.values().any(|token| {
            token.user == user
                && !token.revoked
                && token
                    .oauth
                    .as_ref()
                    .is_some_and(|oauth| oauth.application == application.id)
                && sorted(&token.scopes) == sorted(scopes)
        })
}

/// `POST`: the person pressed Authorize or, by `_method`, Deny.
pub(super) fn decide(instance: &Instance, asked: &Asked) -> Reply {
    let mut world = instance.world();
    let session = world.session(sign_in::cookie(asked));
    if asked.param("authenticity_token").as_deref() != Some(session.csrf.as_str()) {
        return sign_in::forged();
    }
    let Some(user) = session.user else {
        return sign_in::required(instance, session);
    };
    let request = match read(&world, asked) {
        Ok(request) => request,
        Err(text) => return consent::error(text),
    };
    let (Some(person), Some(application)) = (
        world.users.get(&user),
        world.applications.get(&request.application),
    ) else {
        return consent::error("The account is gone.");
    };
    if let Some(refusal) = kept_out(&world, person, application, &request.scopes) {
        return refusal;
    }
    if asked.param("_method").as_deref() == Some("delete") {
        let denied = [
            ("error", "access_denied"),
            (
                "error_description",
                "The resource owner or authorization server denied the request.",
            ),
        ];
        return handed_over(&request, &denied);
    }
    let code = issue(&mut world, instance.clock.now(), user, &request);
    handed_over(&request, &[("code", &code)])
}

fn approve(world: &mut World, now: Timestamp, user: u64, request: &Request) -> String {
    let code = issue(world, now, user, request);
    target(request, &[("code", &code)])
}

fn issue(world: &mut World, now: Timestamp, user: u64, request: &Request) -> String {
    let code = random_text(64, HEX);
    world.grants.push(Grant {
        code: code.clone(),
        application: request.application,
        user,
        redirect_uri: request.redirect_uri.clone(),
        scopes: request.scopes.clone(),
        challenge: request.challenge.clone(),
        created_at: now,
        used: false,
    });
    code
}

/// Adds the state, if one came, as it came.
fn with_state<'a>(request: &'a Request, pairs: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let state = request.state.as_deref().map(|state| ("state", state));
    pairs.iter().copied().chain(state).collect()
}

fn handed_over(request: &Request, pairs: &[(&str, &str)]) -> Reply {
    match request.mode {
        Mode::FormPost => consent::form_post(&request.redirect_uri, &with_state(request, pairs)),
        Mode::Query | Mode::Fragment => Reply::redirect(StatusCode::FOUND, &target(request, pairs)),
    }
}

fn target(request: &Request, pairs: &[(&str, &str)]) -> String {
    let pairs = with_state(request, pairs);
    let Ok(mut url) = Url::parse(&request.redirect_uri) else {
        return request.redirect_uri.clone();
    };
    if matches!(request.mode, Mode::Fragment) {
        let fragment = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(pairs)
            .finish();
        url.set_fragment(Some(&fragment));
    } else {
        url.query_pairs_mut().extend_pairs(pairs);
    }
    url.into()
}
