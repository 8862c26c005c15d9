//! What an answer to a question without a token tells about who answers (contract §1.1, §1.2). Pure.

use http::header;
use serde_json::Value;
use url::Url;

use crate::base_url::BaseUrl;
use crate::discovery::{Software, Wall};
use crate::problem::Unusable;
use crate::shown::{shown, shown_within};
use crate::token::looks_like_token;
use crate::unanswered::Unanswered;
use crate::wire::Answer;

/// What one answer says.
#[derive(Debug, PartialEq)]
pub(crate) enum Evidence {
    /// Only GitLab's API answers like this.
    Proof,
    /// GitLab's way to say that it has no such route: an old GitLab, or another Grape application.
    NoSuchRoute,
    /// It sends us elsewhere.
    Redirect(Url),
    /// Something stands in front.
    Wall(Wall),
    /// Something else.
    Other(Software),
    /// It cannot be told now.
    NotNow(Unanswered),
    /// It cannot be told at all.
    Unusable(Unusable),
}

/// Judges the answer to `GET {api}/metadata` or `/version` without a token.
pub(crate) fn judge(answer: &Answer, asked: &Url) -> Evidence {
    match answer.status {
        301 | 302 | 303 | 307 | 308 => {
            target(answer, asked).map_or_else(Evidence::Unusable, Evidence::Redirect)
        }
        429 => Evidence::NotNow(Unanswered::RateLimited {
            retry_after: answer.retry_after(),
        }),
        // RFC 6585 §6: the network on the way, not the server.
        511 => Evidence::Wall(Wall::Network),
        503 if says_maintenance(answer) => Evidence::NotNow(Unanswered::Maintenance),
        status @ 500.. => Evidence::NotNow(Unanswered::ServerError { status }),
        401 | 403 => refused(answer),
        404 if is_no_such_route(answer) => Evidence::NoSuchRoute,
        _ => other(answer),
    }
}

/// 401 and 403: GitLab's own word, or that of something in front.
fn refused(answer: &Answer) -> Evidence {
    if answer.headers.contains_key(header::WWW_AUTHENTICATE) {
        return Evidence::Wall(challenge(answer));
    }
    if let Some(software) = software(answer) {
        return Evidence::Other(software);
    }
    if answer.is_html() {
        return Evidence::Wall(if asks_password(answer) {
            Wall::HtmlLogin
        } else {
            Wall::Unnamed
        });
    }
    let Some(json) = answer.json() else {
        return if answer.claims_json() {
            Evidence::Unusable(Unusable::BrokenJson)
        } else {
            Evidence::Wall(Wall::Unnamed)
        };
    };
    if answer.status == 401
        && is_message(&json, "401 Unauthorized")
        && answer.content_type().is_none_or(|_| answer.claims_json())
    {
        return Evidence::Proof;
    }
    match json.get("message") {
        Some(message) if !message.is_string() => {
            Evidence::Unusable(Unusable::WrongTypes { field: "message" })
        }
        _ => Evidence::Wall(Wall::Unnamed),
    }
}

/// The exact body of a GitLab that was asked without a token: one field, one text.
fn is_message(json: &Value, text: &str) -> bool {
    json.as_object().is_some_and(|object| {
        object.len() == 1 && object.get("message").and_then(Value::as_str) == Some(text)
    })
}

fn is_no_such_route(answer: &Answer) -> bool {
    answer.json().is_some_and(|json| {
        json.as_object()
            .is_some_and(|object| object.get("error").and_then(Value::as_str) == Some("404 Not Found"))
    })
}

