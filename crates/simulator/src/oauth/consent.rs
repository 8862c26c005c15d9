//! The pages of an authorization: consent, the error that stays inside GitLab, and the ways back to the client.

use hyper::StatusCode;

use crate::asked::Asked;
use crate::pages::{escaped, layout};
use crate::reply::Reply;
use crate::state::Instance;
use crate::state::application::Application;
use crate::state::user::User;

/// The parameters an authorization request goes round with.
const CARRIED: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "state",
    "response_type",
    "response_mode",
    "scope",
    "gl_auth_type",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// 200, and nothing reaches the client (quirk 16).
pub(super) fn error(text: &str) -> Reply {
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><title>Error · GitLab</title></head><body>\
         <h3>An error has occurred</h3><main role=\"main\"><pre>{}</pre></main></body></html>",
        escaped(text)
    );
    Reply::html(StatusCode::OK, page)
}

/// The page that keeps administrators from giving their rights away.
pub(super) fn forbidden() -> Reply {
    let page = "<!DOCTYPE html><html lang=\"en\"><head><title>Forbidden · GitLab</title></head><body>\
                <h3>Access denied: administrators may not authorize this application.</h3></body></html>";
    Reply::html(StatusCode::OK, page)
}

/// The consent screen: Authorize posts, Deny posts with `_method=delete`.
pub(super) fn page(
    instance: &Instance,
    asked: &Asked,
    application: &Application,
    user: &User,
    scopes: &[String],
    csrf: &str,
) -> Reply {
    let carried: String = CARRIED
        .iter()
        .filter_map(|name| asked.param(name).map(|value| hidden(name, &value)))
        .chain([hidden("authenticity_token", csrf)])
        .collect::<Vec<_>>()
        .concat();
    let wanted: String = scopes
        .iter()
        .map(|scope| format!("<li>{}</li>", escaped(scope)))
        .collect::<Vec<_>>()
        .concat();
    let action = format!("{}/oauth/authorize", instance.subpath);
    let content = format!(
        "<h1>{name} is requesting access to your account on GitLab</h1>\n<p>Signed in as {user} (@{username}).</p>\n\
         <ul>{wanted}</ul>\n\
         <form method=\"post\" action=\"{action}\">{carried}\
         <button id=\"authorize\" type=\"submit\">Authorize {name}</button></form>\n\
         <form method=\"post\" action=\"{action}\">{carried}{delete}\
         <button id=\"deny\" type=\"submit\">Deny</button></form>",
        name = escaped(&application.name),
        user = escaped(&user.name),
        username = escaped(&user.username),
        delete = hidden("_method", "delete"),
    );
    Reply::html(StatusCode::OK, layout(instance, "Authorize", &content))
}

pub(super) fn hidden(name: &str, value: &str) -> String {
    format!(
        "<input type=\"hidden\" name=\"{}\" value=\"{}\">",
        escaped(name),
        escaped(value)
    )
}

/// Silent approval is a page that goes on by itself, not a 302 (quirk 17).
pub(super) fn client_side_redirect(target: &str) -> Reply {
    let target = escaped(target);
    Reply::html(
        StatusCode::OK,
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><title>Redirecting · GitLab</title>\
             <meta http-equiv=\"refresh\" content=\"0; url={target}\"></head>\
             <body><a href=\"{target}\">You are being redirected.</a></body></html>"
        ),
    )
}

/// `response_mode=form_post`: a form that sends itself.
pub(super) fn form_post(redirect_uri: &str, pairs: &[(&str, &str)]) -> Reply {
    let fields: String = pairs
        .iter()
        .map(|(name, value)| hidden(name, value))
        .collect::<Vec<_>>()
        .concat();
    Reply::html(
        StatusCode::OK,
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><title>Submit This Form</title></head>\
             <body onload=\"document.forms[0].submit()\"><form method=\"post\" action=\"{}\">{fields}</form></body></html>",
            escaped(redirect_uri)
        ),
    )
}
