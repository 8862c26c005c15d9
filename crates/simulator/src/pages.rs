//! What a browser sees, and the documents by which GitLab can be recognised without a token (contract §1.1, §3.10).

use hyper::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use hyper::{Method, StatusCode};
use serde_json::json;

use crate::asked::Asked;
use crate::oauth;
use crate::registry;
use crate::reply::Reply;
use crate::sign_in;
use crate::state::{HEX, Instance, random_text};

/// Answers a path outside the API and git.
pub(crate) fn answer(instance: &Instance, asked: &Asked, parts: &[&str]) -> Reply {
    // Redirects stay on the address that was asked; documents tell the configured one (contract §1.4).
    let (here, base) = (&instance.address, &instance.canonical);
    match parts {
        ["oauth", rest @ ..] => return oauth::answer(instance, asked, rest),
        ["jwt", "auth"] => return registry::answer(instance, asked),
        ["users", "sign_in"] if asked.method == Method::POST => return sign_in::submit(instance, asked),
        _ if !asked.reads() => return missing(instance),
        _ => {}
    }
    match parts {
        [] => match sign_in::who(instance, asked) {
            Some(name) => page(
                instance,
                "Projects",
                &format!("<h1>Welcome, {}</h1>", escaped(&name)),
            ),
            None => Reply::redirect(StatusCode::FOUND, &format!("{here}/users/sign_in")),
        },
        ["users", "sign_in"] => sign_in::page(instance, asked),
        ["help"] => page(
            instance,
            "Help",
            "<h1>GitLab</h1><p>Version information is shown when signed in.</p>",
        ),
        ["-", "manifest.json"] => manifest(instance),
        [
            ".well-known",
            "openid-configuration" | "oauth-authorization-server",
        ] => openid(instance),
        [".well-known", "oauth-protected-resource"] if instance.since(18, 3) => {
            Reply::ok(&json!({ "resource": format!("{base}/api/v4/mcp"), "authorization_servers": [base] }))
        }
        [".well-known", "change-password"] => Reply::redirect(
            StatusCode::FOUND,
            &format!("{here}/-/user_settings/password/edit"),
        ),
        ["-", "user_settings", "personal_access_tokens"] if instance.since(16, 0) => {
            token_page(instance, asked)
        }
        ["-", "profile", "personal_access_tokens"] if instance.since(16, 0) => {
            let query = if asked.query.is_empty() {
                String::new()
            } else {
                format!("?{}", asked.query)
            };
            let page = format!("{here}/-/user_settings/personal_access_tokens{query}");
            Reply::redirect(StatusCode::MOVED_PERMANENTLY, &page)
        }
        ["-", "profile", "personal_access_tokens"] => token_page(instance, asked),
        // Health pages too: callers are treated as not on the list of allowed addresses (quirk 36).
        _ => missing(instance),
    }
}

/// Text made safe for an HTML page and its attributes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

pub(crate) fn layout(instance: &Instance, title: &str, content: &str) -> String {
    let path = &instance.subpath;
    let (base, title) = (escaped(&instance.canonical), escaped(title));
    let csrf = random_text(64, HEX);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head prefix=\"og: http://ogp.me/ns#\">\n<meta charset=\"utf-8\">\n\
         <title>{title} · GitLab</title>\n\
         <meta property=\"og:site_name\" content=\"GitLab\">\n<meta property=\"og:url\" content=\"{base}\">\n\
         <link rel=\"manifest\" href=\"{path}/-/manifest.json\" crossorigin=\"use-credentials\">\n\
         <link rel=\"search\" type=\"application/opensearchdescription+xml\" title=\"Search GitLab\" \
         href=\"{path}/search/opensearch.xml\">\n\
         <meta name=\"csrf-param\" content=\"authenticity_token\">\n<meta name=\"csrf-token\" content=\"{csrf}\">\n\
         </head>\n<body>\n{content}\n</body>\n</html>\n"
    )
}

fn page(instance: &Instance, title: &str, content: &str) -> Reply {
    Reply::html(StatusCode::OK, layout(instance, title, content))
}

/// GitLab's own page for what is not there.
pub(crate) fn missing(instance: &Instance) -> Reply {
    let content =
        "<h1>404: Page not found</h1><p>Make sure the address is correct and the page has not moved.</p>";
    Reply::html(StatusCode::NOT_FOUND, layout(instance, "Not Found", content))
}

fn manifest(instance: &Instance) -> Reply {
    let path = &instance.subpath;
    Reply::ok(&json!({
        "name": "GitLab",
        "short_name": "GitLab",
        "description": "The complete DevOps platform.",
        "start_url": format!("{path}/"),
        "scope": format!("{path}/"),
        "display": "browser",
        "orientation": "any",
        "background_color": "#fff",
        "theme_color": "#1f1e24",
        "icons": [{
            "src": format!("{path}/-/pwa-icons/logo-192.png"), "sizes": "192x192", "type": "image/png",
        }],
    }))
}

/// Contract §3.10, with its mismatches: the short name `device_code`, no device endpoint, `none` left out.
fn openid(instance: &Instance) -> Reply {
    let base = &instance.canonical;
    let mut grants = vec!["authorization_code", "client_credentials", "refresh_token"];
    if !instance.since(19, 0) {
        grants.insert(1, "password");
    }
    if instance.since(17, 3) {
        grants.push("device_code");
    }
    Reply::ok(&json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/oauth/authorize"),
        "token_endpoint": format!("{base}/oauth/token"),
        "revocation_endpoint": format!("{base}/oauth/revoke"),
        "introspection_endpoint": format!("{base}/oauth/introspect"),
        "userinfo_endpoint": format!("{base}/oauth/userinfo"),
        "jwks_uri": format!("{base}/oauth/discovery/keys"),
        "scopes_supported": [
            "api", "read_api", "read_user", "create_runner", "k8s_proxy", "read_repository", "write_repository",
            "read_registry", "write_registry", "ai_features", "sudo", "admin_mode", "openid", "profile", "email",
        ],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": grants,
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "sub_legacy", "name", "nickname", "preferred_username", "email",
            "email_verified", "website", "profile", "picture", "groups",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
    }))
    .with(ACCESS_CONTROL_ALLOW_ORIGIN, "*")
}

/// The page a person makes a token on, prefilled from the query (contract §2.6); 404 when tokens are disabled (quirk 59).
fn token_page(instance: &Instance, asked: &Asked) -> Reply {
    if !instance.world().settings.personal_access_tokens {
        return missing(instance);
    }
    let field = |name: &str| escaped(&asked.param(name).unwrap_or_default());
    let scopes = asked.param("scopes").unwrap_or_default();
    let chosen: String = scopes
        .split(',')
        .map(str::trim)
        .filter(|scope| !scope.is_empty())
        .map(escaped)
        .map(|scope| {
            format!("<li><label><input type=\"checkbox\" name=\"scopes[]\" value=\"{scope}\" checked> {scope}</label></li>")
        })
        .collect::<Vec<_>>()
        .concat();
    let content = format!(
        "<h1>Personal access tokens</h1>\n<form>\n\
         <label>Token name <input name=\"name\" value=\"{}\"></label>\n\
         <label>Description <textarea name=\"description\">{}</textarea></label>\n\
         <fieldset><legend>Select scopes</legend><ul>{chosen}</ul></fieldset>\n</form>",
        field("name"),
        field("description")
    );
    page(instance, "Personal access tokens", &content)
}