fn challenge(answer: &Answer) -> Wall {
    let schemes: Vec<String> = answer
        .headers
        .get_all(header::WWW_AUTHENTICATE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .filter_map(|text| text.split_whitespace().next())
        .map(|scheme| scheme.trim_end_matches(',').to_ascii_lowercase())
        .collect();
    let has = |name: &str| schemes.iter().any(|scheme| scheme == name);
    if has("negotiate") || has("ntlm") || has("kerberos") {
        Wall::Negotiate
    } else if has("basic") || has("digest") {
        Wall::Basic
    } else {
        Wall::Unnamed
    }
}

fn other(answer: &Answer) -> Evidence {
    if let Some(software) = software(answer) {
        return Evidence::Other(software);
    }
    if answer.is_html() && asks_password(answer) {
        return Evidence::Wall(Wall::HtmlLogin);
    }
    match answer.status {
        200..=299 if answer.is_html() => Evidence::Other(Software::Html),
        200..=299 if answer.json().is_some() => Evidence::Other(Software::Json),
        200..=299 if answer.claims_json() => Evidence::Unusable(Unusable::BrokenJson),
        status => Evidence::Other(Software::OtherWeb {
            status,
            server: answer
                .header(header::SERVER)
                .map(|name| shown_within(name, 60))
                .filter(|name| !name.is_empty()),
        }),
    }
}

/// Programs that betray themselves by headers, cookies or the shape of their errors.
pub(crate) fn software(answer: &Answer) -> Option<Software> {
    if answer.headers.contains_key("x-github-request-id")
        || answer.headers.contains_key("x-github-enterprise-version")
    {
        return Some(Software::GitHub);
    }
    if answer.headers.contains_key("x-arequestid") && answer.headers.contains_key("x-asessionid") {
        return Some(Software::Bitbucket);
    }
    for cookie in answer
        .headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
    {
        match cookie.split('=').next().unwrap_or_default().trim() {
            "i_like_gitea" => return Some(Software::Gitea),
            "i_like_forgejo" => return Some(Software::Forgejo),
            "i_like_gogs" => return Some(Software::Gogs),
            "BITBUCKETSESSIONID" => return Some(Software::Bitbucket),
            _ => {}
        }
    }
    let json = answer.json()?;
    let documented = json.get("documentation_url").and_then(Value::as_str)?;
    documented.contains("github.com").then_some(Software::GitHub)
}

/// Judges `GET {base}/api/v1/version` (contract §1.2).
pub(crate) fn gitea(answer: &Answer) -> Option<Software> {
    let json = (answer.status == 200).then(|| answer.json())??;
    let version = json.get("version")?.as_str()?;
    Some(if version.contains("+gitea") || version.contains("forgejo") {
        Software::Forgejo
    } else {
        Software::Gitea
    })
}

/// Judges `GET {base}/api/v3/meta` (contract §1.2).
pub(crate) fn github(answer: &Answer) -> Option<Software> {
    let json = (answer.status == 200).then(|| answer.json())??;
    let told = [
        "installed_version",
        "verifiable_password_authentication",
        "github_services_sha",
    ];
    told.iter()
        .any(|field| json.get(field).is_some())
        .then_some(Software::GitHub)
}

pub(crate) fn says_maintenance(answer: &Answer) -> bool {
    contains(answer.body(), b"maintenance")
}

fn asks_password(answer: &Answer) -> bool {
    [&b"type=\"password\""[..], b"type='password'", b"type=password"]
        .iter()
        .any(|mark| contains(answer.body(), mark))
}

/// Whether `mark` (lower case) is in `body`, in any case.
fn contains(body: &[u8], mark: &[u8]) -> bool {
    body.windows(mark.len())
        .any(|window| window.eq_ignore_ascii_case(mark))
}

/// Where a redirect leads: an absolute http or https address.
pub(crate) fn target(answer: &Answer, asked: &Url) -> Result<Url, Unusable> {
    let location = answer
        .headers
        .get(header::LOCATION)
        .ok_or(Unusable::BadRedirect)?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| Unusable::BadRedirect)?;
    let mut url = asked.join(location.trim()).map_err(|_| Unusable::BadRedirect)?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return Err(Unusable::BadRedirect);
    }
    url.set_fragment(None);
    // Shown to people and never used with one: a name and password in a target are not ours.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if answer.tells_secret(url.as_str()) {
        url.set_query(None);
    }
    if answer.tells_secret(url.as_str()) {
        url.set_path("");
    }
    if answer.tells_secret(url.as_str()) {
        return Err(Unusable::BadRedirect);
    }
    Ok(url)
}

/// A redirect's target as people are told it: what they may type as an address. A hostile server knows what it was sent
/// in other requests; a query is a place for that, and a path with something like a secret in it.
pub(crate) fn as_typed(to: &Url) -> String {
    let mut to = to.clone();
    to.set_query(None);
    to.set_fragment(None);
    if to.path_segments().into_iter().flatten().any(may_be_secret) {
        to.set_path("");
    }
    shown(to.as_str())
}

/// Whether a path's segment may be a token: with a prefix, or hexadecimal as those of app logins, and too long for a
/// name.
fn may_be_secret(segment: &str) -> bool {
    looks_like_token(segment) || segment.len() >= 32 && segment.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether `to` is `base` itself, encrypted, on the port that belongs to it.
pub(crate) fn is_upgrade(base: &BaseUrl, to: &Url) -> bool {
    base.is_plain_http()
        && to.scheme() == "https"
        && to.host_str() == Some(base.host())
        && base
            .with_https()
            .is_some_and(|https| Some(https.effective_port()) == to.port_or_known_default())
}

/// Whether a redirect leads to a place where one signs in.
pub(crate) fn is_sign_in(asked: &Url, to: &Url) -> bool {
    let host = to.host_str().unwrap_or_default();
    let other_host = asked.host_str() != to.host_str();
    // An alias of the same program keeps the path it was asked for, or leads to GitLab's own sign-in page.
    let path = to.path();
    if path.ends_with("/api/v4/metadata")
        || path.ends_with("/api/v4/version")
        || other_host && path.ends_with("/users/sign_in")
    {
        return false;
    }
    let in_host = [
        "login", "sso", "auth", "idp", "okta", "adfs", "cas", "iam", "signin", "accounts", "oauth", "saml",
        "identity", "keycloak",
    ];
    let in_path = [
        "login",
        "signin",
        "sign_in",
        "sign-in",
        "sso",
        "saml",
        "saml2",
        "oauth",
        "oauth2",
        "authorize",
        "auth",
        "idp",
        "adfs",
        "realms",
        "cas",
        "openid",
        "openid-connect",
        "oidc",
        "logon",
        "shibboleth",
        "session",
        "authenticate",
        "wsfed",
    ];
    let in_query = [
        "samlrequest",
        "relaystate",
        "client_id",
        "redirect_uri",
        "response_type",
        "return_to",
        "returnurl",
        "rd",
        "wa",
        "service",
        "return",
        "next",
        "continue",
        "kc_idp_hint",
        "state",
        "redirect",
        "redirect_url",
        "target",
    ];
    to.path_segments().into_iter().flatten().any(|segment| {
        let segment = segment.to_ascii_lowercase();
        let stem = segment.split('.').next().unwrap_or_default();
        in_path.contains(&stem) || stem.starts_with("login") || stem.starts_with("signin")
    }) || to
        .query_pairs()
        .any(|(name, _)| in_query.contains(&name.to_ascii_lowercase().as_str()))
        || other_host && host.split(['.', '-']).any(|label| in_host.contains(&label))
}
